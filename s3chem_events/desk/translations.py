"""All the texts of an event, language by language: which there are, which are missing, how they are put back; pure."""

from collections.abc import Mapping
from dataclasses import replace

from s3chem_events.core.text import LANGUAGES, Text
from s3chem_events.core.values import frozen
from s3chem_events.publishing.facts import EventFacts, ItemFacts, PartFacts

OWN = ("title", "summary", "description", "reason", "report", "note")
OF_PART = ("title", "summary", "reason")
OF_ITEM = ("title", "abstract")
LONG = frozenset({"summary", "description", "report", "note", "reason", "abstract"})


@frozen
class Passage:
    """One text: `name` is its field's, `what` what it is, `where` the title of the part or item that it belongs to."""

    name: str
    what: str
    text: Text
    where: Text

    @property
    def long(self) -> bool:
        """Whether it may have several lines."""
        return self.what in LONG

    @property
    def public(self) -> bool:
        """Whether visitors read it."""
        return self.what != "note"


def passages(event: EventFacts) -> list[Passage]:
    """Return every text that an event has or could have, in the order of its page."""
    found = [Passage(what, what, getattr(event, what), Text()) for what in OWN]
    for index, part in enumerate(event.parts):
        theirs = OF_PART if part.reason else OF_PART[:2]  # given for one step, and none before
        found += [Passage(f"parts-{index}-{what}", what, getattr(part, what), part.title) for what in theirs]
        for number, item in enumerate(part.programme):
            stem = f"parts-{index}-items-{number}"
            found += [Passage(f"{stem}-{what}", what, getattr(item, what), item.title) for what in OF_ITEM]
    return found


def missing(event: EventFacts) -> dict[str, int]:
    """Return how many texts are missing in each language: those that visitors read in another, and the summary."""
    written = [one.text for one in passages(event) if one.public and (one.text or one.name == "summary")]
    return {language: sum(language not in text for text in written) for language in LANGUAGES}


def put(event: EventFacts, language: str, said: Mapping[str, str]) -> EventFacts:
    """Return the event with these words in one language; `said` maps the passages' names to words."""

    def own(text: Text, name: str) -> Text:
        return Text({**text, language: said[name]}) if name in said else text

    def part(index: int, values: PartFacts) -> PartFacts:
        stem = f"parts-{index}"
        return replace(
            values,
            title=own(values.title, f"{stem}-title"),
            summary=own(values.summary, f"{stem}-summary"),
            reason=own(values.reason, f"{stem}-reason"),
            programme=tuple(line(f"{stem}-items-{n}", one) for n, one in enumerate(values.programme)),
        )

    def line(stem: str, values: ItemFacts) -> ItemFacts:
        return replace(
            values, title=own(values.title, f"{stem}-title"), abstract=own(values.abstract, f"{stem}-abstract")
        )

    return replace(
        event,
        title=own(event.title, "title"),
        summary=own(event.summary, "summary"),
        description=own(event.description, "description"),
        reason=own(event.reason, "reason"),
        report=own(event.report, "report"),
        note=own(event.note, "note"),
        parts=tuple(part(index, values) for index, values in enumerate(event.parts)),
    )
