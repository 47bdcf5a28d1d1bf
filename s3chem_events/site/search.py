"""An event for search engines (schema.org/Event): nothing of closed rooms, never a join link."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from s3chem_events.core.guard import settings
from s3chem_events.publishing import queries
from s3chem_events.publishing.facts import VenueFacts
from s3chem_events.publishing.history import Passage, moved_online, previous_start
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.publishing.models import Event, Venue
from s3chem_events.publishing.places import open_ways, where
from s3chem_events.publishing.times import zone_info
from s3chem_events.site.events_seen import organizer
from s3chem_events.site.views import EventView

SCHEMA = "https://schema.org"
ENDED = {State.CANCELLED: "EventCancelled", State.POSTPONED: "EventPostponed"}


def json_ld(event: Event, view: EventView, lang: str, *, passages: Sequence[Passage] = ()) -> dict[str, Any]:
    """Return the event for search engines (schema.org/Event); nothing of closed parts, never a join link."""
    base = settings().base_url
    parts = event.live_parts
    first, last = min(parts, key=queries.part_begins_at), max(parts, key=queries.part_ends_at)
    modes = {mode for _part, mode in open_ways(event)}
    attendance = {frozenset({Mode.ON_SITE}): "Offline", frozenset({Mode.ONLINE}): "Online"}
    found = {
        "@context": SCHEMA,
        "@type": "Event",
        "name": str(view.title),
        "description": str(view.summary),
        "startDate": _iso(first.starts_at, first.starts_on, first.zone),
        "endDate": _iso(last.ends_at, last.ends_on, last.zone),
        "previousStartDate": _previous_start(event, passages),
        "eventStatus": _statuses(event, passages),
        "eventAttendanceMode": f"{SCHEMA}/{attendance.get(frozenset(modes), 'Mixed')}EventAttendanceMode",
        "url": f"{base}{view.url}",
        "inLanguage": lang,
        "isAccessibleForFree": True,
        "organizer": {"@type": "Organization", "name": organizer().name, "url": f"{base}/{lang}/"},
        "location": _one_or_all(_location(event, view, base, modes)),
    }
    return {name: value for name, value in found.items() if value not in ("", [])}


def _iso(moment: datetime | None, day: date, zone: str) -> str:
    return moment.astimezone(zone_info(zone)).isoformat() if moment else day.isoformat()


def _previous_start(event: Event, passages: Sequence[Passage]) -> str:
    previous = None if event.state in ENDED else previous_start(passages)
    if previous is None:
        return ""
    if isinstance(previous, datetime):
        return previous.replace(tzinfo=zone_info(event.zone)).isoformat()
    return previous.isoformat()


def _statuses(event: Event, passages: Sequence[Passage]) -> str | list[str]:
    """Say how the event stands: one status, or two where it was moved to another day and online (eventStatus)."""
    if event.state in ENDED:
        return f"{SCHEMA}/{ENDED[event.state]}"
    online = moved_online(passages)
    found = [f"{SCHEMA}/EventRescheduled"] if previous_start(passages) else []
    # schema.org: "changed from in-person to online"; where one can still go to a room, the attendance mode says so.
    ways = open_ways(event)
    if not any(mode is Mode.ON_SITE for _part, mode in ways) and any(part.key in online for part, _mode in ways):
        found.append(f"{SCHEMA}/EventMovedOnline")
    return _one_or_all(found) or f"{SCHEMA}/EventScheduled"


def _location(event: Event, view: EventView, base: str, modes: set[Mode]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if Mode.ON_SITE in modes and view.place:
        places = where(event, open_ways(event)).places
        found += [{"@type": "Place", "name": _name(place) or view.place, **_address(place)} for place in places]
        found += [] if places else [{"@type": "Place", "name": view.place}]
    if Mode.ONLINE in modes:
        found.append({"@type": "VirtualLocation", "url": f"{base}{view.url}"})
    return found


def _name(venue: Venue | VenueFacts) -> str:
    return venue.name or venue.city


def _address(venue: Venue | VenueFacts) -> dict[str, Any]:
    known = {
        "streetAddress": venue.address if venue.name else "",
        "addressLocality": venue.city,
        "addressCountry": venue.country,
    }
    address = {name: value for name, value in known.items() if value}
    return {"address": {"@type": "PostalAddress", **address}} if address else {}


def _one_or_all(found: list[Any]) -> Any:
    return found[0] if len(found) == 1 else found
