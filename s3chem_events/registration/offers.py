"""How long an offered place is held, and what the clock does with it: it goes on, or is offered anew."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import not_, select

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import LINE, Actor
from s3chem_events.publishing import history, queries
from s3chem_events.publishing.lifecycle import TAKING
from s3chem_events.publishing.models import Event, Part, Revision
from s3chem_events.registration import capacity, crowds, moving_up
from s3chem_events.registration.capacity import IN_LINE, Standing
from s3chem_events.registration.models import Participation
from s3chem_events.registration.queries import AT_ONCE


def ends_at(participation: Participation, revisions: Sequence[Revision]) -> datetime | None:
    """Return until when somebody can accept the place that she is offered; None where it is too late for an offer.

    An offer is about a part as it was then. Once that was off, or begins at another time, as the event's `revisions`
    say, it is good as one made now.
    """
    part = participation.part
    unsettled = history.unsettled_at(part.key, revisions)
    if unsettled is None or unsettled < participation.decided_at:
        return participation.offered_until
    return capacity.offer_until(now(), queries.part_begins_at(part))


def look_after(event_id: int, *, by: Actor) -> int:  # noqa: ARG001 - every duty is told by whom
    """Settle the offers of an event and pass its free places on; returns how many places moved."""
    event = queries.event_by_id(event_id, lock=True)
    if event is None:
        return 0
    before = crowds.of(event_id)
    return _settle(event) + moving_up.pass_on(event, before)


def with_a_line() -> list[int]:
    """Return the events in which somebody waits or is offered a place; each part is looked up by its index."""
    there = (
        select(Participation.id).where(Participation.part_id == Part.id, Participation.standing.in_(IN_LINE)).exists()
    )
    query = select(Part.event_id).join(Event).where(Event.state.in_(TAKING), there).distinct()
    return list(db.session.scalars(query.order_by(Part.event_id)))


def _settle(event: Event) -> int:
    """Take back what was not accepted in time, and offer anew what was offered for another day; returns how many.

    While an event or a part is off its offers stand still. What is too much for one time is looked at in a minute.
    """
    offered = moving_up.in_line(event.id).where(Participation.standing == Standing.OFFERED, not_(Part.cancelled))
    there = db.session.scalars(offered.order_by(Participation.id)).all() if event.state in TAKING else ()
    revisions, settled = queries.revisions(event.id) if there else (), 0
    for participation in there:
        until = ends_at(participation, revisions)
        if until is None or until <= now():
            _end(participation, at=until or now())
        elif until != participation.offered_until:
            moving_up.give(participation, event)
        else:
            continue
        settled += 1
        if settled == AT_ONCE:
            break
    return settled


def _end(participation: Participation, *, at: datetime) -> None:
    """Take one offered place back. The person is off the list: a place goes on, and never back."""
    registration, participation.offered_until = participation.registration, at
    moving_up.leave(registration, participation)
    journal.record(
        "registration.offer_ended",
        registration.id,
        by=LINE,
        event=registration.event_id,
        part=participation.part_id,
        until=f"{at:%Y-%m-%dT%H:%M:%SZ}",
    )
