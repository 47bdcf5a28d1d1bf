"""An event as a JSON file (contract: "An event as a file"), read and written; pure."""

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from s3chem_events.core.errors import Invalid
from s3chem_events.core.text import Text
from s3chem_events.publishing import shapes
from s3chem_events.publishing.facts import EventFacts, ItemFacts, MaterialFacts, PartFacts, VenueFacts, check
from s3chem_events.publishing.lifecycle import Kind, Mode, State, Visibility, WaitingList

REQUIRED = frozenset(["slug", "kind", "state", "title", "zone", "parts"])
TEXTS = frozenset(["summary", "description", "report", "note", "reason"])
SETTINGS = {"reminders", "waiting_list", "approval"}
"""`approval` of an event is that of each part, as files had it before parts had their own."""
OPTIONAL = TEXTS | SETTINGS | {"region", "venue", "registration", "programme", "materials"}


def read(data: Any) -> EventFacts:
    """Read an event's file; an unknown key or value is refused with the path to it."""
    o = shapes.Object(data, "", REQUIRED, OPTIONAL)
    registration = o.get("registration", lambda d, p: shapes.Object(d, p, set(), {"opens", "closes", "grace"}))
    items = o.get("programme", lambda d, p: shapes.list_of(d, p, _item), [])
    parts = o.get("parts", lambda d, p: shapes.list_of(d, p, _part))
    if o.get("approval", shapes.boolean, False):
        parts = [replace(part, approval=True) for part in parts]
    keys = {part.key for part in parts}
    for index, (key, _) in enumerate(items):
        if key not in keys:
            raise Invalid(f"programme[{index}].part", f"there is no part {key!r}")
    return check(
        EventFacts(
            slug=o.get("slug", shapes.line),
            kind=o.get("kind", shapes.choice(Kind)),
            state=o.get("state", shapes.choice(State)),
            title=o.get("title", shapes.title),
            zone=o.get("zone", shapes.line),
            parts=tuple(
                replace(part, programme=tuple(item for key, item in items if key == part.key)) for part in parts
            ),
            summary=o.get("summary", shapes.text, Text()),
            description=o.get("description", shapes.text, Text()),
            report=o.get("report", shapes.text, Text()),
            region=o.get("region", shapes.line, ""),
            venue=o.get("venue", _venue),
            opens=registration.get("opens", shapes.hours) if registration else None,
            closes=registration.get("closes", shapes.hours) if registration else None,
            note=o.get("note", shapes.text, Text()),
            reason=o.get("reason", shapes.text, Text()),
            materials=tuple(o.get("materials", lambda d, p: shapes.list_of(d, p, _material), [])),
            reminds=o.get("reminders", shapes.boolean, True),
            waiting_list=o.get("waiting_list", shapes.choice(WaitingList), WaitingList.OFFER),
            grace=registration.get("grace", shapes.minutes, 0) if registration else 0,
        )
    )


def write(facts: EventFacts) -> dict[str, Any]:
    """Write an event as its file; `read(write(facts)) == facts`."""
    return _filled(
        {
            "slug": facts.slug,
            "kind": facts.kind,
            "state": facts.state,
            "title": dict(facts.title),
            "summary": dict(facts.summary),
            "description": dict(facts.description),
            "report": dict(facts.report),
            "zone": facts.zone,
            "region": facts.region,
            "venue": _venue_file(facts.venue),
            "registration": _filled(
                {"opens": _stamp(facts.opens), "closes": _stamp(facts.closes), "grace": facts.grace or None}
            ),
            "parts": [_part_file(part) for part in facts.parts],
            "programme": [_item_file(part.key, item) for part in facts.parts for item in part.programme],
            "note": dict(facts.note),
            "reason": dict(facts.reason),
            "materials": [{"title": dict(item.title), "url": item.url} for item in facts.materials],
            "reminders": None if facts.reminds else False,
            "waiting_list": None if facts.waiting_list is WaitingList.OFFER else str(facts.waiting_list),
        }
    )


def _part_file(part: PartFacts) -> dict[str, Any]:
    return _filled(
        {
            "key": part.key,
            "title": dict(part.title),
            "summary": dict(part.summary),
            "starts": _stamp(part.starts),
            "ends": _stamp(part.ends),
            "visibility": part.visibility,
            "capacity": {str(mode): places for mode, places in part.capacity.items()},
            "venue": _venue_file(part.venue),
            "online_url": part.online_url,
            "approval": part.approval or None,
            "cancelled": part.cancelled or None,
            "reason": dict(part.reason),
        }
    )


def _item_file(key: str, item: ItemFacts) -> dict[str, Any]:
    return _filled(
        {
            "part": key,
            "on": item.on.isoformat(),
            "starts": item.starts.isoformat("minutes") if item.starts else None,
            "ends": item.ends.isoformat("minutes") if item.ends else None,
            "title": dict(item.title),
            "abstract": dict(item.abstract),
            "speaker": item.speaker,
            "speaker_tbc": item.speaker_tbc or None,
        }
    )


def _venue_file(venue: VenueFacts | None) -> dict[str, str]:
    return {} if venue is None else _filled(asdict(venue))


def _stamp(value: date | None) -> str | None:
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else value.isoformat() if value else None


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is not known."""
    return {key: value for key, value in values.items() if value not in (None, "", {}, [])}


def _part(data: Any, path: str) -> PartFacts:
    o = shapes.Object(
        data,
        path,
        {"key", "title", "starts", "ends"},
        {"visibility", "capacity", "summary", "venue", "online_url", "approval", "cancelled", "reason"},
    )
    return PartFacts(
        key=o.get("key", shapes.line),
        title=o.get("title", shapes.title),
        starts=o.get("starts", shapes.when),
        ends=o.get("ends", shapes.when),
        visibility=o.get("visibility", shapes.choice(Visibility), Visibility.PUBLIC),
        capacity=o.get("capacity", _capacity, {Mode.ON_SITE: None}),
        summary=o.get("summary", shapes.text, Text()),
        venue=o.get("venue", _venue),
        online_url=o.get("online_url", shapes.link, ""),
        approval=o.get("approval", shapes.boolean, False),
        cancelled=o.get("cancelled", shapes.boolean, False),
        reason=o.get("reason", shapes.text, Text()),
    )


def _material(data: Any, path: str) -> MaterialFacts:
    o = shapes.Object(data, path, {"title", "url"}, set())
    return MaterialFacts(o.get("title", shapes.title), o.get("url", shapes.link))


def _item(data: Any, path: str) -> tuple[str, ItemFacts]:
    o = shapes.Object(data, path, {"part", "on", "title"}, {"starts", "ends", "speaker", "speaker_tbc", "abstract"})
    item = ItemFacts(
        on=o.get("on", shapes.day),
        title=o.get("title", shapes.title),
        starts=o.get("starts", shapes.clock),
        ends=o.get("ends", shapes.clock),
        speaker=o.get("speaker", shapes.line, ""),
        speaker_tbc=o.get("speaker_tbc", shapes.boolean, False),
        abstract=o.get("abstract", shapes.text, Text()),
    )
    return o.get("part", shapes.line), item


def _venue(data: Any, path: str) -> VenueFacts:
    o = shapes.Object(data, path, set(), {"name", "address", "city", "country"})
    country = o.get("country", shapes.line, "")
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        raise Invalid(f"{path}.country", "two capital letters (ISO 3166-1)")
    return VenueFacts(
        o.get("name", shapes.line, ""), o.get("address", shapes.line, ""), o.get("city", shapes.line, ""), country
    )


def _capacity(value: Any, path: str) -> dict[Mode, int | None]:
    o = shapes.Object(value, path, set(), set(Mode))
    return {mode: o.get(mode, shapes.places) for mode in Mode if mode in o.data}
