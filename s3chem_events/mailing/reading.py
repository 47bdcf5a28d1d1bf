"""An e-mail taken apart, with the patience that strangers' e-mails need: every name here takes whatever comes."""

import email
import email.header
import html
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import Compat32
from email.utils import getaddresses
from itertools import islice
from typing import TYPE_CHECKING

import nh3

LARGEST = 4 * 1024 * 1024
"""What is longer is fetched as far as here."""
LONGEST_READ = 512 * 1024
MOST_LINES = 20_000
MOST_BOUNDARIES = 50
"""As far an e-mail is taken apart: each line is held against all boundaries around it."""
MOST_DELIMITERS = 1_000
"""Lines that begin as one between two parts does; as far an e-mail is read."""
MOST_PARTS = 100
MOST_ADDRESSES = 50
LONGEST_HEADER = 10_000
LONGEST_PARAMETERS = 1_000
"""Of a header about contents; taking its parameters apart costs the square of its length."""
LONGEST_TEXT = 20_000
LONGEST_MARKUP = 64_000
MOST_TAGS = 3_000
"""As far markup is read: elements that stand in one another cost the square of their number."""
BREAKS = re.compile(r"<(?:br|p|div|tr|li|h\d)\b", re.IGNORECASE)
CHARSETS = re.compile(r"iso-?8859-\d{1,2}|windows-125\d|cp125\d|koi8-[ru]|latin-?\d|utf-16(?:[bl]e)?", re.IGNORECASE)
"""What is written in. Python knows more, and takes long over some of them."""
HEADERS = re.compile(
    r"^[> ]*(?:Return-Path|Received|Message-ID|Date|From|X-[A-Za-z-]+|MIME-Version): ", re.IGNORECASE | re.MULTILINE
)
"""Where a notice begins to show the headers of what it returns."""
if TYPE_CHECKING:
    Mail = Message[str, str]
else:
    Mail = Message


class _Patient(Compat32):
    """The old policy takes whatever comes, the new one raises for some headers; long ones are cut off."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Return the name of a header and its value."""
        name, value = super().header_source_parse(sourcelines)
        longest = LONGEST_PARAMETERS if name.lower().startswith("content-") else LONGEST_HEADER
        return name, value[:longest]


PATIENT = _Patient()


def parsed(raw: bytes) -> Mail:
    """Parse the beginning of an e-mail; of one whose parts stand in one another without end, the headers alone."""
    start = b"".join(_beginning(raw[:LONGEST_READ].splitlines(keepends=True)[:MOST_LINES]))
    with suppress(RecursionError):  # a thousand e-mails in one another
        if start.lower().count(b"boundary") <= MOST_BOUNDARIES:
            return email.message_from_bytes(start, policy=PATIENT)
    return BytesHeaderParser(policy=PATIENT).parsebytes(start)


def _beginning(lines: list[bytes]) -> list[bytes]:
    delimiters = (number for number, line in enumerate(lines) if line.startswith(b"--"))
    return lines[: next(islice(delimiters, MOST_DELIMITERS, None), len(lines))]


def header(mail: Mail, name: str) -> str:
    """Return a header on one line, as it is written; nothing where it is missing."""
    return next(iter(headers(mail, name)), "")


def headers(mail: Mail, name: str) -> list[str]:
    """Return all headers of a name, each on one line. Bytes beyond ASCII, which are not allowed but met, are UTF-8."""
    raw = [value.encode("utf-8", "surrogateescape") for key, value in mail.raw_items() if key.lower() == name.lower()]
    return [" ".join(value.decode("utf-8", "replace").split()) for value in raw]


def sender_of(mail: Mail) -> str:
    """Return the bare address in From; nothing where there is none, or more than one."""
    found = addresses(headers(mail, "From"))
    return found[0] if len(found) == 1 else ""


def children(mail: Mail) -> list[Mail]:
    """Return the parts right below."""
    below = mail.get_payload() if mail.is_multipart() else ()
    return [part for part in below if isinstance(part, Message)]


def blocks(part: Mail) -> list[Mail]:
    """Return the blocks of headers that a part of a report consists of.

    Python's parser takes only `message/delivery-status` apart, and no encoded one: the others are written out for it.
    """
    bare = Message()
    bare["Content-Transfer-Encoding"] = header(part, "Content-Transfer-Encoding")
    bare.set_payload(b"\n\n".join(map(_as_written, children(part))).decode("ascii", "surrogateescape"))
    content = bare.get_payload(decode=True)
    return (
        children(parsed(b"Content-Type: message/delivery-status\n\n" + content)) if isinstance(content, bytes) else []
    )


def _as_written(block: Mail) -> bytes:
    told = "".join(f"{name}: {value}\n" for name, value in block.raw_items()).encode("utf-8", "surrogateescape")
    rest = block.get_payload(decode=True)
    return told + b"\n" + rest if isinstance(rest, bytes) else told


def parts_of(mail: Mail) -> Iterator[Mail]:
    """Yield the leaves of an e-mail, and nothing of an e-mail that is attached to it."""
    waiting, count = [mail], 0
    while waiting and count < MOST_PARTS:
        part, count = waiting.pop(0), count + 1
        if part.get_content_maintype() == "multipart":
            waiting[:0] = children(part)
        elif part.get_content_maintype() != "message":
            yield part


def returned(mail: Mail) -> Mail | None:
    """Return the e-mail that comes back in a notice, or its headers, attached or written below the text of it."""
    for part in mail.walk():
        if part is mail:
            continue
        kind = part.get_content_type()
        if kind in {"message/rfc822", "message/global"}:
            return next(iter(children(part)), None)
        if kind in {"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}:
            content = part.get_payload(decode=True)
            return parsed(content.lstrip()) if isinstance(content, bytes) else next(iter(children(part)), None)
    words = text(mail)
    if found := HEADERS.search(words):
        block = re.split(r"\n[ \t>]*\n", words[found.start() :].lstrip(), maxsplit=1)[0]
        return parsed(re.sub(r"^[> ]*(?=[A-Za-z-]+:)", "", block, flags=re.MULTILINE).encode())
    return None


def text(mail: Mail) -> str:
    """Return what an e-mail says, as plain text; of one that is HTML alone, its words."""
    for kind in ("text/plain", "text/html"):
        part = next((part for part in parts_of(mail) if part.get_content_type() == kind), None)
        content = part.get_payload(decode=True) if part is not None else None
        if part is not None and isinstance(content, bytes) and content.strip():
            words = _in_charset(content, str(part.get_param("charset") or ""))
            return (_without_tags(words) if kind == "text/html" else words)[:LONGEST_TEXT]
    return ""


def in_words(mail: Mail, name: str) -> str:
    """Return a header with its encoded words read; one that cannot be read, as it is written."""
    written = header(mail, name)[:LONGEST_HEADER]
    with suppress(Exception):
        return "".join(c for c in str(email.header.make_header(email.header.decode_header(written))) if c.isprintable())
    return written


def _without_tags(markup: str) -> str:
    start = "<".join(markup[:LONGEST_MARKUP].split("<", MOST_TAGS)[:MOST_TAGS])
    broken = BREAKS.sub(r"\n\g<0>", start)
    return html.unescape(nh3.clean(broken, tags=set(), clean_content_tags={"script", "style", "head", "title"})).strip()


def _in_charset(content: bytes, charset: str) -> str:
    for encoding in ("utf-8", *CHARSETS.findall(charset)):
        with suppress(LookupError, ValueError):
            return content.decode(encoding)
    return content.decode("cp1252", "replace")


def addresses(values: list[str]) -> tuple[str, ...]:
    found = getaddresses([value[:LONGEST_HEADER] for value in values[:MOST_ADDRESSES]])
    return unique(address for _, address in found if "@" in address and address.isprintable())


def unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
