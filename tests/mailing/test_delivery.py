"""How mail servers want to be treated: few connections, few e-mails on each, patience, and e-mails that are signed."""

import errno
import os
import re
import threading
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import dkim
import pytest
from flask import Flask

from s3chem_events import delivering
from s3chem_events.campaigns.stages import Audience, Kind
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.mailing import addresses, connecting, outbox, pace, places
from s3chem_events.mailing.models import MailConnection, Suppression
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import add_event, count, hidden, soup, words
from tests.support import dkim_keys
from tests.support.campaigns import campaign, newsletter, readers, release
from tests.support.desk import signed_in
from tests.support.post import enrol, relay, rows, states, work
from tests.support.post_office import At, Drop, PostOffice, Stall
from tests.support.rivals import at_once


@pytest.fixture
def environ(environ: dict[str, str], smtp_server: PostOffice, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "key.pem").write_bytes(dkim_keys.pem())
    server = {"MAIL_SERVER": smtp_server.host, "MAIL_PORT": str(smtp_server.port), "MAIL_TLS": "none"}
    signing = {"DKIM_KEY": str(tmp_path / "key.pem"), "DKIM_SELECTOR": dkim_keys.SELECTOR.decode()}
    return environ | {f"S3CHEM_{name}": value for name, value in (server | signing).items()}


@pytest.fixture(autouse=True)
def short_patience(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting.Patience.__init__, "__defaults__", (2.0, 2.0, 0.5, 0.5))
    add_event(app)


def is_signed(raw: bytes) -> bool:
    ask = dkim_keys.names("s3chem.example")
    return bool(dkim.verify(raw, dnsfunc=lambda name, timeout=5: ask(name, timeout)))


def test_a_newsletter_is_signed_with_what_one_click_needs_and_a_repeat_has_the_same_bytes(
    app: Flask, clock: Clock, smtp_server: PostOffice
):
    readers(app, en=1, pl=1)
    release(app, newsletter(app, events=("conference",)))
    smtp_server.answer(At.AFTER_DATA, Drop(keeping=True), times=1)
    for _ in range(3):
        clock.advance(minutes=11)
        work(app)
    assert states(app) == ["sent", "sent"]
    first, again = (mail.data for mail in smtp_server.to("en0@readers.example"))
    (other,) = (mail.data for mail in smtp_server.to("pl0@readers.example"))
    assert (first == again, is_signed(first), is_signed(other)) == (True, True, True)
    mail = smtp_server.mails[0].message
    (fields,) = re.findall(r"\bh=([^;]*)", mail["DKIM-Signature"])
    covered = "".join(fields.split()).split(":")
    assert covered == [
        *("from", "to", "subject", "date", "message-id", "mime-version", "content-type"),
        *("list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id", "from", "subject"),
    ]
    assert "d=s3chem.example; s=mail;" in mail["DKIM-Signature"]
    assert mail["Feedback-ID"] == "campaign-1:subscriber.newsletter:s3chem"
    assert mail["Auto-Submitted"] == "auto-generated"
    for harm in (
        first.replace(b"/leave/", b"/stay/"),
        first.replace(b"One-Click", b"No-Clicks"),
        first.replace(b"\r\n\r\n", b"\r\nFrom: evil@else.example\r\n\r\n", 1),
        first + b"more\r\n",
    ):
        assert not is_signed(harm)
    blanks = first.replace(b"Subject: ", b"Subject:   ").replace(b"\r\nDate: ", b" \r\nDATE: ") + b"\r\n\r\n"
    assert is_signed(blanks)  # what servers on the way may do


def test_what_concerns_one_person_is_signed_too_in_every_shape(app: Flask, smtp_server: PostOffice):
    enrol(app, given_name="Żaneta . . dots", email="jürgen@bücher.example")
    enrol(app)
    work(app)
    assert [is_signed(mail.data) for mail in smtp_server.mails] == [True, True]
    assert "Feedback-ID" not in smtp_server.mails[0].message


def test_each_reader_has_a_reason_and_the_failed_are_sent_to_again(app: Flask, clock: Clock, smtp_server: PostOffice):
    readers(app, en=3, fr=1)
    with app.app_context(), transaction():
        dead = {"address_digest": addresses.digest("fr0@readers.example"), "reason": "dead", "since": now()}
        db.session.add(Suppression(**dead))
    release(app, newsletter(app))
    smtp_server.answer(At.RCPT, "550 5.7.1 looks like spam", times=1, to="en0@readers.example")
    smtp_server.answer(At.RCPT, "550 5.1.1 no such user", times=1, to="en1@readers.example")
    clock.advance(minutes=11)
    work(app)
    desk, page = signed_in(app), "/desk/newsletter/campaigns/1"

    def told() -> dict[str, str]:
        lines = soup(desk.get(f"{page}/readers")).select("tbody tr")
        return {line.th.get_text(): " ".join(line.select("td")[1].get_text(" ").split()) for line in lines if line.th}

    def press_retry() -> str:
        said = words(desk.post(f"{page}/retry", data=hidden(desk, page), follow_redirects=True))
        work(app)
        return said

    never = {
        "en1@readers.example": "Failed 5.1.1 no such user",
        "en2@readers.example": "Sent",
        "fr0@readers.example": "Not written to nothing is sent to this address any more",
    }
    assert told() == never | {"en0@readers.example": "Failed 5.7.1 looks like spam"}
    assert "3 readers. Not written to: 1" in words(desk.get(f"{page}/readers"))
    assert "The failed e-mails are tried again." in press_retry()
    assert told() == never | {"en0@readers.example": "Sent"}
    assert "Nothing is tried again: nothing is sent to these addresses any more." in press_retry()
    assert told() == never | {"en0@readers.example": "Sent"}
    assert "2 of 3" in words(desk.get(page))
    assert "2 of 3" in words(desk.get("/desk/newsletter/campaigns/"))
    assert [len(smtp_server.to(f"en{n}@readers.example")) for n in range(3)] == [1, 0, 1]


def test_what_failed_is_no_task_any_more_once_its_address_is_corrected(
    app: Flask, clock: Clock, smtp_server: PostOffice
):
    enrol(app, 3)
    for n in range(2):
        smtp_server.answer(At.RCPT, "550 5.1.1 no such user", times=1, to=f"anna{n}@park.example")
    work(app)
    release(app, campaign(app, Kind.MESSAGE, about="conference", audience=Audience(standings=("confirmed",))))
    clock.advance(minutes=11)
    work(app)
    desk, people = signed_in(app), "/desk/events/conference/participants"

    def tasks(what: str) -> list[tuple[str, int]]:
        hands = [link for link in soup(desk.get("/desk/")).select("main a") if what in link.parent.get_text()]
        return [
            (re.findall(r"\((\d+)\)", link.parent.get_text())[0], len(soup(desk.get(link["href"])).select("tbody tr")))
            for link in hands
        ]

    assert tasks("could not be delivered") == [("2", 2)]
    with app.app_context(), transaction():
        references = {one.email: one.reference for one in db.session.scalars(db.select(Registration))}
    first = f"{people}/{references['anna0@park.example']}"
    desk.post(f"{first}/link", data=hidden(desk, first))  # the newest of her e-mails waits
    marks = {line.a.get_text(): line.get_text(" ") for line in soup(desk.get(people)).select("tbody th") if line.a}
    assert ["E-mail: Came back" in marks[f"Anna Nowak {n}"] for n in range(3)] == [True, True, False]
    for n in (0, 2):
        page = f"{people}/{references[f'anna{n}@park.example']}/address"
        desk.post(page, data=hidden(desk, page) | {"email": f"right{n}@park.example"})
    work(app)
    assert tasks("could not be delivered") == [("1", 1)]
    lines = soup(desk.get("/desk/newsletter/campaigns/1/readers")).select("tbody tr")
    assert [line.a.get_text() for line in lines if line.a and "Sent" in line.get_text()] == ["anna2@park.example"]


@pytest.mark.settings(MAIL_PER_CONNECTION="2")
def test_after_so_many_e_mails_a_new_connection_is_made(app: Flask, smtp_server: PostOffice):
    enrol(app, 5)
    work(app)
    assert (len(smtp_server.mails), smtp_server.connections) == (5, 3)


@pytest.mark.settings(MAIL_CONNECTIONS="1")
def test_a_server_has_so_many_connections_of_all_workers_and_who_dies_frees_its_own(
    app: Flask, clock: Clock, smtp_server: PostOffice
):
    enrol(app, 1)
    with app.app_context(), ExitStack() as stack:
        first, second = (stack.enter_context(delivering.running(app.extensions["s3chem"])) for _ in range(2))
        relay(app)
        assert first.deliver() == (1, 0.0)
        enrol(app, email="jan@park.example")
        relay(app)
        assert second.deliver() == (0, places.PAUSE)
        assert first.deliver()[0] == 1
        first.leave()
        enrol(app, email="ewa@park.example")
        relay(app)
        assert second.deliver()[0] == 1
        enrol(app, email="ola@park.example")
        relay(app)
        assert first.deliver() == (0, places.PAUSE)
        second.journal.close(settled=False)  # what is left of a process that is killed here
        second.journal.close = lambda *, settled: None  # type: ignore[method-assign]
        delivering.recover(app.extensions["s3chem"])
        assert first.deliver()[0] == 1
    assert count(app, MailConnection) == 0
    with app.app_context(), transaction():
        assert places.take("127.0.0.1:1", "on-another-machine", most=1)
    with app.app_context(), transaction():
        assert not places.take("127.0.0.1:1", "here", most=1)
        assert places.take("127.0.0.1:2", "there", most=1)
    clock.advance(seconds=outbox.LEASE.total_seconds() + 1)
    with app.app_context(), transaction():
        assert places.take("127.0.0.1:1", "here", most=1)


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.postgres
def test_two_places_are_two_however_many_ask_at_once(app: Flask, guarded: bool):
    meet = threading.Barrier(4)
    got: list[bool] = []

    def ask(name: str) -> None:
        with app.app_context(), transaction():
            if guarded:
                pace.allowance("mx.example:25", rate=None, most=1)
            got.append(places.take("mx.example:25", name, most=2))
            if not guarded:
                meet.wait()  # all have counted before the first commits

    at_once(*(partial(ask, f"run-{n}") for n in range(4)))
    assert got.count(True) == (2 if guarded else 4)


def test_a_server_that_greets_with_421_is_left_alone_with_all_that_waits(
    app: Flask, clock: Clock, smtp_server: PostOffice
):
    smtp_server.answer(At.EHLO, "421 4.3.2 Too many connections", times=2)  # HELO is asked, too
    enrol(app, 3)
    work(app)
    assert [(row.state, row.attempts) for row in rows(app)] == [("deferred", 1), ("queued", 0), ("queued", 0)]
    assert "421 4.3.2 Too many connections" in rows(app)[0].last_text
    asked = smtp_server.connections
    assert (work(app), smtp_server.connections) == (0, asked)
    clock.advance(minutes=2)
    work(app)
    assert states(app) == ["sent"] * 3


def test_while_the_workers_disk_is_full_nobody_gets_a_second_copy(
    app: Flask, clock: Clock, smtp_server: PostOffice, monkeypatch: pytest.MonkeyPatch
):
    room, write = [0], os.write

    def full(file: int, written: bytes) -> int:
        taken = write(file, written[: room[0]]) if room[0] else 0
        room[0] -= taken
        if not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return taken

    def waiting() -> list[tuple[str, int]]:
        return [(row.state, row.attempts) for row in rows(app)]

    enrol(app, 3)
    relay(app)
    with monkeypatch.context() as disk:
        disk.setattr(os, "write", full)
        room[0] = 4  # for the line that an e-mail is begun with, and a piece of the next
        work(app)
        assert waiting() == [("sent", 1), ("queued", 0), ("queued", 0)]
        assert "cannot keep its journal (No space left on device)" in words(signed_in(app).get("/desk/mail/"))
        clock.advance(minutes=2)
        work(app)
        assert waiting() == [("sent", 1), ("deferred", 1), ("queued", 0)]
        assert "cannot write to its disk (No space left on device)" in words(signed_in(app).get("/desk/mail/"))
    clock.advance(minutes=2)
    work(app)
    assert (states(app), [len(smtp_server.to(f"anna{n}@park.example")) for n in range(3)]) == (["sent"] * 3, [1, 1, 1])
    assert "No space" not in words(signed_in(app).get("/desk/mail/"))


TROUBLES = {
    "en1": (At.RCPT, "451 4.7.1 Greylisted, come again", 1),
    "en2": (At.RCPT, "452 4.2.2 Mailbox full", 1),
    "en3": (At.RCPT, "550 5.1.1 No such mailbox", None),
    "en4": (At.RCPT, "421 4.3.2 Shutting down", 1),
    "en5": (At.IN_DATA, Drop(), 1),
    "en6": (At.AFTER_DATA, Drop(), 1),
    "en7": (At.RCPT, Stall(1.5), 1),
    "en8": (At.AFTER_DATA, "550 5.7.1 Message rejected as spam", None),
}


def test_a_campaign_comes_through_whatever_its_server_does(app: Flask, clock: Clock, smtp_server: PostOffice):
    for name, (at, answer, times) in TROUBLES.items():
        smtp_server.answer(at, answer, times=times, to=f"{name}@readers.example")
    readers(app, en=12)
    release(app, newsletter(app))
    clock.advance(minutes=11)
    smtp_server.stop()
    for _ in range(10):  # it is away for ten minutes
        work(app)
        clock.advance(minutes=1)
    away = {row.address: row.attempts for row in rows(app)}
    assert set(states(app)) <= {"deferred", "queued"}
    assert smtp_server.mails == []
    smtp_server.start()
    for _ in range(12):
        work(app)
        clock.advance(minutes=5)
    ends = {row.address.partition("@")[0]: (row.state, row.last_code) for row in rows(app)}
    assert ends == {f"en{n}": ("sent", 250) for n in range(12)} | {"en3": ("failed", 550), "en8": ("failed", 550)}
    arrived = sorted(mail.recipients[0] for mail in smtp_server.mails)
    assert arrived == sorted(f"en{n}@readers.example" for n in range(12) if n not in {3, 8})
    since = {row.address.partition("@")[0]: row.attempts - away[row.address] for row in rows(app)}
    assert max(since.values()) == 2
    assert (since["en3"], since["en8"]) == (1, 1)
    assert count(app, Suppression) == 1  # the mailbox that is not there; as spam it was we who were refused
    assert any("5.1.1 No such mailbox" in row.last_text for row in rows(app))
