"""Another link to join: once people have been given one, exactly those who join online are told; before, nobody is."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from s3chem_events import schedule
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Participation
from tests.conftest import Clock
from tests.factories import FILLED_WORKSHOP, WORKSHOP, add_event, register, words
from tests.support.desk import carried, filled, signed_in
from tests.support.post import kept, rows, work

NINE = datetime(2027, 8, 24, 7, tzinfo=UTC)
"""Nine o'clock in Warsaw, the day before the workshop: the reminder brings the link before the own page has it."""
FIRST, SECOND = "https://meet.example/first", "https://meet.example/second"
DAY = replace(WORKSHOP.parts[0], capacity={Mode.ON_SITE: 3, Mode.ONLINE: None}, online_url=FIRST)
EVENT = "/desk/events/workshop"


@pytest.fixture
def people(app: Flask, client: FlaskClient, clock: Clock) -> None:
    """Let one come on site, one join online, and one want to, whom nobody has let in yet."""
    add_event(app, WORKSHOP, parts=(DAY,))
    clock.set(datetime(2027, 8, 1, 12, tzinfo=UTC))
    for name, mode in (("Anna", "on_site"), ("Jan", "online"), ("Ewa", "online")):
        typed = FILLED_WORKSHOP | {"given_name": name, "email": f"{name.lower()}@park.example", "mode-day": mode}
        register(client, "/en/events/workshop/register", **typed)
    assert work(app) == 3
    with app.app_context():
        place = db.session.scalars(db.select(Participation).order_by(Participation.id.desc())).first()
        assert place is not None
        place.standing = Standing.PENDING
        db.session.commit()


def link(organiser: FlaskClient, url: str, **typed: str):
    path = f"{EVENT}/mode"
    return organiser.post(path, data=filled(organiser.get(path)) | {"parts-0-online_url": url} | typed)


def tick(app: Flask) -> int:
    with app.app_context():
        schedule.tick()
    return work(app)


def sequence(client: FlaskClient) -> int:
    return int(Calendar.from_ical(client.get("/events/workshop.ics").data).events[0]["SEQUENCE"])


def test_another_link_after_the_reminder_reaches_who_joins_online_once_and_nobody_else(app, client, clock, people):
    clock.set(NINE)
    organiser = signed_in(app)
    assert tick(app) == 2
    before = sequence(client)
    preview = link(organiser, SECOND)
    said = words(preview)
    assert "A new link to join online: Workshop" in said
    assert "1 registered person gets an e-mail" in said
    assert "2 registered people are not concerned and hear nothing" in said
    assert "Nobody is told of the link" not in said
    sent = organiser.post(f"{EVENT}/mode", data=carried(preview) | {"told": "yes"})
    assert (sent.status_code, work(app)) == (303, 0)
    clock.advance(minutes=10)
    assert (work(app), work(app)) == (1, 0)
    mail = kept(app)[-1]
    assert [row.address for row in rows(app) if row.kind == "event.changed"] == ["jan@park.example"]
    assert "There is a new link to join online." in mail.text
    assert (SECOND in mail.text, SECOND in mail.html, FIRST in mail.text) == (True, True, False)
    assert (mail.method, f"LOCATION:{SECOND}" in mail.calendar) == ("REQUEST", True)
    assert f"SEQUENCE:{before + 1}\r\n" in mail.calendar
    assert sequence(client) == before + 1
    for path in ("/en/events/workshop", "/events/workshop.ics", "/calendar.ics", "/feed.atom", "/api/v1/events"):
        assert "meet.example" not in client.get(path).get_data(as_text=True)
    assert "new link" not in words(client.get("/en/events/workshop"))
    assert "meet.example" not in words(organiser.get(f"{EVENT}/"))
    with app.app_context():
        assert "meet.example" not in json.dumps([fact.data for fact in db.session.scalars(db.select(Fact))])


def test_link_that_nobody_has_yet_is_told_to_nobody_and_the_preview_says_when_they_get_it(app, client, clock, people):
    organiser = signed_in(app)
    promise = "Nobody is told of the link to join now: those who take part online get it on 24 August 2027, 09:00 CEST."
    assert link(organiser, SECOND).status_code == 303
    assert promise in words(organiser.get(f"{EVENT}/"))
    third = "https://meet.example/third"
    preview = link(organiser, third, reason="The hall is closed.", **{"parts-0-on_site": ""})
    said = words(preview)
    assert promise in said
    assert "new link" not in said
    typed = carried(preview) | {"told": "yes"}
    assert organiser.post(f"{EVENT}/mode", data=typed).status_code == 303
    clock.advance(minutes=10)
    work(app)
    told = [row.text for row in rows(app) if row.kind == "event.changed"]
    assert (len(told), any("meet.example" in text for text in told)) == (1, False)  # who came on site
    clock.set(NINE)
    assert tick(app) == 2
    assert all(third in mail.text for mail in kept(app)[-2:])
    assert re.findall("meet.example/[fs]", "".join(mail.text for mail in kept(app)[-2:])) == []
