"""kill -9 of two real workers in the midst of a newsletter: everybody gets it, and twice only what was in flight."""

import os
import signal
import time
from collections import Counter
from contextlib import ExitStack

import pytest
from flask import Flask

from s3chem_events.campaigns import releases
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.mailing.letters import State
from s3chem_events.mailing.models import OutgoingEmail
from tests.support import servers
from tests.support.campaigns import CLARA, DIEGO, locked, newsletter, readers, release, written
from tests.support.patience import until
from tests.support.post_office import At, PostOffice, Stall

pytestmark = pytest.mark.slow

NUMBER = 160
KILLS = 2


@pytest.fixture
def environ(environ: dict[str, str], smtp_server: PostOffice) -> dict[str, str]:
    return environ | servers.mailing_to(smtp_server.port)


def two_workers_killed_after(mails: int, environ: dict[str, str], smtp_server: PostOffice) -> None:
    wanted = len(smtp_server.mails) + mails
    with ExitStack() as stack:
        workers = [stack.enter_context(servers.started("worker", environ)) for _ in range(2)]
        until(lambda: len(smtp_server.mails) >= wanted)
        for worker in workers:
            os.kill(worker.process.pid, signal.SIGKILL)
            worker.process.wait(10)


def test_two_workers_killed_again_and_again_skip_nobody_and_double_only_what_was_in_flight(
    app: Flask, environ: dict[str, str], smtp_server: PostOffice
):
    readers(app, en=NUMBER)
    number = newsletter(app)
    release(app, number)
    with locked(app, number) as found:
        found.begins_at = now()
    smtp_server.answer(At.MAIL, Stall(0.02))
    for _ in range(KILLS):
        two_workers_killed_after(30, environ, smtp_server)
    with locked(app, number) as found:
        releases.pause(found, by=CLARA)
        stream = found.stream
    with servers.started("worker", environ):
        time.sleep(1.5)
        held = len(smtp_server.mails)
        time.sleep(1.0)
        assert len(smtp_server.mails) == held < NUMBER
    with locked(app, number) as found:
        releases.resume(found, seen="", by=DIEGO)
    smtp_server.orders.clear()
    with servers.started("worker", environ):
        until(lambda: sent(app, stream) == {State.SENT: NUMBER})
    arrived = Counter(mail.recipients[0] for mail in smtp_server.mails)
    assert (len(arrived), written(app, number)) == (NUMBER, (NUMBER, NUMBER))
    assert len(smtp_server.mails) - NUMBER <= KILLS * 2
    assert len({str(mail.message["Message-ID"]) for mail in smtp_server.mails}) == NUMBER


def sent(app: Flask, stream: str) -> dict[State, int]:
    with app.app_context():
        return Counter(db.session.scalars(db.select(OutgoingEmail.state).filter_by(stream=stream)))
