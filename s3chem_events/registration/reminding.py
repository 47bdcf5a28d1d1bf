"""The reminder of the day before: when it is due, and that it goes out once however often or late the clock looks."""

from datetime import datetime, timedelta

from sqlalchemy.orm import selectinload

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Actor
from s3chem_events.publishing import joining
from s3chem_events.publishing.lifecycle import TAKING
from s3chem_events.publishing.models import Event, Part
from s3chem_events.publishing.queries import part_begins_at
from s3chem_events.registration.models import Reminder


def due_at(part: Part) -> datetime:
    """Return when a part's participants are to be reminded: at nine on the day before, where the event is."""
    return joining.reminded_at(part.starts_on, part.zone)


def remind(*, by: Actor) -> int:
    """Record what is due now; returns for how many parts. What has begun meanwhile is left alone."""
    moment = now()
    reminded = 0
    for part in _waiting(moment):
        if due_at(part) <= moment < part_begins_at(part):
            db.session.add(Reminder(part_id=part.id, of_day=part.starts_on, at=moment))
            journal.record("event.reminded", part.event_id, by=by, part=part.id, of_day=part.starts_on.isoformat())
            reminded += 1
    return reminded


def _waiting(moment: datetime) -> list[Part]:
    """Return the parts of the next days that nobody has been reminded of; the caller holds the writing lock."""
    done = db.select(Reminder.id).where(Reminder.part_id == Part.id, Reminder.of_day == Part.starts_on).exists()
    today = moment.date()  # in UTC: two days more or less leave room for every zone
    query = (
        db.select(Part)
        .join(Event)
        .where(
            Event.state.in_(TAKING),
            Event.reminds,
            ~Part.cancelled,
            Part.starts_on.between(today - timedelta(days=1), today + timedelta(days=2)),
            ~done,
        )
        .options(selectinload(Part.event))
        .with_for_update(of=Part, skip_locked=True)
    )
    return list(db.session.scalars(query))
