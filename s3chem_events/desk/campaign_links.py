"""The links in a campaign: ours are looked up inside the application, those to elsewhere are a person's to press."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote, urlsplit

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from s3chem_events.campaigns import progress
from s3chem_events.campaigns.blocks import Loaded
from s3chem_events.campaigns.models import Campaign
from s3chem_events.core import markdown
from s3chem_events.core.guard import settings
from s3chem_events.core.text import LANGUAGES
from s3chem_events.core.values import frozen
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import LISTED

ADDRESS = re.compile(r'href="([^"]*)"')
PLACEHOLDER = "%7B%7B"
PRIVATE = frozenset({"desk", "security"})
REPORT = "report_link"


@frozen
class Links:
    """What the texts of a campaign link to, each address once.

    `lost` opens no page, `short` names no site (an e-mail has none of its own), `bare` is not encrypted.
    """

    ours: int
    lost: list[str]
    short: list[str]
    elsewhere: list[str]
    bare: list[str]


def looked_at(campaign: Campaign) -> Links:
    """Look at all addresses that organisers wrote; what placeholders and live pieces link to is made by us."""
    own = urlsplit(settings().base_url)
    ours, lost, short, elsewhere, bare = 0, list[str](), list[str](), list[str](), list[str]()
    for address in dict.fromkeys(_addresses(campaign)):
        parts = urlsplit(address)
        if parts.scheme == "mailto":
            continue
        if not parts.netloc:
            short.append(address)
        elif parts.netloc.lower() == own.netloc.lower():
            ours += 1
            if not _opens(unquote(parts.path)):
                lost.append(address)
        else:
            elsewhere.append(address)
            if parts.scheme == "http":
                bare.append(address)
    return Links(ours, lost, short, elsewhere, bare)


def waits_for_a_report(campaign: Campaign, loaded: Loaded) -> bool:
    """Whether a text speaks of a report, or of material, that its event does not have."""
    event = loaded.events.get(campaign.event_id or 0)
    texts = [*campaign.intro.values(), *campaign.closing.values()]
    has_outcome = event is not None and bool(event.report or event.materials)
    return not has_outcome and any(REPORT in text for text in texts)


def _addresses(campaign: Campaign) -> Iterator[str]:
    for text in (campaign.intro, campaign.closing):
        for source in text.values():
            for found in ADDRESS.findall(str(markdown.html(source))):
                if PLACEHOLDER not in found:
                    yield unescape(found)


def _opens(path: str) -> bool:
    """Whether a path of ours opens a page that everybody may read."""
    adapter = current_app.url_map.bind("localhost")
    try:
        endpoint, values = adapter.match(path, method="GET")
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    if str(endpoint).split(".", 1)[0] in PRIVATE or values.get("lang", "en") not in LANGUAGES:
        return False
    slug = values.get("slug")
    return slug is None or _is_there(path, str(slug))


def _is_there(path: str, slug: str) -> bool:
    """Whether the event, the piece of news or the newsletter that a path names is public."""
    if "/news/" in path:
        return publishing.news_by_slug(slug) is not None
    if "/newsletter/" in path:
        return progress.published_by_slug(slug) is not None
    event = publishing.event_by_slug(slug)
    return event is not None and event.state in LISTED
