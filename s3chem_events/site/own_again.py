"""The confirmation sent once more, by the own link; GET asks, POST does."""

from flask import redirect
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import PARTICIPANT
from s3chem_events.registration import resending
from s3chem_events.site import own_view
from s3chem_events.site.own import own, pressed
from s3chem_events.site.own_actions import CONFIRMATION


@own.route(f"/<lang>/registrations/<token>/{CONFIRMATION}", methods=["GET", "POST"])
def confirmation(lang: str, token: str) -> BaseResponse:
    """Ask (GET) and have the confirmation sent again (POST), to the address on file and to no other."""
    press = pressed(lang, token, lambda found: resending.resend(found, by=PARTICIPANT))
    registration = press.registration
    if press.done or not resending.may_resend(registration):
        return redirect(f"{press.here}?done={CONFIRMATION}" if press.done else press.here, 303)
    lately = _(
        "It was sent a few minutes ago, or three times today. Please look into your mailbox, spam folder included."
    )
    return press.page(
        "site/own/confirmation.html",
        CONFIRMATION,
        event=own_view.seen_by(registration, lang),
        address=registration.email,
        refused=lately if press.refusal else "",
    )
