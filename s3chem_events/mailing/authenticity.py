"""Who really wrote an e-mail: whether the domain in From has signed it (DKIM, RFC 6376, aligned as in RFC 7489 3.1).

The signature must hold that it was written to us and how it is read, or one to somebody else could be made an answer.

Either our own mail server says so in Authentication-Results (RFC 8601), or the signature is checked here. That asks the
name service, so it is never done inside a transaction.
"""

import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from s3chem_events.core.later import Later
from s3chem_events.mailing import reading
from s3chem_events.mailing.addresses import mailbox_digest

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
PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[^"()\\]+|[()]')
IN_COMMENT = re.compile(r"[^()\\]+|\\.|[()]")
PLAIN = re.compile(r'"([\w.@-]*)"')
EQUALS = re.compile(r"\s*=\s*")
SAID = re.compile(r"[a-z][\w./-]*=\S+")
DOMAINS = {"dkim": ("header.d", "header.i"), "dmarc": ("header.from",)}
"""Where each method says whom it has found (RFC 8601 2.7)."""
COVERED = {"to", "content-type"}
READ_BY = {"content-disposition", "content-transfer-encoding"}
"""What else says how the contents are read, where it stands in an e-mail."""


def is_authentic(raw: bytes, *, to: str, authserv_id: str = "", resolver: Resolver | None = None) -> bool:
    """Whether the domain in From stands for this e-mail as one to us; `authserv_id` names the server whose word counts.

    `to` is our own address: what somebody once signed to others, or as another kind of e-mail, proves nothing.
    """
    mail = reading.parsed(raw)
    domain = reading.sender_of(mail).rpartition("@")[2].lower()
    signatures = reading.headers(mail, "DKIM-Signature")
    written_to = {mailbox_digest(address) for address in reading.addresses(reading.headers(mail, "To"))}
    if not domain or len(signatures) > MOST_SIGNATURES or mailbox_digest(to) not in written_to:
        return False
    if not _reads_one_way(raw, mail):
        return False
    tags = map(_tags, signatures)
    own = {index: found for index, found in enumerate(tags) if _aligned(found.get("d", "").lower(), domain)}
    covering = [index for index, found in own.items() if _covers(found, mail)]
    if authserv_id:  # which of several signatures it speaks of, a server need not say
        said = reading.headers(mail, "Authentication-Results")[:MOST_RESULTS]
        return [*own] == covering != [] and any(_says_so(value, authserv_id, domain) for value in said)
    return any(_is_signed(raw, index, resolver) for index in covering)


def _reads_one_way(raw: bytes, mail: reading.Mail) -> bool:
    """Whether every program finds the same headers in an e-mail, and none of them was cut off here."""
    return (
        len(raw) <= LARGEST
        and b" " * LONGEST_GAP not in raw.translate(BLANKS)
        and raw.count(b"\n") < reading.MOST_LINES
        and b"\r" not in raw.replace(b"\r\n", b"")
        and not mail.defects
        and all(len(value) < reading.LONGEST_HEADER for _, value in mail.raw_items())
    )


def _tags(signature: str) -> dict[str, str]:
    return dict(pair.partition("=")[::2] for pair in "".join(signature.split()).split(";"))


def _covers(tags: dict[str, str], mail: reading.Mail) -> bool:
    """Whether a signature holds to whom an e-mail was written and how it is read, each of which stands there once."""
    names = [name.lower() for name in mail]
    needed = COVERED | READ_BY.intersection(names)
    signed = set(tags.get("h", "").lower().split(":"))
    # With l= anybody can write more below what was signed.
    return "l" not in tags and needed <= signed and all(names.count(name) == 1 for name in needed)


def _says_so(value: str, authserv_id: str, domain: str) -> bool:
    """Read one header `server.example; dkim=pass header.d=…; dmarc=pass header.from=…` (RFC 8601 2.2)."""
    server, *results = _plain(value).lower().split(";")
    if server.split()[:1] != [authserv_id.lower()]:
        return False
    return any(_aligned(_signer(result), domain) for result in results)


def _signer(result: str) -> str:
    """Return the domain that a method has found; none where it did not pass, or where a word is not understood."""
    words = EQUALS.sub("=", result).split()
    if not words or not all(SAID.fullmatch(word) for word in words):
        return ""
    method, *properties = (word.partition("=") for word in words)
    wanted = DOMAINS.get(method[0].partition("/")[0], ()) if method[2] == "pass" else ()
    found = {name: value.rpartition("@")[2] for name, _, value in properties}
    return next((found[name] for name in wanted if name in found), "")


def _plain(value: str) -> str:
    """Leave out comments, which may stand in one another, and what is quoted unless it is a mere word.

    Nothing is left of what does not come to an end: it could be read in more than one way.
    """
    kept, depth, at = list[str](), 0, 0
    while at < len(value):
        piece = (IN_COMMENT if depth else PIECE).match(value, at)
        if piece is None or (piece[0] == ")" and not depth):
            return ""
        at = piece.end()
        if piece[0] in {"(", ")"}:
            depth += 1 if piece[0] == "(" else -1
            kept.append(" ")
        elif not depth:
            quoted, word = piece[0].startswith('"'), PLAIN.fullmatch(piece[0])
            kept.append(word[1] if word else '""' if quoted else piece[0])
    return "" if depth else "".join(kept)


def _is_signed(raw: bytes, index: int, resolver: Resolver | None) -> bool:
    try:
        checked = dkim.DKIM(raw, minkey=SHORTEST_KEY, timeout=SECONDS)
        return bool(checked.verify(index, **({"dnsfunc": _asking(resolver)} if resolver else {})))
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
