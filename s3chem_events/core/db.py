"""The database: one session, aware UTC timestamps, and transaction(), the only way to write.

Python's sqlite3 says no BEGIN before a SELECT, so that "count, then insert" overbooks. Here a connection
says BEGIN itself: IMMEDIATE where it is going to write, plain where it reads (docs/decisions/0002).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Dialect, Engine, Enum, Index, MetaData, TypeDecorator, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import DeclarativeBase, Session

from s3chem_events.core import tasks
from s3chem_events.core.later import Later

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql
else:  # 2 MB of each process on SQLite, which never asks for it
    postgresql = Later("sqlalchemy.dialects.postgresql")

BUSY_TIMEOUT_MS = 10_000
NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Model(DeclarativeBase):
    """What every table's class derives from; the names of constraints are such that migrations can rely on them.

    Flask-SQLAlchemy's own base is looked through once more for each class, and nothing here asks for what it adds.
    """

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(metadata=Model.metadata, session_options={"expire_on_commit": False})


class UTCDateTime(TypeDecorator[datetime]):
    """A moment: aware UTC in Python, on every database; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Write UTC; SQLite keeps it without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a moment needs a time zone"
            raise ValueError(msg)
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the base class's signature
        """Read UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def stored(enum: type) -> Enum:
    """Keep an enum by its value, checked, without a type of its own in the database."""
    return Enum(
        enum, native_enum=False, length=30, create_constraint=False, values_callable=lambda e: [m.value for m in e]
    )


def insert(model: type) -> Any:
    """Return an INSERT of this database's own dialect: it knows ON CONFLICT."""
    return (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(model)


def partial_index(name: str, *columns: str, where: str) -> Index:
    """Return an index of the rows alone for which `where` holds."""
    condition = db.text(where)
    index = Index(name, *columns, sqlite_where=condition)

    def complete(index: Index, connection: Connection, **_: Any) -> None:
        if connection.dialect.name == "postgresql":  # said sooner, it would load that dialect everywhere
            index.dialect_options["postgresql"]["where"] = condition

    event.listen(index, "before_create", complete)
    return index


NEVER_AGAIN = {"sqlite_autoincrement": True}
"""For tables whose ids stand in links: SQLite would give a deleted row's id to the next one, and its link with it."""


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a writing transaction: commit at the end, roll back on any exception, ring the bell if a fact was recorded.

    Ends the reading that came before, so that what is decided inside rests on rows read inside. On SQLite the
    transaction is IMMEDIATE (one writer at a time); on PostgreSQL the caller locks the row that it decides about.
    Opens only in doors, dispatch, schedule and cli.
    """
    session = db.session()
    session.rollback()
    with _turn if db.engine.dialect.name == "sqlite" else nullcontext():
        session.connection(execution_options={"writing": True})
        session.info.pop("recorded", None)
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
    if session.info.pop("recorded", None):
        tasks.ring()


@contextmanager
def undone_alone() -> Iterator[None]:
    """Within the caller's transaction: what fails in here is undone by itself, and the rest of it still stands."""
    with db.session.begin_nested():
        yield


_turn = threading.RLock()
"""SQLite lets one writer in; the others sleep and look again, up to 100 ms apart. Threads that wait here are woken."""


def listen(engine: Engine) -> None:
    """Teach an engine to begin its transactions itself; only SQLite needs it."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)


def _prepare(connection: Any, record: object) -> None:  # noqa: ARG001 - the driver's own object
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",  # first: switching to WAL may itself have to wait
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
