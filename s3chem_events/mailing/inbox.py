"""A mailbox read by IMAP (RFC 9051). Nothing in it is changed by reading: BODY.PEEK leaves a message unseen.

What needs nobody is filed into a folder of its own, or marked as seen where the server cannot move (RFC 6851).
"""

import imaplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Any
from urllib.parse import unquote, urlsplit

from s3chem_events.mailing.reading import LARGEST

FOLDER = "s3chem-processed"
SECONDS = 30.0
SCHEMES = {"imaps": 993, "imap": 143, "imap+starttls": 143}


class Box:
    """An open mailbox."""

    def __init__(self, host: imaplib.IMAP4, mailbox: str) -> None:
        """Select the mailbox for reading and filing."""
        self.host = host
        _check(host.select(_quoted(mailbox)))
        self.uid_validity, self.uid_next = self._number("UIDVALIDITY"), self._number("UIDNEXT")
        # imaplib remembers what the server could before the sign-in, which is less.
        self.can_move = b"MOVE" in _check(host.capability())[-1].upper().split()
        self.has_folder = False

    def new(self, *, after: int, unseen_below: int) -> list[int]:
        """Return the UIDs above one, oldest first; of those below `unseen_below` only the unseen ones."""
        found = self._search(f"{after + 1}:*", "UNDELETED")
        if any(after < uid < unseen_below for uid in found):
            unseen = set(self._search(f"{after + 1}:*", "UNDELETED", "UNSEEN"))
            found = [uid for uid in found if uid >= unseen_below or uid in unseen]
        # `7:*` names the last message even where it is the sixth (RFC 9051 9, seq-range).
        return sorted(uid for uid in found if uid > after)

    def fetch(self, uid: int) -> bytes | None:
        """Return the bytes of a message, cut off where nobody would read on; None for one that is gone."""
        found = _check(self.host.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{LARGEST}>)"))
        return next((bytes(piece[1]) for piece in found if isinstance(piece, tuple)), None)

    def file(self, uid: int) -> None:
        """Put a message away that needs nobody; where that fails it stays, and does no harm."""
        with suppress(imaplib.IMAP4.error):
            if not (self.can_move and self._moved(uid)):
                self.host.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def _moved(self, uid: int) -> bool:
        if not self.has_folder:
            self.host.create(_quoted(FOLDER))  # refused where it is there already
            self.has_folder = True
        return bool(self.host.uid("MOVE", str(uid), _quoted(FOLDER))[0] == "OK")

    def _search(self, uids: str, *criteria: str) -> list[int]:
        lines = _check(self.host.uid("SEARCH", "UID", uids, *criteria))
        return [int(uid) for line in lines if isinstance(line, bytes) for uid in line.split()]

    def _number(self, name: str) -> int:
        values = self.host.response(name)[1]
        return int(values[0]) if values and values[0] else 0


@contextmanager
def opened(url: str) -> Iterator[Box]:
    """Sign in to the mailbox that an address names; raises OSError, imaplib.IMAP4.error, and what odd answers cause."""
    parts = urlsplit(url)
    host = _connected(parts.scheme, parts.hostname or "", parts.port or SCHEMES[parts.scheme])
    try:
        _sign_in(host, unquote(parts.username or ""), unquote(parts.password or ""))
        yield Box(host, unquote(parts.path.strip("/")) or "INBOX")
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            host.logout()
        with suppress(OSError):
            host.shutdown()  # which logout leaves out where the connection is broken


def fault(url: str) -> str:
    """Open the mailbox that is set, and leave; returns why that fails, or nothing."""
    try:
        with opened(url):
            return ""
    except Exception as error:  # noqa: BLE001 - whatever a server answers
        return reason(error)


def name_of(url: str) -> str:
    """Return by what a mailbox is known in the database: no part of its address can be read from it."""
    parts = urlsplit(url)
    return sha256(f"{parts.username}@{parts.hostname}/{parts.path.strip('/')}".encode()).hexdigest()


def reason(error: Exception) -> str:
    """Say why a mailbox cannot be read, in one line."""
    if not isinstance(error, OSError | imaplib.IMAP4.error):
        return f"the server's answer cannot be read ({type(error).__name__})"
    words = str(error.args[0] if isinstance(error, imaplib.IMAP4.error) and error.args else error)
    return "".join(c if c.isprintable() else " " for c in words)[:300] or type(error).__name__


def _connected(scheme: str, host: str, port: int) -> imaplib.IMAP4:
    if scheme == "imaps":
        return imaplib.IMAP4_SSL(host, port, ssl_context=ssl.create_default_context(), timeout=SECONDS)
    plain = imaplib.IMAP4(host, port, timeout=SECONDS)
    if scheme == "imap+starttls":
        plain.starttls(ssl.create_default_context())
    return plain


def _sign_in(host: imaplib.IMAP4, user: str, password: str) -> None:
    """Sign in; LOGIN takes ASCII alone, and what has other letters is UTF-8 in PLAIN (RFC 4616 2)."""
    if (user + password).isascii():
        host.login(_quoted(user), password)
    else:
        host.authenticate("PLAIN", lambda _challenge: f"\0{user}\0{password}".encode())


def _check(answer: tuple[str, Sequence[Any]]) -> Sequence[Any]:
    status, data = answer
    if status != "OK":
        said = data[0] if data and isinstance(data[0], bytes) else b""
        raise imaplib.IMAP4.error(said.decode("utf-8", "replace") or status)
    return data


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
