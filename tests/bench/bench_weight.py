"""What a visitor's phone has to fetch before the event can be read."""

import gzip
import re
import urllib.request
from urllib.parse import urljoin, urlsplit

from tests.bench import rig
from tests.bench.figures import Figure
from tests.support.servers import started

PAGES = {"event page": f"/en/events/{rig.EVENT['slug']}", "home": "/en/", "form": rig.FORM}


def run() -> list[Figure]:
    with rig.prepared() as settings, started("web", settings) as site:
        return [_weight(name, site.url + path) for name, path in PAGES.items()]


def _weight(name: str, url: str) -> Figure:
    page = _fetched(url).decode()
    sheets = [urljoin(url, sheet) for sheet in re.findall(r'<link[^>]*rel="stylesheet"[^>]*href="([^"]+)"', page)]
    assert sheets, "a page without a stylesheet would be weighed too light"
    foreign = {urlsplit(urljoin(url, link)).netloc for link in _loaded(page)} - {urlsplit(url).netloc}
    assert not foreign, f"{name} loads from other hosts: {foreign}"
    html, css = _compressed(page.encode()), sum(_compressed(_fetched(sheet)) for sheet in sheets)
    return Figure(
        work=f"{name}: HTML and CSS, compressed",
        measured=(html + css) / 1000,
        unit="kB",
        goal=50,
        note=f"HTML {html / 1000:.1f}, CSS {css / 1000:.1f}",
    )


def _loaded(page: str) -> list[str]:
    """What a browser fetches by itself; a link that a person may follow is not among it."""
    return re.findall(r'<(?:script|img|iframe|source)[^>]*\bsrc="([^"]+)"', page) + re.findall(
        r'<link[^>]*rel="(?:stylesheet|preload|icon|manifest)"[^>]*href="([^"]+)"', page
    )


def _compressed(content: bytes) -> int:
    return len(gzip.compress(content, mtime=0))


def _fetched(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        content: bytes = answer.read()
    return content
