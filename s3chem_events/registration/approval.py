"""Approval: an organiser says yes or no to whoever asked for a place, which is held until then (decision 0020)."""

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from s3chem_events.core import journal
from s3chem_events.core.db import db
from s3chem_events.core.journal import Actor
from s3chem_events.publishing.lifecycle import TAKING
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import batches, crowds, moving_up
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Participation, Registration


def may_approve(registration: Registration, parts: Collection[str] = ()) -> bool:
    """Whether somebody waits for a decision, or has a no that can be revised; about `parts` alone, if there are any."""
    return any(_in(registration, standing, parts) for standing in (Standing.PENDING, Standing.REJECTED))


def may_reject(registration: Registration, parts: Collection[str] = ()) -> bool:
    """Whether somebody waits for a decision; about `parts` alone, if there are any."""
    return bool(_in(registration, Standing.PENDING, parts))


def approve(registration: Registration, *, by: Actor, parts: Collection[str] = (), over_capacity: bool = False) -> bool:
    """Confirm what a person of a locked event asked for; a rejection is revised by it. Again changes nothing: False.

    With `parts` (their keys) it is decided about those alone.

    Raises:
        capacity.Full: the place of somebody who was rejected has gone on, unless it may be one more than there are.

    """
    pending = _in(registration, Standing.PENDING, parts)
    revised = [] if pending else _in(registration, Standing.REJECTED, parts)
    if not (pending or revised) or registration.event.state not in TAKING:
        return False
    held = batches.rejections(registration) if revised else []
    hers = [one for fact in held for one in batches.rejected_by(fact, registration)]
    wanted = [(one.part, one.part.mode_of(one.mode)) for one in revised if one not in hers]
    before, _waits = moving_up.places_for(registration.event, wanted, beyond=over_capacity)
    told = [one.part_id for one in (*pending, *revised)]
    fact = journal.record("registration.approved", registration.id, by=by, event=registration.event_id, parts=told)
    _decide(registration, [*pending, *revised], Standing.CONFIRMED, reason="", moment=fact.happened_at)
    crowds.tell_the_page(registration.event, before)
    for one in held:
        if not batches.rejected_by(one, registration):
            journal.call_off(one)
    return True


def reject(registrations: Iterable[Registration], *, reason: str, by: Actor, parts: Collection[str] = ()) -> int:
    """Refuse what people of a locked event asked for, and return how many there were. Again changes nothing.

    It can be undone for ten minutes (registration.batches); only then they are told, and the clock gives the places
    to the next. With `parts` (their keys) it is decided about those alone.
    """
    hold, people = batches.new_hold(), list(registrations)
    if not people:
        return 0
    before = crowds.of(people[0].event_id)
    rejected = sum(_reject(one, reason=reason, parts=parts, hold=hold, by=by) for one in people)
    crowds.tell_the_page(people[0].event, before)
    return rejected


def _reject(
    registration: Registration, *, reason: str, parts: Collection[str], hold: tuple[str, datetime], by: Actor
) -> bool:
    pending, (key, due_at) = _in(registration, Standing.PENDING, parts), hold
    if not pending:
        return False
    told = [one.part_id for one in pending]
    details: dict[str, Any] = {"event": registration.event_id, "batch": key, "parts": told}
    fact = journal.record("registration.rejected", registration.id, by=by, due_at=due_at, **details)
    _decide(registration, pending, Standing.REJECTED, reason=reason, moment=fact.happened_at)
    return True


def undecided(own: AbstractSet[int] | None) -> list[tuple[str, int]]:
    """Return the events in which people wait for a decision, with how many; `own` are the only ones looked at."""
    query = (
        select(Event.slug, func.count(func.distinct(Participation.registration_id)))
        .join(Part, Part.event_id == Event.id)
        .join(Participation, Participation.part_id == Part.id)
        .where(Participation.standing == Standing.PENDING, ~Part.cancelled, Event.state.in_(TAKING))
        .group_by(Event.id, Event.slug)
        .order_by(Event.id)
    )
    if own is not None:
        query = query.where(Event.id.in_(own))
    return [(slug, number) for slug, number in db.session.execute(query)]


def _in(registration: Registration, standing: Standing, parts: Collection[str]) -> list[Participation]:
    if registration.withdrawn_at is not None:
        return []
    concerned = [one for one in registration.participations if not parts or one.part.key in parts]
    return [one for one in concerned if one.standing is standing and not one.part.cancelled]


def _decide(
    registration: Registration,
    participations: Sequence[Participation],
    standing: Standing,
    *,
    reason: str,
    moment: datetime,
) -> None:
    for one in participations:
        one.standing, one.decided_at, one.decision_reason = standing, moment, reason
    registration.changed_at = moment
