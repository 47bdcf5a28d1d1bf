"""People taken off an event, or rejected, and put back within ten minutes, before anybody hears of it."""

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, undone_alone
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.core.values import frozen
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.actions import HOLD
from s3chem_events.registration import actions, crowds, queries, reuniting, versions, ways_back
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Participation, Registration

MARGIN = timedelta(seconds=10)
"""How long before the e-mails leave the undoing ends: the worker reads no row that a press is still writing."""


class TooLate(Refused):
    """Nothing of this batch is held back any more."""

    code = "too_late"
    status = 409


@frozen
class Batch:
    """Those, by id, to whom the same was done together: `kind` is the fact, and until when it can be undone."""

    key: str
    kind: str
    subjects: frozenset[int]
    until: datetime

    @property
    def people(self) -> int:
        """Say how many they are."""
        return len(self.subjects)


def withdraw(registrations: Iterable[Registration], *, by: Actor) -> int:
    """Take people off a locked event; their e-mails wait for ten minutes. Returns how many were still there."""
    key, due_at = new_hold()
    return actions.withdraw_each(list(registrations), by=by, due_at=due_at, batch=key)


def new_hold() -> tuple[str, datetime]:
    """Return what a new batch is called, and when its e-mails leave."""
    return secrets.token_hex(6), now() + HOLD


def held(event_id: int, kinds: Collection[str] = queries.TAKEN_OFF) -> list[Batch]:
    """Return what can still be undone."""
    found: dict[str, list[Fact]] = {}
    for fact in _facts(event_id, kinds):
        found.setdefault(str(fact.data["batch"]), []).append(fact)
    return [
        Batch(key, facts[0].kind, frozenset(f.subject_id for f in facts), max(f.due_at for f in facts if f.due_at))
        for key, facts in found.items()
    ]


def rejections(registration: Registration) -> list[Fact]:
    """Return the rejections of somebody that can still be undone: until then the places are kept for her."""
    facts = _facts(registration.event_id, (queries.REJECTED,), lock=True)
    return [fact for fact in facts if fact.subject_id == registration.id]


def rejected_by(fact: Fact, registration: Registration) -> list[Participation]:
    """Return what a fact rejected, and nobody has decided about anew."""
    theirs = (one for one in registration.participations if one.standing is Standing.REJECTED)
    return [one for one in theirs if one.decided_at == fact.happened_at]


@frozen
class Undone:
    """Who was put back, who of these had come anew, and the names of those whose invitation somebody else has used."""

    back: int
    anew: tuple[Registration, ...]
    late: tuple[str, ...]


def undo(event_id: int, key: str, *, by: Actor) -> Undone:
    """Put people back where they were, in their old order.

    Who cannot be put back may be as long as the others could: whoever came by her invitation can be taken off, too.

    Raises:
        TooLate: the e-mails are on their way.

    """
    facts, before = held_back(event_id, key, queries.TAKEN_OFF), crowds.of(event_id)
    back, anew, late = 0, list[Registration](), list[str]()
    for fact in facts:
        registration = queries.registration_by_id(fact.subject_id, lock=True)
        if registration is None or fact.kind == queries.REJECTED:
            _unreject(fact, registration, by=by)
            back += 1
            continue
        try:
            with undone_alone():
                second = _put_back(fact, registration, by=by)
        except ways_back.InvitationUsed:
            late.append(registration.full_name)
        else:
            back += 1
            anew += [registration] if second else []
    event = publishing.event_by_id(event_id)
    if event is not None:
        crowds.tell_the_page(event, before)
    return Undone(back, tuple(anew), tuple(late))


def held_back(event_id: int, key: str, kinds: Collection[str]) -> list[Fact]:
    """Return the facts of a batch under a lock, none of which has been told.

    Raises:
        TooLate.

    """
    facts = [fact for fact in _facts(event_id, kinds, lock=True) if fact.data["batch"] == key]
    # Looked at once more under the lock: whoever was waited for may have taken the time that was left.
    if not facts or any(fact.due_at is None or fact.due_at <= now() + MARGIN for fact in facts):
        raise TooLate
    return facts


def _facts(event_id: int, kinds: Collection[str], *, lock: bool = False) -> list[Fact]:
    query = db.select(Fact).where(
        Fact.kind.in_(kinds),
        Fact.relayed_at.is_(None),
        Fact.due_at > now(),
        Fact.data["event"].as_integer() == event_id,
        Fact.data["batch"].as_string() != "",
    )
    query = query.order_by(Fact.id)
    return list(db.session.scalars(query.with_for_update() if lock else query))


def _put_back(fact: Fact, registration: Registration, *, by: Actor) -> bool:
    """Give somebody her places again; whether she had come anew meanwhile.

    Raises:
        ways_back.InvitationUsed.

    """
    journal.call_off(fact)
    if registration.withdrawn_at is None:
        return False
    for participation in registration.participations:
        participation.standing = Standing(fact.data["standings"].get(str(participation.id), Standing.WITHDRAWN))
    second = _came_anew(registration)
    if second is not None:
        reuniting.reunite(registration, second, by=by)
    ways_back.come_back(registration)
    registration.changed_at = now()
    versions.rise(registration, registration.participations)
    journal.record("registration.withdrawal_undone", registration.id, by=by, event=registration.event_id)
    if second is not None:
        reuniting.tell(registration, by=by)
    return second is not None


def _came_anew(registration: Registration) -> Registration | None:
    found = ways_back.come_anew(registration)
    return queries.registration_by_id(found, lock=True) if found is not None else None


def _unreject(fact: Fact, registration: Registration | None, *, by: Actor) -> None:
    """Let somebody wait for the decision again; who has withdrawn meanwhile has nothing to come back to."""
    journal.call_off(fact)
    if registration is None or registration.withdrawn_at is not None:
        return
    for participation in rejected_by(fact, registration):
        participation.standing, participation.decision_reason = Standing.PENDING, ""
    registration.changed_at = now()
    journal.record("registration.rejection_undone", registration.id, by=by, event=registration.event_id)
