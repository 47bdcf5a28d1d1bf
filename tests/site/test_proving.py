"""Above a threshold of one network's forms a browser calculates, or a person waits; below it nobody meets anything."""

import json
from base64 import b64decode, b64encode
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core import puzzles
from s3chem_events.core.db import db
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration import links
from s3chem_events.registration.models import Delegation, Registration
from tests.conftest import Clock
from tests.factories import FILLED, PUBLIC_DAY, add_event, count, hidden, hidden_in, soup, words
from tests.support.desk import filled
from tests.support.post import enrol_several
from tests.support.puzzles import solved

FORM = "/en/events/conference/register"
GROUP = f"{FORM}/group"
FREE = 80


def send(client: FlaskClient, **changes: Any) -> tuple[int, dict[str, str], str]:
    """Send a form from its beginning; returns the answer, its hidden fields and its words."""
    sent = {**FILLED, **hidden(client, FORM), **changes}
    answer = client.post(FORM, data=sent)
    page = answer.get_data(as_text=True)
    return answer.status_code, {**sent, **hidden_in(page)}, page


@pytest.fixture
def crowd(app: Flask, clock: Clock) -> None:
    """Have the network send all that nobody is asked for: four forms for groups, to twenty mailboxes each."""
    add_event(app, parts=(replace(PUBLIC_DAY, capacity={Mode.ONLINE: None}),))
    client = app.test_client()
    for group in range(4):
        sent = {**FILLED, **hidden(client, GROUP), "email": f"office{group}@firm.example", "attends": "yes"}
        for number in range(1, FREE // 4):
            sent[f"person-{number}-given_name"] = f"N{number}"
            sent[f"person-{number}-email"] = f"n{number}@g{group}.example"
        assert client.post(GROUP, data=sent).status_code == 303
    clock.advance(minutes=1)


@pytest.mark.settings(LIMITS="on")
def test_who_comes_after_the_crowd_is_asked_for_a_calculation_that_is_good_for_her_alone(
    app: Flask, client: FlaskClient, crowd: None
) -> None:
    status, form, page = send(client)
    assert (status, count(app, Registration)) == (429, FREE)
    assert "there is nothing to solve or to type" in page
    assert (page.count("/static/js/proof."), 'value="Politechnika"' in page) == (1, True)
    assert client.post(FORM, data=form).status_code == 429  # too early, and not solved
    form["altcha"] = solved(form["altcha"])
    other = {"attempt": "0" * 32}, {"email": "jan@park.example"}, {"given_name": "Jan"}
    for changes in other:  # each is somebody else, or another form
        answer = client.post(FORM, data=form | changes)
        assert (answer.status_code, hidden_in(answer.get_data(as_text=True))["altcha"] != form["altcha"]) == (429, True)
    first = client.post(FORM, data=form)
    assert (first.status_code, count(app, Registration)) == (303, FREE + 1)
    again = client.post(FORM, data=form)  # the same press is the same registration, and nothing else
    assert (again.status_code, again.location, count(app, Registration)) == (303, first.location, FREE + 1)
    for changes in other:
        assert client.post(FORM, data=form | changes).status_code == 429
    assert client.get(FORM).get_data(as_text=True).count("altcha") == 0


@pytest.mark.settings(LIMITS="on")
def test_solution_makes_one_registration_whatever_becomes_of_it(
    app: Flask, client: FlaskClient, clock: Clock, crowd: None
) -> None:
    _status, form, _page = send(client)
    form["altcha"] = solved(form["altcha"])
    own = client.post(FORM, data=form).location
    assert client.post(f"{own}/withdrawal", data=hidden(client, f"{own}/withdrawal")).status_code == 303
    again = client.post(FORM, data=form)
    asked = hidden_in(again.get_data(as_text=True))
    assert (again.status_code, asked["attempt"] != form["attempt"], count(app, Registration)) == (429, True, FREE + 1)
    form |= asked | {"altcha": solved(asked["altcha"])}  # it is another form now
    clock.advance(minutes=1)
    own = client.post(FORM, data=form).location
    changed = filled(client.get(f"{own}/change")) | {"given_name": "Zofia"}
    assert client.post(f"{own}/change", data=changed).status_code == 303
    assert client.post(FORM, data=form).status_code == 429
    assert count(app, Registration) == FREE + 2


@pytest.mark.settings(LIMITS="on")
def test_contact_and_whoever_hands_over_from_a_crowded_network_are_asked_as_well(
    app: Flask, client: FlaskClient, clock: Clock, crowd: None
) -> None:
    enrol_several(app, "Ada", "Bo")
    with app.app_context():
        bo = db.session.scalars(db.select(Registration).filter_by(given_name="Bo")).one()
        page = links.delegation(bo.delegation_id or 0, 1, language="en")
        own = links.own_page(bo.id, 1, language="en")
    person = {"given_name": "Cy", "family_name": "Da", "email": "cy@x.example", "parts": "day-2"}
    colleague = {"given_name": "Di", "family_name": "Em", "email": "di@x.example", "agreed": "y"}
    before = count(app, Registration)
    for path, label, typed in (
        (f"{page}/people", "Register this person", {f"person-1-{name}": value for name, value in person.items()}),
        (f"{own}/substitution", "Hand my place over", colleague),
    ):
        form = filled(client.get(path)) | typed
        answer = client.post(path, data=form)
        assert (answer.status_code, "there is nothing to solve or to type" in answer.text) == (429, True)
        (button,) = soup(answer).select(".notice button")
        (sent,) = soup(answer).select("main form.form")
        assert (button.get_text(), button["form"], answer.text.count("/static/js/proof.")) == (label, sent["id"], 1)
        form = filled(answer) | typed
        assert client.post(path, data=form).status_code == 429  # too early, and not solved
        form["altcha"] = solved(form["altcha"])
        name = next(one for one in typed if one.endswith("family_name"))
        assert client.post(path, data=form | {name: "Else"}).status_code == 429
        assert [client.post(path, data=form).status_code for _press in range(2)] == [303, 303]
        clock.advance(minutes=1)
    assert count(app, Registration) == before + 2


@pytest.mark.counted_elsewhere
@pytest.mark.settings(LIMITS="on")
@pytest.mark.one_database
def test_network_writes_to_so_many_mailboxes_in_whatever_way_people_are_added(
    app: Flask, client: FlaskClient, clock: Clock, crowd: None
) -> None:
    codes = []
    for group in range(3):
        enrol_several(app, "Ada", email=f"office{group}@firm.example")
        with app.app_context():
            page = links.delegation(count(app, Delegation), 1, language="en")
        for number in range(18):
            typed = {"given_name": f"P{number}", "email": f"p{number}@h{group}.example", "parts": "day-2"}
            form = filled(client.get(f"{page}/people")) | {f"person-1-{name}": one for name, one in typed.items()}
            answer = client.post(f"{page}/people", data=form)
            if asked := hidden_in(answer.get_data(as_text=True)).get("altcha"):
                answer = client.post(f"{page}/people", data=filled(answer) | form | {"altcha": solved(asked)})
            codes.append(answer.status_code)
            clock.advance(seconds=5)
    assert codes == [303] * 40 + [429] * 14


@pytest.mark.settings(LIMITS="on")
@pytest.mark.one_database
def test_without_javascript_one_waits_two_minutes_and_presses_again(
    app: Flask, client: FlaskClient, clock: Clock, crowd: None
) -> None:
    _status, form, page = send(client)
    assert "please wait 2 minutes and press the button then" in page
    clock.advance(seconds=90)
    early = client.post(FORM, data=form)
    assert (early.status_code, "please wait 1 minute and press" in words(early)) == (429, True)
    form |= hidden_in(early.get_data(as_text=True))  # it goes on with the same wait
    clock.advance(seconds=30)
    assert (client.post(FORM, data=form).status_code, count(app, Registration)) == (303, FREE + 1)


@pytest.mark.settings(LIMITS="on")
@pytest.mark.one_database
def test_robot_that_waits_gets_twenty_forms_an_hour(app: Flask, client: FlaskClient, clock: Clock, crowd: None) -> None:
    forms = []
    for number in range(25):
        clock.advance(seconds=3)
        forms.append(send(client, email=f"victim{number}@x.example")[1])
    clock.advance(minutes=2)
    codes = []
    for form in forms:
        clock.advance(seconds=3)
        codes.append(client.post(FORM, data=form).status_code)
    assert codes == [303] * 20 + [429] * 5
    last = forms[-1] | {"altcha": solved(forms[-1]["altcha"])}
    assert client.post(FORM, data=last).status_code == 303  # whose browser calculates needs none of those twenty


@pytest.mark.one_database
def test_puzzle_is_good_until_its_end_for_what_it_was_asked_for_and_made_up_ones_never_are(
    app: Flask, clock: Clock
) -> None:
    with app.test_request_context():
        asked = puzzles.ask("conference 1 anna")
        done = solved(asked.carried)
        read = puzzles.brought("conference 1 anna", done)
        assert read is not None
        assert read.is_solved
        assert puzzles.brought("conference 1 anna", read.carried) == read
        assert puzzles.brought("conference 2 anna", done) is None
        told = json.loads(b64decode(done))
        longer = told["salt"].replace("expires=", "expires=9")
        made_up: dict[str, list[Any]] = {
            "number": [told["number"] + 1, str(told["number"]), -1, True, None, 1e5, [1]],
            "salt": [None, [], "\ud800", "expires=9&", longer],
            "challenge": [None, [], "\ud800", told["challenge"].upper()],
            "signature": [None, {}, "\ud800", "é", told["signature"][:-1]],
        }
        for name, value in [(name, value) for name, values in made_up.items() for value in values]:
            changed = b64encode(json.dumps(told | {name: value}).encode()).decode()
            there = puzzles.brought("conference 1 anna", changed)
            assert there is None or not there.is_solved, (name, value)
        nested = b64encode(b"[" * 440).decode()
        for junk in ("", "é", "%%%", "bnVsbA==", "W10=", "/w==", nested, done * 9, done[:-3]):
            assert puzzles.brought("conference 1 anna", junk) is None, junk
        clock.advance(minutes=59)
        assert puzzles.brought("conference 1 anna", done) is not None
        clock.advance(minutes=1)
        assert puzzles.brought("conference 1 anna", done) is None
