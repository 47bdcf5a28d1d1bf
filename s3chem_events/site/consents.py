"""Consents on the own page: each given or taken back by one press; a need goes only after the code, as in the form."""

from flask import abort, redirect
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import PARTICIPANT
from s3chem_events.registration import codes, consenting, history
from s3chem_events.registration.models import Registration
from s3chem_events.registration.questions import NEEDS
from s3chem_events.site import opened, own_view
from s3chem_events.site.own import own, pressed
from s3chem_events.site.pages import contact


class CodeAsked(Refused):
    """What few may read is changed by whoever holds the mailbox as well, and nobody else."""

    code = "code_asked"
    status = 403


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
    is_guarded, path = history.is_guarded(question), f"consents/{key}" + ("" if given else "/withdrawal")
    return press.page(
        "site/own/consent.html",
        path,
        event=own_view.seen_by(registration, lang),
        words=question.label.said(lang),
        given=given,
        is_told=not (is_guarded and registration.via_contact),  # no word of it to the contact
        locked=is_guarded and not opened.may_act(registration),
        code_url=f"{press.here}/code?for={path}" if codes.may_be_sent(registration) else "",
        contact=contact(lang),
    )


def _deed(registration: Registration, key: str, lang: str, *, given: bool) -> bool:
    there = consenting.consents(registration, openly=False)
    if any(one.key == key and history.is_guarded(one) for one, _ in there) and not opened.may_act(registration):
        raise CodeAsked
    if given:
        return consenting.give(registration, key, language=lang, by=PARTICIPANT)
    return consenting.take_back(registration, key, by=PARTICIPANT)
