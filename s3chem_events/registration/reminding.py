"""The reminder of the day before: when it is due, and that it goes out once however often or late the clock looks.

And that none reaches whoever does not come any more or has answered already, nor anybody after the beginning, nor says
what is not so any more, however long it waited for the mail server.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import selectinload

from s3chem_events.core import journal
from s3chem_events.core.clock import now, today
from s3chem_events.core.db import db
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.mailing.letters import Letter
from s3chem_events.mailing.outbox import Claimed
from s3chem_events.publishing import joining, times
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.known import Known
from s3chem_events.publishing.lifecycle import TAKING
from s3chem_events.publishing.models import Event, Part
from s3chem_events.publishing.queries import part_begins_at
from s3chem_events.registration import details, inquiries, queries
from s3chem_events.registration.models import Registration, Reminder
from s3chem_events.registration.places import SEATED

ASKED = "event.asked_again"
ANSWERED = frozenset({ASKED, "details.due"})
"""What asks for something, and not whoever has told it."""
KINDS = ANSWERED | {"event.reminded"}
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
    """Return which of the claimed e-mails come too late: what they remind of has begun or is answered, or moved away.

    Or their reader has no place in it any more.
    """
    reminders = [claimed for claimed in claims if claimed.letter.kind in KINDS]
    if not reminders:
        return set()
    found = db.session.scalars(db.select(Fact).where(Fact.id.in_({one.letter.fact_id for one in reminders})))
    facts = {fact.id: fact for fact in found}
    people = queries.registrations_by_ids({one.letter.subject_id for one in reminders})
    silent = {fact.id: _silent(people, fact) for fact in facts.values() if fact.kind in ANSWERED}

    def is_due(fact_id: int, number: int) -> bool:
        return number in silent.get(fact_id, people) and _is_due_still(facts[fact_id], people.get(number))

    return {one.id for one in reminders if not is_due(one.letter.fact_id, one.letter.subject_id)}


def _silent(people: Mapping[int, Registration], fact: Fact) -> set[int]:
    if fact.kind == ASKED:
        return inquiries.silent_among(people, fact.subject_id, fact.data["inquiry"])
    return details.untold_among(people, fact.subject_id, until=fact.data["until"])


def outdated(claims: Sequence[Claimed]) -> list[Claimed]:
    """Return which of the claimed reminders were written before their event was changed: they are to be written anew.

    So is a question whether somebody comes, on another day: it names the one until which she may answer.
    """
    reminders = [claimed for claimed in claims if claimed.letter.kind in KINDS]
    if not reminders:
        return []
    query = db.select(Registration.id, Event.revised_at, Event.zone).join(Event)
    rows = db.session.execute(query.where(Registration.id.in_([one.letter.subject_id for one in reminders])))
    since = {number: (revised_at, times.start_of(today(zone), zone)) for number, revised_at, zone in rows}
    moment = now()  # a clock that lags behind the change would have them written anew over and over

    def is_old(letter: Letter) -> bool:
        revised_at, midnight = since[letter.subject_id]
        changes = (revised_at, midnight) if letter.kind == ASKED else (revised_at,)
        return any(letter.created_at < changed_at <= moment for changed_at in changes)

    return [one for one in reminders if is_old(one.letter)]


def ahead(registration: Registration) -> list[Part]:
    """Return the parts that somebody has a place in and that are still to begin, of an event that takes place."""
    event = registration.event
    held = {place.part_id for place in registration.participations if place.standing in SEATED}
    there = [part for part in event.parts if part.id in held and not part.cancelled]
    return [part for part in there if event.state in TAKING and now() < part_begins_at(part)]


def _is_due_still(fact: Fact, person: Registration | None) -> bool:
    coming = ahead(person) if person is not None else []
    return bool(coming) and ("part" not in fact.data or fact.data in [_of_day(part) for part in coming])


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
    if event is None:
        return False
    known = Known(event)
    later = known.touching({"state", "parts"}, since=reminder.at)
    return any(not _is_on(known.facts(number), part) for number in later)


def _is_on(facts: EventFacts, part: Part) -> bool:
    there = [one for one in facts.parts if one.key == part.key and not one.cancelled and facts.state in TAKING]
    return any(times.day(one.starts) == part.starts_on for one in there)
