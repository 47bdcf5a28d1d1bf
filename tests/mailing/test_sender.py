"""Mail servers as they are: they stall, put off, refuse and hang up; the outbox comes through, in words."""

import inspect
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import flask_mail
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask

from s3chem_events import bulk, delivering, dispatch, schedule
from s3chem_events.core.config import MailServer, Settings
from s3chem_events.core.db import transaction
from s3chem_events.mailing import connecting, pace, sender
from tests.conftest import Clock
from tests.factories import add_event
from tests.support.campaigns import newsletter, readers, release
from tests.support.post import enrol, history, relay, rows, states, work
from tests.support.post_office import At, Drop, PostOffice, Stall, Trickle
from tests.support.servers import mailing_to


@pytest.fixture
def environ(environ: dict[str, str], smtp_server: PostOffice) -> dict[str, str]:
    return environ | mailing_to(smtp_server.port)


@pytest.fixture(autouse=True)
def short_patience(app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for answers as long as a test has time for."""
    monkeypatch.setattr(connecting.Patience.__init__, "__defaults__", (2.0, 2.0, 0.5, 0.5))
    add_event(app)


def waiting(app: Flask) -> list[tuple[str, int | None, str]]:
    return [(row.state, row.last_code, row.last_text) for row in rows(app)]


def test_email_reaches_the_server_as_one_message_to_one_recipient(app: Flask, smtp_server: PostOffice):
    enrol(app, 3)
    assert work(app) == 3
    assert [(mail.sender, mail.recipients) for mail in smtp_server.mails] == [
        ("events@s3chem.example", [f"anna{n}@park.example"]) for n in range(3)
    ]
    assert smtp_server.connections == 1
    assert {row.message_id for row in rows(app)} == {str(mail.message["Message-ID"]) for mail in smtp_server.mails}
    assert [(outcome, code) for outcome, code, _ in history(app)] == [("sent", 250)] * 3
    assert work(app) == 0


@pytest.mark.one_database
@pytest.mark.parametrize("at", [At.MAIL, At.RCPT, At.IN_DATA, At.AFTER_DATA])
@pytest.mark.parametrize(
    "answer, pipelining",
    [("451 4.3.0 Local trouble", True), ("452 4.2.2 Mailbox full", True), ("452 4.2.2 Mailbox full", False)],
)
def test_temporary_refusal_is_tried_again_and_arrives_once(
    app: Flask, clock: Clock, smtp_server: PostOffice, at: At, answer: str, *, pipelining: bool
):
    smtp_server.pipelining = pipelining
    smtp_server.answer(at, answer, times=1)
    enrol(app)
    assert work(app) == 1
    ((state, code, said),) = waiting(app)
    assert (state, code, answer.endswith(said)) == ("deferred", int(answer[:3]), True)
    assert work(app) == 0
    clock.advance(minutes=2)
    work(app)
    assert states(app) == ["sent"]
    assert len(smtp_server.mails) == 1


@pytest.mark.one_database
@pytest.mark.parametrize("pipelining", [True, False])
def test_whatever_begins_with_2_is_a_yes(app: Flask, clock: Clock, smtp_server: PostOffice, *, pipelining: bool):
    """RFC 5321 4.3.2: a server may answer with a code that nobody knows; its first digit decides."""
    smtp_server.pipelining = pipelining
    for at in (At.MAIL, At.RCPT, At.AFTER_DATA):
        for answer in ("252 2.1.5 Cannot verify, will try", "200 OK", "299 Fine"):
            smtp_server.answer(at, answer, times=1)
    enrol(app, 10)
    work(app)
    assert states(app) == ["sent"] * 10
    assert len(smtp_server.mails) == 10
    assert {row.last_code for row in rows(app)} == {200, 250, 252, 299}


def test_greylisting_lets_through_at_the_third_try(app: Flask, clock: Clock, smtp_server: PostOffice):
    smtp_server.answer(At.RCPT, "450 4.7.1 Greylisted, come again in five minutes", times=2, to="anna1@park.example")
    enrol(app, 3)
    work(app)
    assert states(app) == ["sent", "deferred", "sent"]
    for _ in range(2):
        clock.advance(minutes=5)
        work(app)
    assert states(app) == ["sent"] * 3
    assert rows(app)[1].attempts == 3


@pytest.mark.parametrize("pipelining", [True, False])
def test_refusal_in_the_midst_of_a_batch_leaves_the_others_in_step(
    app: Flask, smtp_server: PostOffice, *, pipelining: bool
):
    smtp_server.pipelining = pipelining
    smtp_server.answer(At.RCPT, "550 5.1.1 No such mailbox", times=1, to="anna1@park.example")
    smtp_server.answer(At.AFTER_DATA, "554 5.7.1 Not wanted", times=1, to="anna2@park.example")
    enrol(app, 4)
    work(app)
    assert states(app) == ["sent", "failed", "failed", "sent"]
    assert [mail.recipients for mail in smtp_server.mails] == [["anna0@park.example"], ["anna3@park.example"]]
    assert smtp_server.connections == 1


def test_text_that_a_server_waits_for_after_a_refusal_is_empty(app: Flask, clock: Clock, smtp_server: PostOffice):
    """RFC 2920 3.1: some say 354 to DATA though they refused the recipient that was named with it."""
    smtp_server.hasty = True
    smtp_server.answer(At.RCPT, "550 5.1.1 No such mailbox", times=1, to="anna0@park.example")
    enrol(app, 2)
    work(app)
    assert states(app) == ["failed", "sent"]
    assert [mail.recipients for mail in smtp_server.mails] == [["anna1@park.example"]]
    assert smtp_server.connections == 1


@pytest.mark.parametrize("at", [At.RCPT, At.IN_DATA, At.AFTER_DATA])
def test_permanent_refusal_fails_at_once_with_the_servers_words(
    app: Flask, clock: Clock, smtp_server: PostOffice, at: At
):
    smtp_server.answer(at, "550 5.1.1 No such mailbox", to="anna0@park.example")
    enrol(app, 2)
    work(app)
    assert waiting(app)[0] == ("failed", 550, "5.1.1 No such mailbox")
    assert states(app) == ["failed", "sent"]
    clock.advance(days=1)
    assert work(app) == 0


def test_sender_refused_for_good_waits_for_the_operator_and_fails_no_email(
    app: Flask, clock: Clock, smtp_server: PostOffice
):
    smtp_server.answer(At.MAIL, "553 5.7.1 Sender address rejected", times=1)
    enrol(app, 2)
    work(app)
    assert states(app) == ["deferred", "queued"]
    clock.advance(minutes=5)
    work(app)
    assert states(app) == ["sent", "sent"]


def test_shutting_down_leaves_the_rest_of_the_batch_untried(app: Flask, clock: Clock, smtp_server: PostOffice):
    smtp_server.answer(At.MAIL, "421 4.3.2 Shutting down", times=1)
    enrol(app, 4)
    work(app)
    assert [(row.state, row.attempts) for row in rows(app)] == [("deferred", 1), *[("queued", 0)] * 3]
    clock.advance(minutes=2)
    work(app)
    assert states(app) == ["sent"] * 4


@pytest.mark.parametrize("at", [At.MAIL, At.RCPT])
def test_connection_lost_before_the_text_is_tried_again(app: Flask, clock: Clock, smtp_server: PostOffice, at: At):
    smtp_server.answer(at, Drop(), times=1)
    enrol(app)
    work(app)
    assert states(app) == ["deferred"]
    clock.advance(minutes=2)
    work(app)
    assert (states(app), len(smtp_server.mails)) == (["sent"], 1)


@pytest.mark.parametrize("kept", [True, False])
def test_connection_lost_after_the_text_is_unknown_and_repeated_with_the_same_bytes(
    app: Flask, clock: Clock, smtp_server: PostOffice, kept: bool
):
    smtp_server.answer(At.AFTER_DATA, Drop(keeping=kept), times=1)
    enrol(app)
    work(app)
    ((state, code, said),) = waiting(app)
    assert (state, code) == ("unknown", None)
    assert said.endswith("it may have arrived")
    clock.advance(minutes=2)
    work(app)
    assert states(app) == ["sent"]
    assert len(smtp_server.mails) == (2 if kept else 1)
    assert len({mail.data for mail in smtp_server.mails}) == 1  # so that whoever gets it twice can drop one


def test_connection_lost_in_the_text_is_unknown_too(app: Flask, clock: Clock, smtp_server: PostOffice):
    smtp_server.answer(At.IN_DATA, Drop(), times=1)
    enrol(app)
    work(app)
    assert states(app) == ["unknown"]
    clock.advance(minutes=2)
    work(app)
    assert (states(app), len(smtp_server.mails)) == (["sent"], 1)


@pytest.mark.one_database
@pytest.mark.parametrize("at, state", [(At.MAIL, "deferred"), (At.RCPT, "deferred"), (At.AFTER_DATA, "unknown")])
@pytest.mark.parametrize("answer", [Stall(1.5), Trickle(3)], ids=["silent", "endless"])
def test_server_whose_answer_does_not_end_is_given_up_and_asked_again(
    app: Flask, clock: Clock, smtp_server: PostOffice, at: At, state: str, answer: Stall | Trickle
):
    smtp_server.answer(at, answer, times=1)
    enrol(app)
    work(app)
    assert states(app) == [state]
    assert "timed out" in rows(app)[0].last_text
    clock.advance(minutes=2)
    work(app)
    assert states(app) == ["sent"]


def test_server_that_is_down_delays_everything_and_loses_nothing(app: Flask, clock: Clock, smtp_server: PostOffice):
    smtp_server.stop()
    enrol(app, 5)
    for _ in range(10):  # ten minutes
        work(app)
        clock.advance(minutes=1)
    assert set(states(app)) <= {"deferred", "queued"}
    assert "no connection to the mail server" in max(row.last_text for row in rows(app))
    smtp_server.start()
    clock.advance(hours=1)
    for _ in range(3):
        work(app)
        clock.advance(minutes=2)
    assert states(app) == ["sent"] * 5
    assert sorted(mail.recipients[0] for mail in smtp_server.mails) == [f"anna{n}@park.example" for n in range(5)]


def test_address_beyond_ascii_is_written_to_as_typed(app: Flask, smtp_server: PostOffice):
    enrol(app, email="jürgen@bücher.example")
    work(app)
    assert smtp_server.mails[0].recipients == ["jürgen@xn--bcher-kva.example"]
    assert "jürgen@xn--bcher-kva.example".encode() in smtp_server.mails[0].data


def test_o_brien_and_capitals_are_written_to_as_typed(app: Flask, smtp_server: PostOffice):
    enrol(app, email="o'brien+s3chem@example.org")
    enrol(app, email="ANNA@Example.org", given_name="Anna B")
    work(app)
    assert [mail.recipients[0] for mail in smtp_server.mails] == ["o'brien+s3chem@example.org", "ANNA@example.org"]


class OldServer(threading.Thread):
    """A server of before 2012: no SMTPUTF8, no SIZE, and lines that are longer than it likes are an error."""

    reserve = 0.0
    """Seconds before it greets."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.lines: list[bytes] = []

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as file:
                self.talk(file)

    def talk(self, file: Any) -> None:
        def say(line: bytes) -> None:
            file.write(line + b"\r\n")
            file.flush()

        time.sleep(self.reserve)
        say(b"220 old")
        text = False
        while line := file.readline():
            self.lines.append(line)
            verb = line[:4].upper()
            if text:
                text = line != b".\r\n"
                if not text:
                    say(b"250 taken")
            elif verb == b"DATA":
                text = True
                say(b"354 go on")
            elif verb == b"QUIT":
                say(b"221 bye")
                return
            else:
                say(self.hears(verb))

    def hears(self, _verb: bytes) -> bytes:
        return b"250 old"


@pytest.fixture
def old_server() -> Iterator[OldServer]:
    server = OldServer()
    server.start()
    yield server
    server.socket.close()


class OddServer(OldServer):
    """A server that wants somebody to sign in, and garbles its question as long as it is `odd`."""

    odd = True

    def hears(self, verb: bytes) -> bytes:
        if verb == b"EHLO":
            return b"250-odd\r\n250 AUTH CRAM-MD5" if self.odd else b"250-odd\r\n250 AUTH PLAIN"
        if verb == b"AUTH":
            return b"334 abc" if self.odd else b"235 welcome"
        return b"250 odd"


def to(app: Flask, **server: object) -> None:
    """Let the application send by another server."""
    settings: Settings = app.extensions["s3chem"]
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": 1,
        "username": None,
        "password": None,
        "tls": "none",
    } | server
    object.__setattr__(settings, "mail", MailServer(**values))


def test_server_that_cannot_take_such_an_address_is_not_asked(app: Flask, old_server: OldServer):
    to(app, port=old_server.port)
    enrol(app, email="jürgen@bücher.example")
    enrol(app, given_name="Jan")
    work(app)
    assert states(app) == ["failed", "sent"]
    assert "SMTPUTF8" in rows(app)[0].last_text
    asked = [line.upper() for line in old_server.lines if line.upper().startswith(b"RCPT")]
    assert asked == [b"RCPT TO:<ANNA0@PARK.EXAMPLE>\r\n"]


def test_a_server_that_is_slow_to_greet_is_waited_for(
    app: Flask, old_server: OldServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connecting.Patience.__init__, "__defaults__", (0.5, 60, 60, 60))
    old_server.reserve = 1.5  # longer than a connection is waited for
    to(app, port=old_server.port)
    enrol(app)
    work(app)
    assert states(app) == ["sent"]


def test_no_line_is_longer_than_servers_must_take(app: Flask, old_server: OldServer):
    to(app, port=old_server.port)
    enrol(app, given_name="ż" * 100, family_name="漢" * 100)
    work(app)
    assert states(app) == ["sent"]
    assert max(len(line) for line in old_server.lines) <= 100
    assert b"".join(old_server.lines).isascii()
    assert old_server.lines[0] == b"ehlo localhost\r\n"  # the site's own name, whatever this machine is called


def test_certificate_that_nobody_vouches_for_is_not_trusted(app: Flask, clock: Clock, tls_server: int):
    to(app, port=tls_server, tls="tls")
    enrol(app)
    work(app)
    assert states(app) == ["deferred"]
    assert "certificate" in rows(app)[0].last_text.lower()


def test_server_without_starttls_gets_nothing_in_the_clear(app: Flask, old_server: OldServer):
    to(app, port=old_server.port, tls="starttls", username="events", password="secret")
    enrol(app)
    work(app)
    assert states(app) == ["deferred"]
    assert "STARTTLS" in rows(app)[0].last_text
    assert [line for line in old_server.lines if line.upper().startswith((b"MAIL", b"AUTH"))] == []


@pytest.mark.one_database
@pytest.mark.parametrize(
    "server, words",
    [
        ({}, "Incorrect padding"),
        ({"password": "pässword"}, "only ASCII can stand in the user name, the password"),
        ({"host": "mail..example.org"}, "label empty or too long"),
    ],
    ids=["challenge", "password", "host"],
)
def test_a_server_that_nobody_gets_into_fails_no_email(app: Flask, clock: Clock, server: dict[str, Any], words: str):
    odd = OddServer()
    odd.start()
    odd.odd = "password" not in server
    signed_in = {"port": odd.port, "username": "events", "password": "secret"}
    to(app, **signed_in | server)
    enrol(app, 3)
    work(app)
    assert words in sender.fault(app.extensions["s3chem"])
    assert [(row.state, row.attempts) for row in rows(app)] == [("deferred", 1), ("queued", 0), ("queued", 0)]
    said = rows(app)[0].last_text
    assert (said.startswith("no connection to the mail server ("), words in said, "ä" in said) == (True, True, False)
    odd.odd = False
    to(app, **signed_in)
    clock.advance(minutes=2)
    work(app)
    assert states(app) == ["sent"] * 3
    odd.socket.close()


@pytest.mark.settings(MAIL_RATE="60")
def test_pace_is_kept(app: Flask, clock: Clock, smtp_server: PostOffice):
    enrol(app, 4)
    relay(app)
    sent = []
    for _ in range(3):
        with app.app_context():
            sent.append(delivering.deliver())
    assert sent == [1, 1, 1]  # a second's share at a time; 60 in any minute: test_outbox


@pytest.mark.settings(MAIL_RATE="20")
def test_what_is_written_to_many_is_spread_over_the_minute_and_a_confirmation_waits_for_one_turn(
    app: Flask, clock: Clock, smtp_server: PostOffice
):
    readers(app, en=40)
    release(app, newsletter(app))
    clock.advance(minutes=11)
    with app.app_context():
        while bulk.carry_on(dispatch.FORGET):
            pass
    left = list[tuple[int, str]]()
    for second in range(100):
        if second == 5:
            enrol(app)
            relay(app)
        with app.app_context():
            while delivering.deliver():  # each a worker of its own
                pass
        left += [(second, mail.recipients[0]) for mail in smtp_server.mails[len(left) :]]
        clock.advance(seconds=1)
    assert [second for second, _ in left] == [0, 3, 5, *range(8, 59, 3), *range(60, 100, 3)]
    assert left[2] == (5, "anna0@park.example")


@pytest.mark.settings(MAIL_RATE="60")
def test_a_clock_that_is_put_back_leaves_nobody_waiting(app: Flask, clock: Clock, smtp_server: PostOffice):
    """An hour fast, a worker gave the server all that it takes in a minute, and was told to leave it alone."""

    def noted(*, ahead: int) -> None:
        clock.advance(seconds=ahead)
        with app.app_context(), transaction():
            pace.granted(app.extensions["s3chem"].way_out, 60)
            pace.trouble(app.extensions["s3chem"].way_out, "421 4.3.2 Shutting down")
        clock.advance(seconds=-ahead)

    enrol(app)
    noted(ahead=60)
    assert (work(app), states(app)) == (0, ["queued"])  # as when two machines' clocks differ
    noted(ahead=3600)
    assert (work(app), states(app)) == (1, ["sent"])
    clock.advance(hours=1)
    enrol(app, email="jan@park.example")
    relay(app)
    clock.advance(hours=-1)
    with app.app_context():
        schedule.tick()
    assert (work(app), states(app)) == (1, ["sent", "sent"])


def test_what_flask_mail_leaves_open_is_still_open() -> None:
    """The traps that this module closes: when one of these fails, Flask-Mail has mended something."""
    source = inspect.getsource(flask_mail.Connection)
    assert "timeout" not in source
    assert "context=" not in source
    assert issubclass(sender._Kept, flask_mail.Connection)
    assert "timeout" in inspect.getsource(sender._Kept)


def self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(key.private_bytes(*form) + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Serve TLS with a certificate that its own owner has signed; returns the port."""
    folder = tmp_path_factory.mktemp("tls")
    certificate = self_signed(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
                context.wrap_socket(connection, server_side=True).sendall(b"220 hello\r\n")
            except ssl.SSLError:
                continue
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    yield listening.getsockname()[1]
    listening.close()
