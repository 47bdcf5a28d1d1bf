"""The programme of an event, as its page shows it: nothing of closed parts."""

from s3chem_events.core import i18n
from s3chem_events.publishing.lifecycle import Visibility
from s3chem_events.publishing.models import Event, ProgrammeItem
from s3chem_events.site.frame import translated
from s3chem_events.site.views import DayView, ItemView


def days(event: Event, lang: str) -> list[DayView]:
    """Return the lines of all public parts that take place, by day."""
    items = [i for p in event.live_parts if p.visibility is Visibility.PUBLIC for i in p.programme]
    days = sorted({item.on for item in items})
    return [DayView(i18n.long_date(day, day, lang), [_item(i, lang) for i in items if i.on == day]) for day in days]


def _item(item: ProgrammeItem, lang: str) -> ItemView:
    ends = f"–{item.ends:%H:%M}" if item.ends else ""
    return ItemView(
        time=f"{item.starts:%H:%M}{ends}" if item.starts else "",
        title=translated(item.title, lang),
        speaker=item.speaker,
        speaker_tbc=item.speaker_tbc,
        abstract=translated(item.abstract, lang),
    )
