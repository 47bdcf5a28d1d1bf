"""The way back: for a place declined in the calendar, perhaps by accident, and for a whole registration withdrawn.

GET asks, POST does. The link of an e-mail that was handed on lets anybody withdraw, so whoever it was can undo it.
"""

from flask import abort, redirect
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.core import i18n
from s3chem_events.core.errors import Refused
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import PARTICIPANT
from s3chem_events.registration import actions, calendar_answers, capacity, returning
from s3chem_events.registration.capacity import HOLDING
from s3chem_events.registration.links import RESTORATION
from s3chem_events.site import own_view
from s3chem_events.site.events_seen import part_range
from s3chem_events.site.frame import translated
from s3chem_events.site.own import Press, own, pressed


@own.route(f"/<lang>/registrations/<token>/{RESTORATION}/<key>", methods=["GET", "POST"])
def restoration(lang: str, token: str, key: str) -> BaseResponse:
    """Ask (GET) and give the place back (POST); a second press changes nothing."""
    press = pressed(lang, token, lambda found: calendar_answers.restore(found, part_key=key, by=PARTICIPANT))
    registration = press.registration
    held = next((p for p in registration.participations if p.part.key == key), None) or abort(404)
    if press.done or held.standing in HOLDING:
        return redirect(_there(press), 303)
    event, part = registration.event, held.part
    return press.page(
        "site/own/restoration.html",
        f"{RESTORATION}/{part.key}",
        title=translated(event.title, lang),
        part=translated(part.title, lang),
        days=part_range(part, lang),
        may_undo=calendar_answers.may_undo(registration, held),
        until=i18n.stamp(calendar_answers.undo_until(held), event.zone, lang),
        refused=refused(press.refusal),
    )


@own.route(f"/<lang>/registrations/<token>/{RESTORATION}", methods=["GET", "POST"])
def return_of_all(lang: str, token: str) -> BaseResponse:
    """Ask (GET) and take back (POST) a withdrawal; a second press changes nothing."""
    press = pressed(lang, token, lambda found: returning.take_back(found, by=PARTICIPANT))
    registration = press.registration
    if press.done or registration.withdrawn_at is None:
        return redirect(_there(press), 303)
    return press.page(
        "site/own/return.html",
        RESTORATION,
        event=own_view.seen_by(registration, lang),
        may_undo=returning.may_take_back(registration),
        until=i18n.stamp(returning.undo_until(registration), registration.event.zone, lang),
        refused=refused(press.refusal),
    )


def _there(press: Press) -> str:
    return f"{press.here}?done={RESTORATION}" if press.done else press.here


def refused(refusal: Refused | None) -> str:
    if refusal is None:
        return ""
    if isinstance(refusal, capacity.Full):
        return _("All places have been taken in the meantime.")
    if isinstance(refusal, actions.AlreadyRegistered):
        return _("You have registered again in the meantime, so there is nothing to take back.")
    if isinstance(refusal, calendar_answers.InvitationUsed):
        return _("Somebody else has registered by your invitation in the meantime.")
    if isinstance(refusal, calendar_answers.TooLate):
        return _("The time in which this could be undone is over.")
    return _("This event takes no registration any more.")
