"""What became of an event in public, oldest first, for its page and its JSON-LD; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from s3chem_events.core.errors import Invalid
from s3chem_events.publishing import merging
from s3chem_events.publishing.changes import HISTORIC, Difference, Sort, compare
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.lifecycle import State


class Kept(Protocol):
    """A revision, as it is kept."""

    number: Any
    at: Any
    changes: Any
    undone: Any


@dataclass(frozen=True, slots=True)
class Passage:
    """Something that happened to an event, and when."""

    at: datetime
    difference: Difference


def history(newest: EventFacts, revisions: Iterable[Kept]) -> list[Passage]:
    """Return the moves of an event since it was public; what was undone never happened.

    `revisions` are all that there are, in any order. A revision that cannot be read any more ends the way back.
    """
    passages: list[Passage] = []
    after = newest
    for revision in sorted(revisions, key=lambda kept: int(kept.number), reverse=True):
        if revision.number == 1:
            break
        try:
            before = merging.opened(after, [revision.changes])
        except Invalid:
            break
        if not revision.undone and before.state is not State.DRAFT:
            told = compare(before, after)
            moves = tuple(change for change in told.changes if change.sort in HISTORIC)
            if moves:
                passages.append(Passage(revision.at, Difference(before, after, moves)))
        after = before
    return passages[::-1]


def previous_start(passages: Iterable[Passage]) -> date | None:
    """Return when the event was to begin before its last move (schema.org previousStartDate); None without one."""
    starts = [
        min(_day(part.starts) for part in passage.difference.before.live_parts)
        for passage in passages
        if any(change.sort is Sort.RESCHEDULED for change in passage.difference.changes)
    ]
    return starts[-1] if starts else None


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value
