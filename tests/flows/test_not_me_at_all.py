"""Whoever owns a bombed mailbox says once that it was not she: nothing more comes, and no colleague loses a place."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.db import db
from s3chem_events.publishing.lifecycle import State
from s3chem_events.registration import links
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import add_event, count, hidden, register, words
from tests.support.desk import signed_in
from tests.support.post import enrol, kept, rows, work
from tests.support.statements import statements


def test_removing_many_costs_as_many_statements_as_removing_two(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app, state=State.ANNOUNCED)

    def cost(number: int, *, ticked: bool) -> tuple[int, int]:
        address = f"office{number}{ticked}@x.example".lower()
        for n in range(number):
            enrol(app, given_name=f"N{n}", email=address)
        with app.app_context():
            first = db.session.scalar(db.select(db.func.min(Registration.id)).filter_by(email=address))
            assert first is not None
            path = links.not_me(first, 1, language="en")
        with statements(app) as looked:
            assert (f"{number - 1} more registration" in words(client.get(path))) is True
        token = hidden(client, path)
        with statements(app) as removed:
            assert client.post(path, data=token | ({"others": "y"} if ticked else {})).status_code == 303
        assert count(app, Registration, email=address) == (0 if ticked else number - 1)
        return len(looked), len(removed)

    for ticked in (False, True):
        assert cost(12, ticked=ticked) == cost(2, ticked=ticked)


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
