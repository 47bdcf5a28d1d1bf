"""Whether what everybody reads gives away a link that only those registered for a part are to see; pure."""

import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from s3chem_events.publishing import files
from s3chem_events.publishing.facts import EventFacts, PartFacts
from s3chem_events.publishing.lifecycle import Visibility


def disclosed(event: EventFacts) -> Iterator[tuple[str, PartFacts]]:
    """Return which values of an event's file, among those that are public, hold the link to join which part."""
    joined = [part for part in event.parts if part.online_url]
    for name, value in _public(event).items() if joined else ():
        words = "\n".join(_strings(value))
        yield from ((name, part) for part in joined if holds(words, part.online_url))


def holds(words: str, url: str) -> bool:
    """Whether a text gives an address away, in whichever way its Markdown or its readers' browsers take it."""
    # Both: `&reg` in a query is the mark ® only where a browser reads it as such.
    return _needle(url).search(f"{_plain(words)}\n{_plain(html.unescape(words))}") is not None


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def _plain(words: str) -> str:
    """Return words as a browser reads them: unescaped, without marks that nobody sees."""
    seen = unicodedata.normalize("NFKC", unquote(unquote(words)))
    # A backslash may stand before any mark in Markdown.
    return "".join(c for c in seen if c != "\\" and unicodedata.category(c) != "Cf")


def _public(event: EventFacts) -> dict[str, object]:
    """Return the event's file without the organisers' note, the links themselves, and parts that are not for all."""
    file, shown = files.write(event), {part.key for part in event.parts if part.visibility is Visibility.PUBLIC}
    parts = [{**part, "online_url": ""} for part in file["parts"] if part["key"] in shown]
    programme = [item for item in file.get("programme", ()) if item["part"] in shown]
    return {**file, "parts": parts, "programme": programme, "note": ""}


def _needle(url: str) -> re.Pattern[str]:
    """Return what finds an address also where its scheme, or the rest of its query, was left out or moved."""
    split = urlsplit(url)
    host, path = re.escape(_plain(split.hostname or "").rstrip(".").removeprefix("www.")), _plain(split.path)
    way = r"/(?:\.?/)*".join(re.escape(step) for step in path.rstrip("/").split("/"))
    first = rf"\?(?:[^\s\"#]*[&;])?{re.escape(_plain(split.query.partition('&')[0]))}"
    end = r"(?![\w-])" if not split.query else rf"(?:{first}|(?![\w?-]))" if path else first
    # What stands before an @ behind two slashes is a user, else it is an e-mail address.
    return re.compile(rf"(?:(?<![\w@-])|(?<=//)[^\s/@]*@){host}\.?(?::\d+)?{way}/*{end}", re.IGNORECASE)
