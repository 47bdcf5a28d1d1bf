"""What became of an event in public, oldest first, for its page and its JSON-LD; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from s3chem_events.core.errors import Invalid
from s3chem_events.publishing import merging
from s3chem_events.publishing.changes import HISTORIC, MODES, Change, Difference, Sort, compare
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.lifecycle import State, Visibility


class Kept(Protocol):
    """A revision, as it is kept."""

    number: Any
    at: Any
    changes: Any
    undone: Any


@dataclass(frozen=True, slots=True)
class Passage:
    """Something that happened to an event, when, and in which of its revisions."""

    number: int
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
            sorts = HISTORIC - {Sort.HYBRID} if before.state is State.SAVE_THE_DATE else HISTORIC  # it was open still
            moves = tuple(one for one in told.changes if one.sort in sorts or _goes_elsewhere(one, before, after))
            if moves:
                passages.append(Passage(revision.number, revision.at, Difference(before, after, moves)))
        after = before
    return passages[::-1]


def before_its_move(passages: Iterable[Passage]) -> EventFacts | None:
    """Return the event as it was before it was moved last; None where it never was."""
    moved = [
        passage.difference.before
        for passage in passages
        if any(change.sort is Sort.RESCHEDULED for change in passage.difference.changes)
    ]
    return moved[-1] if moved else None


def previous_start(passages: Iterable[Passage]) -> date | None:
    """Return when the event was to begin before its last move (schema.org previousStartDate); None without one.

    A naive local time where the hours were known, else a date.
    """
    before = before_its_move(passages)
    return min((part.starts for part in before.live_parts), key=_moment) if before else None


def moved_online(passages: Iterable[Passage]) -> frozenset[str]:
    """Return the keys of the parts that had a room once and by their last change of mode are online alone."""
    online: dict[str, bool] = {}
    for passage in passages:
        for change in passage.difference.changes:
            if change.sort in MODES:
                online[change.part] = change.sort is Sort.MOVED_ONLINE
    return frozenset(key for key, moved in online.items() if moved)


def _goes_elsewhere(change: Change, before: EventFacts, after: EventFacts) -> bool:
    """Whether a part leaves a place that was known; that a town gets its hall is a detail, and so is a closed room."""
    if change.sort is not Sort.PLACE:
        return False
    new = next(part for part in after.parts if part.key == change.part)
    old = next((part for part in before.parts if part.key == change.part), new)
    was, becomes = old.venue or before.venue, new.venue or after.venue
    if was is None or becomes is None:
        return False
    if was.city != becomes.city:
        return bool(was.city and becomes.city)
    return bool(was.name and becomes.name != was.name) and new.visibility is Visibility.PUBLIC


def _moment(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001 - local
