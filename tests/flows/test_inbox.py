"""The inbox, read from a real IMAP server: nothing filed before it is committed, nothing done twice."""

import base64
import os
import re
import signal
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from flask import Flask

from s3chem_events import doctor, intake
from s3chem_events.core.db import db, transaction
from s3chem_events.core.guard import settings
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import inbox, received
from s3chem_events.mailing.models import Arrival, InboxPlace
from s3chem_events.registration.models import Registration
from tests.factories import add_event, count, words
from tests.support import servers
from tests.support.desk import signed_in
from tests.support.imap import Mailbox
from tests.support.post import enrol, rows, work
from tests.support.replies import Reply

pytestmark = pytest.mark.slow

HUMAN = (
    b"From: zaneta@uczelnia.example\r\nMessage-ID: <human@uczelnia.example>\r\nSubject: Lunch\r\n\r\nWhen is it?\r\n"
)


@pytest.fixture
def environ(environ: dict[str, str], mailbox: Mailbox) -> dict[str, str]:
    return environ | {"S3CHEM_INBOX_URL": mailbox.url}


@pytest.fixture
def invited(app: Flask) -> Reply:
    add_event(app)
    enrol(app)
    work(app)
    calendar = re.sub("\r\n ", "", rows(app)[-1].calendars[0])
    uid = re.findall("UID:(.*)\r", calendar)[0]
    organizer = re.findall("ORGANIZER.*mailto:(.*)\r", calendar)[0]
    stamp = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    return Reply(uid=uid, organizer=organizer, attendee="anna0@park.example", stamp=stamp)


def poll(app: Flask) -> int:
    with app.app_context():
        return intake.poll()


def arrivals(app: Flask) -> list[tuple[str, str, str]]:
    with app.app_context():
        found = db.session.scalars(db.select(Arrival).order_by(Arrival.id))
        return [(a.kind, a.state, a.reason) for a in found]


def declined(app: Flask) -> int:
    return count(app, Fact, kind="registration.declined_by_calendar")


def test_what_needs_nobody_is_filed_and_what_a_person_reads_stays_unseen(app: Flask, mailbox: Mailbox, invited: Reply):
    mailbox.bring(HUMAN, invited.mail("gmail"))
    assert poll(app) == 2
    assert arrivals(app) == [("human", "for_a_person", "somebody_wrote"), ("calendar_reply", "done", "declined")]
    assert mailbox.folder() == [("human@uczelnia.example", False)]
    assert [name.partition("-")[0] for name, _ in mailbox.folder(inbox.FOLDER)] == ["gmail"]
    assert (declined(app), poll(app)) == (1, 0)
    later = replace(invited, partstat="ACCEPTED", stamp=invited.stamp + timedelta(seconds=9))
    mailbox.bring(invited.mail("gmail"), later.mail("apple"))  # the first once more
    assert poll(app) == 2
    assert (len(arrivals(app)), mailbox.folder()) == (3, [("human@uczelnia.example", False)])
    page = words(signed_in(app).get("/desk/mail/arrivals/"))
    assert "Lunch" in page
    assert "Declined: the place was given back" in page


def test_killed_between_the_commit_and_the_filing_it_does_nothing_twice(
    app: Flask, mailbox: Mailbox, invited: Reply, environ: dict[str, str]
):
    mailbox.bring(invited.mail("outlook"))
    killed = kill_worker_at(b"UID MOVE", mailbox, environ)
    assert killed
    assert (declined(app), count(app, Registration, withdrawn_at=None)) == (1, 0)
    assert len(mailbox.folder()) == 1  # it was not filed, and lies there
    assert (poll(app), work(app) <= 1, poll(app)) == (0, True, 0)
    assert (declined(app), len(arrivals(app))) == (1, 1)
    assert len([row for row in rows(app) if row.kind == "registration.declined_by_calendar"]) == 1


def test_killed_before_the_commit_it_loses_nothing(
    app: Flask, mailbox: Mailbox, invited: Reply, environ: dict[str, str]
):
    mailbox.bring(invited.mail("outlook"))
    assert kill_worker_at(b"UID FETCH", mailbox, environ)
    assert declined(app) == 0
    assert (poll(app), declined(app)) == (1, 1)


def kill_worker_at(command: bytes, mailbox: Mailbox, environ: dict[str, str]) -> bool:
    """Start a real worker and kill it, without a warning, as it says a command; the server never hears it."""
    with servers.started("worker", environ) as worker:

        def heard(data: bytes) -> None:
            if command in data:
                os.kill(worker.process.pid, signal.SIGKILL)
                raise ConnectionAbortedError

        mailbox.wire.heard = heard
        worker.process.wait(30)
        mailbox.wire.heard = lambda _data: None
    return worker.process.returncode == -signal.SIGKILL


def test_server_that_numbers_anew_brings_nothing_twice(app: Flask, mailbox: Mailbox, invited: Reply):
    mailbox.bring(HUMAN, invited.mail("thunderbird"))
    assert poll(app) == 2
    with app.app_context():
        db.session.execute(db.update(InboxPlace).values(uid_validity=1))
        db.session.commit()
    assert poll(app) == 1  # the human's, which is still unseen
    assert (len(arrivals(app)), declined(app)) == (2, 1)


def test_mail_that_its_owner_had_read_before_we_came_is_history(app: Flask, mailbox: Mailbox, invited: Reply):
    mailbox.bring(HUMAN, invited.mail("gmail"))
    with mailbox._open() as host:
        host.select()
        host.store("1", "+FLAGS", r"(\Seen)")
    assert poll(app) == 1
    assert arrivals(app) == [("calendar_reply", "done", "declined")]


def test_server_that_cannot_move_marks_as_seen(app: Flask, mailbox: Mailbox, invited: Reply):
    mailbox.wire.told = lambda answer: answer.replace(b" MOVE", b"")
    mailbox.bring(HUMAN, invited.mail("gmail"))
    assert poll(app) == 2
    assert [seen for _, seen in mailbox.folder()] == [False, True]
    assert poll(app) == 0


def test_server_that_is_away_or_refuses_us_is_named_at_the_desk_until_it_is_back(
    app: Flask, mailbox: Mailbox, invited: Reply
):
    mailbox.wire.told = lambda answer: b"* BYE come again\r\n"
    assert poll(app) == 0
    page = words(signed_in(app).get("/desk/mail/arrivals/"))
    assert "The inbox could not be read." in page
    with app.app_context():
        trouble = received.in_trouble()
        assert trouble is not None
        assert "pass" not in trouble[1]
    mailbox.wire.told = lambda answer: answer
    mailbox.bring(invited.mail("gmail"))
    assert (poll(app), declined(app)) == (1, 1)
    with app.app_context():
        assert received.in_trouble() is None


def test_whatever_an_odd_server_answers_somebody_is_told(app: Flask, mailbox: Mailbox, invited: Reply):
    mailbox.bring(invited.mail("gmail"))
    odd = (
        (rb"UIDVALIDITY \d+", b"UIDVALIDITY 1x"),
        (rb"UIDVALIDITY \d+", b"UIDVALIDITY 99999999999999999999"),
        (rb"\* SEARCH 1", b"* SEARCH 1 2 3x"),
    )
    for asked, answered in odd:
        mailbox.wire.told = partial(re.compile(asked).sub, answered)
        assert poll(app) == 0
        with app.app_context():
            assert (received.in_trouble() or ("", ""))[1].startswith("the server's answer cannot be read (")
        mailbox.wire.told = lambda answer: answer
        with app.app_context():
            with inbox.opened(settings().inbox_url or "") as box, transaction():
                received.place(inbox.name_of(settings().inbox_url or ""), box.uid_validity, box.uid_next)
            assert received.in_trouble() is None
    assert (poll(app), declined(app)) == (1, 1)


def test_a_password_with_other_letters_is_said_to_the_server(app: Flask, mailbox: Mailbox):
    url = f"imap://events%40s3chem.example:p%C3%A4ss@127.0.0.1:{mailbox.wire.port}/INBOX"
    object.__setattr__(app.extensions["s3chem"], "inbox_url", url)
    assert poll(app) == 0
    assert base64.b64encode("\0events@s3chem.example\0päss".encode()) in b"".join(mailbox.wire.commands)
    with app.app_context():
        assert (received.in_trouble() or ("", ""))[1] == inbox.fault(url) != ""
    assert "ä" not in inbox.fault(url)


def test_connection_that_breaks_at_any_command_costs_nothing_but_time(app: Flask, mailbox: Mailbox, invited: Reply):
    says = ("TENTATIVE", "ACCEPTED", "DECLINED")
    answers = [replace(invited, partstat=p, stamp=invited.stamp + timedelta(seconds=n)) for n, p in enumerate(says)]
    time.sleep(3)  # a stamp from the future counts as now
    mailbox.bring(*(answer.mail("gmail") for answer in answers))
    for number in range(1, 14):
        seen = [0]

        def heard(_data: bytes, seen: list[int] = seen, number: int = number) -> None:
            seen[0] += 1
            if seen[0] == number:
                raise ConnectionAbortedError

        mailbox.wire.heard = heard
        poll(app)
    mailbox.wire.heard = lambda _data: None
    poll(app)
    assert [(state, reason) for _, state, reason in arrivals(app)] == [
        ("done", "tentative"),
        ("done", "accepted"),
        ("done", "declined"),
    ]
    assert (declined(app), count(app, Registration, withdrawn_at=None)) == (1, 0)


@pytest.mark.one_database
@pytest.mark.settings(INBOX="push")
def test_doctor_knows_that_the_mail_server_brings_what_arrives(app: Flask):
    with app.app_context():
        said = [finding for finding in doctor.findings(settings()) if "S3CHEM_INBOX" in finding[1]]
    told = "Write to events+test@s3chem.example to see that it does."
    assert said == [(True, f"The mail server brings what arrives (S3CHEM_INBOX=push). {told}")]


def test_doctor_says_whether_the_mailbox_can_be_read(app: Flask, mailbox: Mailbox):
    with app.app_context():
        well = [finding for finding in doctor.findings(settings()) if "mailbox can" in finding[1]]
    said = "The mailbox can be read. Write to events+test@s3chem.example to see that what has a tag arrives in it, too."
    assert well == [(True, said)]
    mailbox.wire.told = lambda answer: answer.replace(b"OK [CAPABILITY", b"NO [CAPABILITY")
    with app.app_context():
        wrong = [said for well, said in doctor.findings(settings()) if "S3CHEM_INBOX_URL" in said and not well]
    assert len(wrong) == 1
    assert "pass" not in wrong[0]
