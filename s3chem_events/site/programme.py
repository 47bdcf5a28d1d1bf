"""The programme of an event, as its page shows it: nothing of closed parts."""

from collections.abc import Sequence
from datetime import date

from s3chem_events.core import i18n
from s3chem_events.core.i18n import gettext as _
from s3chem_events.publishing.lifecycle import Visibility
from s3chem_events.publishing.models import Event, Part, ProgrammeItem
from s3chem_events.publishing.places import place_line
from s3chem_events.site.frame import translated
from s3chem_events.site.views import DayView, ItemView


def days(event: Event, lang: str) -> list[DayView]:
    """Return the lines of all public parts that take place, by day."""
    items = [(i, p) for p in event.live_parts if p.visibility is Visibility.PUBLIC for i in p.programme]
    days = sorted({item.on for item, _part in items})
    return [_day(event, day, [pair for pair in items if pair[0].on == day], lang) for day in days]


def _day(event: Event, day: date, items: Sequence[tuple[ProgrammeItem, Part]], lang: str) -> DayView:
    """Return a day; where it takes place in several places, each line says in which."""
    places = {
        part.id: place_line(part.venue or event.venue, lang) if part.on_site else _("Online") for _line, part in items
    }
    several = len(set(places.values())) > 1
    lines = [_item(item, places[part.id] if several else "", lang) for item, part in items]
    return DayView(i18n.long_date(day, day, lang), lines)


def _item(item: ProgrammeItem, place: str, lang: str) -> ItemView:
    return ItemView(
        time=_hours(item),
        place=place,
        title=translated(item.title, lang),
        speaker=item.speaker,
        speaker_tbc=item.speaker_tbc,
        abstract=translated(item.abstract, lang),
    )


def _hours(item: ProgrammeItem) -> str:
    if item.starts is None:
        return ""
    hours = f"{item.starts:%H:%M}–{item.ends:%H:%M}" if item.ends else f"{item.starts:%H:%M}"
    is_over_midnight = item.ends is not None and item.ends <= item.starts
    return _("%(hours)s the next day", hours=hours) if is_over_midnight else hours
