"""The worker: personalised e-mails of text, HTML and calendar per second, from fact to the server's 250, in one process.

Beside it, in the same run, the limit: smtplib handing bytes that lie ready to the same sink over one kept connection.
"""

import smtplib
import sys
import tempfile
import time
from pathlib import Path

from flask import Flask

from bench import sink
from s3chem_events import create_app, dispatch
from s3chem_events.core import config
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.publishing import queries
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration import actions
from s3chem_events.registration.actions import Applicant
from s3chem_events.sample import load

NUMBER = 2000
GOAL = 600
LANGUAGES = ("en", "fr", "de")


def application(folder: str, port: int) -> Flask:
    environ = {
        "S3CHEM_INSTANCE": folder,
        "S3CHEM_MAIL_SERVER": "127.0.0.1",
        "S3CHEM_MAIL_PORT": str(port),
        "S3CHEM_MAIL_TLS": "none",
        "S3CHEM_MAIL_SENDER": "events@s3chem.example",
        "S3CHEM_BASE_URL": "https://events.s3chem.example",
    }
    return create_app(config.load(environ, default_instance=Path(folder)))


def register(number: int) -> None:
    """Register many people, and let nobody be written to yet."""
    with transaction():
        load.sample_content(base_url="https://events.s3chem.example", by=OPERATOR)
    for first in range(0, number, 100):
        with transaction():
            event = queries.event_by_slug("final-conference", lock=True)
            assert event is not None
            for n in range(first, min(first + 100, number)):
                applicant = Applicant(
                    given_name=f"Żaneta{n}",
                    family_name="Núñez",
                    email=f"person{n}@example.org",
                    organisation="Chemiepark Beispiel",
                    organisation_type="sme",
                    country="NL",
                    region="Limburg",
                    language=LANGUAGES[n % len(LANGUAGES)],
                    choices={"day-2": Mode.ONLINE},
                    privacy_version="1",
                )
                actions.register(event, applicant, by=OPERATOR)


def worker(number: int) -> tuple[float, float]:
    """Return e-mails a second, and CPU milliseconds for each, of relay and delivery together."""
    started, busy = time.perf_counter(), time.process_time()
    sent = 0
    while sent < number:
        sent += dispatch.work(seconds=3600)
    seconds = time.perf_counter() - started
    return number / seconds, (time.process_time() - busy) / number * 1000


def limit(port: int, number: int) -> float:
    """Return how many e-mails of 4 KB smtplib hands over a second, over one connection."""
    text = b"Subject: test\r\n\r\n" + (b"x" * 76 + b"\r\n") * 52
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as server:
        started = time.perf_counter()
        for _ in range(number):
            server.sendmail("a@example.org", ["b@example.org"], text)
        return number / (time.perf_counter() - started)


def main(number: int = NUMBER) -> dict[str, float]:
    process, port = sink.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            app = application(folder, port)
            with app.app_context():
                db.create_all()
                register(number)
                with transaction() as session:
                    session.execute(
                        db.update(journal.Fact)
                        .where(journal.Fact.kind != "registration.confirmed")
                        .values(relayed_at=journal.now())
                    )
                before = limit(port, number * 2)
                rate, busy = worker(number)
                after = limit(port, number * 2)
        plain = (before + after) / 2
        print(
            f"worker, fact to 250: {rate:.0f} e-mails/s ({busy:.2f} ms CPU each); smtplib, bytes ready: {plain:.0f}/s; ratio {rate / plain:.2f}"
        )
        return {"mails_per_second": rate, "plain_kept_per_second": plain, "ratio": rate / plain}
    finally:
        process.terminate()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else NUMBER)
