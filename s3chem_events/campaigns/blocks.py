"""The live pieces of a newsletter: an event and a piece of news as they are at the moment of writing.

What one was like when an organiser looked at it is kept as a digest: a campaign does not go out with another one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from s3chem_events.core import i18n
from s3chem_events.core.values import frozen
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing import values
from s3chem_events.publishing.lifecycle import LISTED, TAKING, State, Visibility
from s3chem_events.publishing.lines import EventLines, public_lines, public_times
from s3chem_events.publishing.models import Event, NewsItem


@frozen
class NewsBlock:
    """A piece of news, in one language."""

    title: str
    title_lang: str
    lead: str
    url: str
    is_event: bool = False


Block = EventLines | NewsBlock
Piece = Event | NewsItem


@frozen
class Loaded:
    """The events and the news that some blocks name, as they are now; what is gone or hidden is not among them."""

    events: Mapping[int, Event]
    news: Mapping[int, NewsItem]

    @property
    def pieces(self) -> dict[str, Piece]:
        """All of them, by the keys under which a campaign keeps what they were like."""
        news = {key({"kind": "news", "id": number}): item for number, item in self.news.items()}
        return {**{str(number): event for number, event in self.events.items()}, **news}

    def written(self, blocks: Sequence[Mapping[str, Any]], language: str, base_url: str) -> list[Block]:
        """Return the blocks in words, in their order."""
        there = self.pieces
        return [in_words(there[key(block)], language, base_url) for block in blocks if key(block) in there]


def key(block: Mapping[str, Any]) -> str:
    """Return the key of what a block names: the bare number of an event."""
    return str(block["id"]) if block["kind"] == "event" else f"{block['kind']}:{block['id']}"


def is_to_come(event: Event) -> bool:
    """Whether anybody can be invited to an event: it is to take place, and is not over."""
    return event.state in TAKING and not publishing.is_past(event)


def load(blocks: Iterable[Mapping[str, Any]], *, event_id: int | None = None) -> Loaded:
    """Load what blocks name, and the event that a campaign is about, in a known number of statements."""
    wanted = {kind: {block["id"] for block in blocks if block["kind"] == kind} for kind in ("event", "news")}
    events = publishing.events_by_ids(wanted["event"] | ({event_id} if event_id else set()))
    news = publishing.news_by_ids(wanted["news"])
    return Loaded({one.id: one for one in events if one.state in LISTED}, {item.id: item for item in news})


def likeness(piece: Piece) -> str:
    """Return a digest of what readers are told of a piece: another one, and they would be told something else."""
    told = (piece.title, piece.lead) if isinstance(piece, NewsItem) else _told(piece)
    return sha256(repr(told).encode()).hexdigest()[:20]


def _told(event: Event) -> tuple[object, ...]:
    facts = values.event_facts(event)
    parts = [
        (part.key, part.title, part.starts, part.ends, part.cancelled, part.venue, sorted(part.capacity))
        for part in facts.parts
        if part.visibility is Visibility.PUBLIC
    ]
    return (facts.state, facts.title, facts.summary, facts.zone, facts.venue, parts)


def changed(seen: Mapping[str, str], loaded: Loaded) -> list[Piece]:
    """Return what is not any more what an organiser saw; what is hidden counts as gone, not as changed."""
    return [piece for name, piece in loaded.pieces.items() if seen.get(name) != likeness(piece)]


def in_words(piece: Piece, language: str, base_url: str) -> Block:
    """Put a piece into words."""
    if isinstance(piece, NewsItem):
        return _news_block(piece, language, base_url)
    return event_block(piece, language, base_url)


def event_block(event: Event, language: str, base_url: str) -> EventLines:
    """Put an event into words."""
    _ = i18n.words(language)
    notes = {
        State.CANCELLED: _("Cancelled"),
        State.POSTPONED: _("Postponed: a new date will follow."),
        State.SAVE_THE_DATE: _("Save the date"),
    }
    said, times = public_lines(event, language=language, base_url=base_url), public_times(event, language)
    return replace(said, summary=event.summary.within(language), note=notes.get(event.state, ""), times=times)


def _news_block(item: NewsItem, language: str, base_url: str) -> NewsBlock:
    title = item.title.said(language)
    return NewsBlock(
        title=title.text,
        title_lang=title.lang,
        lead=item.lead.within(language),
        url=f"{base_url}/{language}/news/{item.slug}",
    )
