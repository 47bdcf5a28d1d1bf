"""The whole way of a bounce: out by SMTP with an envelope that names the e-mail, back by IMAP, seen at the desk."""

import re

import pytest
from flask import Flask

from s3chem_events import intake
from s3chem_events.mailing.models import Suppression
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
