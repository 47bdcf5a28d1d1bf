"""Errors in words: what happened, and what the visitor can do."""

from flask import Flask, request
from flask_limiter.errors import RateLimitExceeded
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from s3chem_events.core import i18n
from s3chem_events.core.guard import private
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.text import LANGUAGES
from s3chem_events.site.frame import go_without_database, render


def bind(app: Flask) -> None:
    """Answer errors with a page of ours."""
    app.register_error_handler(HTTPException, answer)
    app.register_error_handler(OperationalError, busy)
    app.register_error_handler(NoConnection, busy)
    app.register_error_handler(500, broken)


def answer(error: HTTPException) -> Response:
    """Show an HTTP error in the visitor's language."""
    if error.code is None or error.code < 400:  # noqa: PLR2004 - a redirect that routing raised
        return error.get_response()
    response = page(error.code)
    if isinstance(error, RateLimitExceeded):
        response.headers["Retry-After"] = "60"
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def busy(error: OperationalError | NoConnection) -> Response:  # noqa: ARG001 - an error handler's signature
    """The database did not answer in time: nothing was stored, and the visitor is told so."""
    response = page(503)
    response.headers["Retry-After"] = "30"
    return response


def broken(error: Exception) -> Response:  # noqa: ARG001 - an error handler's signature
    """Something of ours failed; its trace stands in the log, never in the page."""
    return page(500)


def page(code: int) -> Response:
    """Return the page of an error."""
    titles = {
        400: (_("We could not understand that request"), _("Go back, reload the page and try again.")),
        403: (_("You do not have access to this page"), _("You are not allowed to see this page or to do this.")),
        404: (_("Page not found"), _("The address may be mistyped, or the page has moved.")),
        405: (_("This is not possible here"), _("Go back and use the buttons on the page.")),
        410: (_("This page no longer exists"), _("What used to be here has ended.")),
        413: (_("That was too large"), _("What you sent is larger than this page can accept.")),
        429: (
            _("Please wait a moment"),
            _("Too many requests came from your network. Wait a minute and try again; nothing has been lost."),
        ),
        503: (
            _("Please try again in a minute"),
            _("The system is busy, and nothing you sent has been saved. Go back and try again."),
        ),
    }
    fault = _("Something went wrong")
    title, text = titles.get(
        code, (fault, _("This is our fault, and it has been logged. Please try again in a few minutes."))
    )
    try:
        body = _body(code, title, text)
    except SQLAlchemyError:  # it is the database that is away
        go_without_database()
        body = _body(code, title, text)
    response = Response(body, status=code, content_type="text/html; charset=utf-8")
    return private(response) if request.path.startswith(("/desk", "/calendar/")) else response  # type: ignore[arg-type]


def _body(code: int, title: str, text: str) -> str:
    lang = i18n.language()
    return render("site/errors/error.html", lang=lang if lang in LANGUAGES else "en", code=code, title=title, text=text)
