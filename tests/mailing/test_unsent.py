"""What has not left yet: too long to be stored, refused while its person is erased, given up, or stopped."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from s3chem_events import bulk, delivering, dispatch
from s3chem_events.campaigns import looking, releases, sending
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.core.text import Text, shortened
from s3chem_events.mailing import bounces, emptying, outbox, rewording
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.mailing.models import DeliveryAttempt, OutgoingEmail, RelayFailure, Suppression, Undelivered
from s3chem_events.mailing.results import WAITS, Outcome, Result
from s3chem_events.registration import disowning, queries
from s3chem_events.registration.emails import confirmations
from tests.campaigns.test_sending import compose, move
from tests.conftest import Clock
from tests.factories import PUBLIC_DAY, add_event, count, hidden, revise_event, soup
from tests.support.campaigns import CLARA, DIEGO, locked, newsletter, readers, release, written
from tests.support.desk import signed_in
from tests.support.post import enrol, history, kept, relay, rows, states, work

pytestmark = pytest.mark.both_counted

OLGA = Actor("organiser", 1)
UNSTORABLE = "\udcff@x.example"
"""No database takes half a character."""


@pytest.fixture(autouse=True)
def published(app: Flask) -> None:
    add_event(app, parts=(PUBLIC_DAY,))


def set_rows(app: Flask, states: Iterable[str], **more: object) -> None:
    """Bring the e-mails of the outbox into these states, one after the other."""
    with app.app_context(), transaction():
        for row, state in zip(
            db.session.scalars(db.select(OutgoingEmail).order_by(OutgoingEmail.id)), states, strict=True
        ):
            row.state = state
            for name, value in more.items():
                setattr(row, name, value)


def test_a_subject_of_any_length_is_cut_and_holds_up_nobody(app: Flask):
    revise_event(app, title=Text(en="Dissemination conference on regional chemistry " * 3))
    with app.app_context(), transaction():
        words = "Registered: {{name}}, {{event_title}}, {{event_title}}"
        rewording.save("registration.confirmed", "en", passages={"subject": words}, original={}, version=0, by=OLGA)
    enrol(app, given_name="👩‍👩‍👧")
    assert (work(app), states(app)) == (1, ["sent"])
    (long,) = (row.subject for row in rows(app))
    assert (len(long) <= 300, long.startswith("Registered: 👩"), long.endswith("…")) == (True, True, True)
    assert kept(app)[0].envelope.subject == long
    assert [shortened(text, 5) for text in ("abcde", "abcdef", "abe\u0301\u0302f", "a👩‍👩‍👧bc", "a🇩🇪🇫🇷🇮🇹")] == [
        "abcde",
        "abcd…",
        "ab…",
        "a…",
        "a🇩🇪…",
    ]


def test_an_e_mail_that_cannot_be_stored_is_marked_and_all_others_leave(
    app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    first, *_ = enrol(app, 3)

    def spoilt(facts: Sequence[Fact], letterhead: Letterhead) -> Iterable[Draft]:
        for draft in confirmations.confirmed(facts, letterhead):
            yield replace(draft, reply_to=UNSTORABLE) if draft.subject_id == first else draft

    with monkeypatch.context() as patched:
        patched.setitem(dispatch.EMAILS, "registration.confirmed", (spoilt,))
        assert work(app) == 2
    with app.app_context():
        failure = db.session.scalars(db.select(RelayFailure)).one()
        fact = db.session.get(Fact, failure.fact_id)
        assert fact is not None
        assert (fact.subject_id, fact.relayed_at, failure.tries, failure.reason) == (first, None, 1, "DataError")
    clock.advance(hours=1)
    assert work(app) == 1
    assert (min(row.subject_id for row in rows(app)), count(app, RelayFailure)) == (first, 0)


@pytest.mark.parametrize("spoil", [{"reply_to": UNSTORABLE}, {"values": {"blocks": 1}}], ids=["stored", "written"])
def test_a_reader_whose_e_mail_cannot_be_stored_or_written_is_left_out_and_the_list_says_why(
    app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch, spoil: dict[str, Any]
):
    readers(app, en=3)
    number = newsletter(app)
    release(app, number)
    clock.advance(minutes=11)
    drafts = sending.drafts

    def spoilt(taken: sending.Slice, letterhead: Letterhead) -> Iterable[tuple[int, Draft | None]]:
        for row, draft in drafts(taken, letterhead):
            yield row, draft and (replace(draft, **spoil) if draft.address.startswith("en1") else draft)

    monkeypatch.setattr(sending, "drafts", spoilt)
    work(app)
    assert (states(app), written(app, number)) == (["sent", "sent"], (3, 3))
    listed = soup(signed_in(app).get(f"/desk/newsletter/campaigns/{number}/readers")).get_text(" ", strip=True)
    assert listed.count("the e-mail cannot be written or stored") == 1


def test_once_an_event_has_moved_nobody_who_was_put_off_reads_the_old_date(app: Flask, clock: Clock):
    readers(app, en=6)
    number = newsletter(app, events=("conference",))
    release(app, number)
    clock.advance(minutes=11)
    compose(app)
    set_rows(app, ["queued", "deferred", "failed", "deferred", "deferred", "unknown"], attempts=1)
    heard = [["later"], ["later"], ["never"], ["unknown"], ["interrupted", "later"], ["unknown"]]
    with app.app_context(), transaction():
        for row, outcomes in zip(rows_of(), heard, strict=True):
            row.due_at = None if row.state == "failed" else row.due_at
            for outcome in outcomes:
                db.session.add(DeliveryAttempt(email_id=row.id, at=row.created_at, outcome=outcome, text=""))
    stay = [row.address for row in rows(app)[2:]]  # one was refused for good; the servers of the others may have them
    move(app)
    with app.app_context():
        bulk.look_after()
    assert [row.address for row in rows(app) if row.text] == stay
    assert written(app, number) == (6, 4)
    with locked(app, number) as found:
        releases.resume(found, seen=looking.shown(looking.load(found)), by=DIEGO)
    clock.advance(days=1)
    work(app)
    told = {row.address: ("18 June" in row.text, "22 October" in row.text, row.state) for row in rows(app)}
    assert (len(rows(app)), told[stay[0]]) == (6, (True, False, "failed"))
    assert {address: said for address, said in told.items() if address not in stay} == {
        f"en{n}@readers.example": (False, True, "sent") for n in range(6) if f"en{n}@readers.example" not in stay
    }


def rows_of() -> Sequence[OutgoingEmail]:
    return db.session.scalars(db.select(OutgoingEmail).order_by(OutgoingEmail.id)).all()


@pytest.mark.parametrize(
    "outcome, code, state",
    [(Outcome.NEVER, 550, "failed"), (Outcome.LATER, 451, "cancelled"), (Outcome.SENT, 250, "sent")],
)
def test_erased_while_it_was_on_its_way_nothing_names_its_person(app: Flask, outcome: Outcome, code: int, state: str):
    (registration_id,) = enrol(app)
    relay(app)
    with app.app_context():
        with transaction():
            claims = outbox.claim("worker", most=1)
        with transaction():
            registration = queries.registration_by_id(registration_id)
            assert registration is not None
            disowning.disown(registration, by=OLGA)
    relay(app)
    result = Result(outcome, code, f"{code} 5.1.1 <anna0@park.example>: User unknown")
    with app.app_context(), transaction():
        outbox.settle("worker", [(claims[0], result)])
        bounces.refused([(claims[0], result)])
    (row,) = rows(app)
    why = emptying.GONE_TEXT if state == "cancelled" else ""
    assert (row.address, row.state, row.last_text, row.due_at) == ("", state, why, None)
    assert history(app) == [(outcome, code, "")]
    assert (count(app, Undelivered), count(app, Suppression)) == (0, 0)


def test_a_retry_by_hand_begins_anew(app: Flask, clock: Clock):
    enrol(app)
    relay(app)
    set_rows(app, ["failed"], attempts=len(WAITS) + 1, due_at=None)
    desk = signed_in(app)
    desk.post("/desk/mail/1/retry", data=hidden(desk, "/desk/mail/1"))
    with app.app_context():
        with transaction():
            claims = outbox.claim("worker", most=1)
        with transaction():
            outbox.settle("worker", [(claims[0], Result(Outcome.LATER, 451, "later"))])
    assert [(row.state, row.attempts) for row in rows(app)] == [("deferred", 1)]

    readers(app, en=1)
    number = newsletter(app)
    release(app, number)
    clock.advance(minutes=11)
    compose(app)
    set_rows(app, ["sent", "failed"], attempts=len(WAITS) + 1, due_at=None)
    with locked(app, number) as found:
        assert releases.send_to_the_failed(found, by=CLARA) == 1
    compose(app)
    assert [(row.state, row.attempts) for row in rows(app)] == [("sent", len(WAITS) + 1), ("queued", 0)]


def test_an_e_mail_of_a_stopped_campaign_is_not_offered_to_be_sent(app: Flask, clock: Clock):
    readers(app, en=1)
    number = newsletter(app)
    release(app, number)
    clock.advance(minutes=11)
    compose(app)
    set_rows(app, ["failed"], due_at=None)
    desk, page = signed_in(app), "/desk/mail/1"
    assert "Try again now" in desk.get(page).text
    token = hidden(desk, page)
    with locked(app, number) as found:
        releases.cancel(found, by=DIEGO)
    assert "Try again now" not in desk.get(page).text
    desk.post(f"{page}/retry", data=token)
    assert "belongs to a campaign that is paused or stopped" in desk.get(page).text
    with app.app_context():
        delivering.deliver()
    assert states(app) == ["failed"]
