"""Two who want the same thing in the same moment; and each race is shown to be lost with the guard taken out."""

import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from s3chem_events.core import db as database_module
from s3chem_events.core.db import db
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration import crowds
from s3chem_events.registration.invitation import InvitationUse, address_of
from s3chem_events.registration.models import Delegation, Participation, Registration
from tests.conftest import Clock
from tests.factories import FILLED, FILLED_WORKSHOP, WORKSHOP, add_event, add_guest, count, hidden
from tests.support.rivals import at_once

FORM = "/en/events/workshop/register"


def meet(monkeypatch: pytest.MonkeyPatch, *, seconds: float) -> None:
    """Let both count before either takes anything, if they are let."""
    crowd, both, met = crowds.of, threading.Barrier(2), threading.Event()

    def slowly(event_id: int) -> Any:
        there = crowd(event_id)
        if not met.is_set():  # who counts once more for the page waits for nobody
            with suppress(threading.BrokenBarrierError):
                both.wait(seconds)
            met.set()
        return there

    monkeypatch.setattr(crowds, "of", slowly)


def unlock(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    by_slug, bookable = publishing.event_by_slug, publishing.bookable_event
    monkeypatch.setattr(publishing, "event_by_slug", lambda slug, **_lock: by_slug(slug))
    monkeypatch.setattr(publishing, "bookable_event", lambda slug, **_lock: bookable(slug))
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.remove(db.engine, "begin", database_module._begin)
            monkeypatch.setattr(database_module, "_turn", nullcontext())  # it would help within this one process


def press(app: Flask, codes: list[int], path: str, typed: dict[str, Any], **changes: Any) -> Callable[[], None]:
    """Open a form; what is returned sends it."""
    client = app.test_client()
    data = {**typed, **hidden(client, path), **changes}
    return lambda: codes.append(client.post(path, data=data).status_code)


def both_take_one_invitation(app: Flask, monkeypatch: pytest.MonkeyPatch, *, seconds: float) -> list[int]:
    add_event(app)
    number, codes = add_guest(app), list[int]()
    with app.app_context():
        path = f"{address_of(number, language='en')}/registration"
    asked = FILLED | {"parts": "day-1"}
    presses = [press(app, codes, path, asked, email=f"{name}@x.example", given_name=name) for name in ("ada", "bo")]
    meet(monkeypatch, seconds=seconds)  # now: to open a form counts, too
    at_once(*presses)
    return sorted(codes)


def both_take_the_last_place(app: Flask, monkeypatch: pytest.MonkeyPatch, *, seconds: float) -> list[int]:
    add_event(app, WORKSHOP, parts=(replace(WORKSHOP.parts[0], capacity={Mode.ON_SITE: 1}),))
    codes = list[int]()
    group = FILLED_WORKSHOP | {"attends": "no", "person-1-given_name": "Bo", "person-1-family_name": "Ek"}
    one = press(app, codes, FORM, FILLED_WORKSHOP)
    other = press(app, codes, f"{FORM}/group", group, email="office@park.example")
    meet(monkeypatch, seconds=seconds)
    at_once(one, other)
    return sorted(codes)


def test_one_invitation_lets_one_of_two_in(app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = both_take_one_invitation(app, monkeypatch, seconds=0.2)
    assert (codes[0], codes[1] in {409, 410}) == (303, True)
    assert (count(app, Registration), count(app, InvitationUse)) == (1, 1)


@pytest.mark.own_app
def test_without_the_lock_it_lets_both_in(app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    unlock(app, monkeypatch)
    both_take_one_invitation(app, monkeypatch, seconds=30)
    assert count(app, InvitationUse) == 2


def test_a_delegation_and_a_single_person_for_the_last_place_and_one_gets_it(
    app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert both_take_the_last_place(app, monkeypatch, seconds=0.2) == [303, 409]
    assert count(app, Participation) == 1
    assert count(app, Delegation) == count(app, Registration, via_contact=True)  # all of it, or nothing


@pytest.mark.own_app
def test_without_the_lock_both_get_it(app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    unlock(app, monkeypatch)
    assert both_take_the_last_place(app, monkeypatch, seconds=30) == [303, 303]
    assert count(app, Participation) == 2
