"""Who was registered by others is told what must still be answered, and where; the contact only whose is missing."""

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.publishing.lifecycle import Mode, State
from tests.conftest import Clock
from tests.factories import FILLED, PUBLIC_DAY, add_event, add_question, hidden, register, words
from tests.support.desk import filled
from tests.support.post import confirm, enrol, kept, work

GROUP = "/en/events/conference/register/group"
STILL = "The organisers still need answers from you: “Do you help in the hall?”, “How do you come?”."
NOTHING_ELSE = "You do not need to do anything else"
UNTIL_THEN = "You do not need to do anything until then"
OWN = r"http://localhost(/en/registrations/[\w.-]+)"


@pytest.fixture(autouse=True)
def event(app: Flask, clock: Clock) -> None:
    add_event(app, state=State.ANNOUNCED, parts=(replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 4, Mode.ONLINE: None}),))
    add_question(app, "hall", label="Do you help in the hall?", kind="yes_no", required=True)
    add_question(app, "travel", label="How do you come?", required=True)
    add_question(app, "wish", label="Wishes")


def mails(app: Flask) -> dict[str, Any]:
    """Let the worker work; return the last e-mail to each address."""
    work(app)
    return {mail.envelope.to.split("<")[-1].rstrip(">"): mail for mail in kept(app)}


def said(mail: Any) -> str:
    return " ".join(mail.text.split())


def delegate(client: FlaskClient) -> str:
    fields = {**FILLED, "given_name": "Greta", "email": "office@park.example", "attends": "no", **hidden(client, GROUP)}
    for number, (name, email) in enumerate((("Anna", "anna@park.example"), ("Carla", "")), start=1):
        fields |= {f"person-{number}-given_name": name, f"person-{number}-email": email}
        fields |= {f"person-{number}-family_name": "Puig"}
    answer = client.post(GROUP, data=fields)
    assert answer.status_code == 303, words(answer)
    return answer.headers["Location"]


def test_a_delegation_hears_what_is_missing_and_its_contact_whose(app: Flask, client: FlaskClient) -> None:
    page = delegate(client)
    there = mails(app)
    anna, summary = there["anna@park.example"], there["office@park.example"]
    own = re.findall(OWN, anna.text)[0]
    for text in (said(anna), anna.html):
        assert (STILL in text, NOTHING_ELSE in text, f"{own}/change#questions" in text) == (True, False, True)
    assert summary.text.count("Details are missing") == summary.html.count("Details are missing") == 2
    assert "Each person gives them on the own page." in said(summary)
    assert ("hall" in summary.text, "Details complete" in summary.text) == (False, False)

    change = f"{own}/change"
    typed = filled(client.get(change)) | {"question-hall": "no", "question-travel": "By train"}
    assert client.post(change, data=typed).status_code == 303
    more = f"{page}/people"
    ewa = {"given_name": "Ewa", "family_name": "Żak", "email": "ewa@park.example", "parts": "day-2"}
    added = {f"person-1-{name}": value for name, value in (ewa | {"mode-day-2": "online"}).items()}
    assert client.post(more, data=hidden(client, more) | added).status_code == 303
    again = mails(app)["office@park.example"].text
    assert (again.count("Details complete"), again.count("Details are missing")) == (1, 2)


def test_who_comes_instead_or_waits_or_was_put_down_by_others_hears_it_too(app: Flask, client: FlaskClient) -> None:
    own = str(register(client, **{"question-hall": "yes", "question-travel": "By car"}).location)
    assert NOTHING_ELSE in said(mails(app)["zaneta@uczelnia.example"])
    add_question(app, "slides", kind="file", label="Your slides", required=True)
    path = f"{own}/code?for=substitution"
    client.post(path, data=hidden(client, path) | {"press": "send"})
    code = re.search(r"^\d{4} \d{4}$", mails(app)["zaneta@uczelnia.example"].text, re.MULTILINE)
    assert code is not None
    client.post(path, data=hidden(client, path) | {"press": "enter", "code": code.group()})
    colleague = {"given_name": "Jan", "family_name": "K", "email": "jan@uczelnia.example", "agreed": "y"}
    colleague |= {"question-hall": "no", "question-travel": "By train"}
    asked = filled(client.get(f"{own}/substitution")) | colleague
    assert client.post(f"{own}/substitution", data=asked).status_code == 303
    jan = mails(app)["jan@uczelnia.example"]
    assert "The organisers still need answers from you: “Your slides”." in said(jan)
    assert ("/change#questions" in jan.text, NOTHING_ELSE in said(jan)) == (True, False)

    seat = {"day-2": Mode.ON_SITE}
    enrol(app, 3, choices=seat)
    enrol(app, email="waits@park.example", choices=seat, may_wait=frozenset([("day-2", "on_site")]))
    there = mails(app)
    for address, untrue in (("anna0@park.example", NOTHING_ELSE), ("waits@park.example", UNTIL_THEN)):
        mail = there[address]
        assert (STILL.replace("”.", "”, “Your slides”.") in said(mail), untrue in said(mail)) == (True, False), address


def test_what_is_deleted_sooner_than_the_emails_does_not_stand_in_them(app: Flask, client: FlaskClient) -> None:
    add_event(app, slug="other")
    for days in (89, 90):
        kinds = {"kind": "yes_no", "slug": "other", "keep_days": days}
        add_question(app, f"kept-{days}", label=f"Kept {days} days", **kinds)
    answers = {"question-kept-89": "yes", "question-kept-90": "yes"}
    own = str(register(client, "/en/events/other/register", **answers).location)
    first = said(mails(app)["zaneta@uczelnia.example"])
    assert ("Kept 89 days" in first, "Kept 90 days: Yes" in first) == (False, True)
    confirm(app, "zaneta@uczelnia.example")
    changed = filled(client.get(f"{own}/change")) | {"question-kept-89": "no", "question-kept-90": "no"}
    assert client.post(f"{own}/change", data=changed).status_code == 303
    told = said(mails(app)["zaneta@uczelnia.example"])
    assert "- Kept 89 days changed; not shown in e-mails - Kept 90 days before: Yes now: No" in told
