"""The reminder of the day before: when it is due, and that it goes out once however often or late the clock looks.

And that none reaches whoever does not come any more, however long it waited for the mail server.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import selectinload

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.mailing.outbox import Claimed
from s3chem_events.publishing import joining
from s3chem_events.publishing.lifecycle import TAKING
from s3chem_events.publishing.models import Event, Part
from s3chem_events.publishing.queries import part_begins_at
from s3chem_events.registration import queries
from s3chem_events.registration.models import Registration, Reminder
from s3chem_events.registration.places import SEATED

KINDS = frozenset({"event.reminded", "event.asked_again", "details.due"})
"""The e-mails that are looked at once more just before they leave."""


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


def outlived(claims: Sequence[Claimed]) -> set[int]:
    """Return which of the claimed e-mails remind somebody of what she has no place in any more, or not on that day."""
    reminders = [claimed for claimed in claims if claimed.letter.kind in KINDS]
    if not reminders:
        return set()
    found = db.session.scalars(db.select(Fact).where(Fact.id.in_({one.letter.fact_id for one in reminders})))
    facts = {fact.id: fact for fact in found}
    people = queries.registrations_by_ids({one.letter.subject_id for one in reminders})
    return {
        one.id for one in reminders if not _is_due_still(facts[one.letter.fact_id], people.get(one.letter.subject_id))
    }


def _is_due_still(fact: Fact, person: Registration | None) -> bool:
    if person is None or person.event.state not in TAKING:
        return False
    held = {place.part_id for place in person.participations if place.standing in SEATED}
    there = [part for part in person.event.parts if part.id in held and not part.cancelled]
    if "part" in fact.data:
        return (fact.data["part"], fact.data["of_day"]) in {(part.id, part.starts_on.isoformat()) for part in there}
    return bool(there)


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
