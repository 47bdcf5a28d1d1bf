"""What people are told of a change is true for each of them, whatever they knew and wherever they stand."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from s3chem_events.campaigns import actions as followers
from s3chem_events.campaigns.models import Follower
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import VISITOR
from s3chem_events.mailing.maildir import KeptMail
from s3chem_events.publishing import queries
from s3chem_events.publishing.lifecycle import Mode
from tests.conftest import Clock
from tests.desk.test_life import OCTOBER, decide, step
from tests.factories import CLOSED_DAY, PUBLIC_DAY, add_event, hidden, register, soup, words
from tests.flows.test_still_coming import counts
from tests.support.conference import Conference, Person
from tests.support.desk import filled, signed_in
from tests.support.post import kept, work


@pytest.fixture
def organiser(app: Flask, clock: Clock) -> FlaskClient:
    add_event(app)
    clock.advance(days=1)
    return signed_in(app)


def come(app: Flask, name: str, **typed: str) -> None:
    """Register somebody, by whatever the form offers."""
    answer = register(app.test_client(), given_name=name, email=f"{name.lower()}@park.example", **typed)
    assert answer.status_code == 303, words(answer)


def told(app: Flask, clock: Clock) -> dict[str, KeptMail]:
    """Let the hold end and the worker write; returns the e-mails by the names of those who got them."""
    clock.advance(minutes=10)
    done = work(app)
    mails = kept(app)[-done:] if done else []
    found = {mail.envelope.to.rpartition("<")[2].partition("@")[0]: mail for mail in mails}
    assert len(found) == done
    return found


def flat(mail: KeptMail) -> str:
    return " ".join(mail.text.split())


def test_who_only_waits_or_is_offered_a_place_reads_so_and_is_not_asked_to_come(app, clock):
    add_event(app, parts=(CLOSED_DAY, _room_for(1)))
    clock.advance(days=1)
    organiser = signed_in(app)
    for name in ("Anna", "Boris", "Carla"):
        come(app, name)
    work(app)
    preview = step(organiser, "rescheduling", **OCTOBER)
    decide(organiser, preview, "rescheduling", "yes", ask="y", until="2027-09-01")
    found = told(app, clock)
    said = {
        name: (
            "Your registration stays as it is:" in flat(mail),
            "You stay on the waiting list: - Public conference Friday, 22 October 2027" in flat(mail),
            "Will you still come?" in flat(mail),
            "is on the waiting list for “Final conference”" in flat(mail),
            mail.method,
        )
        for name, mail in found.items()
    }
    in_line = (False, True, False, True, "")
    assert said == {"anna": (True, False, True, False, "REQUEST"), "boris": in_line, "carla": in_line}
    assert "There is news of an event for which you are on the waiting list." in flat(found["boris"])
    assert "You stay on the waiting list." in found["boris"].html
    assert counts(organiser)[0] == ["People", "0", "0", "1"]
    anna, own = (
        re.findall(r"http://localhost(\S+/registrations/[^/\s]+)", found[name].text)[0] for name in ("anna", "boris")
    )
    assert app.test_client().get(f"{own}/answer/yes").status_code == 200
    assert "There is no question open" in words(app.test_client().get(f"{own}/answer/yes"))
    # Anna gives her place back: Boris is offered it, and the next change tells him so.
    visitor = app.test_client()
    assert visitor.post(f"{anna}/withdrawal", data=hidden(visitor, f"{anna}/withdrawal")).status_code == 303
    work(app)
    preview = step(organiser, "rescheduling", **AUTUMN)
    decide(organiser, preview, "rescheduling", "yes", ask="y", until="2027-09-01")
    boris = (found := told(app, clock))["boris"]
    assert set(found) == {"boris", "carla"}
    offered = "A place is still offered to you; you can accept it on your personal page: - Public conference Friday, 5"
    sayings = (
        offered,
        "is on the waiting list for “Final conference”",
        "Your registration stays",
        "You stay on",
        "still come?",
    )
    assert [one in flat(boris) for one in sayings] == [True, True, False, False, False]
    assert ("A place is still offered to you" in boris.html, boris.method, boris.calendar) == (True, "", "")
    assert "You stay on the waiting list: - Public conference Friday, 5" in flat(found["carla"])


AUTUMN = {"parts-1-starts_on": "2027-11-05", "parts-1-ends_on": "2027-11-05"}
LATER = {"parts-1-starts_on": "2027-10-22", "parts-1-ends_on": "2027-10-22"}


def entries(preview: TestResponse) -> list[str]:
    """Return what the preview says of people's calendars."""
    return [" ".join(one.get_text(" ").split()) for one in soup(preview).select(".entry")]


def test_each_reads_the_difference_to_what_she_heard_last_whatever_was_saved_in_silence(app, clock, organiser):
    come(app, "June")
    work(app)
    clock.advance(minutes=1)
    decide(organiser, step(organiser, "rescheduling", **LATER), "rescheduling", "no")
    clock.advance(minutes=1)
    come(app, "October")  # her confirmation says October already
    work(app)
    clock.advance(minutes=1)
    preview = step(organiser, "announcement")
    said = words(preview)
    assert "2 registered people get an e-mail" in said
    assert "Saved earlier without telling anybody" in said
    besides = said.partition("Saved earlier")[2].partition("Who is told")[0]
    assert "Moved from 18 June 2027 to 22 October 2027." in besides
    day_2, where = "Final conference – Public conference", "Where Maastricht (venue to be announced) → Maastricht"
    assert entries(preview) == [
        f"{day_2} As 1 person knows it: When 18 June 2027 → 22 October 2027 {where}, Netherlands",
        f"{day_2} As 1 person knows it: {where}, Netherlands",
    ]
    closing = said.partition("What no e-mail says")[2].partition("Saved earlier")[0]
    closes = "So far 18 June 2027, 00:00 CEST From now on 22 October 2027, 00:00 CEST"
    assert closing.endswith(f"As 1 person knows it: {closes} ")
    decide(organiser, preview, "announcement", "yes")
    found = told(app, clock)
    moved, announced = "Moved from 18 June 2027 to 22 October 2027.", "The event has been announced."
    assert {name: [one in flat(mail) for one in (moved, announced)] for name, mail in found.items()} == {
        "june": [True, True],
        "october": [False, True],
    }
    # Back to what June had heard: all have heard October by now, so that it is a move for both.
    preview = step(organiser, "rescheduling", **AUTUMN)
    assert entries(preview) == [f"{day_2} When 22 October 2027 → 5 November 2027"]
    assert "As 1 person" not in words(preview)
    decide(organiser, preview, "rescheduling", "yes")
    assert all("Moved from 22 October 2027 to 5 November 2027." in flat(mail) for mail in told(app, clock).values())


def test_what_came_back_to_what_somebody_had_heard_is_no_news_to_her(app, clock, organiser):
    come(app, "June")
    work(app)
    decide(organiser, step(organiser, "rescheduling", **LATER), "rescheduling", "no")
    come(app, "October")
    work(app)
    back = {"parts-1-starts_on": "2027-06-18", "parts-1-ends_on": "2027-06-18"}
    preview = step(organiser, "rescheduling", **back)
    assert "1 registered person gets an e-mail" in words(preview)
    decide(organiser, preview, "rescheduling", "yes")
    assert "1 person will be told" in words(organiser.get("/desk/events/conference/"))
    assert set(told(app, clock)) == {"october"}


def test_reason_of_a_closed_part_reaches_its_guests_and_nothing_public(app, client, clock, organiser):
    come(app, "Public")
    invite = filled(organiser.get("/desk/events/conference/participants/new")) | {
        "given_name": "Guest",
        "family_name": "Invited",
        "organisation": "Park",
        "email": "guest@park.example",
        "mode-day-1": "on_site",
    }
    assert organiser.post("/desk/events/conference/participants/new", data=invite).status_code == 303
    work(app)
    why = "The minister comes earlier."
    closed = {"parts-0-starts_on": "2027-06-16", "parts-0-ends_on": "2027-06-16"}
    preview = step(organiser, "rescheduling", **closed, reason=why)
    decide(organiser, preview, "rescheduling", "yes")
    clock.advance(minutes=1)
    # Within the same hold the public day moves, too: one e-mail for each, and each with its own reasons.
    preview = step(organiser, "rescheduling", **LATER, reason="The hall is taken.")
    decide(organiser, preview, "rescheduling", "yes")
    found = told(app, clock)
    assert {name: (why in flat(mail), "Moved from 18 June" in flat(mail)) for name, mail in found.items()} == {
        "public": (False, True),
        "guest": (True, False),
    }
    assert why in found["guest"].calendar.replace("\r\n ", "")
    public = ["/en/events/conference", "/en/", "/en/events/", "/calendar.ics", "/events/conference.ics", "/feed.atom"]
    pages = [client.get(path).get_data(as_text=True).replace("\r\n ", "") for path in public]
    assert [path for path, page in zip(public, pages, strict=True) if "minister" in page] == []
    assert "The hall is taken." in words(client.get(public[0]))
    assert not any(why in page for page in (found["public"].text, found["public"].html, found["public"].calendar))

    # Opened, the part keeps nothing of what its guests alone were told.
    preview = step(organiser, "edit", **{"parts-0-visibility": "public"})
    assert preview.status_code == 303
    come(app, "Later", **{"mode-day-1": "on_site"})
    found = told(app, clock)
    pages = [client.get(path).get_data(as_text=True).replace("\r\n ", "") for path in public]
    assert [path for path, page in zip(public, pages, strict=True) if "minister" in page] == []
    assert "minister" not in found["later"].calendar.replace("\r\n ", "")
    assert "minister" not in organiser.get("/desk/events/conference/texts").get_data(as_text=True)


def test_preview_shows_what_followers_read_and_who_reads_the_reason_in_another_language(app, clock):
    add_event(app, opens=None)
    with app.app_context(), transaction():
        event = queries.event_by_slug("conference", lock=True)
        for language in ("fr", "pl"):
            address = f"{language}@park.example"
            followers.ask(event, email=address, language=language, text_version="1", text_language=language, by=VISITOR)
            db.session.flush()
            newest = db.session.scalar(db.select(Follower).order_by(Follower.id.desc()))
            assert newest is not None
            followers.confirm(newest, by=VISITOR)
    work(app)
    clock.advance(days=1)
    organiser = signed_in(app)
    preview = step(organiser, "rescheduling", **OCTOBER, reason="The hall is taken.")
    page = soup(preview)
    samples = {one.summary.get_text(" ", strip=True): one.get_text(" ") for one in page.select(".sample-follower")}
    assert list(samples) == ["French · kept informed · 1 e-mail", "Polish · kept informed · 1 e-mail"]
    assert "Déplacé du" in next(iter(samples.values()))
    assert not re.search(r"/updates/(?!…)", str(page.main))  # nobody's way out is shown
    foreign = [" ".join(line.get_text(" ").split()) for line in page.select("#foreign li")]
    assert foreign == ["French: 1 reader · reason (English)", "Polish: 1 reader · title (English), reason (English)"]
    decide(organiser, preview, "rescheduling", "yes")
    written = told(app, clock)
    assert all(flat(written["fr"])[:60] in " ".join(text.split()) for text in list(samples.values())[:1])


def test_another_hall_is_no_news_to_who_takes_part_online(app, clock, organiser):
    for name, mode in (("Olga", "online"), ("Hans", "on_site")):
        come(app, name, **{"mode-day-2": mode})
    work(app)
    preview = step(organiser, "edit", venue__name="Vrijthof Hall")
    said = words(preview)
    assert "1 registered person gets an e-mail" in said
    assert "1 registered person is not concerned and hears nothing" in said
    assert "Dear Hans" in said.partition("English · 1 e-mail")[2]
    decide(organiser, preview, "edit", "yes")
    assert "1 person will be told" in words(organiser.get("/desk/events/conference/"))
    assert list(told(app, clock)) == ["hans"]
    # A new day and another room at once: each reads what concerns her, and the desk of the closed day's room, too.
    room = {"parts-0-venue-name": "Room 101", "parts-0-venue-city": "Geleen", "venue-name": "Campus"}
    decide(organiser, step(organiser, "edit", **room, **LATER), "edit", "yes")
    held = words(organiser.get("/desk/events/conference/"))
    assert "Working-group meeting: The venue is now: Room 101, Geleen, Netherlands" in held
    found = told(app, clock)
    assert {name: ("22 October" in flat(mail), "Campus" in flat(mail)) for name, mail in found.items()} == {
        "hans": (True, True),
        "olga": (True, False),
    }
    assert "LOCATION:Online" in found["olga"].calendar


def test_whoever_has_not_heard_is_told_also_when_what_is_announced_does_not_concern_her(app, clock, organiser):
    for name, mode in (("Olga", "online"), ("Hans", "on_site")):
        come(app, name, **{"mode-day-2": mode})
    work(app)
    earlier = {"parts-1-starts_time": "09:30", "parts-1-ends_time": "16:00"}
    decide(organiser, step(organiser, "rescheduling", **earlier), "rescheduling", "no")
    preview = step(organiser, "edit", venue__name="Vrijthof Hall")
    said = words(preview)
    assert "2 registered people get an e-mail" in said
    assert "not concerned" not in said
    assert "09:30" in said.partition("Saved earlier")[2].partition("Who is told")[0]
    decide(organiser, preview, "edit", "yes")
    assert "2 people will be told" in words(organiser.get("/desk/events/conference/"))
    found = told(app, clock)
    assert {name: ("09:30" in flat(mail), "Vrijthof" in flat(mail)) for name, mail in found.items()} == {
        "hans": (True, True),
        "olga": (True, False),
    }
    headings = {soup(preview).h1.get_text(), soup(preview).select_one(".sample-subject").get_text()}
    assert {mail.envelope.subject for mail in found.values()} == headings
    assert (found["olga"].method, "DTSTART;TZID=Europe/Amsterdam:20270618T093000" in found["olga"].calendar) == (
        "REQUEST",
        True,
    )
    # She has heard it now: the next hall is none of her business.
    assert "1 registered person is not concerned" in words(step(organiser, "edit", venue__name="Campus"))


def test_what_followers_have_not_heard_is_announced_with_the_change_that_brings_it(app, clock, organiser):
    Conference(app, clock, slug="conference").follow(Person("", "en", email="en@park.example"))
    clock.advance(minutes=1)
    decide(organiser, step(organiser, "rescheduling", **LATER), "rescheduling", "no")
    clock.advance(days=1)
    organiser = signed_in(app)
    preview = step(organiser, "edit", venue__name="Vrijthof Hall")
    said = words(preview)
    besides = said.partition("Saved earlier without telling anybody")[2].partition("Who is told")[0]
    assert "Moved from 18 June 2027 to 22 October 2027." in besides
    assert soup(preview).h1.get_text() == soup(preview).select_one(".sample-subject").get_text()
    decide(organiser, preview, "edit", "yes")
    assert "Moved from 18 June 2027 to 22 October 2027." in flat(told(app, clock)["en"])


def _room_for(places: int):
    return replace(PUBLIC_DAY, capacity={Mode.ON_SITE: places})
