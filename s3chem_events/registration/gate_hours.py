"""Until when the gate of an event wants its data: as organisers say, before the event is over; people are reminded."""

from datetime import datetime, timedelta

from sqlalchemy.orm import selectinload

from s3chem_events.core import journal
from s3chem_events.core.clock import now, today
from s3chem_events.core.db import db
from s3chem_events.core.errors import Invalid
from s3chem_events.core.journal import Actor
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing import times
from s3chem_events.publishing.actions import touch
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.lifecycle import TAKING
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import details
from s3chem_events.registration.models import Details, Question
from s3chem_events.registration.questions import When

REMINDED = timedelta(days=1)
"""So long before its end people are reminded, once."""


class AfterEvent(Invalid):
    """Nobody comes any more at the hour at which the gate would close its list."""

    code = "after_event"


class HourPast(Invalid):
    """Nobody can tell the gate anything until an hour that has passed."""

    code = "hour_past"


def set_end(event: Event, until: datetime | None, *, by: Actor) -> bool:
    """Say until when the gate of an event wants its data; None is the usual hour. False where it was so already.

    Raises:
        AfterEvent, HourPast.

    """
    row = _row(event)
    old = details.end_of(row, event)
    if old == until:
        return False
    if until is not None and until > publishing.ends_at(event):
        raise AfterEvent("until", "after the event")
    if until is not None and until <= now():
        raise HourPast("until", "in the past")
    row.until, row.first_day = until, details.first_day(event)
    touch()
    was, becomes = (moment.isoformat() if moment else None for moment in (old, until))
    journal.record("details.end_set", event.id, by=by, old=was, new=becomes)
    return True


def moved(event: Event, facts: EventFacts) -> tuple[datetime, datetime] | None:
    """Return the hour that was set for a gate that asks, and what it becomes with other days of its event."""
    wanted = details.terms(event)
    first = details.first_day(event)
    by = min((times.day(part.starts) for part in facts.live_parts), default=first) - first
    if not wanted.asked or not wanted.is_set or wanted.until is None or not by:
        return None
    return wanted.until, details.days_on(wanted.until, by, event.zone)


def remind(*, by: Actor) -> int:
    """Record, once, that those who have not told the gate are to be reminded; returns for how many events."""
    reminded = 0
    for event in _with_a_gate():
        until = details.terms(event).until
        if until is None or not until - REMINDED <= now() < until:
            continue
        row = _row(event)
        if row.reminded_of != until:
            row.reminded_of = until
            journal.record("details.due", event.id, by=by, until=until.isoformat())
            reminded += 1
    return reminded


def _with_a_gate() -> list[Event]:
    """Return the events to come whose gate asks; the caller holds the writing lock."""
    query = (
        db.select(Event)
        .where(
            Event.state.in_(TAKING),
            db.exists().where(
                Question.event_id == Event.id, Question.when == When.AFTERWARDS, Question.retired_at.is_(None)
            ),
            db.exists().where(Part.event_id == Event.id, Part.ends_on >= today("UTC") - timedelta(days=1)),
        )
        .options(selectinload(Event.parts))
        .with_for_update(of=Event, skip_locked=True)
    )
    return list(db.session.scalars(query))


def _row(event: Event) -> Details:
    row = db.session.get(Details, event.id) or Details(event_id=event.id)
    db.session.add(row)
    return row
