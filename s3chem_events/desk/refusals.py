"""What the desk says when it says no."""

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from s3chem_events.core.i18n import gettext as _
from s3chem_events.desk.frame import desk

FIRST_REFUSAL = 400


@desk.errorhandler(HTTPException)
def refused(error: HTTPException) -> ResponseReturnValue:
    """Say in words why not."""
    if error.code is None or error.code < FIRST_REFUSAL:
        return error.get_response()
    headers = [(name, value) for name, value in error.get_headers() if name.lower() in {"allow", "retry-after"}]
    return render_template("desk/refused.html", status=error.code, reason=_reason(error.code)), error.code, headers


@desk.errorhandler(CSRFError)
def form_too_old(_error: CSRFError) -> tuple[str, int]:
    """Say what to do about a form that lay open too long."""
    return render_template("desk/refused.html", status=400, reason=_reason(400)), 400


def _reason(status: int) -> tuple[str, str]:
    return {
        400: (_("This form has expired"), _("Nothing was changed. Go back, reload the page and send it again.")),
        403: (_("Your role does not include this"), _("Ask a coordinator if you need it.")),
        404: (_("Page not found"), _("The address may be mistyped, or this belongs to someone else’s event.")),
        413: (_("That was too large"), _("What you sent is larger than this page can accept.")),
        429: (_("Too many tries"), _("Wait a few minutes, then try again.")),
    }.get(status, (_("This is not possible"), _("Nothing was changed.")))
