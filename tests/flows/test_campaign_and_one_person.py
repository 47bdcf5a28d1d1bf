"""A newsletter is going out by real workers and a slow server: who registers meanwhile has her confirmation at once."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import pytest
from flask import Flask

from s3chem_events.core.clock import now
from tests.factories import add_event, register
from tests.support import servers
from tests.support.campaigns import locked, newsletter, readers, release
from tests.support.post_office import At, PostOffice, Stall

pytestmark = pytest.mark.slow

NUMBER = 400
TAKES = 0.05
PATIENCE = 60.0
WORKERS = 2
AT_ONCE = 5.0
"""Seconds; ten are allowed (G5), and two at most are needed: a worker looks each second whether somebody waits."""


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
        waited = []
        for n in range(2):
            email, begun = f"anna{n}@park.example", time.monotonic()
            assert register(app.test_client(), email=email).status_code == 303
            until(partial(smtp_server.to, email))
            waited.append(time.monotonic() - begun)
        assert max(waited) < AT_ONCE
        before = len(smtp_server.mails)
        assert before < NUMBER  # it was still at it
        until(lambda: len(smtp_server.mails) > before)
    assert smtp_server.most_at_once <= 2


def until(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.02)
