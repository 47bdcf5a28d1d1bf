"""The outbox: each e-mail once, by one worker at a time, with its history; and what happens with a guard taken out."""

import resource
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from s3chem_events import delivering
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.guard import settings
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.mailing import outbox, pace, recovering, relaying, render
from s3chem_events.mailing.journal import Journal, Left, left
from s3chem_events.mailing.letters import State
from s3chem_events.mailing.models import MailServerState, OutgoingEmail, RelayFailure, Suppression
from s3chem_events.mailing.outbox import NotRetriable, NotWaiting
from s3chem_events.mailing.results import WAITS, Outcome, Result, rest_after, wait_after
from s3chem_events.publishing.letterhead import letterhead_of
from s3chem_events.registration import disowning, queries
from s3chem_events.registration.emails import confirmations
from tests.conftest import Clock
from tests.factories import add_event
from tests.support.post import enrol, history, kept, relay, rows, states, work
from tests.support.rivals import at_once

pytestmark = pytest.mark.both_counted

OLGA = Actor("organiser", 1)


@pytest.fixture(autouse=True)
def published(app: Flask) -> None:
    add_event(app)


def relay_again(app: Flask) -> None:
    """Do what a second worker does that read the facts before the first had marked them."""
    with app.app_context(), transaction():
        db.session.execute(db.update(Fact).values(relayed_at=None))
    relay(app)


def test_fact_relayed_twice_writes_to_each_person_once(app: Flask):
    enrol(app, 3)
    relay(app)
    relay_again(app)
    assert len(rows(app)) == 3
    assert (work(app), len(kept(app)), work(app)) == (3, 3, 0)


def test_without_the_unique_key_nothing_is_posted_rather_than_twice(app: Flask):
    with app.app_context(), transaction():
        if db.engine.dialect.name == "postgresql":
            name = "uq_outgoing_email_fact_id_kind_subject_id_address_digest"
            db.session.execute(text(f"ALTER TABLE outgoing_email DROP CONSTRAINT {name}"))
        else:
            db.session.execute(text("CREATE TABLE other AS SELECT * FROM outgoing_email"))
            db.session.execute(text("DROP TABLE delivery_attempt"))
            db.session.execute(text("DROP TABLE outgoing_email"))
            made = str(OutgoingEmail.metadata.tables["outgoing_email"].c.keys())
            assert "fact_id" in made
            columns = ", ".join(
                "id INTEGER PRIMARY KEY" if c.name == "id" else f"{c.name} {c.type.compile(db.engine.dialect)}"
                for c in OutgoingEmail.__table__.c
            )
            db.session.execute(text(f"CREATE TABLE outgoing_email ({columns})"))
    enrol(app, 3)
    with pytest.raises(DatabaseError):
        relay(app)
    assert rows(app) == []


def test_two_people_at_one_address_each_get_theirs_and_one_fact_never_writes_twice(app: Flask):
    enrol(app, given_name="Anna")
    enrol(app, given_name="Jan")
    work(app)
    assert [mail.envelope.to for mail in kept(app)] == [
        "Anna Nowak <anna0@park.example>",
        "Jan Nowak <anna0@park.example>",
    ]


def test_a_follower_and_a_participant_of_one_number_and_one_address_each_get_theirs(app: Flask):
    enrol(app)
    with app.app_context():
        *_, fact = relaying.waiting(most=9)
        letterhead = letterhead_of(settings())
        (letter,) = (render.written(one, letterhead, at=now()) for one in confirmations.confirmed([fact], letterhead))
        for _ in range(2):
            with transaction():
                outbox.post([letter, replace(letter, kind="follower.told")])
    assert [row.kind for row in rows(app)] == ["registration.confirmed", "follower.told"]


def test_every_email_is_claimed_by_one_worker_only(app: Flask):
    enrol(app, 60)
    relay(app)
    taken: list[int] = []

    def worker(name: str) -> None:
        with app.app_context():
            while True:
                with transaction():
                    claims = outbox.claim(name, most=7)
                if not claims:
                    return
                taken.extend(claim.id for claim in claims)

    at_once(*(partial(worker, f"worker-{n}") for n in range(4)))
    assert sorted(taken) == sorted(row.id for row in rows(app))
    assert len(taken) == 60


def test_claimed_email_is_free_again_when_the_lease_has_run_out(app: Flask, clock: Clock):
    enrol(app)
    relay(app)

    def claim(name: str) -> list[tuple[int, int]]:
        with app.app_context(), transaction():
            return [(claimed.id, claimed.attempts) for claimed in outbox.claim(name, most=10)]

    ((email_id, _),) = claim("first")
    clock.advance(minutes=19)
    assert claim("second") == []
    with app.app_context(), transaction():
        assert outbox.renew("first", [email_id]) == {email_id}
    clock.advance(minutes=19)
    assert claim("second") == []
    clock.advance(minutes=2)
    assert claim("second") == [(email_id, 2)]
    with app.app_context(), transaction():
        assert outbox.renew("first", [email_id]) == set()


def test_first_worker_cannot_settle_what_a_second_has_taken_over(app: Flask, clock: Clock):
    enrol(app)
    relay(app)
    with app.app_context():
        with transaction():
            claims = outbox.claim("first", most=1)
        clock.advance(hours=1)
        with transaction():
            outbox.claim("second", most=1)
        with transaction():
            outbox.settle("first", [(claims[0], Result(Outcome.NEVER, 550, "no"))])
    assert [(row.state, row.owner) for row in rows(app)] == [("sending", "second")]


def test_worker_that_died_after_the_250_sends_nothing_twice(app: Flask):
    enrol(app, 5)
    relay(app)
    with app.app_context(), delivering.running(app.extensions["s3chem"]) as run:
        owner = run.journal.owner
        with transaction():
            claims = outbox.claim(owner, most=5)
        for claimed in claims[:3]:
            assert run._try(claimed).outcome == "sent"
        run.journal.close(settled=False)  # what is left of a process that is killed here
        die_before_the_commit(run)
    assert states(app) == ["sending"] * 5
    assert work(app) == 2
    assert states(app) == ["sent"] * 5
    assert [outcome for outcome, _, _ in history(app)] == ["sent"] * 5
    assert [row.attempts for row in rows(app)] == [1] * 5
    assert len(kept(app)) == 5


def die_before_the_commit(run: delivering.Run) -> None:
    run.journal.close = lambda *, settled: None  # type: ignore[method-assign]


def test_same_death_sends_twice_with_the_acceptance_journal_taken_out(app: Flask):
    enrol(app, 5)
    relay(app)
    with app.app_context(), delivering.running(app.extensions["s3chem"]) as run:
        with transaction():
            claims = outbox.claim(run.journal.owner, most=5)
        for claimed in claims[:3]:
            run._try(claimed)
        run.journal.clear()
        run.journal.close(settled=False)
        die_before_the_commit(run)
    assert work(app) == 5  # three of them for the second time


def test_line_that_a_full_disk_cuts_off_is_not_read_with_the_next_one(tmp_path: Path):
    noted = Journal(tmp_path)
    room = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2, room[1]))  # Python ignores the signal: a write ends where room does
    try:
        with pytest.raises(OSError, match="No space left"):
            noted.begins(34)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, room)
    noted.accepted(5)
    noted.close(settled=False)
    with left(tmp_path) as runs:
        assert [(set(run.accepted), len(run.in_flight)) for run in runs] == [({5}, 0)]


def test_email_that_workers_die_of_again_and_again_waits_aside(app: Flask, clock: Clock):
    enrol(app)
    relay(app)
    for _ in range(recovering.DEADLY):
        with app.app_context():
            with transaction():
                (claimed,) = outbox.claim("doomed", most=1)
            with transaction():
                assert recovering.recover(Left("doomed", frozenset(), frozenset({claimed.id}))) == 1
    assert (work(app), states(app)) == (0, ["deferred"])
    clock.advance(hours=1)
    assert (work(app), states(app)) == (1, ["sent"])


def test_what_a_living_worker_has_taken_is_left_alone_though_the_clock_jumps(app: Flask, clock: Clock):
    enrol(app, 2)
    relay(app)
    with app.app_context(), delivering.running(app.extensions["s3chem"]) as run:
        with transaction():
            outbox.claim(run.journal.owner, most=2)
        delivering.recover(run.settings)
        assert run.journal.path.exists()
        clock.advance(hours=1)  # the lease has ended
        enrol(app, email="jan@park.example")
        assert work(app) == 1
        assert states(app) == ["sending", "sending", "sent"]
        run.journal.close(settled=False)
        die_before_the_commit(run)
    assert list(Path(run.settings.instance / "mailing").glob("*.accepted")) != []
    assert work(app) == 2
    assert list(Path(run.settings.instance / "mailing").iterdir()) == []


def test_fact_that_gives_no_email_never_blocks_the_others(app: Flask, clock: Clock):
    first, *_ = enrol(app, 3)
    with app.app_context(), transaction():  # a way to come that nobody knows
        db.session.execute(text("UPDATE participation SET mode = 'boat' WHERE registration_id = :id"), {"id": first})
    assert work(app) == 2
    with app.app_context():
        failure = db.session.scalars(db.select(RelayFailure)).one()
        fact = db.session.get(Fact, failure.fact_id)
        assert fact is not None
        assert (fact.subject_id, fact.relayed_at, failure.tries) == (first, None, 1)
        assert "anna" not in failure.reason
    for _ in range(relaying.TRIES):
        clock.advance(hours=2)
        work(app)
    with app.app_context():
        failure = db.session.scalars(db.select(RelayFailure)).one()
        fact = db.session.get(Fact, failure.fact_id)
        assert fact is not None
        assert (failure.tries, failure.due_at) == (relaying.TRIES, None)
        assert fact.relayed_at is not None
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE participation SET mode = 'online' WHERE registration_id = :id"), {"id": first})
        relaying.again(failure.fact_id, by=OLGA)
    assert work(app) == 1


def test_email_that_cannot_be_written_never_blocks_the_others(app: Flask):
    enrol(app, 3)
    relay(app)
    with app.app_context(), transaction():
        broken = "UPDATE outgoing_email SET subject = 'two' || :end || 'lines' WHERE address = 'anna1@park.example'"
        db.session.execute(text(broken), {"end": "\r\n"})
    work(app)
    assert states(app) == ["sent", "failed", "sent"]
    assert rows(app)[1].last_text == "it cannot be written (Invalid)"


def test_email_to_a_suppressed_address_does_not_leave(app: Flask):
    enrol(app, 2)
    relay(app)
    with app.app_context(), transaction():
        digest = rows(app)[0].address_digest
        db.session.add(Suppression(address_digest=digest, reason="hard_bounce", since=now()))
    work(app)
    assert states(app) == ["suppressed", "sent"]
    assert len(kept(app)) == 1


def test_organiser_cancels_what_waits_and_retries_what_was_cancelled(app: Flask):
    enrol(app)
    relay(app)
    (row,) = rows(app)

    def act(what: object) -> None:
        with app.app_context(), transaction():
            what(row.id, by=OLGA)  # type: ignore[operator]

    act(outbox.cancel)
    assert (work(app), states(app)) == (0, [State.CANCELLED])
    with pytest.raises(NotWaiting):
        act(outbox.cancel)
    act(outbox.retry)
    assert (work(app), states(app)) == (1, [State.SENT])
    with pytest.raises(NotRetriable):
        act(outbox.retry)
    with app.app_context():
        facts = db.session.scalars(db.select(Fact).where(Fact.kind.startswith("email."))).all()
        assert [(fact.kind, fact.subject_id, fact.by) for fact in facts] == [
            ("email.cancelled", row.id, "organiser:1"),
            ("email.retried", row.id, "organiser:1"),
        ]


def test_whose_registration_is_disowned_vanishes_from_the_outbox(app: Flask):
    (registration_id,) = enrol(app)
    enrol(app, email="other@park.example")
    work(app)
    with app.app_context(), transaction():
        registration = queries.registration_by_id(registration_id)
        assert registration is not None
        disowning.disown(registration, by=OLGA)
    work(app)
    first, other = rows(app)
    assert (first.address, first.name, first.subject, first.text, first.html, first.calendars) == (
        "",
        "",
        "",
        "",
        "",
        [],
    )
    assert first.state == "sent"
    assert (other.address, other.name) == ("other@park.example", "Anna Nowak")


def test_waiting_email_of_a_disowned_registration_is_stopped(app: Flask):
    (registration_id,) = enrol(app)
    relay(app)
    with app.app_context(), transaction():
        registration = queries.registration_by_id(registration_id)
        assert registration is not None
        disowning.disown(registration, by=OLGA)
    relay(app)
    assert (work(app), states(app), len(kept(app))) == (0, ["cancelled"], 0)


def test_times_between_tries_grow_and_end(app: Flask):
    waits = [wait_after(n, Random(1)) for n in range(1, len(WAITS) + 2)]
    assert waits[-1] is None
    given = [wait for wait in waits if wait]
    assert all(one < other for one, other in pairwise(given[:-1]))
    assert sum(given, timedelta()) > timedelta(days=3)
    assert [rest_after(n).total_seconds() for n in (1, 2, 3, 4, 50)] == [5, 15, 30, 60, 60]


def test_rate_is_kept_in_any_minute_by_all_workers_together(app: Flask, clock: Clock):
    given: list[float] = []
    with app.app_context():
        for _ in range(600):
            with transaction():
                free = pace.allowance("mail.example:25", rate=90, most=50).most
                if free:
                    pace.granted("mail.example:25", free)
            given += [now().timestamp()] * free
            clock.advance(seconds=0.25)
        assert db.session.get(MailServerState, "mail.example:25") is not None
    busiest = max(sum(1 for other in given if at <= other < at + 60) for at in given)
    assert busiest == 90
    assert len(given) >= 2 * 90
