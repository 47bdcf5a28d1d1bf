"""Who really wrote an e-mail: whether the domain in From has signed it (DKIM, RFC 6376, aligned as in RFC 7489 3.1).

Either our own mail server says so in Authentication-Results (RFC 8601), or the signature is checked here. That asks the
name service, so it is never done inside a transaction.
"""

import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from s3chem_events.core.later import Later
from s3chem_events.mailing import reading

if TYPE_CHECKING:
    import dkim
else:
    dkim = Later("dkim")  # 120 ms with its name resolver, needed for few of the answers that come; the extra `dkim`

log = logging.getLogger(__name__)
Resolver = Callable[[bytes, float], bytes | None]
"""Returns the TXT record of a name, within so many seconds."""
SECONDS = 5.0
MOST_SIGNATURES = 5
MOST_RESULTS = 20
SHORTEST_KEY = 1024
LARGEST = 256 * 1024
"""Bytes of an e-mail whose signature is checked here; an answer has some kilobytes."""
LONGEST_GAP = 500
"""Blanks in a row: what checks signatures takes the square of them."""
BLANKS = bytes.maketrans(b"\t", b" ")
PARENTHESES = re.compile(r"([()])")
RESULT = re.compile(r"\s*(dkim|dmarc)\s*=\s*(\w+)\b", re.IGNORECASE)
DOMAIN = r"\bheader\.(?:{})\s*=\s*\"?(?:[^\s\";@]{{0,320}}@)?([\w.-]+)"
DOMAINS = {
    "dkim": re.compile(DOMAIN.format("d|i"), re.IGNORECASE),
    "dmarc": re.compile(DOMAIN.format("from"), re.IGNORECASE),
}
"""Where each method says whom it has found (RFC 8601 2.7)."""


def is_authentic(raw: bytes, *, authserv_id: str = "", resolver: Resolver | None = None) -> bool:
    """Whether the domain in From stands for this e-mail; `authserv_id` names the server whose word is taken."""
    mail = reading.parsed(raw)
    domain = reading.sender_of(mail).rpartition("@")[2].lower()
    if not domain:
        return False
    if authserv_id:
        said = reading.headers(mail, "Authentication-Results")[:MOST_RESULTS]
        return any(_says_so(value, authserv_id, domain) for value in said)
    return _is_signed(raw, mail, domain, resolver)


def _says_so(value: str, authserv_id: str, domain: str) -> bool:
    """Read one header `server.example; dkim=pass header.d=…; dmarc=pass header.from=…`."""
    server, *results = _without_comments(value[: reading.LONGEST_HEADER]).split(";")
    if not server.split() or server.split()[0].lower() != authserv_id.lower():
        return False
    for result in results:
        method = RESULT.match(result)
        found = DOMAINS[method[1].lower()].findall(result) if method and method[2].lower() == "pass" else ()
        if any(_aligned(signer.lower(), domain) for signer in found):
            return True
    return False


def _without_comments(value: str) -> str:
    """Leave out what stands in parentheses, which may stand in one another."""
    kept, depth = list[str](), 0
    for piece in PARENTHESES.split(value):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth = max(depth - 1, 0)
        elif not depth:
            kept.append(piece)
    return " ".join(kept)


def _is_signed(raw: bytes, mail: reading.Mail, domain: str, resolver: Resolver | None) -> bool:
    gap = b" " * LONGEST_GAP
    if len(raw) > LARGEST or gap in raw.translate(BLANKS):
        return False
    for index, value in enumerate(reading.headers(mail, "DKIM-Signature")[:MOST_SIGNATURES]):
        tags = dict(pair.strip().partition("=")[::2] for pair in "".join(value.split()).split(";"))
        # With l= anybody can write more below what was signed.
        if not _aligned(tags.get("d", "").lower(), domain) or "l" in tags:
            continue
        try:
            checked = dkim.DKIM(raw, minkey=SHORTEST_KEY, timeout=SECONDS)
            if checked.verify(index, **({"dnsfunc": _asking(resolver)} if resolver else {})):
                return True
        except Exception as error:  # noqa: BLE001 - its parsers and resolvers raise whatever they like, or it is missing
            log.info("a DKIM signature could not be checked (%s)", type(error).__name__)
    return False


def _asking(resolver: Resolver) -> Callable[..., bytes | None]:
    def ask(name: bytes, timeout: float = SECONDS) -> bytes | None:
        return resolver(name, timeout)

    return ask


def _aligned(signer: str, domain: str) -> bool:
    """Whether who signed is the domain in From, or stands above it; a lone top-level domain stands for nobody."""
    return "." in signer and (domain == signer or domain.endswith(f".{signer}"))
