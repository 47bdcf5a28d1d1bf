"""What comes back of a newsletter: each kind with its own consequence, and all of it seen at the desk (F8, G6)."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events import intake
from s3chem_events.core.db import db
from s3chem_events.mailing import returning
from s3chem_events.mailing.models import OutgoingEmail, Suppression
from tests.conftest import Clock
from tests.factories import add_event, count, hidden, words
from tests.support import dkim_keys
from tests.support.bounces import Notice
from tests.support.campaigns import newsletter, readers, release
from tests.support.desk import signed_in
from tests.support.post import enrol, rows, work

pytestmark = pytest.mark.settings(INBOX="push")  # envelopes have tags

COMPLAINT = """\
From: <feedback@provider.example>
To: <abuse@s3chem.example>
Subject: FW: News of February
Message-ID: <{stamp}@provider.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="cut"

--cut
Content-Type: text/plain

This is an e-mail abuse report.
--cut
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Provider/1.0
Version: 1
{named}
--cut
Content-Type: message/rfc822

{returned}From: events@s3chem.example
Subject: News of February

Good news
--cut--
"""


def complaint(*, kind: str = "abuse", path: str = "", returned: str = "", stamp: int = 1) -> bytes:
    named = f"Original-Mail-From: <{path}>" if path else "Source-IP: 192.0.2.1"
    top = f"Message-ID: {returned}\n" if returned else ""
    return COMPLAINT.format(kind=kind, named=named, returned=top, stamp=stamp).replace("\n", "\r\n").encode()


def receive(app: Flask, raw: bytes) -> str:
    with app.app_context():
        return intake.receive(raw, resolver=dkim_keys.unreachable).reason


def send(app: Flask, clock: Clock) -> dict[str, OutgoingEmail]:
    """Write to all readers; returns the e-mail of each."""
    known = {row.id for row in rows(app)}
    release(app, newsletter(app))
    clock.advance(minutes=11)
    work(app)
    return {row.address.partition("@")[0]: row for row in rows(app) if row.id not in known}


def path_of(app: Flask, email: OutgoingEmail) -> str:
    with app.app_context():
        return returning.path("events@s3chem.example", email.id)


def about(desk: FlaskClient, address: str) -> str:
    page = "/desk/newsletter/subscribers/"
    return words(desk.post(page, data=hidden(desk, page) | {"q": address}, follow_redirects=True))


@pytest.fixture(autouse=True)
def house(app: Flask) -> None:
    add_event(app)


def test_each_kind_of_return_has_its_own_consequence(app: Flask, clock: Clock):
    readers(app, en=7)
    first = send(app, clock)
    dead = Notice(address="en0@readers.example", to=path_of(app, first["en0"]))
    spam = replace(dead, to=path_of(app, first["en1"]), said="550 5.7.1 Message rejected as spam", status="5.7.1")
    late = replace(dead, to=path_of(app, first["en2"]), said="451 4.4.1 No answer", status="4.4.1", action="delayed")
    away = (
        b"From: <en4@readers.example>\r\nAuto-Submitted: auto-replied\r\nSubject: Away\r\nMessage-ID: <a@x>\r\n\r\nBye"
    )
    ways = first["en5"].unsubscribe.split(" ")[1].removeprefix("mailto:").partition("?")[0]
    leaves = f"From: <other@readers.example>\r\nTo: <{ways}>\r\nMessage-ID: <u@x>\r\n\r\n".encode()
    assert [
        receive(app, raw)
        for raw in (
            dead.mail("dsn"),
            spam.mail("dsn"),
            late.mail("dsn"),
            complaint(path=path_of(app, first["en3"])),
            complaint(path=path_of(app, first["en3"]), stamp=2),
            away,
            leaves,
        )
    ] == ["address_dead", "refused_contents", "on_its_way", "complained", "complained", "automatic", "left_the_list"]
    assert count(app, Suppression) == 1
    again = send(app, clock)
    assert {name for name, row in again.items() if row.state == "sent"} == {"en1", "en2", "en4", "en6"}
    assert receive(app, complaint(path=path_of(app, again["en6"]), stamp=3)) == "complained"

    desk = signed_in(app)
    assert "Came back 2" in words(desk.get("/desk/newsletter/campaigns/1")).replace("2 Came back", "Came back 2")
    listed = words(desk.get("/desk/newsletter/campaigns/1/readers?state=bounced"))
    assert ("en0@readers.example" in listed, "en1@readers.example" in listed, "2 readers." in listed) == (True,) * 3
    assert "E-mails come back" in about(desk, "en0@readers.example").partition("Status Language")[2]
    for name in ("en3", "en6"):
        assert "was marked as spam, which ends the newsletter" in about(desk, f"{name}@readers.example")
    assert "marked as spam by its reader" in words(desk.get(f"/desk/mail/{again['en6'].id}"))
    assert "no newsletter is sent to that address any more" in words(desk.get("/desk/mail/arrivals/"))

    enrol(app, email="en3@readers.example")  # what she is registered for is another matter
    work(app)
    assert [(row.kind, row.state) for row in rows(app)][-1] == ("registration.confirmed", "sent")


def test_a_complaint_that_names_no_e_mail_of_ours_is_for_a_person_and_other_feedback_is_nothing(
    app: Flask, clock: Clock
):
    readers(app, en=1)
    sent = send(app, clock)["en0"]
    assert receive(app, complaint()) == "complaint"
    assert receive(app, complaint(returned=sent.message_id, stamp=4)) == "complaint"  # it travels with her answers
    assert receive(app, complaint(path="events+b1-abcdefgh234567ab@s3chem.example", stamp=2)) == "complaint"
    assert receive(app, complaint(kind="not-spam", path=path_of(app, sent), stamp=3)) == "automatic"
    said = words(signed_in(app).get("/desk/mail/arrivals/1"))
    assert "marked an e-mail of ours as spam, but it is not clear which" in said
    assert [row.state for row in send(app, clock).values()] == ["sent"]


def test_a_full_mailbox_is_given_up_after_the_fifth_newsletter_within_thirty_days(app: Flask, clock: Clock):
    readers(app, en=1)
    full = Notice(said="552 5.2.2 Mailbox full", status="5.2.2")
    verdicts = []
    for number in range(5):
        email = send(app, clock)["en0"]
        verdicts.append(receive(app, replace(full, to=path_of(app, email), stamp=str(number)).mail("dsn")))
        clock.advance(days=6)
    assert verdicts == ["address_troubled"] * 4 + ["address_given_up"]
    with app.app_context():
        assert db.session.scalar(db.select(Suppression.reason)) == "troubled"
