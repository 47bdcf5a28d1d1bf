"""Consents on the own page: each given or taken back by one press."""

from flask import abort, redirect
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.core.journal import PARTICIPANT
from s3chem_events.registration import consenting, queries
from s3chem_events.registration.models import Registration
from s3chem_events.site import own_view
from s3chem_events.site.frame import check_language
from s3chem_events.site.own import own, press_again, pressed, private_page, status_of, unknown_link


@own.route("/<lang>/registrations/<token>/consents/<key>", methods=["GET", "POST"])
def consent(lang: str, token: str, key: str) -> BaseResponse:
    """Ask (GET) and give (POST) a consent."""
    return _page(lang, token, key, given=True)


@own.route("/<lang>/registrations/<token>/consents/<key>/withdrawal", methods=["GET", "POST"])
def consent_withdrawal(lang: str, token: str, key: str) -> BaseResponse:
    """Ask (GET) and take a consent back (POST)."""
    return _page(lang, token, key, given=False)


def _page(lang: str, token: str, key: str, *, given: bool) -> BaseResponse:
    check_language(lang)
    form, refusal, done = pressed(token, lambda found: _deed(found, key, lang, given=given))
    registration = queries.registration_by_token(token)
    if registration is None:
        return unknown_link(lang)
    here = f"/{lang}/registrations/{token}"
    if done:
        return redirect(f"{here}#consents", 303)
    question = next((one for one, _is_given in consenting.consents(registration) if one.key == key), None)
    if question is None:
        abort(404)
    return private_page(
        "site/own/consent.html",
        lang,
        f"/registrations/{token}/consents/{key}" + ("" if given else "/withdrawal"),
        status_of(form, refusal),
        event=own_view.seen_by(registration, lang),
        words=question.label.said(lang),
        given=given,
        form=form,
        own_url=here,
        refusal=press_again() if form.errors else "",
    )


def _deed(registration: Registration, key: str, lang: str, *, given: bool) -> bool:
    if given:
        return consenting.give(registration, key, language=lang, by=PARTICIPANT)
    return consenting.take_back(registration, key, by=PARTICIPANT)
