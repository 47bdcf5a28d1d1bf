"""How long an offered place is held, and what the clock does with it: it goes on, or is offered anew."""

from datetime import datetime

from sqlalchemy import not_, select

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import LINE, Actor
from s3chem_events.publishing import history, queries
from s3chem_events.publishing.lifecycle import TAKING
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import capacity, moving_up
from s3chem_events.registration.capacity import IN_LINE, Standing
from s3chem_events.registration.models import Participation


def ends_at(participation: Participation) -> datetime | None:
    """Return until when somebody can accept the place that she is offered; None where it is too late for an offer.

    An offer is about a part as it was then. Once that was off, or begins at another time, it is good as one made now.
    """
    part = participation.part
    unsettled = history.unsettled_at(part.key, queries.revisions(part.event_id))
    if unsettled is None or unsettled < participation.decided_at:
        return participation.offered_until
    return capacity.offer_until(now(), queries.part_begins_at(part))


def look_after(event_id: int, *, by: Actor) -> int:  # noqa: ARG001 - every duty is told by whom
    """Settle the offers of an event and pass its free places on; returns how many places moved."""
    _lock(event_id)
    return _settle(event_id) + moving_up.pass_on(event_id)


def with_a_line() -> list[int]:
    """Return the events in which somebody waits or is offered a place; each part is looked up by its index."""
    there = (
        select(Participation.id).where(Participation.part_id == Part.id, Participation.standing.in_(IN_LINE)).exists()
    )
    query = select(Part.event_id).join(Event).where(Event.state.in_(TAKING), there).distinct()
    return list(db.session.scalars(query.order_by(Part.event_id)))


def _settle(event_id: int) -> int:
    """Take back what was not accepted in time, and offer anew what was offered for another day; returns how many.

    While an event or a part is off its offers stand still.
    """
    offered = moving_up.in_line(event_id).where(Participation.standing == Standing.OFFERED, not_(Part.cancelled))
    settled = 0
    for participation in list(db.session.scalars(offered)):
        event, until = participation.part.event, ends_at(participation)
        if event.state not in TAKING:
            continue
        if until is None or until <= now():
            _end(participation, at=until or now())
        elif until != participation.offered_until:
            moving_up.give(participation, event)
        else:
            continue
        settled += 1
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


def _lock(event_id: int) -> None:
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(Event.id).where(Event.id == event_id).with_for_update())
