"""The worker: personal e-mails of text, HTML and calendar, from the fact to the server's 250, in one process."""

import smtplib
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from flask import Flask

from s3chem_events import create_app, dispatch
from s3chem_events.core import config
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.publishing import queries
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration import actions
from s3chem_events.registration.actions import Applicant
from s3chem_events.sample import load
from tests.bench import sink
from tests.bench.figures import Figure
from tests.support.databases import know_every_table

NUMBER = 2000
WARM = 100
GOAL = 600
BASE_URL = "https://events.s3chem.example"
PERSON = Applicant(
    given_name="Żaneta",
    family_name="Núñez",
    email="",
    organisation="Chemiepark",
    organisation_type="sme",
    country="NL",
    region="Limburg",
    language="en",
    choices={"day-2": Mode.ONLINE},
    privacy_version="1",
)


def run() -> list[Figure]:
    process, port = sink.start()
    try:
        before = _limit(port)
        # In a process of its own: what other benchmarks have loaded costs nothing here.
        with get_context("spawn").Pool(1) as pool:
            rate, busy = pool.apply(_worker, (port,))
        plain = (before + _limit(port)) / 2
    finally:
        process.terminate()
    note = f"{busy:.2f} ms CPU each; smtplib with bytes that lie ready {plain:.0f}/s, ratio {rate / plain:.2f}"
    return [
        Figure(work="worker: e-mails, outbox included", measured=rate, unit="/s", goal=GOAL, at_least=True, note=note)
    ]


def _worker(port: int) -> tuple[float, float]:
    """Return e-mails a second, and milliseconds of CPU for each."""
    with _application(port) as app, app.app_context():
        _register(range(WARM))
        dispatch.work(seconds=3600)
        _register(range(WARM, WARM + NUMBER))
        started, busy, sent = time.perf_counter(), time.process_time(), 0
        while sent < NUMBER:
            sent += dispatch.work(seconds=3600)
        seconds = time.perf_counter() - started
        return NUMBER / seconds, (time.process_time() - busy) / NUMBER * 1000


@contextmanager
def _application(port: int) -> Iterator[Flask]:
    with tempfile.TemporaryDirectory(prefix="s3chem-bench-") as folder:
        environ = {
            "S3CHEM_INSTANCE": folder,
            "S3CHEM_LIMITS": "off",  # five hundred an hour is where the brake on strangers would catch
            "S3CHEM_BASE_URL": BASE_URL,
            "S3CHEM_MAIL_SERVER": "127.0.0.1",
            "S3CHEM_MAIL_PORT": str(port),
            "S3CHEM_MAIL_TLS": "none",
            "S3CHEM_MAIL_SENDER": "events@s3chem.example",
        }
        app = create_app(config.load(environ, default_instance=Path(folder)))
        know_every_table()
        with app.app_context():
            db.create_all()
            with transaction():
                load.sample_content(base_url=BASE_URL, by=OPERATOR)
        yield app


def _register(numbers: range) -> None:
    with transaction():
        event = queries.event_by_slug("final-conference", lock=True)
        assert event is not None
        for n in numbers:
            language = ("en", "fr", "de")[n % 3]
            applicant = replace(PERSON, email=f"p{n}@uni.example", family_name=f"Núñez {n}", language=language)
            actions.register(event, applicant, by=OPERATOR)


def _limit(port: int) -> float:
    """Return how many e-mails of 4 KB smtplib hands over in a second, on one kept connection."""
    text = b"Subject: test\r\n\r\n" + (b"x" * 76 + b"\r\n") * 52
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as server:
        started = time.perf_counter()
        for _ in range(NUMBER):
            server.sendmail("a@example.org", ["b@example.org"], text)
        return NUMBER / (time.perf_counter() - started)
