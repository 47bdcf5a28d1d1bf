"""What changes for one guest alone outranks what she was sent before, in every calendar: her SEQUENCE only rises."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from s3chem_events.core.db import db
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import CLOSED_DAY, PUBLIC_DAY, add_event, hidden, register, revise_event
from tests.support.calendars import CautiousSubscription, GuestCalendar, version_of
from tests.support.desk import signed_in
from tests.support.post import rows, work

DAY = replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 5, Mode.ONLINE: None})


@pytest.fixture(autouse=True)
def event(app: Flask) -> None:
    add_event(app, state=State.ANNOUNCED, parts=(CLOSED_DAY, DAY))


def come(app: Flask, **typed: str) -> str:
    answer = register(app.test_client(), **{"mode-day-2": "online"} | typed)
    assert answer.status_code == 303
    return str(answer.location)


def press(client: FlaskClient, path: str) -> None:
    assert client.post(path, data=hidden(client, path)).status_code == 303


def written(app: Flask) -> list[bytes]:
    """Let the worker write; returns every invitation so far, oldest first."""
    work(app)
    return [calendar.encode() for row in rows(app) for calendar in row.calendars or []]


def without_stamps(raw: bytes) -> bytes:
    """Return an invitation as a calendar reads it that compares SEQUENCE alone: all are of one moment."""
    lines = raw.split(b"\r\n")
    return b"\r\n".join(b"DTSTAMP:20260101T000000Z" if line.startswith(b"DTSTAMP:") else line for line in lines)


def numbers(messages: list[bytes]) -> list[tuple[str, int]]:
    read = [Calendar.from_ical(raw) for raw in messages]
    return [(str(calendar["METHOD"]), version_of(calendar.events[0])[0]) for calendar in read]


def test_each_change_of_her_own_and_of_the_event_outranks_the_one_before(app: Flask, client: FlaskClient, clock: Clock):
    own = come(app)
    address = next(line for line in _text(app).split() if "/calendar/" in line).removeprefix("http://localhost")
    feed, seen = CautiousSubscription(client, address), list[tuple[str, str]]()

    def look() -> None:
        clock.advance(minutes=1)
        (shown,) = feed.refresh().values()
        seen.append((shown.status, shown.where))

    look()
    for path in ("mode/day-2", "mode/day-2", "withdrawal", "restoration"):
        press(client, f"{own}/{path}")
        written(app)
        look()
    later = replace(DAY, starts=DAY.starts + timedelta(days=1), ends=DAY.ends + timedelta(days=1))
    revise_event(app, parts=(CLOSED_DAY, later))
    look()
    press(client, f"{own}/withdrawal")
    look()
    messages = written(app)
    requests = [("REQUEST", 0), ("REQUEST", 1), ("REQUEST", 2)]
    assert numbers(messages) == [*requests, ("CANCEL", 3), ("REQUEST", 4), ("CANCEL", 6)]
    calendar = GuestCalendar()
    assert [len(calendar.take(without_stamps(raw))) for raw in messages] == [1] * 6  # none passes for an old one
    assert calendar.shown() == {}
    there, off = "CONFIRMED", "CANCELLED"
    assert [status for status, _where in seen] == [there, there, there, off, there, there, off]
    assert [where == "Online" for _status, where in seen[:3]] == [True, False, True]


def test_people_of_one_mailbox_and_who_comes_anew_outrank_what_the_mailbox_holds(
    app: Flask, client: FlaskClient, clock: Clock
):
    box = {"email": "info@park.example"}
    anna, jan = come(app, given_name="Anna", **box), come(app, given_name="Jan", **box)
    for _twice in range(2):
        press(client, f"{anna}/mode/day-2")
    written(app)
    press(client, f"{anna}/withdrawal")
    written(app)  # Jan still comes, so nothing is taken out
    press(client, f"{jan}/withdrawal")
    written(app)
    come(app, given_name="Anna", **box)
    messages = written(app)
    calendar = GuestCalendar()
    taken = [calendar.take(without_stamps(raw)) for raw in messages]
    assert [method for method, _number in numbers(messages)][-2:] == ["CANCEL", "REQUEST"]
    assert (taken[-2] != [], taken[-1] != []) == (True, True)
    assert len(calendar.shown()) == 1


def test_taken_off_by_mistake_and_put_back_the_own_calendar_comes_back_too(app: Flask, client: FlaskClient):
    come(app)
    written(app)
    address = next(line for line in _text(app).split() if "/calendar/" in line).removeprefix("http://localhost")
    feed, desk = CautiousSubscription(client, address), signed_in(app)
    participants = "/desk/events/conference/participants"
    with app.app_context():
        reference = db.session.scalar(db.select(Registration.reference))
    token = hidden(desk, participants)["csrf_token"]
    typed = {"csrf_token": token, "reference": reference, "confirmed": "yes"}
    found = [[one.status for one in feed.refresh().values()]]
    assert desk.post(f"{participants}/withdrawal", data=typed).status_code == 303
    found.append([one.status for one in feed.refresh().values()])
    undo = hidden(desk, participants)
    assert desk.post(f"{participants}/undo", data=undo).status_code == 303
    found.append([one.status for one in feed.refresh().values()])
    assert found == [["CONFIRMED"], ["CANCELLED"], ["CONFIRMED"]]


def _text(app: Flask) -> str:
    work(app)
    return rows(app)[0].text
