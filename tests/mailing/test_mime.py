"""The bytes of an e-mail: read again by the standard library they say what was meant, whatever was typed."""

import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3chem_events.core.errors import Invalid
from s3chem_events.mailing import mime
from s3chem_events.mailing.letters import Letter
from s3chem_events.mailing.maildir import header

pytestmark = pytest.mark.one_database

EMBLEM = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3
LETTER = Letter(
    kind="registration.confirmed",
    fact_id=1,
    subject_id=1,
    address="zaneta@bücher.example",
    name="Żaneta Źdźbło",
    language="fr",
    subject="Votre place est confirmée : Conférence finale, 17–18 juin 2027",
    text="Bonjour Żaneta,\n\n.une ligne qui commence par un point\n" + "x" * 3000 + "\nfin \n",
    html='<p lang="fr">« Bonjour » &amp; à bientôt</p>\n' + "<b>y</b>" * 500,
    calendars=(b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:\xc3\xa9\r\nEND:VCALENDAR\r\n",),
    method="REQUEST",
    sender="events@s3chem.example",
    sender_name="S3Chem",
    reply_to="contact@s3chem.example",
    message_id="<0123456789abcdef@s3chem.example>",
    created_at=datetime(2026, 11, 23, 12, 30, 15, tzinfo=UTC),
)


def parsed(letter: Letter, *, emblem: bytes = EMBLEM) -> EmailMessage:
    return message_from_bytes(mime.message(letter, emblem=emblem), policy=email.policy.default)


def tree(part: Any) -> list[Any]:
    if part.is_multipart():
        return [part.get_content_type(), *(tree(child) for child in part.iter_parts())]
    return [part.get_content_type()]


def test_confirmation_is_built_as_calendars_want_it():
    mail = parsed(LETTER)
    assert tree(mail) == [
        "multipart/mixed",
        [
            "multipart/alternative",
            ["text/plain"],
            ["multipart/related", ["text/html"], ["image/png"]],
            ["text/calendar"],
        ],
        ["application/ics"],
    ]
    parts = {part.get_content_type(): part for part in mail.walk()}
    calendar, attachment = parts["text/calendar"], parts["application/ics"]
    assert calendar["Content-Type"] == 'text/calendar; charset="UTF-8"; method="REQUEST"; component="VEVENT"'
    assert (calendar["Content-Disposition"], calendar["Content-Transfer-Encoding"]) == (None, "base64")
    assert (attachment.get_filename(), attachment.get_content_disposition()) == ("invite.ics", "attachment")
    assert calendar.get_payload(decode=True) == attachment.get_payload(decode=True) == LETTER.calendars[0]
    assert parts["image/png"].get_payload(decode=True) == EMBLEM
    assert parts["image/png"]["Content-ID"] == "<emblem@mail>"
    assert parts["text/plain"].get_content().replace("\r\n", "\n") == LETTER.text
    assert parts["text/html"].get_content().replace("\r\n", "\n") == LETTER.html


def test_headers_say_who_writes_to_whom_and_that_a_machine_did():
    assert {name: str(value) for name, value in parsed(LETTER).items()} == {
        "From": "S3Chem <events@s3chem.example>",
        "To": "Żaneta Źdźbło <zaneta@xn--bcher-kva.example>",
        "Reply-To": "contact@s3chem.example",
        "Subject": LETTER.subject,
        "Date": "Mon, 23 Nov 2026 12:30:15 +0000",
        "Message-ID": "<0123456789abcdef@s3chem.example>",
        "Content-Language": "fr",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": parsed(LETTER)["Content-Type"],
    }


def test_answers_go_to_the_sender_where_servers_might_refuse_the_other_address():
    assert parsed(replace(LETTER, reply_to="jürgen@s3chem.example"))["Reply-To"] is None
    assert parsed(replace(LETTER, reply_to="info@bücher.example"))["Reply-To"] == "info@xn--bcher-kva.example"


def test_same_letter_gives_the_same_bytes_in_short_lines_of_ascii():
    content = mime.message(LETTER, emblem=EMBLEM)
    assert content == mime.message(replace(LETTER), emblem=bytes(EMBLEM))
    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r") == content.count(b"\r\n")
    assert max(len(line) for line in content.split(b"\r\n")) <= 98  # the Content-Type that names a boundary
    assert max(len(word) for word in re.findall(rb"=\?[^ \r]*\?=", content)) <= 75


def test_several_parts_are_invited_to_by_one_file_each():
    second = LETTER.calendars[0].replace(b"\xc3\xa9", b"two")
    mail = parsed(replace(LETTER, calendars=(*LETTER.calendars, second)))
    files = [(p.get_filename(), p.get_payload(decode=True)) for p in mail.iter_attachments()]
    assert files == [("invite-1.ics", LETTER.calendars[0]), ("invite-2.ics", second)]
    assert [p.get_payload(decode=True) for p in mail.walk() if p.get_content_type() == "text/calendar"] == [
        LETTER.calendars[0]
    ]


def test_letter_without_calendar_or_emblem_is_two_parts():
    assert tree(parsed(replace(LETTER, calendars=()), emblem=b"")) == [
        "multipart/alternative",
        ["text/plain"],
        ["text/html"],
    ]


def test_a_calendar_that_invites_nobody_is_a_file_alone():
    mail = parsed(replace(LETTER, method="PUBLISH"), emblem=b"")
    assert tree(mail) == [
        "multipart/mixed",
        ["multipart/alternative", ["text/plain"], ["text/html"]],
        ["application/ics"],
    ]
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_payload(decode=True)) == ("event.ics", LETTER.calendars[0])


def test_only_what_can_be_left_says_how_to_leave():
    leave = "https://events.example/en/updates/token/leave"
    told = parsed(replace(LETTER, unsubscribe=leave))
    assert (told["List-Unsubscribe"], told["List-Unsubscribe-Post"]) == (f"<{leave}>", "List-Unsubscribe=One-Click")
    assert (parsed(LETTER)["List-Unsubscribe"], parsed(LETTER)["List-Unsubscribe-Post"]) == (None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Anna\r\nBcc: victim@elsewhere.example"},
        {"subject": "Hello\nBcc: victim@elsewhere.example"},
        {"subject": "Hello\x00"},
        {"subject": "Hello\u2028there"},
        {"sender_name": "S3\rChem"},
        {"address": "a@b.example\r\nBcc: c@d.example"},
        {"address": "a@b.example, c@d.example"},
        {"address": "a b@c.example"},
        {"address": "no-at-sign"},
        {"reply_to": "x@y.example\nX: y"},
        {"message_id": "<1@x>\r\nX: y"},
        {"language": "en\r\nX: y"},
        {"unsubscribe": "https://x.example/\r\nX: y"},
    ],
)
def test_what_would_break_a_header_is_refused(changes: dict[str, Any]):
    with pytest.raises(Invalid):
        mime.message(replace(LETTER, **changes))


@pytest.mark.parametrize(
    "name",
    [
        "Żaneta Źdźbło",
        "O’Neill",
        'd\'Angelo, "the" (boss) <x@y.example>; \\',
        "=?utf-8?q?Bcc?=",
        "Núñez i Puigdemont de la Cruz y Ñáñez " * 2,
        "\u2068محمد عبد الله\u2069",
        "张伟",
        "plain " * 14 + "name",
        "",
    ],
)
def test_names_come_through_as_they_are(name: str):
    to = header(parsed(replace(LETTER, name=name.strip())), "To")
    shown, _, address = to.rpartition(" ")
    assert shown.strip().strip('"').replace('\\"', '"').replace("\\\\", "\\") == name.strip()
    assert address == ("<zaneta@xn--bcher-kva.example>" if name else "zaneta@xn--bcher-kva.example")


@pytest.mark.parametrize(
    "address, sent_to",
    [
        ("o'brien+s3chem@example.org", "o'brien+s3chem@example.org"),
        ("ANNA@Example.org", "ANNA@example.org"),
        ("a@faß.example", "a@xn--fa-hia.example"),  # IDNA 2008, where Flask-Mail would write to fass.example
        ("x" * 64 + "@example.org", "x" * 64 + "@example.org"),
        ("jürgen@bücher.example", "jürgen@xn--bcher-kva.example"),
    ],
)
def test_addresses_are_written_to_as_typed_with_their_domain_in_ascii(address: str, sent_to: str):
    assert header(parsed(replace(LETTER, address=address, name="")), "To") == sent_to


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_subject_comes_through(subject: str):
    letter = replace(LETTER, subject=" ".join(subject.split()))
    assert str(parsed(letter)["Subject"]) == letter.subject


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=2000))
@settings(max_examples=200, deadline=None)
def test_any_text_comes_through(text: str):
    text = re.sub("\r\n?", "\n", text)
    mail = parsed(replace(LETTER, text=text, html=f"<p>{text}</p>"))
    body = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
    assert body.get_payload(decode=True).decode().replace("\r\n", "\n") == text
