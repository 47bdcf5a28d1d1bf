"""Two hundred people at once for fifty places in two parts and two modes: all others wait, in order of arrival."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import event

from s3chem_events.core import db as database_module
from s3chem_events.core.db import db
from s3chem_events.core.text import Text
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Part
from s3chem_events.registration import crowds
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Participation, Registration
from tests.factories import FILLED_WORKSHOP, WORKSHOP, add_event, count, hidden, hidden_in
from tests.support import servers
from tests.support.rivals import at_once

PATH = "/en/events/workshop/register"
PEOPLE = 200
PLACES = {("day", "on_site"): 10, ("day", "online"): 15, ("night", "on_site"): 10, ("night", "online"): 15}
DAY = replace(WORKSHOP.parts[0], capacity={Mode.ON_SITE: 10, Mode.ONLINE: 15})
NIGHT = replace(DAY, key="night", title=Text(en="Workshop night"))
AGREED = " ".join(f"{part}:{mode}" for part, mode in PLACES)
"""What the form carries of somebody who has been shown that all is full, and would wait for it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one person asks for: her parts, each with a mode."""

    number: int
    parts: tuple[str, ...]
    mode: str

    @property
    def typed(self) -> dict[str, Any]:
        modes = {f"mode-{part}": self.mode for part in self.parts}
        person = {"email": f"p{self.number}@x.example", "waiting": AGREED}
        return {**FILLED_WORKSHOP, **person, **modes, "parts": list(self.parts)}


def wishes(people: int) -> list[Wish]:
    """Every third person asks for both parts, and half of all for each mode."""
    chosen = (("day",), ("night",), ("day", "night"))
    return [Wish(n, chosen[n % 3], ("on_site", "online")[n // 3 % 2]) for n in range(people)]


def faults(app: Flask, asked: Sequence[Wish]) -> list[str]:
    """Return what is wrong: too many or too few in a place, somebody lost, somebody who passed an earlier one."""
    wanted = Counter((part, wish.mode) for wish in asked for part in wish.parts)
    found = defaultdict[tuple[str, str], list[Standing]](list)
    with app.app_context():
        rows = db.select(Part.key, Participation.mode, Participation.standing).join(Participation.part)
        for part, mode, standing in db.session.execute(rows.order_by(Participation.id)):
            found[part, mode.value].append(standing)
    wrong = [] if count(app, Registration) == len(asked) else ["people were lost"]
    for which, places in PLACES.items():
        right = [Standing.CONFIRMED] * min(places, wanted[which])
        right += [Standing.WAITING] * (wanted[which] - len(right))
        if found[which] != right:
            wrong.append(
                f"{which}: {Counter(found[which])}, in order of arrival: {found[which] == sorted(found[which])}"
            )
    return wrong


def race(app: Flask, people: int) -> tuple[Counter[int], list[str]]:
    asked, codes = wishes(people), list[int]()

    def opened(wish: Wish) -> Callable[[], object]:
        client = app.test_client()
        typed = {**hidden(client, PATH), **wish.typed}
        return lambda: codes.append(client.post(PATH, data=typed).status_code)

    at_once(*(opened(wish) for wish in asked))
    return Counter(codes), faults(app, asked)


@pytest.mark.both_counted
def test_two_hundred_people_for_fifty_places_and_all_others_wait_in_order(app: Flask) -> None:
    add_event(app, WORKSHOP, parts=(DAY, NIGHT))
    assert race(app, PEOPLE) == (Counter({303: PEOPLE}), [])


@pytest.mark.own_app
@pytest.mark.both_counted
def test_without_the_lock_places_are_given_twice(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    add_event(app, WORKSHOP, parts=(DAY, NIGHT))
    unlocked, crowd, both = publishing.bookable_event, crowds.of, threading.Barrier(8)

    def slowly(event_id: int) -> Any:
        there = crowd(event_id)
        with suppress(threading.BrokenBarrierError):
            both.wait(1)
        return there

    monkeypatch.setattr(crowds, "of", slowly)
    monkeypatch.setattr(publishing, "bookable_event", lambda slug, **_lock: unlocked(slug))
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.remove(db.engine, "begin", database_module._begin)
            monkeypatch.setattr(database_module, "_turn", nullcontext())  # it would help within this one process
    _codes, wrong = race(app, 96)
    assert [line for line in wrong if "people" not in line]


@pytest.mark.slow
def test_processes_side_by_side_give_fifty_places_once(app: Flask, environ: dict[str, str]) -> None:
    add_event(app, WORKSHOP, parts=(DAY, NIGHT))
    with app.app_context():
        number = {"sqlite": 2, "postgresql": 4}[db.engine.dialect.name]
    asked, codes = wishes(PEOPLE), list[int]()
    with ExitStack() as stack:
        running = [stack.enter_context(servers.launched("web", environ, "--workers", "1")) for _ in range(number)]
        for server in running:  # they load side by side
            server.await_answer()

        def opened(wish: Wish) -> Callable[[], object]:
            session, url = requests.Session(), running[wish.number % number].url + PATH
            typed = {**hidden_in(session.get(url, timeout=60).text), **wish.typed}
            return lambda: codes.append(session.post(url, data=typed, allow_redirects=False, timeout=60).status_code)

        at_once(*(opened(wish) for wish in asked))
    assert (Counter(codes), faults(app, asked)) == (Counter({303: PEOPLE}), [])
