"""The waiting list with many at once, on both databases; and the race is shown to be lost with the guard taken out."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from s3chem_events import schedule
from s3chem_events.core import db as database_module
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import CLOCK, OPERATOR, Fact
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import Mode, WaitingList
from s3chem_events.publishing.models import Event
from s3chem_events.registration import capacity, crowds, offers, queries, waiting
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Participation, Registration
from tests.conftest import Clock
from tests.factories import FILLED_WORKSHOP, WORKSHOP, add_event, hidden, register, revise_event
from tests.flows.test_waiting_list import PATH, places
from tests.support.rivals import at_once

pytestmark = pytest.mark.both_counted


def standings(app: Flask) -> dict[Standing, list[int]]:
    """Return the participations by their standing, in order of arrival."""
    with app.app_context():
        rows = db.session.execute(db.select(Participation.standing, Participation.id).order_by(Participation.id)).all()
    return {one: [number for standing, number in rows if standing is one] for one in Standing}


def test_fifty_people_for_one_place_one_gets_it_and_the_others_wait_in_order(app: Flask, clock: Clock) -> None:
    add_event(app, WORKSHOP, **places(1))  # C10
    codes: list[int] = []

    def opened(number: int) -> Callable[[], object]:
        client = app.test_client()
        typed = {**FILLED_WORKSHOP, **hidden(client, PATH), "email": f"p{number}@x.example", "waiting": "day:on_site"}
        return lambda: codes.append(client.post(PATH, data=typed).status_code)

    at_once(*(opened(number) for number in range(50)))
    assert Counter(codes) == {303: 50}
    found = standings(app)
    assert (len(found[Standing.CONFIRMED]), len(found[Standing.WAITING])) == (1, 49)
    assert found[Standing.CONFIRMED][0] < found[Standing.WAITING][0]
    with app.app_context():
        written = db.session.execute(db.select(Fact.kind, Fact.subject_id).order_by(Fact.id)).all()
        owners = dict(db.session.execute(db.select(Participation.id, Participation.registration_id)).all())
    told = [(kind, number) for kind, number in written if kind.startswith("registration.")]
    assert [number for kind, number in told if kind == "registration.waiting"] == [
        owners[one] for one in found[Standing.WAITING]
    ]
    assert [kind for kind, _number in told].count("registration.confirmed") == 1


def slowed(monkeypatch: pytest.MonkeyPatch, *, seconds: float) -> None:
    """Let two count before either gives, if anything lets them: so a race has every chance."""
    both, met = threading.Barrier(2), threading.Event()
    monkeypatch.setattr(crowds, "tell_the_page", _slowly(crowds.tell_the_page, both, met, seconds))
    monkeypatch.setattr(capacity, "check", _slowly(capacity.check, both, met, seconds))


def _slowly(
    count: Callable[..., Any], both: threading.Barrier, met: threading.Event, seconds: float
) -> Callable[..., Any]:
    def counted(*given: Any) -> Any:
        found = count(*given)
        if not met.is_set():  # who counts once more waits for nobody
            with suppress(threading.BrokenBarrierError):
                both.wait(seconds)
            met.set()
        return found

    return counted


def one_place_for_two(app: Flask) -> tuple[Callable[[], None], Callable[[], None]]:
    """Free one place for two who wait; returns what the clock and what an organiser then do about it."""
    add_event(app, WORKSHOP, waiting_list=WaitingList.AUTOMATIC, **places(1))
    for number in range(3):
        register(app.test_client(), PATH, **FILLED_WORKSHOP | {"email": f"p{number}@x.example"})
    revise_event(app, "workshop", parts=(replace(WORKSHOP.parts[0], capacity={Mode.ON_SITE: 2}),))
    with app.app_context():
        last = db.session.scalar(db.select(db.func.max(Registration.id)))

    def clock_looks() -> None:
        with app.app_context(), transaction():
            for event_id in offers.with_a_line():
                offers.look_after(event_id, by=CLOCK)

    def staff_give() -> None:
        try:
            with app.app_context(), transaction():
                registration = queries.registration_by_id(last, lock=True)
                assert registration is not None
                waiting.give_place(registration, part_key="day", by=OPERATOR)
        except capacity.Full:
            pass

    return clock_looks, staff_give


def test_staff_and_the_clock_in_the_same_second_give_one_place_once(
    app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_looks, staff_give = one_place_for_two(app)  # C12
    slowed(monkeypatch, seconds=0.2)
    at_once(clock_looks, staff_give, clock_looks)
    found = standings(app)
    assert (len(found[Standing.CONFIRMED]), len(found[Standing.WAITING])) == (2, 1)


def test_an_event_that_fails_keeps_no_other_from_its_places(
    app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_place_for_two(app)
    with app.app_context():
        event_id = db.session.scalar(db.select(Registration.event_id).distinct())
        looked_at, by_id = list[int](), publishing.event_by_id

    def locked(number: int, *, lock: bool) -> Event | None:
        looked_at.append(number)
        if not number:
            raise LookupError
        return by_id(number, lock=lock)

    monkeypatch.setattr(publishing, "event_by_id", locked)
    monkeypatch.setattr(offers, "with_a_line", lambda: [0, event_id])
    monkeypatch.setattr(schedule, "EACH", ((offers.with_a_line, offers.look_after),))
    with app.app_context():
        schedule.tick()
    assert looked_at == [0, event_id]
    assert len(standings(app)[Standing.CONFIRMED]) == 2


@pytest.mark.own_app
def test_without_the_lock_the_place_is_given_twice(app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    clock_looks, staff_give = one_place_for_two(app)
    slowed(monkeypatch, seconds=30)
    unlocked, by_id = queries.registration_by_id, publishing.event_by_id
    monkeypatch.setattr(queries, "registration_by_id", lambda number, **_lock: unlocked(number))
    monkeypatch.setattr(publishing, "event_by_id", lambda number, **_lock: by_id(number))
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.remove(db.engine, "begin", database_module._begin)
            monkeypatch.setattr(database_module, "_turn", nullcontext())
    at_once(clock_looks, staff_give)
    assert len(standings(app)[Standing.CONFIRMED]) > 2
