"""The confirmation sent once more, by the own link; GET asks, POST does."""

from flask import redirect
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import PARTICIPANT
from s3chem_events.registration import queries, resending
from s3chem_events.site import own_view
from s3chem_events.site.frame import check_language
from s3chem_events.site.own import own, press_again, pressed, private_page, status_of, unknown_link
from s3chem_events.site.own_actions import CONFIRMATION


@own.route(f"/<lang>/registrations/<token>/{CONFIRMATION}", methods=["GET", "POST"])
def confirmation(lang: str, token: str) -> BaseResponse:
    """Ask (GET) and have the confirmation sent again (POST), to the address on file and to no other."""
    check_language(lang)
    form, refusal, done = pressed(token, lambda found: resending.resend(found, by=PARTICIPANT))
    registration = queries.registration_by_token(token)
    if registration is None:
        return unknown_link(lang)
    here = f"/{lang}/registrations/{token}"
    if done or not resending.may_resend(registration):
        return redirect(f"{here}?done={CONFIRMATION}" if done else here, 303)
    lately = _(
        "It was sent a few minutes ago, or three times today. Please look into your mailbox, spam folder included."
    )
    return private_page(
        "site/own/confirmation.html",
        lang,
        f"/registrations/{token}/{CONFIRMATION}",
        status_of(form, refusal),
        event=own_view.seen_by(registration, lang),
        address=registration.email,
        form=form,
        own_url=here,
        refusal=press_again() if form.errors else lately if refusal else "",
    )
