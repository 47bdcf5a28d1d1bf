"""Placeholders in texts that organisers keep: a fixed list of names, filled in one pass, and values never read again.

No template language touches a stored text (knowledge of others' holes: attributes reached through `format`, a
visitor's own name filled in a second time). What is not a known name is refused when the text is saved.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from html import unescape

from markupsafe import escape

NAMED = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
"""`{{given_name}}`, with or without spaces."""
LIKE_ONE = re.compile(r"\{\{([^{}]*)\}\}")
TRIED = re.compile(
    r"\{\{([^{}]*)\}\}(?!\})|\{{2,} ?[^{}\s]{0,40} ?\}*|\{? ?[^{}\s]{0,40} ?\}{2,}|\{ ?([a-z_]{1,40}) ?\}"
)
"""A placeholder, or what was to become one and lacks a brace or has one too many: `{{name}`, `name}}`, `{name}`."""
IN_HTML = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}|%7B%7B([a-z_]+)%7D%7D")
"""In Markdown made HTML the same, or percent-encoded where it stands as the address of a link."""
IN_ADDRESS = re.compile(r"(?:href=\")([^\"]*%7B%7B[^\"]*)\"")
IN_A_LINE = re.compile(r"</?(?:a|em|strong)\b[^>]*>")
"""Tags that a text e-mail does without, and without a space."""
TAG = re.compile(r"<[^>]*>")
LINK = '<a href="%s">%s</a>'


def unknown(source: str, names: Iterable[str]) -> list[str]:
    """Return what looks like a placeholder and is none of these names, or none at all, in order, once each.

    A word in single braces is taken for one where it is such a name.
    """
    allowed = set(names)
    wrong = (match[0].strip() for match in TRIED.finditer(source) if not _is_harmless(match, allowed))
    return list(dict.fromkeys(wrong))


def used(source: str) -> set[str]:
    """Return the names that a text mentions."""
    return {match[1] for match in NAMED.finditer(source)}


def in_a_subject(source: str, *, links: Iterable[str]) -> list[str]:
    """Return the links that a subject names: nobody can press one there, and lists of e-mails show every subject."""
    return [f"{{{{{name}}}}}" for name in sorted(used(source) & set(links))]


def in_text(source: str, values: Mapping[str, str]) -> str:
    """Fill a plain text or a subject; a name without a value becomes nothing."""
    return NAMED.sub(lambda match: values.get(match[1], ""), source)


def in_html(source: str, values: Mapping[str, str], *, links: Iterable[str]) -> str:
    """Fill cleaned HTML; every value is escaped, and only `links` become addresses that one can press."""
    addresses = set(links)

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        said = str(escape(values.get(name, "")))
        if match[2]:
            return said if name in addresses else ""
        return LINK % (said, said) if name in addresses and said else said

    return IN_HTML.sub(value, source)


def misplaced(html: str, *, links: Iterable[str]) -> list[str]:
    """Return what holds a placeholder of an address that is not one by itself, in rendered HTML.

    That is the address of a link, or a word: in the text part a mail program would make both one address, and where it
    leads could read the secret of a personal link.
    """
    known = set(links)
    good = {f"%7B%7B{name}%7D%7D" for name in known}
    pieces = [match[1] for match in IN_ADDRESS.finditer(html) if match[1] not in good]
    text = unescape(TAG.sub(" ", IN_A_LINE.sub("", html)))
    return pieces + [word for word in NAMED.sub(r"{{\1}}", text).split() if _is_glued(word, known)]


def _is_harmless(tried: re.Match[str], names: Collection[str]) -> bool:
    if tried[1] is not None:
        return tried[1].strip() in names
    return tried[2] is not None and tried[2] not in names


def _is_glued(word: str, links: Collection[str]) -> bool:
    return any(match[1] in links and word[: match.start()].strip("([<") for match in NAMED.finditer(word))
