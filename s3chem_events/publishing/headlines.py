"""What it comes down to that became of an event: the subject of e-mails, the title of previews and of the feed."""

from datetime import datetime

from s3chem_events.core import i18n
from s3chem_events.core.i18n import words
from s3chem_events.publishing import telling
from s3chem_events.publishing.changes import Difference, Sort, compare
from s3chem_events.publishing.facts import PartFacts
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.publishing.places import where


def headline(difference: Difference, language: str) -> str:
    """Return what it comes down to, as the subject of an e-mail or the title of a preview.

    It names the part where it speaks of one of several: who was told that the event has moved would look for all of it.
    """
    _ = words(language)
    title, part = difference.after.title.within(language), _only_part(difference)
    if part is not None:
        title = i18n.joined(title, part.title.within(language))
    dates = telling.when((part,) if part is not None else difference.parts, difference.after.zone, language)
    if difference.headline in telling.FALLEN and (gone := telling.fallen(difference)):
        return _fallen(difference.headline, title, telling.days(gone, language), language)
    if difference.headline is Sort.RESCHEDULED and not telling.has_new_days(difference):
        return _("New hours for %(title)s: %(when)s", title=title, when=dates)
    if difference.headline is Sort.PLACE:
        return _venue(difference, title, language)
    new_date = _("New date for %(title)s: %(days)s", title=title, days=dates)
    back = new_date if telling.has_new_days(difference) else _("It takes place after all: %(title)s", title=title)
    said = {
        Sort.CANCELLED: _("Cancelled: %(title)s", title=title),
        Sort.PART_CANCELLED: _("One part is cancelled: %(title)s", title=title),
        Sort.POSTPONED: _("Postponed: %(title)s", title=title),
        Sort.REVIVED: _("It takes place after all: %(title)s", title=title),
        Sort.RESCHEDULED: new_date,
        Sort.MOVED_ONLINE: _("Now online: %(title)s", title=title),
        Sort.MOVED_ON_SITE: _("Now on site: %(title)s", title=title),
        Sort.HYBRID: _("Now on site and online: %(title)s", title=title),
        Sort.ANNOUNCED: back
        if difference.before.state is State.POSTPONED
        else _("Announced: %(title)s, %(days)s", title=title, days=dates),
        Sort.HOURS: _("Hours no longer fixed: %(title)s, %(days)s", title=title, days=dates)
        if _has_lost_hours(difference)
        else _("The hours of %(title)s: %(when)s", title=title, when=dates),
        Sort.LINK: _("A new link to join online: %(title)s", title=title),
        Sort.PART_ADDED: _("A new part: %(title)s", title=title),
        Sort.TITLE: _("A new title: %(title)s", title=title),
        Sort.PROGRAMME: _("News of the programme: %(title)s", title=title),
        Sort.OVER: _("Looking back: %(title)s", title=title),
        Sort.REPORT: _("The report: %(title)s", title=title),
        Sort.MATERIAL: _("New material: %(title)s", title=title),
    }
    return said[difference.headline]


def _fallen(sort: Sort, title: str, gone: str, language: str) -> str:
    _ = words(language)
    return {
        Sort.CANCELLED: _("Cancelled: %(title)s, %(days)s", title=title, days=gone),
        Sort.PART_CANCELLED: _("One part is cancelled: %(title)s, %(days)s", title=title, days=gone),
        Sort.POSTPONED: _("Postponed: %(title)s (planned for %(days)s)", title=title, days=gone),
    }[sort]


def _venue(difference: Difference, title: str, language: str) -> str:
    """Say where the parts go that change their place: a town that gets its hall, or loses it, has not changed."""
    _ = words(language)
    moved = {change.part for change in difference.changes if change.sort is Sort.PLACE}
    was, now = (
        where(facts, [(part, Mode.ON_SITE) for part in facts.parts if part.key in moved], inside=True)
        for facts in (difference.before, difference.after)
    )
    place = now.in_short(language)
    if not place or (was.refines(now) and not now.refines(was)):
        return _("Venue no longer fixed: %(title)s", title=title)
    if now.refines(was):
        return _("The venue of %(title)s: %(place)s", title=title, place=place)
    return _("New venue for %(title)s: %(place)s", title=title, place=place)


def _has_lost_hours(difference: Difference) -> bool:
    there = {part.key for part in difference.before.parts if isinstance(part.starts, datetime)}
    changed = {change.part for change in difference.changes if change.sort is Sort.HOURS}
    return any(part.key in there & changed and not isinstance(part.starts, datetime) for part in difference.after.parts)


def _only_part(difference: Difference) -> PartFacts | None:
    """Return the one part of several that the headline speaks of, whoever reads it; None where it speaks of more."""
    before, after = difference.before, difference.after
    several = {part.key for facts in (before, after) for part in facts.live_parts}
    about = {change.part for change in compare(before, after).changes if change.sort is difference.headline}
    return next((part for part in after.parts if {part.key} == about), None) if len(several) > 1 else None
