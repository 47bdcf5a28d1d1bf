"""The database is away for a while: every page says so in words, and comes back by itself."""

from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.db import transaction
from s3chem_events.publishing.actions import keep_document
from s3chem_events.registration.models import Registration
from tests.factories import FILLED, add_event, count, hidden, words
from tests.support.databases import Database
from tests.support.postgres import Postgres

STATEMENT = "Paid for by all of us."
PATH = "/en/events/conference/register"


@pytest.mark.postgres
def test_outage_is_said_in_words_and_over_when_it_is_over(
    app: Flask, client: FlaskClient, database: Database, postgres_server: Callable[[], Postgres]
) -> None:
    add_event(app)
    with app.app_context(), transaction():
        keep_document("project", {"funding": {"statement": {"en": STATEMENT}}})
    typed = {**FILLED, **hidden(client, PATH)}
    name = database.url.rpartition("/")[2].partition("?")[0]
    with closing(psycopg.connect(postgres_server().url, autocommit=True)) as server:
        try:
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            pages = [client.get(path) for path in ("/de/events/", "/de/events/conference", "/calendar.ics")]
            refused = client.post(PATH, data=typed)
            for answer in (*pages, refused):
                assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "30"), answer.request.path
                assert STATEMENT in answer.text
            assert "nothing you sent has been saved" in words(refused)
            assert client.get("/readyz").status_code == 503
        finally:
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    page = client.get("/de/events/")
    assert (page.status_code, STATEMENT in page.text) == (200, True)
    assert client.post(PATH, data=typed).status_code == 303
    assert count(app, Registration) == 1
