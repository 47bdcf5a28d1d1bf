"""Letters to the people of one event, begun where organisers are: on its page, and on the list of participants."""

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from s3chem_events.campaigns import afterwards, releases
from s3chem_events.campaigns.stages import Audience, Kind
from s3chem_events.core import i18n
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.i18n import gettext as _
from s3chem_events.desk.campaign_content import WRITTEN_TO
from s3chem_events.desk.events import the_event
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.desk.participants import ALL, PRESENT
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import LISTED, Mode
from s3chem_events.publishing.models import Event
from s3chem_events.registration.capacity import Standing


@desk.route("/events/<slug>/messages", methods=["POST"])
@allowed("participants.write")
def event_message(slug: str) -> ResponseReturnValue:
    """Begin a message to those whom the list showed, or to everybody who has a place."""
    found = the_event(slug)
    if found.state not in LISTED:
        abort(404)
    wanted = _wanted(found)
    with transaction():
        event = publishing.event_by_slug(slug)
        number = releases.create(Kind.MESSAGE, event=event, audience=wanted, by=by()).id
    return redirect(url_for("desk.campaign_text", campaign_id=number, language=i18n.language()), 303)


@desk.route("/events/<slug>/thanks", methods=["POST"])
@allowed("participants.write")
def event_thanks(slug: str) -> ResponseReturnValue:
    """Prepare thanks to those who came, and another letter to those who did not."""
    return _afterwards(slug, outcome=False)


@desk.route("/events/<slug>/outcome", methods=["POST"])
@allowed("participants.write")
def event_outcome(slug: str) -> ResponseReturnValue:
    """Prepare the news that report or material are online."""
    return _afterwards(slug, outcome=True)


def _afterwards(slug: str, *, outcome: bool) -> ResponseReturnValue:
    if not publishing.is_past(the_event(slug)):
        abort(404)
    try:
        with transaction():
            event = publishing.event_by_slug(slug, lock=True) or abort(404)
            if outcome:
                afterwards.announce_outcome(event, by=by())
            else:
                afterwards.thank(event, by=by())
    except Refused as refusal:
        flash(_said(refusal), "bad")
    else:
        flash(_("Prepared. Nobody is written to before you have read and released it."), "good")
    return redirect(url_for("desk.event", slug=slug, _anchor="letters"), 303)


def _said(refusal: Refused) -> str:
    said = {
        afterwards.AlreadyThanked.code: _("Thanks are prepared already; nobody is thanked twice."),
        afterwards.NothingToRead.code: _("The event has neither a report nor material yet."),
    }
    return said[refusal.code]


def _wanted(event: Event) -> Audience:
    """Return whom the list showed: its part, mode and state; what is none of them chooses nothing."""
    part, mode, state = (request.form.get(name, "") for name in ("part", "mode", "state"))
    standings: tuple[str, ...] = ()
    if state in {PRESENT, ALL}:
        standings = tuple(one for one in WRITTEN_TO if state == ALL or one is not Standing.WITHDRAWN)
    elif state in WRITTEN_TO:
        standings = (state,)
    return Audience(
        parts=(part,) if part in {one.key for one in event.parts} else (),
        modes=(mode,) if mode in set(Mode) else (),
        standings=standings,
    )
