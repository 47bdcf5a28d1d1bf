"""An event of 3,000 registered people moves: the organiser's request, the e-mails in the outbox, who waits meanwhile.

The worker is then killed again and again in the midst of a second move: in the end everybody has one e-mail of each.
"""

import os
import random
import signal
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

from flask import Flask

from s3chem_events import create_app, dispatch
from s3chem_events.core import config
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR, Fact
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.publishing import actions, queries, values
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration.actions import Applicant, register
from tests import factories
from tests.bench.figures import Figure, middle
from tests.support.databases import know_every_table
from tests.support.desk import carried, filled, signed_in

PEOPLE = 3000
KILLS = 10
MOVES = 5
SLUG = "conference"


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="s3chem-bench-") as folder, _application(folder) as app:
        _fill(app)
        pressed = [_move(app, days=days) * 1000 for days in range(1, MOVES + 1)]
        posted, previewed = _through_the_desk(app)
        _due(app)
        with another_writer(Path(folder)) as waits:
            seconds = in_a_process(_relay, folder)
        written = _written(app)
        _move(app, days=100)
        _due(app)
        kills = _kill_again_and_again(folder)
        in_a_process(_relay, folder)
        missing, doubled = 2 * PEOPLE - _written(app), _doubled(app)
    note = f"{written} e-mails written meanwhile; its usual wait {1000 * middle(waits):.1f} ms"
    return [
        Figure(work="moving 3,000: the change and its fact", measured=middle(pressed), unit=" ms", goal=100),
        Figure(
            work="moving 3,000: the organiser's request",
            measured=middle(posted),
            unit=" ms",
            goal=100,
            note=f"its preview, with an e-mail in each language, {middle(previewed):.0f} ms",
        ),
        Figure(work="moving 3,000: e-mails in the outbox", measured=seconds, unit=" s", goal=10),
        Figure(
            work="moving 3,000: another writer's longest wait",
            measured=1000 * max(waits),
            unit=" ms",
            goal=50,
            note=note,
        ),
        Figure(work=f"moving 3,000, {kills} kills -9: e-mails missing", measured=missing, unit="", goal=0),
        Figure(work=f"moving 3,000, {kills} kills -9: e-mails doubled", measured=doubled, unit="", goal=0),
    ]


@contextmanager
def _application(folder: str) -> Iterator[Flask]:
    app = _app(folder)
    know_every_table()
    with app.app_context():
        db.create_all()
    yield app


def _app(folder: str) -> Flask:
    environ = {"S3CHEM_INSTANCE": folder, "S3CHEM_LIMITS": "off", "S3CHEM_BASE_URL": factories.BASE_URL}
    return create_app(config.load(environ, default_instance=Path(folder)))


def _fill(app: Flask) -> None:
    factories.add_event(app, parts=(replace(factories.PUBLIC_DAY, capacity={Mode.ON_SITE: None}),))
    with app.app_context(), transaction():
        event = queries.event_by_slug(SLUG, lock=True)
        assert event is not None
        for n in range(PEOPLE):
            register(event, _person(n), by=OPERATOR)
        db.session.execute(db.update(Fact).values(relayed_at=now()))  # their confirmations are another benchmark's


def _person(n: int) -> Applicant:
    return Applicant(
        given_name="Żaneta",
        family_name=f"Núñez {n}",
        email=f"p{n}@uni.example",
        organisation="Chemiepark",
        organisation_type="sme",
        country="NL",
        region="Limburg",
        language=("en", "fr", "de", "pl")[n % 4],
        choices={"day-2": Mode.ON_SITE},
        privacy_version="1",
    )


def _move(app: Flask, *, days: int) -> float:
    """Move the event and tell everybody, as the desk does; returns the seconds that the transaction took."""
    with app.app_context():
        started = time.perf_counter()
        with transaction():
            event = queries.event_by_slug(SLUG, lock=True)
            assert event is not None
            seen = event.revision
            actions.revise_event(
                event, _moved(values.event_facts(event), days), base_url=factories.BASE_URL, by=OPERATOR
            )
            actions.tell(event, since=seen, by=OPERATOR)
        return time.perf_counter() - started


def _through_the_desk(app: Flask) -> tuple[list[float], list[float]]:
    """Move it again and again as an organiser does at the desk; returns what telling and previewing took, in ms."""
    desk, path = signed_in(app), f"/desk/events/{SLUG}/rescheduling"
    told, shown = [], []
    for day in range(1, MOVES + 2):
        days = {f"parts-0-{end}_on": f"2027-11-{day:02}" for end in ("starts", "ends")}
        typed = filled(desk.get(path)) | days
        started = time.perf_counter()
        preview = desk.post(path, data=typed)
        shown.append((time.perf_counter() - started) * 1000)
        sent = carried(preview) | {"told": "yes"}
        started = time.perf_counter()
        answer = desk.post(path, data=sent)
        told.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 303, answer.status
    return told[1:], shown[1:]  # the first opens what stays open


def _moved(facts: EventFacts, days: int) -> EventFacts:
    by = timedelta(days=days)
    return replace(facts, parts=tuple(replace(p, starts=p.starts + by, ends=p.ends + by) for p in facts.parts))


def _due(app: Flask) -> None:
    """Let the hold be over."""
    with app.app_context(), transaction():
        db.session.execute(db.update(Fact).where(Fact.due_at > now()).values(due_at=now()))


def in_a_process(what: Callable[[str], float], folder: str) -> float:
    with get_context("spawn").Pool(1) as pool:
        return float(pool.apply(what, (folder,)))


def _relay(folder: str) -> float:
    with _app(folder).app_context():
        started = time.perf_counter()
        while dispatch.relay():
            pass
        return time.perf_counter() - started


def _kill_again_and_again(folder: str) -> int:
    """Start a worker and kill it while it writes; returns how often."""
    chance = random.Random(7)
    for _ in range(KILLS):
        process = get_context("spawn").Process(target=_relay, args=(folder,))
        process.start()
        time.sleep(1.2 + chance.random())
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
    return KILLS


@contextmanager
def another_writer(folder: Path) -> Iterator[list[float]]:
    """Write a row again and again beside the worker; yields the seconds that each write waited."""
    waits: list[float] = []
    stop = threading.Event()
    path = folder / "s3chem.sqlite"

    def write() -> None:
        connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        connection.execute("PRAGMA synchronous=NORMAL")  # as ours are
        connection.execute("CREATE TABLE IF NOT EXISTS bench (n INTEGER)")
        while not stop.is_set():
            started = time.perf_counter()
            connection.execute("INSERT INTO bench VALUES (1)")
            waits.append(time.perf_counter() - started)
            time.sleep(0.005)
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield waits
    finally:
        stop.set()
        thread.join()


def _written(app: Flask) -> int:
    with app.app_context():
        return int(db.session.scalar(db.select(db.func.count(OutgoingEmail.id)).filter_by(kind="event.changed")) or 0)


def _doubled(app: Flask) -> int:
    """Return how many people have more than one e-mail of the same fact."""
    with app.app_context():
        rows = db.session.execute(db.select(OutgoingEmail.fact_id, OutgoingEmail.subject_id)).all()
    return len(rows) - len(set(rows))
