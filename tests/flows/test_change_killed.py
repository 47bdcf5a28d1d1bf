"""kill -9 of a real worker while it tells hundreds of a change: everybody has one e-mail of it in the end."""

import os
import signal
from functools import partial

import pytest
from flask import Flask

from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR, Fact
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.publishing import actions, queries
from s3chem_events.publishing.lifecycle import State
from tests.factories import add_event, revise_event
from tests.support import servers
from tests.support.patience import until
from tests.support.post import enrol, relay

pytestmark = [pytest.mark.slow, pytest.mark.one_database, pytest.mark.counted_elsewhere]

NUMBER = 400
KILLS = 3


@pytest.fixture
def told(app: Flask) -> None:
    """Have an event whose announcement is due to be told to all who are registered."""
    add_event(app)
    enrol(app, NUMBER)
    revise_event(app, state=State.ANNOUNCED)
    with app.app_context(), transaction():
        db.session.execute(db.update(Fact).values(relayed_at=now()))  # their confirmations are another story
        event = queries.event_by_slug("conference", lock=True)
        assert event is not None
        fact = actions.tell(event, since=1, by=OPERATOR)
        assert fact is not None
        fact.due_at = now()


def subjects(app: Flask) -> list[int]:
    with app.app_context():
        query = db.select(OutgoingEmail.subject_id).filter_by(kind="event.changed")
        return list(db.session.scalars(query.order_by(OutgoingEmail.subject_id)))


def begun(app: Flask, before: int) -> bool:
    return before == NUMBER or len(subjects(app)) > before


@pytest.mark.usefixtures("told")
def test_killed_again_and_again_it_goes_on_where_it_was(app: Flask, environ: dict[str, str]):
    left_undone = 0
    for _ in range(KILLS):
        before = len(subjects(app))
        with servers.started("worker", environ) as worker:
            until(partial(begun, app, before))
            os.kill(worker.process.pid, signal.SIGKILL)
            worker.process.wait(10)
        left_undone += len(subjects(app)) < NUMBER
    assert left_undone > 0, "it was never killed in the midst"
    relay(app)
    assert subjects(app) == list(range(1, NUMBER + 1))
