"""A reminder that leaves while a change is held back neither swallows the change nor stays uncorrected."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.publishing.lifecycle import Mode, State
from tests.conftest import Clock
from tests.desk.test_life import EVENT, decide, step, undo
from tests.factories import PUBLIC_DAY, add_event, words
from tests.flows.test_change_told import METHOD, vevent
from tests.flows.test_reminders import tick
from tests.flows.test_still_coming import press_at
from tests.support.desk import signed_in
from tests.support.post import enrol, kept, rows, work

NINE = datetime(2027, 6, 17, 7, tzinfo=UTC)
"""When people are reminded of the public day, in Maastricht."""
FIVE = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def registered(app: Flask, clock: Clock) -> None:
    """Register somebody on site for an event of one day."""
    add_event(app, state=State.ANNOUNCED, parts=(PUBLIC_DAY,))
    enrol(app, choices={"day-2": Mode.ON_SITE})
    clock.advance(days=1)
    work(app)


def change(organiser: FlaskClient, name: str, *, day: str = "", hall: str = "", **also: str) -> None:
    """Change the day or the hall, and have people told."""
    typed = {"parts-0-starts_on": day, "parts-0-ends_on": day} if day else {"venue__name": hall}
    answer = decide(organiser, step(organiser, name, **typed), name, "yes", **also)
    assert answer.status_code == 303, words(answer)


def told(subject: str) -> tuple[str, str, list[str]]:
    """Return the e-mail about a change that such a calendar goes along with."""
    return ("event.changed", subject, ["REQUEST"])


def page(organiser: FlaskClient) -> str:
    return words(organiser.get(f"{EVENT}/"))


def written(app: Flask) -> list[tuple[str, str, list[str]]]:
    """Return what was written since the confirmation: the kind, the subject, and what calendars are asked."""
    return [(row.kind, row.subject, [METHOD.findall(c)[0] for c in row.calendars]) for row in rows(app)[1:]]


def test_change_of_the_hall_is_told_with_its_calendar_after_the_reminder_too(app: Flask, clock: Clock):
    invited = vevent(kept(app)[-1])
    clock.set(NINE - FIVE)
    organiser = signed_in(app)
    change(organiser, "edit", hall="Hall 7")
    clock.set(NINE)
    assert tick(app) == 1
    assert "1 person will be told at 09:05 CEST." in page(organiser)
    change(organiser, "edit", hall="Hall 8")
    assert "1 person will be told at 09:10 CEST." in page(organiser)
    clock.advance(minutes=10)
    assert (work(app), work(app)) == (1, 0)
    reminded = ("event.reminded", "Reminder: Final conference, 18 June 2027", list[str]())
    assert written(app) == [reminded, told("The venue of Final conference: Hall 8, Maastricht")]
    again = vevent(kept(app)[-1])
    assert (again["UID"], again["SEQUENCE"]) == (invited["UID"], invited["SEQUENCE"] + 2)
    assert "Hall 8" in again["LOCATION"]


def test_move_to_tomorrow_is_told_after_its_reminder_and_corrected_where_it_is_undone(app: Flask, clock: Clock):
    clock.set(NINE - timedelta(days=2) - FIVE)
    organiser = signed_in(app)
    change(organiser, "rescheduling", day="2027-06-17")
    clock.advance(minutes=1)
    undo(organiser)
    assert "Undone. Nobody has been told." in page(organiser)
    clock.set(NINE - timedelta(days=1) - FIVE)
    organiser = signed_in(app)
    change(organiser, "rescheduling", day="2027-06-17")
    clock.advance(minutes=5)
    assert tick(app) == 1
    clock.advance(minutes=1)
    undo(organiser)
    assert "Undone. 1 person who registered or was written to in the meantime is told" in page(organiser)
    assert (tick(app), tick(app)) == (1, 0)
    reminded = ("event.reminded", "Reminder: Final conference, 17 June 2027", list[str]())
    assert written(app) == [reminded, told("New date for Final conference: 18 June 2027")]
    assert "Moved from 17 June 2027 to 18 June 2027." in kept(app)[-1].text
    change(organiser, "rescheduling", day="2027-06-17")
    clock.advance(minutes=10)
    assert (tick(app), tick(app)) == (1, 0)
    assert written(app)[2:] == [told("New date for Final conference: 17 June 2027")]


def test_reminder_of_the_silent_within_a_hold_swallows_nothing_and_is_corrected(app: Flask, clock: Clock):
    organiser = signed_in(app)
    change(organiser, "rescheduling", day="2027-10-21", ask="y", until="2027-09-01")
    clock.advance(minutes=10)
    assert work(app) == 1
    clock.advance(days=1)
    organiser = signed_in(app)
    change(organiser, "rescheduling", day="2027-10-22", ask="y", until="2027-09-01")
    assert press_at(organiser, "reminder") == 303
    assert work(app) == 1
    undo(organiser)
    assert "Undone. 1 person who registered or was written to in the meantime is told" in page(organiser)
    assert (work(app), work(app)) == (1, 0)
    moved = told("New date for Final conference: 21 October 2027")
    asked = ("event.asked_again", "Will you still come? Final conference, 22 October 2027", list[str]())
    assert written(app) == [moved, asked, moved]
    clock.advance(days=1)
    organiser = signed_in(app)
    change(organiser, "rescheduling", day="2027-10-22", ask="y", until="2027-09-01")
    assert press_at(organiser, "reminder") == 303
    assert work(app) == 1
    clock.advance(minutes=10)
    assert (work(app), work(app)) == (1, 0)
    assert written(app)[3:] == [asked, told("New date for Final conference: 22 October 2027")]
