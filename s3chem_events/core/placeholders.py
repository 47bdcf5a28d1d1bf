"""Placeholders in texts that organisers keep: a fixed list of names, filled in one pass, and values never read again.

No template language touches a stored text (knowledge of others' holes: attributes reached through `format`, a
visitor's own name filled in a second time). What is not a known name is refused when the text is saved.
"""

import re
from collections.abc import Iterable, Mapping

from markupsafe import escape

NAMED = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
"""`{{given_name}}`, with or without spaces."""
LIKE_ONE = re.compile(r"\{\{([^{}]*)\}\}")
IN_HTML = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}|%7B%7B([a-z_]+)%7D%7D")
"""In Markdown made HTML the same, or percent-encoded where it stands as the address of a link."""
IN_ADDRESS = re.compile(r"(?:href=\")([^\"]*%7B%7B[^\"]*)\"")
LINK = '<a href="%s">%s</a>'


def unknown(source: str, names: Iterable[str]) -> list[str]:
    """Return what looks like a placeholder and is none of these names, in order, once each."""
    allowed = set(names)
    found = [match[1].strip() for match in LIKE_ONE.finditer(source)]
    return list(dict.fromkeys(name for name in found if name not in allowed))


def used(source: str) -> set[str]:
    """Return the names that a text mentions."""
    return {match[1] for match in NAMED.finditer(source)}


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
    """Return the addresses of links in rendered HTML that hold a placeholder which is not an address by itself."""
    good = {f"%7B%7B{name}%7D%7D" for name in links}
    return [match[1] for match in IN_ADDRESS.finditer(html) if match[1] not in good]
