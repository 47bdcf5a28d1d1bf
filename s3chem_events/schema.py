"""Brings a database to the newest schema.

A module of its own, because Flask-Migrate brings Alembic, Mako and Pygments: a fifth of the time of a start and 12 MB
in each process, for something that is done once (measured by `make bench`). Web and worker never load it.
"""

from pathlib import Path

import flask_migrate
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask_migrate import Migrate

from s3chem_events.core.db import db

FOLDER = Path(__file__).parent / "migrations"


def bind(app: Flask) -> Flask:
    """Let Flask-Migrate's own commands (`flask --app app db ...`) find the migrations."""
    Migrate(app, db, directory=str(FOLDER), render_as_batch=True)
    return app


def upgrade() -> None:
    """Run the migrations that the database of the running application has not seen."""
    if "migrate" not in current_app.extensions:
        bind(current_app._get_current_object())  # type: ignore[attr-defined] # noqa: SLF001 - the documented way
    flask_migrate.upgrade()


def is_newest() -> bool:
    """Whether the database of the running application has seen all migrations."""
    with db.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    return bool(present == ScriptDirectory(str(FOLDER)).get_current_head())
