"""The texts of the site that organisers write: the notices section by section, and what is said of the project. Pure.

A text is a document, `{"title": {"en": "…"}, "sections": [{"id", "title", "body"}], …}`; its passages are the words in
it, each in several languages, with a name that a form can use.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from itertools import count
from typing import Any

from s3chem_events.core.text import LANGUAGES, Text
from s3chem_events.core.values import frozen

PROJECT = "project"
NOTICES = ("imprint", "privacy", "accessibility")
GAP = re.compile(r"\[[^\[\]]+\](?!\()")
"""What somebody still has to enter stands in square brackets; before round ones they make a link."""
NEW = "new"


@frozen
class Passage:
    """Words in several languages: their name in a form, what they are, whether they run over lines."""

    name: str
    what: str
    text: Text
    section: str = ""
    is_long: bool = False


def passages(key: str, data: Mapping[str, Any]) -> list[Passage]:
    """Return the passages of a text in their order; a notice ends with the empty ones of a further section."""
    if key == PROJECT:
        return [
            Passage("claim", "claim", Text(data.get("claim"))),
            Passage("about", "about", Text(data.get("about")), is_long=True),
            Passage("contact", "contact", Text(data.get("contact", {}).get("organisation"))),
            Passage("statement", "statement", Text(data.get("funding", {}).get("statement"))),
        ]
    found = [
        Passage("title", "title", Text(data.get("title"))),
        Passage("intro", "intro", Text(data.get("intro")), is_long=True),
    ]
    for section in [*data.get("sections", []), {"id": NEW}]:
        found.append(Passage(f"{section['id']}-title", "heading", Text(section.get("title")), section["id"]))
        found.append(Passage(f"{section['id']}-body", "body", Text(section.get("body")), section["id"], is_long=True))
    return found


def put(key: str, data: Mapping[str, Any], language: str, said: Mapping[str, str]) -> dict[str, Any]:
    """Return the text with other words in one language, by the names of its passages; no words take it out."""
    written = deepcopy(dict(data))
    if key == PROJECT:
        places = {
            "claim": (written, "claim"),
            "about": (written, "about"),
            "contact": (written.setdefault("contact", {}), "organisation"),
            "statement": (written.setdefault("funding", {}), "statement"),
        }
    else:
        sections = [*written.get("sections", []), {"id": NEW, "title": {}, "body": {}}]
        places = {"title": (written, "title"), "intro": (written, "intro")}
        places |= {f"{one['id']}-{what}": (one, what) for one in sections for what in ("title", "body")}
        written["sections"] = sections
    for name, (holder, what) in places.items():
        holder[what] = dict(Text({**holder.get(what, {}), language: said.get(name, "")}))
    if key != PROJECT:
        written["sections"] = _numbered([one for one in written["sections"] if one["title"] or one["body"]])
    return written


def says_the_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two notices have the same words, whatever their versions and whoever approved them."""
    apart = dict.fromkeys(("version", "to_be_approved"))
    return {**one, **apart} == {**other, **apart}


def dated(data: Mapping[str, Any], before: Mapping[str, Any], day: date) -> dict[str, Any]:
    """Return a notice with a version of its own where its words differ: consents name the version that was read."""
    if says_the_same(data, before):
        return dict(data)
    stem, last = day.isoformat(), str(before.get("version", ""))
    again = re.fullmatch(rf"{stem}(?: \((\d+)\))?", last)
    return {**data, "version": f"{stem} ({int(again[1] or 1) + 1})" if again else stem}


def gaps(key: str, data: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what is still to be entered, by language."""
    every = [(passage.text.get(code, ""), code) for passage in passages(key, data) for code in LANGUAGES]
    found: dict[str, list[str]] = {}
    for words, code in every:
        for gap in GAP.findall(words):
            found.setdefault(code, []).append(gap)
    return found


def missing(key: str, data: Mapping[str, Any]) -> list[str]:
    """Return the languages in which some passage has no words although it has some in another."""
    written = [passage.text for passage in passages(key, data) if passage.text]
    return [code for code in LANGUAGES if any(code not in text for text in written)]


def _numbered(sections: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give a new section an id that no other has; the anchors of the others stay."""
    taken = {one["id"] for one in sections}
    free = next(name for name in (f"section-{number}" for number in count(1)) if name not in taken)
    return [{**one, "id": free if one["id"] == NEW else one["id"]} for one in sections]
