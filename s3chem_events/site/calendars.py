"""The calendars: one event as a file, all public events as a subscription, a participant's own."""

from flask import Blueprint, abort, request
from flask.wrappers import Response

from s3chem_events.calendar import ics
from s3chem_events.calendar.entries import Calendar, Entry
from s3chem_events.core import clock, i18n, signing
from s3chem_events.core.guard import private, settings
from s3chem_events.core.text import DEFAULT, LANGUAGES
from s3chem_events.publishing import entries, queries
from s3chem_events.publishing.lifecycle import LISTED, State
from s3chem_events.publishing.models import Event
from s3chem_events.registration import entries as personal
from s3chem_events.registration import queries as registrations
from s3chem_events.registration.links import CALENDAR
from s3chem_events.site.events_seen import organizer
from s3chem_events.site.frame import funding
from s3chem_events.site.kept import kept

calendars = Blueprint("calendars", __name__)
CONTENT_TYPE = "text/calendar; charset=utf-8"
PAST_DAYS = 365


@calendars.route("/calendar.ics")
@kept
def feed() -> Response:
    """All public events, to subscribe to."""
    lang = _language()
    _ = i18n.words(lang)
    base, (_revision, changed_at) = settings().base_url, queries.content()
    calendar = Calendar(
        name=_("S3Chem events"),
        description=_("Conferences and meetings of the S3Chem project.") + "\n" + funding(lang).statement,
        source_url=f"{base}/calendar.ics",
        page_url=f"{base}/{lang}/events/",
        language=lang,
        revised_at=changed_at,
    )
    shown = [entry for event in queries.listed_events() if _recent(event) for entry in _entries(event, lang)]
    return Response(ics.feed(calendar, shown), content_type=CONTENT_TYPE)


@calendars.route("/events/<slug>.ics")
@kept
def event_file(slug: str) -> Response:
    """One event, to save."""
    event = queries.event_by_slug(slug)
    if event is None or event.state not in LISTED:
        abort(404)
    shown = _entries(event, _language())
    if not shown:
        abort(404)
    response = Response(ics.download(shown, language=_language()), content_type=CONTENT_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{event.slug}.ics"'
    return response


@calendars.route("/calendar/<token>.ics")
def own(token: str) -> Response:
    """A participant's own parts; the link opens nothing else."""
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
    return private(response)


def _entries(event: Event, lang: str) -> list[Entry]:
    return entries.public_entries(
        event, language=lang, base_url=settings().base_url, organizer=organizer(), funding=funding(lang).statement
    )


def _language() -> str:
    chosen = request.args.get("lang", DEFAULT)
    return chosen if chosen in LANGUAGES else DEFAULT


def _recent(event: Event) -> bool:
    """Cancelled entries stay until the day after, others for a year."""
    age = (clock.now() - queries.ends_at(event)).days
    return age < 1 if event.state is State.CANCELLED else age < PAST_DAYS
