"""What the desk reads of the outbox."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_
from sqlalchemy.orm import aliased, load_only

from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.core.values import frozen
from s3chem_events.mailing import restraint, streams
from s3chem_events.mailing.letters import WAITING, State
from s3chem_events.mailing.models import DeliveryAttempt, MailServerState, OutgoingEmail, RelayFailure

PAGE = 50
LATE = timedelta(hours=24)
INVITING = frozenset({"REQUEST", "CANCEL"})
NEVER_SENT = frozenset({State.FAILED, State.SUPPRESSED, State.CANCELLED})
LISTED = (
    OutgoingEmail.id,
    OutgoingEmail.kind,
    OutgoingEmail.address,
    OutgoingEmail.subject,
    OutgoingEmail.state,
    OutgoingEmail.stream,
    OutgoingEmail.attempts,
    OutgoingEmail.created_at,
    OutgoingEmail.due_at,
    OutgoingEmail.sent_at,
    OutgoingEmail.last_code,
    OutgoingEmail.last_text,
)
"""What a list shows; the texts themselves stay where they are."""


@frozen
class Wanted:
    """Which e-mails a list shows: in one state or in any, to an address or a part of one, because of one fact.

    `unless`: none after which its person was written to at another address, by an e-mail of one of these kinds. So
    `about` people the kinds of e-mails begin.
    """

    state: State | None = None
    address: str = ""
    fact_id: int | None = None
    unless: tuple[str, ...] = ()
    about: tuple[str, ...] = ()


@frozen
class Outage:
    """Since when a mail server has been in trouble, what it said last, when it is asked again."""

    since: datetime
    trouble: str
    next_try_at: datetime


def emails(wanted: Wanted, *, page: int = 1) -> list[OutgoingEmail]:
    """Return a page of the outbox, newest first."""
    query = _filtered(db.select(OutgoingEmail), wanted).options(load_only(*LISTED, raiseload=True))
    return list(db.session.scalars(query.order_by(OutgoingEmail.id.desc()).limit(PAGE).offset((page - 1) * PAGE)))


def email_count(wanted: Wanted) -> int:
    """Return how many e-mails a list has in all."""
    return db.session.scalar(_filtered(db.select(func.count(OutgoingEmail.id)), wanted)) or 0


def counts() -> dict[State, int]:
    """Return how many e-mails stand in each state."""
    rows = db.session.execute(db.select(OutgoingEmail.state, func.count()).group_by(OutgoingEmail.state))
    return {State(state): count for state, count in rows}


def counts_of(fact_id: int) -> dict[State, int]:
    """Return how many of the e-mails of one fact stand in each state."""
    query = db.select(OutgoingEmail.state, func.count()).filter_by(fact_id=fact_id).group_by(OutgoingEmail.state)
    return {State(state): count for state, count in db.session.execute(query)}


def email_by_id(email_id: int) -> OutgoingEmail | None:
    """Return one e-mail, its texts included."""
    return db.session.get(OutgoingEmail, email_id)


def attempts(email_id: int) -> list[DeliveryAttempt]:
    """Return the tries of an e-mail, newest first."""
    query = db.select(DeliveryAttempt).filter_by(email_id=email_id).order_by(DeliveryAttempt.id.desc())
    return list(db.session.scalars(query))


def of_kinds(*kinds: str) -> ColumnElement[bool]:
    """Ask for e-mails whose kind begins like one of these: `registration.`, `event.reminded`."""
    return or_(*(OutgoingEmail.kind.startswith(kind) for kind in kinds))


def about(subject_id: int, *kinds: str) -> list[OutgoingEmail]:
    """Return the e-mails about one subject, newest first; `kinds` are the beginnings of theirs."""
    query = db.select(OutgoingEmail).where(OutgoingEmail.subject_id == subject_id, of_kinds(*kinds))
    query = query.options(load_only(*LISTED, raiseload=True)).order_by(OutgoingEmail.id.desc())
    return list(db.session.scalars(query))


def to_address(digest: str, *, kinds: str = "") -> list[OutgoingEmail]:
    """Return the e-mails to one address, newest first, at most a page; `kinds` is the beginning of theirs."""
    query = db.select(OutgoingEmail).where(OutgoingEmail.address_digest == digest, OutgoingEmail.kind.startswith(kinds))
    query = query.options(load_only(*LISTED, raiseload=True)).order_by(OutgoingEmail.id.desc()).limit(PAGE)
    return list(db.session.scalars(query))


def newest_states(subject_ids: Iterable[int], *kinds: str) -> dict[int, State]:
    """Return where the newest e-mail about each subject stands, in one statement."""
    rows = db.session.execute(
        db.select(OutgoingEmail.subject_id, OutgoingEmail.state)
        .where(OutgoingEmail.subject_id.in_(list(subject_ids)), of_kinds(*kinds))
        .order_by(OutgoingEmail.id)
    )
    return {subject_id: State(state) for subject_id, state in rows}


def newest(subject_id: int, kinds: Collection[str], *, digest: str) -> tuple[State, datetime | None] | None:
    """Return where the newest e-mail of these kinds about a subject to one address stands, and when it was sent."""
    query = db.select(OutgoingEmail.state, OutgoingEmail.sent_at).where(
        OutgoingEmail.subject_id == subject_id,
        OutgoingEmail.address_digest == digest,
        OutgoingEmail.kind.in_(kinds),
    )
    row = db.session.execute(query.order_by(OutgoingEmail.id.desc()).limit(1)).first()
    return (State(row.state), row.sent_at) if row else None


def was_tried(subject_id: int, *kinds: str, digest: str) -> bool:
    """Whether an e-mail about a subject to one address has been with a mail server, whatever became of it."""
    query = db.select(OutgoingEmail.id).where(
        OutgoingEmail.subject_id == subject_id,
        OutgoingEmail.address_digest == digest,
        OutgoingEmail.state.in_([State.SENT, State.BOUNCED, State.FAILED]),
        of_kinds(*kinds),
    )
    return db.session.scalar(query.limit(1)) is not None


def tried(email_ids: Iterable[int]) -> set[int]:
    """Return which e-mails some server may have, or has refused for now: a try of theirs is written down."""
    query = db.select(DeliveryAttempt.email_id).where(DeliveryAttempt.email_id.in_(list(email_ids)))
    return set(db.session.scalars(query))


def waiting_of(fact_ids: Collection[int]) -> list[int]:
    """Return the e-mails of some facts that wait for their turn."""
    query = db.select(OutgoingEmail.id).where(OutgoingEmail.fact_id.in_(fact_ids), OutgoingEmail.state.in_(WAITING))
    return list(db.session.scalars(query))


def invitations(subject_id: int, *, digest: str) -> list[tuple[str, bool]]:
    """Return the calendars that somebody was written at an address, those that take out an entry too, newest first.

    With each goes whether it was given to a mail server: of one that waits still, nobody can know.
    """
    query = db.select(OutgoingEmail.calendars, OutgoingEmail.attempts > 0).where(
        OutgoingEmail.subject_id == subject_id,
        OutgoingEmail.address_digest == digest,
        OutgoingEmail.method.in_(INVITING),
        OutgoingEmail.state.not_in(NEVER_SENT),
    )
    found = db.session.execute(query.order_by(OutgoingEmail.id.desc()))
    return [(calendar, tried) for calendars, tried in found for calendar in calendars]


def written_from_to(
    kinds: Collection[str], subjects: Select[Any] | Sequence[int]
) -> dict[int, dict[str, tuple[int, int]]]:
    """Return the first and the newest fact of which an e-mail was written, by subject and kind, in one statement."""
    ends = func.min(OutgoingEmail.fact_id), func.max(OutgoingEmail.fact_id)
    query = db.select(OutgoingEmail.subject_id, OutgoingEmail.kind, *ends)
    found = defaultdict[int, dict[str, tuple[int, int]]](dict)
    query = query.where(OutgoingEmail.subject_id.in_(subjects), OutgoingEmail.kind.in_(kinds))
    for subject_id, kind, *facts in db.session.execute(query.group_by(OutgoingEmail.subject_id, OutgoingEmail.kind)):
        found[subject_id][kind] = (facts[0], facts[1])
    return dict(found)


def unwritten() -> list[tuple[Fact, RelayFailure]]:
    """Return the facts that could not be turned into their e-mails, newest first."""
    query = db.select(Fact, RelayFailure).join(RelayFailure, RelayFailure.fact_id == Fact.id).order_by(Fact.id.desc())
    return [(fact, failure) for fact, failure in db.session.execute(query)]


def late_count() -> int:
    """Return how many e-mails have been waiting for over a day."""
    waiting = OutgoingEmail.state.in_([State.QUEUED, State.DEFERRED, State.UNKNOWN])
    query = db.select(func.count(OutgoingEmail.id)).where(waiting, OutgoingEmail.created_at < now() - LATE)
    return db.session.scalar(query) or 0


def held_count() -> int:
    """Return how many e-mails are held back by the measures against flooding mailboxes."""
    return db.session.scalar(db.select(func.count(OutgoingEmail.id)).where(restraint.is_held())) or 0


def waiting_count() -> int:
    """Return how many e-mails wait for a mail server."""
    query = db.select(func.count(OutgoingEmail.id)).where(OutgoingEmail.state.in_(WAITING))
    return db.session.scalar(query) or 0


def due() -> tuple[int, float]:
    """Return how many e-mails could leave now, and for how many seconds the first of them has been due."""
    at = now()
    query = db.select(func.count(OutgoingEmail.id), func.min(OutgoingEmail.due_at))
    count, first = db.session.execute(query.where(OutgoingEmail.due_at <= at)).one()
    return count, (at - first).total_seconds() if first else 0.0


def outage(server: str) -> Outage | None:
    """Return how long and why a mail server has been in trouble; None where it answers."""
    state = db.session.get(MailServerState, server)
    if state is None or not state.troubles or state.troubled_since is None:
        return None
    return Outage(state.troubled_since, state.trouble, state.rests_until or now())


def _filtered(query: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.state is not None:
        query = query.where(OutgoingEmail.state == wanted.state)
    if wanted.fact_id is not None:
        query = query.where(OutgoingEmail.fact_id == wanted.fact_id)
    if wanted.unless:
        query = query.where(~(of_kinds(*wanted.about) & _is_corrected(wanted.unless)))
    if wanted.address:
        query = query.where(func.lower(OutgoingEmail.address).contains(wanted.address.lower(), autoescape=True))
    return query


def _is_corrected(kinds: Collection[str]) -> ColumnElement[bool]:
    later = aliased(OutgoingEmail)
    return exists().where(
        later.subject_id == OutgoingEmail.subject_id,
        later.kind.in_(kinds),
        later.id > OutgoingEmail.id,
        later.address_digest != OutgoingEmail.address_digest,
    )


def written_since(fact_id: int, *kinds: str) -> Select[tuple[int]]:
    """Return a query for the subjects of which an e-mail of these kinds was written out of this fact or a later one.

    Or out of an earlier one since: it came late, or what it had said was not so any more.
    """
    query: Select[tuple[int]] = db.select(OutgoingEmail.subject_id)
    happened_at = db.select(Fact.happened_at).filter_by(id=fact_id).scalar_subquery()
    since = or_(OutgoingEmail.fact_id >= fact_id, OutgoingEmail.created_at > happened_at)
    return query.where(since, OutgoingEmail.kind.in_(kinds))


def written(fact: Fact, kind: str = "") -> Select[tuple[int]]:
    """Return a query for the subjects that a fact has an e-mail of a kind for, its own unless told, in the outbox."""
    query: Select[tuple[int]] = db.select(OutgoingEmail.subject_id)
    mine = (OutgoingEmail.fact_id == fact.id, OutgoingEmail.kind == (kind or fact.kind))
    return query.where(*mine, ~streams.IS_TAKEN_BACK)


def not_stopped(fact_ids: Collection[int]) -> Select[tuple[int]]:
    """Return a query for the subjects whose e-mails out of some facts were not stopped."""
    query: Select[tuple[int]] = db.select(OutgoingEmail.subject_id)
    return query.where(OutgoingEmail.fact_id.in_(fact_ids), OutgoingEmail.state != State.CANCELLED)
