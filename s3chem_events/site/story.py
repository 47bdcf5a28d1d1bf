"""What became of an event, as its page and the feed of changes tell it."""

from collections.abc import Sequence
from dataclasses import replace

from s3chem_events.core import i18n
from s3chem_events.core.text import Text
from s3chem_events.publishing import telling, times
from s3chem_events.publishing.changes import AFTERWARDS, Difference, Sort
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.history import Passage, before_its_move
from s3chem_events.publishing.lifecycle import Visibility
from s3chem_events.publishing.models import Event, runs_of
from s3chem_events.site.views import HistoryView

SHARED = frozenset({Sort.RESCHEDULED, Sort.MOVED_ONLINE, Sort.MOVED_ON_SITE, Sort.HYBRID})
"""What can happen to all parts alike, and then is said once."""

OF_A_SPLIT = frozenset({Sort.RESCHEDULED, Sort.PART_ADDED})
"""What becomes of the parts of what was one."""


def told(event: Event, passages: Sequence[Passage], lang: str) -> list[HistoryView]:
    """Return the history of an event, newest first: what holds now stands on top."""
    lines = []
    for passage in reversed(passages):
        if {change.sort for change in passage.difference.changes} <= AFTERWARDS:
            continue  # the page says so by itself
        day = passage.at.astimezone(times.zone_info(event.zone)).date()
        said = sentences(_titled(passage.difference, event), lang)
        lines.append(HistoryView(i18n.short_range(day, day, lang), day.isoformat(), said))
    return lines


def _titled(difference: Difference, event: Event) -> Difference:
    """Name each part as it is called today: titles are put right and translated after it was added."""
    today = {part.key: part.title for part in event.parts}
    before, after = (
        replace(facts, parts=tuple(replace(part, title=today.get(part.key, part.title)) for part in facts.parts))
        for facts in (difference.before, difference.after)
    )
    return replace(difference, before=before, after=after)


def sentences(difference: Difference, lang: str) -> list[str]:
    """Say each change in a sentence, where all parts share one once for the event; then why, where that was said."""
    said, split = [], _split(difference, lang)
    is_open = all(part.visibility is Visibility.PUBLIC for part in difference.after.live_parts)
    is_announced = is_open and Sort.ANNOUNCED in difference.sorts()
    for change in difference.changes:
        alone = replace(difference, changes=(change,))
        together = _together(change.sort, difference, lang) if change.sort in SHARED else ""
        if change.sort in OF_A_SPLIT and split:
            if is_announced:
                continue  # each part has been named with its day
            together = split
        said.append(together or telling.sentences(alone, lang)[0].text)
        if change.sort is Sort.ANNOUNCED:
            said += _announced(difference.after, lang)
    said += [why[lang] for why in _reasons(difference) if lang in why]
    return list(dict.fromkeys(said))


def _reasons(difference: Difference) -> list[Text]:
    """Return why the event changed, and why its public parts did."""
    changed = {change.part for change in difference.changes}
    public = {part.key for part in difference.after.parts if part.visibility is Visibility.PUBLIC}
    return replace(difference, keys=changed & public).reasons


def _announced(facts: EventFacts, lang: str) -> list[str]:
    """Say when and where the parts that are open to everybody take place, as it was announced."""
    several, said = len(facts.live_parts) > 1, []
    for part in facts.live_parts:
        if part.visibility is Visibility.PUBLIC:
            line = telling.when_and_where(part, facts, lang)
            said.append(f"{telling.named(part, line, lang) if several else line}.")
    return said


def previous_days(event: Event, passages: Sequence[Passage], lang: str) -> str:
    """Write the days from which an event was moved last; nothing where they are those of today."""
    before = before_its_move(passage for passage in passages if telling.has_new_days(passage.difference))
    if before is None:
        return ""
    old = telling.days(before.live_parts, lang)
    return "" if old == i18n.short_days(runs_of(event.live_parts), lang) else old


def _together(sort: Sort, difference: Difference, lang: str) -> str:
    """Say for all parts that take place what happened to each of them; nothing where it did not."""
    live = {part.key for part in difference.after.live_parts}
    if len(live) == 1 or not live <= {change.part for change in difference.changes if change.sort is sort}:
        return ""
    before, after = (
        replace(facts, parts=tuple(part for part in facts.parts if part.key in live))
        for facts in (difference.before, difference.after)
    )
    if sort is not Sort.RESCHEDULED:
        one = next(change for change in difference.changes if change.sort is sort)
        parts = (tuple(part for part in facts.parts if part.key == one.part) for facts in (before, after))
        old, new = (replace(facts, parts=only) for facts, only in zip((before, after), parts, strict=True))
        return telling.sentences(Difference(old, new, (one,)), lang)[0].text
    was, becomes = (telling.days(facts.parts, lang) for facts in (before, after))
    _ = i18n.words(lang)
    return "" if was == becomes else _("Moved from %(old)s to %(new)s.", old=was, new=becomes)


def _split(difference: Difference, lang: str) -> str:
    """Say into which parts an event has been divided that was one, on the same days; nothing where it was not."""
    (whole, *others), parts = difference.before.live_parts, difference.after.live_parts
    first, last = times.day(whole.starts), times.day(whole.ends)
    kept = next((part for part in parts if part.key == whole.key), whole)
    inside = all(first <= times.day(part.starts) and times.day(part.ends) <= last for part in parts)
    if others or len(parts) == 1 or not inside or (kept.starts, kept.ends) == (whole.starts, whole.ends):
        return ""
    _, zone = i18n.words(lang), difference.after.zone
    in_time = sorted(parts, key=lambda part: times.day(part.starts))
    named = [f"{part.title.within(lang)} ({telling.when((part,), zone, lang)})" for part in in_time]
    both, many = _("Now in two parts: %(parts)s."), _("Now in several parts: %(parts)s.")
    return (many if len(named) > 2 else both) % {"parts": i18n.listed(named, lang)}  # noqa: PLR2004
