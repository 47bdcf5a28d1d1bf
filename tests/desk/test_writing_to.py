"""Letters to the people of an event, begun on its page: thanks to who came, other words to who did not, once (F2)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from s3chem_events.accounts.models import AuditEntry
from s3chem_events.accounts.roles import Role
from s3chem_events.campaigns.models import Campaign
from s3chem_events.campaigns.stages import Kind
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.text import Text
from s3chem_events.mailing import addresses
from s3chem_events.mailing.models import Suppression
from s3chem_events.publishing.lifecycle import Mode, State, Visibility
from s3chem_events.registration.models import Participation, Registration
from tests.conftest import Clock
from tests.factories import CLOSED_DAY, PUBLIC_DAY, add_event, count, revise_event, soup, words
from tests.support.campaigns import campaign, newsletter, stage
from tests.support.desk import filled, signed_in
from tests.support.post import enrol, rows, work

EVENT = "/desk/events/conference/"
CAMPAIGNS = "/desk/newsletter/campaigns/"


@pytest.fixture(autouse=True)
def house(app: Flask, clock: Clock) -> None:
    add_event(app, parts=(replace(CLOSED_DAY, visibility=Visibility.PUBLIC), PUBLIC_DAY))


def press(client: FlaskClient, path: str, action: str) -> TestResponse:
    """Press the button of a page that posts to this address."""
    form = soup(client.get(path)).select_one(f'form[action$="/{action}"]')
    assert form is not None, f"there is no button for {action}"
    fields = {str(one["name"]): str(one.get("value", "")) for one in form.select("input")}
    return client.post(str(form["action"]), data=fields, follow_redirects=True)


def note(app: Flask, present: Mapping[int, bool | None]) -> None:
    """Write presence down, by the number of the participation."""
    with app.app_context(), transaction() as session:
        for number, there in present.items():
            session.get_one(Participation, number).present = there


def audiences(app: Flask) -> list[dict[str, object]]:
    with app.app_context():
        found = db.session.scalars(db.select(Campaign).order_by(Campaign.id))
        return [{name: value for name, value in one.audience.items() if value} for one in found]


def test_those_who_came_are_thanked_and_those_who_did_not_read_something_else(app: Flask, clock: Clock):
    both = {"day-1": Mode.ON_SITE, "day-2": Mode.ONLINE}
    enrol(app, given_name="Anna", email="anna@x.example", language="fr", choices=both)
    enrol(app, given_name="Jan", email="jan@x.example")
    enrol(app, given_name="Ewa", email="ewa@x.example")
    work(app)
    desk = signed_in(app)
    assert soup(desk.get(EVENT)).select_one('form[action$="/thanks"]') is None
    clock.set(datetime(2027, 6, 21, 8, tzinfo=UTC))
    revise_event(app, state=State.OVER)
    note(app, {1: True, 2: False, 3: False, 4: None})  # Anna was there on the first of her two days
    desk = signed_in(app)
    assert "Prepared." in words(press(desk, EVENT, "thanks"))
    assert audiences(app) == [{"presence": "yes"}, {"presence": "no"}]
    page = desk.get(EVENT)
    assert soup(page).select_one('form[action$="/thanks"]') is None
    assert soup(page).select_one('form[action$="/outcome"]') is None
    token = soup(page).select_one("[name=csrf_token]")
    assert token is not None
    again = desk.post(f"{EVENT}thanks", data={"csrf_token": str(token["value"])}, follow_redirects=True)
    assert "nobody is thanked twice" in words(again)
    assert count(app, Campaign) == 2
    work(app)
    assert [row.kind for row in rows(app) if row.stream] == []

    note(app, {1: None, 2: None, 3: None})
    for number in (1, 2):  # nobody has written down who was there: nobody is missed
        page = desk.get(f"{CAMPAIGNS}{number}")
        assert soup(page).select_one('form[action$="/release"]') is None
        assert "In the way: Nobody would receive it." in words(page)
        assert "Look: It is not written down whether 3 people were there. Presence" in words(page)
        assert soup(page).select_one(f'.checks a[href="{EVENT}presence"]') is not None
    note(app, {1: True, 2: None, 3: False})
    missed = words(desk.get(f"{CAMPAIGNS}2"))
    assert ("1 reader." in missed, "whether 1 person was there" in missed) == (True, True)
    note(app, {4: False, 3: False})
    for number in (1, 2):
        press(desk, f"/desk/newsletter/campaigns/{number}", "release")
    clock.advance(minutes=11)
    work(app)
    told = {row.address: row for row in rows(app) if row.stream}
    assert {address: row.subject for address, row in told.items()} == {
        "anna@x.example": "Merci de votre participation\xa0: Conférence finale",
        "jan@x.example": "We missed you: Final conference",
        "ewa@x.example": "We missed you: Final conference",
    }
    assert "Dear Jan Nowak,\n\nYou were registered for “Final conference”" in told["jan@x.example"].text
    assert "#report" not in told["anna@x.example"].text

    revise_event(app, report=Text(en="It went **well**."))
    press(desk, EVENT, "outcome")
    press(desk, "/desk/newsletter/campaigns/3", "release")
    clock.advance(minutes=11)
    work(app)
    (later,) = (row for row in rows(app) if row.stream == "campaign-3")
    assert later.address == "anna@x.example"
    assert "http://localhost/fr/events/conference#report" in later.text
    assert 'href="http://localhost/fr/events/conference#report"' in later.html
    assert "Merci" not in later.text


def test_a_message_begins_with_whom_the_list_shows(app: Flask):
    enrol(app, choices={"day-2": Mode.ON_SITE})
    desk = signed_in(app)
    people = f"{EVENT}participants"
    press(desk, EVENT, "messages")
    press(desk, people, "messages")
    press(desk, f"{people}?part=day-2&mode=on_site&state=confirmed", "messages")
    listed = ["confirmed", "pending", "waiting", "offered"]
    assert audiences(app) == [
        {},
        {"standings": listed},
        {"parts": ["day-2"], "modes": ["on_site"], "standings": ["confirmed"]},
    ]
    assert count(app, Campaign, kind=Kind.MESSAGE) == 3
    assert "1 reader." in words(desk.get("/desk/newsletter/campaigns/3"))
    assert soup(desk.get(f"{people}?q=anna")).select_one('form[action$="/messages"]') is None
    helper = signed_in(app, Role.DESK_HELPER, events=("conference",))
    assert soup(helper.get(people)).select_one('form[action$="/messages"]') is None


def test_whoever_is_left_out_is_named_with_the_reason_before_the_release_and_after_it(app: Flask, clock: Clock):
    enrol(app, given_name="Anna", email="anna@x.example")
    enrol(app, given_name="Jan", email="jan@x.example")
    enrol(app, given_name="Ewa", email="ewa@x.example")
    with app.app_context(), transaction() as session:
        session.add(Suppression(address_digest=addresses.digest("jan@x.example"), reason="dead", since=now()))
        session.get_one(Registration, 3).email = ""
    campaign(app, Kind.MESSAGE, about="conference")
    desk = signed_in(app)
    dead, none = "nothing is sent to this address any more", "no e-mail address"
    page, shown = f"{CAMPAIGNS}1", words(desk.get(f"{CAMPAIGNS}1"))
    assert "1 reader." in shown
    assert f"Look: 2 people are left out: Jan Nowak {dead} Ewa Nowak {none}" in shown
    press(desk, page, "release")
    clock.advance(minutes=11)
    work(app)
    assert [(row.address, row.state) for row in rows(app) if row.stream] == [("anna@x.example", "sent")]
    said = words(desk.get(page))
    assert ("1 of 1" in said, "2 Not written to" in said) == (True, True)
    listed = soup(desk.get(f"{page}/readers?state=left_out")).select("tbody tr")
    assert [" ".join(row.get_text(" ").split()) for row in listed] == [
        f"Jan Nowak jan@x.example English Not written to {dead}",
        f"Ewa Nowak English Not written to {none}",
    ]
    assert len(soup(desk.get(f"{page}/readers")).select("tbody tr")) == 3
    assert [chip.get_text() for chip in soup(desk.get(EVENT)).select(".links .chip")] == ["Sent"]


def test_a_partner_writes_to_the_people_of_her_own_event_and_to_nobody_else(app: Flask, clock: Clock):
    add_event(app, slug="second", title=Text(en="Secret workshop"), parts=(PUBLIC_DAY,))  # C21
    enrol(app, 51)
    enrol(app, given_name="Jan", email="jan@x.example", slug="second")
    theirs = campaign(app, Kind.MESSAGE, about="second", events=("conference",))
    news = newsletter(app, events=("conference",))
    work(app)
    partner = signed_in(app, Role.PARTNER_ORGANISER, events=("conference",))
    own = press(partner, f"{EVENT}participants?part=day-2&mode=online", "messages").request.path
    text = {**filled(partner.get(own)), "subject": "Before you come", "intro": "Dear {{name}}"}
    assert partner.post(own, data=text).status_code == 303
    page = f"{CAMPAIGNS}3"
    assert soup(partner.get(page)).select_one(".crumb a")["href"] == f"{EVENT}#letters"  # type: ignore[index]
    assert "Newsletter" not in words(partner.get(page))
    chosen = [str(one["value"]) for one in soup(partner.get(f"{page}/content")).select("#add option")]
    assert chosen == ["", "event:1"]
    assert filled(partner.get(f"{page}/content"))["zone"] == "Europe/Amsterdam"  # the event's own
    stranger = {**filled(partner.get(f"{page}/content")), "add": "event:2", "do": "add"}
    assert partner.post(f"{page}/content", data=stranger).status_code == 422
    assert len(soup(partner.get(f"{page}/preview/en")).select("#reader option")) == 21
    assert "Jan Nowak" not in partner.get(f"{page}/preview/en?reader=52").text

    press(partner, page, "review")
    assert soup(partner.get(page)).select_one('form[action$="/release"]') is None
    assert "second organiser’s eyes" not in words(partner.get("/desk/"))
    other = signed_in(app, Role.PARTNER_ORGANISER, events=("second",))
    assert "Before you come" not in words(other.get("/desk/"))
    coordinator = signed_in(app)
    assert "“Before you come” waits for a second organiser’s eyes." in words(coordinator.get("/desk/"))
    press(coordinator, page, "release")
    clock.advance(minutes=11)
    work(app)
    told = {row.address for row in rows(app) if row.stream}
    assert (len(told), "jan@x.example" in told) == (51, False)
    assert "anna0@park.example" in words(partner.get(f"{page}/readers"))

    token = str(soup(partner.get(page)).select_one("[name=csrf_token]")["value"])  # type: ignore[index]
    before = count(app, AuditEntry, kind="desk.refused")
    tried = [partner.get(f"{CAMPAIGNS}{number}") for number in (theirs, news, 99)]
    tried += [partner.post(f"{CAMPAIGNS}{theirs}/release", data={"csrf_token": token, "version": "2"})]
    tried += [partner.post("/desk/events/second/messages", data={"csrf_token": token})]
    tried += [partner.get(CAMPAIGNS), partner.post(f"{CAMPAIGNS}new", data={"csrf_token": token})]
    assert [answer.status_code for answer in tried] == [404] * 5 + [403] * 2
    assert not any(said in answer.text for said in ("Secret", "February") for answer in tried)
    assert count(app, AuditEntry, kind="desk.refused") == before + 7
    assert (stage(app, theirs), count(app, Campaign)) == (("draft", ""), 3)
    assert coordinator.get(f"{CAMPAIGNS}{theirs}").status_code == 200
