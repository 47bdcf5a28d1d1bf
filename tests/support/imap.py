"""A real IMAP server for tests (pymap, its mailboxes in memory), and a wire to it that can be cut at any command."""

import imaplib
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.servers import free_port

USER, PASSWORD = "events@s3chem.example", 'a "pass" word/?'
WITHIN = 30.0
COMMAND = ("--no-tls", "--no-service", "admin", "--no-service", "managesieve", "dict", "--demo-data")


@dataclass
class Wire:
    """Passes bytes between the program and the server; `heard` sees each command first, `told` may change answers."""

    server_port: int
    heard: Callable[[bytes], None] = lambda _command: None
    told: Callable[[bytes], bytes] = lambda answer: answer
    port: int = field(default_factory=free_port)
    commands: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        # A thread that waits in accept() does not notice a close.
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.server_port))
                for one, other, back in ((client, server, False), (server, client, True)):
                    threading.Thread(target=self._pass, args=(one, other, back), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, back: bool) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                if back:
                    other.sendall(self.told(data))
                else:
                    self.commands.append(data)
                    self.heard(data)
                    other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@dataclass
class Mailbox:
    """The server as its owner sees it, with a mail program of her own."""

    port: int
    wire: Wire

    @property
    def url(self) -> str:
        return f"imap://events%40s3chem.example:a%20%22pass%22%20word%2F%3F@127.0.0.1:{self.wire.port}/INBOX"

    def bring(self, *mails: bytes) -> None:
        with self._open() as host:
            for mail in mails:
                assert host.append("INBOX", "", "", mail)[0] == "OK"

    def folder(self, name: str = "INBOX") -> list[tuple[str, bool]]:
        """Return the Message-IDs in a folder, and whether each is seen."""
        with self._open() as host:
            if host.select(f'"{name}"', readonly=True)[0] != "OK":
                return []
            found = host.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")[1]
        pairs = [piece for piece in found if isinstance(piece, tuple)]
        return [(head.decode().partition("<")[2].partition(">")[0], b"\\Seen" in info) for info, head in pairs]

    def folders(self) -> list[str]:
        with self._open() as host:
            found = [line for line in host.list()[1] if isinstance(line, bytes)]
        return [line.decode().rpartition(' "/" ')[2].strip('"') for line in found]

    def clear(self, *, but: set[str]) -> None:
        """Delete every folder but these, and whatever lies in the inbox."""
        with self._open() as host:
            for name in sorted(set(self.folders()) - but, reverse=True):  # what lies in a folder before the folder
                assert host.delete(f'"{name}"')[0] == "OK"
            host.select()
            host.store("1:*", "+FLAGS", r"(\Deleted)")
            host.expunge()

    @contextmanager
    def _open(self) -> Iterator[imaplib.IMAP4]:
        host = imaplib.IMAP4("127.0.0.1", self.port, timeout=WITHIN)
        quoted = PASSWORD.replace('"', '\\"')
        host._simple_command("LOGIN", f'"{USER}"', f'"{quoted}"')
        host.state = "AUTH"
        try:
            yield host
        finally:
            host.logout()


@dataclass(frozen=True, slots=True)
class Imap:
    """A running server, which tests have in turn: each start takes more than most tests."""

    port: int
    wire_port: int
    folders: set[str]

    @contextmanager
    def lent(self) -> Iterator[Mailbox]:
        """Give its one mailbox, empty, with a wire of this test's own to it."""
        wire = Wire(self.port, port=self.wire_port)
        try:
            mailbox = Mailbox(self.port, wire)
            mailbox.clear(but=self.folders)
            yield mailbox
        finally:
            wire.close()


@contextmanager
def running() -> Iterator[Imap]:
    """Run a server with one mailbox."""
    port = free_port()
    program = shutil.which("pymap", path=str(Path(sys.executable).parent))
    assert program, "pymap is not installed"
    who = ("--demo-user", USER, "--demo-password", PASSWORD)
    process = subprocess.Popen(
        [program, "--host", "127.0.0.1", "--port", str(port), *COMMAND, *who],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(port)
        wire_port = free_port()
        wire = Wire(port, port=wire_port)
        folders = set(Mailbox(port, wire).folders())
        wire.close()
        yield Imap(port, wire_port, folders)
    finally:
        process.terminate()
        process.wait(10)


def _await(port: int) -> None:
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError("the IMAP server did not start")
