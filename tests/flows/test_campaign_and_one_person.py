"""A newsletter is going out by real workers and a slow server: who registers meanwhile has her confirmation at once."""

from contextlib import ExitStack
from functools import partial

import pytest
from flask import Flask

from s3chem_events.core.clock import now
from tests.factories import add_event, register
from tests.support import servers
from tests.support.campaigns import locked, newsletter, readers, release
from tests.support.patience import until
from tests.support.post_office import At, PostOffice, Stall

pytestmark = pytest.mark.slow

NUMBER = 400
TAKES = 0.05
WORKERS = 2
AT_ONCE = 100
"""E-mails of the newsletter that may leave first; so many take some 3 s here, of the ten allowed (G5): a worker looks
each second whether somebody waits."""


@pytest.fixture
def environ(environ: dict[str, str], smtp_server: PostOffice) -> dict[str, str]:
    server = {"MAIL_SERVER": smtp_server.host, "MAIL_PORT": str(smtp_server.port), "MAIL_TLS": "none"}
    return environ | {f"S3CHEM_{name}": value for name, value in server.items()} | {"S3CHEM_MAIL_CONNECTIONS": "2"}


def test_a_confirmation_leaves_at_once_while_hundreds_are_going_out(
    app: Flask, environ: dict[str, str], smtp_server: PostOffice
):
    add_event(app)
    readers(app, en=NUMBER)
    number = newsletter(app)
    release(app, number)
    with locked(app, number) as found:
        found.begins_at = now()
    smtp_server.answer(At.MAIL, Stall(TAKES))
    with ExitStack() as stack:
        for _ in range(WORKERS):
            stack.enter_context(servers.started("worker", environ))
        until(lambda: len(smtp_server.mails) >= 60)
        overtaken = []
        for n in range(2):
            email = f"anna{n}@park.example"
            assert register(app.test_client(), email=email).status_code == 303
            before = len(smtp_server.mails)
            until(partial(smtp_server.to, email))
            overtaken.append([mail.recipients[0] for mail in smtp_server.mails].index(email) - before)
        assert max(overtaken) < AT_ONCE
        before = len(smtp_server.mails)
        assert before < NUMBER  # it was still at it
        until(lambda: len(smtp_server.mails) > before)
    assert smtp_server.most_at_once <= 2
