"""Consents on the own page: each given or taken back by one press."""

from flask import abort, redirect
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.core.journal import PARTICIPANT
from s3chem_events.registration import consenting
from s3chem_events.registration.models import Registration
from s3chem_events.registration.questions import NEEDS
from s3chem_events.site import own_view
from s3chem_events.site.own import own, pressed


@own.route("/<lang>/registrations/<token>/consents/<key>", methods=["GET", "POST"])
def consent(lang: str, token: str, key: str) -> BaseResponse:
    """Ask (GET) and give (POST) a consent."""
    return _page(lang, token, key, given=True)


@own.route("/<lang>/registrations/<token>/consents/<key>/withdrawal", methods=["GET", "POST"])
def consent_withdrawal(lang: str, token: str, key: str) -> BaseResponse:
    """Ask (GET) and take a consent back (POST)."""
    return _page(lang, token, key, given=False)


def _page(lang: str, token: str, key: str, *, given: bool) -> BaseResponse:
    press = pressed(lang, token, lambda found: _deed(found, key, lang, given=given))
    registration = press.registration
    if press.done:
        return redirect(f"{press.here}#consents", 303)
    there = consenting.consents(registration, openly=False)
    question = next((one for one, _is_given in there if one.key == key), None)
    if question is None or (given and question.kind in NEEDS):
        abort(404)
    return press.page(
        "site/own/consent.html",
        f"consents/{key}" + ("" if given else "/withdrawal"),
        event=own_view.seen_by(registration, lang),
        words=question.label.said(lang),
        given=given,
    )


def _deed(registration: Registration, key: str, lang: str, *, given: bool) -> bool:
    if given:
        return consenting.give(registration, key, language=lang, by=PARTICIPANT)
    return consenting.take_back(registration, key, by=PARTICIPANT)
