"""Guests of a closed part: invited by a link or a code, to a place of their own; nobody else learns of its room."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from werkzeug.test import TestResponse

from s3chem_events import schedule
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR, PARTICIPANT, Fact
from s3chem_events.publishing import queries
from s3chem_events.publishing.lifecycle import Mode, WaitingList
from s3chem_events.publishing.models import Part
from s3chem_events.registration import actions, guest_list, invitation, invitation_posts, inviting
from s3chem_events.registration import queries as registrations
from s3chem_events.registration.invitation import Invitation, InvitationUse, Reply
from s3chem_events.registration.inviting import Guest
from s3chem_events.registration.models import Participation, Registration
from tests.conftest import Clock
from tests.factories import (
    CLOSED_DAY,
    FILLED,
    PUBLIC_DAY,
    add_event,
    count,
    hidden,
    register,
    revise_event,
    soup,
    words,
)
from tests.support.post import enrol, kept, rows, work

ROOM = "Room behind the green door"
FORM = "/en/events/conference/register"
CODES = "/en/invitations/"
GUEST = Guest(
    email="anna@park.example", given_name="Anna", family_name="Nowak", organisation="Chemiepark", language="fr"
)


@pytest.fixture(autouse=True)
def published(app: Flask, clock: Clock) -> None:
    add_event(app)


def invite(app: Flask, *guests: Guest, parts: tuple[str, ...] = ("day-1",)) -> list[Invitation]:
    with app.app_context(), transaction():
        event = queries.event_by_slug("conference", lock=True)
        assert event is not None
        made = inviting.invite(event, guests or (GUEST,), parts=parts, by=OPERATOR)
        db.session.flush()
        db.session.expunge_all()
    return made


def send(app: Flask) -> None:
    with app.app_context(), transaction():
        event = queries.event_by_slug("conference", lock=True)
        assert event is not None
        invitation_posts.send(event, by=OPERATOR)


def link(app: Flask, one: Invitation, language: str = "en") -> str:
    with app.app_context():
        return invitation.address_of(one.id, language=language)


def state(app: Flask, one: Invitation) -> tuple[Reply, int, tuple[str, ...]]:
    with app.app_context():
        found = guest_list.by_number(one.event_id, one.id)
        assert found is not None
        line = guest_list.line(found)
        return line.state, line.used, tuple(name for _reference, name in line.guests)


def come(client: FlaskClient, path: str, **changes: Any) -> TestResponse:
    return register(client, f"{path}/registration", **{"parts": ["day-1", "day-2"], **changes})


def press(client: FlaskClient, path: str, **typed: str) -> TestResponse:
    return client.post(path, data=hidden(client, path) | typed)


def places(app: Flask) -> list[tuple[str, str, str]]:
    with app.app_context():
        found = db.session.scalars(
            db.select(Participation)
            .options(db.joinedload(Participation.part), db.joinedload(Participation.registration))
            .order_by(Participation.id)
        )
        return [(p.registration.family_name, p.part.key, p.standing.value) for p in found]


def snapshot(app: Flask) -> tuple[Any, ...]:
    with app.app_context():
        invitations = [
            {c.name: getattr(one, c.name) for c in Invitation.__table__.columns}
            for one in db.session.scalars(db.select(Invitation).order_by(Invitation.id))
        ]
        return invitations, db.session.scalar(db.select(db.func.count(Fact.id)))


def test_the_public_learns_neither_room_nor_choice_of_a_closed_part_and_cannot_ask_for_it(app: Flask, client):
    invite(app)  # B5
    send(app)
    public = [FORM, "/en/", "/en/events/", "/en/events/conference", "/calendar.ics", "/events/conference.ics"]
    pages = {path: client.get(path).get_data(as_text=True) for path in [*public, "/feed.atom", "/sitemap.xml", CODES]}
    assert {path for path, text in pages.items() if "green door" in text} == set()
    for path in (FORM, "/calendar.ics", "/events/conference.ics", "/feed.atom", CODES):
        assert (path, "Working-group meeting" in pages[path], "day-1" in pages[path]) == (path, False, False)
    (structured,) = soup(client.get("/en/events/conference")).select("script[type='application/ld+json']")
    assert ("Working-group" in structured.text, "green" in structured.text) == (False, False)
    by_hand = register(client, parts=["day-1", "day-2"])
    assert (by_hand.status_code, count(app, Registration)) == (403, 0)
    assert soup(client.get(FORM)).select(f"a[href='{CODES}']")[0].text == "I have an invitation code"


def test_a_guest_comes_by_her_link_to_both_days_and_each_has_its_own_places(app: Flask, client, clock):
    (one,) = invite(app)  # B5
    send(app)
    clock.advance(minutes=10)
    assert work(app) == 1
    (mail,), (row,) = kept(app), rows(app)
    assert (row.address, row.name, mail.language, row.calendars) == ("anna@park.example", "Anna Nowak", "fr", [])
    path = link(app, one, "fr")
    assert f"http://localhost{path}\n" in mail.text
    assert one.code in mail.text
    assert state(app, one)[0] is Reply.INVITED
    page = client.get(path)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"].startswith("noindex")
    assert ("Réunion du groupe de travail" in words(page), ROOM in words(page)) == (True, True)
    answer = press(client, path)
    assert (answer.status_code, answer.location) == (303, f"{path}/registration")
    assert state(app, one)[0] is Reply.OPENED
    form = soup(client.get(f"{path}/registration"))
    prefilled = {name: form.select_one(f"main [name={name}]")["value"] for name in ("given_name", "email")}  # type: ignore[index]
    assert prefilled == {"given_name": "Anna", "email": "anna@park.example"}
    assert [box["value"] for box in form.select("main [name=parts]")] == ["day-1", "day-2"]
    assert [box["value"] for box in form.select("main [name=parts][checked]")] == ["day-1"]
    assert form.select("main form button[type=submit]")[-1].get_text() == "S’inscrire"  # for the days that are ticked
    refused = come(client, path, family_name="", given_name="", organisation="Kept")
    assert (refused.status_code, "Kept" in refused.text, ROOM in refused.text) == (422, True, True)
    assert soup(refused).select_one("#registration")["action"] == f"{path}/registration"  # type: ignore[index]
    assert come(client, path, given_name="Anna", family_name="Nowak", email="anna@park.example").status_code == 303
    assert places(app) == [("Nowak", "day-1", "confirmed"), ("Nowak", "day-2", "confirmed")]
    assert state(app, one) == (Reply.ACCEPTED, 1, ("Anna Nowak",))
    assert work(app) == 1
    calendars = [Calendar.from_ical(file) for file in rows(app)[-1].calendars]
    assert str(calendars[0].walk("VEVENT")[0]["LOCATION"]).startswith(ROOM)
    with app.app_context():
        held = db.session.execute(
            db.select(Participation.part_id, db.func.count()).group_by(Participation.part_id)
        ).all()
    assert [number for _part, number in held] == [1, 1]
    assert come(client, path, given_name="Jan", family_name="Inny", email="jan@park.example").status_code == 410
    assert count(app, Registration) == 1
    assert "Somebody has registered with this invitation." in words(client.get(link(app, one)))


def test_a_full_closed_part_has_its_own_line_and_a_forwarded_invitation_names_who_came(app: Flask, client):
    one, two = invite(app, GUEST, Guest(email="eva@park.example", language="en"))
    with app.app_context(), transaction():
        event = queries.event_by_slug("conference", lock=True)
        assert event is not None
        event.parts[0].on_site_capacity = 1
    path = link(app, one)
    assert come(client, path, given_name="Piotr", family_name="Ktoś", email="piotr@inny.example").status_code == 303
    assert state(app, one) == (Reply.ACCEPTED, 1, ("Piotr Ktoś",))
    full = soup(client.get(f"{link(app, two)}/registration"))
    assert [chip.text for chip in full.select(".offer .chip-full")] == ["Waiting list"]  # of the closed part
    unasked = come(client, link(app, two), waiting="")
    assert (unasked.status_code, "No places left: Working-group meeting" in words(unasked)) == (409, True)
    assert state(app, two)[0] is Reply.PREPARED
    assert come(client, link(app, two), family_name="Zwei", email="eva@park.example").status_code == 303
    assert places(app)[2:] == [("Zwei", "day-1", "waiting"), ("Zwei", "day-2", "confirmed")]
    with app.app_context(), transaction():
        piotr = registrations.registration_by_id(1, lock=True)
        assert piotr is not None
        actions.withdraw(piotr, by=PARTICIPANT)
    assert state(app, one)[0] is Reply.DECLINED  # who withdrew has said no, and may come back by the same link
    back = come(client, path, given_name="Piotr", family_name="Ktoś", email="piotr@inny.example", parts=["day-2"])
    assert (back.status_code, state(app, one)[0]) == (303, Reply.ACCEPTED)


def test_whom_an_organiser_has_invited_needs_no_approval(app: Flask, client):
    revise_event(app, parts=tuple(replace(part, approval=True) for part in (CLOSED_DAY, PUBLIC_DAY)))
    (one,) = invite(app)
    come(client, link(app, one))
    register(client, family_name="Inny", email="jan@inny.example")
    assert places(app) == [
        ("Źdźbło", "day-1", "confirmed"),
        ("Źdźbło", "day-2", "confirmed"),
        ("Inny", "day-2", "pending"),
    ]


def test_the_same_form_sent_twice_is_one_registration_and_one_use(app: Flask, client):
    (one,) = invite(app)
    path = link(app, one)
    filled = {**FILLED, **hidden(client, f"{path}/registration"), "parts": ["day-1"]}
    answers = [client.post(f"{path}/registration", data=filled) for _ in range(2)]
    assert [a.status_code for a in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert (count(app, Registration), count(app, InvitationUse)) == (1, 1)


def test_scanners_that_open_every_link_three_times_change_nothing(app: Flask, client, clock):
    (one,) = invite(app)  # C9
    send(app)
    clock.advance(minutes=10)
    work(app)
    before = snapshot(app)
    links = [a["href"] for a in soup_of(kept(app)[-1].html) if "/invitations/" in a["href"]]
    assert len(links) == 3
    for path in [*links, f"{link(app, one)}/registration"]:
        for _ in range(3):
            for method in ("GET", "HEAD"):
                stranger = app.test_client(use_cookies=False)
                assert stranger.open(path.removeprefix("http://localhost"), method=method).status_code == 200
    assert snapshot(app) == before


def soup_of(html: str) -> list[Any]:
    return list(BeautifulSoup(html, "html.parser").select("a[href]"))


@pytest.mark.one_database
def test_an_answer_is_asked_for_before_the_closed_part_begins_unless_registration_closes_at_an_hour(
    app: Flask, clock: Clock
):
    meeting = replace(CLOSED_DAY, starts=datetime(2027, 6, 17, 13), ends=datetime(2027, 6, 17, 17))  # noqa: DTZ001
    revise_event(app, parts=(meeting, PUBLIC_DAY))
    invite(app, replace(GUEST, language="en"))
    send(app)
    clock.advance(minutes=11)
    work(app)
    revise_event(app, closes=datetime(2027, 6, 1, 12))  # noqa: DTZ001 - local to the event's zone
    invite(app, Guest(email="bob@park.example", given_name="Bob", family_name="Berg", language="en"))
    send(app)
    clock.advance(minutes=11)
    work(app)
    asked = [re.search(r"answer by: (.*)", mail.text) for mail in kept(app)]
    assert [found and found[1] for found in asked] == ["17 June 2027, 13:00 CEST", "1 June 2027, 12:00 CEST"]


def test_a_no_is_kept_with_its_word_and_can_be_taken_back_until_the_event(app: Flask, client, clock):
    (one,) = invite(app)
    send(app)
    clock.advance(minutes=10)
    work(app)
    path = link(app, one)
    regrets = f"{path}/regrets"
    long = press(client, regrets, message="x" * 501)
    assert (long.status_code, "Please use at most 500 characters." in words(long)) == (422, True)
    assert press(client, regrets, message="On leave, sorry").status_code == 303
    assert state(app, one)[0] is Reply.DECLINED
    assert "You have told us that you cannot come." in words(client.get(path))
    with app.app_context(), transaction():
        event = queries.event_by_slug("conference", lock=True)
        assert event is not None
        clock.advance(days=4)
        with pytest.raises(invitation_posts.NobodyToWriteTo):
            invitation_posts.remind(event, by=OPERATOR)
    assert press(client, regrets, press="back").status_code == 303
    assert state(app, one)[0] is Reply.INVITED
    with app.app_context():
        assert db.session.get(Invitation, one.id).message == ""
    clock.set(queries.part_ends_at(part_of(app)) + timedelta(minutes=1))
    over = client.post(regrets, data=hidden(client, CODES))
    assert (over.status_code, state(app, one)[0]) == (410, Reply.INVITED)
    assert "This event is over." in words(client.get(path))


def part_of(app: Flask) -> Any:
    with app.app_context():
        event = queries.event_by_slug("conference")
        assert event is not None
        return event.parts[-1]


def test_a_code_leads_to_its_invitation_and_a_used_one_is_answered_like_an_unknown_one(app: Flask, client):
    (partner,) = invite(app, Guest(organisation="OVGU", language="de", uses=2))
    typed = f" {partner.code[:4].lower()}-{partner.code[4:].lower()} "
    found = press(client, CODES, code=typed)
    assert (found.status_code, found.location) == (303, link(app, partner))
    page = words(client.get(link(app, partner)))
    assert ("I cannot come" in page, "Please pass this code on only to those it is meant for." in page) == (False, True)
    form = soup(client.get(f"{link(app, partner)}/registration"))
    assert form.select_one("main [name=organisation]")["value"] == "OVGU"  # type: ignore[index]
    for name in ("Jan", "Eva"):
        assert come(client, link(app, partner), given_name=name, email=f"{name}@ovgu.example").status_code == 303
    assert state(app, partner) == (Reply.ACCEPTED, 2, ("Jan Źdźbło", "Eva Źdźbło"))
    used, unknown, none = (press(client, CODES, code=code) for code in (partner.code, "ABCDEFGH", ""))
    assert [a.status_code for a in (used, unknown, none)] == [422, 422, 422]
    bare = [re.sub(r'value="[^"]*"', "", a.text) for a in (used, unknown)]
    assert bare[0] == bare[1]
    assert "Enter your invitation code." in words(none)
    third = come(client, link(app, partner), given_name="Piotr", email="piotr@ovgu.example")
    assert (third.status_code, count(app, Registration)) == (410, 2)


@pytest.mark.settings(LIMITS="on")
def test_codes_can_be_guessed_only_slowly(app: Flask, client):
    answers = [press(client, CODES, code="ABCDEFGH").status_code for _ in range(12)]
    assert answers == [422] * 10 + [429] * 2


def test_an_invitation_that_was_withdrawn_or_mistyped_opens_nothing(app: Flask, client):
    (one,) = invite(app)
    path = link(app, one)
    assert client.get(f"{path}x").status_code == 404
    assert client.get(path).status_code == 200
    with app.app_context(), transaction():
        found = guest_list.by_number(one.event_id, one.id)
        assert found is not None
        assert inviting.withdraw(found, by=OPERATOR) is True
    for gone in (path, f"{path}/registration", f"{path}/regrets"):
        answer = client.get(gone)
        assert (answer.status_code, "This link does not work" in words(answer)) == (404, True)
        assert client.post(gone, data={}).status_code == 404
    assert press(client, CODES, code=one.code).status_code == 422


def test_thirty_days_after_the_event_invitations_are_erased_with_their_e_mails(app: Flask, client, clock):
    (one,) = invite(app)
    send(app)
    clock.advance(minutes=10)
    work(app)
    come(client, link(app, one))
    clock.set(queries.part_ends_at(part_of(app)) + timedelta(days=29))
    with app.app_context():
        schedule.tick()
    assert count(app, Invitation) == 1
    clock.advance(days=2)
    with app.app_context():
        schedule.tick()
    assert (count(app, Invitation), count(app, InvitationUse), count(app, Registration)) == (0, 0, 1)
    work(app)
    assert [(e.address, e.text) for e in rows(app) if e.kind == "invitation.sent"] == [("", "")]
    assert client.get(link(app, one)).status_code == 404


def test_the_last_place_is_counted_for_guests_and_public_alike(app: Flask, client):
    enrol(app, 3, choices={"day-2": Mode.ON_SITE})
    (one,) = invite(app)
    page = soup(client.get(f"{link(app, one)}/registration"))
    assert [chip.text for chip in page.select(".offer .chip-full")] == ["Waiting list"]
    assert come(client, link(app, one), parts=["day-1"]).status_code == 303


def test_somebody_registered_for_the_open_day_adds_the_closed_one_by_one_press(app: Flask, client, clock) -> None:
    (one,) = invite(app)
    own = register(client, given_name="Anna", family_name="Nowak", email=GUEST.email).headers["Location"]
    assert work(app) == 1
    path = link(app, one)
    page, typed = client.get(path), hidden(client, path) | {"press": "join"}
    assert [button.text for button in soup(page).select("main form button")] == ["Add it to my registration"]
    again = come(client, path, given_name="Anna", family_name="Nowak", email=GUEST.email)
    assert (again.status_code, soup(again).select(f"main a[href='{path}']")[0].text) == (409, "Back to your invitation")
    assert client.post(path, data=typed).headers["Location"] == path
    assert places(app) == [("Nowak", "day-2", "confirmed"), ("Nowak", "day-1", "confirmed")]
    assert state(app, one) == (Reply.ACCEPTED, 1, ("Anna Nowak",))
    assert work(app) == 1
    mail, row = kept(app)[-1], rows(app)[-1]
    assert ("Working-group meeting" in mail.text, "Public conference" in mail.text) == (True, True)
    with app.app_context():
        uid = db.session.scalar(db.select(Part.uid).filter_by(key="day-1"))
    entries = [entry for sent in row.calendars for entry in Calendar.from_ical(sent).walk("VEVENT")]
    assert [str(entry["UID"]) for entry in entries] == [uid]  # her calendar has the other, and mail programs draw one
    assert "Working-group meeting" in words(client.get(own))
    before = snapshot(app)
    assert client.post(path, data=typed).status_code == 303  # the page was open twice
    assert (snapshot(app), work(app)) == (before, 0)
    assert (ROOM in words(client.get(path)), own in client.get(path).text) == (True, False)


def test_a_guest_who_joins_a_full_day_waits_only_if_she_says_so_and_a_code_adds_nothing(
    app: Flask, client, clock
) -> None:
    first, anna, code = invite(app, replace(GUEST, email="first@park.example"), GUEST, Guest(uses=5))
    closed = replace(CLOSED_DAY, capacity={Mode.ON_SITE: 1})
    revise_event(app, parts=(closed, PUBLIC_DAY), waiting_list=WaitingList.OFF)
    come(client, link(app, first), email="first@park.example", parts=["day-1"])
    register(client, given_name="Anna", family_name="Nowak", email=GUEST.email)
    there, path = places(app), link(app, anna)
    full = press(client, path, press="join")
    assert (full.status_code, "All places are taken." in words(full), "waiting list" in words(full)) == (
        409,
        True,
        False,
    )
    revise_event(app, waiting_list=WaitingList.AUTOMATIC)
    full = press(client, path, press="join")
    assert soup(full).select("main form button")[0].text == "Put me on the waiting list"
    assert (full.status_code, places(app)) == (409, there)
    assert press(client, path, press="wait").status_code == 303
    assert places(app) == [*there, ("Nowak", "day-1", "waiting")]
    by_code = press(client, link(app, code), press="join")
    assert (by_code.status_code, len(places(app))) == (409, len(there) + 1)
    assert work(app) == 3
    assert "waiting list" in kept(app)[-1].text


def test_who_left_the_line_and_is_invited_herself_stands_at_its_end(app: Flask, client, clock) -> None:
    first, code, anna = invite(app, replace(GUEST, email="first@park.example"), Guest(uses=5), GUEST)
    closed = replace(CLOSED_DAY, capacity={Mode.ON_SITE: 1})
    revise_event(app, parts=(closed, PUBLIC_DAY), waiting_list=WaitingList.AUTOMATIC)
    seat = come(client, link(app, first), email="first@park.example", parts=["day-1"], family_name="Erste").location
    own = come(client, link(app, code), email=GUEST.email, given_name="Anna", family_name="Nowak").location
    for name in ("Ben", "Carla"):
        path = link(app, code)
        assert come(client, path, email=f"{name}@park.example", family_name=name, parts=["day-1"]).status_code == 303
    leave = f"{own}/place/day-1"
    assert client.post(leave, data=hidden(client, leave) | {"press": "leave"}).status_code == 303
    assert press(client, link(app, anna), press="join").status_code == 409
    assert press(client, link(app, anna), press="wait").status_code == 303
    withdrawal = f"{seat}/withdrawal"
    client.post(withdrawal, data=hidden(client, withdrawal))
    assert places(app) == [
        ("Erste", "day-1", "withdrawn"),
        ("Nowak", "day-2", "confirmed"),
        ("Ben", "day-1", "confirmed"),
        ("Carla", "day-1", "waiting"),
        ("Nowak", "day-1", "waiting"),
    ]
    assert "1 person is ahead of you." in words(client.get(own))


def test_a_partners_delegation_takes_the_closed_day_as_far_as_the_code_is_good_for(app: Flask, client, clock):
    (code,) = invite(app, Guest(organisation="Chemiepark", language="en", uses=2))
    (personal,) = invite(app)
    alone = f"{link(app, personal)}/registration"
    assert "Register several people" not in words(client.get(alone))  # it is for one person
    assert client.get(f"{alone}/group").location == alone
    path = f"{link(app, code)}/registration"
    assert soup(client.get(path)).find("a", string="Register several people")["href"] == f"{path}/group"  # type: ignore[index]
    form = client.get(f"{path}/group")
    assert (form.headers["Cache-Control"], ROOM in form.text) == ("no-store", True)
    typed = {
        **FILLED | {"given_name": "Greta", "family_name": "Amt", "email": "office@park.example", "attends": "no"},
        **hidden(client, f"{path}/group"),
        "parts": ["day-1", "day-2"],
        "person-1-family_name": "Eins",
        "person-2-family_name": "Zwei",
        "person-3-family_name": "Drei",
    }
    short = client.post(f"{path}/group", data=typed)
    said = "People who can still register with this invitation: 2. People in your list who would need it: 3."
    assert (short.status_code, said in words(short), places(app)) == (409, True, [])
    again = {tag["name"]: tag.get("value", "") for tag in soup(short).select("form#registration input[type=hidden]")}
    typed |= again | {"person-3-parts": "day-2", "person-3-mode-day-2": "online"}
    answers = [client.post(f"{path}/group", data=typed) for _twice in range(2)]
    assert [(one.status_code, one.location) for one in answers] == [(303, answers[0].location)] * 2
    assert places(app) == [
        *(("Eins", "day-1", "confirmed"), ("Eins", "day-2", "confirmed")),
        *(("Zwei", "day-1", "confirmed"), ("Zwei", "day-2", "confirmed")),
        ("Drei", "day-2", "confirmed"),
    ]
    assert state(app, code) == (Reply.ACCEPTED, 2, ("Eins", "Zwei"))
    page = answers[0].location
    assert "Working-group meeting" in words(client.get(page))
    ask = str(soup(client.get(page)).find("a", string="Withdraw Zwei…")["href"])  # type: ignore[index]
    client.post(ask, data=hidden(client, ask))
    assert state(app, code) == (Reply.ACCEPTED, 1, ("Eins",))  # her use is free again
    by_hand = client.post("/en/events/conference/register/group", data=typed | {"attempt": "0" * 32})
    assert by_hand.status_code == 403
