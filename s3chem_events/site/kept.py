"""Public pages and feeds, rendered once per revision of the content and answered from memory.

The answer comes from a middleware in front of Flask: a page that did not change costs no database work, no
template and no routing. What is kept is the same for everybody: no cookie is read, none is set.
"""

import gzip
import hashlib
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from flask import Flask, current_app, g, make_response, request
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from s3chem_events.core import clock
from s3chem_events.core.config import Settings
from s3chem_events.core.text import LANGUAGES
from s3chem_events.core.values import frozen
from s3chem_events.publishing import queries
from s3chem_events.registration import crowds
from s3chem_events.registration.capacity import LINE_CLOSES

P = ParamSpec("P")
V = TypeVar("V")
MOST = 1024
UNKNOWN = -1
"""The revision while the database does not say it: then nothing is kept."""
STALE_SECONDS = 1.0
STALE = timedelta(seconds=STALE_SECONDS)
SMALL = 600
QUERIES = frozenset(f"lang={language}" for language in LANGUAGES)
"""What may follow an address that has no language of its own, such as a calendar's; elsewhere it changes nothing."""
RENDERED = "s3chem.page"
"""Where a view leaves the page it rendered, for the middleware to answer with: past cookies and per-visitor headers."""
GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)
"""gzip, unless it is declined by `q=0` (RFC 9110 12.4.2)."""
CACHE_CONTROL = "public, max-age=0, must-revalidate"


@frozen
class Page:
    """One kept answer, plain and gzipped, with all that its headers need.

    `modified` is a whole second at which these were the bytes of this address, so no others ever bear it. Until one is
    known there is none, and whoever asks by the date alone gets the page.
    """

    body: bytes
    gzipped: bytes | None
    etag: str
    made: datetime
    modified: str
    until: datetime
    headers: tuple[tuple[str, str], ...]


class Kept:
    """The kept pages of this process."""

    def __init__(self, settings: Settings) -> None:
        """Watch the content's revision in the way that this database offers."""
        self.host = settings.host
        # One value, changed in one step: a thread that keeps an old page must never put it among the new ones.
        self.held: tuple[int, dict[str, Page]] = (UNKNOWN, {})
        self.since = clock.now()
        self.dates: dict[str, tuple[str, str]] = {}
        self.watch: Callable[[], int] = _SqliteWatch(settings.database_file) if settings.embedded else _PollingWatch()

    @property
    def pages(self) -> dict[str, Page]:
        """The pages of the present revision."""
        return self.held[1]

    def fresh(self) -> int:
        """Return the present revision; forget all pages when it is a new one."""
        revision = self.watch()
        if revision != self.held[0]:
            self.since = clock.now()  # first: whoever sees the new revision must not take the old moment for its own
            self.held = (revision, {})
        return revision

    def find(self, environ: dict[str, Any]) -> Page | None:
        """Return the page that answers a request, if it is kept and still right."""
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or environ.get("HTTP_HOST") != self.host:
            return None
        page = self.pages.get(key_of(environ))
        if page is None:
            return None
        self.fresh()
        pages = self.pages
        page, moment = pages.get(key_of(environ)), clock.now()
        if page is None or page.until <= moment:
            return None
        if not page.modified and (second := _second(moment - STALE)) > page.made:  # it has stood since
            page = pages[key_of(environ)] = self.dated(key_of(environ), page, second)
        return page

    def keep(self, key: str, page: Page, revision: int) -> None:
        """Keep a page that was rendered at a revision, unless the content has moved on since."""
        present, pages = self.held
        if revision == present != UNKNOWN:
            _put(pages, key, page)

    def dated(self, key: str, page: Page, second: datetime | None) -> Page:
        """Return a page with the date that these bytes had before; with this one where they had none."""
        tag, modified = self.dates.get(key, ("", ""))
        if tag != page.etag:
            modified = format_datetime(second, usegmt=True) if second else ""
        if modified:
            _put(self.dates, key, (page.etag, modified))
        return replace(page, modified=modified)


def _put(kept: dict[str, V], key: str, value: V) -> None:
    """Keep one more; the oldest makes room: whatever somebody asks for is kept again."""
    kept.pop(key, None)
    while len(kept) >= MOST:
        kept.pop(next(iter(kept), key), None)
    kept[key] = value


class _SqliteWatch:
    """Asks SQLite whether anybody committed (`PRAGMA data_version`, no page is read) and only then for the revision."""

    def __init__(self, path: Path) -> None:
        self.address = f"{path.as_uri()}?mode=ro"
        self.local = threading.local()

    def __call__(self) -> int:
        mine = self.local
        try:
            connection = getattr(mine, "connection", None)
            if connection is None:
                connection = mine.connection = sqlite3.connect(self.address, uri=True, timeout=10)
                mine.version = mine.revision = UNKNOWN
            version = connection.execute("PRAGMA data_version").fetchone()[0]
            if version != mine.version:
                row = connection.execute("SELECT revision FROM content").fetchone()
                mine.version, mine.revision = version, row[0] if row else 0
        except sqlite3.Error:
            mine.connection = None  # asked again at the next request
            return UNKNOWN
        return int(mine.revision)


class _PollingWatch:
    """Asks PostgreSQL at most once a second; a commit of this process is seen at once."""

    def __init__(self) -> None:
        self.revision = UNKNOWN
        self.at = 0.0
        event.listen(Session, "after_commit", self._committed)

    def _committed(self, session: Session) -> None:  # noqa: ARG002 - the event's signature
        self.at = 0.0

    def __call__(self) -> int:
        moment = time.monotonic()
        if self.at == 0.0 or moment - self.at > STALE_SECONDS:
            try:
                with self.app.app_context():  # its own session: a request's would be ended by this
                    self.revision = queries.content()[0]
            except SQLAlchemyError:
                return UNKNOWN  # the page itself says in words what is wrong
            self.at = moment
        return self.revision

    app: Flask


def bind(app: Flask, settings: Settings) -> None:
    """Put the kept pages in front of the application."""
    store = Kept(settings)
    app.extensions["kept"] = store
    if isinstance(store.watch, _PollingWatch):
        store.watch.app = app
    inner = app.wsgi_app

    def middleware(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        page = store.find(environ)
        if page is None:
            heard: list[Any] = []
            hear: Any = lambda *said: heard.append(said)  # noqa: E731 - held back until it is known who answers
            answer = inner(environ, hear)
            page = environ.get(RENDERED)
            if page is None:
                start_response(*heard[0])
                return answer
            if hasattr(answer, "close"):
                answer.close()
        status, headers, body = _answer(page, environ)
        start_response(status, headers)
        return [body]

    app.wsgi_app = middleware  # type: ignore[method-assign]


def kept(view: Callable[P, ResponseReturnValue]) -> Callable[P, Response]:
    """Keep what a public view answers with 200 until the content changes, or until the clock changes it."""

    @wraps(view)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Response:
        store: Kept = current_app.extensions["kept"]
        revision, since, moment = store.fresh(), store.since, clock.now()
        response = make_response(view(*args, **kwargs))
        if response.status_code != 200:  # noqa: PLR2004 - OK
            return response
        page = _page(current_app.process_response(response), moment)
        if queries.content()[0] == revision and _is_one_of_few(request.query_string.decode("latin-1")):
            second = _second(moment)
            page = store.dated(key_of(request.environ), page, second if since < second else None)
            store.keep(key_of(request.environ), page, revision)
        request.environ[RENDERED] = page
        return response

    return wrapper


def keep_as(query: str) -> None:
    """Say that what the running request answers is one of few, under this query string: it is kept, too."""
    g.kept_query = query


def keep_until(moment: datetime) -> None:
    """Let what the running request answers be kept no longer than this."""
    g.kept_until = min(moment, g.get("kept_until", moment))


def _is_one_of_few(query: str) -> bool:
    """Whether a query string changes the answer, so that strangers cannot fill the memory with copies of a page."""
    speaks = request.path.split("/")[1] in LANGUAGES
    return not query or query == g.get("kept_query") or (query in QUERIES and not speaks)


def key_of(environ: dict[str, Any]) -> str:
    """Return what tells two pages apart: the path and the language asked for."""
    return f"{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"


def _page(response: Response, moment: datetime) -> Page:
    """Return an answer as it is kept; at this moment it was asked for."""
    body, until = response.get_data(), changes_by(_second(moment))
    dropped = {"content-length", "etag", "last-modified", "set-cookie", "cache-control", "vary"}
    headers = tuple((k, v) for k, v in response.headers.items() if k.lower() not in dropped)
    return Page(
        body=body,
        gzipped=gzip.compress(body, mtime=0) if len(body) > SMALL else None,
        etag=hashlib.sha256(body).hexdigest()[:32],
        made=clock.now(),
        modified="",
        until=min(until, g.get("kept_until", until)),
        headers=(*headers, ("Cache-Control", CACHE_CONTROL), ("Vary", "Accept-Encoding")),
    )


def changes_by(moment: datetime) -> datetime:
    """Return when a page of this moment may change by itself; at the latest the next midnight."""
    midnight = (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    boundary, release = queries.next_boundary(moment, lines_close=LINE_CLOSES), crowds.next_release(moment)
    return min(midnight, boundary or midnight, release or midnight)


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _answer(page: Page, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
    zipped = page.gzipped is not None and GZIP.search(environ.get("HTTP_ACCEPT_ENCODING", "")) is not None
    # The two forms are different bytes, so they carry different strong tags (RFC 9110 8.8.1).
    etag = f'"{page.etag}{"-gz" if zipped else ""}"'
    headers = [("ETag", etag), *([("Last-Modified", page.modified)] if page.modified else []), *page.headers]
    if _unchanged(page, environ):
        return "304 NOT MODIFIED", [(k, v) for k, v in headers if k != "Content-Type"], b""
    body = page.gzipped if zipped and page.gzipped is not None else page.body
    if zipped:
        headers.append(("Content-Encoding", "gzip"))
    headers.append(("Content-Length", str(len(body))))
    return "200 OK", headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else body


def _unchanged(page: Page, environ: dict[str, Any]) -> bool:
    """Compare as RFC 9110 13.2.2 says: If-None-Match wins over If-Modified-Since, which must be the very date."""
    match = environ.get("HTTP_IF_NONE_MATCH")
    if match is not None:
        tags = {tag.strip().removeprefix("W/") for tag in match.split(",")}
        return "*" in tags or not tags.isdisjoint({f'"{page.etag}"', f'"{page.etag}-gz"'})
    return bool(page.modified) and environ.get("HTTP_IF_MODIFIED_SINCE") == page.modified
