"""People taken off an event, or rejected, and put back within ten minutes, before anybody hears of it."""

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.core.values import frozen
from s3chem_events.publishing.actions import HOLD
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Part
from s3chem_events.registration import actions, names, queries, versions
from s3chem_events.registration.capacity import HOLDING, Standing
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
    return sum(actions.withdraw(one, by=by, due_at=due_at, batch=key) for one in registrations)


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


def undo(event_id: int, key: str, *, by: Actor) -> int:
    """Put people back where they were, in their old order; returns for how many it came too late.

    Raises:
        TooLate: the e-mails are on their way.

    """
    facts = held_back(event_id, key, queries.TAKEN_OFF)
    return sum(not (_unreject if fact.kind == queries.REJECTED else _put_back)(fact, by=by) for fact in facts)


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


def _put_back(fact: Fact, *, by: Actor) -> bool:
    registration = queries.registration_by_id(fact.subject_id, lock=True)
    if registration is None or registration.withdrawn_at is None:
        return False
    person = names.person_digest(**{name: getattr(registration, name) for name in names.PERSON})
    query = db.select(Registration.id).filter_by(event_id=registration.event_id, person=person)
    if db.session.scalar(query) is not None:  # she has registered again: what was withdrawn stays so
        return False
    taken, back = queries.taken(registration.event_id), list[tuple[Part, Mode]]()
    for participation in registration.participations:
        participation.standing = Standing(fact.data["standings"].get(str(participation.id), Standing.WITHDRAWN))
        if participation.standing in HOLDING:
            back.append((participation.part, participation.part.mode_of(participation.mode)))
    registration.person, registration.withdrawn_at, registration.changed_at = person, None, now()
    versions.rise(registration, registration.participations)
    journal.call_off(fact)
    actions.tell_the_page(back, taken, by=1)
    journal.record("registration.withdrawal_undone", registration.id, by=by, event=registration.event_id)
    return True


def _unreject(fact: Fact, *, by: Actor) -> bool:
    """Let somebody wait for the decision again; who has withdrawn meanwhile has nothing to come back to."""
    journal.call_off(fact)
    registration = queries.registration_by_id(fact.subject_id, lock=True)
    if registration is None or registration.withdrawn_at is not None:
        return True
    for participation in rejected_by(fact, registration):
        participation.standing, participation.decision_reason = Standing.PENDING, ""
    registration.changed_at = now()
    journal.record("registration.rejection_undone", registration.id, by=by, event=registration.event_id)
    return True
