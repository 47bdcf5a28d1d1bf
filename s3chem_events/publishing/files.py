"""An event as a JSON file (contract: "An event as a file"), read and written; pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, TypeVar

from s3chem_events.core.errors import Invalid
from s3chem_events.core.text import LANGUAGES, Text
from s3chem_events.publishing.facts import EventFacts, ItemFacts, PartFacts, VenueFacts, check
from s3chem_events.publishing.lifecycle import Kind, Mode, State, Visibility

LONGEST_LINE = 500
Enumerated = TypeVar("Enumerated", bound=StrEnum)


def read(data: Any) -> EventFacts:
    """Read an event's file; an unknown key or value is refused with the path to it."""
    o = _Object(
        data,
        "",
        {"slug", "kind", "state", "title", "zone", "parts"},
        {"summary", "description", "report", "region", "venue", "registration", "programme", "note"},
    )
    registration = o.get("registration", lambda d, p: _Object(d, p, set(), {"opens", "closes"}))
    items = o.get("programme", lambda d, p: _list(d, p, _item), [])
    parts = o.get("parts", lambda d, p: _list(d, p, _part))
    keys = {part.key for part in parts}
    for index, (key, _) in enumerate(items):
        if key not in keys:
            raise Invalid(f"programme[{index}].part", f"there is no part {key!r}")
    return check(
        EventFacts(
            slug=o.get("slug", _line),
            kind=o.get("kind", _choice(Kind)),
            state=o.get("state", _choice(State)),
            title=o.get("title", _text),
            zone=o.get("zone", _line),
            parts=tuple(
                replace(part, programme=tuple(item for key, item in items if key == part.key)) for part in parts
            ),
            summary=o.get("summary", _text, Text()),
            description=o.get("description", _text, Text()),
            report=o.get("report", _text, Text()),
            region=o.get("region", _line, ""),
            venue=o.get("venue", _venue),
            opens=registration.get("opens", _hours) if registration else None,
            closes=registration.get("closes", _hours) if registration else None,
            note=o.get("note", _text, Text()),
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
            "registration": _filled({"opens": _stamp(facts.opens), "closes": _stamp(facts.closes)}),
            "parts": [_part_file(part) for part in facts.parts],
            "programme": [_item_file(part.key, item) for part in facts.parts for item in part.programme],
            "note": dict(facts.note),
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
    return {} if venue is None else _filled({name: getattr(venue, name) for name in VenueFacts.__slots__})


def _stamp(value: date | None) -> str | None:
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else value.isoformat() if value else None


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is not known."""
    return {key: value for key, value in values.items() if value not in (None, "", {}, [])}


class _Object:
    """A JSON object whose keys are known, read key by key."""

    def __init__(self, data: Any, path: str, required: set[str], optional: set[str]) -> None:
        self.path = path
        if not isinstance(data, dict):
            raise Invalid(path or "$", "an object is expected")
        for key in data:
            if key not in required | optional:
                raise Invalid(self._at(key), "unknown key")
        for key in sorted(required):
            if data.get(key) is None:
                raise Invalid(self._at(key), "missing")
        self.data = data

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def get(self, key: str, reader: Callable[[Any, str], Any], default: Any = None) -> Any:
        value = self.data.get(key)
        return default if value is None else reader(value, self._at(key))


def _part(data: Any, path: str) -> PartFacts:
    o = _Object(
        data, path, {"key", "title", "starts", "ends"}, {"visibility", "capacity", "summary", "venue", "online_url"}
    )
    return PartFacts(
        key=o.get("key", _line),
        title=o.get("title", _text),
        starts=o.get("starts", _when),
        ends=o.get("ends", _when),
        visibility=o.get("visibility", _choice(Visibility), Visibility.PUBLIC),
        capacity=o.get("capacity", _capacity, {Mode.ON_SITE: None}),
        summary=o.get("summary", _text, Text()),
        venue=o.get("venue", _venue),
        online_url=o.get("online_url", _link, ""),
    )


def _item(data: Any, path: str) -> tuple[str, ItemFacts]:
    o = _Object(data, path, {"part", "on", "title"}, {"starts", "ends", "speaker", "speaker_tbc", "abstract"})
    item = ItemFacts(
        on=o.get("on", _day),
        title=o.get("title", _text),
        starts=o.get("starts", _clock),
        ends=o.get("ends", _clock),
        speaker=o.get("speaker", _line, ""),
        speaker_tbc=o.get("speaker_tbc", _boolean, False),
        abstract=o.get("abstract", _text, Text()),
    )
    return o.get("part", _line), item


def _venue(data: Any, path: str) -> VenueFacts:
    o = _Object(data, path, set(), {"name", "address", "city", "country"})
    country = o.get("country", _line, "")
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        raise Invalid(f"{path}.country", "two capital letters (ISO 3166-1)")
    return VenueFacts(o.get("name", _line, ""), o.get("address", _line, ""), o.get("city", _line, ""), country)


def _list(data: Any, path: str, reader: Callable[[Any, str], Any]) -> list[Any]:
    if not isinstance(data, list):
        raise Invalid(path, "a list is expected")
    return [reader(value, f"{path}[{index}]") for index, value in enumerate(data)]


def _string(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise Invalid(path, "a text is expected")
    if "\0" in value:
        raise Invalid(path, "a zero byte, which PostgreSQL cannot hold")
    return value.strip()


def _line(value: Any, path: str) -> str:
    line = _string(value, path)
    if len(line) > LONGEST_LINE or not line.isprintable():
        raise Invalid(path, f"one line of at most {LONGEST_LINE} characters is expected")
    return line


def _link(value: Any, path: str) -> str:
    link = _line(value, path)
    if not link.startswith(("https://", "http://")):
        raise Invalid(path, "an address that starts with https:// is expected")
    return link


def _boolean(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise Invalid(path, "true or false is expected")
    return value


def _text(value: Any, path: str) -> Text:
    if not isinstance(value, dict):
        raise Invalid(path, "an object of languages is expected")
    for language in value:
        if language not in LANGUAGES:
            raise Invalid(f"{path}.{language}", f"unknown language; one of {', '.join(LANGUAGES)}")
    return Text({language: _string(words, f"{path}.{language}") for language, words in value.items()})


def _choice(enum: type[Enumerated]) -> Callable[[Any, str], Enumerated]:
    def reader(value: Any, path: str) -> Enumerated:
        try:
            return enum(value)
        except ValueError:
            raise Invalid(path, f"unknown value {value!r}; one of {', '.join(enum)}") from None

    return reader


def _capacity(value: Any, path: str) -> dict[Mode, int | None]:
    o = _Object(value, path, set(), set(Mode))
    return {mode: o.get(mode, _places) for mode in Mode if mode in o.data}


def _places(value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000_000:  # noqa: PLR2004
        raise Invalid(path, "a number of places, zero or more, or null for no limit")
    return value


def _when(value: Any, path: str) -> date:
    return _day(value, path) if len(_line(value, path)) == len("2027-06-18") else _hours(value, path)


def _day(value: Any, path: str) -> date:
    try:
        return date.fromisoformat(_line(value, path))
    except ValueError:
        raise Invalid(path, "a date like 2027-06-18 is expected") from None


def _hours(value: Any, path: str) -> datetime:
    try:
        parsed = datetime.strptime(_line(value, path)[:16], "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - local to the event's zone
    except ValueError:
        raise Invalid(path, "a local time like 2027-06-18T09:30 is expected") from None
    if len(value.strip()) not in {16, 19}:
        raise Invalid(path, "a local time like 2027-06-18T09:30 is expected, without a zone")
    return parsed


def _clock(value: Any, path: str) -> time:
    try:
        return time.fromisoformat(_line(value, path))
    except ValueError:
        raise Invalid(path, "a time like 09:30 is expected") from None
