"""A colleague comes instead: the place changes hands, and nothing else does."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from werkzeug.test import TestResponse

from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.text import LANGUAGES
from s3chem_events.mailing import addresses
from s3chem_events.mailing.models import Suppression
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.registration.models import Answer, Consent, Participation, Registration
from tests.conftest import Clock
from tests.factories import (
    CLOSED_DAY,
    PUBLIC_DAY,
    add_event,
    add_question,
    count,
    hidden,
    not_me,
    register,
    revise_event,
    soup,
    words,
)
from tests.support.desk import filled, signed_in
from tests.support.post import enrol, kept, work
from tests.support.snapshot import everything, scanned

LINK = r"http://localhost(/\w\w/registrations/[\w.-]+)(?=\s)"
COLLEAGUE = {"given_name": "Jan", "family_name": "Kowalski", "email": "jan@uczelnia.example", "agreed": "y"}
SEAT = replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 1, Mode.ONLINE: None})


@pytest.fixture(autouse=True)
def event(app: Flask, clock: Clock) -> None:
    add_event(app, state=State.ANNOUNCED, parts=(CLOSED_DAY, SEAT))
    add_question(app, "hall", label="Do you help in the hall?", kind="yes_no", required=True)
    add_question(app, "diet", label="Dietary needs", kind="diet", readers="caterer")


@pytest.fixture
def own(app: Flask) -> str:
    answers = {"question-hall": "yes", "question-diet": "coeliac", "question-diet-consent": "y"}
    page = str(register(app.test_client(), **answers).headers["Location"])
    assert work(app) == 1
    return page


@pytest.fixture
def unlock(app: Flask, client: FlaskClient) -> Callable[[str], None]:
    """Return how a code is sent and entered."""

    def enter(own: str) -> None:
        path = f"{own}/code?for=substitution"
        assert client.post(path, data=hidden(client, path) | {"press": "send"}).status_code == 303
        assert work(app) == 1
        code = re.search(r"^\d{4} \d{4}$", kept(app)[-1].text, re.MULTILINE)
        assert code is not None
        answer = client.post(path, data=hidden(client, path) | {"press": "enter", "code": code.group()})
        assert (answer.status_code, answer.location) == (303, f"{own}/substitution")

    return enter


def hand_over(client: FlaskClient, own: str, **typed: str) -> TestResponse:
    page = client.get(f"{own}/substitution")
    assert page.status_code == 200
    return client.post(f"{own}/substitution", data=filled(page) | COLLEAGUE | {"question-hall": "no"} | typed)


def test_colleague_gets_the_place_and_nothing_else_and_both_are_told(  # B12
    app: Flask, client: FlaskClient, unlock: Callable[[str], None], own: str
) -> None:
    (waiting,) = enrol(
        app, choices={"day-2": Mode.ON_SITE}, may_wait=frozenset([("day-2", "on_site")]), email="wait@park.example"
    )
    work(app)
    invited = next(mail for mail in kept(app) if "uczelnia" in mail.envelope.to)
    before = everything(app)
    assert scanned(client, [f"{own}/substitution"]) == []
    assert everything(app) == before
    unlock(own)
    offered = filled(client.get(f"{own}/substitution"))
    assert (offered["given_name"], offered["email"], offered["organisation"]) == ("", "", "Politechnika")
    assert "coeliac" not in client.get(f"{own}/substitution").text
    assert (
        "E-mail addresses are erased 90 days after the event (16 September 2027)."
        in client.get(f"{own}/substitution").text
    )  # H3
    answer = hand_over(client, own, language="de")
    assert (answer.status_code, answer.location) == (303, own)
    page = words(client.get(own))
    assert page.startswith("This place has been handed over Final conference , Friday, 18 June 2027 Since")
    assert soup(client.get(own)).select_one('main .lead a[href="/en/events/conference"]')
    for path in ("mode/day-2", "parts/day-2", "place/day-2", "invitations", "details", "withdrawal", "restoration"):
        assert client.get(f"{own}/{path}").location == own
    assert [word for word in ("Żaneta", "Jan", "Politechnika", "Registration") if word in page] == []
    with app.app_context():
        first, _waits, second = db.session.scalars(db.select(Registration).order_by(Registration.id)).all()
        assert (second.given_name, second.language, second.reference != first.reference) == ("Jan", "de", True)
        held = db.select(Participation.registration_id, Participation.standing).order_by(Participation.id)
        assert [tuple(row) for row in db.session.execute(held)] == [
            (first.id, "withdrawn"),
            (waiting, "waiting"),
            (second.id, "confirmed"),
        ]
        told = db.select(Answer.value).where(Answer.registration_id == second.id)
        assert db.session.scalars(told).all() == ["no"]
        consents = db.select(Consent.subject).where(Consent.registration_id == second.id)
        assert db.session.scalars(consents).all() == ["privacy"]
        references = first.reference, second.reference
    assert work(app) == 2
    gone, fresh = sorted(kept(app)[-2:], key=lambda mail: "jan@" in mail.envelope.to)
    calendars = [Calendar.from_ical(mail.calendar) for mail in (invited, gone, fresh)]
    assert [calendar["METHOD"] for calendar in calendars] == ["REQUEST", "CANCEL", "REQUEST"]
    assert len({str(calendar.events[0]["UID"]) for calendar in calendars}) == 1
    assert int(calendars[1].events[0]["SEQUENCE"]) > int(calendars[0].events[0]["SEQUENCE"])
    assert [str(calendar.events[0]["ATTENDEE"]) for calendar in calendars] == [
        "mailto:zaneta@uczelnia.example",
        "mailto:zaneta@uczelnia.example",
        "mailto:jan@uczelnia.example",
    ]
    assert "Jan Kowalski comes instead of you." in " ".join(gone.text.split())
    assert (fresh.language, "Żaneta Źdźbło kann nicht kommen" in " ".join(fresh.text.split())) == ("de", True)
    assert "weil Żaneta Źdźbło Ihre Adresse jan@uczelnia.example" in " ".join(fresh.text.split())
    assert "Ernährung" in fresh.text
    link = re.search(LINK, fresh.text)
    assert link is not None
    mine = client.get(link[1])
    assert (mine.status_code, "coeliac" in mine.text) == (200, False)
    assert client.get(f"{own}/change").location == own
    desk = signed_in(app)
    listed = words(desk.get("/desk/events/conference/participants?state=all"))
    assert "Żaneta Źdźbło Place handed over" in listed
    for reference, said, other in (
        (references[0], "Place handed over", references[1]),
        (references[1], "Place taken over", references[0]),
    ):
        person = desk.get(f"/desk/events/conference/participants/{reference}")
        assert said in words(person)
        assert soup(person).select(f'main a[href="/desk/events/conference/participants/{other}"]')


def test_without_the_code_nothing_is_handed_over(app: Flask, client: FlaskClient, own: str) -> None:
    assert soup(client.get(f"{own}/substitution")).select("form#successor") == []
    token = hidden(client, f"{own}/code")
    typed = COLLEAGUE | {
        "organisation": "P",
        "organisation_type": "sme",
        "region": "Limburg",
        "country": "",
        "language": "en",
    }
    answer = client.post(f"{own}/substitution", data=token | typed | {"question-hall": "no"})
    assert (answer.status_code, filled(answer)["given_name"]) == (403, "Jan")
    assert count(app, Registration) == 1
    assert "A colleague comes instead" in words(client.get(own))
    with app.app_context(), transaction():  # a bounce, which whoever has the forwarded e-mail can make up (C8)
        digest = addresses.digest("zaneta@uczelnia.example")
        db.session.add(Suppression(address_digest=digest, reason="dead", since=now()))
    write = "We have no e-mail address to which a code could be sent. Please write to us."
    asked = client.get(f"{own}/substitution")
    assert (write in words(asked), soup(asked).select("form#successor")) == (True, [])
    answer = client.post(f"{own}/substitution", data=token | typed | {"question-hall": "no"})
    assert (answer.status_code, write in words(answer), count(app, Registration)) == (403, True, 1)
    assert "A colleague comes instead" not in words(client.get(own))


def test_faults_are_said_and_a_second_press_finds_it_done(
    app: Flask, client: FlaskClient, unlock: Callable[[str], None], own: str
) -> None:
    unlock(own)
    bad = hand_over(client, own, email="jan@", agreed="", **{"question-hall": ""})
    assert bad.status_code == 422
    assert [link["href"] for link in soup(bad).select(".problem a")] == ["#email", "#agreed", "#question-hall-0"]
    asked = filled(client.get(f"{own}/substitution")) | COLLEAGUE | {"question-hall": "no"}
    answers = [client.post(f"{own}/substitution", data=asked) for _ in range(2)]
    assert [(answer.status_code, answer.location) for answer in answers] == [(303, own)] * 2
    assert (count(app, Registration), work(app)) == (2, 2)


def test_who_is_registered_or_does_not_want_to_be_is_not_put_in_the_place(
    app: Flask, client: FlaskClient, unlock: Callable[[str], None], own: str
) -> None:
    online = {"mode-day-2": "online", "question-hall": "no"}
    register(app.test_client(), **{**COLLEAGUE, **online})
    blocked = str(register(app.test_client(), email="never@park.example", **online).headers["Location"])
    client.post(not_me(app, blocked), data=hidden(client, not_me(app, blocked)))
    work(app)
    unlock(own)
    there = hand_over(client, own)
    assert (there.status_code, "is registered for this event already" in words(there)) == (409, True)
    never = hand_over(client, own, email="never@park.example")
    assert (never.status_code, "This address cannot be used at the moment." in words(never)) == (403, True)
    assert count(app, Participation, standing="withdrawn") == 0


def test_same_mailbox_keeps_its_calendar_entry(
    app: Flask, client: FlaskClient, unlock: Callable[[str], None], own: str
) -> None:
    unlock(own)
    again = hand_over(client, own, email="zaneta@uczelnia.example")
    assert (again.status_code, count(app, Registration)) == (422, 1)
    assert "This is your own address. If your colleague really uses it, too, press the button" in words(again)
    assert client.post(f"{own}/substitution", data=filled(again)).status_code == 303
    assert work(app) == 2
    gone = next(mail for mail in kept(app)[-2:] if mail.envelope.subject.startswith("Your place has been handed"))
    assert (gone.calendar, "nothing is removed from the calendar" in " ".join(gone.text.split())) == ("", True)


def test_a_rank_in_line_is_not_handed_over_nor_a_place_once_the_day_has_begun(
    app: Flask, client: FlaskClient, clock: Clock, own: str
) -> None:
    page = client.get("/en/events/conference/register")
    assert page.status_code == 200
    waiting = register(
        app.test_client(), email="wait@park.example", waiting="day-2:on_site", **{"question-hall": "no"}
    ).location
    assert "You are on the waiting list." in words(client.get(waiting))
    assert client.get(f"{waiting}/substitution").location == waiting
    assert "A colleague comes instead" not in words(client.get(waiting))
    assert "A colleague comes instead" in words(client.get(own))
    clock.set(datetime.fromisoformat("2027-06-18T00:00:00+02:00"))
    assert client.get(f"{own}/substitution").location == own


def test_where_each_person_is_approved_the_colleague_holds_the_place_and_awaits_the_decision(
    app: Flask, client: FlaskClient, unlock: Callable[[str], None], own: str
) -> None:
    revise_event(app, parts=tuple(replace(part, approval=True) for part in (CLOSED_DAY, SEAT)))
    unlock(own)
    assert hand_over(client, own).status_code == 303
    assert (count(app, Participation, standing="pending"), work(app)) == (1, 2)
    fresh = next(mail for mail in kept(app)[-2:] if "jan@" in mail.envelope.to)
    assert (fresh.calendar, "Your place is confirmed" in fresh.text) == ("", False)


@pytest.mark.counted_elsewhere
@pytest.mark.one_database
def test_both_emails_speak_every_language(
    app: Flask, client: FlaskClient, clock: Clock, unlock: Callable[[str], None]
) -> None:
    for language in LANGUAGES:
        clock.advance(days=2)
        enrol(app, language=language, email=f"anna@{language}.example")
        work(app)
        link = re.search(LINK, kept(app)[-1].text)
        assert link is not None
        unlock(link[1])
        answer = hand_over(client, link[1], email=f"jan@{language}.example", language=language)
        assert answer.status_code == 303
        assert work(app) == 2
        mails = kept(app)[-2:]
        assert [mail.language for mail in mails] == [language] * 2
        if language != "en":
            said = "".join(mail.text + mail.envelope.subject for mail in mails)
            assert [word for word in ("handed over", "instead of you", "cannot come") if word in said] == []
