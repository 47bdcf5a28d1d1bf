"""Streams: what is written to many at once is paused, let go on and stopped as one, however many e-mails it is.

Nothing of an e-mail's own row changes: a claim asks which streams flow. All functions work in the caller's transaction.
"""

from typing import cast

from sqlalchemy import ColumnElement, Select, exists

from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.mailing.letters import WAITING, Flow, State
from s3chem_events.mailing.models import DeliveryAttempt, MailStream, OutgoingEmail
from s3chem_events.mailing.results import Outcome

AT_ONCE = 200
"""E-mails changed in one transaction, so that no writer waits for long (docs/decisions/0002)."""
STOPPED_TEXT = "stopped by an organiser"
TAKEN_BACK_TEXT = "taken back to be written anew"
IS_TAKEN_BACK = (OutgoingEmail.state == State.CANCELLED) & (OutgoingEmail.text == "") & (OutgoingEmail.address != "")
"""Says of e-mails that they wait to be written anew; without an address one was erased."""

EMPTIED = {
    "state": State.CANCELLED,
    "due_at": None,
    "owner": None,
    "text": "",
    "html": "",
    "last_text": TAKEN_BACK_TEXT,
}
"""What makes an e-mail one of these."""


def running() -> list[str]:
    """Return the streams that flow, the oldest first."""
    query = db.select(MailStream.name).filter_by(flow=Flow.RUNNING).order_by(MailStream.opened_at, MailStream.name)
    return list(db.session.scalars(query))


def flows(name: str) -> bool:
    """Whether an e-mail may leave: what concerns one person always, what is written to many while its stream runs."""
    return not name or name in running()


def set_flow(name: str, flow: Flow) -> None:
    """Let a stream flow, hold it, or stop it for good; what a worker has in its hands just now may still leave."""
    stream = db.session.get(MailStream, name)
    if stream is None:
        db.session.add(MailStream(name=name, flow=flow, opened_at=now()))
    else:
        stream.flow = flow


def take_back(name: str) -> list[int]:
    """Take some e-mails back that nobody can have, to be written anew; returns their subjects, none when all are.

    What may have arrived stays: its server fell silent, or a worker died of it or lost it. So does what was refused for
    good: a person alone decides to try that again.
    """
    mine = DeliveryAttempt.email_id == OutgoingEmail.id
    return _taken_back(
        name,
        OutgoingEmail.state.in_([State.QUEUED, State.DEFERRED]),
        ~exists().where(mine, DeliveryAttempt.outcome.not_in([Outcome.LATER, Outcome.NEVER])),
    )


def take_failed_back(name: str, subjects: Select[int]) -> list[int]:
    """Take some e-mails of these back that failed, to be written anew; returns their subjects, none when all are."""
    return _taken_back(name, OutgoingEmail.state == State.FAILED, OutgoingEmail.subject_id.in_(subjects))


def _taken_back(name: str, *which: ColumnElement[bool]) -> list[int]:
    """Empty some e-mails of a stream. Their rows stay, with what came of the tries, until outbox.post fills them."""
    which = (OutgoingEmail.stream == name, OutgoingEmail.text != "", *which)
    some = db.select(OutgoingEmail.id).where(*which).order_by(OutgoingEmail.id).limit(AT_ONCE)
    emptied = (
        db.update(OutgoingEmail)
        .where(OutgoingEmail.id.in_(some), *which)  # both: a worker may take one up after it was found
        .values(EMPTIED)
        .returning(OutgoingEmail.subject_id)
    )
    return list(db.session.scalars(emptied.execution_options(synchronize_session=False)))


def strike() -> int:
    """Mark some e-mails of stopped streams as cancelled; returns how many, 0 when all are."""
    stopped = db.select(MailStream.name).filter_by(flow=Flow.STOPPED)
    some = db.select(OutgoingEmail.id).where(OutgoingEmail.stream.in_(stopped), OutgoingEmail.state.in_(WAITING))
    struck = (
        db.update(OutgoingEmail)
        .where(OutgoingEmail.id.in_(some.order_by(OutgoingEmail.id).limit(AT_ONCE)))
        .values(state=State.CANCELLED, due_at=None, owner=None, last_text=STOPPED_TEXT)
    )
    result = db.session.execute(struck.execution_options(synchronize_session=False))
    return cast("int", result.rowcount)  # type: ignore[attr-defined]


def has_waiting(name: str) -> bool:
    """Whether an e-mail of a stream has still to leave."""
    return db.session.scalar(db.select(is_waiting(db.literal(name)))) or False


def is_waiting(name: ColumnElement[str]) -> ColumnElement[bool]:
    """Say of streams by their name whether an e-mail has still to leave."""
    return exists().where(OutgoingEmail.stream == name, OutgoingEmail.state.in_(WAITING))
