"""Organisers' rich text, made safe: Markdown to HTML, then a list of allowed tags, on output."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

TAGS = {
    "p",
    "br",
    "strong",
    "em",
    "ul",
    "ol",
    "li",
    "a",
    "h3",
    "h4",
    "blockquote",
    "hr",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
SCHEMES = {"http", "https", "mailto"}


@lru_cache(maxsize=1024)
def html(source: str) -> Markup:
    """Turn Markdown into HTML that may stand in a page; headings start at level 3."""
    rendered = _parser().render(source)
    for level in (2, 1):  # the page owns h1 and h2
        rendered = rendered.replace(f"<h{level}>", f"<h{level + 2}>").replace(f"</h{level}>", f"</h{level + 2}>")
    return Markup(nh3.clean(rendered, tags=TAGS, attributes={"a": {"href"}}, url_schemes=SCHEMES, link_rel="noopener"))  # noqa: S704 - cleaned in this line


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False}).enable("table")


def plain(source: str) -> str:
    """Return the words of Markdown without its signs, for calendars and text e-mails."""
    passages = (token.children or [] for token in _parser().parse(source) if token.type == "inline")
    return "\n\n".join("".join(c.content or ("\n" if "break" in c.type else "") for c in each) for each in passages)
