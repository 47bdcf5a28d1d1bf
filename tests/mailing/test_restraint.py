"""A stranger's address in the form: few e-mails go to one mailbox, nothing is lost, an office still hears."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.campaigns import subscribing
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import VISITOR, Actor
from s3chem_events.mailing import addresses, outbox, restraint
from s3chem_events.mailing.letters import State
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import add_event, count, hidden, register, words
from tests.support.desk import signed_in
from tests.support.post import enrol, kept, relay, rows, work


@pytest.fixture(autouse=True)
def published(app: Flask) -> None:
    add_event(app)


def victims(app: Flask, number: int) -> None:
    enrol(app, number // 2, email="Victim+1@Park.Example")
    enrol(app, number - number // 2, email="victim@park.example")


@pytest.mark.one_database
@pytest.mark.parametrize(
    "one, other, same",
    [
        ("Anna+1@Park.example", "anna@park.example", True),
        ("a.nn.a+x@gmail.com", "anna@googlemail.com", True),
        ("a.nna@park.example", "anna@park.example", False),
        ("anna@bücher.example", "ANNA@xn--bcher-kva.example", True),
        ("+tag@park.example", "+other@park.example", False),
    ],
)
def test_all_addresses_of_a_mailbox_count_as_one(one: str, other: str, same: bool) -> None:
    assert (addresses.mailbox_digest(one) == addresses.mailbox_digest(other)) is same


@pytest.mark.one_database
@pytest.mark.counted_elsewhere
def test_hundreds_of_registrations_of_one_victim_send_few_emails_and_lose_none(app: Flask, clock: Clock) -> None:
    victims(app, 300)
    assert work(app) == 1  # nobody shares a mailbox with hundreds in one minute
    pass_time(app, clock, hours=23, step=15)
    assert (len(kept(app)), count(app, Registration)) == (5, 300)
    assert {row.last_text for row in rows(app) if row.state == State.DEFERRED} == {restraint.CROWDED}
    pass_time(app, clock, hours=24 * 6, step=120)
    assert len(kept(app)) == 41  # the pile ends; all others wait for an organiser
    assert count(app, OutgoingEmail, state=State.DEFERRED, due_at=None) == 259


def test_registering_and_withdrawing_in_turn_sends_few_emails(app: Flask, client: FlaskClient) -> None:
    for n in range(6):
        own = register(client, **{"email": f"victim+{n}@park.example", "mode-day-2": "online"}).headers["Location"]
        work(app)
        client.post(f"{own}/withdrawal", data=hidden(client, f"{own}/withdrawal"))
        work(app)
    assert len(kept(app)) == 5


def test_some_colleagues_hear_at_once_and_others_are_not_held_up(app: Flask, clock: Clock) -> None:
    heard = []
    for _ in range(8):
        enrol(app, 5, email="info@park.example", given_name=f"Anna {_}")
        heard.append(work(app))
        clock.advance(minutes=2)
    enrol(app, email="jan@uni.example")
    assert (heard, work(app)) == ([5, *[0] * 7], 6)  # the next five after a quarter of an hour
    assert kept(app)[-1].envelope.to.endswith("<jan@uni.example>")
    pass_time(app, clock, hours=24 * 4, step=60)
    assert len(kept(app)) == 41


def pass_time(app: Flask, clock: Clock, *, hours: int, step: int) -> None:
    for _ in range(hours * 60 // step):
        clock.advance(minutes=step)
        work(app)


def test_an_organiser_sees_why_and_lets_an_email_go(app: Flask) -> None:
    victims(app, 7)
    work(app)
    desk = signed_in(app)
    assert "held back: too many to this address" in words(desk.get("/desk/mail/?state=deferred"))
    assert "held back" in words(desk.get("/desk/mail/6"))
    assert "E-mails are held back (6)" in words(desk.get("/desk/"))
    with app.app_context(), transaction():
        outbox.retry(6, by=Actor("organiser", 1))
    assert (work(app), len(kept(app))) == (1, 2)


@pytest.mark.settings(LIMITS="on")
def test_a_flood_of_sign_ups_is_seen_and_ends_by_itself_and_holds_up_no_registration(
    app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restraint, "SITE_HOUR", 4)

    def ask(*numbers: int) -> None:
        with app.app_context(), transaction():
            for n in numbers:
                subscribing.ask(subscribing.Wish(f"robot{n}@x.example", "en", ["project"], "1", "en"), by=VISITOR)

    def heard() -> list[int]:
        return [int(found[1]) for one in kept(app) if (found := re.search(r"robot(\d+)@", one.envelope.to))]

    ask(*range(10))
    enrol(app)
    assert (work(app), sorted(heard())) == (5, [0, 1, 2, 3])
    held = [row for row in rows(app) if row.state == State.DEFERRED]
    assert {row.last_text for row in held} == {restraint.FLOODED}
    assert {row.due_at for row in held} == {now() + restraint.LOOK_AGAIN}
    desk = signed_in(app)
    assert "E-mails are held back (6)" in words(desk.get("/desk/"))
    assert "leaves by itself, oldest first, at most 4 of a kind an hour" in words(desk.get("/desk/mail/"))
    enrol(app, 3, email="anna@park.example", given_name="Jan")
    clock.advance(minutes=40)
    ask(10)  # its flood still goes on: it waits its turn
    work(app)
    assert sorted(heard()) == [0, 1, 2, 3]
    pass_time(app, clock, hours=1, step=15)
    assert sorted(heard()) == [*range(8)]
    pass_time(app, clock, hours=1, step=15)
    assert sorted(heard()) == [*range(11)]
    assert "held back" not in words(desk.get("/desk/"))


@pytest.mark.settings(LIMITS="on")
def test_over_the_usual_hour_registrations_wait_too_and_a_press_lets_them_go(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restraint, "SITE_HOUR", 7)
    enrol(app, 10)
    assert work(app) == 7
    assert [row.last_text for row in rows(app) if row.state == State.DEFERRED] == [restraint.BROKEN] * 3
    desk = signed_in(app)
    desk.post("/desk/mail/held/release", data=hidden(desk, "/desk/mail/"))
    assert work(app) == 3


def test_what_was_tried_already_is_not_held_back(app: Flask) -> None:
    enrol(app, 8, email="info@park.example")
    relay(app)
    with app.app_context(), transaction():
        db.session.execute(db.update(OutgoingEmail).values(attempts=1))
    assert work(app) == 8


def test_five_registrations_of_a_mailbox_do_not_hold_up_its_newsletter_and_a_robot_gains_nothing_by_it(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    page = "/en/newsletter"

    def ask(address: str) -> None:
        wish = {"email": address, "language": "en", "topics": ["project"]}
        assert client.post(page, data={**hidden(client, page), **wish}).status_code in {200, 303}

    enrol(app, 5, email="info@park.example")
    assert work(app) == 5
    ask("info@park.example")
    assert work(app) == 1
    assert kept(app)[-1].envelope.subject == "Please confirm: the S3Chem newsletter"
    enrol(app, email="info@park.example", given_name="Jan")
    assert work(app) == 0  # nor does it make room for a sixth
    for n in range(8):
        ask(f"info+{n}@park.example")
        clock.advance(minutes=1)
    assert work(app) == 2  # three a day, whatever is put behind a plus
    pass_time(app, clock, hours=20, step=15)
    assert len([row for row in rows(app) if row.kind == "subscriber.asked" and row.sent_at]) == 3
