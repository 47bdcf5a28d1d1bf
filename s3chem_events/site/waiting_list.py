"""The waiting list by the own link: an offered place is accepted or declined, the list is left; GET asks, POST does."""

from flask import abort, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.core.errors import Refused
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import PARTICIPANT
from s3chem_events.publishing.words import modes
from s3chem_events.registration import waiting
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Registration
from s3chem_events.registration.waiting import PLACE
from s3chem_events.site import detail_view, waiting_words
from s3chem_events.site.events_seen import part_range
from s3chem_events.site.frame import translated
from s3chem_events.site.own import own, pressed


@own.route(f"/<lang>/registrations/<token>/{PLACE}/<key>", methods=["GET", "POST"])
def place(lang: str, token: str, key: str) -> BaseResponse:
    """Ask (GET) and accept, decline or leave (POST); a second press changes nothing."""
    press = pressed(lang, token, lambda found: _press(found, key))
    registration = press.registration
    if press.done:
        return redirect(press.here, 303)
    held = next((p for p in registration.participations if p.part.key == key), None) or abort(404)
    part, event = held.part, registration.event
    standing = Standing.WAITING if waiting_words.is_kept(held, event) else held.standing
    return press.page(
        "site/own/place.html",
        f"{PLACE}/{part.key}",
        heading=_heading(standing),
        title=translated(event.title, lang),
        part=translated(part.title, lang),
        days=part_range(part, lang),
        mode=modes(lang)[part.mode_of(held.mode)],
        standing=standing.value,
        told=waiting_words.how_it_stands(held, event, lang),
        wanted=[one for one in detail_view.wanted(registration, lang, press.here) if one.is_missing],
        event_url=f"/{lang}/events/{event.slug}",
        refused=_refused(press.refusal),
    )


def _press(registration: Registration, key: str) -> None:
    if request.form.get("press") == "accept":
        waiting.accept(registration, part_key=key, by=PARTICIPANT)
    elif request.form.get("press") == "leave":
        waiting.leave(registration, part_key=key, by=PARTICIPANT)


def _heading(standing: Standing) -> str:
    return {
        Standing.OFFERED: _("Would you like this place?"),
        Standing.WAITING: _("You are on the waiting list"),
        Standing.CONFIRMED: _("This place is yours"),
    }.get(standing, _("You are not on the waiting list"))


def _refused(refusal: Refused | None) -> str:
    if refusal is None:
        return ""
    if isinstance(refusal, waiting.OfferOver):
        return _("The time of this offer is over, so the place goes to the next person.")
    if isinstance(refusal, waiting.NotWaiting):
        return _("No place is offered to you here at the moment.")
    return _("This event takes no registration any more.")
