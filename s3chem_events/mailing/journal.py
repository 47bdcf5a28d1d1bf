"""The acceptance journal: what a worker begins with, and what a server took, noted before the database hears of it.

Each run of the worker has a name and a file of that name, and holds a lock on the file while it lives; the kernel lets
go of the lock when the process dies, however it dies. A file without a lock is what somebody dead has left: the next
run reads it, marks as sent what was taken, and frees the rest. A worker is at one e-mail at a time: between the
server's 250 and the write that notes it lies all that can ever be sent twice, and the last line tells which one it is.
The file protects against the death of the process, not of the machine (nothing is synced).
"""

import errno
import fcntl
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

SUFFIX = ".accepted"
BEGUN = b"?"
"""What stands before an e-mail that no server has answered to yet."""


class Left(NamedTuple):
    """What a run that died has left: what servers took from it, and the e-mail that it was at, or none."""

    owner: str
    accepted: frozenset[int]
    in_flight: frozenset[int]


class Journal:
    """The file of one run."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        host = "".join(c for c in socket.gethostname() if c.isalnum() or c in "-.")[:60]
        self.owner = f"{host}-{os.getpid()}-{secrets.token_hex(4)}"
        self.path = folder / f"{self.owner}{SUFFIX}"
        # Locked before it gets its name: nobody shall take it for one that is left.
        hidden = folder / f".{self.owner}"
        self._file = os.open(hidden, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        hidden.rename(self.path)

    def here(self) -> list[str]:
        """Return the names of all runs on this machine: they live, or will be recovered from what they have left."""
        return [path.name.removesuffix(SUFFIX) for path in self.path.parent.glob(f"*{SUFFIX}")]

    def begins(self, email_id: int) -> None:
        """Note that an e-mail is tried now."""
        self._note(BEGUN + b"%d\n" % email_id)

    def accepted(self, email_id: int) -> None:
        """Note that a server has taken an e-mail."""
        self._note(b"%d\n" % email_id)

    def clear(self) -> None:
        """Forget what the database knows by now."""
        os.ftruncate(self._file, 0)

    def _note(self, line: bytes) -> None:
        """Write a line at once, which a dying process finishes or never begins; a full disk may cut it off."""
        if (kept := os.write(self._file, line)) < len(line):
            os.ftruncate(self._file, os.fstat(self._file).st_size - kept)  # or the next line would be read with it
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self, *, settled: bool) -> None:
        """End the run; what is not settled stays for the next one to read."""
        if settled:
            self.path.unlink(missing_ok=True)
        os.close(self._file)


@contextmanager
def left(folder: Path) -> Iterator[list[Left]]:
    """Give what runs have left that died; the files go once the caller is done."""
    held: list[tuple[Path, int]] = []
    try:
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            file = _locked(path)
            if file is not None:
                held.append((path, file))
        yield [_read(path.name.removesuffix(SUFFIX), file) for path, file in held]
        for path, _ in held:
            path.unlink(missing_ok=True)
    finally:
        for _, file in held:
            os.close(file)


def _locked(path: Path) -> int | None:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file


def _read(owner: str, file: int) -> Left:
    lines = os.pread(file, os.fstat(file).st_size, 0).split(b"\n")[:-1]
    accepted = frozenset(int(line) for line in lines if not line.startswith(BEGUN))
    # What was begun with before the last one has been answered to: accepted, or refused.
    return Left(owner, accepted, frozenset(int(line[1:]) for line in lines[-1:] if line.startswith(BEGUN)))
