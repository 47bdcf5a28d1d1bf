"""What the desk says when it says no."""

from flask import Blueprint, render_template
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

STATUSES = (400, 403, 404, 405, 409, 410, 413, 429)


def bind(desk: Blueprint) -> None:
    """Answer refusals of desk pages inside the frame of the desk."""
    for status in STATUSES:
        desk.register_error_handler(status, refused)
    desk.register_error_handler(CSRFError, form_too_old)


def refused(error: HTTPException) -> tuple[str, int]:
    """Say in words why not."""
    status = error.code or 500
    return render_template("desk/refused.html", status=status, reason=_reason(status)), status


def form_too_old(_error: CSRFError) -> tuple[str, int]:
    """Say what to do about a form that lay open too long."""
    return render_template("desk/refused.html", status=400, reason=_reason(400)), 400


def _reason(status: int) -> tuple[str, str]:
    return {
        400: (_("This form is too old"), _("Nothing was changed. Go back, load the page anew and send it once more.")),
        403: (_("Your role does not include this"), _("Ask a coordinator if you need it.")),
        404: (_("There is nothing here"), _("The address may be mistyped, or this belongs to somebody else's event.")),
        429: (_("Too many tries"), _("Wait a few minutes, then try again.")),
    }.get(status, (_("This cannot be done"), _("Nothing was changed.")))
