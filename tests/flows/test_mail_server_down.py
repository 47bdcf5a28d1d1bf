"""The mail server is down while people register: nobody is turned away, and each mail leaves once when it is back."""

import socket
from collections.abc import Iterator

import pytest
from flask import Flask

from s3chem_events import create_app
from s3chem_events.core import config
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import FILLED, add_event, count, register, words
from tests.support.desk import signed_in
from tests.support.post import rows, work
from tests.support.post_office import PostOffice
from tests.support.servers import mailing_to


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """Give a mail server that is not running yet; its port answers nobody."""
    office = PostOffice()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        office.port = probe.getsockname()[1]
    yield office
    office.stop()


@pytest.fixture
def app(environ: dict[str, str], office: PostOffice) -> Iterator[Flask]:
    server = mailing_to(office.port)
    app = create_app(config.load(environ | server))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_the_registration_stands_the_desk_knows_why_and_the_mail_follows_once(
    app: Flask, office: PostOffice, clock: Clock
) -> None:
    add_event(app)  # C19
    visitor = app.test_client()
    answer = register(visitor)
    assert answer.status_code == 303
    assert f"on its way to {FILLED['email']}" in words(visitor.get(answer.headers["Location"]))
    work(app)
    (waiting,) = rows(app)
    assert (waiting.state, count(app, Registration)) == ("deferred", 1)
    desk = signed_in(app)
    assert "no connection to the mail server" in words(desk.get(f"/desk/mail/{waiting.id}"))

    pauses = []
    for _ in range(4):  # each try comes later than the one before it
        (waiting,) = rows(app)
        assert waiting.due_at is not None
        pause = waiting.due_at - now()
        pauses.append(pause)
        clock.advance(seconds=pause.total_seconds() + 3600)
        work(app)
    assert pauses == sorted(pauses)
    assert pauses[-1] > 3 * pauses[0]

    office.start()
    clock.advance(hours=12)
    for _ in range(3):
        work(app)
    (arrived,) = office.to(FILLED["email"])
    assert arrived.message["Message-ID"] == waiting.message_id
    (sent,) = rows(app)
    assert sent.state == "sent"
