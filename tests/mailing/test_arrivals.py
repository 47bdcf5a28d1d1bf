"""What an e-mail is: told by its form, never by what a person quotes; and the commands that take it in."""

import json
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from s3chem_events.calendar import itip
from s3chem_events.mailing import arrivals, failures, reading
from s3chem_events.mailing.kinds import AutoReply, Bounce, CalendarReply, Delay, Human, Unsubscribe
from s3chem_events.mailing.models import Arrival
from tests.factories import count
from tests.support.floods import FLOODS, NOTICE
from tests.support.patience import ends
from tests.support.replies import CALENDARS, Reply
from tests.support.servers import environment, free_port

REPLY = Reply(uid="conference-1f@localhost", organizer="events+r1-2-abcdefgh234567ab@s3chem.example")


def mail(*lines: str) -> bytes:
    return "\r\n".join(lines).encode() + b"\r\n"


def report(*status: str, kind: str = "delivery-status", top: str = "") -> bytes:
    return mail(
        *filter(None, [top]),
        "From: MAILER-DAEMON@mx.example",
        "To: events@s3chem.example",
        "Subject: Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied",
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"',
        "",
        "--b",
        "",
        "I'm sorry to have to inform you that your message could not be delivered.",
        "--b",
        f"Content-Type: message/{kind}",
        "",
        "Reporting-MTA: dns; mx.example",
        "",
        *status,
        "--b",
        "Content-Type: message/rfc822",
        "",
        "From: events@s3chem.example",
        "Content-Type: text/calendar; method=REPLY",
        "",
        "METHOD:REPLY",
        "--b--",
    )


FAILED = report(
    "Final-Recipient: rfc822; box@inner.example",
    "Original-Recipient: rfc822;zaneta@uczelnia.example",
    "Action: failed",
    "Status: 5.1.1",
    "Diagnostic-Code: smtp; 550 5.1.1 <zaneta@uczelnia.example>: User unknown in",
    "    virtual mailbox table",
)
EXPIRED = report("Final-Recipient: rfc822; a@b.example", "Action: failed", "Status: 4.4.7")
DELAYED = report("Final-Recipient: rfc822; a@b.example", "Action: delayed", "Status: 4.4.1", "Will-Retry-Until: x")
RELAYED = report("Final-Recipient: rfc822; a@b.example", "Action: delivered", "Status: 2.0.0")
READ = report("Final-Recipient: rfc822; a@b.example", kind="disposition-notification")
EXIM = mail(
    "Return-Path: <>",
    "X-Failed-Recipients: zaneta@uczelnia.example",
    "Auto-Submitted: auto-replied",
    "From: Mail Delivery System <Mailer-Daemon@mx.example>",
    "Subject: Mail delivery failed: returning message to sender",
    "",
    "  zaneta@uczelnia.example",
    "    550 5.1.1 No such user",
)
QMAIL = mail(
    "Return-Path: <>",
    "From: MAILER-DAEMON@mx.example",
    "Subject: failure notice",
    "",
    "Hi. This is the qmail-send program at mx.example.",
    "I'm afraid I wasn't able to deliver your message to the following addresses.",
    "This is a permanent error; I've given up. Sorry it didn't work out.",
    "",
    "<zaneta@uczelnia.example>:",
    "Sorry, no mailbox here by that name. (#5.1.1)",
    "",
    "--- Below this line is a copy of the message.",
)
FORWARDED = b"From: zaneta@uczelnia.example\r\nSubject: What is this?\r\n" + FAILED.partition(b"\r\n\r\n")[2]


def person(*headers: str, text: str = "When is lunch?") -> bytes:
    return mail("From: Zaneta <zaneta@uczelnia.example>", *headers, "", text)


KINDS = {
    "failed": (
        FAILED,
        Bounce(
            ("zaneta@uczelnia.example",),
            permanent=True,
            status="5.1.1",
            reason="550 5.1.1 <zaneta@uczelnia.example>: User unknown in virtual mailbox table",
        ),
    ),
    "expired": (EXPIRED, Bounce(("a@b.example",), permanent=False, status="4.4.7", reason="")),
    "delayed": (DELAYED, Delay(("a@b.example",), "4.4.1", "")),
    "delivered": (RELAYED, AutoReply("", "a receipt")),
    "read": (READ, AutoReply("MAILER-DAEMON@mx.example", "a receipt")),
    "exim": (
        EXIM,
        Bounce(
            ("zaneta@uczelnia.example",),
            permanent=True,
            status="5.1.1",
            reason="550 5.1.1 No such user",
        ),
    ),
    "qmail": (
        QMAIL,
        Bounce(
            ("zaneta@uczelnia.example",),
            permanent=True,
            status="5.1.1",
            reason="Sorry, no mailbox here by that name. (#5.1.1)",
        ),
    ),
    "a person quotes a bounce": (person(text=QMAIL.decode()), Human("zaneta@uczelnia.example")),
    "a person forwards a bounce": (FORWARDED, Human("zaneta@uczelnia.example")),
    "a person": (person("Subject: Lunch"), Human("zaneta@uczelnia.example")),
    "a person answers": (person("Subject: Out of office hours?"), Human("zaneta@uczelnia.example")),
    "submitted by nobody": (
        person("Auto-Submitted: auto-replied (vacation)"),
        AutoReply("zaneta@uczelnia.example", "Auto-Submitted: auto-replied (vacation)"),
    ),
    "submitted by a person": (person("Auto-Submitted: no"), Human("zaneta@uczelnia.example")),
    "precedence": (person("Precedence: bulk"), AutoReply("zaneta@uczelnia.example", "Precedence: bulk")),
    "precedence of a list": (person("Precedence: list"), Human("zaneta@uczelnia.example")),
    "failed recipients named by a person": (
        person("X-Failed-Recipients: x@y.example"),
        Human("zaneta@uczelnia.example"),
    ),
    "old header": (person("X-Autoreply: yes"), AutoReply("zaneta@uczelnia.example", "X-Autoreply")),
    "by way of a list": (person("List-Id: <all.uczelnia.example>"), Human("zaneta@uczelnia.example")),
    "by way of Amazon": (person("Feedback-ID: 1.eu-west-1.x:AmazonSES"), Human("zaneta@uczelnia.example")),
    "empty return path": (
        mail("Return-Path: <>", "From: x@y.example", "Subject: Hello", "", "x"),
        AutoReply("x@y.example", "Return-Path: <>"),
    ),
    "away by its subject alone": (person("Subject: Abwesenheit: zweiter Tag"), Human("zaneta@uczelnia.example")),
    "a challenge by its subject alone": (
        person("Subject: Please confirm your address of the venue"),
        Human("zaneta@uczelnia.example"),
    ),
    "the person behind a mail server": (
        mail("From: postmaster@uni.example", "Subject: Question", "", "x"),
        Human("postmaster@uni.example", "perhaps a mail server's"),
    ),
    "away, from nobody": (
        mail("Return-Path: <>", "From: x@y.example", "Subject: Out of office: x", "", "<a@b.example>: 5.1.1"),
        AutoReply("x@y.example", "Return-Path: <>"),
    ),
    "wants out": (
        person("Subject: unsubscribe", "To: events@s3chem.example"),
        Unsubscribe("zaneta@uczelnia.example", ("events@s3chem.example",)),
    ),
    "wants out by address": (
        person("To: events+unsubscribe@s3chem.example"),
        Unsubscribe("zaneta@uczelnia.example", ("events+unsubscribe@s3chem.example",)),
    ),
    "nothing at all": (b"", Human("", "no sender")),
    "two senders": (mail("From: a@b.example", "From: c@d.example", "", "x"), Human("")),
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.one_database
def test_each_e_mail_is_what_it_is(name):
    raw, expected = KINDS[name]
    assert arrivals.read(raw) == expected
    assert arrivals.read(raw.replace(b"\r\n", b"\n")) == expected


@pytest.mark.parametrize("client", CALENDARS)
@pytest.mark.one_database
def test_answers_of_calendars_are_found_also_when_they_are_automatic(client):
    found = arrivals.read(REPLY.mail(client, extra="Return-Path: <>\nAuto-Submitted: auto-generated\n"))
    assert isinstance(found, CalendarReply)
    assert (found.sender, found.recipients) == (REPLY.attendee, (REPLY.organizer,))
    assert b"METHOD:REPLY" in found.calendar


@pytest.mark.one_database
def test_invitation_that_somebody_sends_us_is_a_message():
    assert arrivals.read(REPLY.mail("outlook").replace(b"METHOD:REPLY", b"METHOD:REQUEST")) == Human(REPLY.attendee)


@pytest.mark.one_database
def test_same_e_mail_by_another_way_is_the_same_and_another_is_not():
    raw = REPLY.mail("gmail")
    assert arrivals.digest(raw) == arrivals.digest(
        b"Received: from x\r\nDelivered-To: y\r\n" + raw.replace(b"\r\n", b"\n")
    )
    assert arrivals.digest(raw) != arrivals.digest(raw.replace(b"DECLINED", b"ACCEPTED"))


@pytest.mark.one_database
@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *(raw for raw, _ in KINDS.values()),
                b"\r\n\r\n",
                b"--b\r\n",
                b"Content-Type: multipart/mixed; boundary=b\r\n",
                b"Subject: =?utf-8?b?////?=\r\n",
                b"From: \xff\r\n",
                b"Content-Transfer-Encoding: base64\r\n",
            ]
        )
        | st.binary(max_size=40),
        max_size=6,
    )
)
def test_whatever_arrives_is_something_and_can_be_shown(pieces):
    raw = b"".join(pieces)
    assert arrivals.read(raw).kind in {"bounce", "delay", "calendar_reply", "unsubscribe", "auto_reply", "human"}
    json.dumps(arrivals.explained(arrivals.read(raw)))
    assert len(arrivals.digest(raw)) == 64
    parsed = reading.parsed(raw)
    assert isinstance(reading.text(parsed) + reading.in_words(parsed, "Subject"), str)


@pytest.mark.one_database
@pytest.mark.parametrize("raw", FLOODS)
def test_floods_are_read_to_an_end(raw):
    with ends():
        arrivals.read(raw)
        arrivals.digest(raw)
        parsed = reading.parsed(raw)
        reading.text(parsed)
        reading.in_words(parsed, "Subject")
    assert sum(1 for _ in parsed.walk()) <= reading.MOST_DELIMITERS + reading.MOST_BOUNDARIES


@pytest.mark.one_database
def test_notice_that_names_thousands_is_about_twenty():
    blocks = b"".join(b"Action: failed\nFinal-Recipient: rfc822; a%d@b.example\n\n" % n for n in range(3000))
    kind = b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    found = arrivals.read(NOTICE + kind + blocks + b"--b--")
    assert isinstance(found, Bounce)
    assert len(found.addresses) == failures.MOST_ADDRESSES


@pytest.mark.one_database
def test_calendar_of_a_megabyte_is_kept_as_far_as_it_can_be_refused():
    raw = b"Content-Type: text/calendar\r\n\r\nMETHOD:REPLY\r\n" + b"X:y\r\n" * 18_000
    found = arrivals.read(raw)
    assert isinstance(found, CalendarReply)
    assert len(found.calendar) == arrivals.LONGEST_CALENDAR + 1 == itip.LARGEST + 1


def command(*arguments: str, raw: bytes, environ: dict[str, str], **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "s3chem_events.cli", *arguments],
        input=raw,
        env=environment({**environ, **more}),
        cwd=environ["S3CHEM_INSTANCE"],
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.mark.slow
def test_explained_changes_nothing_and_is_one_json_object(app: Flask, environ: dict[str, str]):
    answer = command("arrival", "--explain", raw=FAILED, environ=environ)
    assert (answer.returncode, json.loads(answer.stdout)) == (
        0,
        {
            "kind": "bounce",
            "addresses": ["zaneta@uczelnia.example"],
            "permanent": True,
            "status": "5.1.1",
            "reason": "550 5.1.1 <zaneta@uczelnia.example>: User unknown in virtual mailbox table",
        },
    )
    answer = command("arrival", "--explain", raw=REPLY.mail("apple"), environ=environ)
    assert json.loads(answer.stdout) == {
        "kind": "calendar_reply",
        "addresses": ["zaneta@uczelnia.example"],
        "permanent": False,
        "status": "",
        "reason": "declined",
    }
    assert count(app, Arrival) == 0


@pytest.mark.slow
def test_pipe_takes_an_e_mail_once_and_asks_for_it_again_while_the_database_is_away(
    app: Flask, environ: dict[str, str], tmp_path: Path
):
    for _ in range(2):
        assert command("arrival", raw=FAILED, environ=environ).returncode == 0
    assert count(app, Arrival, kind="bounce", state="for_a_person") == 1
    nowhere = f"sqlite:///{tmp_path}/no/such/folder.sqlite"
    answer = command("arrival", raw=EXPIRED, environ=environ, S3CHEM_DATABASE_URL=nowhere)
    assert (answer.returncode, answer.stdout) == (75, b"")
    answer = command("arrival", raw=EXPIRED, environ=environ, S3CHEM_MAIL_TLS="perhaps")
    assert (answer.returncode, b"S3CHEM_MAIL_TLS" in answer.stderr) == (75, True)


@contextmanager
def listening(environ: dict[str, str]) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "s3chem_events.cli", "lmtp", "--listen", f"127.0.0.1:{port}"],
        env=environment(environ),
        cwd=environ["S3CHEM_INSTANCE"],
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            with suppress(OSError), smtplib.LMTP("127.0.0.1", port):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


@pytest.mark.slow
def test_lmtp_answers_for_each_recipient_once_it_is_kept(app: Flask, environ: dict[str, str]):
    with listening(environ) as port, smtplib.LMTP("127.0.0.1", port) as host:
        for raw in (FAILED, REPLY.mail("gmail"), FAILED):
            assert host.sendmail("", ["events@s3chem.example"], raw) == {}
        host.mail("")
        for recipient in ("events@s3chem.example", REPLY.organizer):
            assert host.rcpt(recipient)[0] == 250
        assert host.docmd("DATA")[0] == 354
        host.send(FAILED + b".\r\n")
        assert [host.getreply()[0] for _ in range(2)] == [250, 250]
        assert host.noop()[0] == 250
    assert count(app, Arrival) == 2
