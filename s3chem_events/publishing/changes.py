"""What became of an event between two states of it, in the terms in which people are told; pure.

The mails to the registered, the history on the public page, the preview at the desk: all speak of these.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum

from s3chem_events.core.text import Said, Text
from s3chem_events.core.values import frozen
from s3chem_events.publishing import times
from s3chem_events.publishing.facts import EventFacts, ItemFacts, MaterialFacts, PartFacts
from s3chem_events.publishing.lifecycle import Mode, State


class Sort(StrEnum):
    """What a change amounts to; in the order of weight, the first of several is the headline."""

    CANCELLED = "cancelled"
    PART_CANCELLED = "part_cancelled"
    POSTPONED = "postponed"
    ANNOUNCED = "announced"
    REVIVED = "revived"
    RESCHEDULED = "rescheduled"
    MOVED_ONLINE = "moved_online"
    MOVED_ON_SITE = "moved_on_site"
    HYBRID = "hybrid"
    HOURS = "hours"
    PLACE = "place"
    LINK = "link"
    PART_ADDED = "part_added"
    TITLE = "title"
    PROGRAMME = "programme"
    OVER = "over"
    REPORT = "report"
    MATERIAL = "material"


AFTERWARDS = frozenset({Sort.OVER, Sort.REPORT, Sort.MATERIAL})
"""What the page of an event that is over shows by itself."""
BECAME_KNOWN = frozenset({Sort.TITLE, Sort.PROGRAMME, Sort.PLACE, Sort.HOURS, Sort.LINK, Sort.REPORT, Sort.MATERIAL})
HISTORIC = frozenset(Sort) - BECAME_KNOWN
"""What the public page still tells when it is past: the moves (also to another place), not what became known."""
MODES = frozenset({Sort.MOVED_ONLINE, Sort.MOVED_ON_SITE, Sort.HYBRID})
WORDED = frozenset({Sort.TITLE, Sort.PROGRAMME})
"""What is written in each language for itself."""
UNSEEN_IN_CALENDARS = AFTERWARDS | {Sort.PROGRAMME}
NO_PARTS: AbstractSet[str] = frozenset()
STATES = {
    State.CANCELLED: Sort.CANCELLED,
    State.POSTPONED: Sort.POSTPONED,
    State.ANNOUNCED: Sort.ANNOUNCED,
    State.OVER: Sort.OVER,
}


@frozen
class Change:
    """One thing that changed, for the part with this key; for the event as a whole where there is none."""

    sort: Sort
    part: str = ""


@frozen
class Reason:
    """Why something changed; one that concerns the guests of the part with this key alone is told to them alone."""

    text: Text
    part: str = ""


@frozen
class Difference:
    """Two states of one event and what lies between them, weightiest first; for some of its parts, or for all."""

    before: EventFacts
    after: EventFacts
    changes: tuple[Change, ...]
    keys: AbstractSet[str] = frozenset()
    earlier: tuple[Reason, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.changes)

    @property
    def headline(self) -> Sort:
        """What it comes down to."""
        return self.changes[0].sort

    @property
    def focused(self) -> "Difference":
        """The same, about the parts that changed alone: what a headline speaks of."""
        changed = {change.part for change in self.changes} - {""}
        return self.concerning(changed, joins=changed) if changed else self

    @property
    def reason(self) -> Text:
        """Why, where that is new and was said in public."""
        return self.after.reason if self.after.reason != self.before.reason else Text()

    @property
    def reasons(self) -> list[Text]:
        """All the reasons that were given to those who have these parts, those of `earlier` steps first."""
        there = {part.key: part.reason for part in self.before.parts}
        own = [Reason(part.reason, part.key) for part in self.after.parts if part.reason != there.get(part.key, Text())]
        said = [*self.earlier, Reason(self.reason), *own]
        return [reason.text for reason in said if reason.text and (not reason.part or reason.part in self.keys)]

    @property
    def spoken(self) -> list[Text]:
        """All the reasons that were given, whomever they concern, each once."""
        everybody = replace(self, keys=frozenset(part.key for part in self.after.parts))
        return list(dict.fromkeys(everybody.reasons))

    def only(self, changes: AbstractSet[Change]) -> "Difference":
        """Return of it what is among these changes."""
        return replace(self, changes=tuple(change for change in self.changes if change in changes))

    def why(self, language: str) -> list[Said]:
        """Return these reasons as they are read in a language, each once."""
        return list(dict.fromkeys(reason.said(language) for reason in self.reasons))

    def because(self, reasons: Iterable[Reason]) -> "Difference":
        """Return the same with the reasons of the steps that led to it."""
        return replace(self, earlier=tuple(reasons))

    @property
    def lost(self) -> frozenset[str]:
        """The keys of the parts that had been cancelled before and still are: whoever had no other has been told."""
        before, after = ({part.key for part in facts.parts if part.cancelled} for facts in (self.before, self.after))
        return frozenset(before & after)

    def concerning(
        self, parts: AbstractSet[str], *, online: AbstractSet[str] = NO_PARTS, joins: AbstractSet[str] = NO_PARTS
    ) -> "Difference":
        """Return what concerns somebody who takes part in these parts.

        In those `online` the hall is no news to her, nor that it falls away where she was online before; the link to
        join is news to who `joins` alone.
        """
        there = parts - self.lost
        away = {part.key for part in self.after.parts if part.key in online and Mode.ONLINE in part.capacity}
        stays = {part.key for part in self.before.parts if part.key in away and Mode.ONLINE in part.capacity}
        old = {(Sort.PLACE, key) for key in away} | {(Sort.MOVED_ONLINE, key) for key in stays}
        old |= {(Sort.LINK, key) for key in parts - joins}
        news = (c for c in self.changes if (c.sort, c.part) not in old)
        changes = tuple(c for c in news if (c.part in there if c.part else there))
        return replace(self, changes=changes, keys=parts)

    def read_in(self, language: str) -> "Difference":
        """Return what of it somebody notices who reads this language: another language's words are no news."""
        return replace(self, changes=tuple(change for change in self.changes if self._shows(change, language)))

    def _shows(self, change: Change, language: str) -> bool:
        if change.sort not in WORDED:
            return True
        before, after = (of_key(facts, change.part) for facts in (self.before, self.after))
        if change.sort is Sort.TITLE:
            return before.title.within(language) != after.title.within(language)
        items = [
            [
                replace(i, title=Text(en=i.title.within(language)), abstract=Text(en=i.abstract.within(language)))
                for i in p
            ]
            for p in (_programme(before), _programme(after))
        ]
        return items[0] != items[1]

    @property
    def parts(self) -> tuple[PartFacts, ...]:
        """The parts that take place, as they are now, of those that it is about."""
        theirs = tuple(part for part in self.after.live_parts if part.key in self.keys)
        return theirs or self.after.live_parts

    def sorts(self, part: str = "") -> frozenset[Sort]:
        """Return what happened to a part, or to the event as a whole."""
        return frozenset(change.sort for change in self.changes if change.part == part)

    def seen_in_calendars(self, part: str) -> bool:
        """Whether the calendar entry of a part says something else than before."""
        return part not in self.lost and bool((self.sorts() | self.sorts(part)) - UNSEEN_IN_CALENDARS)


def compare(before: EventFacts, after: EventFacts, *, opened: AbstractSet[str] = NO_PARTS) -> Difference:
    """Return what became of an event; what only organisers see, or what follows from the clock, is no change.

    Another link to join is one in the parts that are `opened`, whose link people have been given: see `joining`.
    """
    found = {*_of_event(before, after)}
    there = {part.key: part for part in before.parts}
    for part in after.parts:
        old = there.get(part.key)
        is_off = part.cancelled or after.state is State.CANCELLED
        sorts = ([] if is_off else [Sort.PART_ADDED]) if old is None else _of_part(old, part, before, after)
        if old is not None and part.key in opened and part.online_url != old.online_url:
            sorts = [*sorts, Sort.LINK]
        found |= {Change(sort, part.key) for sort in sorts}
    order = list(Sort)
    keys = ["", *(part.key for part in after.parts)]
    return Difference(before, after, tuple(sorted(found, key=lambda c: (order.index(c.sort), keys.index(c.part)))))


def of_key(facts: EventFacts, key: str) -> EventFacts | PartFacts:
    """Return the part with this key; the event where there is none."""
    return next((part for part in facts.parts if part.key == key), facts)


def _programme(of: EventFacts | PartFacts) -> tuple[ItemFacts, ...]:
    return of.programme if isinstance(of, PartFacts) else ()


def _of_event(before: EventFacts, after: EventFacts) -> Iterator[Change]:
    if before.state is not after.state:
        if before.state is State.CANCELLED or (before.state is State.POSTPONED and after.state is State.SAVE_THE_DATE):
            yield Change(Sort.REVIVED)
        elif after.state in STATES:
            yield Change(STATES[after.state])
    if after.state is State.OVER:
        if after.report and not before.report:
            yield Change(Sort.REPORT)
        if new_materials(before, after):
            yield Change(Sort.MATERIAL)
    if _is_reworded(before.title, after.title):
        yield Change(Sort.TITLE)


def new_materials(before: EventFacts, after: EventFacts) -> list[MaterialFacts]:
    """Return what an event leaves behind that was not there before."""
    there = {material.url for material in before.materials}
    return [material for material in after.materials if material.url not in there]


def _of_part(old: PartFacts, new: PartFacts, before: EventFacts, after: EventFacts) -> Iterator[Sort]:
    if old.cancelled != new.cancelled:
        yield Sort.PART_CANCELLED if new.cancelled else Sort.REVIVED
    if new.cancelled or after.state is State.CANCELLED:  # whatever else became of it: nobody goes there
        return
    both = isinstance(old.starts, datetime) and isinstance(new.starts, datetime)
    if times.day(old.starts) != times.day(new.starts) or times.day(old.ends) != times.day(new.ends):
        yield Sort.HOURS if _days(before) == _days(after) and _is_told_closer(old, new) else Sort.RESCHEDULED
    elif (old.starts, old.ends) != (new.starts, new.ends) or (both and before.zone != after.zone):
        yield Sort.RESCHEDULED if both else Sort.HOURS
    modes = _of_modes(frozenset(old.capacity), frozenset(new.capacity))
    yield from modes
    if Mode.ON_SITE in new.capacity and (old.venue or before.venue) != (new.venue or after.venue):
        yield Sort.PLACE
    if _is_reworded(old.title, new.title):
        yield Sort.TITLE
    if _is_rearranged(old.programme, new.programme):
        yield Sort.PROGRAMME


def _is_told_closer(old: PartFacts, new: PartFacts) -> bool:
    """Whether a part that had days alone now has some of them: a save the date that grew parts has not moved."""
    first, last = times.day(new.starts), times.day(new.ends)
    return not isinstance(old.starts, datetime) and old.starts <= first and last <= old.ends


def _days(facts: EventFacts) -> tuple[date, date]:
    parts = facts.live_parts
    return min(times.day(part.starts) for part in parts), max(times.day(part.ends) for part in parts)


def _is_reworded(old: Text, new: Text) -> bool:
    """Whether a text says something else than before; that it was translated is no news."""
    both = [language for language in old if language in new]
    return any(old[language] != new[language] for language in both) if both else old != new


def _is_rearranged(old: tuple[ItemFacts, ...], new: tuple[ItemFacts, ...]) -> bool:
    bare = [[replace(item, title=Text(), abstract=Text()) for item in items] for items in (old, new)]
    return bare[0] != bare[1] or any(
        _is_reworded(a.title, b.title) or _is_reworded(a.abstract, b.abstract) for a, b in zip(old, new, strict=True)
    )


def _of_modes(old: frozenset[Mode], new: frozenset[Mode]) -> list[Sort]:
    if old == new:
        return []
    return [Sort.HYBRID if len(new) > 1 else Sort.MOVED_ONLINE if Mode.ONLINE in new else Sort.MOVED_ON_SITE]
