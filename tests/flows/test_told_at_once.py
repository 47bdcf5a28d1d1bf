"""What changes step by step before anybody is told is one change: nobody hears of the steps, nor sees them anywhere."""

from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from icalendar import Calendar
from werkzeug.test import TestResponse

from s3chem_events.publishing.facts import VenueFacts
from s3chem_events.publishing.lifecycle import State
from tests.conftest import Clock
from tests.factories import PUBLIC_DAY, add_event, soup, words
from tests.support.conference import CALENDARS, Conference, Person

MECC = VenueFacts(name="MECC", city="Maastricht", country="NL")
OCTOBER = replace(
    PUBLIC_DAY,
    starts=datetime(2027, 10, 22, 10),  # noqa: DTZ001 - local
    ends=datetime(2027, 10, 22, 16),  # noqa: DTZ001
)


@pytest.fixture
def anna() -> Person:
    return Person("Anna", "en", frozenset({"day-2"}), email="anna@park.example")


@pytest.fixture
def house(app: Flask, clock: Clock, anna: Person) -> Conference:
    add_event(app, state=State.ANNOUNCED, parts=(OCTOBER,), venue=MECC)
    clock.advance(days=1)
    house = Conference(app, clock, slug="conference")
    house.register(anna)
    house.post_comes()
    return house


def tell(house: Conference, page: str, **typed: str | None) -> None:
    house.decide(page, house.fill_in(page, **typed), "yes")


def moved_to(day: str) -> dict[str, str]:
    return {"parts__0__starts_on": day, "parts__0__ends_on": day}


def test_cancelled_before_the_new_date_was_told_it_never_had_that_date(house: Conference, anna: Person) -> None:
    tell(house, "postponement")
    house.clock.advance(minutes=10)
    assert house.post_comes() == {anna: 1}
    house.clock.advance(days=1)
    house.enter_desk()
    tell(house, "rescheduling", **moved_to("2027-11-05"))
    house.clock.advance(minutes=2)
    preview = house.fill_in("cancellation", what="event")
    assert "5 November" not in words(preview).partition("What changes")[2].replace("25 November", "")
    house.decide("cancellation", preview, "yes")
    house.clock.advance(minutes=10)
    assert house.post_comes() == {anna: 1}
    text = " ".join(anna.mails[-1].text.split())
    assert "The event has been cancelled." in text
    assert [one for one in ("Moved from", "November", "after all") if one in text] == []
    file = next(file for file in anna.mails[-1].attachments if file.content_type in CALENDARS)
    (entry,) = Calendar.from_ical(file.content).walk("VEVENT")
    assert (str(entry["STATUS"]), f"{entry['DTSTART'].dt:%d %B}") == ("CANCELLED", "22 October")
    assert house.history() == [
        "The event has been cancelled.",
        "The event has been postponed. A new date will be announced.",
    ]
    page = house.page()
    assert ("22 October 2027" in page, "5 November 2027" in page, "Previously" in page) == (True, False, False)
    assert house.for_search_engines()["startDate"].startswith("2027-10-22")


def test_previous_start_is_the_one_that_was_told_and_never_the_present_one(house: Conference, anna: Person) -> None:
    told = "2027-10-22T10:00:00+02:00"
    tell(house, "rescheduling", **moved_to("2027-11-05"))
    house.clock.advance(minutes=2)
    tell(house, "rescheduling", **moved_to("2027-11-06"))
    assert house.statuses()[::2] == (["EventRescheduled"], told)
    assert len(house.history()) == 1
    assert house.history()[0].startswith("Moved from 22 October 2027, 10:00–16:00 CEST to 6 November 2027")
    house.clock.advance(minutes=10)
    assert house.post_comes() == {anna: 1}
    house.clock.advance(days=1)
    house.enter_desk()
    tell(house, "rescheduling", parts__0__ends_time="18:00")  # longer, from the same start on
    house.clock.advance(minutes=10)
    assert house.post_comes() == {anna: 1}
    assert house.statuses()[::2] == (["EventRescheduled"], told)
    house.clock.advance(days=1)
    house.enter_desk()
    tell(house, "rescheduling", **moved_to("2027-10-22"), parts__0__ends_time="16:00")
    assert house.statuses()[2] == "2027-11-06T10:00:00+01:00"
    house.clock.advance(minutes=2)
    back = house.fill_in("rescheduling", **moved_to("2027-11-06"), parts__0__ends_time="18:00")
    assert back.status_code == 303  # within the hold: there is nothing to tell any more
    assert house.statuses()[::2] == (["EventRescheduled"], told)
    assert len(house.history()) == 2


def test_calendars_in_the_preview_change_from_what_people_have_as_the_mail_above_says(
    house: Conference, anna: Person
) -> None:
    house.clock.advance(minutes=1)
    house.decide("edit", house.fill_in("edit", venue__name="MECC Hall B"), "no")
    house.clock.advance(minutes=1)
    preview = house.fill_in("rescheduling", **moved_to("2027-11-05"))
    said = words(preview)
    assert "Before: MECC, Maastricht, Netherlands Now: MECC Hall B, Maastricht, Netherlands" in said, said
    assert calendar_lines(preview) == {
        "When": ["22 October 2027, 10:00–16:00 CEST", "5 November 2027, 10:00–16:00 CET"],
        "Where": ["MECC, Maastricht, Netherlands", "MECC Hall B, Maastricht, Netherlands"],
    }


def calendar_lines(preview: TestResponse) -> dict[str, list[str]]:
    """Return what becomes of each line of the entries in people's calendars."""
    lines = soup(preview).select(".entry dl")
    return {
        label.get_text(): [one.get_text() for one in value.select("del, ins")]
        for entry in lines
        for label, value in zip(entry.select("dt"), entry.select("dd"), strict=True)
    }


def test_reason_of_a_step_stays_on_the_page_when_the_next_one_told_with_it_gives_none(
    house: Conference, anna: Person
) -> None:
    tell(house, "mode", parts__0__on_site=None, parts__0__online="y", reason="Travel is forbidden.")
    house.clock.advance(minutes=2)
    tell(house, "rescheduling", **moved_to("2027-11-05"))
    house.clock.advance(minutes=10)
    assert house.post_comes() == {anna: 1}
    assert "Travel is forbidden." in anna.mails[-1].text
    assert "Travel is forbidden." in house.history()[0]
    assert "Travel is forbidden." in house.public.get("/feed.atom").text
