"""The measure against strangers holds back what strangers cause, and never brings what comes too late."""

from collections import Counter
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.db import db
from s3chem_events.publishing.lifecycle import Mode, State, WaitingList
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import FILLED, PUBLIC_DAY, add_event, hidden, hidden_in, register, revise_event, words
from tests.flows.test_still_coming import press
from tests.flows.test_waiting_list import tick
from tests.support.desk import signed_in
from tests.support.post import enrol_several, relay, rows, work

FORM = "/en/events/conference/register"
LIST = "/desk/events/conference/participants"
NAMES = [f"P{n}" for n in range(12)]
TOMORROW = replace(
    PUBLIC_DAY,
    starts=datetime(2026, 11, 24, 10),  # noqa: DTZ001 - local to the event's zone
    ends=datetime(2026, 11, 24, 16),  # noqa: DTZ001
    capacity={Mode.ON_SITE: 1},
)


def ask_for_a_code(client: FlaskClient, own: str) -> None:
    token = hidden(client, f"{own}/code")["csrf_token"]
    assert client.post(f"{own}/code", data={"csrf_token": token, "press": "send"}).status_code == 303


def told(app: Flask, kind: str) -> Counter[str]:
    return Counter(row.state for row in rows(app) if row.kind == kind)


def test_places_offered_to_people_who_share_a_mailbox_are_told_at_once_and_never_too_late(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app, parts=(TOMORROW,), state=State.ANNOUNCED, waiting_list=WaitingList.OFFER)
    register(client, **{"mode-day-2": None})
    group = {**FILLED, **hidden(client, f"{FORM}/group"), "attends": "no", "email": "office@park.example"}
    del group["mode-day-2"]
    for n, name in enumerate(NAMES, start=1):
        group |= {f"person-{n}-given_name": name, f"person-{n}-family_name": "Z", f"person-{n}-email": ""}
    short = client.post(f"{FORM}/group", data=group).get_data(as_text=True)
    assert client.post(f"{FORM}/group", data={**group, **hidden_in(short), "places": "all_wait"}).status_code == 303
    work(app)
    clock.advance(hours=3)
    revise_event(app, parts=(replace(TOMORROW, capacity={Mode.ON_SITE: 7}),))
    tick(app)
    work(app)
    assert told(app, "registration.place_offered") == {"sent": 6}
    revise_event(app, parts=(replace(TOMORROW, capacity={Mode.ON_SITE: 40}),))
    tick(app)
    relay(app)  # the mail server is away for a day
    clock.advance(hours=24)
    work(app)
    assert told(app, "registration.place_offered") == {"sent": 6, "cancelled": 6}


def test_a_delegation_that_is_approved_hears_at_once(app: Flask, clock: Clock) -> None:
    add_event(app, parts=(replace(PUBLIC_DAY, approval=True, capacity={Mode.ONLINE: None}),))
    enrol_several(app, *NAMES)
    work(app)
    clock.advance(hours=1)
    desk = signed_in(app)
    token = hidden_in(desk.get(LIST).get_data(as_text=True))["csrf_token"]
    with app.app_context():
        people = list(db.session.scalars(db.select(Registration.reference)))
    desk.post(f"{LIST}/approval", data={"csrf_token": token, "reference": people})
    clock.advance(minutes=15)
    work(app)
    assert told(app, "registration.approved") == {"sent": len(NAMES)}


@pytest.mark.one_database
def test_strangers_cannot_keep_somebodys_code_from_her_nor_what_the_desk_tells_her(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app)
    anna = register(client, given_name="Anna", email="anna@x.example").location
    work(app)
    for n in range(6):
        stranger = {"given_name": f"X{n}", "email": "anna@x.example", "mode-day-2": "online"}
        assert register(app.test_client(), **stranger).status_code == 303
    work(app)
    ask_for_a_code(client, anna)
    work(app)
    assert told(app, "registration.code_requested") == {"sent": 1}
    desk = signed_in(app)
    with app.app_context():
        reference = db.session.scalar(db.select(Registration.reference).filter_by(given_name="Anna"))
    press(desk, f"{LIST}/{reference}/withdrawal")
    clock.advance(minutes=15)
    work(app)
    assert told(app, "registration.withdrawn") == {"sent": 1}


@pytest.mark.one_database
def test_a_code_that_can_be_entered_no_more_is_not_sent(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    anna = register(client, given_name="Anna", email="anna@x.example").location
    work(app)
    ask_for_a_code(client, anna)
    relay(app)
    clock.advance(minutes=30)
    work(app)
    assert told(app, "registration.code_requested") == {"cancelled": 1}
    assert "stopped: what it tells of is over" in words(signed_in(app).get(f"/desk/mail/{rows(app)[-1].id}"))
