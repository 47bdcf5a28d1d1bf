"""How many places are left is said alike by the page, the form, the waiting list and the desk, whatever changed it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import CLOCK, OPERATOR, PARTICIPANT, VISITOR
from s3chem_events.core.text import Text
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.facts import PartFacts
from s3chem_events.publishing.lifecycle import Mode, WaitingList
from s3chem_events.registration import actions, approval, batches, offers, queries, substituting
from s3chem_events.registration.actions import Applicant
from s3chem_events.registration.models import Participation, Registration
from tests.conftest import Clock
from tests.factories import FILLED_WORKSHOP, WORKSHOP, add_event, register, revise_event, soup, words
from tests.flows.test_waiting_list import BEGINS, DAY, PATH, come, places, standings, tick, withdraw
from tests.support.desk import signed_in
from tests.support.statements import rows_handled, statements

EVENING = replace(DAY, key="evening", title=Text({"en": "Evening"}))
FEW, FULL = "Only a few places left", "Full, waiting list open"


def said(client: FlaskClient) -> str:
    """Return the words for the places left in each part, as the kept page says them."""
    return " | ".join(tag.get_text() for tag in soup(client.get("/en/events/workshop")).select("dd.places"))


def of(part: PartFacts, number: int, *, approval: bool = False) -> PartFacts:
    return replace(part, capacity={Mode.ON_SITE: number}, approval=approval)


def somebody(number: int, *keys: str) -> Applicant:
    chosen = dict.fromkeys(keys or ("day",), Mode.ON_SITE)
    typed = {"given_name": f"G{number}", "family_name": "F", "email": f"p{number}@x.example", "organisation": "O"}
    willing = frozenset((key, Mode.ON_SITE.value) for key in chosen)
    return Applicant(
        **typed,
        organisation_type="company",
        country="DE",
        region="other",
        language="en",
        choices=chosen,
        privacy_version="1",
        attempt=f"a{number}",
        may_wait=willing,
    )


def many(app: Flask, people: range, *keys: str) -> list[int]:
    with app.app_context(), transaction():
        event = publishing.bookable_event("workshop", lock=True)
        assert event is not None
        return [actions.register(event, somebody(number, *keys), by=VISITOR).id for number in people]


def take_off(app: Flask, *numbers: int) -> None:
    """Let an organiser take people off together; for ten minutes that can be undone."""
    with app.app_context(), transaction():
        publishing.event_by_slug("workshop", lock=True)
        found = [queries.registration_by_id(number) for number in numbers]
        batches.withdraw([one for one in found if one], by=OPERATOR)


def test_page_hears_whatever_gives_or_frees_a_place(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app, WORKSHOP, **places(1))
    anna, _boris = [come(client, name) for name in ("Anna", "Boris")]
    assert said(client) == FULL
    withdraw(client, anna)
    assert (standings(app), said(client)) == ("A withdrawn, B offered", FULL)
    clock.advance(hours=48)  # nobody else waits: when the last offer ends the place is anybody's
    assert said(client) == FULL
    tick(app)
    assert (standings(app), said(client)) == ("A withdrawn, B withdrawn", FEW)
    [come(client, name) for name in ("Carla", "Dora", "Emil")]
    revise_event(app, "workshop", **places(3))
    assert said(client) == FULL  # within the minute before the clock gives the two: they come first
    assert "Put me on the waiting list" in words(client.get(PATH))
    tick(app)
    assert standings(app).endswith("C confirmed, D offered, E offered")
    assert said(client) == FULL


def test_page_hears_what_became_of_places_that_awaited_a_decision(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app, WORKSHOP, parts=(of(DAY, 20), of(EVENING, 1, approval=True)))
    (number,) = many(app, range(1), "day", "evening")
    assert said(client) == f"Places available | {FULL}"
    with app.app_context(), transaction():
        registration = queries.registration_by_id(number, lock=True)
        assert registration is not None
        substituting.hand_over(registration, replace(somebody(2), choices={}), by=PARTICIPANT)
    assert said(client) == f"Places available | {FEW}"
    many(app, range(3, 4), "evening")
    assert said(client) == f"Places available | {FULL}"
    with app.app_context(), transaction():
        event = publishing.event_by_slug("workshop", lock=True)
        last = db.session.scalar(db.select(db.func.max(Registration.id)))
        refused = queries.registration_by_id(last)
        assert event
        assert refused
        approval.reject([refused], reason="Full of guests", by=OPERATOR)
    assert said(client) == f"Places available | {FULL}"
    clock.advance(minutes=10, seconds=1)
    assert said(client) == f"Places available | {FEW}"


def test_places_kept_for_who_was_taken_off_stop_nobody_else(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app, WORKSHOP, waiting_list=WaitingList.AUTOMATIC, parts=(of(DAY, 10), of(EVENING, 1)))
    day = many(app, range(9))
    many(app, range(20, 23), "evening")
    assert said(client) == f"{FEW} | {FULL}"
    take_off(app, day[0])
    come(client, "Zoe")  # the last place of the day that is not kept for who may come back
    assert said(client) == f"{FULL} | {FULL}"
    desk = signed_in(app)
    kept = "9 of 10 1 more is kept for a person who can still be put back"
    for page in ("/desk/", "/desk/events/workshop/"):
        said_there = words(desk.get(page))
        assert [line in said_there for line in (kept, "1 of 1 2 people wait for a place")] == [True, True]
    assert "Put me on the waiting list" in words(client.get(PATH))
    come(client, "Yan")
    assert standings(app).endswith("Z confirmed, Y waiting")
    revise_event(app, "workshop", parts=(of(DAY, 10), of(EVENING, 2)))
    assert said(client) == f"{FULL} | {FULL}"
    tick(app)  # nothing is kept in the evening: the next one has the new place at once
    assert standings(app).count("confirmed") == 8 + 1 + 2
    assert standings(app).endswith("Z confirmed, Y waiting")
    clock.advance(minutes=10, seconds=1)
    tick(app)
    assert standings(app).endswith("Z confirmed, Y confirmed")
    assert said(client) == f"{FULL} | {FULL}"


def test_page_knows_when_the_list_closes(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app, WORKSHOP, **places(1))
    come(client, "Anna")
    closes: datetime = BEGINS - timedelta(hours=2)
    clock.set(closes - timedelta(seconds=1))
    assert said(client) == FULL
    clock.set(closes)
    assert said(client) == "Full"
    assert register(client, PATH, **FILLED_WORKSHOP | {"given_name": "Zoe", "email": "z@x.example"}).status_code == 409


@pytest.mark.one_database
def test_what_is_given_is_written_and_not_the_line(app: Flask, clock: Clock):
    add_event(app, WORKSHOP, **places(30))
    here = many(app, range(30))

    def loaded(numbers: list[int], due: range) -> int:
        """Let people go while so many more wait; returns how many places of people were looked at one by one."""
        many(app, due)
        with rows_handled(app, Participation) as seen:
            take_off(app, *numbers[:10])
            with app.app_context(), transaction():
                registration = queries.registration_by_id(numbers[10], lock=True)
                assert registration is not None
                actions.withdraw(registration, by=PARTICIPANT)
        return seen["loaded"]

    assert loaded(here[:11], range(100, 102)) == loaded(here[11:22], range(200, 260)) == 10 + 1 + 1
    clock.advance(minutes=11)
    with app.app_context(), transaction():
        assert offers.look_after(1, by=CLOCK) == 20
    with statements(app) as minutely, app.app_context(), transaction():
        assert offers.look_after(1, by=CLOCK) == 0
    assert len([one for one in minutely if "FROM revision" in one]) == 1
    revise_event(app, "workshop", **places(200))
    clock.advance(hours=1)
    with app.app_context(), transaction():
        assert offers.look_after(1, by=CLOCK) == 40
    clock.advance(hours=48)
    with app.app_context(), transaction():
        assert offers.look_after(1, by=CLOCK) == 50  # as many as are written at once: the rest in the next minute
