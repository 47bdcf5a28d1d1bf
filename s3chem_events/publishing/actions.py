"""What organisers do with events and news. Each change writes a revision and a fact; nobody is mailed from here."""

import secrets
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.exc import IntegrityError

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.core.text import Text
from s3chem_events.publishing import booked as bookings
from s3chem_events.publishing import facts as rules
from s3chem_events.publishing import files, lifecycle, times
from s3chem_events.publishing.booked import NOBODY, Booked
from s3chem_events.publishing.facts import EventFacts, ItemFacts, PartFacts, VenueFacts
from s3chem_events.publishing.lifecycle import Mode, State, Visibility
from s3chem_events.publishing.models import (
    Content,
    Document,
    Event,
    NewsItem,
    Part,
    ProgrammeItem,
    Revision,
    Venue,
)


class SlugTaken(Refused):
    """Another event has this address already."""

    code = "slug_taken"
    status = 409


class PartInUse(Refused):
    """A part that people registered for cannot simply vanish."""

    code = "part_in_use"
    status = 409


class Stale(Refused):
    """Somebody else changed the event meanwhile."""

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
    event = Event(slug=facts.slug, uid=_uid(facts.slug, base_url), created_at=moment, revised_at=moment)
    event.parts, event.venue = [], None
    _apply(event, facts, base_url)
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
    """Change an event to these facts. What did not change raises nothing.

    `expected` is the revision that the organiser saw; another one is Stale. `booked` is what people hold.

    Raises:
        Invalid, WrongMove, SlugTaken, PartInUse, ModeInUse, StillRegistered, Stale.

    """
    rules.check(facts)
    if expected is not None and expected != event.revision:
        raise Stale(expected=expected, revision=event.revision)
    lifecycle.check_move(event.state, facts.state)
    bookings.check(event.state, facts, booked)
    if facts.slug != event.slug and db.session.scalar(db.select(Event.id).filter_by(slug=facts.slug)) is not None:
        raise SlugTaken(slug=facts.slug)
    before, after = files.write(event_facts(event)), files.write(facts)
    changes = {key: [before.get(key), after.get(key)] for key in {*before, *after} if before.get(key) != after.get(key)}
    if not changes:
        return event
    _apply(event, facts, base_url)
    event.revision += 1
    event.revised_at = now()
    if changes.keys() - {"note", "registration"}:
        event.sequence += 1
    db.session.add(Revision(event_id=event.id, number=event.revision, at=event.revised_at, by=str(by), changes=changes))
    touch()
    journal.record("event.revised", event.id, by=by, revision=event.revision, changed=sorted(changes))
    return event


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


def publish_news(
    *, slug: str, title: Text, lead: Text, body: Text, published_on: date, event_id: int | None, by: Actor
) -> NewsItem:
    """Add a piece of news."""
    if db.session.scalar(db.select(NewsItem.id).filter_by(slug=slug)) is not None:
        raise SlugTaken(slug=slug)
    item = NewsItem(
        slug=slug, title=title, lead=lead, body=body, published_on=published_on, event_id=event_id, revised_at=now()
    )
    db.session.add(item)
    db.session.flush()
    touch()
    journal.record("news.published", item.id, by=by)
    return item


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


def touch() -> None:
    """Raise the revision of the public content: kept pages and feeds are made anew."""
    # Counted by the database: two who read the same number would write the same next one, and the pages kept
    # after the first commit would pass for those after the second.
    raised = db.update(Content).values(revision=Content.revision + 1, changed_at=now()).returning(Content.id)
    if db.session.execute(raised.execution_options(synchronize_session=False)).first() is None:
        db.session.add(Content(id=1, revision=1, changed_at=now()))


def event_facts(event: Event) -> EventFacts:
    """Return a loaded event as plain values; the reverse of writing it."""
    return EventFacts(
        slug=event.slug,
        kind=event.kind,
        state=event.state,
        title=event.title,
        zone=event.zone,
        parts=tuple(_part_facts(part) for part in event.parts),
        summary=event.summary,
        description=event.description,
        report=event.report,
        region=event.region,
        venue=_venue_facts(event.venue),
        opens=_local(event.opens_at, event.zone),
        closes=_local(event.closes_at, event.zone),
        note=event.note,
    )


def _apply(event: Event, facts: EventFacts, base_url: str) -> None:
    for name in ("slug", "kind", "state", "title", "zone", "summary", "description", "report", "region", "note"):
        setattr(event, name, getattr(facts, name))
    event.opens_at = times.moment(facts.opens, facts.zone) if facts.opens else None
    event.closes_at = times.moment(facts.closes, facts.zone) if facts.closes else None
    event.venue = _venue(event.venue, facts.venue)
    there = {part.key: part for part in event.parts}
    _drop_parts(event, [part for key, part in there.items() if key not in {p.key for p in facts.parts}])
    for position, values in enumerate(facts.parts):
        part = there.get(values.key)
        if part is None:
            part = Part(key=values.key, uid=_uid(f"{facts.slug}-{values.key}", base_url), programme=[], venue=None)
            event.parts.append(part)
        part.position = position
        _apply_part(part, values, facts.zone)
    event.parts.sort(key=lambda part: part.position)
    _share_uid(event, known=set(there))


def _drop_parts(event: Event, gone: list[Part]) -> None:
    for part in gone:
        event.parts.remove(part)
    if gone:
        try:
            db.session.flush()  # the participations' foreign key restricts
        except IntegrityError as error:
            raise PartInUse from error


def _apply_part(part: Part, values: PartFacts, zone: str) -> None:
    part.title, part.summary, part.visibility = values.title, values.summary, values.visibility
    part.zone, part.online_url = zone, values.online_url
    part.starts_on, part.ends_on = _day(values.starts), _day(values.ends)
    part.starts_at = times.moment(values.starts, zone) if isinstance(values.starts, datetime) else None
    part.ends_at = times.moment(values.ends, zone) if isinstance(values.ends, datetime) else None
    part.on_site, part.on_site_capacity = Mode.ON_SITE in values.capacity, values.capacity.get(Mode.ON_SITE)
    part.online, part.online_capacity = Mode.ONLINE in values.capacity, values.capacity.get(Mode.ONLINE)
    part.venue = _venue(part.venue, values.venue)
    if [_item_facts(item) for item in part.programme] != list(values.programme):
        part.programme = [_item(position, item) for position, item in enumerate(values.programme)]


def _share_uid(event: Event, *, known: set[str]) -> None:
    """The first public part carries the event's own UID, so that a calendar's one entry grows up into it."""
    if any(part.uid == event.uid for part in event.parts):
        return
    public = [part for part in event.parts if part.visibility is Visibility.PUBLIC]
    if public and public[0].key not in known:  # a part that calendars know already keeps its UID for ever
        public[0].uid = event.uid


def _uid(slug: str, base_url: str) -> str:
    return f"{slug}-{secrets.token_hex(8)}@{urlsplit(base_url).hostname}"


def _venue(venue: Venue | None, values: VenueFacts | None) -> Venue | None:
    if values is None:
        return None
    venue = venue or Venue()
    venue.name, venue.address, venue.city, venue.country = values.name, values.address, values.city, values.country
    return venue


def _venue_facts(venue: Venue | None) -> VenueFacts | None:
    return None if venue is None else VenueFacts(venue.name, venue.address, venue.city, venue.country)


def _item(position: int, values: ItemFacts) -> ProgrammeItem:
    return ProgrammeItem(
        position=position,
        on=values.on,
        starts=values.starts,
        ends=values.ends,
        title=values.title,
        abstract=values.abstract,
        speaker=values.speaker,
        speaker_tbc=values.speaker_tbc,
    )


def _item_facts(item: ProgrammeItem) -> ItemFacts:
    return ItemFacts(item.on, item.title, item.starts, item.ends, item.speaker, item.speaker_tbc, item.abstract)


def _part_facts(part: Part) -> PartFacts:
    return PartFacts(
        key=part.key,
        title=part.title,
        starts=_local(part.starts_at, part.zone) or part.starts_on,
        ends=_local(part.ends_at, part.zone) or part.ends_on,
        visibility=part.visibility,
        capacity=part.capacities,
        summary=part.summary,
        venue=_venue_facts(part.venue),
        online_url=part.online_url,
        programme=tuple(_item_facts(item) for item in part.programme),
    )


def _local(moment: datetime | None, zone: str) -> datetime | None:
    return None if moment is None else moment.astimezone(times.zone_info(zone)).replace(tzinfo=None)


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value
