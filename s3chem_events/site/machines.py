"""What machines ask the site: how it is, what there is, what they may look at."""

from collections.abc import Sequence
from datetime import UTC, datetime, time

from flask import Blueprint, g, render_template, request
from flask.wrappers import Response
from sqlalchemy.exc import SQLAlchemyError

from s3chem_events.campaigns import progress
from s3chem_events.core import tasks
from s3chem_events.core.db import db
from s3chem_events.core.guard import settings
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.text import DEFAULT, LANGUAGES
from s3chem_events.publishing import queries
from s3chem_events.publishing.site_texts import NOTICES, PROJECT
from s3chem_events.site import happenings
from s3chem_events.site.frame import funding
from s3chem_events.site.kept import kept

machines = Blueprint("machines", __name__)
PERSONAL = ("registrations", "updates", "invitations")
"""Where the addresses behind signed links begin, after the language."""


@machines.route("/healthz")
def alive() -> Response:
    """Whether this process answers."""
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@machines.route("/readyz")
def ready() -> Response:
    """Whether the database and the queue answer."""
    try:
        db.session.execute(db.text("SELECT 1"))
        database = True
    except SQLAlchemyError:
        database = False
    good = database and tasks.ready()
    return Response(
        "ready\n" if good else "not ready\n", status=200 if good else 503, content_type="text/plain; charset=utf-8"
    )


@machines.route("/robots.txt")
def robots() -> Response:
    """Personal pages and the desk are nobody's to crawl; pages, feeds and calendars are."""
    lines = ["User-agent: *", "Disallow: /desk/", "Disallow: /calendar/"]
    lines += [f"Disallow: /{lang}/{personal}/" for lang in LANGUAGES for personal in PERSONAL]
    lines.append(f"Sitemap: {settings().base_url}/sitemap.xml")
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@machines.route("/sitemap.xml")
@kept
def sitemap() -> Response:
    """Every public page in each language, each with the moment at which its own words changed, where one is known."""
    documents = {key: queries.document(key) for key in (PROJECT, *NOTICES)}
    texts = {key: document.revised_at if document else None for key, document in documents.items()}
    events = [(f"/events/{event.slug}", event.revised_at) for event in queries.listed_events()]
    news = [
        (f"/news/{item.slug}", max(item.revised_at, datetime.combine(item.published_on, time(), UTC)))
        for item in queries.news()
    ]
    issues = [(f"/newsletter/issues/{one.slug}", one.started_at or one.revised_at) for one in progress.published()]
    found = [
        ("/", _latest(texts[PROJECT], *dict(events + news).values())),
        ("/events/", _latest(*dict(events).values())),
        ("/news/", _latest(*dict(news).values())),
        ("/partners", texts[PROJECT]),
        *((f"/{key}", texts[key]) for key in NOTICES),
        *events,
        *news,
        ("/newsletter/issues/", _latest(*dict(issues).values())),
        *issues,
    ]
    body = render_template(
        "site/machines/sitemap.xml", base=settings().base_url, pages=found, languages=list(LANGUAGES)
    )
    return Response(body, content_type="application/xml; charset=utf-8")


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment), default=None)


@machines.route("/feed.atom")
@kept
def feed() -> Response:
    """The news and what becomes of events, to follow with a feed reader (RFC 4287), in one language."""
    lang = request.args.get("lang", DEFAULT)
    g.language = lang = lang if lang in LANGUAGES else DEFAULT
    return atom(happenings.entries(lang), lang, title=_("S3Chem: news and events"), path="/feed.atom")


def atom(found: Sequence[happenings.Happening], lang: str, *, title: str, path: str) -> Response:
    """Return entries, the newest first, as an Atom feed in one language."""
    body = render_template(
        "site/machines/feed.xml",
        base=settings().base_url,
        lang=lang,
        title=title,
        path=path,
        funding=funding(lang),
        entries=found,
        updated_at=max((entry.updated_at for entry in found), default=queries.content()[1]),
    )
    return Response(body, content_type="application/atom+xml; charset=utf-8")
