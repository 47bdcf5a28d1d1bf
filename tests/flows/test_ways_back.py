"""Every way back to a place asks what the ways in ask: an organiser's approval, her last word, an invitation."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.publishing.lifecycle import Mode, WaitingList
from s3chem_events.registration import guest_list, inviting
from s3chem_events.registration.invitation import Invitation
from s3chem_events.registration.inviting import Guest
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import CLOSED_DAY, PUBLIC_DAY, add_event, hidden, register, soup, words
from tests.flows.test_answers_of_calendars import bring, facts, invitation
from tests.site.test_invited import FORM, GUEST, come, invite, link, places, press
from tests.support import dkim_keys
from tests.support.desk import signed_in
from tests.support.post import kept, work
from tests.support.replies import Reply

PEOPLE = "/desk/events/conference/participants"
ROOM = "Room behind the green door"
HERS = {"given_name": "Anna", "family_name": "Nowak", "email": GUEST.email}
pytestmark = pytest.mark.settings(INBOX="push")


def withdraw_invitation(app: Flask, one: Invitation) -> None:
    with app.app_context(), transaction():
        found = guest_list.by_number(one.event_id, one.id)
        assert found is not None
        inviting.withdraw(found, by=OPERATOR)


def take_off(app: Flask, name: str, part: str = "day-1") -> None:
    with app.app_context():
        asked = db.select(Registration.reference).filter_by(family_name=name, withdrawn_at=None)
        path = f"{PEOPLE}/{db.session.scalars(asked).one()}/parts/{part}/withdrawal"
    assert press(signed_in(app), path).status_code == 303


def test_a_calendar_that_was_sent_nothing_gives_up_no_place_that_it_could_then_take_back_around_the_organisers(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    day = replace(PUBLIC_DAY, approval=True, capacity={Mode.ON_SITE: 1})
    add_event(app, parts=(CLOSED_DAY, day), waiting_list=WaitingList.AUTOMATIC)
    page = str(register(client, **{"mode-day-2": "on_site"}).location)
    assert (
        register(app.test_client(), **HERS, **{"mode-day-2": "on_site", "waiting": "day-2:on_site"}).status_code == 303
    )
    there = [("Źdźbło", "day-2", "pending"), ("Nowak", "day-2", "waiting")]
    assert (places(app), work(app)) == (there, 2)
    uid = re.findall(r"UID:(.*)\r", client.get("/events/conference.ics").text.replace("\r\n ", ""))[0]
    before, known = facts(app), dkim_keys.names("uczelnia.example", "park.example")
    for guest in ("zaneta@uczelnia.example", GUEST.email):
        for minutes, says in enumerate(("DECLINED", "ACCEPTED", "TENTATIVE")):
            stamp = datetime.now(UTC) + timedelta(minutes=minutes)
            answer = Reply(uid, "events@s3chem.example", attendee=guest, partstat=says, stamp=stamp).mail("gmail")
            proven = dkim_keys.signed(answer, guest.partition("@")[2])
            assert bring(app, proven, resolver=known) == "for_a_person: another_event"
    assert (places(app), facts(app), work(app)) == (there, before, 0)
    assert "Take it back" not in words(client.get(page))
    path = f"{page}/restoration/day-2"
    assert client.post(path, data=hidden(client, f"{page}/withdrawal")).status_code == 303  # it is hers already
    assert places(app) == there


def test_whom_an_organiser_takes_off_a_closed_part_comes_back_by_none_of_her_own_ways(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app, parts=(CLOSED_DAY, replace(PUBLIC_DAY, approval=True)))
    (one,) = invite(app)
    path = link(app, one)
    page = str(come(client, path, **HERS).location)
    back = f"{page}/parts/day-1"
    assert press(client, f"{back}/withdrawal").status_code == 303
    clock.advance(minutes=5)
    assert press(client, back, how="on_site").status_code == 303  # her own word she takes back
    assert places(app) == [("Nowak", "day-2", "confirmed"), ("Nowak", "day-1", "confirmed")]
    token = hidden(client, f"{back}/withdrawal")
    clock.advance(minutes=5)
    take_off(app, "Nowak")
    gone = [("Nowak", "day-2", "confirmed"), ("Nowak", "day-1", "withdrawn")]
    assert client.post(back, data=token | {"how": "on_site"}).status_code == 403
    assert client.post(path, data=token | {"press": "join"}).location == path
    assert places(app) == gone

    # Nor by giving up the rest, and coming anew.
    assert press(client, f"{page}/withdrawal").status_code == 303
    assert "This invitation has been used or withdrawn" in words(client.get(path))
    assert client.get(f"{path}/registration").location == path
    again = client.post(f"{path}/registration", data=token | {"parts": "day-1", "mode-day-1": "on_site"})
    assert (again.status_code, again.location) == (303, path)
    assert press(client, f"{page}/restoration").status_code == 303
    assert places(app) == gone

    # An organiser's newer word is another invitation.
    withdraw_invitation(app, one)
    (two,) = invite(app)
    assert press(client, link(app, two), press="join").status_code == 303
    assert sorted(places(app)) == [("Nowak", "day-1", "confirmed"), ("Nowak", "day-2", "confirmed")]
    take_off(app, "Nowak", "day-2")  # an open one she may ask for again, and is decided about again
    assert press(client, f"{page}/parts/day-2", how="on_site").status_code == 303
    assert sorted(places(app)) == [("Nowak", "day-1", "confirmed"), ("Nowak", "day-2", "pending")]


def test_a_withdrawn_invitation_gives_its_closed_part_back_by_no_way_and_the_open_part_comes_back_alone(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app, parts=(CLOSED_DAY, replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 9})))
    names = ("Part", "Whole", "Declined", "Stays")
    guests = {name: replace(GUEST, email=f"{name.lower()}@park.example", family_name=name) for name in names}
    made = dict(zip(guests, invite(app, *guests.values()), strict=True))
    pages = {
        name: str(come(client, link(app, made[name]), email=guest.email, family_name=name).location)
        for name, guest in guests.items()
    }
    work(app)
    clock.advance(hours=1)
    no = next(reply for n in range(-8, 0) if (reply := invitation(app, n)).attendee == "declined@park.example")
    assert bring(app, no.mail("gmail")) == "done: declined"
    for name in ("Part", "Stays"):
        assert press(client, f"{pages[name]}/parts/day-1/withdrawal").status_code == 303
    assert press(client, f"{pages['Whole']}/withdrawal").status_code == 303
    part, declined = f"{pages['Part']}/parts/day-1", f"{pages['Declined']}/restoration/day-1"
    token = hidden(client, declined)
    for name in ("Part", "Whole", "Declined"):
        withdraw_invitation(app, made[name])

    assert "can be undone" not in words(client.get(part))
    assert client.post(part, data=token | {"how": "on_site"}).status_code == 403
    assert client.post(declined, data=token).status_code == 410
    yes = replace(no, partstat="ACCEPTED", stamp=no.stamp + timedelta(minutes=5))
    assert bring(app, yes.mail("gmail")) == "for_a_person: comes_again"
    shown = words(client.get(f"{pages['Whole']}/restoration"))
    assert "No places left: Working-group meeting (On site). You get back: Public conference (On site)." in shown
    assert press(client, f"{pages['Whole']}/restoration").status_code == 303
    assert press(client, f"{pages['Stays']}/parts/day-1", how="on_site").status_code == 303  # hers is good still
    assert sorted(places(app)) == [
        *(("Declined", "day-1", "withdrawn"), ("Declined", "day-2", "confirmed")),
        *(("Part", "day-1", "withdrawn"), ("Part", "day-2", "confirmed")),
        *(("Stays", "day-1", "confirmed"), ("Stays", "day-2", "confirmed")),
        *(("Whole", "day-1", "withdrawn"), ("Whole", "day-2", "confirmed")),
    ]
    work(app)
    last = [mail for mail in kept(app) if "whole@park.example" in mail.envelope.to][-1]
    assert ROOM not in last.text


def test_an_invitation_adds_nothing_to_what_a_stranger_typed_its_address_into_and_says_whose_it_is(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app, parts=(CLOSED_DAY, replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 9})))
    mallory = {"given_name": "Mallory", "family_name": "Evil"}
    nameless = {"given_name": "", "family_name": ""}
    strange = str(register(client, email=GUEST.email, **mallory).location)
    again = str(register(app.test_client(), email="eva@park.example", given_name="Eva", family_name="Ede").location)
    proven = register(app.test_client(), email="ben@park.example", given_name="B.", family_name="Ott")
    assert (proven.status_code, work(app)) == (303, 3)
    one, two, three = invite(
        app,
        replace(GUEST, **nameless),
        replace(GUEST, email="eva@park.example", **nameless),
        replace(GUEST, email="ben@park.example", given_name="Benjamin", family_name="Ott"),
    )
    hers = ["Go to the registration form"], "this person is registered for the event already: %s. If that is somebody"
    joins = ["Add it to my registration"], "You are registered for other days of this event already, as %s. One press"

    def says(found: Invitation, name: str, buttons: list[str], sentence: str) -> bool:
        page = client.get(link(app, found))
        there = [button.text for button in soup(page).select("main form button")]
        return there == buttons and sentence % name in words(page)

    # Whoever reads the mailbox sees whose registration it is, and makes one of her own beside it.
    path = link(app, one)
    assert says(one, "Mallory Evil", *hers)
    assert press(client, path, press="join").status_code == 409
    assert come(client, path, **HERS, parts=["day-1"]).status_code == 303
    assert [place for place in places(app) if place[0] in {"Evil", "Nowak"}] == [
        ("Evil", "day-2", "confirmed"),
        ("Nowak", "day-1", "confirmed"),
    ]
    assert ROOM not in words(client.get(strange))

    # Who is registered herself types the same name into the form; so she says that it is hers.
    path = link(app, two)
    assert says(two, "Eva Ede", *hers)
    for _ in range(2):
        known = come(client, path, email="eva@park.example", given_name="Eva", family_name="Ede", parts=["day-1"])
        assert (known.status_code, soup(known).select("main .button")[0]["href"]) == (409, path)
    assert [kind for kind, _by in facts(app)].count("invitation.recognised") == 1
    assert says(two, "Eva Ede", *joins)
    assert press(client, path, press="join").location == path
    assert ROOM in words(client.get(again))

    # And who is called otherwise on the list has shown since that she reads the mailbox.
    assert says(three, "B. Ott", *hers)
    (mail,) = [one for one in kept(app) if "ben@park.example" in one.envelope.to]
    (mailed,) = set(re.findall(r"http://localhost(/en/registrations/[\w.-]+)\s", mail.text))
    assert press(client, f"{mailed}/confirmation").status_code == 303
    assert says(three, "B. Ott", *joins)
    assert press(client, link(app, three), press="join").status_code == 303
    assert ("Ott", "day-1", "confirmed") in places(app)


def test_an_older_invitation_joins_nothing_that_organisers_refused_its_guest_or_took_her_off_since(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    dinner = replace(CLOSED_DAY, key="dinner", starts=PUBLIC_DAY.starts, ends=PUBLIC_DAY.ends)
    add_event(app, parts=(replace(CLOSED_DAY, approval=True), PUBLIC_DAY, dinner))
    older, (code,) = invite(app), invite(app, replace(GUEST, email="", uses=5))
    page = str(come(client, link(app, code), **HERS).location)
    desk, token = signed_in(app), hidden(client, f"{page}/withdrawal")

    def joins(one: Invitation) -> str:
        path = link(app, one)
        answer = client.post(path, data=token | {"press": "join"})
        assert (answer.status_code, answer.location) == (303, path)
        return dict(place[1:] for place in places(app))["day-1"]

    # She came by a code, and was refused: neither the older invitation nor a newer one says yes in their place.
    decide(desk, app, "rejection")
    assert joins(older[0]) == "rejected"
    withdraw_invitation(app, older[0])
    (newer,) = invite(app, parts=("day-1", "dinner"))
    assert (joins(newer), ("Nowak", "dinner", "confirmed") in places(app)) == ("rejected", True)
    take_off(app, "Nowak", "dinner")
    assert (joins(newer), ("Nowak", "dinner", "withdrawn") in places(app)) == ("rejected", True)

    # Whom they say yes to after all, take off, invite anew, put down by hand and take off once more, she is off.
    decide(desk, app, "approval")
    take_off(app, "Nowak")
    withdraw_invitation(app, newer)
    (third,) = invite(app)
    with app.app_context():
        there = f"{PEOPLE}/{db.session.scalars(db.select(Registration.reference)).one()}"
    assert press(desk, f"{there}/parts", part="day-1", mode="on_site").status_code == 303
    assert dict(place[1:] for place in places(app))["day-1"] == "confirmed"
    take_off(app, "Nowak")
    assert joins(third) == "withdrawn"
    withdraw_invitation(app, third)
    (last,) = invite(app)
    assert joins(last) == "confirmed"


def test_who_registered_for_herself_and_was_refused_is_decided_about_by_the_form_of_an_older_invitation(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    third = replace(PUBLIC_DAY, key="day-3", starts=date(2027, 6, 19), ends=date(2027, 6, 19))
    day = replace(PUBLIC_DAY, approval=True, capacity={Mode.ON_SITE: 9})
    add_event(app, parts=(CLOSED_DAY, day, third))
    guests = [replace(GUEST, email=f"{name.lower()}@park.example", given_name=name) for name in ("Ada", "Bea", "Cia")]
    made, desk, chosen = invite(app, *guests), signed_in(app), {"mode-day-2": "on_site", "mode-day-3": "on_site"}

    def registers(one: Guest, path: str, *parts: str) -> TestResponse:
        name = {"email": one.email, "given_name": one.given_name, "family_name": one.given_name}
        return register(app.test_client(), path, parts=list(parts), **name, **chosen)

    pages = [str(registers(one, FORM, "day-2", "day-3").location) for one in guests]
    decide(desk, app, "rejection", "Ada")  # a no
    take_off(app, "Bea", "day-2")
    decide(desk, app, "rejection", "Cia")
    decide(desk, app, "approval", "Cia")  # a no, and a yes after all
    for page in pages[:2]:
        assert press(client, f"{page}/withdrawal").status_code == 303
    guests[2] = replace(guests[2], given_name="Dan")  # who reads the same mailbox as Cia
    came = [
        registers(guest, f"{link(app, one)}/registration", "day-1", "day-2").status_code
        for guest, one in zip(guests, made, strict=True)
    ]
    assert (came, places(app)[6:]) == (
        [409, 303, 303],
        [
            *(("Bea", "day-1", "confirmed"), ("Bea", "day-2", "pending")),
            *(("Dan", "day-1", "confirmed"), ("Dan", "day-2", "confirmed")),
        ],
    )


def decide(desk: FlaskClient, app: Flask, what: str, name: str = "Anna") -> None:
    with app.app_context():
        reference = db.session.scalars(db.select(Registration.reference).filter_by(given_name=name)).one()
    typed = hidden(desk, f"{PEOPLE}?state=all") | {"reference": reference, "confirmed": "yes", "reason": "No room"}
    assert desk.post(f"{PEOPLE}/{what}", data=typed).status_code == 303
