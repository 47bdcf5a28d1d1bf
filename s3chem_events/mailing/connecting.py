"""Mail servers that are soon connected to and may be slow with their greeting: smtplib knows one time for both."""

import smtplib
import socket
from typing import Any, cast

from s3chem_events.core.values import frozen


@frozen
class Patience:
    """For how many seconds each answer is waited for; the last one comes after a server has looked at the contents.

    A server may let strangers wait with its greeting on purpose (RFC 5321 4.5.3.2.1).
    """

    connect: float = 15
    greeting: float = 300
    answer: float = 60
    final: float = 120


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


class TLSHost(Host, smtplib.SMTP_SSL):
    """A server with which TLS comes first, in the given `context`."""
