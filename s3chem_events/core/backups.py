"""Backups of an installation on SQLite: its rows, its key and its uploads, in one file that is whole or not there.

PostgreSQL has its own tools (pg_dump), which do this better.
"""

import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

from s3chem_events.core.config import Settings
from s3chem_events.core.errors import Refused
from s3chem_events.core.storage import FOLDER as UPLOADS

DATABASE = "s3chem.sqlite"
SECRET = "secret_key"  # noqa: S105 - the name of a file


class CannotBackUp(Refused):
    """A backup cannot be made, or not be restored here; the text says why."""

    code = "cannot_back_up"


def back_up(settings: Settings, file: Path) -> int:
    """Write the database, the secret key and what was uploaded into a tar file; returns its size in bytes.

    The database is copied as of one moment while others go on writing (`VACUUM INTO`); copying the file of a
    database in WAL mode would miss what is not yet moved into it.

    Raises:
        CannotBackUp: the database is PostgreSQL or empty, or the file exists.

    """
    _only_sqlite(settings)
    if not _has_tables(settings.database_file):
        msg = f"{settings.database_file} holds no tables: there is nothing to back up."
        raise CannotBackUp(msg)
    if file.exists():
        msg = f"{file} exists; a backup overwrites nothing."
        raise CannotBackUp(msg)
    with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".backup-") as folder:
        copy = Path(folder) / DATABASE
        with closing(sqlite3.connect(settings.database_file)) as connection:
            connection.execute("VACUUM INTO ?", (str(copy),))
        _check(copy)
        whole = Path(folder) / "whole.tar.gz"
        with tarfile.open(whole, "w:gz") as archive:
            archive.add(copy, DATABASE)
            key = settings.instance / SECRET
            if key.exists():
                archive.add(key, SECRET)
            if (settings.instance / UPLOADS).is_dir():
                archive.add(settings.instance / UPLOADS, UPLOADS)
        whole.chmod(0o600)  # names, addresses and the key to every link
        whole.replace(file)
    return file.stat().st_size


def restore(settings: Settings, file: Path) -> None:
    """Put a backup into an instance folder that holds no database yet.

    Raises:
        CannotBackUp: there is a database already, or the file is no backup.

    """
    _only_sqlite(settings)
    target = settings.database_file
    if _has_tables(target):
        msg = f"{target} exists; restore into an empty instance folder (S3CHEM_INSTANCE), then change places."
        raise CannotBackUp(msg)
    with tempfile.TemporaryDirectory(dir=settings.instance, prefix=".restore-") as folder:
        try:
            with tarfile.open(file) as archive:
                archive.extractall(folder, filter="data")
            _check(Path(folder) / DATABASE)
        except (OSError, tarfile.TarError, sqlite3.Error) as error:
            reason = "it is no tar file" if isinstance(error, tarfile.ReadError) else error
            msg = f"{file} is not a backup of S3Chem Events ({reason})."
            raise CannotBackUp(msg) from error
        key = Path(folder) / SECRET
        for restored in (key, Path(folder) / DATABASE):
            if restored.exists():
                restored.chmod(0o600)
        if key.exists():
            key.replace(settings.instance / SECRET)
        if (Path(folder) / UPLOADS).is_dir():
            shutil.copytree(Path(folder) / UPLOADS, settings.instance / UPLOADS, dirs_exist_ok=True)
        (Path(folder) / DATABASE).replace(target)


def _has_tables(database: Path) -> bool:
    if not database.exists():
        return False
    with closing(sqlite3.connect(database)) as connection:
        return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def _check(database: Path) -> None:
    if not database.is_file():
        msg = "it holds no database"
        raise OSError(msg)
    with closing(sqlite3.connect(database)) as connection:
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        msg = f"the database is damaged: {verdict}"
        raise OSError(msg)


def _only_sqlite(settings: Settings) -> None:
    if not settings.embedded:
        msg = "The database is PostgreSQL: use pg_dump and pg_restore."
        raise CannotBackUp(msg)
