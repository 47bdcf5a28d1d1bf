"""The way back: for a place declined in the calendar, perhaps by accident, and for a whole registration withdrawn.

GET asks, POST does. The link of an e-mail that was handed on lets anybody withdraw, so whoever it was can undo it.
"""

from flask import abort, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.core import i18n
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import PARTICIPANT
from s3chem_events.registration import actions, answers, capacity, queries, returning
from s3chem_events.registration.capacity import HOLDING
from s3chem_events.registration.emails import RESTORATION
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.site import own_view
from s3chem_events.site.events_seen import part_range
from s3chem_events.site.forms import PressForm
from s3chem_events.site.frame import check_language, translated
from s3chem_events.site.own import own, press_again, private_page, unknown_link


@own.route(f"/<lang>/registrations/<token>/{RESTORATION}/<key>", methods=["GET", "POST"])
def restoration(lang: str, token: str, key: str) -> BaseResponse:
    """Ask (GET) and give the place back (POST); a second press changes nothing."""
    check_language(lang)
    if queries.registration_by_token(token) is None:
        return unknown_link(lang)
    registration, participation = _held(token, key)
    form, here = PressForm(), f"/{lang}/registrations/{token}"
    refusal, status = "", 200
    if request.method == "POST" and form.validate():
        try:
            with transaction():
                found = queries.registration_by_token(token, lock=True)
                if found is not None:
                    answers.restore(found, part_key=key, by=PARTICIPANT)
        except Refused as refused:
            refusal, status = _sentence(refused), refused.status
            registration, participation = _held(token, key)  # what was read before is gone with the transaction
        else:
            return redirect(here, 303)
    elif participation.standing in HOLDING:
        return redirect(here, 303)
    elif form.errors:
        refusal, status = press_again(), 422
    return _page(registration, participation, lang, here, status=status, refusal=refusal, form=form)


@own.route(f"/<lang>/registrations/<token>/{RESTORATION}", methods=["GET", "POST"])
def return_of_all(lang: str, token: str) -> BaseResponse:
    """Ask (GET) and take back (POST) a withdrawal; a second press changes nothing."""
    check_language(lang)
    form, here = PressForm(), f"/{lang}/registrations/{token}"
    refusal, status = "", 200
    if request.method == "POST" and form.validate():
        try:
            with transaction():
                found = queries.registration_by_token(token, lock=True)
                if found is not None:
                    returning.take_back(found, by=PARTICIPANT)
        except Refused as refused:
            refusal, status = _sentence(refused), refused.status
        else:
            return redirect(here, 303)
    elif form.errors:
        refusal, status = press_again(), 422
    registration = queries.registration_by_token(token)
    if registration is None:
        return unknown_link(lang)
    if registration.withdrawn_at is None:
        return redirect(here, 303)
    event = own_view.seen_by(registration, lang)
    return private_page(
        "site/own/return.html",
        lang,
        f"/registrations/{token}/{RESTORATION}",
        status,
        event=event,
        may_undo=returning.may_take_back(registration),
        until=i18n.stamp(returning.undo_until(registration), registration.event.zone, lang),
        own_url=here,
        refusal=refusal,
        form=form,
    )


def _held(token: str, key: str) -> tuple[Registration, Participation]:
    registration = queries.registration_by_token(token) or abort(404)
    return registration, next((p for p in registration.participations if p.part.key == key), None) or abort(404)


def _page(
    registration: Registration, participation: Participation, lang: str, here: str, *, status: int, **values: object
) -> BaseResponse:
    part, zone = participation.part, registration.event.zone
    return private_page(
        "site/own/restoration.html",
        lang,
        f"/registrations/{here.rpartition('/')[2]}/{RESTORATION}/{part.key}",
        status,
        title=translated(registration.event.title, lang),
        part=translated(part.title, lang),
        days=part_range(part, lang),
        may_undo=answers.may_undo(registration, participation),
        until=i18n.stamp(answers.undo_until(participation), zone, lang),
        own_url=here,
        **values,
    )


def _sentence(refusal: Refused) -> str:
    if isinstance(refusal, capacity.Full):
        return _("All places have been taken in the meantime.")
    if isinstance(refusal, actions.AlreadyRegistered):
        return _("You have registered again in the meantime, so there is nothing to take back.")
    if isinstance(refusal, answers.TooLate):
        return _("The time in which this could be undone is over.")
    return _("This event takes no registration any more.")
