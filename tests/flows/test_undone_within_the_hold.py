"""What somebody gives up and has back, while an unconfirmed mailbox waits for its next e-mail, is not told at all."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from s3chem_events.core.db import db
from s3chem_events.mailing.letters import State as Sent
from s3chem_events.publishing.lifecycle import Mode, State, WaitingList
from s3chem_events.publishing.models import Part
from tests.conftest import Clock
from tests.factories import CLOSED_DAY, PUBLIC_DAY, add_event, register
from tests.site.test_own_parts import DINNER, press
from tests.support.post import enrol, rows, work

pytestmark = pytest.mark.settings(LIMITS="on")
Told = tuple[str, list[tuple[str, str, int]]]


@pytest.fixture
def own(app: Flask, clock: Clock) -> str:
    add_event(app, state=State.ANNOUNCED, parts=(CLOSED_DAY, PUBLIC_DAY, DINNER), waiting_list=WaitingList.AUTOMATIC)
    page = str(register(app.test_client(), parts=["day-2", "dinner"]).location)
    assert work(app) == 1
    clock.advance(minutes=2)
    return page


def told(app: Flask, clock: Clock) -> list[Told]:
    """Let an hour pass; returns what she was sent after her first confirmation, by kind, with what calendars hear."""
    for _ in range(12):
        clock.advance(minutes=5)
        work(app)
    with app.app_context():
        keys = {part.uid: part.key for part in db.session.scalars(db.select(Part))}
    hers = [row for row in rows(app) if row.subject_id == 1 and row.state == Sent.SENT][1:]
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
        ("registration.part_given_up", [("CANCEL", "dinner", 1)]),
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
