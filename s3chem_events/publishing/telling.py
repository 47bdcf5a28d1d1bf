"""What became of an event, in plain words of one language: for e-mails, the page's history, the preview at the desk."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from s3chem_events.core import i18n
from s3chem_events.core.i18n import words
from s3chem_events.core.values import frozen
from s3chem_events.publishing import times
from s3chem_events.publishing.changes import MODES, Change, Difference, Sort, new_materials
from s3chem_events.publishing.facts import EventFacts, PartFacts
from s3chem_events.publishing.lifecycle import Mode, State, Visibility
from s3chem_events.publishing.places import place_line

Ways = Mapping[str, tuple[Mode, Mode]]
"""How somebody took part in each part by its key, and does now."""
FALLEN = frozenset({Sort.CANCELLED, Sort.PART_CANCELLED, Sort.POSTPONED})
"""What leaves a day that people had without anything: they are told which."""


@frozen
class Told:
    """One change in a sentence, with the old and the new value where there are two to set side by side.

    The old one alone is when and where something was to be that has fallen away.
    """

    text: str
    old: str = ""
    new: str = ""

    @property
    def was(self) -> str:
        """The old value, where the sentence does not name it itself."""
        return "" if self.old in self.text else self.old

    @property
    def becomes(self) -> str:
        """The new value, where the sentence does not name it itself."""
        return "" if self.new in self.text else self.new


def sentences(difference: Difference, language: str, *, inside: bool = False, modes: Ways | None = None) -> list[Told]:
    """Return each change in a sentence, weightiest first; parts are named where the event has several.

    `inside` is for those who take part, and know the room of a closed part; `modes` how one of them took part and does
    now, by part: who was online stays there, whatever becomes of the hall.
    """
    several = len({part.key for facts in (difference.before, difference.after) for part in facts.parts}) > 1
    told = [_told(change, difference, language, several=several, inside=inside) for change in difference.changes]
    for index, change in enumerate(difference.changes):
        if change.sort in FALLEN:
            planned = _planned(change, difference, language, inside=inside, modes=modes or {})
            told[index] = replace(told[index], old=planned)
        elif modes:
            told[index] = _as_for(told[index], change, difference, language, modes)
    return list(dict.fromkeys(told))  # two parts that moved together say the same where neither is named


def when(parts: tuple[PartFacts, ...], zone: str, language: str) -> str:
    """Write the days of some parts, and the hours where one part has them: `17 June 2027, 13:00–17:00 CEST`."""
    starts, ends = (parts[0].starts, parts[0].ends) if len(parts) == 1 else (None, None)
    if isinstance(starts, datetime) and isinstance(ends, datetime):
        return i18n.span(times.moment(starts, zone), times.moment(ends, zone), zone, language)
    return days(parts, language)


def days(parts: tuple[PartFacts, ...], language: str) -> str:
    """Write the days of some parts: `17–18 June 2027`; those that lie apart each by itself."""
    return i18n.short_days(times.runs((times.day(p.starts), times.day(p.ends)) for p in parts), language)


def place(part: PartFacts, facts: EventFacts, language: str, *, inside: bool = False) -> str:
    """Write where a part takes place, as far as that is known; of a closed part for those inside alone."""
    _ = words(language)
    venue = part.venue or facts.venue
    if Mode.ON_SITE not in part.capacity:
        return _("Online")
    if venue is None or (part.visibility is Visibility.INVITED and not inside):
        return _("to be announced")
    return place_line(venue, language) or _("to be announced")


def when_and_where(part: PartFacts, facts: EventFacts, language: str, *, inside: bool = False) -> str:
    """Write in one line when a part takes place and where, the latter where it is known."""
    venue = part.venue or facts.venue
    is_known = Mode.ON_SITE not in part.capacity or (venue is not None and bool(venue.name or venue.city))
    where = place(part, facts, language, inside=inside) if is_known else ""
    return ", ".join(filter(None, (when((part,), facts.zone, language), where)))


def named(part: PartFacts, text: str, language: str) -> str:
    """Say something of a part by its name; a name that has a colon of its own is set off by a dash."""
    _ = words(language)
    title = part.title.within(language)
    return i18n.joined(title, text) if ":" in title else _("%(part)s: %(what)s", part=title, what=text)


def has_new_days(difference: Difference) -> bool:
    """Whether a move leads any part to another day; one that has other hours alone stays where it is."""
    moved = {change.part for change in difference.changes if change.sort is Sort.RESCHEDULED}
    old, new = (
        [(part.key, times.day(part.starts), times.day(part.ends)) for part in facts.parts if part.key in moved]
        for facts in (difference.before, difference.after)
    )
    return set(old) != set(new)


def fallen(difference: Difference) -> tuple[PartFacts, ...]:
    """Return the parts, as people knew them, that have lost their day; none where there was no day to lose."""
    before = difference.before
    if before.state in {State.POSTPONED, State.CANCELLED}:
        return ()
    gone = {change.part for change in difference.changes if change.sort is difference.headline} - {""}
    theirs = gone or difference.keys
    return tuple(part for part in before.live_parts if part.key in theirs) or before.live_parts


def _planned(change: Change, difference: Difference, language: str, *, inside: bool, modes: Ways) -> str:
    """Write when and where it was to be what has fallen away; for her who took part in some of these ways."""
    before = difference.before
    told = [
        when_and_where(
            replace(part, capacity={modes[part.key][0]: None}) if part.key in modes else part,
            before,
            language,
            inside=inside,
        )
        for part in fallen(replace(difference, changes=(change,)))
    ]
    return "; ".join(dict.fromkeys(told))


def _told(change: Change, difference: Difference, language: str, *, several: bool, inside: bool) -> Told:
    before, after = difference.before, difference.after
    if not change.part:
        titles = (facts.title.within(language) for facts in (before, after)) if change.sort is Sort.TITLE else ()
        return Told(_event(change.sort, difference, language), *titles)
    new = next(part for part in after.parts if part.key == change.part)
    old = next((part for part in before.parts if part.key == change.part), new)
    text, was, becomes = _part(change.sort, (old, before), (new, after), language, inside=inside)
    return Told(named(new, text, language) if several else text, was, becomes)


def _as_for(told: Told, change: Change, difference: Difference, language: str, modes: Ways) -> Told:
    if change.sort not in MODES or change.part not in modes:
        return told
    ways = modes[change.part]
    was, becomes = (
        place(replace(part, capacity={mode: None}), facts, language, inside=True)
        for mode, facts in zip(ways, (difference.before, difference.after), strict=True)
        for part in facts.parts
        if part.key == change.part
    )
    return replace(told, old=was, new=becomes) if ways[0] is not ways[1] else replace(told, old="", new="")


def _event(sort: Sort, difference: Difference, language: str) -> str:
    _ = words(language)
    if sort is Sort.ANNOUNCED and difference.before.state is State.POSTPONED:
        return _("The new date is known.") if _has_new_date(difference) else _("The event takes place after all.")
    return {
        Sort.CANCELLED: _("The event has been cancelled."),
        Sort.POSTPONED: _("The event has been postponed. A new date will be announced."),
        Sort.REVIVED: _("The event takes place after all."),
        Sort.ANNOUNCED: _("The event has been announced."),
        Sort.OVER: _("The event is over."),
        Sort.REPORT: _("The report stands on the page of the event."),
        Sort.MATERIAL: _("New material: %(links)s", links=_materials(difference, language)),
        Sort.TITLE: _("The title is now “%(title)s”.", title=difference.after.title.within(language)),
    }[sort]


def _materials(difference: Difference, language: str) -> str:
    """Name what has been added, each with its address."""
    added = new_materials(difference.before, difference.after)
    return ", ".join(f"{material.title.within(language)} ({material.url})" for material in added)


def _has_new_date(difference: Difference) -> bool:
    """Whether one of the parts that it is about has other days than before, or other hours."""
    before = {part.key: (part.starts, part.ends) for part in difference.before.parts}
    return any(before.get(part.key) != (part.starts, part.ends) for part in difference.parts)


def _part(
    sort: Sort,
    old: tuple[PartFacts, EventFacts],
    new: tuple[PartFacts, EventFacts],
    language: str,
    *,
    inside: bool,
) -> tuple[str, str, str]:
    _ = words(language)
    if sort in {Sort.RESCHEDULED, Sort.HOURS}:
        was, becomes = (when((part,), facts.zone, language) for part, facts in (old, new))
        if sort is Sort.HOURS:
            return _("It takes place on %(when)s.", when=becomes), was, becomes
        if (day := days((new[0],), language)) == days((old[0],), language):
            was, becomes = (_hours(part, facts, language) for part, facts in (old, new))
            text = _("The hours on %(day)s have changed from %(old)s to %(new)s.", day=day, old=was, new=becomes)
            return text, was, becomes
        return _("Moved from %(old)s to %(new)s.", old=was, new=becomes), was, becomes
    if sort is Sort.TITLE:
        return _("This part has a new title."), old[0].title.within(language), new[0].title.within(language)
    was, becomes = (place(part, facts, language, inside=inside) for part, facts in (old, new))
    if sort is Sort.PLACE:
        return _("The venue is now: %(place)s", place=becomes), was, becomes
    text = {
        Sort.PART_CANCELLED: _("This part has been cancelled."),
        Sort.REVIVED: _("This part takes place after all."),
        Sort.MOVED_ONLINE: _("It now takes place online."),
        Sort.MOVED_ON_SITE: _("It now takes place on site only."),
        Sort.HYBRID: _("You can now take part on site or online."),
        Sort.LINK: _("There is a new link to join online."),
        Sort.PART_ADDED: _("This part is new: %(when)s.", when=when((new[0],), new[1].zone, language)),
        Sort.PROGRAMME: _("The programme has been updated."),
    }[sort]
    goes = sort in MODES and (Mode.ON_SITE in old[0].capacity) != (Mode.ON_SITE in new[0].capacity)
    return (text, was, becomes) if goes else (text, "", "")


def _hours(part: PartFacts, facts: EventFacts, language: str) -> str:
    starts, ends = (times.moment(one, facts.zone) for one in (part.starts, part.ends) if isinstance(one, datetime))
    return i18n.hours(starts, ends, facts.zone, language)
