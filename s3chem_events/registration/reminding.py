"""The reminder of the day before: when it is due, and that it goes out once however often or late the clock looks.

And that none reaches whoever does not come any more, however long it waited for the mail server.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import selectinload

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.mailing.outbox import Claimed
from s3chem_events.publishing import joining, times
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.facts import EventFacts
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
    """Record what is due now; returns for how many parts. What has begun meanwhile is left alone.

    What takes place after all is due once more, to those whom its reminder has not reached.
    """
    moment = now()
    reminded = 0
    for part, before in _coming(moment):
        if not due_at(part) <= moment < part_begins_at(part) or (before and not _was_stopped(part, before)):
            continue
        done = before or Reminder(part_id=part.id, of_day=part.starts_on)
        done.at = moment
        db.session.add(done)
        journal.record("event.reminded", part.event_id, by=by, **_of_day(part))
        reminded += 1
    return reminded


def reminders_of(event_id: int, of_day: Mapping[str, Any]) -> list[Fact]:
    """Return the facts that remind of one part and day."""
    query = db.select(Fact).filter_by(kind="event.reminded", subject_id=event_id)
    return [fact for fact in db.session.scalars(query) if fact.data == of_day]


def _of_day(part: Part) -> dict[str, Any]:
    return {"part": part.id, "of_day": part.starts_on.isoformat()}


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
        return fact.data in [_of_day(part) for part in there]
    return bool(there)


def _coming(moment: datetime) -> list[tuple[Part, Reminder | None]]:
    """Return the parts of the next days, and what people were reminded of; the caller holds the writing lock."""
    today = moment.date()  # in UTC: two days more or less leave room for every zone
    query = (
        db.select(Part, Reminder)
        .join(Event)
        .outerjoin(Reminder, (Reminder.part_id == Part.id) & (Reminder.of_day == Part.starts_on))
        .where(
            Event.state.in_(TAKING),
            Event.reminds,
            ~Part.cancelled,
            Part.starts_on.between(today - timedelta(days=1), today + timedelta(days=2)),
        )
        .options(selectinload(Part.event))
        .with_for_update(of=Part, skip_locked=True)
    )
    return [(part, before) for part, before in db.session.execute(query)]


def _was_stopped(part: Part, reminder: Reminder) -> bool:
    """Whether a part did not take place on its day for a while since its reminder was written."""
    written = all(fact.relayed_at for fact in reminders_of(part.event_id, _of_day(part)))
    event = publishing.event_by_id(part.event_id) if written else None
    later = [one.number for one in publishing.revisions(part.event_id) if one.at >= reminder.at]
    known = [publishing.facts_at(event, number) for number in later] if event else []
    return any(facts.state not in TAKING or not _is_on(facts, part) for facts in known)


def _is_on(facts: EventFacts, part: Part) -> bool:
    there = [one for one in facts.parts if one.key == part.key and not one.cancelled]
    return any(times.day(one.starts) == part.starts_on for one in there)
