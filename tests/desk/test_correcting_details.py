"""Help for a lost participant: changed at the desk with a reason, the confirmation sent again; no log-in as her."""

import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from s3chem_events.accounts.roles import Role
from s3chem_events.core.text import LANGUAGES
from s3chem_events.publishing.lifecycle import State
from s3chem_events.registration.models import Change, Registration
from tests.conftest import Clock
from tests.factories import add_event, count, hidden, register, soup, words
from tests.support.desk import filled, signed_in
from tests.support.post import enrol, kept, work
from tests.support.snapshot import everything, scanned

LINK = r"http://localhost(/\w\w/registrations/[\w.-]+)(?=\s)"


@pytest.fixture(autouse=True)
def event(app: Flask, clock: Clock) -> None:
    add_event(app, state=State.ANNOUNCED)


@pytest.fixture
def own(app: Flask) -> str:
    page = str(register(app.test_client()).headers["Location"])
    assert work(app) == 1
    return page


@pytest.fixture
def desk(app: Flask, own: str) -> FlaskClient:
    assert own
    return signed_in(app, Role.PARTNER_ORGANISER, events=("conference",))


def page_of(desk: FlaskClient) -> str:
    """Return the address of the one person."""
    rows = json.loads(desk.get("/desk/events/conference/participants.json").data)
    return f"/desk/events/conference/participants/{rows[0]['reference']}"


def test_organiser_changes_it_for_her_with_a_reason_and_she_is_told_of_the_change_alone(  # D13
    app: Flask, desk: FlaskClient
) -> None:
    person = page_of(desk)
    sent = filled(desk.get(f"{person}/correction")) | {"organisation": "Instytut"}
    missing = desk.post(f"{person}/correction", data=sent)
    assert (missing.status_code, [a["href"] for a in soup(missing).select(".problem a")]) == (422, ["#reason"])
    done = desk.post(f"{person}/correction", data=sent | {"reason": "She called: the institute moved."})
    assert (done.status_code, done.location) == (303, person)
    assert "Reason: She called: the institute moved. Organisation: Politechnika → Instytut" in words(desk.get(person))
    assert work(app) == 1
    mail = kept(app)[-1]
    assert "The organisers have changed your registration for “Final conference”." in " ".join(mail.text.split())
    assert "- Organisation\n  now: Instytut\n" in mail.text  # what a stranger may have typed before is not mailed
    assert "She called" not in mail.text + mail.html
    again = filled(desk.get(f"{person}/correction")) | {"reason": "Once more."}
    assert desk.post(f"{person}/correction", data=again).status_code == 303
    assert (count(app, Change, field="reason"), work(app)) == (1, 0)


def test_what_she_changed_meanwhile_is_shown_before_the_organiser_saves(
    app: Flask, client: FlaskClient, desk: FlaskClient, own: str
) -> None:
    person = page_of(desk)
    sent = filled(desk.get(f"{person}/correction")) | {"organisation": "Ours", "reason": "A typo."}
    mine = filled(client.get(f"{own}/change")) | {"organisation": "Hers"}
    assert client.post(f"{own}/change", data=mine).status_code == 303
    late = desk.post(f"{person}/correction", data=sent)
    assert (late.status_code, "Organisation : Politechnika → Hers" in words(late)) == (409, True)
    assert count(app, Registration, organisation="Hers") == 1
    assert desk.post(f"{person}/correction", data=filled(late)).status_code == 303
    assert count(app, Registration, organisation="Ours") == 1


def test_confirmation_is_sent_again_to_the_address_on_file_and_not_often(
    app: Flask, client: FlaskClient, clock: Clock, own: str
) -> None:
    path = f"{own}/confirmation"
    client.get(path)
    before = everything(app)
    assert scanned(client, [path]) == []
    assert everything(app) == before
    asked = hidden(client, path)
    answers = []
    for _day in range(4):
        answers += [client.post(path, data=asked).status_code for _press in range(2)]
        clock.advance(minutes=15)
    assert answers == [303, 429, 303, 429, 303, 429, 429, 429]
    assert work(app) == 3
    first, *more = (Calendar.from_ical(mail.calendar).events[0] for mail in kept(app))
    assert {(str(one["UID"]), str(one["ATTENDEE"])) for one in more} == {(str(first["UID"]), str(first["ATTENDEE"]))}
    assert "Send the confirmation again" in words(client.get(own))


@pytest.mark.one_database
def test_it_comes_again_in_every_language(app: Flask, client: FlaskClient) -> None:
    for language in LANGUAGES:
        enrol(app, language=language, email=f"anna@{language}.example")
        work(app)
        link = re.search(LINK, kept(app)[-1].text)
        assert link is not None
        assert client.post(f"{link[1]}/confirmation", data=hidden(client, f"{link[1]}/confirmation")).status_code == 303
        assert work(app) == 1
        first, again = kept(app)[-2:]
        assert (again.language, again.envelope.subject) == (language, first.envelope.subject)
