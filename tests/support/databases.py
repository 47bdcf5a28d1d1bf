"""One fresh database for each test, copied from a template that was made once."""

import os
import pkgutil
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy.engine import make_url

import s3chem_events
from s3chem_events import create_app
from s3chem_events.core import config
from s3chem_events.core.db import db
from tests.support.postgres import Postgres

TESTED = "s3chem_tested"
"""The database of every test in turn: by its name the applications that they share find it."""


@dataclass(frozen=True, slots=True)
class Database:
    """Where a test keeps its rows; `name` is `sqlite` or `postgresql`."""

    name: str
    url: str


def make_tables(instance: Path, url: str) -> None:
    """Make the tables straight from the models; tests/core/test_migrations.py holds the migrations to the same."""
    app = create_app(config.load({"S3CHEM_INSTANCE": str(instance), "S3CHEM_DATABASE_URL": url}))
    know_every_table()
    with app.app_context():
        db.create_all()
        db.engine.dispose()


def know_every_table() -> None:
    """Import the models of each room, also of one that no door leads to yet."""
    for room in pkgutil.iter_modules(s3chem_events.__path__):
        name = f"s3chem_events.{room.name}.models"
        if room.ispkg and find_spec(name):
            import_module(name)


@contextmanager
def from_template(name: str, instance: Path, template: str, postgres: Callable[[], Postgres]) -> Iterator[Database]:
    if name == "sqlite":
        path = instance / "s3chem.sqlite"
        shutil.copyfile(template, path)
        yield Database(name, f"sqlite:///{path}")
        return
    yield Database(name, postgres().lend(template=make_url(template).database or "", name=f"{TESTED}_{os.getpid()}"))
