"""What became of an event in public, oldest first, for its page and its JSON-LD; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Protocol

from s3chem_events.core.errors import Invalid
from s3chem_events.core.values import frozen
from s3chem_events.publishing import merging
from s3chem_events.publishing.changes import HISTORIC, MODES, Change, Difference, Sort, compare
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.lifecycle import TAKING, State, Visibility
from s3chem_events.publishing.reasons import reasons_in


class Kept(Protocol):
    """A revision, as it is kept."""

    number: Any
    at: Any
    changes: Any
    undone: Any
    told_since: Any


@frozen
class Passage:
    """Something that happened to an event, when, and in which of its revisions."""

    number: int
    at: datetime
    difference: Difference


def history(newest: EventFacts, revisions: Iterable[Kept]) -> list[Passage]:
    """Return the moves of an event since it was public; what was undone never happened.

    `revisions` are all that there are, in any order; steps that were told at once are one move. A revision that cannot
    be read any more ends the way back. A part that is closed by now was never open, as far as the public reads.
    """
    passages: list[Passage] = []
    after, open_to = newest, dict[str, Visibility]()
    for steps in _tellings(sorted(revisions, key=lambda kept: int(kept.number), reverse=True)):
        try:
            before = merging.opened(after, [step.changes for step in steps])
        except Invalid:
            break
        last = steps[0]
        for part in (*after.parts, *before.parts):
            open_to.setdefault(part.key, part.visibility)
        if not last.undone and before.state is not State.DRAFT:
            why = [reason for step in reversed(steps) if not step.undone for reason in reasons_in(step.changes)]
            told = compare(_closed_as(open_to, before), _closed_as(open_to, after)).because(why)
            sorts = HISTORIC - {Sort.HYBRID} if before.state is State.SAVE_THE_DATE else HISTORIC  # it was open still
            moves = tuple(one for one in told.changes if one.sort in sorts or _goes_elsewhere(one, told))
            if moves:
                passages.append(Passage(last.number, last.at, replace(told, changes=moves)))
        after = before
    return passages[::-1]


def _closed_as(open_to: Mapping[str, Visibility], facts: EventFacts) -> EventFacts:
    """Close the parts that were closed later."""
    closed = {key for key, to in open_to.items() if to is Visibility.INVITED}
    parts = (replace(part, visibility=Visibility.INVITED) if part.key in closed else part for part in facts.parts)
    return replace(facts, parts=tuple(parts))


def _tellings(newest_first: Iterable[Kept]) -> Iterator[list[Kept]]:
    """Yield the revisions that were told at once, each such group newest first; the first of all changed nothing."""
    group: list[Kept] = []
    since = 0
    for revision in newest_first:
        if revision.number == 1:
            break
        if not group:
            told_since = None if revision.undone else revision.told_since
            since = revision.number - 1 if told_since is None else told_since
        group.append(revision)
        if revision.number <= since + 1:
            yield group
            group = []
    if group:
        yield group


def before_its_move(passages: Iterable[Passage]) -> EventFacts | None:
    """Return the event as it was before it was moved last; None where it never was."""
    moved = [
        passage.difference.before
        for passage in passages
        if any(change.sort is Sort.RESCHEDULED for change in passage.difference.changes)
    ]
    return moved[-1] if moved else None


def previous_start(passages: Iterable[Passage]) -> date | None:
    """Return when the event was to begin before it began at another time (schema.org previousStartDate), if it was.

    A naive local time where the hours were known, else a date; never when it begins now.
    """
    told = list(passages)
    for passage in reversed(told):
        before, after, newest = (
            _start(facts) for facts in (passage.difference.before, passage.difference.after, told[-1].difference.after)
        )
        is_moved = any(change.sort is Sort.RESCHEDULED for change in passage.difference.changes)
        if is_moved and not _is_same(before, after) and not _is_same(before, newest):
            return before
    return None


def unsettled_at(key: str, revisions: Iterable[Kept]) -> datetime | None:
    """Return when a part was last off, by itself or with its event, or given another beginning; None where never."""
    return max((one.at for one in revisions if _unsettles(key, one)), default=None)


def _unsettles(key: str, revision: Kept) -> bool:
    state = revision.changes.get("state", [None, State.ANNOUNCED])[1]
    lists = revision.changes.get("parts", [[], []])
    before, after = ({part["key"]: part for part in parts or ()}.get(key, {}) for parts in lists)
    is_off = state not in TAKING or after.get("cancelled", False)
    return (is_off and not revision.undone) or before.get("starts") != after.get("starts")


def _start(facts: EventFacts) -> date:
    return min((part.starts for part in facts.live_parts), key=_moment)


def _is_same(one: date, other: date) -> bool:
    """Whether two starts are the same as far as both are known."""
    hours = isinstance(one, datetime) and isinstance(other, datetime)
    return one == other if hours else _moment(one).date() == _moment(other).date()


def moved_online(passages: Iterable[Passage]) -> frozenset[str]:
    """Return the keys of the parts that had a room once and by their last change of mode are online alone."""
    online: dict[str, bool] = {}
    for passage in passages:
        for change in passage.difference.changes:
            if change.sort in MODES:
                online[change.part] = change.sort is Sort.MOVED_ONLINE
    return frozenset(key for key, moved in online.items() if moved)


def _goes_elsewhere(change: Change, told: Difference) -> bool:
    """Whether a part leaves a place that was known; that a town gets its hall is a detail, a closed room is no news."""
    before, after = told.before, told.after
    if change.sort is not Sort.PLACE:
        return False
    new = next(part for part in after.parts if part.key == change.part)
    old = next((part for part in before.parts if part.key == change.part), new)
    was, becomes = old.venue or before.venue, new.venue or after.venue
    if was is None or becomes is None or new.visibility is Visibility.INVITED:
        return False
    if was.city != becomes.city:
        return bool(was.city and becomes.city)
    return bool(was.name and becomes.name != was.name)


def _moment(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001 - local
