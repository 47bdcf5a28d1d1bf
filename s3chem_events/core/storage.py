"""Files that visitors sent: in the instance folder, outside of what is served, under names of our own."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from s3chem_events.core.clock import now
from s3chem_events.core.guard import settings

FOLDER = "uploads"
NAME = re.compile(r"[0-9a-f]{32}(\.part)?")
"""What a file is called, also until it is whole."""
DAY = 24 * 3600


def write(name: str, content: bytes) -> None:
    """Put a file down, whole or not at all, to be read by nobody else on the machine."""
    path = _path(name)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    hidden = path.with_suffix(".part")
    try:
        with os.fdopen(os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        hidden.rename(path)
    except BaseException:  # a full disk does not keep what nobody will read
        hidden.unlink(missing_ok=True)
        raise


def read(name: str) -> bytes | None:
    """Return a file's contents; None where it is gone."""
    try:
        return _path(name).read_bytes()
    except FileNotFoundError:
        return None


def remove(names: Iterable[str]) -> None:
    """Remove files; one that is gone already is no matter."""
    for name in names:
        _path(name).unlink(missing_ok=True)


def strays(known: set[str]) -> list[str]:
    """Return the files that no row names and that are a day old: what failed or was killed left them behind."""
    folder = settings().instance / FOLDER
    if not folder.is_dir():
        return []
    old = now().timestamp() - DAY
    there = [path for path in folder.iterdir() if NAME.fullmatch(path.name) and path.name not in known]
    return [path.name for path in there if path.stat().st_mtime < old]


def _path(name: str) -> Path:
    if NAME.fullmatch(name) is None:
        msg = "no name of ours"
        raise ValueError(msg)
    return settings().instance / FOLDER / name
