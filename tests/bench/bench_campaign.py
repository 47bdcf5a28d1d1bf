"""A newsletter to 10,000: written while others write, sent by one worker and by two, and by two that are killed."""

import gc
import os
import random
import signal
import smtplib
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from multiprocessing import get_context
from pathlib import Path

from flask import Flask

from s3chem_events import bulk, create_app, delivering, dispatch
from s3chem_events.campaigns import importing, imports
from s3chem_events.campaigns.imports import Usual
from s3chem_events.campaigns.models import Campaign, CampaignReader
from s3chem_events.core import config
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.core.tables import Row
from s3chem_events.mailing.letters import State
from s3chem_events.mailing.models import DeliveryAttempt, OutgoingEmail
from tests import factories
from tests.bench import sink
from tests.bench.bench_change import another_writer, in_a_process
from tests.bench.figures import Figure
from tests.support.campaigns import newsletter, readers, release
from tests.support.databases import know_every_table

READERS = {"en": 4000, "fr": 2500, "de": 2500, "pl": 1000}
NUMBER = sum(READERS.values())
KILLS = 50
WORKERS = 2


def run() -> list[Figure]:
    process, port = sink.start()
    try:
        with tempfile.TemporaryDirectory(prefix="s3chem-bench-") as folder, _application(folder, port) as app:
            _fill(app)
            with another_writer(Path(folder)) as waits:
                composing = in_a_process(_compose, folder)
            with another_writer(Path(folder)) as waits_for_a_list:
                importing_took = in_a_process(_import, folder)
            alone = NUMBER / in_a_process(_deliver, folder)
            _again(app)
            together = NUMBER / _by_two(folder)
            taken = _taken(port)
            _again(app)
            _kill_again_and_again(folder)
            in_a_process(_finish, folder)
            doubled, missing = _taken(port) - taken - NUMBER, NUMBER - _sent(app)
    finally:
        process.terminate()
    killed = f"newsletter to {NUMBER:,}, {KILLS} kills -9 of {WORKERS} workers"
    return [
        Figure(work=f"newsletter to {NUMBER:,}: written", measured=composing, unit=" s", goal=20),
        Figure(
            work=f"newsletter to {NUMBER:,}: another writer's longest wait",
            measured=1000 * max(waits),
            unit=" ms",
            goal=50,
        ),
        Figure(
            work=f"list of {NUMBER:,} brought and imported: another writer's longest wait",
            measured=1000 * max(waits_for_a_list),
            unit=" ms",
            goal=50,
            note=f"the press {importing_took:.1f} s",
        ),
        Figure(work="newsletter: e-mails sent by one worker", measured=alone, unit="/s", goal=600, at_least=True),
        Figure(work="newsletter: e-mails sent by two", measured=together, unit="/s", goal=1000, at_least=True),
        Figure(work=f"{killed}: missing", measured=missing, unit="", goal=0),
        Figure(work=f"{killed}: doubled", measured=doubled, unit="", goal=NUMBER / 1000),
    ]


@contextmanager
def _application(folder: str, port: int) -> Iterator[Flask]:
    os.environ["S3CHEM_BENCH_SINK"] = str(port)
    app = _app(folder)
    know_every_table()
    with app.app_context():
        db.create_all()
    yield app


def _app(folder: str) -> Flask:
    environ = {
        "S3CHEM_INSTANCE": folder,
        "S3CHEM_LIMITS": "off",
        "S3CHEM_BASE_URL": factories.BASE_URL,
        "S3CHEM_MAIL_SERVER": "127.0.0.1",
        "S3CHEM_MAIL_PORT": os.environ["S3CHEM_BENCH_SINK"],
        "S3CHEM_MAIL_TLS": "none",
        "S3CHEM_MAIL_SENDER": "events@s3chem.example",
    }
    app = create_app(config.load(environ, default_instance=Path(folder)))
    gc.freeze()  # as each process of ours does
    return app


def _fill(app: Flask) -> None:
    factories.add_event(app, parts=(replace(factories.PUBLIC_DAY),))
    readers(app, **READERS)
    release(app, newsletter(app, events=("conference",)))
    with app.app_context(), transaction():
        db.session.execute(db.update(Campaign).values(begins_at=now()))


def _import(folder: str) -> float:
    """Bring a list as a web process does that has served before; returns the seconds of the press."""
    usual = Usual("en", ["project"], "asked at the fair", date(2026, 1, 1))
    with _app(folder).app_context():
        assert not importing.undoable(), "nothing was brought before"
        brought = imports.packed(importing.read([Row(n, (f"brought{n}@x.example",)) for n in range(NUMBER)], usual))
        with transaction():
            importing.bring(brought, by=OPERATOR)
        started = time.perf_counter()
        assert bulk.subscribe(1, by=OPERATOR) == NUMBER
        return time.perf_counter() - started


def _compose(folder: str) -> float:
    with _app(folder).app_context():
        started = time.perf_counter()
        while bulk.carry_on(dispatch.FORGET):
            pass
        return time.perf_counter() - started


def _deliver(folder: str) -> float:
    with _app(folder).app_context():
        started = time.perf_counter()
        while delivering.deliver():
            pass
        return time.perf_counter() - started


def _finish(folder: str) -> float:
    """Let a last worker do the rest, as the bell and the clock would."""
    with _app(folder).app_context():
        started = time.perf_counter()
        while dispatch.work(seconds=60) or db.session.scalar(_UNWRITTEN):
            db.session.rollback()
        return time.perf_counter() - started


def _by_two(folder: str) -> float:
    with get_context("spawn").Pool(WORKERS) as pool:
        pool.map(_open, [folder] * WORKERS, chunksize=1)  # what it loads first is another figure
        started = time.perf_counter()
        pool.map(_deliver, [folder] * WORKERS, chunksize=1)
        return time.perf_counter() - started


def _open(folder: str) -> float:
    _app(folder)
    time.sleep(0.2)  # so that the other process takes the other one
    return 0.0


def _again(app: Flask) -> None:
    """Have it all to do once more: nothing written, nothing sent."""
    with app.app_context(), transaction():
        db.session.execute(db.delete(DeliveryAttempt))
        db.session.execute(
            db.update(OutgoingEmail).values(state=State.QUEUED, due_at=now(), attempts=0, owner=None, sent_at=None)
        )


def _kill_again_and_again(folder: str) -> None:
    chance = random.Random(7)
    for _ in range(KILLS // WORKERS):
        workers = [get_context("spawn").Process(target=_work, args=(folder,)) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        time.sleep(1.4 + 0.4 * chance.random())
        for worker in workers:
            os.kill(worker.pid or 0, signal.SIGKILL)
            worker.join()


def _work(folder: str) -> None:
    with _app(folder).app_context():
        dispatch.work(seconds=60)


def _taken(port: int) -> int:
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as server:
        return int(server.verify("all")[1])


def _sent(app: Flask) -> int:
    with app.app_context():
        return int(db.session.scalar(db.select(db.func.count()).where(OutgoingEmail.state == State.SENT)) or 0)


_UNWRITTEN = db.select(db.func.count()).where(CampaignReader.written_at.is_(None))
