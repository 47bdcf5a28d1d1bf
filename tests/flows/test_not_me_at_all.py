"""Whoever owns a bombed mailbox says once that it was not she: nothing more comes, and no colleague loses a place."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.db import db
from s3chem_events.publishing.lifecycle import State
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import add_event, count, hidden, register, words
from tests.support.desk import signed_in
from tests.support.post import kept, rows, work


@pytest.mark.parametrize("ticked", [False, True])
def test_not_me_stops_what_is_held_back_and_all_if_ticked(
    app: Flask, client: FlaskClient, clock: Clock, ticked: bool
) -> None:
    add_event(app, state=State.ANNOUNCED)
    signed_in(app)  # who hears of it, once
    for n in range(9):
        robot = {"given_name": f"Robot{n}", "email": "victim@x.example", "mode-day-2": "online"}
        register(client, **robot)
        if n == 1:
            assert work(app) == 2
    assert (work(app), count(app, Registration)) == (0, 9)
    found = re.search(r"http://localhost(/\S+/not-me)", kept(app)[0].text)
    assert found is not None
    assert "8 more registrations for this event name your address" in words(client.get(found[1]))
    client.post(found[1], data=hidden(client, found[1]) | ({"others": "y"} if ticked else {}))
    again = client.post(found[1], follow_redirects=True)  # the second press, and the link once more
    for answer in (again, client.get(found[1], follow_redirects=True)):
        assert (answer.status_code, "The registration has been removed" in words(answer)) == (200, True)
    with app.app_context():
        left = list(db.session.scalars(db.select(Registration.given_name)))
    assert left == ([] if ticked else ["Robot1"])
    for _ in range(4):
        clock.advance(days=1)
        work(app)
    assert len([mail for mail in kept(app) if "victim@" in mail.envelope.to]) == 2
    assert len([row for row in rows(app) if row.kind == "event.disowned"]) == 1
