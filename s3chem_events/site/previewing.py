"""The registration form as it stands, for organisers to look at in each language, with nothing to send."""

from datetime import timedelta

from flask import abort
from flask.wrappers import Response

from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.publishing import queries
from s3chem_events.publishing.lifecycle import State
from s3chem_events.publishing.models import Event
from s3chem_events.registration import previews
from s3chem_events.site.forms import RegistrationForm
from s3chem_events.site.registering import page, registering


@registering.route("/<lang>/previews/<token>")
def form_preview(lang: str, token: str) -> Response:
    """Show the form of an event as if it took registrations now."""
    number = previews.event_of(token)
    event = queries.event_by_id(number) if number is not None else None
    if event is None:
        abort(404)
    _opened(event)
    return page(RegistrationForm.of(event, lang), event, lang, 200, preview=f"/previews/{token}")


def _opened(event: Event) -> None:
    """Let an event that was read look open; it is let go of first, so that nothing of this is ever written."""
    db.session.expunge_all()
    event.state = State.ANNOUNCED
    event.opens_at, event.closes_at = now() - timedelta(minutes=1), None
