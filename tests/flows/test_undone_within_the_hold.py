"""What somebody gives up and has back, while an unconfirmed mailbox waits for its next e-mail, is not told at all."""

from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from s3chem_events.core.db import db
from s3chem_events.mailing.letters import State as Sent
from s3chem_events.publishing.lifecycle import Mode, State, WaitingList
from s3chem_events.publishing.models import Part
from s3chem_events.registration import links
from tests.conftest import Clock
from tests.factories import CLOSED_DAY, FILLED, PUBLIC_DAY, WORKSHOP, add_event, register
from tests.site.test_own_parts import DINNER, press
from tests.support.post import enrol, enrol_several, kept, rows, work

pytestmark = pytest.mark.settings(LIMITS="on")
Told = tuple[str, list[tuple[str, str, int]]]


@pytest.fixture(autouse=True)
def event(app: Flask) -> None:
    add_event(app, state=State.ANNOUNCED, parts=(CLOSED_DAY, PUBLIC_DAY, DINNER), waiting_list=WaitingList.AUTOMATIC)
    add_event(app, WORKSHOP, opens=datetime(2026, 1, 1, 9))  # noqa: DTZ001 - local to the event's zone


@pytest.fixture
def own(app: Flask, clock: Clock) -> str:
    page = str(register(app.test_client(), parts=["day-2", "dinner"]).location)
    assert work(app) == 1
    clock.advance(minutes=2)
    return page


@pytest.fixture
def unheard(app: Flask, clock: Clock) -> str:
    """Register somebody whose mailbox has just been written to of something else: her confirmation waits."""
    enrol(app, slug="workshop", email=FILLED["email"], choices={"day": Mode.ON_SITE})
    assert work(app) == 1
    page = str(register(app.test_client(), parts=["day-2", "dinner"]).location)
    assert work(app) == 0
    return page


def told(app: Flask, clock: Clock) -> list[Told]:
    """Let an hour pass; returns what the mailbox is sent after its first e-mail, by kind, with what calendars hear."""
    for _ in range(12):
        clock.advance(minutes=5)
        work(app)
    with app.app_context():
        keys = {part.uid: part.key for part in db.session.scalars(db.select(Part))}
    hers = [row for row in rows(app) if row.address == FILLED["email"] and row.state == Sent.SENT][1:]
    read = [(row.kind, [Calendar.from_ical(one) for one in row.calendars]) for row in hers]
    return [
        (kind, sorted((str(c["METHOD"]), keys[str(c.events[0]["UID"])], int(c.events[0]["SEQUENCE"])) for c in found))
        for kind, found in read
    ]


def test_part_that_is_had_back_is_confirmed_with_a_sequence_that_has_risen(
    app: Flask, client: FlaskClient, clock: Clock, own: str
) -> None:
    assert press(client, f"{own}/parts/dinner/withdrawal").status_code == 303
    assert work(app) == 0
    assert press(client, f"{own}/parts/dinner", how="on_site").status_code == 303
    assert told(app, clock) == [("registration.confirmed", [("REQUEST", "dinner", 2)])]


def test_registration_that_is_had_back_is_confirmed_and_what_was_given_up_before_stays_told(
    app: Flask, client: FlaskClient, clock: Clock, own: str
) -> None:
    assert press(client, f"{own}/parts/dinner/withdrawal").status_code == 303
    assert work(app) == 0
    clock.advance(minutes=1)
    assert press(client, f"{own}/withdrawal").status_code == 303
    assert work(app) == 0
    assert press(client, f"{own}/restoration").status_code == 303
    assert told(app, clock) == [
        ("registration.part_given_up", [("CANCEL", "dinner", 2)]),
        ("registration.restored", [("REQUEST", "day-2", 2)]),
    ]


def test_who_only_waits_for_what_she_gave_up_has_it_out_of_her_calendar(
    app: Flask, client: FlaskClient, clock: Clock, own: str
) -> None:
    assert press(client, f"{own}/parts/dinner/withdrawal").status_code == 303
    assert work(app) == 0
    enrol(app, choices={"dinner": Mode.ON_SITE})
    assert press(client, f"{own}/parts/dinner", how="on_site wait").status_code == 303
    assert told(app, clock) == [
        ("registration.part_given_up", [("CANCEL", "dinner", 1)]),
        ("registration.waiting", []),
    ]


def test_what_never_came_back_is_taken_out_of_the_calendar_and_nothing_says_that_all_was_given_up(
    app: Flask, client: FlaskClient, clock: Clock, own: str
) -> None:
    assert press(client, f"{own}/withdrawal").status_code == 303
    assert work(app) == 0
    enrol(app, choices={"dinner": Mode.ON_SITE})
    assert press(client, f"{own}/restoration").location == f"{own}?done=restoration&gone=dinner"
    assert told(app, clock) == [
        ("registration.part_given_up", [("CANCEL", "dinner", 1)]),
        ("registration.restored", [("REQUEST", "day-2", 2)]),
    ]


def test_confirmation_that_has_not_left_says_how_things_are_and_nothing_else_is_said_of_it(
    app: Flask, client: FlaskClient, clock: Clock, unheard: str
) -> None:
    for path in ("parts/dinner/withdrawal", "mode/day-2"):
        assert press(client, f"{unheard}/{path}").status_code == 303
        assert work(app) == 0
    assert told(app, clock) == [("registration.confirmed", [("REQUEST", "day-2", 1)])]
    said = kept(app)[-1].text
    assert ("Public conference" in said, "online" in said, "Dinner" in said) == (True, True, False)


def test_summary_that_has_not_left_tells_a_contact_once_who_comes(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    enrol(app, slug="workshop", email=FILLED["email"], choices={"day": Mode.ON_SITE})
    assert work(app) == 1
    enrol_several(app, "Ben", "Carla", email=FILLED["email"])
    with app.app_context():
        own, page = links.own_page(2, 1, language="en"), links.delegation(1, 1, language="en")
    assert press(client, f"{own}/withdrawal").status_code == 303
    assert work(app) == 0
    assert press(client, f"{page}/summary").status_code == 303
    assert work(app) == 0
    assert [kind for kind, _calendars in told(app, clock)] == ["delegation.registered", "registration.withdrawn"]
    summary = next(mail.text for mail in kept(app) if "Carla" in mail.text)
    assert (summary.count("confirmed"), summary.count("withdrawn")) == (1, 1)


def test_who_keeps_only_a_place_in_the_line_is_written_that_alone(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    enrol(app, choices={"dinner": Mode.ON_SITE})
    enrol(app, slug="workshop", email=FILLED["email"], choices={"day": Mode.ON_SITE})
    assert work(app) == 2
    page = str(register(client, parts=["day-2", "dinner"], waiting="dinner:on_site").location)
    assert work(app) == 0
    assert press(client, f"{page}/parts/day-2/withdrawal").status_code == 303
    assert told(app, clock) == [("registration.waiting", [])]


def test_who_withdraws_before_she_was_told_of_anything_hears_of_the_withdrawal_alone(
    app: Flask, client: FlaskClient, clock: Clock, unheard: str
) -> None:
    for path in ("parts/dinner/withdrawal", "withdrawal", "restoration", "withdrawal"):
        assert press(client, f"{unheard}/{path}").status_code == 303, path
        assert work(app) == 0
    assert told(app, clock) == [("registration.withdrawn", [])]
    assert ("has been withdrawn" in kept(app)[-1].text, "calendar" in kept(app)[-1].text) == (True, False)
