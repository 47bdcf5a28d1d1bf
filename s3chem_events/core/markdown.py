"""Organisers' rich text, made safe: Markdown to HTML, then a list of allowed tags, on output."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import nh3
from markupsafe import Markup, escape

from s3chem_events.core import placeholders
from s3chem_events.core.later import Later
from s3chem_events.core.plain_text import written_out

if TYPE_CHECKING:
    import markdown_it
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
else:
    markdown_it = Later("markdown_it")

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
ATTRIBUTES: dict[str, set[str]] = {"a": {"href"}, "*": set()}
"""No title, which nh3 leaves unless it is told: nobody would look for a placeholder there."""


@lru_cache(maxsize=1024)
def html(source: str) -> Markup:
    """Turn Markdown into HTML that may stand in a page; headings start at level 3."""
    rendered = _parser().render(source)
    for level in (2, 1):  # the page owns h1 and h2
        rendered = rendered.replace(f"<h{level}>", f"<h{level + 2}>").replace(f"</h{level}>", f"</h{level + 2}>")
    return Markup(nh3.clean(rendered, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener"))  # noqa: S704 - cleaned in this line


def filled(source: str, values: Mapping[str, str], *, links: Iterable[str]) -> Markup:
    """Turn Markdown with placeholders into HTML for a page, each value escaped and filled in once."""
    return Markup(placeholders.in_html(str(html(source)), values, links=links))  # noqa: S704 - cleaned, then filled with escaped values


def faults(source: str, *, links: Iterable[str]) -> Iterator[str]:
    """Yield what an e-mail could not say as it is meant: `image: …`, or `address: …` for a placeholder out of place."""
    for token in (child for passage in _parser().parse(source) for child in passage.children or ()):
        title = str(token.attrGet("title") or "")
        if token.type == "image":
            yield f"image: {token.content}"
        elif placeholders.LIKE_ONE.search(title):
            yield f"address: {title}"
    yield from (f"address: {piece}" for piece in placeholders.misplaced(str(html(source)), links=links)[:1])


IN_AN_EMAIL = {
    "p": {"style": "margin:0 0 16px"},
    "h3": {"style": "margin:24px 0 8px;font-size:20px;line-height:26px;font-weight:600"},
    "h4": {"style": "margin:20px 0 6px;font-size:17px;line-height:24px;font-weight:600"},
    "ul": {"style": "margin:0 0 16px;padding-left:22px"},
    "ol": {"style": "margin:0 0 16px;padding-left:26px"},
    "li": {"style": "margin:0 0 6px"},
    "blockquote": {"style": "margin:0 0 16px;padding-left:14px;border-left:3px solid #d3dbe4"},
    "hr": {"style": "border:0;border-top:1px solid #d3dbe4;margin:24px 0"},
    "td": {"style": "padding:6px 10px 6px 0;border-top:1px solid #d3dbe4;vertical-align:top"},
    "th": {"style": "padding:6px 10px 6px 0;text-align:left"},
}
"""Mail programs read styles at the element only."""


def in_an_email(source: str, values: Mapping[str, str], *, links: Iterable[str]) -> Markup:
    """Turn Markdown with placeholders into HTML for an e-mail, each value escaped and filled in once."""
    return Markup(placeholders.in_html(_for_email(source), values, links=links))  # noqa: S704 - cleaned, then filled with escaped values


@lru_cache(maxsize=256)
def _for_email(source: str) -> str:
    return str(
        nh3.clean(
            str(html(source)),
            tags=TAGS,
            attributes=ATTRIBUTES,
            url_schemes=SCHEMES,
            link_rel=None,
            set_tag_attribute_values=IN_AN_EMAIL,
        )
    )


@lru_cache(maxsize=256)
def letter(source: str) -> str:
    """Return Markdown as a text e-mail is written: headings underlined, addresses of links in brackets after them."""
    return written_out(_parser().parse(source))


@lru_cache(maxsize=1)
def _parser() -> "markdown_it.MarkdownIt":
    parser = markdown_it.MarkdownIt("commonmark", {"html": False, "linkify": True, "typographer": False})
    parser.enable(["table", "linkify"])
    written: Any = parser.linkify
    for scheme in ("ftp:", "//", "mailto:"):
        written.add(scheme, None)
    written.set({"fuzzy_link": False, "fuzzy_email": False})  # what begins with http is an address; nothing is guessed
    parser.add_render_rule("image", _in_words)
    return parser


def _in_words(renderer: "RendererHTML", tokens: "Sequence[Token]", place: int, options: Any, env: Any) -> str:
    """Return what stands for an image, of which there are none: in HTML as in text, what it would have shown."""
    return str(escape(renderer.renderInlineAsText(tokens[place].children, options, env)))


def plain(source: str) -> str:
    """Return the words of Markdown without its signs, for calendars and text e-mails."""
    passages = (token.children or [] for token in _parser().parse(source) if token.type == "inline")
    return "\n\n".join("".join(c.content or ("\n" if "break" in c.type else "") for c in each) for each in passages)
