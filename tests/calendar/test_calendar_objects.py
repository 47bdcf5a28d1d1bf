"""The objects that calendars receive, byte for byte."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest

from s3chem_events.calendar import components, ics
from s3chem_events.calendar.entries import Calendar, Entry, Mailbox, Status

pytestmark = pytest.mark.one_database

MakeEntry = Callable[..., Entry]

SENT_AT = datetime(2020, 9, 1, 7, 0, 5, tzinfo=UTC)
ANNA = Mailbox(name='Żaneta "Zan" Źdźbło', address="o'brien+s3chem@park.example")
AMSTERDAM = ZoneInfo("Europe/Amsterdam")

VTIMEZONE = """\
BEGIN:VTIMEZONE
TZID:Europe/Amsterdam
X-LIC-LOCATION:Europe/Amsterdam
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
"""


def lines(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def test_save_the_date_without_hours_and_place_is_two_whole_days_that_leave_time_free(save_the_date: MakeEntry) -> None:
    assert ics.download([save_the_date()], language="fr") == lines(
        """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//S3Chem//S3Chem Events//FR
CALSCALE:GREGORIAN
METHOD:PUBLISH
BEGIN:VEVENT
SUMMARY:Save the date: Final conference
DTSTART;VALUE=DATE:20200617
DTEND;VALUE=DATE:20200619
DTSTAMP:20200203T093000Z
UID:final-conference-8f2c@events.example.org
SEQUENCE:0
CREATED:20200201T080000Z
DESCRIPTION:https://events.example.org/en/events/final-conference
LAST-MODIFIED:20200203T093000Z
ORGANIZER;CN="S3Chem, Limburg":mailto:events@events.example.org
STATUS:TENTATIVE
TRANSP:TRANSPARENT
URL:https://events.example.org/en/events/final-conference
X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE
END:VEVENT
END:VCALENDAR
"""
    )


def test_subscription_says_what_it_is_and_carries_the_zone_of_a_timed_event(
    online: MakeEntry, subscription: Calendar
) -> None:
    assert ics.feed(subscription, [online()]) == lines(
        """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//S3Chem//S3Chem Events//EN
CALSCALE:GREGORIAN
METHOD:PUBLISH
DESCRIPTION:All events\\; public
X-WR-CALDESC:All events\\; public
NAME:S3Chem\\, events
X-WR-CALNAME:S3Chem\\, events
COLOR:royalblue
REFRESH-INTERVAL;VALUE=DURATION:PT4H
SOURCE;VALUE=URI:https://events.example.org/calendar.ics?lang=en
URL:https://events.example.org/en/events/
X-PUBLISHED-TTL:PT4H
"""
        + VTIMEZONE
        + """\
BEGIN:VEVENT
SUMMARY:Final conference (postponed\\, now online)
DTSTART;TZID=Europe/Amsterdam:20201021T093000
DTEND;TZID=Europe/Amsterdam:20201022T160000
DTSTAMP:20200203T093000Z
UID:final-conference-8f2c@events.example.org
SEQUENCE:2
CATEGORIES:Conference,Chemistry\\, regions
CONFERENCE;FEATURE=AUDIO,VIDEO;LABEL="Join; day 2";VALUE=URI:https://meet.
 example.org/final?room=1
CREATED:20200201T080000Z
DESCRIPTION:Seven regions\\, one chemistry.\\nWhat we learned\\; what stays.
 \\n\\nJoin\\; day 2: https://meet.example.org/final?room=1\\n\\nhttps://events.
 example.org/en/events/final-conference
LAST-MODIFIED:20200203T093000Z
LOCATION:https://meet.example.org/final?room=1
ORGANIZER;CN="S3Chem, Limburg":mailto:events@events.example.org
STATUS:CONFIRMED
TRANSP:OPAQUE
URL:https://events.example.org/en/events/final-conference
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
END:VEVENT
END:VCALENDAR
"""
    )


def test_cancelled_event_stays_in_the_feed_without_place_and_join_link_and_frees_the_time(online: MakeEntry) -> None:
    entry = online(
        sequence=3,
        status=Status.CANCELLED,
        summary="Cancelled: Final conference",
        description="The host is ill.",
        location="Theatre, Maastricht",
    )
    event = lines(
        """\
BEGIN:VEVENT
SUMMARY:Cancelled: Final conference
DTSTART;TZID=Europe/Amsterdam:20201021T093000
DTEND;TZID=Europe/Amsterdam:20201022T160000
DTSTAMP:20200203T093000Z
UID:final-conference-8f2c@events.example.org
SEQUENCE:3
CATEGORIES:Conference,Chemistry\\, regions
CREATED:20200201T080000Z
DESCRIPTION:The host is ill.\\n\\nhttps://events.example.org/en/events/final
 -conference
LAST-MODIFIED:20200203T093000Z
ORGANIZER;CN="S3Chem, Limburg":mailto:events@events.example.org
STATUS:CANCELLED
TRANSP:TRANSPARENT
URL:https://events.example.org/en/events/final-conference
X-MICROSOFT-CDO-BUSYSTATUS:FREE
END:VEVENT
END:VCALENDAR
"""
    )
    assert ics.download([entry], language="en").endswith(event)


def test_invitation_names_its_guest_alone_as_having_accepted_and_bears_the_time_of_the_message(
    online: MakeEntry,
) -> None:
    entry = online(location="Theatre, Maastricht", conference_url="", categories=())
    assert ics.invitation(
        entry,
        attendee=ANNA,
        sent_at=SENT_AT,
        language="de",
        note="Your registration: https://events.example.org/de/registrations/t",
    ) == lines(
        """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//S3Chem//S3Chem Events//DE
CALSCALE:GREGORIAN
METHOD:REQUEST
"""
        + VTIMEZONE
        + """\
BEGIN:VEVENT
SUMMARY:Final conference (postponed\\, now online)
DTSTART;TZID=Europe/Amsterdam:20201021T093000
DTEND;TZID=Europe/Amsterdam:20201022T160000
DTSTAMP:20200901T070005Z
UID:final-conference-8f2c@events.example.org
SEQUENCE:2
ATTENDEE;CN="Żaneta ^'Zan^' Źdźbło";CUTYPE=INDIVIDUAL;PARTSTAT=ACCEPTE
 D;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:o'brien+s3chem@park.example
CREATED:20200201T080000Z
DESCRIPTION:Seven regions\\, one chemistry.\\nWhat we learned\\; what stays.
 \\n\\nhttps://events.example.org/en/events/final-conference\\n\\nYour registra
 tion: https://events.example.org/de/registrations/t
LAST-MODIFIED:20200203T093000Z
LOCATION:Theatre\\, Maastricht
ORGANIZER;CN="S3Chem, Limburg":mailto:events@events.example.org
STATUS:CONFIRMED
TRANSP:OPAQUE
URL:https://events.example.org/en/events/final-conference
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
END:VEVENT
END:VCALENDAR
"""
    )


def test_cancellation_takes_the_entry_out_of_one_calendar(save_the_date: MakeEntry) -> None:
    entry = save_the_date(sequence=4, summary="Cancelled: Final conference")
    guest = Mailbox(name="", address="anna@park.example")
    assert ics.cancellation(entry, attendee=guest, sent_at=SENT_AT, language="en") == lines(
        """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//S3Chem//S3Chem Events//EN
CALSCALE:GREGORIAN
METHOD:CANCEL
BEGIN:VEVENT
SUMMARY:Cancelled: Final conference
DTSTART;VALUE=DATE:20200617
DTEND;VALUE=DATE:20200619
DTSTAMP:20200901T070005Z
UID:final-conference-8f2c@events.example.org
SEQUENCE:4
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT:mailto:anna@park.example
CREATED:20200201T080000Z
DESCRIPTION:https://events.example.org/en/events/final-conference
LAST-MODIFIED:20200203T093000Z
ORGANIZER;CN="S3Chem, Limburg":mailto:events@events.example.org
STATUS:CANCELLED
TRANSP:TRANSPARENT
URL:https://events.example.org/en/events/final-conference
X-MICROSOFT-CDO-BUSYSTATUS:FREE
END:VEVENT
END:VCALENDAR
"""
    )


@pytest.mark.parametrize("note", ["", "Your page: https://events.example.org/en/registrations/ü"])
@pytest.mark.parametrize("method, write", [("REQUEST", ics.invitation), ("CANCEL", ics.cancellation)])
def test_letter_cut_open_for_each_guest_equals_the_one_written_whole(
    online: MakeEntry, note: str, method: str, write: Callable[..., bytes]
) -> None:
    entry = online(url="", conference_url="", description="") if not note else online()
    as_sent = replace(entry, status=Status.CANCELLED) if method == "CANCEL" else entry
    event = components.event(as_sent, stamp=SENT_AT, method=method, attendee=ANNA, note=note)
    whole = components.frame(method, "pl") + lines(VTIMEZONE) + event + b"END:VCALENDAR\r\n"
    assert write(entry, attendee=ANNA, sent_at=SENT_AT, language="pl", note=note) == whole


def test_message_needs_an_organizer_to_answer_to(online: MakeEntry) -> None:
    with pytest.raises(ValueError, match="METHOD:REQUEST needs an organizer"):
        ics.invitation(online(organizer=None), attendee=ANNA, sent_at=SENT_AT, language="en")


def test_icalendar_reads_the_feed_and_finds_the_true_moments_on_both_sides_of_the_clock_change(
    online: MakeEntry, subscription: Calendar
) -> None:
    """A6: 08:30 is 06:30Z on Saturday, still in summer time, and 07:30Z on Sunday."""
    talks = [
        online(
            uid=f"talk-{day}@events.example.org",
            starts=datetime(2020, 10, day, 8, 30, tzinfo=AMSTERDAM),
            ends=datetime(2020, 10, day, 9, 30, tzinfo=AMSTERDAM),
        )
        for day in (24, 25)
    ]
    parsed: Any = icalendar.Calendar.from_ical(ics.feed(subscription, talks))
    assert [error for event in parsed.walk() for error in event.errors] == []
    assert [event.start.astimezone(UTC) for event in parsed.events] == [
        datetime(2020, 10, 24, 6, 30, tzinfo=UTC),
        datetime(2020, 10, 25, 7, 30, tzinfo=UTC),
    ]
    assert [event["DTSTART"].to_ical() for event in parsed.events] == [b"20201024T083000", b"20201025T083000"]


def test_zone_outside_the_rule_is_written_in_utc_and_its_local_time_in_words(online: MakeEntry) -> None:
    entry = online(
        zone="Asia/Tokyo",
        starts=datetime(2020, 10, 21, 0, 30, tzinfo=UTC),
        ends=datetime(2020, 10, 21, 8, 0, tzinfo=UTC),
        conference_url="",
    )
    event: Any = icalendar.Calendar.from_ical(ics.download([entry], language="en"))
    assert event.timezones == []
    assert event.events[0]["DTSTART"].to_ical() == b"20201021T003000Z"
    assert event.events[0].description == (
        "Seven regions, one chemistry.\nWhat we learned; what stays.\n\n"
        "2020-10-21 09:30 - 17:00 (Asia/Tokyo)\n\nhttps://events.example.org/en/events/final-conference"
    )


def test_second_pass_of_the_doubled_hour_is_written_in_utc(online: MakeEntry) -> None:
    first = datetime(2027, 10, 31, 2, 30, tzinfo=AMSTERDAM)
    second = first.replace(fold=1)
    starts = []
    for moment in (first, second):
        entry = online(starts=moment, ends=datetime(2027, 10, 31, 5, tzinfo=AMSTERDAM))
        file = ics.download([entry], language="en")
        starts += [line for line in file.split(b"\r\n") if line.startswith(b"DTSTART") and b"1970" not in line]
    assert starts == [b"DTSTART;TZID=Europe/Amsterdam:20271031T023000", b"DTSTART:20271031T013000Z"]


def test_entry_refuses_what_no_calendar_can_show(online: MakeEntry, save_the_date: MakeEntry) -> None:
    moment = datetime(2020, 10, 21, 9, 30, tzinfo=UTC)
    with pytest.raises(ValueError, match="starts needs a time zone"):
        online(starts=moment.replace(tzinfo=None))
    with pytest.raises(ValueError, match="revised_at needs a time zone"):
        online(revised_at=moment.replace(tzinfo=None))
    with pytest.raises(ValueError, match="with hours, or without"):
        online(ends=date(2020, 10, 22))
    with pytest.raises(ValueError, match="ends after it starts"):
        online(starts=moment, ends=moment)
    with pytest.raises(ValueError, match="ends after it starts"):
        save_the_date(ends=date(2020, 6, 16))
    assert save_the_date(ends=date(2020, 6, 17)).ends == date(2020, 6, 17)


def test_order_of_the_entries_changes_nothing_and_each_zone_stands_once(
    online: MakeEntry, save_the_date: MakeEntry, subscription: Calendar
) -> None:
    entries = [
        save_the_date(uid="date@events.example.org"),
        online(uid="nl@events.example.org"),
        online(uid="pl@events.example.org", zone="Europe/Warsaw"),
        online(uid="be@events.example.org", zone="Europe/Warsaw"),
    ]
    bytes_ = ics.feed(subscription, entries)
    assert ics.feed(subscription, reversed(entries)) == bytes_
    assert [line for line in bytes_.split(b"\r\n") if line.startswith((b"TZID", b"UID"))] == [
        b"TZID:Europe/Amsterdam",
        b"TZID:Europe/Warsaw",
        b"UID:date@events.example.org",
        b"UID:be@events.example.org",
        b"UID:nl@events.example.org",
        b"UID:pl@events.example.org",
    ]


def test_feed_without_events_still_holds_a_component(subscription: Calendar) -> None:
    parsed: Any = icalendar.Calendar.from_ical(ics.feed(subscription, []))
    assert [component.name for component in parsed.subcomponents] == ["VTIMEZONE"]


def test_feed_of_two_hundred_events_is_small_and_writes_only_the_changed_one_anew(
    online: MakeEntry, subscription: Calendar
) -> None:
    entries = [
        online(
            uid=f"event-{number}@events.example.org",
            starts=datetime(2026, 1, 1, 9, tzinfo=AMSTERDAM) + timedelta(days=number),
            ends=datetime(2026, 1, 1, 17, tzinfo=AMSTERDAM) + timedelta(days=number),
            description="What the day is about, in a paragraph as organisers write them. " * 6,
        )
        for number in range(200)
    ]
    before = ics.feed(subscription, entries)
    assert len(before) < 300_000
    written = dict(ics._WRITTEN)
    entries[7] = replace(entries[7], sequence=3)
    after = ics.feed(subscription, entries)
    anew = [uid for (language, uid), kept in ics._WRITTEN.items() if written.get((language, uid)) is not kept]
    assert anew == ["event-7@events.example.org"]
    assert after != before
    assert ics.feed(subscription, entries) == after


def test_invitations_to_one_event_are_serialised_once(online: MakeEntry) -> None:
    misses = ics._letter.cache_info().misses
    letters = {
        ics.invitation(
            online(uid="many@events.example.org"),
            attendee=Mailbox(name=f"Guest {number}", address=f"guest-{number}@park.example"),
            sent_at=SENT_AT,
            language="en",
        )
        for number in range(100)
    }
    assert len(letters) == 100
    assert ics._letter.cache_info().misses == misses + 1
