"""What calendars answer: read as clients write it, and nothing believed that is not there."""

import contextlib
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3chem_events.calendar import itip
from s3chem_events.calendar.itip import Answer, NotAnAnswer, PartStat
from tests.support.patience import ends
from tests.support.replies import CALENDARS, Reply

pytestmark = pytest.mark.one_database

REPLY = Reply(uid="conference-1f@localhost", organizer="events+r1-2-abcdefgh234567ab@s3chem.example", sequence=3)
READ = Answer(
    uid="conference-1f@localhost",
    sequence=3,
    stamped_at=datetime(2026, 11, 23, 12, 5, tzinfo=UTC),
    attendee="zaneta@uczelnia.example",
    says=PartStat.DECLINED,
    organizer="events+r1-2-abcdefgh234567ab@s3chem.example",
    comment="",
)
MISSING = {
    "outlook": {"organizer": ""},
    "exchange": {"comment": "Je suis désolée, à bientôt"},
}


@pytest.mark.parametrize("client", CALENDARS)
def test_each_client_is_read_whole(client):
    assert itip.answers(REPLY.calendar(client)) == (replace(READ, **MISSING.get(client, {})),)


@pytest.mark.parametrize("partstat, says", [("ACCEPTED", "accepted"), ("tentative", "tentative")])
def test_yes_and_perhaps_are_answers_too(partstat, says):
    (answer,) = itip.answers(replace(REPLY, partstat=partstat).calendar("gmail"))
    assert answer.says == says


ODD = {
    "attendee in capitals": (b"mailto:zaneta@", b"MAILTO:zaneta@"),
    "attendee without a scheme": (b":mailto:zaneta@", b":zaneta@"),
    "attendee with brackets": (b"mailto:zaneta@uczelnia.example", b"mailto:<zaneta@uczelnia.example>"),
    "attendee encoded": (b"mailto:zaneta@", b"mailto:zaneta%40"),
    "quoted status": (b"PARTSTAT=DECLINED", b'PARTSTAT="DECLINED"'),
    "colon in a quoted name": (b"CN=zane\r\n ta", b'CN="z:a;n"'),
    "byte order mark": (b"BEGIN:VCALENDAR\r\nPRODID", b"\xef\xbb\xbfBEGIN:VCALENDAR\r\nPRODID"),
    "bare line feeds": (b"\r\n", b"\n"),
    "doubled carriage returns": (b"\r\n", b"\r\r\n"),
    "bare carriage returns": (b"\r\n", b"\r"),
    "small letters": (b"BEGIN:VEVENT", b"begin:vevent"),
    "blanks after it": (b"METHOD:REPLY", b"METHOD:REPLY  "),
    "stamp without Z": (b"DTSTAMP:20261123T120500Z", b"DTSTAMP;TZID=UTC:20261123T120500"),
    "line that is none": (b"STATUS:CONFIRMED", b"what is this\r\n=?;:\r\nSTATUS:CONFIRMED"),
    "zone that ends nowhere": (b"BEGIN:VEVENT", b"BEGIN:VTIMEZONE\r\nEND:VTIMEZONE\r\nEND:STANDARD\r\nBEGIN:VEVENT"),
    "others who say nothing": (b"CREATED:", b"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:b@c.example\r\nCREATED:"),
}


@pytest.mark.parametrize("odd", ODD)
def test_oddities_of_the_wild_change_nothing(odd):
    before, after = ODD[odd]
    content = REPLY.calendar("gmail")
    assert before in content
    assert itip.answers(content.replace(before, after)) == (READ,)


def test_exchange_names_nobody_where_it_knows_the_guest_only_by_its_directory():
    content = REPLY.calendar("exchange").replace(b"MAILTO:zaneta@uczelnia.example", b"invalid:nomail")
    assert itip.answers(content)[0].attendee == ""
    by_parameter = content.replace(b"PARTSTAT=", b"EMAIL=zaneta@uczelnia.example;PARTSTAT=")
    assert itip.answers(by_parameter)[0].attendee == "zaneta@uczelnia.example"


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "", "no-such-charset", "punycode"])
def test_text_in_an_old_charset_keeps_its_accents(charset):
    content = REPLY.calendar("exchange").decode().encode("iso-8859-1")
    assert itip.answers(content, charset=charset)[0].comment == "Je suis désolée, à bientôt"


def test_sixteen_bits_and_a_character_cut_by_a_fold():
    assert itip.answers(REPLY.calendar("gmail").decode().encode("utf-16"), charset="utf-16") == (READ,)
    cut = REPLY.calendar("exchange").replace("é".encode(), b"\xc3\r\n \xa9", 1)
    assert itip.answers(cut)[0].comment == "Je suis désolée, à bientôt"


def test_several_events_answer_once_for_each_uid_and_the_whole_outranks_a_single_day():
    content = REPLY.calendar("gmail").decode()
    event = re.findall("BEGIN:VEVENT.*END:VEVENT\r\n", content, re.DOTALL)[0]
    day = event.replace("SEQUENCE", "RECURRENCE-ID:20270618T093000Z\r\nSEQUENCE").replace("DECLINED", "ACCEPTED")
    other = event.replace("conference-1f", "day-2").replace("DECLINED", "TENTATIVE")
    read = itip.answers(content.replace(event, day + event + day + other).encode())
    assert [(answer.uid, answer.says) for answer in read] == [
        ("conference-1f@localhost", "declined"),
        ("day-2@localhost", "tentative"),
    ]


@pytest.mark.parametrize(
    "before, after, why",
    [
        (b"METHOD:REPLY", b"METHOD:REQUEST", "METHOD:REQUEST"),
        (b"METHOD:REPLY", b"METHOD:COUNTER", "METHOD:COUNTER"),
        (b"METHOD:REPLY\r\n", b"", "no METHOD"),
        (b"BEGIN:VEVENT", b"BEGIN:VTODO", "no VEVENT"),
        (b"UID:conference-1f@localhost", b"UID:", "no UID"),
        (b"PARTSTAT=DECLINED", b"PARTSTAT=DELEGATED", "PARTSTAT=delegated"),
        (b"PARTSTAT=DECLINED", b"PARTSTAT=NEEDS-ACTION", "no ATTENDEE with a PARTSTAT"),
        (b"CREATED:", b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:b@c.example\r\nCREATED:", "several guests"),
        (b"BEGIN:VEVENT", b"BEGIN:X\r\n" * 9 + b"BEGIN:VEVENT", "too deep"),
        (b"BEGIN:VEVENT", b"X-FILL:" + b"a" * 600_000 + b"\r\nBEGIN:VEVENT", "too large"),
    ],
)
def test_what_is_no_answer_is_refused_with_its_reason(before, after, why):
    content = REPLY.calendar("gmail")
    assert before in content
    with pytest.raises(NotAnAnswer, match=f"^{re.escape(why)}$"):
        itip.answers(content.replace(before, after))


def test_numbers_and_moments_that_are_none_are_the_first_and_unknown():
    content = REPLY.calendar("gmail").replace(b"SEQUENCE:3", b"SEQUENCE:9" + b"9" * 400)
    assert itip.answers(content)[0].sequence == 0
    content = content.replace(b"DTSTAMP:20261123", b"DTSTAMP:20261399")
    assert itip.answers(content)[0].stamped_at is None


@pytest.mark.parametrize(
    "flood",
    [
        b'ATTENDEE;CN="' + b";" * 400_000,
        b":" * 400_000,
        b"\r\n " * 150_000,
        b"BEGIN:VEVENT\r\n" * 30_000,
        b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.example\r\n" * 10_000,
        b"A;" * 200_000 + b'"' * 99,
        b"\\" * 400_000,
        b"\r" * 60_000,
        b"\n" * 60_000,
        b";" * 60_000,
    ],
)
def test_floods_are_read_to_an_end(flood):
    content = REPLY.calendar("gmail").replace(b"STATUS:", flood + b"\r\nCOMMENT:" + b"\\n" * 10_000 + b"\r\nSTATUS:")
    with ends(), contextlib.suppress(NotAnAnswer):
        itip.answers(content)


def test_answer_is_read_up_to_a_size_and_a_number_of_events():
    content = REPLY.calendar("gmail")
    with pytest.raises(NotAnAnswer, match="too large"):
        itip.answers(content + b"\r" * itip.LARGEST)
    start, end = content.index(b"BEGIN:VEVENT"), content.index(b"END:VCALENDAR")
    head, event, tail = content[:start], content[start:end], content[end:]
    assert itip.answers(head + event * itip.MOST_EVENTS + tail) == (READ,)
    with pytest.raises(NotAnAnswer, match="too many events"):
        itip.answers(head + event * (itip.MOST_EVENTS + 1) + tail)


PIECES = [
    *(f"{line}\r\n".encode() for content in CALENDARS.values() for line in content.splitlines()),
    *(b"\x00", b"\xff\xfe", b'"', b";", b":", b"\r\n ", b"\\", b"=", b"METHOD:REPLY\r\n", "ż\u2028".encode()),
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)), max_size=40), st.text(max_size=12))
def test_whatever_arrives_is_an_answer_or_refused(pieces, charset):
    try:
        found = itip.answers(b"".join(pieces), charset=charset)
    except NotAnAnswer:
        return
    for answer in found:
        assert answer.uid
        assert answer.says in set(PartStat)
        assert "\n" not in answer.attendee + answer.organizer


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(CALENDARS)), st.data())
def test_one_wrong_byte_never_makes_another_guest_answer(client, data):
    content = bytearray(REPLY.calendar(client))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = itip.answers(bytes(content))
    except NotAnAnswer:
        return
    assert len(found) == 1
    assert len(found[0].attendee) <= itip.LONGEST_ADDRESS
