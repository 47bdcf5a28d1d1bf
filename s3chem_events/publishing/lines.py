"""An event and its parts as e-mails put them: every string ready, in one language."""

from collections.abc import Iterable
from dataclasses import replace

from s3chem_events.core import i18n
from s3chem_events.core.values import frozen
from s3chem_events.publishing.entries import page_url
from s3chem_events.publishing.lifecycle import Mode, State, Visibility
from s3chem_events.publishing.models import Event, Part, runs_of
from s3chem_events.publishing.places import open_ways, where


@frozen
class EventLines:
    """An event in words; what only some e-mails say of it stands last."""

    title: str
    title_lang: str
    figures: str
    month: str
    days: str
    place: str
    url: str
    hours_open: bool = False
    register_url: str = ""
    opens: str = ""
    summary: str = ""
    note: str = ""
    times: tuple[str, ...] = ()
    is_event: bool = True


@frozen
class PartLines:
    """A part in words."""

    title: str
    title_lang: str
    day: str
    hours: str
    where: str
    link: str = ""
    """When the link to join can be found, for somebody who takes part online."""


def public_lines(event: Event, *, language: str, base_url: str) -> EventLines:
    """Put an event into words for everybody: the days and the place of what is open to all."""
    return event_lines(event, open_ways(event), language=language, base_url=base_url)


def event_lines(
    event: Event, ways: Iterable[tuple[Part, Mode]], *, language: str, base_url: str, inside: bool = False
) -> EventLines:
    """Put an event into words on the days and at the place of some of its parts, as somebody takes part in them.

    Of a postponed one nothing holds any more: no place is named, and its days as what was planned.
    """
    there = list(ways)
    _, runs = i18n.words(language), runs_of(part for part, _mode in there)
    figures, month = i18n.figures_of(runs, language)
    title = event.title.said(language)
    days = i18n.short_days(runs, language)
    said = EventLines(
        title=title.text,
        title_lang=title.lang,
        figures=figures,
        month=month,
        days=planned(event, days, language),
        place=where(event, there, inside=inside).in_full(language),
        url=page_url(event, language, base_url),
    )
    if event.state is State.POSTPONED:
        lead = _("Previously planned for:")
        return replace(said, figures="", month=f"{lead} {days}", place="")
    return said


def part_lines(event: Event, part: Part, where: str, *, language: str) -> PartLines:
    """Put a part into words."""
    title = part.title.said(language)
    day, hours = when(event, part, language)
    return PartLines(title=title.text, title_lang=title.lang, day=day, hours=hours, where=where)


def public_times(event: Event, language: str) -> tuple[str, ...]:
    """Write when the parts that are open to all take place, as far as their hours are known, each in a line."""
    _ = i18n.words(language)
    if event.state in {State.CANCELLED, State.POSTPONED}:
        return ()
    public = [part for part in event.live_parts if part.visibility is Visibility.PUBLIC]
    known = [part_lines(event, part, "", language=language) for part in public if part.starts_at is not None]
    if len(public) == 1:
        return tuple(part.hours for part in known)
    return tuple(_("%(first)s: %(second)s", first=part.title, second=f"{part.day}, {part.hours}") for part in known)


def planned(event: Event, days: str, language: str) -> str:
    """Write days of an event; those of a postponed one as what was planned."""
    _ = i18n.words(language)
    return _("previously planned for %(days)s", days=days) if event.state is State.POSTPONED else days


def when(event: Event, part: Part, language: str) -> tuple[str, str]:
    """Write the days of a part, and its hours as far as they are known; together they name each day once."""
    if event.state is State.POSTPONED:
        return planned(event, i18n.long_date(part.starts_on, part.ends_on, language), language), ""
    if part.starts_at is None or part.ends_at is None:
        return i18n.long_date(part.starts_on, part.ends_on, language), ""
    write = i18n.hours if part.starts_on == part.ends_on else i18n.through
    first = i18n.long_date(part.starts_on, part.starts_on, language)
    return first, write(part.starts_at, part.ends_at, part.zone, language)
