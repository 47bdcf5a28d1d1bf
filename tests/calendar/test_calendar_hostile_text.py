"""Whatever stands in the texts, a file stays a file."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3chem_events.calendar import clean, components, ics, zones
from s3chem_events.calendar.entries import Calendar, Entry, Mailbox, Status

pytestmark = pytest.mark.one_database

AT = datetime(2027, 2, 3, 9, 30, tzinfo=UTC)
NASTY = [
    *("\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x00", "\x07", "\x1b", "\x7f", "\t", "\ufeff"),
    *(
        "BEGIN:VEVENT",
        "END:VCALENDAR",
        "\r\nATTENDEE:mailto:eve@evil.example",
        "\r\n DTSTAMP:x",
        "\r\nBcc: e@evil.example",
    ),
    *("\\", "\\n", ";", ",", ":", '"', "^", "^n", "'", "’", " ", "%", "=", "{zone}", "\ud83d"),
    *("👨‍👩‍👧‍👦", "é", "e\u0301", "Źdźbło", "محمد", "张伟", "\u202e", "x" * 80, "ü" * 40, "🎓" * 20),
]
texts = st.lists(st.one_of(st.sampled_from(NASTY), st.text(st.characters(), max_size=12)), max_size=12).map("".join)
entries = st.builds(
    Entry,
    uid=texts.map("{}@events.example.org".format),
    sequence=st.integers(0, 99),
    status=st.sampled_from(Status),
    starts=st.just(datetime(2027, 6, 17, 7, tzinfo=UTC)),
    ends=st.just(datetime(2027, 6, 18, 14, tzinfo=UTC)),
    zone=st.sampled_from(["Europe/Amsterdam", "Asia/Tokyo"]),
    summary=texts.map("Talk {}".format),
    url=texts.map("https://events.example.org/{}".format),
    created_at=st.just(AT),
    revised_at=st.just(AT),
    location=texts,
    description=texts,
    organizer=st.builds(Mailbox, name=texts, address=st.just("events@events.example.org")),
    categories=st.lists(texts, max_size=3).map(tuple),
    conference_url=texts.map("https://meet.example.org/{}".format),
    conference_label=texts,
    conference_lead=texts,
)
guests = st.builds(Mailbox, name=texts, address=texts.map("{}@park.example".format))
calendars = st.builds(
    Calendar,
    name=texts,
    description=texts,
    source_url=texts.map("https://events.example.org/{}".format),
    page_url=texts.map("https://events.example.org/{}".format),
    language=st.just("en"),
)
KNOWN = {
    *("BEGIN", "END", "VERSION", "PRODID", "CALSCALE", "METHOD", "DESCRIPTION", "X-WR-CALDESC", "NAME", "X-WR-CALNAME"),
    *("COLOR", "LAST-MODIFIED", "SOURCE", "URL", "REFRESH-INTERVAL", "X-PUBLISHED-TTL", "TZID", "X-LIC-LOCATION"),
    *("DTSTART", "RRULE", "TZNAME", "TZOFFSETFROM", "TZOFFSETTO", "SUMMARY", "DTEND", "UID", "DTSTAMP", "SEQUENCE"),
    *("CATEGORIES", "CONFERENCE", "CREATED", "LOCATION", "ORGANIZER", "STATUS", "TRANSP", "ATTENDEE"),
    "X-MICROSOFT-CDO-BUSYSTATUS",
}
# Of a VEVENT, where a line too many would be an injected one.
ONCE = ("UID", "DTSTAMP", "SUMMARY", "DTSTART", "DTEND", "ORGANIZER", "URL", "STATUS")


def check(file: bytes) -> Any:
    """Hold a file to the grammar of content lines, octet by octet, and return its only event as icalendar reads it."""
    assert file.endswith(b"END:VCALENDAR\r\n")
    for line in file.removesuffix(b"\r\n").split(b"\r\n"):
        assert 0 < len(line) <= 75
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line)
        line.decode("utf-8")
    logical = file.replace(b"\r\n ", b"").removesuffix(b"\r\n").decode().split("\r\n")
    assert {re.split("[:;]", line)[0] for line in logical} <= KNOWN
    assert [line for line in logical if line in {"BEGIN:VEVENT", "END:VEVENT"}] == ["BEGIN:VEVENT", "END:VEVENT"]
    parsed: Any = icalendar.Calendar.from_ical(file)
    assert [error for component in parsed.walk() for error in component.errors] == []
    [event] = parsed.events
    assert [name for name in ONCE if isinstance(event.get(name), list) or name not in event] == []
    return event


@given(calendar=calendars, entry=entries)
@settings(max_examples=150, deadline=None)
def test_feed_of_hostile_texts_is_whole_and_says_what_was_meant(calendar: Calendar, entry: Entry) -> None:
    event = check(ics.feed(calendar, [entry]))
    assert str(event["SUMMARY"]) == clean.one_line(entry.summary)
    assert "ATTENDEE" not in event
    assert str(event["DESCRIPTION"]).startswith(clean.paragraphs(entry.description))


@given(entry=entries, guest=guests, note=texts, method=st.sampled_from(["REQUEST", "CANCEL"]))
@settings(max_examples=150, deadline=None)
def test_letter_to_a_hostile_guest_is_whole_and_equals_the_slow_way(
    entry: Entry, guest: Mailbox, note: str, method: str
) -> None:
    if method == "REQUEST":
        file = ics.invitation(entry, attendee=guest, sent_at=AT, language="en", note=note)
    else:
        file = ics.cancellation(entry, attendee=guest, sent_at=AT, language="en", note=note)
        entry = replace(entry, status=Status.CANCELLED)
    event = check(file)
    assert not isinstance(event["ATTENDEE"], list)
    assert event["ATTENDEE"].params.get("CN", "") == clean.parameter(guest.name)
    zone = zones.vtimezone(entry.zone) if entry.zone == "Europe/Amsterdam" else b""
    slow = components.event(entry, stamp=AT, method=method, attendee=guest, note=note)
    assert file == components.frame(method, "en") + zone + slow + b"END:VCALENDAR\r\n"


@given(texts)
@settings(max_examples=150, deadline=None)
def test_addresses_stay_in_the_characters_of_a_uri(text: str) -> None:
    for address in (clean.uri(text), clean.mailto(text)):
        assert re.fullmatch(r"[!#-;=?-\[\]_a-z~]*", address)


def test_usual_addresses_stay_as_they_are() -> None:
    url = "https://events.example.org/fr/r%C3%A9gions?a=1&b=(2);c,d#e"
    assert clean.uri(url) == url
    assert clean.uri(" https://events.example.org/é\r\nX:y ") == "https://events.example.org/%C3%A9X:y"
    assert clean.mailto("o'brien+s3chem@park.example") == "mailto:o'brien+s3chem@park.example"
    assert clean.mailto("a&b=c;d%/e@park.example") == "mailto:a%26b%3Dc%3Bd%25%2Fe@park.example"
