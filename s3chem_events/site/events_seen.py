"""Events as the public's pages show them: every string ready, in one language."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from s3chem_events.calendar import links
from s3chem_events.calendar.entries import Entry, Mailbox, Status
from s3chem_events.core import i18n
from s3chem_events.core.guard import settings
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.markdown import html
from s3chem_events.core.text import Text
from s3chem_events.publishing import entries, lines, queries, words
from s3chem_events.publishing.facts import VenueFacts
from s3chem_events.publishing.history import Passage
from s3chem_events.publishing.lifecycle import Mode, State, Visibility
from s3chem_events.publishing.models import Event, Part, Venue, runs_of
from s3chem_events.publishing.places import Where, open_ways, ways_of, where
from s3chem_events.registration import crowds
from s3chem_events.registration.capacity import Availability
from s3chem_events.registration.choices import regions
from s3chem_events.registration.crowds import Crowds
from s3chem_events.registration.openness import openness
from s3chem_events.site import programme, story, terms
from s3chem_events.site.frame import Translated, funding, project, translated
from s3chem_events.site.views import CalendarLinks, EventView, MaterialView, PartView, VenueView, WebLinks

PLACES = {
    Availability.UNLIMITED: _l("Places available"),
    Availability.FREE: _l("Places available"),
    Availability.FEW: _l("Only a few places left"),
    Availability.FULL: _l("Full"),
}
NO_CALENDAR = CalendarLinks("", (), "", "")


def event_views(events: Sequence[Event], lang: str) -> list[EventView]:
    """Return loaded events as a list shows them; the places held are counted in one statement for all of them."""
    there = crowds.of_events(event.id for event in events)
    passages = queries.passages(event for event in events if not queries.is_past(event))
    return [event_view(event, lang, there=there, passages=passages.get(event.id, ())) for event in events]


def event_view(
    event: Event,
    lang: str,
    *,
    calendar: bool = True,
    there: Crowds | None = None,
    passages: Sequence[Passage] = (),
) -> EventView:
    """Return a loaded event as a page shows it; without its ways into a calendar where the page shows none.

    `passages` are what became of it in public; without them nothing is said of that.
    """
    there = crowds.of(event.id) if there is None else there
    is_past, venue = queries.is_past(event), where(event, open_ways(event))
    return EventView(
        slug=event.slug,
        url=f"/{lang}/events/{event.slug}",
        title=translated(event.title, lang),
        summary=translated(event.summary, lang),
        description_html=_rich(event.description, lang),
        report_html=_rich(event.report, lang) if event.report else None,
        reason=translated(event.reason, lang),
        state=event.state.value,
        **_days(event, event.live_parts, lang),
        hours=_hours(event, event.live_parts, lang),
        place=_place(event, venue, lang),
        venues=[_venue(place, lang) for place in venue.places] if all(place.name for place in venue.places) else [],
        kind_text=words.kinds(lang)[event.kind],
        region_text=regions(lang).get(event.region, event.region),
        **terms.shown(event, there, lang),
        calendar=_calendar(event, lang) if calendar else NO_CALENDAR,
        parts=[_part(event, part, there, lang) for part in event.parts],
        programme=programme.days(event, lang),
        materials=_materials(event, lang),
        history=story.told(event, passages, lang),
        previous_date="" if is_past else story.previous_days(event, passages, lang),
        cancelled_parts=_cancelled_parts(event, lang),
        is_past=is_past,
    )


def narrowed(view: EventView, event: Event, held: Sequence[tuple[Part, Mode]], lang: str) -> EventView:
    """Return a view with the days and the place of some parts alone: what concerns the person who looks at it."""
    if not held:
        return view
    parts = [part for part, _mode in held]
    return replace(
        view,
        **_days(event, parts, lang),
        hours=_hours(event, parts, lang),
        place=_place(event, where(event, held, inside=True), lang),
    )


def organizer() -> Mailbox:
    """Return who stands as the organiser in calendars: a mailbox that is read."""
    return Mailbox(str(project().get("name", "S3Chem")), settings().mail_sender)


def part_range(part: Part, lang: str) -> str:
    """Write the days of a part in full."""
    return i18n.long_date(part.starts_on, part.ends_on, lang)


def part_place(event: Event, part: Part, lang: str) -> str:
    """Write where a part takes place."""
    return _place(event, where(event, ways_of([part]), inside=True), lang)


def _days(event: Event, parts: Sequence[Part], lang: str) -> dict[str, Any]:
    runs = runs_of(parts)
    days, month_year = i18n.figures_of(runs, lang)
    first, last = runs[0][0], runs[-1][1]
    return {
        "days": days,
        "month_year": month_year,
        "date_long": lines.planned(event, i18n.long_days(runs, lang), lang),
        "dates_iso": first.isoformat() if first == last and event.state is not State.POSTPONED else "",
    }


def _materials(event: Event, lang: str) -> list[MaterialView]:
    shown = (item for item in event.materials if item["url"].startswith(("https://", "http://")))
    return [MaterialView(translated(Text(item["title"]), lang), item["url"]) for item in shown]


def _rich(value: Text, lang: str) -> Translated:
    plain = translated(value, lang)
    return Translated(html(plain.text) if plain.text else Markup(), plain.lang, plain.fallback_note)


def _hours(event: Event, parts: list[Part], lang: str) -> str:
    if event.state is State.POSTPONED:
        return ""
    timed = [(p.starts_at, p.ends_at) for p in parts if p.starts_at and p.ends_at]
    if len(timed) != len(parts):
        return ""
    if len({p.starts_on for p in parts} | {p.ends_on for p in parts}) != 1:
        return i18n.hours(*timed[0], parts[0].zone, lang) if len(timed) == 1 else ""
    return i18n.hours(min(s for s, _e in timed), max(e for _s, e in timed), parts[0].zone, lang)


def _place(event: Event, there: Where, lang: str) -> str:
    if event.state is State.SAVE_THE_DATE and (city := there.town_alone):
        return _("%(city)s, venue to be announced", city=city)
    return there.in_short(lang) or ("" if queries.is_past(event) else _("Place to be announced"))


def _venue(venue: Venue | VenueFacts, lang: str) -> VenueView:
    country = i18n.country_name(venue.country, lang) if venue.country else ""
    lines = [line for line in (venue.address, venue.city, country) if line]
    where = ", ".join([venue.name, *lines])
    return VenueView(venue.name, lines, "geo:0,0?" + _query(q=where))


def _cancelled_parts(event: Event, lang: str) -> str:
    """Name the parts that do not take place of an event that does."""
    if event.state is State.CANCELLED:
        return ""
    return ", ".join(part.title.within(lang) for part in event.parts if part.cancelled)


def _utc(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def _query(**values: str) -> str:
    return urlencode(values, quote_via=quote)


def _calendar(event: Event, lang: str) -> CalendarLinks:
    base = settings().base_url
    shown = entries.public_entries(
        event, language=lang, base_url=base, organizer=organizer(), funding=funding(lang).statement
    )
    living = [entry for entry in shown if entry.status is not Status.CANCELLED]
    # A copy in a web calendar follows no change: none of a day that may not come.
    lasting = [] if event.state is State.POSTPONED else living
    feed = links.subscription(f"{base}/calendar.ics?lang={lang}", name=project().get("name", "S3Chem"))
    return CalendarLinks(
        download_url=f"/events/{event.slug}.ics?lang={lang}" if shown else "",
        web=[_web(event, entry, lang, alone=len(lasting) == 1) for entry in lasting],
        webcal_url=feed.webcal,
        ics_copy_url=feed.plain,
    )


def _web(event: Event, entry: Entry, lang: str, *, alone: bool) -> WebLinks:
    """Return the links that add one entry; one of several is named by its day, and by its part."""
    one, label = links.event(entry), ""
    part = next((part for part in event.parts if part.uid == entry.uid), None)
    if part is not None and not alone:
        label = f"{i18n.days_and_months(part.starts_on, part.ends_on, lang)}, {part.title.within(lang)}"
    return WebLinks(label, one.google, one.outlook)


def _part(event: Event, part: Part, there: Crowds, lang: str) -> PartView:
    invited = part.visibility is Visibility.INVITED
    shows_places = not (invited or part.cancelled) and openness(event, there) in terms.DECIDED
    days, _month = i18n.figures_of([(part.starts_on, part.ends_on)], lang)
    date_long, hours = lines.when(event, part, lang)
    return PartView(
        key=part.key,
        title=translated(part.title, lang),
        summary=translated(part.summary, lang),
        days=days,
        date_long=date_long,
        hours=hours,
        # The room of a closed part is nobody's business but its guests'.
        place="" if invited else part_place(event, part, lang),
        mode_text=" · ".join(words.modes(lang)[mode] for mode in part.capacities),
        audience_text=_("By invitation") if invited else _("Open to everyone"),
        places_text=_places(event, part, there, lang) if shows_places else "",
        invited=invited,
        cancelled=part.cancelled,
        reason=translated(Text() if invited else part.reason, lang),
        starts_iso=_utc(part.starts_at),
        ends_iso=_utc(part.ends_at),
        zone=part.zone,
    )


def _places(event: Event, part: Part, there: Crowds, lang: str) -> str:
    """Say what is left, by mode where the modes differ; never a bare number."""
    full = _("Full, waiting list open") if crowds.has_line(event, part) else str(PLACES[Availability.FULL])
    words_left = {**PLACES, Availability.FULL: full}
    said = {mode: str(words_left[crowds.left(event, part, mode, there)]) for mode in part.capacities}
    if len(set(said.values())) == 1:
        return next(iter(said.values()))
    modes = words.modes(lang)
    return " · ".join(_("%(first)s: %(second)s", first=modes[mode], second=word) for mode, word in said.items())
