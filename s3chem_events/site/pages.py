"""The public pages: home, events, news, texts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from s3chem_events.calendar.links import Links
from s3chem_events.calendar.links import subscription as links_to
from s3chem_events.core.guard import settings
from s3chem_events.core.i18n import country_name, joined, preferred, short_range
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.markdown import html
from s3chem_events.core.text import Text
from s3chem_events.core.values import frozen
from s3chem_events.publishing import audited, queries
from s3chem_events.publishing.lifecycle import LISTED, State
from s3chem_events.publishing.models import NewsItem
from s3chem_events.site import listing, terms
from s3chem_events.site.events_seen import event_view, event_views
from s3chem_events.site.frame import Translated, project, render, translated
from s3chem_events.site.kept import kept
from s3chem_events.site.search import json_ld
from s3chem_events.site.views import EventView

pages = Blueprint("site", __name__)
HOME_NEWS, HOME_PAST = 4, 3
AUDIT = "{audit_until}"
"""What stands in a notice for the project's audit date."""


@frozen
class NewsView:
    """A piece of news as a page shows it."""

    slug: str
    url: str
    title: Translated
    lead: Translated
    body_html: Translated
    date_text: str
    date_iso: str
    event_url: str
    event_title: str


@frozen
class Contact:
    """Whom to write to."""

    name: str
    email: str
    sentence: str


@pages.route("/")
def front() -> Response:
    """Send a visitor to the pages in their language."""
    response = redirect(f"/{preferred(request.accept_languages)}/", 302)
    response.headers["Vary"] = "Accept-Language"
    return response


@pages.route("/<lang>/")
@kept
def home(lang: str) -> str:
    """The next event, those after it, the news, the regions."""
    listed = queries.listed_events()
    coming = queries.coming(listed)
    past = [event for event in reversed(listed) if queries.is_past(event)]
    living = [event for event in coming if event.state is not State.CANCELLED]
    living.sort(key=lambda event: event.state is State.POSTPONED)  # a day that may not come stands on no poster
    past = past[:HOME_PAST]
    views = dict(zip((event.id for event in (*coming, *past)), event_views([*coming, *past], lang), strict=True))
    following = living[0] if living else None
    about = project()
    return render(
        "site/home/home.html",
        lang=lang,
        path="/",
        next_event=views[following.id] if following else None,
        further_events=[views[event.id] for event in coming if event is not following],
        past_events=[views[event.id] for event in past],
        latest_news=[news_view(item, lang) for item in queries.news(latest=HOME_NEWS)],
        claim=translated(Text(about.get("claim", {})), lang),
        about_html=_passage(about.get("about", {}), lang),
        regions=_regions(about, lang),
        contact=contact(lang),
        social=_social(about),
    )


@pages.route("/<lang>/events/")
@kept
def events(lang: str) -> str:
    """All events, or those of one kind or region, coming and past, and how to subscribe to them."""
    listed = queries.listed_events()
    wanted = listing.asked(listed)
    shown = [event for event in listed if wanted.takes(event)]
    views = list(zip(shown, event_views(shown, lang), strict=True))
    coming = [(event, view) for event, view in views if not queries.is_past(event)]
    past = [(event, view) for event, view in reversed(views) if queries.is_past(event)]
    return render(
        "site/events/list.html",
        lang=lang,
        path="/events/",
        section="events",
        choices=listing.choices(listed, wanted, lang),
        narrowed=listing.title(wanted, lang),
        coming=listing.by_year(coming),
        past=listing.by_year(past, latest_first=True),
        subscription=subscription(lang, wanted),
    )


@pages.route("/<lang>/events/<slug>")
@kept
def event(lang: str, slug: str) -> str:
    """One event."""
    found = queries.event_by_slug(slug)
    if found is None or found.state not in LISTED:
        abort(404)
    passages = queries.passages([found])[found.id]
    view = event_view(found, lang, passages=passages)
    if view.register_url:
        entrance = terms.at_the_entrance(found, queries.open_parts(found), lang)
        view = replace(view, terms=[*view.terms, *entrance])
    return render(
        "site/events/event.html",
        lang=lang,
        path=f"/events/{slug}",
        section="events",
        event=view,
        json_ld=json_ld(found, view, lang, passages=passages),
        subscription=subscription(lang),
    )


@pages.route("/<lang>/news/")
@kept
def news(lang: str) -> str:
    """All news."""
    items = [news_view(item, lang) for item in queries.news()]
    return render("site/news/list.html", lang=lang, path="/news/", section="news", news=items)


@pages.route("/<lang>/news/<slug>")
@kept
def news_item(lang: str, slug: str) -> str:
    """One piece of news."""
    item = queries.news_by_slug(slug) or abort(404)
    return render(
        "site/news/item.html",
        lang=lang,
        path=f"/news/{slug}",
        section="news",
        item=news_view(item, lang),
        related=_related(item, lang),
    )


@pages.route("/<lang>/partners")
@kept
def partners(lang: str) -> str:
    """The project, its partners, how to reach it."""
    about = project()
    names = {region["key"]: Text(region["name"]).within(lang) for region in about.get("regions", [])}
    shown = [
        (
            Text(p["name"]).within(lang),
            f"{names[p['region']]}, {p['seat']}",
            country_name(p["country"], lang),
            p["url"] or "",
        )
        for p in about.get("partners", [])
    ]
    return render(
        "site/pages/partners.html",
        lang=lang,
        path="/partners",
        section="partners",
        about_html=_passage(about.get("about", {}), lang),
        partners=shown,
        regions=_regions(about, lang),
        contact=contact(lang),
        social=_social(about),
    )


@pages.route("/<lang>/privacy", defaults={"key": "privacy"})
@pages.route("/<lang>/imprint", defaults={"key": "imprint"})
@pages.route("/<lang>/accessibility", defaults={"key": "accessibility"})
@kept
def text(lang: str, key: str) -> str:
    """A notice: privacy, imprint, accessibility."""
    document = queries.document(key) or abort(404)
    data = document.data
    until = audited.day_in(project())
    day = short_range(until, until, lang) if until else _("[date, to be entered]")
    sections = [
        (part["id"], translated(Text(part["title"]), lang), _passage(_dated(part["body"], day), lang))
        for part in data["sections"]
    ]
    return render(
        "site/pages/text.html",
        lang=lang,
        path=f"/{key}",
        title=translated(Text(data["title"]), lang),
        summary=translated(Text(data.get("intro", {})), lang),
        sections=sections,
        to_be_approved=bool(data.get("to_be_approved")),
        version=_version(data.get("version", ""), lang),
    )


def _dated(body: Mapping[str, str], day: str) -> dict[str, str]:
    return {code: words.replace(AUDIT, day) for code, words in body.items()}


def _version(words: str, lang: str) -> str:
    """Write a version that is a date as the language writes dates."""
    try:
        day = date.fromisoformat(words)
    except ValueError:
        return words
    return short_range(day, day, lang)


def subscription(lang: str, wanted: listing.Wanted = listing.Wanted()) -> Links:  # noqa: B008 - frozen
    """Return the ways to subscribe to all public events, or to those asked for."""
    narrowed = listing.title(wanted, lang)
    name = joined(_("S3Chem events"), narrowed) if narrowed else _("S3Chem events")
    return links_to(f"{settings().base_url}/calendar.ics?{wanted.query(lang=lang)}", name=name)


def news_view(item: NewsItem, lang: str) -> NewsView:
    """Return a piece of news as a page shows it."""
    day: date = item.published_on
    return NewsView(
        slug=item.slug,
        url=f"/{lang}/news/{item.slug}",
        title=translated(item.title, lang),
        lead=translated(item.lead, lang),
        body_html=_passage(item.body, lang),
        date_text=short_range(day, day, lang),
        date_iso=day.isoformat(),
        event_url=f"/{lang}/events/{item.event.slug}" if item.event and item.event.state in LISTED else "",
        event_title=item.event.title.within(lang) if item.event else "",
    )


def _related(item: NewsItem, lang: str) -> EventView | None:
    found = queries.event_by_id(item.event_id) if item.event_id else None
    return event_view(found, lang) if found is not None and found.state in LISTED else None


def _passage(value: Any, lang: str) -> Translated:
    words = translated(Text(value), lang)
    return Translated(html(words.text), words.lang, words.fallback_note)


def _regions(about: dict[str, Any], lang: str) -> list[tuple[str, str, str]]:
    """Name, flag in letters and country of each region: not every system has the pictures of flags."""
    return [
        (
            Text(r["name"]).within(lang),
            r["country"],
            country_name(r["country"], lang),
        )
        for r in about.get("regions", [])
    ]


def contact(lang: str) -> Contact:
    """Return whom to write to."""
    found = project().get("contact", {})
    return Contact(
        name=Text(found.get("organisation", {})).within(lang),
        email=found.get("address", ""),
        sentence=_("Questions about an event, or about your registration? Write to us."),
    )


def _social(about: dict[str, Any]) -> list[tuple[str, str]]:
    return [(link["label"], link["url"]) for link in about.get("social", []) if link.get("url")]
