"""What protects every door alike: the known host, the headers, the cross-site token."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from flask import Flask, abort, current_app, request
from flask.wrappers import Response
from flask_wtf import CSRFProtect

from s3chem_events.core.config import Settings

csrf = CSRFProtect()
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SANDBOX = "default-src 'none'; sandbox"
"""For what is not ours: a browser that opens it all the same lets it do nothing."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HSTS = "max-age=31536000"
"""For this host alone: its siblings and the hosts below it are not ours to speak for."""
P = ParamSpec("P")
R = TypeVar("R")
CLEANING: set[Callable[..., Any]] = set()
FILING: set[Callable[..., Any]] = set()
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
LARGEST_WITH_FILES = 16_000_000
MOST_FIELDS = 20_000
"""More than the longest programme at the desk has. Werkzeug counts the fields of multipart bodies alone (1,000)."""
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by machines that know the address only, not the name."""


def settings() -> Settings:
    """Return the settings of the running application."""
    found: Settings = current_app.extensions["s3chem"]
    return found


def bind(app: Flask, given: Settings) -> None:
    """Put the guards in front of every route."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = True
    app.config["WTF_CSRF_SSL_STRICT"] = False  # private pages send no Referer, which it would demand over TLS
    app.before_request(_sound)  # before anything reads the request
    csrf.init_app(app)
    app.before_request(_known_host)
    app.after_request(_headers(secure=given.secure))


def cleaning(view: Callable[P, R]) -> Callable[P, R]:
    """Say of a view that it takes NUL out of every value itself, and keeps what else was typed."""
    CLEANING.add(view)
    return view


def filing(view: Callable[P, R]) -> Callable[P, R]:
    """Say of a view that its form may bring files, as many bytes as LARGEST_WITH_FILES in all."""
    FILING.add(view)
    return view


def private(response: Response) -> Response:
    """Mark a page as one person's own: kept nowhere, indexed nowhere, its address told to nobody."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _sound() -> None:
    """Refuse what no browser sends and no form of ours takes: JSON and files for forms, and the character NUL.

    Flask-WTF would take JSON and files for fields; PostgreSQL refuses NUL only when it is too late.
    """
    if request.is_json:
        abort(415)
    if "\0" in request.path or b"%00" in request.query_string:
        abort(400)
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    view = current_app.view_functions.get(request.endpoint or "")
    if view in FILING and request.mimetype == MULTIPART:
        request.max_content_length = LARGEST_WITH_FILES
        if (request.content_length or 0) > LARGEST_WITH_FILES:
            abort(413)  # before anything of it is read
    if request.mimetype == URLENCODED:
        _check_cost(request.get_data())
    sent = request.form  # all of the body: a view that waits for the rest of it would hold a connection meanwhile
    if view not in FILING and request.files:
        abort(400)
    if view not in CLEANING and any("\0" in text for pair in sent.items(multi=True) for text in pair):
        abort(400)


def _check_cost(body: bytes) -> None:
    """Refuse what would be small to send and dear to take apart: nothing but separators, or signs of escapes."""
    if body.count(b"&") >= MOST_FIELDS:
        abort(413)
    if body.count(b"%") * len("%41") > len(body):
        abort(400)


def _known_host() -> None:
    """Links and cookies are made for one host; a request for another is a mistake or an attack."""
    if request.path not in PROBES and request.host != settings().host:
        abort(400, "unknown host")


def headers(*, secure: bool) -> dict[str, str]:
    """Return what every answer says."""
    return {**HEADERS, "Strict-Transport-Security": HSTS} if secure else HEADERS


def _headers(*, secure: bool) -> Callable[[Response], Response]:
    wanted = headers(secure=secure)

    def add(response: Response) -> Response:
        for name, value in wanted.items():
            response.headers.setdefault(name, value)
        return response

    return add
