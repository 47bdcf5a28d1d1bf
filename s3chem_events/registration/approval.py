"""Approval: an organiser says yes or no to whoever asked for a place, which is held until then (decision 0020)."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet

from sqlalchemy import func, select

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Actor
from s3chem_events.publishing.lifecycle import TAKING, Mode
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import actions, moving_up, queries
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Participation, Registration


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
    wanted = [(one.part, one.part.mode_of(one.mode)) for one in revised]
    taken, _waits = moving_up.check_by_hand(registration.event, wanted, beyond=over_capacity)
    _decide(registration, [*pending, *revised], Standing.CONFIRMED, reason="")
    actions.tell_the_page(wanted, taken, by=1)
    told = [one.part_id for one in (*pending, *revised)]
    journal.record("registration.approved", registration.id, by=by, event=registration.event_id, parts=told)
    return True


def reject(registration: Registration, *, reason: str, by: Actor, parts: Collection[str] = ()) -> bool:
    """Refuse what a person of a locked event asked for; the places go to the next. Again changes nothing: False.

    With `parts` (their keys) it is decided about those alone.
    """
    pending = _in(registration, Standing.PENDING, parts)
    if not pending:
        return False
    held: list[tuple[Part, Mode]] = [(one.part, one.part.mode_of(one.mode)) for one in pending]
    taken = queries.taken(registration.event_id)
    _decide(registration, pending, Standing.REJECTED, reason=reason)
    actions.tell_the_page(held, taken, by=-1)
    told = [one.part_id for one in pending]
    journal.record("registration.rejected", registration.id, by=by, event=registration.event_id, parts=told)
    moving_up.pass_on(registration.event_id)
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
    registration: Registration, participations: Sequence[Participation], standing: Standing, *, reason: str
) -> None:
    moment = now()
    for one in participations:
        one.standing, one.decided_at, one.decision_reason = standing, moment, reason
    registration.changed_at = moment
