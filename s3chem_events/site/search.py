"""An event for search engines (schema.org/Event): nothing of closed rooms, never a join link."""

from datetime import date, datetime
from typing import Any

from s3chem_events.core.guard import settings
from s3chem_events.publishing import queries
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.publishing.models import Event
from s3chem_events.publishing.times import zone_info
from s3chem_events.site.events_seen import organizer
from s3chem_events.site.views import EventView


def json_ld(event: Event, view: EventView, lang: str) -> dict[str, Any]:
    """Return the event for search engines (schema.org/Event); nothing of closed parts, never a join link."""
    base = settings().base_url
    first = min(event.parts, key=queries.part_begins_at)
    last = max(event.parts, key=queries.part_ends_at)
    statuses = {State.CANCELLED: "EventCancelled", State.POSTPONED: "EventPostponed"}
    modes = {mode for part in event.parts for mode in part.capacities}
    attendance = {frozenset({Mode.ON_SITE}): "Offline", frozenset({Mode.ONLINE}): "Online"}
    return {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": str(view.title),
        "description": str(view.summary),
        "startDate": _iso(first.starts_at, first.starts_on, first.zone),
        "endDate": _iso(last.ends_at, last.ends_on, last.zone),
        "eventStatus": f"https://schema.org/{statuses.get(event.state, 'EventScheduled')}",
        "eventAttendanceMode": f"https://schema.org/{attendance.get(frozenset(modes), 'Mixed')}EventAttendanceMode",
        "url": f"{base}{view.url}",
        "inLanguage": lang,
        "isAccessibleForFree": True,
        "organizer": {"@type": "Organization", "name": organizer().name, "url": f"{base}/{lang}/"},
        "location": _location(event, view, base, modes),
    }


def _iso(moment: datetime | None, day: date, zone: str) -> str:
    return moment.astimezone(zone_info(zone)).isoformat() if moment else day.isoformat()


def _location(event: Event, view: EventView, base: str, modes: set[Mode]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if Mode.ON_SITE in modes:
        venue = event.venue
        address = {
            "@type": "PostalAddress",
            "addressLocality": venue.city if venue else "",
            "addressCountry": venue.country if venue else "",
        }
        found.append({"@type": "Place", "name": view.place, "address": address})
    if Mode.ONLINE in modes:
        found.append({"@type": "VirtualLocation", "url": f"{base}{view.url}"})
    return found
