"""The public pages: home, events, news, texts."""

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from s3chem_events.core.i18n import preferred

pages = Blueprint("site", __name__)


@pages.route("/")
def front() -> Response:
    """Send a visitor to the pages in their language."""
    response = redirect(f"/{preferred(request.accept_languages)}/", 302)
    response.headers["Vary"] = "Accept-Language"
    return response
