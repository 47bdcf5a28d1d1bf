"""A robot at the form: one victim gets one e-mail, many no more than the limits allow, and the page stays up (S3).

S3CHEM_TEST_POSTS says how many posts come within the minute: 120 unless it is set, 1,000 for the measure itself.
"""

import os
from collections import Counter

import pytest
from flask import Flask

from s3chem_events.mailing import restraint
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import FILLED, add_event, count, hidden
from tests.support.post import kept, work

pytestmark = [pytest.mark.one_database, pytest.mark.settings(LIMITS="on", TRUSTED_PROXIES="1")]
PAGE = "/en/events/conference"
FORM = f"{PAGE}/register"
POSTS = int(os.environ.get("S3CHEM_TEST_POSTS", "120"))
NETWORK_MINUTE, ADDRESS_HOUR = 30, 10
"""What one network and one address may send (core.limits)."""


def bomb(app: Flask, clock: Clock, *, networks: int, victims: int) -> tuple[Counter[int], int]:
    """Post all of it within a minute, out of one opened form; returns the answers, and how many e-mails left."""
    add_event(app)
    client, codes = app.test_client(), Counter[int]()
    token = hidden(client, FORM)
    for n in range(POSTS):
        varied = {"given_name": f"Robot {n}", "attempt": f"{n:032x}", "mode-day-2": "online"}
        email = f"Vic.tim+{n}@gmail.com" if victims == 1 else f"victim{n}@x.example"
        network = {"X-Forwarded-For": f"127.0.{n % networks}.1"}
        codes[client.post(FORM, data={**FILLED, **token, **varied, "email": email}, headers=network).status_code] += 1
        clock.advance(seconds=59 / POSTS)
    assert client.get(PAGE).status_code == 200
    while work(app):
        pass
    return codes, len(kept(app))


@pytest.mark.parametrize("networks", [1, 100])
def test_one_victim_gets_one_e_mail(app: Flask, clock: Clock, networks: int) -> None:
    codes, emails = bomb(app, clock, networks=networks, victims=1)
    assert emails == 1
    assert codes[303] == count(app, Registration) == ADDRESS_HOUR  # no more places are taken, either
    assert set(codes) == ({303, 403, 429} if networks == 1 else {303, 403})


@pytest.mark.parametrize("networks", [1, 100])
def test_many_victims_get_no_more_than_the_limits_allow(app: Flask, clock: Clock, networks: int) -> None:
    codes, emails = bomb(app, clock, networks=networks, victims=POSTS)
    assert emails == min(POSTS, NETWORK_MINUTE * networks, restraint.SITE_HOUR)
    assert codes == Counter({303: min(POSTS, NETWORK_MINUTE * networks)}) + Counter(
        {429: max(0, POSTS - NETWORK_MINUTE * networks)}
    )
