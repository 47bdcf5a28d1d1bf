"""The deadline with its hour, and the grace for a form that was opened before it (C18)."""

import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from s3chem_events.core.db import transaction
from s3chem_events.publishing import queries
from s3chem_events.publishing.actions import keep_document
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import CONFERENCE, FILLED_WORKSHOP, WORKSHOP, add_event, count, hidden, soup, words

PATH = "/en/events/workshop/register"
CLOSES = datetime(2027, 8, 23, 12)  # noqa: DTZ001 - local to the event's zone, two hours ahead of UTC
CONTACT = {"organisation": {"en": "Communication officer"}, "address": "officer@s3chem.example"}


def send(client: FlaskClient, opened: dict[str, str], **changes: str) -> TestResponse:
    return client.post(PATH, data={**FILLED_WORKSHOP, **opened, **changes})


@pytest.fixture(autouse=True)
def published(app: Flask) -> None:
    with app.app_context(), transaction():
        keep_document("project", {"contact": CONTACT})


def test_noon_is_too_late_and_the_second_before_it_is_not(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app, WORKSHOP, closes=CLOSES)
    clock.set(datetime(2027, 8, 23, 9, 50, tzinfo=UTC))
    assert "Registration closes on 23 August 2027, 12:00 CEST." in words(client.get(PATH))
    assert "submit it until" not in words(client.get(PATH))
    opened = hidden(client, PATH)
    clock.set(datetime(2027, 8, 23, 9, 59, 59, tzinfo=UTC))
    assert send(client, opened).status_code == 303
    clock.set(datetime(2027, 8, 23, 10, tzinfo=UTC))
    late = send(client, opened, given_name="Late", attempt="")
    assert late.status_code == 403
    assert "Registration closed on 23 August 2027, 12:00 CEST." in words(late)
    assert "Write to us: Communication officer, officer@s3chem.example" in words(late)
    assert count(app, Registration) == 1


def test_a_form_opened_before_the_closing_is_taken_within_the_grace(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app, WORKSHOP, closes=CLOSES, grace=15)
    clock.set(datetime(2027, 8, 23, 9, 49, tzinfo=UTC))
    said = "If you open the form before then, you can still submit it until 12:15."
    assert said in words(client.get(PATH))  # rendered now; what follows is the kept blank
    clock.set(datetime(2027, 8, 23, 9, 50, tzinfo=UTC))
    opened, other = hidden(client, PATH), hidden(app.test_client(), PATH)
    assert opened["opened"] == other["opened"] != ""  # signed, the same for whoever opens it in the same second
    clock.set(datetime(2027, 8, 23, 10, 5, tzinfo=UTC))
    assert client.get(PATH).status_code == 403
    refused = send(client, opened, email="no address")
    assert refused.status_code == 422
    found = re.findall(r'name="opened" type="hidden" value="([^"]+)"', refused.text)
    assert found == [opened["opened"]]
    assert send(client, opened).status_code == 303
    for forged in ("", "x" * 300, opened["opened"][:-1], opened["csrf_token"]):
        assert send(client, opened | {"opened": forged}, given_name="Forged").status_code == 403
    clock.set(datetime(2027, 8, 23, 10, 15, tzinfo=UTC))
    assert send(client, opened, given_name="Late").status_code == 403
    assert count(app, Registration) == 1


def test_a_moment_counts_for_its_own_event_alone(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app, WORKSHOP, closes=CLOSES, grace=15)
    add_event(app, WORKSHOP, slug="other")
    clock.set(datetime(2027, 8, 23, 9, 50, tzinfo=UTC))
    other, own = hidden(client, "/en/events/other/register"), hidden(client, PATH)
    clock.set(datetime(2027, 8, 23, 10, 5, tzinfo=UTC))
    assert send(client, other).status_code == 403
    assert send(client, own).status_code == 303


@pytest.mark.one_database
def test_a_closed_first_day_does_not_close_the_registration_for_the_open_one_after_it(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app, CONFERENCE)
    page = "/en/events/conference/register"
    clock.set(datetime(2027, 6, 17, 8, tzinfo=UTC))  # the closed day has begun, the open one follows
    assert soup(client.get(page)).select_one("#registration")
    with app.app_context():
        event = queries.event_by_slug("conference")
        assert event is not None
        assert queries.closes_at(event) == datetime(2027, 6, 17, 22, tzinfo=UTC)  # midnight in Amsterdam
        assert [part.key for part in queries.open_parts(event, invited=["day-1"])] == ["day-2"]
    clock.set(datetime(2027, 6, 17, 22, tzinfo=UTC))
    assert "Registration closed on 18 June 2027, 00:00 CEST." in words(client.get(page))
