"""Newsletters on the web: what went out, readable by everybody, with events as they are now; nothing about a reader."""

from datetime import datetime

from flask import Blueprint, abort, g, render_template, request
from flask.wrappers import Response

from s3chem_events.campaigns import blocks, links, progress
from s3chem_events.campaigns.models import Campaign
from s3chem_events.campaigns.subjects import subjects
from s3chem_events.campaigns.texts import LINKS
from s3chem_events.campaigns.texts import language_for as language_of
from s3chem_events.campaigns.writing import Writer
from s3chem_events.core import markdown, placeholders
from s3chem_events.core.guard import settings
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.i18n import short_range
from s3chem_events.core.text import DEFAULT, LANGUAGES, Said
from s3chem_events.core.values import frozen
from s3chem_events.publishing.letterhead import letterhead_of
from s3chem_events.site.frame import Translated, noted, render
from s3chem_events.site.happenings import Happening
from s3chem_events.site.kept import kept
from s3chem_events.site.machines import atom

issues = Blueprint("issues", __name__)
LONGEST_SUMMARY = 300


@frozen
class IssueLine:
    """A newsletter in the list of all."""

    title: Translated
    url: str
    date_text: str
    date_iso: str


@issues.route("/<lang>/newsletter/issues/")
@kept
def all_issues(lang: str) -> str:
    """List what has gone out, the latest first."""
    found = progress.published()
    titles = subjects(found, lang)
    return render(
        "site/newsletter/issues.html",
        lang=lang,
        path="/newsletter/issues/",
        section="news",
        issues=[_line(one, lang, titles[one.id]) for one in found],
        issues_feed=f"/newsletter.atom?lang={lang}",
    )


@issues.route("/<lang>/newsletter/issues/<slug>")
@kept
def issue(lang: str, slug: str) -> str:
    """Show one newsletter in a language, its events as they are now."""
    found = progress.published_by_slug(slug) or abort(404)
    writer = Writer(found, letterhead_of(settings()))
    language = language_of(lang, found.languages)
    shared = writer.shared(language)
    own = {**shared.event, **writer.pretended(shared), **_ways(found, lang)}
    return render(
        "site/newsletter/issue.html",
        lang=lang,
        path=f"/newsletter/issues/{slug}",
        section="news",
        issue=_line(found, lang, subjects([found], lang)[found.id]),
        language=language,
        intro=noted(Said(markdown.filled(shared.intro, own, links=LINKS), language), lang),
        closing=markdown.filled(shared.closing, own, links=LINKS),
        blocks=writer.loaded.written(found.blocks, lang, ""),
        changed=[piece.title.within(lang) for piece in blocks.changed(found.seen, writer.loaded)],
    )


@issues.route("/newsletter.atom")
@kept
def issues_feed() -> Response:
    """Follow what goes out with a feed reader (RFC 4287), in one language."""
    lang = request.args.get("lang", DEFAULT)
    g.language = lang = lang if lang in LANGUAGES else DEFAULT
    found = progress.published(most=30)
    titles = subjects(found, lang)
    entries = [_entry(one, lang, titles[one.id]) for one in found]
    return atom(entries, lang, title=_("S3Chem: newsletter"), path="/newsletter.atom")


def _entry(found: Campaign, lang: str, title: Said) -> Happening:
    language = language_of(lang, found.languages)
    writer = Writer(found, letterhead_of(settings()))
    shared = writer.shared(language)
    own = {**shared.event, **writer.pretended(shared), **_ways(found, lang)}
    whole = render_template(
        "site/newsletter/entry.html",
        intro=markdown.filled(shared.intro, own, links=LINKS),
        blocks=writer.loaded.written(found.blocks, lang, settings().base_url),
        closing=markdown.filled(shared.closing, own, links=LINKS),
    )
    base_url, moment = settings().base_url, _sent_at(found)
    return Happening(
        id=links.web_version(found.slug, language=lang, base_url=base_url),
        url=links.web_version(found.slug, language=lang, base_url=base_url),
        title=Translated(title.text, title.lang),
        summary=Translated(markdown.plain(placeholders.in_text(shared.intro, own))[:LONGEST_SUMMARY], language),
        content=Translated(whole, language),
        published_at=moment,
        updated_at=moment,
    )


def _ways(found: Campaign, lang: str) -> dict[str, str]:
    """Return where its links lead, in the reader's language, whichever its words are in."""
    base_url = settings().base_url
    anybodys = links.newsletter(language=lang, base_url=base_url)
    web_version = links.web_version(found.slug, language=lang, base_url=base_url)
    return {"preferences_link": anybodys, "leave_link": anybodys, "web_version": web_version}


def _line(found: Campaign, lang: str, title: Said) -> IssueLine:
    moment = _sent_at(found)
    return IssueLine(
        title=noted(title, lang),
        url=links.web_version(found.slug, language=lang),
        date_text=short_range(moment.date(), moment.date(), lang),
        date_iso=moment.date().isoformat(),
    )


def _sent_at(found: Campaign) -> datetime:
    return found.started_at or found.revised_at
