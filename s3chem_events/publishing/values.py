"""An event's rows as plain values, and plain values as its rows."""

import secrets
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.exc import IntegrityError

from s3chem_events.core.db import db
from s3chem_events.core.text import Text
from s3chem_events.publishing import times
from s3chem_events.publishing.booked import PartInUse
from s3chem_events.publishing.facts import EventFacts, ItemFacts, MaterialFacts, PartFacts, VenueFacts
from s3chem_events.publishing.lifecycle import LISTED, Mode, Visibility
from s3chem_events.publishing.models import LONGEST_UID, Event, Part, ProgrammeItem, Venue, is_one_entry

LONGEST_HOST = 100
SAME = (
    "slug",
    "kind",
    "state",
    "title",
    "zone",
    "summary",
    "description",
    "report",
    "region",
    "note",
    "reason",
    "reminds",
    "waiting_list",
    "grace",
)


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
        reason=event.reason,
        materials=tuple(MaterialFacts(Text(item["title"]), item["url"]) for item in event.materials),
        reminds=event.reminds,
        waiting_list=event.waiting_list,
        grace=event.grace,
    )


def apply(event: Event, facts: EventFacts, base_url: str) -> None:
    """Write plain values into an event's rows; a part that is gone must not be held by anybody: PartInUse."""
    seen = _seen_by_their_own(event)
    for name in SAME:
        setattr(event, name, getattr(facts, name))
    event.materials = [{"title": dict(item.title), "url": item.url} for item in facts.materials]
    event.opens_at = times.moment(facts.opens, facts.zone) if facts.opens else None
    event.closes_at = times.moment(facts.closes, facts.zone) if facts.closes else None
    event.venue = _venue(event.venue, facts.venue)
    there = {part.key: part for part in event.parts}
    _drop_parts(event, [part for key, part in there.items() if key not in {p.key for p in facts.parts}])
    for position, values in enumerate(facts.parts):
        part = there.get(values.key)
        if part is None:
            part = Part(
                key=values.key,
                uid=uid(f"{facts.slug}-{values.key}", base_url),
                former_uids=[],
                programme=[],
                venue=None,
            )
            event.parts.append(part)
        part.position = position
        _apply_part(part, values, facts.zone)
    event.parts.sort(key=lambda part: part.position)
    _share_uid(event, known=set(there), seen=seen, base_url=base_url)


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
    part.zone, part.online_url, part.cancelled = zone, values.online_url, values.cancelled
    part.reason = values.reason
    part.starts_on, part.ends_on = times.day(values.starts), times.day(values.ends)
    part.starts_at = times.moment(values.starts, zone) if isinstance(values.starts, datetime) else None
    part.ends_at = times.moment(values.ends, zone) if isinstance(values.ends, datetime) else None
    part.on_site, part.on_site_capacity = Mode.ON_SITE in values.capacity, values.capacity.get(Mode.ON_SITE)
    part.online, part.online_capacity = Mode.ONLINE in values.capacity, values.capacity.get(Mode.ONLINE)
    part.approval, part.venue = values.approval, _venue(part.venue, values.venue)
    if [_item_facts(item) for item in part.programme] != list(values.programme):
        part.programme = [_item(position, item) for position, item in enumerate(values.programme)]


def _seen_by_their_own(event: Event) -> set[str]:
    """Return the keys of the parts that public calendars hold under UIDs of their own."""
    if event.state not in LISTED or is_one_entry(event):
        return set()
    return {part.key for part in event.parts if part.visibility is Visibility.PUBLIC and part.uid != event.uid}


def _share_uid(event: Event, *, known: set[str], seen: set[str], base_url: str) -> None:
    """Let the first public part carry the event's own UID, so that a calendar's one entry grows up into it.

    Where no public part has it, the one that had it before takes it, or the first: calendars that know that part by
    another UID are told with the next e-mail (registration.in_calendars). While one is public that was `seen` under its
    own, all keep what they have: it would stand twice in calendars that hold both.
    """
    holder = next((part for part in event.parts if part.uid == event.uid), None)
    public = [part for part in event.parts if part.visibility is Visibility.PUBLIC]
    if not public or holder in public or any(part.key in seen for part in public):
        return
    had_it = (part for part in public if any(uid == event.uid for _last, uid in part.former_uids))
    heir = next(had_it, public[0])
    if holder is not None:
        _rename(holder, _own_uid(holder, event, base_url), event.revision)
        db.session.flush()  # no two parts have one UID, not for a moment
    if heir.key in known:
        _rename(heir, event.uid, event.revision)
    else:
        heir.uid = event.uid


def _rename(part: Part, uid: str, revision: int) -> None:
    part.former_uids = [*part.former_uids, (revision, part.uid)]
    part.uid = uid


def _own_uid(part: Part, event: Event, base_url: str) -> str:
    """Return the UID that is a part's own for ever: one that it had already, or else a new one."""
    own = [former for _last, former in part.former_uids if former != event.uid]
    return own[-1] if own else uid(f"{event.slug}-{part.key}", base_url)


def uid(slug: str, base_url: str) -> str:
    """Return a new UID: random, made once, ending in the host of the canonical address (RFC 7986 5.3).

    A long slug or host is cut: 64 random bits are enough to tell it from all others.
    """
    host = (urlsplit(base_url).hostname or "")[-LONGEST_HOST:].lstrip(".-")
    tail = f"-{secrets.token_hex(8)}@{host}"
    return slug[: LONGEST_UID - len(tail)].rstrip("-") + tail


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
        approval=part.approval,
        programme=tuple(_item_facts(item) for item in part.programme),
        cancelled=part.cancelled,
        reason=part.reason,
    )


def _local(moment: datetime | None, zone: str) -> datetime | None:
    return None if moment is None else moment.astimezone(times.zone_info(zone)).replace(tzinfo=None)
