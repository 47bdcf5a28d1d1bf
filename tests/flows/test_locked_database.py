"""Another process writes for longer: a registration waits, or is refused in words with everything typed kept (C25)."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import make_url

from s3chem_events.core.journal import Fact
from s3chem_events.registration.models import Participation, Registration
from tests.factories import FILLED_WORKSHOP, WORKSHOP, add_event, count, hidden, soup, words
from tests.support.databases import Database

pytestmark = [pytest.mark.slow, pytest.mark.one_database]
PATH = "/en/events/workshop/register"
HOLD = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("ROLLBACK")
"""


@contextmanager
def locked(database: Database, seconds: float) -> Iterator[None]:
    """Let another process hold the write lock for so long, or until the block ends."""
    path = make_url(database.url).database or ""
    holder = subprocess.Popen([sys.executable, "-c", HOLD, path, str(seconds)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
    finally:
        holder.kill()
        holder.communicate()


def stored(app: Flask) -> list[int]:
    return [count(app, model) for model in (Registration, Participation)] + [
        count(app, Fact, kind="registration.confirmed")
    ]


def test_three_seconds_are_waited_for(app: Flask, client: FlaskClient, database: Database) -> None:
    add_event(app, WORKSHOP)
    typed = {**FILLED_WORKSHOP, **hidden(client, PATH)}
    with locked(database, 3):
        assert client.post(PATH, data=typed).status_code == 303
    assert stored(app) == [1, 1, 1]


def test_thirty_seconds_end_in_words_with_everything_kept(app: Flask, client: FlaskClient, database: Database) -> None:
    add_event(app, WORKSHOP)
    typed = {**FILLED_WORKSHOP, **hidden(client, PATH)}
    with locked(database, 30):
        answer = client.post(PATH, data=typed)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert "Nothing has been saved yet, but your entries have been kept" in words(answer)
        page = soup(answer)
        assert [page.find("input", {"name": name})["value"] for name in ("given_name", "email")] == [  # type: ignore[index]
            FILLED_WORKSHOP["given_name"],
            FILLED_WORKSHOP["email"],
        ]
        assert stored(app) == [0, 0, 0]
    again = {str(tag["name"]): str(tag.get("value", "")) for tag in page.select("form#registration input[type=hidden]")}
    assert client.post(PATH, data=FILLED_WORKSHOP | again).status_code == 303  # one press suffices
    assert stored(app) == [1, 1, 1]
