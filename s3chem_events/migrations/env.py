"""Runs the migrations inside the application, whole or not at all, on SQLite and PostgreSQL alike.

SQLite changes a table by copying it and dropping the old one (`batch_alter_table`). With foreign keys on, that drop
deletes the rows of every table that points there ON DELETE CASCADE: so they are off meanwhile, and checked at the end.
"""

import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator

import s3chem_events
from s3chem_events.core.db import db


def run() -> None:
    """Migrate in one transaction; on SQLite our own BEGIN IMMEDIATE takes the schema's changes in as well."""
    know_every_table()
    with db.engine.connect().execution_options(writing=True) as connection, foreign_keys_off(connection):
        arguments = {
            **current_app.extensions["migrate"].configure_args,
            "render_as_batch": connection.dialect.name == "sqlite",
        }
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            transactional_ddl=True,
            render_item=_plain_type,
            process_revision_directives=_no_empty_revision,
            **arguments,
        )
        with context.begin_transaction():
            context.run_migrations()
            check_foreign_keys(connection)


def know_every_table() -> None:
    """Import the models of each room, also of one that no door leads to yet."""
    for room in pkgutil.iter_modules(s3chem_events.__path__):
        name = f"s3chem_events.{room.name}.models"
        if room.ispkg and find_spec(name):
            import_module(name)


@contextmanager
def foreign_keys_off(connection: Connection) -> Iterator[None]:
    """Switch SQLite's foreign keys off around a transaction; inside one the switch has no effect."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.dbapi_connection
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def check_foreign_keys(connection: Connection) -> None:
    """Refuse to commit a schema in which a row points nowhere."""
    if connection.dialect.name == "sqlite":
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if dangling:
            raise RuntimeError(f"rows that point nowhere after the migration: {dangling[:10]}")


def _plain_type(kind: str, item: Any, autogenerate_context: Any) -> Any:
    """Write our own and other libraries' column types as what the database keeps, so that old migrations need none."""
    if kind != "type" or not isinstance(item, TypeDecorator) or type(item).__module__.startswith("sqlalchemy."):
        return False
    plain = f"sa.{item.impl_instance!r}"
    on_postgresql = item.load_dialect_impl(postgresql.dialect())  # type: ignore[no-untyped-call]
    if type(on_postgresql) is type(item.impl_instance) or not isinstance(on_postgresql, postgresql.JSONB):
        return plain
    autogenerate_context.imports.add("from sqlalchemy.dialects import postgresql")
    return f'{plain}.with_variant(postgresql.JSONB(), "postgresql")'


def _no_empty_revision(_context: Any, _revision: Any, directives: list[Any]) -> None:
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


run()
