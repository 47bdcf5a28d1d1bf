"""The whole way of a bounce: out by SMTP with an envelope that names the e-mail, back by IMAP, seen at the desk."""

import re

import pytest
from flask import Flask

from s3chem_events import intake
from s3chem_events.core.db import db
from s3chem_events.mailing.models import Suppression, Undelivered
from tests.conftest import Clock
from tests.factories import add_event, count, words
from tests.support.bounces import Notice
from tests.support.desk import signed_in
from tests.support.imap import Mailbox
from tests.support.post import enrol, states, work
from tests.support.post_office import At, PostOffice

pytestmark = pytest.mark.slow


@pytest.fixture
def environ(environ: dict[str, str], smtp_server: PostOffice, mailbox: Mailbox) -> dict[str, str]:
    out = {"MAIL_SERVER": smtp_server.host, "MAIL_PORT": str(smtp_server.port), "MAIL_TLS": "none"}
    return environ | {f"S3CHEM_{name}": value for name, value in out.items()} | {"S3CHEM_INBOX_URL": mailbox.url}


def test_envelope_names_the_e_mail_and_what_comes_back_to_it_finds_its_registration(
    app: Flask, smtp_server: PostOffice, mailbox: Mailbox
):
    add_event(app)
    enrol(app, 2)
    work(app)
    envelopes = [mail.sender for mail in smtp_server.mails]
    assert all(re.fullmatch(r"events\+b[12]-[a-z2-7]{16}@s3chem\.example", sender) for sender in envelopes)
    assert all(b"+b" not in mail.message["From"].encode() for mail in smtp_server.mails)
    mailbox.bring(Notice(address="hidden@inner.example", to=envelopes[1]).mail("odd"))
    with app.app_context():
        assert (intake.poll(), intake.poll()) == (1, 0)
    assert (states(app), count(app, Suppression)) == (["sent", "bounced"], 1)
    assert mailbox.folder() == []  # it needs nobody, and is filed
    assert words(signed_in(app).get("/desk/events/conference/participants")).count("Came back") == 1


def test_refused_at_once_is_a_bounce_without_one(app: Flask, smtp_server: PostOffice):
    smtp_server.answer(At.RCPT, "550 5.1.1 No such mailbox", to="anna0@park.example")
    smtp_server.answer(At.RCPT, "550 5.7.1 We do not relay", to="anna1@park.example")
    add_event(app)
    enrol(app, 2)
    work(app)
    assert (states(app), count(app, Suppression)) == (["failed", "failed"], 1)


ABOUT_US = (
    "550-Verification failed for <events@s3chem.example>\n550-No Such User Here\n550 Sender verify failed",
    "550-Verification failed for <events@s3chem.example>\n550-Response: 550 5.1.1 User unknown\n550 See above",
    "550 Domain of sender address events@s3chem.example does not resolve",
    "554 5.1.0 Sender denied",
    "550 Greylisting in effect for this user unknown sender",
    "550 Callback failed: mailbox unavailable for sender <events@s3chem.example>",
    "550 Rejected by the URIBL",
    "550 5.0.0 Message rejected as junk",
    "554 5.0.0 It appears to be part of a bulk mailing",
    "550 permanent failure for one or more recipients (anna@park.example:blocked)",
    "550 This message scored 7.3 points",
    "550 Administrative prohibition",
    "571 Message Refused",
)
UNCLEAR = ("554 Denied [CS] (Mode: normal)", "550 Not today", "552 5.2.2 Mailbox full")
DEAD = (
    "550 5.1.1 User unknown",
    "550 No such user; the message was returned to sender",
    "550 Mail rejected: no such user",
)


def test_a_refusal_weighs_the_same_at_once_and_in_a_report_and_only_what_says_so_is_hard(
    app: Flask, smtp_server: PostOffice
):
    every = (*ABOUT_US, *UNCLEAR, *DEAD)
    for number, said in enumerate(every):
        smtp_server.answer(At.RCPT, said.replace("\n", "\r\n"), to=f"anna{number}@park.example")
    add_event(app)
    enrol(app, 2 * len(every))
    work(app)
    verdicts = []
    for number, said in enumerate(every, start=len(every)):
        (mail,) = smtp_server.to(f"anna{number}@park.example")
        notice = Notice(to=mail.sender, said=said.replace("\n", "\n "), status="5.0.0", stamp=str(number))
        with app.app_context():
            verdicts.append(intake.receive(notice.mail("dsn")).reason)
    expected = {"refused_contents": len(ABOUT_US), "address_troubled": len(UNCLEAR), "address_dead": len(DEAD)}
    assert verdicts == [verdict for verdict, times in expected.items() for _ in range(times)]
    with app.app_context():
        weights = list(db.session.scalars(db.select(Undelivered.weight).order_by(Undelivered.email_id)))
    counted = ["soft"] * len(UNCLEAR) + ["hard"] * len(DEAD)
    assert weights == [*counted, *["none"] * len(ABOUT_US), *counted]
    assert (states(app)[: len(every)], count(app, Suppression)) == (["failed"] * len(every), 2 * len(DEAD))


def test_a_mailbox_that_is_full_at_once_is_given_up_after_the_fifth_time_in_thirty_days(
    app: Flask, smtp_server: PostOffice, clock: Clock
):
    smtp_server.answer(At.RCPT, "552 5.2.2 Mailbox full")
    add_event(app)
    for number in range(6):
        assert count(app, Suppression) == int(number == 5)
        enrol(app, given_name=f"Anna {number}")
        work(app)
        clock.advance(days=6)
    assert states(app) == ["failed"] * 5 + ["suppressed"]
