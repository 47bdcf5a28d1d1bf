"""The last place: many at once, on both databases; and the race is shown to be lost with the guard taken out."""

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from s3chem_events.core import db as database_module
from s3chem_events.core.db import db
from s3chem_events.publishing import queries
from s3chem_events.registration import capacity
from s3chem_events.registration.models import Participation, Registration
from tests.conftest import Clock
from tests.factories import FILLED_WORKSHOP, WORKSHOP, add_event, count, hidden
from tests.support.rivals import at_once

pytestmark = pytest.mark.both_counted

PATH = "/en/events/workshop/register"
PLACES = 3


def race(app: Flask, people: int) -> list[int]:
    """Let people press at the same moment; returns the answers' status codes."""
    forms = []
    for n in range(people):
        client = app.test_client()
        forms.append((client, {**FILLED_WORKSHOP, **hidden(client, PATH), "email": f"p{n}@x.example"}))
    codes = []

    def press(client: Any, filled: dict[str, str]) -> None:
        codes.append(client.post(PATH, data=filled).status_code)

    at_once(*(partial(press, *form) for form in forms))
    return codes


@pytest.fixture(autouse=True)
def slow_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold the moment between counting and taking a place open, so that a race has every chance."""
    hold(monkeypatch, partial(time.sleep, 0.02))


def hold(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object]) -> None:
    decide = capacity.check

    def slowly(wanted: Any, **known: Any) -> Any:
        waiting = decide(wanted, **known)
        meanwhile()
        return waiting

    monkeypatch.setattr(capacity, "check", slowly)


def test_fifty_people_for_three_places_and_three_get_one(app: Flask) -> None:
    add_event(app, WORKSHOP)  # C10
    codes = race(app, 50)
    assert sorted(codes) == [303] * PLACES + [409] * (50 - PLACES)
    assert count(app, Participation) == count(app, Registration) == PLACES


@pytest.mark.own_app
def test_without_the_lock_places_are_sold_twice(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    add_event(app, WORKSHOP)
    unlocked = queries.bookable_event
    monkeypatch.setattr(queries, "bookable_event", lambda slug, **_lock: unlocked(slug))
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.remove(db.engine, "begin", database_module._begin)
            monkeypatch.setattr(database_module, "_turn", nullcontext())  # it would help within this one process
    together = threading.Barrier(PLACES + 1)

    def until_enough_have_counted() -> None:
        with suppress(threading.BrokenBarrierError):  # who is answered "busy" and comes again may be one too few
            together.wait(10)

    hold(monkeypatch, until_enough_have_counted)
    race(app, 12)
    assert count(app, Participation) > PLACES


def test_one_person_pressing_from_twelve_windows_is_registered_once(app: Flask, clock: Clock) -> None:
    add_event(app, WORKSHOP)
    client = app.test_client()
    filled = {**FILLED_WORKSHOP, **hidden(client, PATH)}
    cookie = client.get_cookie("session")
    assert cookie is not None
    answers: list[str] = []

    def press() -> None:
        twin = app.test_client()
        twin.set_cookie("session", cookie.value)
        answers.append(twin.post(PATH, data=filled).headers.get("Location", ""))

    threads = [threading.Thread(target=press) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 12
    assert len(set(answers)) == 1
    assert answers[0].startswith("/en/registrations/")
    assert count(app, Registration) == 1
