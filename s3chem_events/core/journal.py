"""The journal between deciding and mailing: every change writes one fact, in its own transaction.

A fact holds ids, dates, old and new values, never a name or an address, so that the journal outlives erasure.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from s3chem_events.core.clock import now
from s3chem_events.core.db import Model, UTCDateTime, db, partial_index
from s3chem_events.core.values import frozen


@frozen
class Actor:
    """Who causes a change: an organiser by id, a visitor, a participant by link, the clock, the operator.

    A contact looks after several people by her link.
    """

    kind: str
    id: int | None = None

    def __str__(self) -> str:
        """Write the actor as the journal keeps it, e.g. `organiser:3`."""
        return self.kind if self.id is None else f"{self.kind}:{self.id}"


VISITOR = Actor("visitor")
PARTICIPANT = Actor("participant")
CONTACT = Actor("contact")
OPERATOR = Actor("operator")
CLOCK = Actor("clock")
LINE = Actor("waiting_list")
"""Who gives a place to the next one: nobody's press, but the order of the list."""
CALENDAR = Actor("calendar")
"""What a guest's calendar answers, by itself perhaps."""
STRANGERS = frozenset({str(VISITOR), str(PARTICIPANT), str(CONTACT)})
"""Who fills in a form, or has the link that the form shows: the address on it may be anybody's."""


class Fact(Model):
    """Something that happened. `relayed_at` is set once its e-mails stand in the outbox, not before `due_at`."""

    __tablename__ = "fact"
    __table_args__ = (
        partial_index("ix_fact_unrelayed", "id", where="relayed_at IS NULL"),
        Index("ix_fact_subject", "kind", "subject_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[int]
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    by: Mapped[str] = mapped_column(String(40))
    happened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    relayed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


def record(kind: str, subject_id: int, *, by: Actor, due_at: datetime | None = None, **data: Any) -> Fact:
    """Write a fact into the running transaction; the bell rings when it commits. Its e-mails wait until `due_at`."""
    fact = Fact(kind=kind, subject_id=subject_id, data=data, by=str(by), happened_at=now(), due_at=due_at)
    db.session.add(fact)
    db.session.info["recorded"] = True
    return fact


def record_each(kind: str, subjects: Mapping[int, Mapping[str, Any]], *, by: Actor) -> None:
    """Write the same fact of many subjects, each with its own data, in one statement."""
    if subjects:
        shared = {"kind": kind, "by": str(by), "happened_at": now()}
        db.session.execute(
            db.insert(Fact), [{**shared, "subject_id": one, "data": dict(data)} for one, data in subjects.items()]
        )
        db.session.info["recorded"] = True


def held(kind: str, subject_id: int) -> Fact | None:
    """Return the fact of this kind whose e-mails are held back still; other writers of it wait."""
    query = db.select(Fact).where(
        Fact.kind == kind, Fact.subject_id == subject_id, Fact.relayed_at.is_(None), Fact.due_at > now()
    )
    found: Fact | None = db.session.scalar(query.order_by(Fact.id.desc()).limit(1).with_for_update())
    return found


def call_off(fact: Fact) -> None:
    """Let a fact that is held back write to nobody."""
    fact.relayed_at = now()
    fact.data = {**fact.data, "called_off": True}
