"""The migrations: from empty to the newest schema, the same as the models, whole or not at all, and no row lost."""

import json
from collections.abc import Iterator
from dataclasses import astuple, fields
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest
from alembic.util import CommandError
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import inspect, text

from s3chem_events import create_app, schema
from s3chem_events.campaigns.imports import Line, Verdict, unpacked
from s3chem_events.campaigns.models import SubscriberImport
from s3chem_events.core import config
from s3chem_events.core.db import db
from s3chem_events.mailing import restraint
from tests.support.databases import Database

HEADER = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "{revision}", {down}, None, None
"""
GIVEN_OUT = "SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'"
TWO_TABLES = """
def upgrade():
    op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
    op.create_table("child", sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("parent_id", sa.Integer, sa.ForeignKey("parent.id", ondelete="CASCADE")))
    op.execute("INSERT INTO parent (id, name) VALUES (1, 'kept')")
    op.execute("INSERT INTO child (id, parent_id) VALUES (1, 1)")
"""
WIDEN = """
def upgrade():
    with op.batch_alter_table("parent") as batch:
        batch.alter_column("name", existing_type=sa.String(20), type_=sa.String(50), nullable=False)
"""
BREAK = """
def upgrade():
    op.add_column("parent", sa.Column("half", sa.Integer))
    raise ValueError("in the middle")
"""
LOSE = """
def upgrade():
    op.execute("DELETE FROM parent")
"""


@pytest.fixture
def empty(database: Database, environ: dict[str, str]) -> Iterator[Flask]:
    """Make an application whose database holds no table at all."""
    app = schema.bind(create_app(config.load(environ)))
    with app.app_context():
        everything = db.MetaData()
        everything.reflect(db.engine)
        everything.drop_all(db.engine)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def story(folder: Path, *steps: str) -> str:
    """Write a chain of migrations beside our own env.py; returns the directory."""
    (folder / "versions").mkdir(parents=True)
    ours = Path(config.__file__).parents[1] / "migrations"
    for name in ("env.py", "script.py.mako", "alembic.ini"):
        (folder / name).write_text((ours / name).read_text())
    for number, step in enumerate(steps, 1):
        header = HEADER.format(revision=number, down=repr(str(number - 1)) if number > 1 else None)
        (folder / "versions" / f"{number}.py").write_text(header + dedent(step))
    return str(folder)


def rows(table: str) -> list[tuple[object, ...]]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY id"))]


def test_from_empty_up_the_schema_is_that_of_the_models(empty: Flask, capsys: pytest.CaptureFixture[str]):
    with empty.app_context():
        upgrade()
        check()
        tables = set(inspect(db.engine).get_table_names())
        upgrade()  # once more changes nothing
    assert tables == set(db.metadata.tables) | {"alembic_version"}


def test_there_is_one_newest_migration_and_no_way_back(empty: Flask):
    with empty.app_context():
        upgrade()
        with pytest.raises((CommandError, AttributeError)):
            downgrade(revision="base")


def test_changing_a_table_keeps_the_rows_that_point_to_it(empty: Flask, tmp_path: Path):
    chain = story(tmp_path / "chain", TWO_TABLES, WIDEN)
    with empty.app_context():
        upgrade(directory=chain, revision="1")
        before = (rows("parent"), rows("child"))
        upgrade(directory=chain)
        assert before == ([(1, "kept")], [(1, 1)])
        assert (rows("parent"), rows("child")) == before
        column = next(c for c in inspect(db.engine).get_columns("parent") if c["name"] == "name")
        assert (str(column["type"]), column["nullable"]) == ("VARCHAR(50)", False)


def test_a_migration_that_fails_half_way_leaves_nothing_behind(empty: Flask, tmp_path: Path):
    chain = story(tmp_path / "chain", TWO_TABLES, BREAK)
    with empty.app_context():
        upgrade(directory=chain, revision="1")
        with pytest.raises(ValueError, match="in the middle"):
            upgrade(directory=chain)
        assert [column["name"] for column in inspect(db.engine).get_columns("parent")] == ["id", "name"]
        with db.engine.connect() as connection:
            assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == ["1"]


@pytest.mark.one_database
def test_a_migration_that_leaves_rows_pointing_nowhere_is_refused(
    empty: Flask, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    chain = story(tmp_path / "chain", TWO_TABLES, LOSE)
    with empty.app_context():
        upgrade(directory=chain, revision="1")
        with pytest.raises(SystemExit, match="1"):  # Flask-Migrate's way to refuse: a line in the log, exit code 1
            upgrade(directory=chain)
        assert "rows that point nowhere after the migration: [('child', 1, 'parent', 0)]" in caplog.text
        assert (rows("parent"), rows("child")) == ([(1, "kept")], [(1, 1)])
        with db.engine.connect() as connection:
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_a_list_that_waits_for_its_press_still_waits_after_the_migration(empty: Flask):
    line = Line(1, "ana@x.example", "es", ["project"], "said so", "2026-01-01", "d1", Verdict.NEW)
    row = json.dumps([dict(zip((field.name for field in fields(line)), astuple(line), strict=True))])
    brought = "INSERT INTO subscriber_import (id, by, brought_at, rows, added) VALUES (:id, 'x', :at, :rows, 0)"
    with empty.app_context():
        upgrade(revision="0026")
        with db.engine.begin() as connection:
            for number, then in enumerate((row, "[]"), 1):
                connection.execute(text(brought), {"id": number, "at": datetime(2026, 1, 1, tzinfo=UTC), "rows": then})
        upgrade()
        kept = [unpacked(found.packed) for found in db.session.scalars(db.select(SubscriberImport).order_by("id"))]
    assert kept == [[line], []]


def test_what_a_breaker_held_without_a_time_leaves_and_a_lost_try_is_written_down(empty: Flask):
    then = datetime(2026, 1, 1, tzinfo=UTC)
    columns = (
        "fact_id, kind, subject_id, address, address_digest, mailbox_digest, name, language, subject, text, html, "
        "calendars, method, sender, sender_name, reply_to, message_id, unsubscribe, created_at"
    )
    fixed = "1, 'x', :id, 'a', 'a', 'm', 'A', 'en', 's', 't', 'h', '[]', '', 'e', 'e', 'e', 'm', '', :then"
    email = text(
        f"INSERT INTO outgoing_email ({columns}, stream, state, attempts, last_text) "
        f"VALUES ({fixed}, :stream, 'deferred', :attempts, :said)"
    )
    with empty.app_context():
        upgrade(revision="0031")
        with db.engine.begin() as connection:
            fact = "INSERT INTO fact (id, kind, subject_id, data, by, happened_at) VALUES (1, 'x', 1, '{}', 'x', :then)"
            connection.execute(text(fact), {"then": then})
            for number, (stream, attempts, said) in enumerate(
                [("", 0, restraint.BROKEN), ("", 0, restraint.CROWDED), ("campaign:1", 1, "451"), ("", 1, "451")], 1
            ):
                values = {"id": number, "then": then, "stream": stream, "attempts": attempts, "said": said}
                connection.execute(email, values)
        upgrade()
        due = db.session.execute(text("SELECT id FROM outgoing_email WHERE due_at IS NOT NULL")).scalars().all()
        tries = db.session.execute(text("SELECT email_id, outcome FROM delivery_attempt")).all()
    assert (due, [tuple(one) for one in tries]) == ([1], [(3, "interrupted")])


@pytest.mark.one_database
def test_no_id_that_stands_in_a_link_is_given_out_twice_after_all_migrations(empty: Flask):
    """SQLite changes a table by a copy, and a copy forgets this unless the migration says it again."""
    wanted = {name for name, table in db.metadata.tables.items() if table.dialect_options["sqlite"]["autoincrement"]}
    assert "registration" in wanted
    with empty.app_context():
        upgrade()
        assert wanted - set(db.session.scalars(text(GIVEN_OUT))) == set()
