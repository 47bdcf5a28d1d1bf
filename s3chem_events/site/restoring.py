"""The way back: for a place declined in the calendar, perhaps by accident, and for a whole registration withdrawn.

GET asks, POST does. The link of an e-mail that was handed on lets anybody withdraw, so whoever it was can undo it.
"""

from flask import abort, redirect, request
from werkzeug.wrappers import Response as BaseResponse
from wtforms import HiddenField

from s3chem_events.core import i18n
from s3chem_events.core.errors import Refused
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import PARTICIPANT
from s3chem_events.publishing.models import Event
from s3chem_events.registration import actions, calendar_answers, capacity, returning, ways_back
from s3chem_events.registration.capacity import HOLDING, Which
from s3chem_events.registration.links import RESTORATION
from s3chem_events.registration.models import Registration
from s3chem_events.site import own_view
from s3chem_events.site.events_seen import part_range
from s3chem_events.site.forms import PressForm
from s3chem_events.site.frame import translated
from s3chem_events.site.own import Press, own, pressed
from s3chem_events.site.queueing import in_words

WAIT = "wait"


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
        refused=refused(press.refusal, event, lang),
    )


class ReturnForm(PressForm):
    """The button, and what one has been shown to be full."""

    waiting = HiddenField()

    def may_wait(self) -> frozenset[Which]:
        """Return for what she agrees to wait: nobody waits for what was not named beforehand."""
        pairs = (pair.partition(":") for pair in (self.waiting.data or "").split())
        return frozenset((key, mode) for key, _colon, mode in pairs if request.form.get("places") == WAIT)


@own.route(f"/<lang>/registrations/<token>/{RESTORATION}", methods=["GET", "POST"])
def return_of_all(lang: str, token: str) -> BaseResponse:
    """Ask (GET) and take back (POST) a withdrawal; a second press changes nothing."""
    form, gone = ReturnForm(), list[str]()

    def come_back(found: Registration) -> None:
        missing = returning.take_back(found, may_wait=form.may_wait(), by=PARTICIPANT)
        gone.extend(p.part.key for p in missing)

    press = pressed(lang, token, come_back, form=form)
    registration = press.registration
    if press.done or registration.withdrawn_at is None:
        return redirect("&gone=".join([_there(press), *gone]), 303)
    event, may_undo = registration.event, _may_take_back(registration)
    there = returning.prospects(registration)
    may_wait = map(returning.which, (*there.waits, *there.lost))
    form.waiting.data = " ".join(f"{key}:{mode}" for key, mode in may_wait)
    full = may_undo and there.full and not isinstance(press.refusal, capacity.Full)
    return press.page(
        "site/own/return.html",
        RESTORATION,
        event=own_view.seen_by(registration, lang),
        may_undo=may_undo,
        may_press=bool(there.free) or not there.full,
        full=in_words(event, there.full, lang) if full else "",
        free=in_words(event, [returning.which(p) for p in there.free], lang) if there.full or there.lost else "",
        waits=bool(there.waits or there.lost),
        lost=in_words(event, [returning.which(p) for p in there.lost], lang) if may_undo else "",
        until=i18n.stamp(returning.undo_until(registration), event.zone, lang),
        refused=refused(press.refusal, event, lang),
    )


def _may_take_back(registration: Registration) -> bool:
    return returning.may_take_back(registration) and ways_back.come_anew(registration) is None


def _there(press: Press) -> str:
    return f"{press.here}?done={RESTORATION}" if press.done else press.here


def refused(refusal: Refused | None, event: Event, lang: str) -> str:
    if refusal is None:
        return ""
    if isinstance(refusal, capacity.Full):
        return _("No places left: %(parts)s.", parts=in_words(event, refusal.values["places"], lang))  # type: ignore[arg-type]
    if isinstance(refusal, actions.AlreadyRegistered):
        return _("You have registered again in the meantime, so there is nothing to take back.")
    if isinstance(refusal, ways_back.InvitationUsed):
        return _("Somebody else has registered by your invitation in the meantime.")
    if isinstance(refusal, ways_back.TooLate):
        return _("The time in which this could be undone is over.")
    return _("This event takes no registration any more.")
