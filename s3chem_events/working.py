"""The worker: it answers the bell and the clock, and looks into the inbox."""

import gc
import threading
from collections.abc import Callable

from flask import Flask

from s3chem_events import create_app, dispatch, intake, schedule
from s3chem_events.core import clock, logs, tasks


def work(*, grace: float) -> None:
    """Turn facts into e-mails, e-mails into SMTP, do what is due, until TERM; then it has `grace` seconds left."""
    app = create_app()
    logs.configure(app.extensions["s3chem"].log_format)
    tasks.note_tick(clock.now())

    def look_into_inbox() -> None:
        # Beside the worker: an IMAP server that hangs for half a minute must hold no e-mail up.
        threading.Thread(target=_within(app, intake.poll), name="inbox", daemon=True).start()

    def each_minute() -> None:
        look_into_inbox()
        _within(app, schedule.tick)()

    gc.freeze()  # as the web processes do: no step of the worker stands still with the database locked
    huey = tasks.answer(_within(app, dispatch.work), each_minute=each_minute)
    look_into_inbox()
    consumer = huey.create_consumer(
        workers=1,
        max_delay=1.0,  # seconds until the bell is heard; between processes there is nothing faster than looking
        graceful_signal="TERM",
        # A run still at work then is cut off; what it had in hand is settled at the next start.
        shutdown_timeout=grace / 2,
    )
    consumer.run()


def _within(app: Flask, task: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        with app.app_context():
            task()

    return run
