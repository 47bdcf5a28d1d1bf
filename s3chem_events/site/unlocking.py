"""The code that opens what the own page hides from whoever was handed the link; GET explains, POST sends and takes."""

import re
from typing import Any

from flask import redirect, request
from werkzeug.wrappers import Response as BaseResponse
from wtforms import StringField

from s3chem_events.core import i18n, limits
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import PARTICIPANT
from s3chem_events.registration import codes, links, queries
from s3chem_events.registration.models import Registration
from s3chem_events.site import opened, own_view
from s3chem_events.site.detail_view import STEPS
from s3chem_events.site.fields import Form
from s3chem_events.site.own import own, press_again, private_page, registration_of, too_many
from s3chem_events.site.own_actions import CHANGE, SUBSTITUTION
from s3chem_events.site.pages import contact

TRIES = "10 per minute; 40 per hour"
NOT_ME = "not-me"
BEHIND = frozenset({NOT_ME, CHANGE, SUBSTITUTION, *STEPS})
"""The pages below the own one that a code may lead on to, besides those of consents."""
CONSENT = re.compile(r"consents/[\w-]+/withdrawal")


class CodeForm(Form):
    """Sends a code, or takes it in."""

    code = StringField()


@own.route("/<lang>/registrations/<token>/code", methods=["GET", "POST"])
def code(lang: str, token: str) -> BaseResponse:
    """Explain (GET); send a code, or take it in (POST)."""
    registration = registration_of(lang, token)
    here, form, fault = f"/{lang}/registrations/{token}", CodeForm(), ""
    behind = _behind()
    on = f"{here}/{behind}" if behind else here
    if behind == NOT_ME:  # which stands below a link of its own, for whoever reads the mailbox
        on = links.not_me(registration.id, registration.link_version, language=lang)
    if opened.is_open(registration):
        return redirect(on, 303)
    status = 200
    if form.is_submitted():
        try:
            if not form.validate():
                fault, status = press_again(), 422
            elif request.form.get("press") == "send":
                _send(token)
                return redirect(f"{here}/code?for={behind}", 303)
            elif _enter(token, form.code.data or ""):
                return redirect(on, 303)
            else:
                status = 422
                fault = _("This code is not right, or its time is over. Check it, or have another one sent.")
        except Refused as refusal:
            fault, status = _sentence(refusal), refusal.status
    return _page(registration, lang, token, status, form=form, refusal=fault, behind=behind, own_url=here)


def _behind() -> str:
    """Return to which page the code leads on; empty for the own page."""
    named = request.values.get("for", "")
    return named if named in BEHIND or CONSENT.fullmatch(named) else ""


def _send(token: str) -> None:
    limits.spend(limits.LINKS, "code", limits.network())
    with transaction():
        found = queries.registration_by_token(token, lock=True)
        if found is not None:
            codes.send(found, by=PARTICIPANT)


def _enter(token: str, typed: str) -> bool:
    limits.spend(TRIES, "code-tries", limits.network())
    with transaction():
        found = queries.registration_by_token(token, lock=True)
        if found is None or not codes.enter(found, typed):
            return False
        opened.note(found)
    return True


def _page(registration: Registration, lang: str, token: str, status: int, **values: Any) -> BaseResponse:
    registration = queries.registration_by_id(registration.id) or registration  # a refusal has rolled the other back
    until = codes.waits(registration)
    return private_page(
        "site/own/code.html",
        lang,
        f"/registrations/{token}/code",
        status,
        event=own_view.seen_by(registration, lang),
        until=i18n.clock(until, registration.event.zone, lang) if until else "",
        address=registration.email if codes.may_be_sent(registration) else "",
        contact=contact(lang),
        **values,
    )


def _sentence(refusal: Refused) -> str:
    if isinstance(refusal, codes.TooManyCodes):
        return _("Three codes have been sent within an hour. Please enter one of them, or wait until the hour is over.")
    if isinstance(refusal, codes.NoAddress):
        return _("We have no e-mail address of yours to which a code could be sent. Please write to us.")
    return too_many()
