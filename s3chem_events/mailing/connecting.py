"""Mail servers that are soon connected to and may be slow with their greeting: smtplib knows one time for both.

And it waits so long for each piece of an answer, of which a server may send as many as it likes.
"""

import io
import smtplib
import socket
import time
from typing import Any, cast

from s3chem_events.core.values import frozen


@frozen
class Patience:
    """For how many seconds the end of each answer is waited for; the last comes after a server has seen the contents.

    A server may let strangers wait with its greeting on purpose (RFC 5321 4.5.3.2.1).
    """

    connect: float = 15
    greeting: float = 300
    answer: float = 60
    final: float = 120


LONGEST_ANSWER = 1_000_000
"""Bytes; a hundred lines as long as any may be (RFC 5321 4.5.3.1.5) are a twentieth of it."""


class Ears(io.RawIOBase):
    """What a server says; all that is read at once, an answer, has an end in time and in length."""

    def __init__(self, connection: socket.socket) -> None:
        """Listen to a connection."""
        self.connection = connection
        self.until, self.room = 0.0, 0

    def listen(self) -> None:
        """Wait for an answer: as long as the connection's time-out says, from now to its end."""
        self.until, self.room = time.monotonic() + (self.connection.gettimeout() or 0), LONGEST_ANSWER

    def readable(self) -> bool:
        """Say yes: io asks."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Wait for the next piece, as long as is left of the time."""
        patience, left = self.connection.gettimeout(), self.until - time.monotonic()
        if left <= 0 or self.room <= 0:
            raise TimeoutError("timed out in the midst of an answer")
        self.connection.settimeout(left)
        try:
            read = self.connection.recv_into(buffer)
        finally:
            self.connection.settimeout(patience)
        self.room -= read
        return read


class Host(smtplib.SMTP):
    """A server in the clear, or with STARTTLS."""

    def __init__(self, name: str, port: int, own_name: str, patience: Patience, **tls: Any) -> None:
        """Connect, and hear the greeting."""
        self.greeting = patience.greeting
        super().__init__(name, port, own_name, timeout=patience.connect, **tls)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connected = cast("socket.socket", super()._get_socket(host, port, timeout))  # type: ignore[misc]
        connected.settimeout(self.greeting)
        return connected

    def getreply(self) -> tuple[int, bytes]:
        """Hear one answer, whole and in time."""
        if self.sock:
            if self.file is None:  # smtplib would make one, here and after STARTTLS
                self.file = io.BufferedReader(Ears(self.sock))
            self.file.raw.listen()
        return super().getreply()


class TLSHost(Host, smtplib.SMTP_SSL):
    """A server with which TLS comes first, in the given `context`."""
