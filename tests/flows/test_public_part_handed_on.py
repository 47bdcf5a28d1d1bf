"""An event's only part becomes a closed one, and a new part is the public's: everybody's calendar goes with it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from icalendar import Calendar

from s3chem_events.core.text import Text
from s3chem_events.publishing.lifecycle import Mode, State
from tests.conftest import Clock
from tests.factories import CONFERENCE, PUBLIC_DAY, add_event, revise_event, words
from tests.support.calendars import CautiousSubscription, GuestCalendar, version_of
from tests.support.conference import Conference, Person, changed
from tests.support.desk import filled

TITLE = Text(en="Conference E1", fr="Conférence E1")
BOTH_DAYS = replace(
    PUBLIC_DAY,
    key="e1",
    title=TITLE,
    starts=datetime(2027, 6, 17, 10),  # noqa: DTZ001 - local
    ends=datetime(2027, 6, 18, 16),  # noqa: DTZ001
    capacity={Mode.ON_SITE: None, Mode.ONLINE: None},
)
DAY_1 = {
    "parts__0__title": "Day 1: IWG meeting",
    "parts__0__visibility": "invited",
    "parts__0__ends_on": "2027-06-17",
    "parts__0__ends_time": "17:00",
}
DAY_2 = {
    "parts__1__title": "Day 2: Conference",
    "parts__1__starts_on": "2027-06-18",
    "parts__1__starts_time": "09:30",
    "parts__1__ends_on": "2027-06-18",
    "parts__1__ends_time": "16:00",
    "parts__1__on_site": "y",
}
MOVED = "Moved from 17 June 2027, 10:00 – 18 June 2027, 16:00 CEST to 18 June 2027, 09:30–16:00 CEST."

NOW_IN_TWO = "Désormais en deux parties : {} (17 juin 2027, 10:00–17:00 CEST) et {} (18 juin 2027, 09:30–16:00 CEST)."
"""The first part has a French title."""


@pytest.fixture
def house(app: Flask, clock: Clock) -> Conference:
    add_event(app, state=State.SAVE_THE_DATE, title=TITLE, parts=(BOTH_DAYS,), opens=None)
    clock.advance(days=1)
    return Conference(app, clock, slug="conference")


def open_registration(house: Conference) -> None:
    house.clock.advance(minutes=1)
    revise_event(house.app, state=State.ANNOUNCED, opens=CONFERENCE.opens)


def split(house: Conference, told: str = "yes") -> str:
    """Split the event at the desk; returns the preview's words."""
    page = house.send("edit", filled(house.desk.get(f"{house.event}/edit")) | {"do": "add:parts"})
    preview = house.send("edit", changed(page, DAY_1 | DAY_2))
    house.decide("edit", preview, told)
    return words(preview)


def in_public(house: Conference) -> dict[str, tuple[str, int]]:
    """Return what the event's public file holds: titles and SEQUENCE by UID."""
    entries = Calendar.from_ical(house.public.get("/events/conference.ics").data).walk("VEVENT")
    return {str(entry["UID"]): (str(entry["SUMMARY"]), version_of(entry)[0]) for entry in entries}


def test_event_keeps_its_entry_and_the_closed_part_gets_one_of_its_own(house: Conference) -> None:
    ((uid, (_title, old)),) = in_public(house).items()
    subscribed, saved = CautiousSubscription(house.public, "/events/conference.ics"), GuestCalendar()
    saved.take(house.public.get("/events/conference.ics").data)
    subscribed.refresh()
    anna, twice, jean = (
        Person(name, language, frozenset({"e1"}), email=f"{name.lower()}@park.example")
        for name, language in (("Anna", "en"), ("Twice", "en"), ("Jean", "fr"))
    )
    follower = Person("Follower", "en", email="follower@park.example")
    house.follow(follower)
    open_registration(house)
    for person in (anna, twice, jean):
        house.register(person)
        assert house.post_comes() == {person: 1}
        assert person.done == [("REQUEST", uid)]
    for _again in range(2):  # her own changes: her entry is ahead of the others'
        house.press(f"{twice.own_page}/mode/e1")
        assert house.post_comes() == {twice: 1}
    preview = split(house)
    assert "Title of “Day 1: IWG meeting” in another language (French): “Conférence E1”" in preview
    house.clock.advance(minutes=10)
    assert house.post_comes() == {anna: 1, twice: 1, jean: 1, follower: 1}
    ((kept, (title, sequence)),) = in_public(house).items()
    assert (kept, title) == (uid, "Conference E1 – Day 2: Conference")
    assert sequence > old
    assert {one: shown.title for one, shown in subscribed.refresh().items()} == {uid: title}
    assert house.history("fr")[0] == NOW_IN_TWO.format("Conférence E1", "Day 2: Conference")
    # Who follows reads where it went, and the file replaces what she saved.
    told = " ".join(follower.mails[-1].text.split())
    assert MOVED in told, told
    assert "This part is new" not in told
    assert follower.done == [("PUBLISH", uid)]
    # Whoever is registered for the day that closed finds it once, by a UID of its own.
    (own,) = anna.calendar.entries
    assert own != uid
    for person in (anna, twice, jean):
        assert person.done == [("REQUEST", own), ("CANCEL", uid)]
        assert list(person.calendar.entries) == [own]
    # Somebody else of her mailbox takes the public day: under the event's UID, which that calendar takes up again.
    colleague = replace(twice, family_name="Colleague", parts=frozenset({key_of(house, 1)}))
    house.register(colleague)
    assert house.post_comes() == {colleague: 1}
    assert colleague.done == [("REQUEST", uid)]
    assert set(twice.calendar.entries) == {own, uid}
    # Off for good: each takes out what she has, and nothing else.
    off = house.fill_in("cancellation", what="event")
    house.decide("cancellation", off, "yes")
    house.clock.advance(minutes=10)
    house.post_comes()
    assert (anna.done, jean.done) == ([("CANCEL", own)], [("CANCEL", own)])
    assert (anna.calendar.entries, twice.calendar.entries) == ({}, {})


def test_split_that_is_taken_back_gives_the_uid_back_and_a_second_one_keeps_the_closed_parts_own(house: Conference):
    (uid,) = in_public(house)
    anna = Person("Anna", "en", frozenset({"e1"}), email="anna@park.example")
    open_registration(house)
    house.register(anna)
    house.post_comes()
    split(house)
    assert list(in_public(house)) == [uid]
    assert "Undone. Nobody has been told." in house.undo()
    assert list(in_public(house)) == [uid]
    house.clock.advance(minutes=10)
    assert house.post_comes() == {}
    subscribed = CautiousSubscription(house.public, anna.link(r"/calendar/[^/\s]+\.ics"))
    assert list(subscribed.refresh()) == [uid]
    split(house, "no")
    assert list(subscribed.refresh()) == [*anna.calendar.entries] == [uid]  # what she has twice is one entry still
    preview = house.fill_in("rescheduling", parts__0__starts_time="11:00")
    house.decide("rescheduling", preview, "yes")
    house.clock.advance(minutes=10)
    assert house.post_comes() == {anna: 1}
    (own,) = anna.calendar.entries
    assert anna.done == [("REQUEST", own), ("CANCEL", uid)]
    assert list(subscribed.refresh()) == [own]
    # The mirror: the closed day opens again beside the public one, and both keep what they have.
    preview = house.fill_in("edit", parts__0__visibility="public", parts__0__starts_time="12:00")
    house.decide("edit", preview, "yes")
    assert set(in_public(house)) == {uid, own}
    house.clock.advance(minutes=10)
    assert house.post_comes() == {anna: 1}
    assert anna.done == [("REQUEST", own)]


def test_each_email_takes_out_the_entry_that_her_calendar_holds(house: Conference):
    """Whatever leaves first after a split, told or not: nobody keeps the old entry, nor has two."""
    (uid,) = in_public(house)
    open_registration(house)
    leaves, switches, quits = (
        Person(name, "en", frozenset({"e1"}), email=f"{name.lower()}@park.example")
        for name in ("Leaves", "Switches", "Quits")
    )
    online = Person("Online", "en", frozenset({"e1"}), mode="online", email="online@park.example")
    everybody = (leaves, switches, quits, online)
    for person in everybody:
        house.register(person)
    house.post_comes()
    assert [list(person.calendar.entries) for person in everybody] == [[uid]] * 4
    split(house)
    house.press(f"{leaves.own_page}/withdrawal")  # within the hold
    house.press(f"{switches.own_page}/mode/e1")
    assert house.post_comes() == {leaves: 1, switches: 1}
    (own,) = switches.calendar.entries
    assert (leaves.done, leaves.calendar.entries) == ([("CANCEL", uid)], {})
    assert (switches.done, own != uid) == ([("REQUEST", own), ("CANCEL", uid)], True)
    assert "Undone." in house.undo()
    house.post_comes()
    assert [list(person.calendar.entries) for person in (switches, quits, online)] == [[uid]] * 3
    house.clock.advance(minutes=10)
    split(house, "no")
    house.fill_in("edit", parts__0__online_url="https://meet.example.org/e1")
    house.clock.set(datetime(2027, 6, 16, 8, tzinfo=UTC))
    house.tick()
    house.post_comes()
    (own,) = online.calendar.entries
    assert (online.done, own != uid) == ([("REQUEST", own), ("CANCEL", uid)], True)
    house.press(f"{online.own_page}/withdrawal")
    house.press(f"{quits.own_page}/withdrawal")
    house.post_comes()
    assert (online.done, online.calendar.entries) == ([("CANCEL", own)], {})
    assert (quits.done, quits.calendar.entries) == ([("CANCEL", uid)], {})


def key_of(house: Conference, position: int) -> str:
    """Return the key of a part, as the event's file has it."""
    key: str = house.desk.get(f"{house.event}/event.json").get_json()["parts"][position]["key"]
    return key
