"""kill -9 of a real worker under load: nothing lost, doubled only between the server's 250 and the journal."""

import os
import signal
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask

from s3chem_events.core.config import Settings
from tests.factories import add_event
from tests.support import servers
from tests.support.patience import until
from tests.support.post import enrol, history, states
from tests.support.post_office import At, PostOffice, Stall

pytestmark = [pytest.mark.slow, pytest.mark.counted_elsewhere]

NUMBER = 90
KILLS = 3


@pytest.fixture
def environ(environ: dict[str, str], smtp_server: PostOffice) -> dict[str, str]:
    return environ | servers.mailing_to(smtp_server.port)


@pytest.fixture(autouse=True)
def under_load(app: Flask, smtp_server: PostOffice) -> None:
    """Have people waiting for their mail, and a server slow enough to be in the midst of it when the worker dies."""
    add_event(app)
    enrol(app, NUMBER)
    smtp_server.answer(At.MAIL, Stall(0.02))


def kill_a_worker_after(mails: int, environ: dict[str, str], smtp_server: PostOffice) -> None:
    """Start a worker and kill it, without a warning, once the server has taken so many more mails."""
    wanted = len(smtp_server.mails) + mails
    with servers.started("worker", environ) as worker:
        until(lambda: len(smtp_server.mails) >= wanted)
        os.kill(worker.process.pid, signal.SIGKILL)
        worker.process.wait(10)


def finish(app: Flask, environ: dict[str, str], smtp_server: PostOffice) -> Counter[str]:
    """Let a last worker do the rest; returns how often each Message-ID arrived."""
    smtp_server.orders.clear()
    with servers.started("worker", environ):
        until(lambda: set(states(app)) == {"sent"})
    return Counter(str(mail.message["Message-ID"]) for mail in smtp_server.mails)


def test_killed_again_and_again_it_loses_nothing_and_doubles_no_more_than_was_in_flight(
    app: Flask, environ: dict[str, str], smtp_server: PostOffice
):
    for _ in range(KILLS):
        kill_a_worker_after(17, environ, smtp_server)
    arrived = finish(app, environ, smtp_server)
    assert len(arrived) == NUMBER
    assert len({mail.recipients[0] for mail in smtp_server.mails}) == NUMBER
    doubled = [message_id for message_id, times in arrived.items() if times > 1]
    assert len(doubled) <= KILLS  # one in flight for each death, and the same bytes again
    for message_id in doubled:
        copies = {mail.data for mail in smtp_server.mails if str(mail.message["Message-ID"]) == message_id}
        assert len(copies) == 1
    assert [outcome for outcome, _, _ in history(app)].count("interrupted") > 0


def test_without_the_journal_the_same_deaths_double_what_had_arrived(
    app: Flask, environ: dict[str, str], smtp_server: PostOffice, settings: Settings
):
    kill_a_worker_after(17, environ, smtp_server)
    for path in Path(settings.instance / "mailing").glob("*.accepted"):
        os.truncate(path, 0)
    arrived = finish(app, environ, smtp_server)
    assert len(arrived) == NUMBER
    assert sum(times > 1 for times in arrived.values()) >= 10
