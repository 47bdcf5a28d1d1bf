"""Whether what everybody reads gives away a link that only those registered for a part are to see; pure."""

import json
import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from s3chem_events.publishing import files
from s3chem_events.publishing.facts import EventFacts, PartFacts
from s3chem_events.publishing.lifecycle import Visibility


def disclosed(event: EventFacts) -> Iterator[tuple[str, PartFacts]]:
    """Return which values of an event's file, among those that are public, hold the link to join which part."""
    needles = [(part, _needle(part.online_url)) for part in event.parts if part.online_url]
    for name, value in _public(event).items() if needles else ():
        # A backslash may stand before any mark in Markdown, and JSON adds its own.
        words = unquote(json.dumps(value, ensure_ascii=False)).replace("\\", "")
        yield from ((name, part) for part, needle in needles if needle.search(words))


def _public(event: EventFacts) -> dict[str, object]:
    """Return the event's file without the organisers' note, the links themselves, and parts that are not for all."""
    file, shown = files.write(event), {part.key for part in event.parts if part.visibility is Visibility.PUBLIC}
    parts = [{**part, "online_url": ""} for part in file["parts"] if part["key"] in shown]
    programme = [item for item in file.get("programme", ()) if item["part"] in shown]
    return {**file, "parts": parts, "programme": programme, "note": ""}


def _needle(url: str) -> re.Pattern[str]:
    """Return what finds an address also where its scheme, or the rest of its query, was left out or moved."""
    split = urlsplit(url)
    host, path = re.escape((split.hostname or "").removeprefix("www.")), unquote(split.path).rstrip("/")
    way = "/+".join(re.escape(step) for step in path.split("/"))
    first = rf"\?(?:[^\s\"#]*&)?{re.escape(unquote(split.query).partition('&')[0])}"
    end = r"(?![\w-])" if not split.query else rf"(?:{first}|(?![\w?-]))" if path else first
    return re.compile(rf"(?<![\w@-]){host}(?::\d+)?{way}/*{end}", re.IGNORECASE)
