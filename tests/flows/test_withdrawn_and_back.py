"""Who withdraws leaves what takes place; what the organisers had cancelled stays theirs, and comes back as they say."""

import csv
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.core.text import Text
from s3chem_events.mailing.maildir import KeptMail
from s3chem_events.publishing.lifecycle import Mode, WaitingList
from s3chem_events.registration.models import Registration
from s3chem_events.registration.participants import COLUMNS
from tests.conftest import Clock
from tests.desk.test_life import EVENT, decide, step
from tests.factories import PUBLIC_DAY, add_event, count, hidden, hidden_in, register, revise_event, soup, words
from tests.flows.test_answers_of_calendars import bring, invitation
from tests.flows.test_delegations import delegate
from tests.support.desk import filled, signed_in
from tests.support.post import kept, relay, work

FIRST_DAY = replace(
    PUBLIC_DAY,
    key="day-1",
    title=Text(en="Site visit", de="Besichtigung", fr="Visite du site"),
    starts=date(2027, 6, 17),
    ends=date(2027, 6, 17),
    capacity={Mode.ON_SITE: 1},
)
BOTH = {"parts": ["day-1", "day-2"], "mode-day-1": "on_site"}


@pytest.fixture
def organiser(app: Flask, clock: Clock) -> FlaskClient:
    add_event(app, parts=(FIRST_DAY, PUBLIC_DAY))
    clock.advance(days=1)
    return signed_in(app)


def press(client: FlaskClient, path: str) -> None:
    assert client.post(path, data=hidden(client, path)).status_code == 303


def tell(app: Flask, clock: Clock, organiser: FlaskClient, name: str, key: str = "day-1") -> list[KeptMail]:
    """Cancel a part or bring it back, and tell those concerned; returns the e-mails."""
    done = step(organiser, name, what=f"part-{key}")
    if done.status_code == 200:  # else it concerns nobody, and was saved at once
        done = decide(organiser, done, name, "yes")
    assert done.status_code == 303, words(done)
    clock.advance(minutes=11)
    return sent(app)


def sent(app: Flask) -> list[KeptMail]:
    number = work(app)
    return list(kept(app)[-number:]) if number else []


def stands(client: FlaskClient, own: str) -> list[tuple[str, str]]:
    """Return each part of the own page with how she stands to it."""
    return [
        (part.h3.get_text(), part.select_one(".chip").get_text())
        for part in soup(client.get(own)).select(".offer:has(.chip)")
    ]


def at_the_desk(organiser: FlaskClient) -> list[list[str]]:
    """Return how the desk says that she stands to each part: in the list, and on the page about her."""
    people = soup(organiser.get(f"{EVENT}/participants?state=all"))
    person = soup(organiser.get(str(people.select("tbody th a")[0]["href"])))
    return [[chip.get_text() for chip in page.select(".places-held > li > .chip")] for page in (people, person)]


def told(mail: KeptMail) -> tuple[str, list[str], bool]:
    """Return what an e-mail does in calendars, to which entries, and whether it speaks of the first day."""
    files = [mail.calendar.encode(), *(one.content for one in mail.attachments if "calendar" in one.content_type)]
    found = {str(entry["SUMMARY"]) for one in files if one for entry in Calendar.from_ical(one).events}
    return mail.method, sorted(found), "Site visit" in mail.text


def exported(organiser: FlaskClient) -> list[tuple[str, str]]:
    """Return part and state of each row of the export."""
    _titles, *rows = csv.reader(organiser.get(f"{EVENT}/participants.csv").data.decode("utf-8-sig").splitlines())
    return sorted((row[COLUMNS.index("part")], row[COLUMNS.index("state")]) for row in rows)


def test_who_takes_her_place_back_stands_as_before_and_is_told_when_the_cancelled_day_is_held_after_all(
    app, client, organiser, clock
):
    own = str(register(client, **BOTH).location)
    work(app)
    assert [told(mail)[0] for mail in tell(app, clock, organiser, "cancellation")] == ["CANCEL"]
    before = stands(client, own)
    assert before == [("Site visit", "Cancelled"), ("Public conference", "Confirmed")]
    press(client, f"{own}/withdrawal")
    assert stands(client, own) == [("Site visit", "Cancelled"), ("Public conference", "Withdrawn")]
    assert at_the_desk(organiser) == [["Part cancelled", "Withdrawn"]] * 2
    assert [told(mail) for mail in sent(app)] == [("CANCEL", ["Final conference – Public conference"], False)]
    press(client, f"{own}/restoration")
    assert stands(client, own) == before
    assert [told(mail)[::2] for mail in sent(app)] == [("REQUEST", False)]
    assert count(app, Fact, kind="registration.restored") == 1
    (mail,) = tell(app, clock, organiser, "revival")
    assert told(mail)[::2] == ("REQUEST", True)
    assert stands(client, own) == [("Site visit", "Confirmed"), ("Public conference", "Confirmed")]


def test_who_withdrew_altogether_does_not_come_back_with_a_day_that_is_held_after_all(app, client, organiser, clock):
    own = str(register(client, **BOTH).location)
    work(app)
    tell(app, clock, organiser, "cancellation")
    press(client, f"{own}/withdrawal")
    sent(app)
    assert tell(app, clock, organiser, "revival") == []
    assert stands(client, own) == [("Site visit", "Withdrawn"), ("Public conference", "Withdrawn")]
    assert exported(organiser) == [("day-1", "withdrawn"), ("day-2", "withdrawn")]
    other = register(app.test_client(), **BOTH, email="other@park.example", given_name="Jan")  # for the one place
    assert (other.status_code, stands(client, str(other.location))[0]) == (303, ("Site visit", "Confirmed"))
    sent(app)
    tell(app, clock, organiser, "cancellation")
    press(client, f"{own}/restoration")  # of a day that is off she gets no place that somebody else has
    assert stands(client, own) == [("Site visit", "Withdrawn"), ("Public conference", "Confirmed")]
    sent(app)
    assert [mail.envelope.to for mail in tell(app, clock, organiser, "revival")] == ["Jan Źdźbło <other@park.example>"]
    assert stands(client, own) == [("Site visit", "Withdrawn"), ("Public conference", "Confirmed")]


def test_a_day_cancelled_only_after_she_withdrew_comes_back_with_the_rest(app, client, organiser, clock):
    own = str(register(client, **BOTH).location)
    work(app)
    press(client, f"{own}/withdrawal")
    assert [told(mail)[::2] for mail in sent(app)] == [("CANCEL", True)]
    assert tell(app, clock, organiser, "cancellation") == []
    assert stands(client, own) == [("Site visit", "Withdrawn"), ("Public conference", "Withdrawn")]
    assert at_the_desk(organiser) == [["Withdrawn", "Withdrawn"]] * 2
    press(client, f"{own}/restoration")
    assert stands(client, own) == [("Site visit", "Cancelled"), ("Public conference", "Confirmed")]
    assert [told(mail)[::2] for mail in sent(app)] == [("REQUEST", False)]
    assert [told(mail)[::2] for mail in tell(app, clock, organiser, "revival")] == [("REQUEST", True)]
    assert exported(organiser) == [("day-1", "confirmed"), ("day-2", "confirmed")]


@pytest.mark.settings(INBOX="push")
def test_who_declines_the_last_of_what_takes_place_has_withdrawn_and_comes_back_with_all(app, client, organiser, clock):
    own = str(register(client, **BOTH).location)
    work(app)
    tell(app, clock, organiser, "cancellation")
    before, no = stands(client, own), invitation(app, newest=-1)
    assert bring(app, no.mail("gmail")) == "done: declined"
    assert stands(client, own) == [("Site visit", "Cancelled"), ("Public conference", "Withdrawn")]
    assert exported(organiser) == [("day-1", "withdrawn"), ("day-2", "withdrawn")]
    assert "Your registration was withdrawn on" in words(client.get(own))
    (mail,) = sent(app)
    (back,) = re.findall(r"http://localhost(/\S+/restoration/\S+)", mail.text)
    press(client, back)
    assert stands(client, own) == before
    assert [told(mail)[::2] for mail in sent(app)] == [("REQUEST", False)]
    # For good: neither the day that is held after all nor her own link brings her back, and she may register anew.
    clock.advance(minutes=1)
    again = replace(invitation(app), stamp=datetime.now(UTC))
    assert bring(app, again.mail("gmail")) == "done: declined"
    sent(app)
    assert tell(app, clock, organiser, "revival") == []
    clock.advance(hours=49)
    assert register(client, **BOTH).status_code == 303
    assert count(app, Registration) == 2


@pytest.mark.settings(INBOX="push")
@pytest.mark.usefixtures("organiser")
def test_who_declines_a_day_and_withdraws_from_all_later_has_it_back_by_no_link_of_the_answer(app, client, clock):
    own = str(register(client, **BOTH).location)
    work(app)
    assert bring(app, invitation(app, newest=-1).mail("gmail")) == "done: declined"
    (mail,) = sent(app)
    (back,) = re.findall(r"http://localhost(/\S+/restoration/\S+)", mail.text)
    clock.advance(minutes=1)
    press(client, f"{own}/withdrawal")
    gone, token = stands(client, own), hidden(client, f"{own}/restoration")
    assert (client.post(back, data=token).status_code, stands(client, own)) == (410, gone)
    assert [standing for _part, standing in gone] == ["Withdrawn", "Withdrawn"]


@pytest.mark.settings(INBOX="push")
def test_who_was_refused_one_day_and_declines_the_other_has_withdrawn(app, client, clock):
    add_event(app, parts=(replace(FIRST_DAY, approval=True), PUBLIC_DAY))
    own = str(register(client, **BOTH).location)
    work(app)
    desk, people = signed_in(app), f"{EVENT}/participants"
    with app.app_context():
        reference = db.session.scalar(db.select(Registration.reference))
    typed = hidden(desk, f"{people}?state=all") | {"reference": reference, "confirmed": "yes", "reason": "Full"}
    assert desk.post(f"{people}/rejection", data=typed).status_code == 303
    sent(app)
    assert bring(app, invitation(app).mail("gmail")) == "done: declined"
    assert [state for _part, state in stands(client, own)] == ["Not accepted", "Withdrawn"]
    assert count(app, Registration, withdrawn_at=None) == 0


def test_what_has_ended_meanwhile_is_not_taken_back_and_nothing_once_all_is_over(app, client, organiser, clock):
    own = str(register(client, **BOTH).location)
    clock.set(datetime(2027, 6, 17, 9, tzinfo=UTC))
    press(client, f"{own}/withdrawal")
    clock.set(datetime(2027, 6, 17, 22, 30, tzinfo=UTC))  # half past midnight there
    press(client, f"{own}/restoration")
    assert stands(client, own) == [("Site visit", "Withdrawn"), ("Public conference", "Confirmed")]
    clock.set(datetime(2027, 6, 18, 9, tzinfo=UTC))
    press(client, f"{own}/withdrawal")
    page = f"{own}/restoration"
    clock.set(datetime(2027, 6, 18, 22, 30, tzinfo=UTC))
    late = client.post(page, data=hidden(client, "/en/registrations/lost-link"))  # as from a page that was open before
    assert (late.status_code, "The time in which this could be undone is over." in words(late)) == (410, True)
    assert stands(client, own) == [("Site visit", "Withdrawn"), ("Public conference", "Withdrawn")]
    assert soup(client.get(own)).select_one(f'a[href="{page}"]') is None
    assert [page in mail.text for mail in sent(app) if mail.method == "CANCEL"] == [False, False]


def test_who_is_left_with_a_cancelled_day_comes_to_the_other_and_stands_in_both_when_it_is_held_after_all(
    app, client, organiser, clock
):
    first = str(register(client, parts="day-1", **{"mode-day-1": "on_site"}).location)
    work(app)
    tell(app, clock, organiser, "cancellation")
    second = str(register(client).location)
    again = register(client)
    assert (again.status_code, "Your personal link shows how it stands." in words(again)) == (409, True)
    assert [stands(client, own) for own in (first, second)] == [
        [("Site visit", "Cancelled")],
        [("Public conference", "Confirmed")],
    ]
    assert client.get(f"{first}/change").location == first  # by name the newer one is hers
    sent(app)
    assert [told(mail)[::2] for mail in tell(app, clock, organiser, "revival")] == [("REQUEST", True)]
    assert [stands(client, own) for own in (first, second)] == [
        [("Site visit", "Confirmed")],
        [("Public conference", "Confirmed")],
    ]
    assert "This part cannot be added here" in words(client.get(f"{second}/parts/day-1"))  # she has it there
    press(client, f"{second}/withdrawal")
    assert register(client).status_code == 409  # she has the other day


@pytest.mark.parametrize("door", ["site", "desk", "group"])
def test_who_left_the_line_for_what_takes_place_may_come_anew_by_each_door(app, client, organiser, clock, door):
    revise_event(app, parts=(FIRST_DAY, replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 1})))
    register(app.test_client(), given_name="Jan", email="other@park.example")
    waiting = {"waiting": "day-2:on_site"}
    own = str(register(client, **BOTH, **waiting).location)
    assert stands(client, own) == [("Site visit", "Confirmed"), ("Public conference", "Waiting list")]
    tell(app, clock, organiser, "cancellation")
    line = f"{own}/place/day-2"
    client.post(line, data=hidden(client, line) | {"press": "leave"})
    revise_event(app, parts=(replace(FIRST_DAY, cancelled=True), PUBLIC_DAY))
    me = {"given_name": "Żaneta", "family_name": "Źdźbło", "email": "zaneta@uczelnia.example"}
    new = f"{EVENT}/participants/new"
    typed = filled(organiser.get(new)) | me | {"organisation": "Politechnika", "mode-day-2": "on_site"}
    come = {
        "site": lambda: register(client),
        "desk": lambda: organiser.post(new, data=typed),
        "group": lambda: delegate(client, [tuple(me.values())]),
    }[door]
    assert (come().status_code, come().status_code) == (303, 409)
    assert exported(organiser) == [("day-1", "withdrawn"), *[("day-2", "confirmed")] * 2, ("day-2", "withdrawn")]


def test_who_takes_back_gets_what_is_free_and_is_told_what_is_not_and_may_wait_for_it(app, client, organiser):
    revise_event(app, parts=(FIRST_DAY, PUBLIC_DAY), waiting_list=WaitingList.AUTOMATIC)

    def come(name: str, **chosen: Any) -> str:
        return str(register(app.test_client(), given_name=name, email=f"{name}@park.example", **chosen).location)

    both = BOTH | {"mode-day-2": "online", "waiting": "day-1:on_site"}
    bea, jan, kim = (come(name, **both) for name in ("bea", "jan", "kim"))
    press(client, f"{bea}/withdrawal")  # the place goes to Jan
    sent(app)
    page = client.get(f"{bea}/restoration")
    assert (
        "No places left: Site visit (On site). You get back: Public conference (Online). "
        "For the rest you can join the waiting list. "
        "Take my place back Take my place back, and put me on the waiting list"
    ) in words(page)
    back = client.post(f"{bea}/restoration", data=hidden(client, f"{bea}/restoration")).location
    assert back == f"{bea}?done=restoration&gone=day-1"
    after = words(client.get(back))
    assert "Your place is yours again. No places left: Site visit (On site)." in after
    assert stands(client, bea) == [("Site visit", "Withdrawn"), ("Public conference", "Confirmed")]
    assert soup(client.get(bea)).select(f'a[href="{bea}/parts/day-1"]')  # where she can still join the list
    assert [told(mail)[:2] for mail in sent(app)] == [("REQUEST", ["Final conference – Public conference"])]
    press(client, f"{jan}/withdrawal")  # to Kim
    relay(app)  # written, and not sent yet: it still takes out of the calendar what does not come back
    typed = hidden(client, f"{jan}/restoration")
    assert client.post(f"{jan}/restoration", data=typed | {"places": "wait"}).location == f"{jan}?done=restoration"
    assert stands(client, jan) == [("Site visit", "Waiting list"), ("Public conference", "Confirmed")]
    assert [told(mail)[0] for mail in sent(app) if "jan@" in mail.envelope.to] == ["CANCEL", "REQUEST"]
    eva = come("eva", **both | {"parts": "day-1"})
    press(client, f"{kim}/withdrawal")  # to Jan, who came before
    assert stands(client, jan)[0] == ("Site visit", "Confirmed")
    press(client, f"{jan}/withdrawal")
    assert stands(client, eva) == [("Site visit", "Confirmed")]
    press(client, f"{eva}/withdrawal")
    come("ida", parts="day-1", **{"mode-day-1": "on_site"})
    sent(app)
    refused = client.post(f"{eva}/restoration", data=hidden(client, f"{eva}/restoration"))
    assert (refused.status_code, "No places left: Site visit (On site)." in words(refused)) == (409, True)
    assert [one.get_text() for one in soup(refused).select("main button")] == ["Put me on the waiting list"]
    assert client.post(f"{eva}/restoration", data=hidden_in(refused.text) | {"places": "wait"}).status_code == 303
    assert stands(client, eva) == [("Site visit", "Waiting list")]
    assert ["waiting list" in mail.envelope.subject for mail in sent(app)] == [True]
