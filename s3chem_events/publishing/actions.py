"""What organisers do with events and news. Each change writes a revision and a fact; nobody is mailed from here."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.publishing import booked as bookings
from s3chem_events.publishing import facts as rules
from s3chem_events.publishing import files, joining, lifecycle, merging, queries, values
from s3chem_events.publishing.booked import NOBODY, Booked
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.known import Known
from s3chem_events.publishing.lifecycle import State
from s3chem_events.publishing.models import Content, Document, Event, Revision, Venue

HOLD = timedelta(minutes=10)
"""Between pressing the button and the first e-mail: the time to notice a slip and undo it."""
UNSEEN = frozenset({"note", "registration", "reminders", "waiting_list"})
"""What an entry in a calendar does not show: SEQUENCE stays."""


class SlugTaken(Refused):
    """Another event has this address already."""

    code = "slug_taken"
    status = 409


class TooLate(Refused):
    """There is no change any more that could be taken back."""

    code = "too_late"
    status = 409


class Stale(Refused):
    """Somebody else changed it meanwhile."""

    code = "stale"
    status = 409


def add_event(facts: EventFacts, *, base_url: str, by: Actor) -> Event:
    """Add an event; its UID is random, made once, and ends in the host of the canonical address.

    Raises:
        Invalid: the facts do not hold together.
        SlugTaken: the address is in use.

    """
    rules.check(facts)
    if db.session.scalar(db.select(Event.id).filter_by(slug=facts.slug)) is not None:
        raise SlugTaken(slug=facts.slug)
    moment = now()
    event = Event(slug=facts.slug, uid=values.uid(facts.slug, base_url), created_at=moment, revised_at=moment)
    event.parts, event.venue = [], None
    values.apply(event, facts, base_url)
    db.session.add(event)
    db.session.flush()
    db.session.add(Revision(event_id=event.id, number=1, at=moment, by=str(by), changes={"added": True}))
    touch()
    journal.record("event.added", event.id, by=by)
    return event


def revise_event(
    event: Event,
    facts: EventFacts,
    *,
    base_url: str,
    by: Actor,
    expected: int | None = None,
    booked: Booked = NOBODY,
) -> Event:
    """Change an event to these facts. What did not change raises nothing; what is cancelled is not moved.

    `expected` is the revision that the organiser saw; another one is Stale. `booked` is what people hold.

    Raises:
        Invalid, WrongMove, StillPostponed, SlugTaken, PartInUse, StillRegistered, Stale.

    """
    before = values.event_facts(event)
    facts = rules.opened(before, rules.check(facts))
    if expected is not None and expected != event.revision:
        raise Stale(expected=expected, revision=event.revision)
    lifecycle.check_move(event.state, facts.state)
    if facts.state is State.POSTPONED and rules.is_moved(before, facts):
        raise rules.StillPostponed
    bookings.check(before, facts, booked)
    facts = _where_expected(event, facts)
    if facts.slug != event.slug and db.session.scalar(db.select(Event.id).filter_by(slug=facts.slug)) is not None:
        raise SlugTaken(slug=facts.slug)
    _write(event, facts, base_url=base_url, by=by)
    return event


def _where_expected(event: Event, facts: EventFacts) -> EventFacts:
    """Leave what is cancelled now where people expect it: a move that is held back still is void with it."""
    there = {part.key: part for part in event.parts}
    is_off = facts.state is State.CANCELLED and event.state is not State.CANCELLED
    off = {p.key for p in facts.parts if p.key in there and (is_off or (p.cancelled and not there[p.key].cancelled))}
    waiting = queries.untold(event.id) if off else None
    if waiting is None:
        return facts
    told = Known(event).facts(waiting.data["since"])
    expected = {part.key: part for part in told.parts if part.key in off}
    parts = tuple(rules.placed_as(part, expected[part.key]) if part.key in expected else part for part in facts.parts)
    return replace(facts, parts=parts, venue=told.venue if is_off else facts.venue)


def tell(event: Event, *, since: int, by: Actor, ask_until: date | None = None, asks_on: bool = True) -> Fact | None:
    """Have all whom it concerns told what became of an event since a revision, once the hold is over.

    What is held already, or overdue because no worker was there, is told together with it: nobody gets two e-mails
    that say the same. Where nothing of what people are told has changed, nobody is told: None. `ask_until` has each
    asked, too, whether they still come; where it is missing, a question that is held already stays with `asks_on`.
    """
    waiting = queries.untold(event.id)
    asking: dict[str, Any] = {"ask": True, "until": ask_until.isoformat()} if ask_until else {}
    if waiting is not None:
        journal.call_off(waiting)
        since = min(since, waiting.data["since"])
        if asks_on and not asking:
            asking = {key: waiting.data[key] for key in ("ask", "until") if key in waiting.data}
        asking["first"] = waiting.data.get("first", waiting.id)
    number = event.revision
    newest = db.update(Revision).where(Revision.event_id == event.id, Revision.number == number)
    db.session.execute(newest.values(told_since=since))
    if not joining.became(Known(event).facts(since), values.event_facts(event)):
        return None
    due_at = now() + HOLD
    return journal.record("event.changed", event.id, by=by, due_at=due_at, since=since, revision=number, **asking)


def undo(event: Event, *, base_url: str, by: Actor, booked: Booked = NOBODY) -> Event:
    """Take back the changes that are held still, so that nobody hears of them; what was saved besides them stays.

    SEQUENCE rises all the same: a calendar that subscribes may have seen the change.

    Raises:
        TooLate: its e-mails are under way, or nothing is held.
        PartInUse: somebody has registered meanwhile for a part that it had added.
        StillAsked: something is asked meanwhile for such a part.

    """
    waiting = queries.telling(event.id)
    if waiting is None:
        raise TooLate
    journal.call_off(waiting)
    target, known = values.event_facts(event), Known(event)
    for kept in queries.revisions(event.id):
        if kept.number > waiting.data["since"] and kept.told_since is not None:
            before, after = known.facts(kept.number - 1), known.facts(kept.number)
            target, _ = merging.merged(after, before, target)
            kept.undone = True
    bookings.check_asked(target, booked)
    _write(event, target, base_url=base_url, by=by, undone=True)
    return event


def correct(event: Event, undone: Fact, *, since: int, by: Actor) -> Fact:
    """Have those told what holds again whose e-mails carried what has been undone: who wrote in during the hold.

    `undone` is what was called off, `since` the revision before the undo.
    """
    first = undone.data.get("first", undone.id)
    return journal.record(
        "event.changed", event.id, by=by, due_at=now(), since=since, revision=event.revision, misled=first
    )


def _write(event: Event, facts: EventFacts, *, base_url: str, by: Actor, undone: bool = False) -> None:
    """Write down what differs, raise SEQUENCE where the public sees it, and keep a revision of it."""
    before, after = files.write(values.event_facts(event)), files.write(facts)
    differing = {
        key: [before.get(key), after.get(key)] for key in {*before, *after} if before.get(key) != after.get(key)
    }
    if not differing:
        return
    values.apply(event, facts, base_url)
    event.revision += 1
    event.revised_at = now()
    if differing.keys() - UNSEEN:
        event.sequence += 1
    kept = Revision(number=event.revision, at=event.revised_at, by=str(by), changes=differing, undone=undone)
    kept.event_id = event.id
    db.session.add(kept)
    touch()
    journal.record("event.revised", event.id, by=by, revision=event.revision, changed=sorted(differing))


def delete_draft(event: Event, *, by: Actor) -> None:
    """Delete a draft that nobody ever registered for; its parts, programme and history go with it.

    Raises:
        NotADraft, StillRegistered.

    """
    if event.state is not State.DRAFT:
        raise lifecycle.NotADraft(state=event.state)
    venues = [venue.id for venue in (event.venue, *(part.venue for part in event.parts)) if venue]
    number = event.id
    try:
        db.session.execute(db.delete(Event).where(Event.id == number))
    except IntegrityError as error:  # the registrations' foreign key restricts, those of the withdrawn too
        raise bookings.StillRegistered from error
    db.session.execute(db.delete(Venue).where(Venue.id.in_(venues)))
    touch()
    journal.record("event.deleted", number, by=by)


def keep_document(key: str, data: dict[str, Any]) -> None:
    """Add or replace a text of the site."""
    document = db.session.get(Document, key)
    if document is None:
        document = Document(key=key, data=data, revised_at=now())
        db.session.add(document)
    elif document.data != data:
        document.data, document.revised_at = data, now()
    else:
        return
    touch()


def revise_document(key: str, data: dict[str, Any], *, seen: str, by: Actor) -> None:
    """Rewrite a text of the site; `seen` is when the one was written that the writer started from.

    Raises:
        Stale.

    """
    document = db.session.get(Document, key, with_for_update=True, populate_existing=True)
    if document is None or seen != document.revised_at.isoformat():
        raise Stale
    if document.data != data:
        keep_document(key, data)
        journal.record("document.revised", 0, by=by, key=key)


def touch() -> None:
    """Raise the revision of the public content: kept pages and feeds are made anew."""
    # Counted by the database: two who read the same number would write the same next one, and the pages kept
    # after the first commit would pass for those after the second.
    raised = db.update(Content).values(revision=Content.revision + 1, changed_at=now()).returning(Content.id)
    if db.session.execute(raised.execution_options(synchronize_session=False)).first() is None:
        db.session.add(Content(id=1, revision=1, changed_at=now()))
