"""The calendars: one event as a file, all public events as a subscription, a participant's own."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import Blueprint, abort, g, request
from flask.wrappers import Response

from s3chem_events.calendar import ics
from s3chem_events.calendar.entries import Calendar, Entry, Status
from s3chem_events.core import clock, i18n, signing
from s3chem_events.core.guard import private, settings
from s3chem_events.core.text import DEFAULT, LANGUAGES
from s3chem_events.publishing import entries, queries, times
from s3chem_events.publishing.history import Passage, moved_online
from s3chem_events.publishing.lifecycle import LISTED
from s3chem_events.publishing.models import Event
from s3chem_events.registration import entries as personal
from s3chem_events.registration import queries as registrations
from s3chem_events.registration.links import CALENDAR
from s3chem_events.site import listing
from s3chem_events.site.events_seen import organizer
from s3chem_events.site.frame import funding
from s3chem_events.site.kept import keep_as, keep_until, kept

calendars = Blueprint("calendars", __name__)
CONTENT_TYPE = "text/calendar; charset=utf-8"
PAST_DAYS = 365


@calendars.route("/calendar.ics")
@kept
def feed() -> Response:
    """All public events, or those of some kinds or regions, to subscribe to."""
    lang = g.language = _language()
    listed = queries.listed_events()
    wanted = listing.asked(listed)
    if wanted.single:
        keep_as(wanted.query(lang=lang))
    shown = _kept_entries([event for event in listed if wanted.takes(event)], lang)
    return Response(ics.feed(_described(wanted, lang), shown), content_type=CONTENT_TYPE)


def _described(wanted: listing.Wanted, lang: str) -> Calendar:
    _ = i18n.words(lang)
    base = settings().base_url
    name, narrowed = _("S3Chem events"), listing.title(wanted, lang)
    return Calendar(
        name=i18n.joined(name, narrowed) if narrowed else name,
        description=_("Conferences and meetings of the S3Chem project.") + "\n" + funding(lang).statement,
        source_url=f"{base}/calendar.ics?{wanted.query(lang=lang)}",
        page_url=f"{base}/{lang}/events/",
        language=lang,
    )


def _kept_entries(events: list[Event], lang: str) -> list[Entry]:
    """Return the entries of events for as long as calendars are to hold them."""
    passages = queries.passages(events)
    found = []
    for event in events:
        for entry in _entries(event, lang, passages[event.id]):
            until = _held_until(entry)
            if clock.now() < until:
                keep_until(until)
                found.append(entry)
    return found


@calendars.route("/events/<slug>.ics")
@kept
def event_file(slug: str) -> Response:
    """One event, to save."""
    event = queries.event_by_slug(slug)
    if event is None or event.state not in LISTED:
        abort(404)
    shown = _entries(event, _language(), queries.passages([event])[event.id])
    if not shown:
        abort(404)
    response = Response(ics.download(shown, language=_language()), content_type=CONTENT_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{event.slug}.ics"'
    return response


@calendars.route("/calendar/<token>.ics")
def own(token: str) -> Response:
    """A participant's own parts; the link opens nothing else. Kept nowhere on the way, and yet answered with 304."""
    signed = signing.read(CALENDAR, token)
    if not isinstance(signed, list) or len(signed) != 2:  # noqa: PLR2004 - id and version
        abort(404)
    registration = registrations.registration_by_id(signed[0])
    if registration is None or registration.link_version != signed[1]:
        abort(404)
    shown = personal.entries_of(
        registration,
        base_url=settings().base_url,
        organizer=organizer(),
        funding=funding(registration.language).statement,
    )
    response = Response(ics.download(shown, language=registration.language), content_type=CONTENT_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{registration.event.slug}.ics"'
    response.add_etag()
    response.make_conditional(request)
    return private(response)


def _entries(event: Event, lang: str, passages: Sequence[Passage]) -> list[Entry]:
    return entries.public_entries(
        event,
        language=lang,
        base_url=settings().base_url,
        organizer=organizer(),
        funding=funding(lang).statement,
        moved_online=moved_online(passages),
    )


def _language() -> str:
    chosen = request.args.get("lang", DEFAULT)
    return chosen if chosen in LANGUAGES else DEFAULT


def _held_until(entry: Entry) -> datetime:
    """Until when calendars hold an entry: a cancelled one until the end of the day after, any other for a year."""
    ends = entry.ends.astimezone(times.zone_info(entry.zone)).date() if isinstance(entry.ends, datetime) else entry.ends
    days = 1 if entry.status is Status.CANCELLED else PAST_DAYS
    return times.end_of(ends + timedelta(days=days), entry.zone)
