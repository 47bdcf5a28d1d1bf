"""Which facts still have to become e-mails, and which could not. Works in the caller's transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import BindParameter, Integer, bindparam

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import NotFound
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.mailing.letters import Letter
from s3chem_events.mailing.models import RelayFailure

TRIES = 5
WAIT = timedelta(minutes=1)


def waiting(*, most: int) -> list[Fact]:
    """Return the oldest facts whose e-mails are not in the outbox yet, as plain values."""
    facts = list(db.session.scalars(_WAITING, {"moment": now(), "most": most}))
    for fact in facts:
        db.session.expunge(fact)
    return facts


def is_waiting() -> bool:
    """Whether there is a fact whose e-mails are not in the outbox yet."""
    return db.session.scalar(_ANY_WAITING, {"moment": now()}) is not None


def still_wanted(letters: Sequence[Letter], forgetting: Mapping[str, tuple[str, ...]]) -> list[Letter]:
    """Leave out letters about what was erased or called off while they were written.

    `forgetting` maps fact kinds to how the kinds of the e-mails begin that they erase. What the erasure itself says, or
    happened after it, is told: who left a list may have come back. Whoever calls off from now on waits for the caller's
    transaction.
    """
    if not letters:
        return []
    off = _called_off({letter.fact_id for letter in letters})
    letters = [letter for letter in letters if letter.fact_id not in off]
    subjects = {letter.subject_id for letter in letters}
    asked = {"kinds": list(forgetting), "subjects": list(subjects)}
    gone = defaultdict[int, list[tuple[tuple[str, ...], int]]](list)
    for kind, subject_id, fact_id in db.session.execute(_GONE, asked):
        gone[subject_id].append((forgetting[kind], fact_id))
    return [
        letter
        for letter in letters
        if not any(
            letter.fact_id < fact_id and letter.kind.startswith(beginnings)
            for beginnings, fact_id in gone[letter.subject_id]
        )
    ]


def _called_off(fact_ids: Collection[int]) -> set[int]:
    """Return which of these facts write to nobody any more; those that were held back are locked, in one order."""
    held = db.session.scalars(_HELD, {"ids": list(fact_ids)}).unique()
    return {fact.id for fact in held if fact.data.get("called_off")}


def settle(fact_ids: Sequence[int]) -> None:
    """Mark facts: their e-mails stand in the outbox."""
    if fact_ids:
        db.session.execute(_SETTLED, {"ids": list(fact_ids), "moment": now()})
        db.session.execute(_CLEARED, {"ids": list(fact_ids)})


def fail(reasons: Mapping[int, str]) -> None:
    """Note facts that could not become e-mails; after a few tries they wait for a person."""
    moment = now()
    for fact_id, reason in reasons.items():
        failure = db.session.get(RelayFailure, fact_id) or RelayFailure(fact_id=fact_id, tries=0)
        failure.tries += 1
        failure.reason = reason
        failure.due_at = moment + WAIT * 2**failure.tries if failure.tries < TRIES else None
        db.session.add(failure)
        if failure.due_at is None:
            db.session.execute(db.update(Fact).where(Fact.id == fact_id).values(relayed_at=moment))


def again(fact_id: int, *, by: Actor) -> None:
    """Have a fact tried anew that could not become its e-mails.

    Raises:
        NotFound: it could, or there is no such fact.

    """
    failed = db.session.get(RelayFailure, fact_id)
    if failed is None:
        raise NotFound
    db.session.delete(failed)
    resume([fact_id])
    journal.record("fact.retried", fact_id, by=by)


def resume(fact_ids: Iterable[int]) -> None:
    """Let facts write once more to whom they have not written yet, or whose e-mails were taken back."""
    facts = db.update(Fact).where(Fact.id.in_(list(fact_ids))).values(relayed_at=None)
    db.session.execute(facts.execution_options(synchronize_session=False))


# Put together once: SQLAlchemy takes longer to write these lines than the database to answer them.
_HERE = (
    Fact.relayed_at.is_(None),
    Fact.due_at.is_(None) | (Fact.due_at <= bindparam("moment")),
    Fact.id.not_in(db.select(RelayFailure.fact_id).where(RelayFailure.due_at > bindparam("moment"))),
)
_WAITING = db.select(Fact).where(*_HERE).order_by(Fact.id).limit(bindparam("most", type_=Integer))
_ANY_WAITING = db.select(Fact.id).where(*_HERE).limit(1)
_GONE = db.select(Fact.kind, Fact.subject_id, Fact.id).where(
    Fact.kind.in_(bindparam("kinds", expanding=True)), Fact.subject_id.in_(bindparam("subjects", expanding=True))
)
_THESE: BindParameter[int] = bindparam("ids", expanding=True)
_HELD = (
    db.select(Fact)
    .where(Fact.id.in_(_THESE), Fact.due_at.is_not(None))
    .order_by(Fact.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
_SETTLED = (
    db.update(Fact)
    .where(Fact.id.in_(_THESE))
    .values(relayed_at=bindparam("moment"))
    .execution_options(synchronize_session=False)
)
_CLEARED = db.delete(RelayFailure).where(RelayFailure.fact_id.in_(_THESE)).execution_options(synchronize_session=False)
