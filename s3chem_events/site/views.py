"""What the templates of events are given: plain values, every string ready, in one language."""

from collections.abc import Sequence

from s3chem_events.core.values import frozen
from s3chem_events.site.frame import Translated


@frozen
class VenueView:
    """A place with its lines and an address that opens the visitor's own map program."""

    name: str
    address_lines: list[str]
    map_url: str


@frozen
class ItemView:
    """One line of the programme; its `place` where the day takes place in several."""

    time: str
    place: str
    title: Translated
    speaker: str
    speaker_tbc: bool
    abstract: Translated


@frozen
class DayView:
    """One day of the programme."""

    date_long: str
    items: list[ItemView]


@frozen
class PartView:
    """One part of an event."""

    key: str
    title: Translated
    summary: Translated
    days: str
    date_long: str
    hours: str
    place: str
    mode_text: str
    audience_text: str
    places_text: str
    invited: bool
    cancelled: bool
    reason: Translated
    """Why it does not take place; nothing of a closed part."""
    starts_iso: str
    ends_iso: str
    zone: str


@frozen
class HistoryView:
    """Something that became of an event, in sentences, and when that was announced."""

    date_text: str
    date_iso: str
    sentences: list[str]


@frozen
class MaterialView:
    """A piece of what an event leaves behind."""

    title: Translated
    url: str


@frozen
class WebLinks:
    """What puts one entry into a web calendar, or subscribes to it; `label` says which, where there are several."""

    label: str
    google_url: str
    outlook_url: str


@frozen
class CalendarLinks:
    """The ways of one event into a calendar."""

    download_url: str
    web: Sequence[WebLinks]
    webcal_url: str
    ics_copy_url: str


@frozen
class EventView:
    """An event, for home, lists and its own page."""

    slug: str
    url: str
    title: Translated
    summary: Translated
    description_html: Translated
    report_html: Translated | None
    reason: Translated
    state: str
    chip_kind: str
    chip_text: str
    days: str
    month_year: str
    date_long: str
    hours: str
    dates_iso: str
    place: str
    venues: list[VenueView]
    kind_text: str
    region_text: str
    register_url: str
    register_label: str
    no_register_reason: str
    terms: list[str]
    keep_informed: bool
    calendar: CalendarLinks
    parts: list[PartView]
    programme: list[DayView]
    materials: list[MaterialView]
    history: list[HistoryView]
    previous_date: str
    cancelled_parts: str
    is_past: bool
