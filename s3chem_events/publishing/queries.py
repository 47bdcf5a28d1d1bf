"""What the public pages, the feeds and the desk read of events and news."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload, load_only, selectinload

from s3chem_events.core import journal
from s3chem_events.core.clock import now, today
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.publishing import times, values
from s3chem_events.publishing.history import Passage, history
from s3chem_events.publishing.lifecycle import LISTED, TAKING, State, Visibility, waits
from s3chem_events.publishing.models import Content, Document, Event, NewsItem, Part, Revision

MOST_TOLD = 2048
_TOLD: dict[tuple[Any, ...], Sequence[Passage]] = {}
"""What became of events, as far as this process has looked."""


def event_by_slug(slug: str, *, lock: bool = False) -> Event | None:
    """Return an event with its parts, places and programme; `lock` makes other writers of this event wait."""
    if lock and db.engine.dialect.name == "postgresql":
        db.session.execute(select(Event.id).filter_by(slug=slug).with_for_update())
    return db.session.scalar(_whole().where(Event.slug == slug))


def bookable_event(slug: str, *, lock: bool = False) -> Event | None:
    """Return an event with its parts alone, in one statement: enough to decide about places, not for a page."""
    if lock and db.engine.dialect.name == "postgresql":
        db.session.execute(select(Event.id).filter_by(slug=slug).with_for_update())
    return db.session.scalars(_BOOKABLE, {"slug": slug}).unique().one_or_none()


def event_by_id(event_id: int, *, lock: bool = False) -> Event | None:
    """Return an event with its parts, places and programme."""
    if lock and db.engine.dialect.name == "postgresql":
        db.session.execute(select(Event.id).filter_by(id=event_id).with_for_update())
    return db.session.scalar(_whole().where(Event.id == event_id))


def events_by_ids(ids: Collection[int]) -> list[Event]:
    """Return some events with their parts, places and programmes, in a known number of statements."""
    return list(db.session.scalars(_whole().where(Event.id.in_(ids)))) if ids else []


def listed_events() -> list[Event]:
    """Return all events that the public sees, earliest first."""
    events = db.session.scalars(_whole().where(Event.state.in_(LISTED))).all()
    return sorted(events, key=lambda event: (begins_at(event), event.slug))


def all_events() -> list[Event]:
    """Return every event, latest first, for the desk."""
    return sorted(db.session.scalars(_whole()).all(), key=lambda event: (begins_at(event), event.slug), reverse=True)


def revisions(event_id: int) -> list[Revision]:
    """Return the history of an event, newest first."""
    return list(db.session.scalars(select(Revision).filter_by(event_id=event_id).order_by(Revision.number.desc())))


def passages(events: Iterable[Event]) -> dict[int, Sequence[Passage]]:
    """Return what became of loaded events in public, by their ids, oldest first; in one statement for all of them."""
    there = {event.id: event for event in events}
    kept: dict[int, list[Revision]] = defaultdict(list)
    for revision in db.session.scalars(select(Revision).where(Revision.event_id.in_(there))):
        if revision.number <= there[revision.event_id].revision:  # PostgreSQL may have read a later one just now
            kept[revision.event_id].append(revision)
    return {number: _passages(event, kept[number]) for number, event in there.items()}


def revised(event_id: int) -> dict[int, int]:
    """Return the facts that wrote an event's revisions: the fact's id by the revision's number."""
    rows = db.session.execute(select(Fact.id, Fact.data).filter_by(kind="event.revised", subject_id=event_id))
    return {data["revision"]: fact_id for fact_id, data in rows}


def telling(event_id: int) -> Fact | None:
    """Return the announcement of a change that is held back still."""
    return journal.held("event.changed", event_id)


def untold(event_id: int) -> Fact | None:
    """Return the announcement of a change whose e-mails are not all written, held back or overdue: a worker was away.

    Whoever writes them waits, and sees what becomes of it.
    """
    query = select(Fact).where(Fact.kind == "event.changed", Fact.subject_id == event_id, Fact.relayed_at.is_(None))
    facts = db.session.scalars(query.order_by(Fact.id.desc()).with_for_update())
    return next((fact for fact in facts if "misled" not in fact.data), None)


def unwritten_tellings() -> dict[int, Fact]:
    """Return the announcements of changes whose e-mails are not all written, by their events."""
    query = select(Fact).where(Fact.kind == "event.changed", Fact.relayed_at.is_(None)).order_by(Fact.due_at)
    return {fact.subject_id: fact for fact in db.session.scalars(query) if "misled" not in fact.data}


def last_told(event_id: int) -> Fact | None:
    """Return the newest announcement of a change whose e-mails are not held back any more."""
    query = select(Fact).where(Fact.kind == "event.changed", Fact.subject_id == event_id, Fact.due_at <= now())
    for fact in db.session.scalars(query.order_by(Fact.id.desc()).limit(20)):
        if not fact.data.get("called_off"):
            return fact
    return None


def news(*, latest: int | None = None) -> list[NewsItem]:
    """Return the news, newest first, each with its event; what is dated ahead appears at midnight UTC of its day."""
    query = _published().order_by(NewsItem.published_on.desc(), NewsItem.id)
    return list(db.session.scalars(query.limit(latest)))


def news_by_slug(slug: str) -> NewsItem | None:
    """Return one piece of news whose day has come."""
    return db.session.scalar(_published().filter_by(slug=slug))


def news_by_ids(ids: Collection[int]) -> list[NewsItem]:
    """Return those of some pieces of news whose day has come."""
    return list(db.session.scalars(_published().where(NewsItem.id.in_(ids)))) if ids else []


def has_news(slug: str) -> bool:
    """Whether a piece of news is kept, also one whose day is still to come."""
    return db.session.scalar(select(NewsItem.id).filter_by(slug=slug)) is not None


def document(key: str) -> Document | None:
    """Return a text of the site."""
    return db.session.get(Document, key)


def version_of(key: str) -> str:
    """Return the version of a text of the site, without reading the text; nothing where it has none."""
    return db.session.scalar(_VERSION, {"key": key}) or ""


def content() -> tuple[int, datetime]:
    """Return the revision of the public content and when it changed last."""
    row = db.session.execute(select(Content.revision, Content.changed_at)).first()
    return (row[0], row[1]) if row else (0, datetime.fromtimestamp(0, tz=now().tzinfo))


def begins_at(event: Event) -> datetime:
    """Return the moment at which an event begins; without hours, the beginning of its first day."""
    return min(part_begins_at(part) for part in event.live_parts)


def ends_at(event: Event) -> datetime:
    """Return the moment at which an event ends; without hours, the end of its last day."""
    return max(part_ends_at(part) for part in event.live_parts)


def part_begins_at(part: Part) -> datetime:
    """Return the moment at which a part begins."""
    return part.starts_at or times.start_of(part.starts_on, part.zone)


def part_ends_at(part: Part) -> datetime:
    """Return the moment at which a part ends."""
    return part.ends_at or times.end_of(part.ends_on, part.zone)


def is_past(event: Event) -> bool:
    """Whether an event is over, by its state or by the clock; a postponed one waits a year for its new date."""
    return event.state is State.OVER or ends_at(event) + waits(event.state) <= now()


def coming(events: Iterable[Event]) -> list[Event]:
    """Return what is still to come in the order given; last, what was postponed and whose old days have passed."""
    return sorted((event for event in events if not is_past(event)), key=lambda event: ends_at(event) <= now())


def takes_registrations_from(event: Event) -> datetime | None:
    """Return the moment from which an event takes registrations; None for one that takes none.

    Without an own opening hour an announced event takes them from the day it was made, a save the date not yet.
    """
    return _takes_from(event, event.state)


def took_registrations_from(event: Event) -> datetime | None:
    """Return the same, of a postponed event as it was before that."""
    if event.state is not State.POSTPONED:
        return takes_registrations_from(event)
    moves = (one.changes["state"] for one in revisions(event.id) if "state" in one.changes)
    return _takes_from(event, next((State(old) for old, new in moves if new == State.POSTPONED), event.state))


def _takes_from(event: Event, state: State) -> datetime | None:
    if state not in TAKING or (event.opens_at is None and state is State.SAVE_THE_DATE):
        return None
    return event.opens_at or event.created_at


def closes_at(event: Event, *, of: Iterable[Part] = ()) -> datetime:
    """Return the moment from which an event takes no more registrations, or none for all `of` some parts.

    Without an own closing hour it is when the first part begins that is open to everyone, else the first of all.
    """
    if event.closes_at is not None:
        return event.closes_at
    public = [part for part in event.live_parts if part.visibility is Visibility.PUBLIC]
    return min(part_begins_at(part) for part in (*(public or event.live_parts), *of))


def open_parts(event: Event, *, invited: Collection[str] = (), opened_at: datetime | None = None) -> list[Part]:
    """Return the parts that anybody may register for at this moment, and the closed ones that one is invited to.

    `opened_at` is when the form was opened that is sent now: before the closing, it has the event's grace.
    """
    opens, closes, grace = takes_registrations_from(event), closes_at(event), timedelta()
    if opened_at is not None and opened_at < closes:
        grace = timedelta(minutes=event.grace)
        closes += grace
    if opens is None or not opens <= now() < closes:
        return []
    return [
        part
        for part in event.parts
        if (part.visibility is Visibility.PUBLIC or part.key in invited)
        and not part.cancelled
        and now() < part_ends_at(part)
        and (event.closes_at is not None or now() < part_begins_at(part) + grace)
    ]


def next_boundary(moment: datetime, *, lines_close: timedelta) -> datetime | None:
    """Return the next moment after this one at which a public page changes though nobody changed anything.

    `lines_close` is how long before a part begins its waiting list does.
    """
    moments: list[datetime] = []
    for event in listed_events():
        moments += [m for m in (event.opens_at, event.closes_at) if m]
        for part in event.parts:
            moments += [part_begins_at(part) - lines_close, part_begins_at(part), part_ends_at(part)]
    return min((boundary for boundary in moments if boundary > moment), default=None)


def _passages(event: Event, kept: list[Revision]) -> Sequence[Passage]:
    """Look back on an event once for each of its revisions: a feed of 200 would take 0.4 s for it after each change."""
    key = (event.uid, event.revised_at, event.revision, frozenset((r.number, r.undone, r.told_since) for r in kept))
    if key not in _TOLD:
        if len(_TOLD) >= MOST_TOLD:
            _TOLD.clear()
        _TOLD[key] = tuple(history(values.event_facts(event), kept))
    return _TOLD[key]


def _published() -> Select[NewsItem]:
    # The UTC day, for the kept pages are good until midnight UTC (docs/decisions/0009).
    return select(NewsItem).where(NewsItem.published_on <= today("UTC")).options(joinedload(NewsItem.event))


def _whole() -> Select[Event]:
    return select(Event).options(
        joinedload(Event.venue),
        selectinload(Event.parts).options(joinedload(Part.venue), selectinload(Part.programme)),
    )


_VERSION = select(Document.data["version"].as_string()).where(Document.key == bindparam("key"))
_BOOKABLE = (
    select(Event)
    .where(Event.slug == bindparam("slug"))
    .options(
        load_only(
            Event.slug,
            Event.state,
            Event.opens_at,
            Event.closes_at,
            Event.created_at,
            Event.waiting_list,
            Event.grace,
            raiseload=True,
        ),
        joinedload(Event.parts),
    )
)


def event_id(slug: str) -> int | None:
    """Return the id of an event, for those who only must know whose it is."""
    return db.session.scalar(select(Event.id).where(Event.slug == slug))
