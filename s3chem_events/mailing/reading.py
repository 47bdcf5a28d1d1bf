"""An e-mail taken apart, with the patience that strangers' e-mails need: every name here takes whatever comes."""

import email
import email.header
import email.policy
from collections.abc import Iterable, Iterator
from contextlib import suppress
from email.message import Message
from email.utils import getaddresses
from typing import TYPE_CHECKING

LARGEST = 4 * 1024 * 1024
"""What is longer is read as far as here."""
MOST_PARTS = 100
MOST_ADDRESSES = 50
LONGEST_HEADER = 10_000
LONGEST_TEXT = 20_000
if TYPE_CHECKING:
    Mail = Message[str, str]
else:
    Mail = Message


def parsed(raw: bytes) -> Mail:
    """Parse an e-mail; the old policy takes whatever comes, the new one raises for some headers."""
    return email.message_from_bytes(raw[:LARGEST], policy=email.policy.compat32)


def header(mail: Mail, name: str) -> str:
    """Return a header on one line, as it is written; nothing where it is missing."""
    return " ".join(str(mail.get(name, "")).split())


def sender_of(mail: Mail) -> str:
    """Return the bare address in From; nothing where there is none, or more than one."""
    found = addresses([str(value) for value in mail.get_all("From", [])])
    return found[0] if len(found) == 1 else ""


def children(mail: Mail) -> list[Mail]:
    """Return the parts right below; of a delivery status its blocks."""
    below = mail.get_payload() if mail.is_multipart() else ()
    return [part for part in below if isinstance(part, Message)]


def parts_of(mail: Mail) -> Iterator[Mail]:
    """Yield the leaves of an e-mail, and nothing of an e-mail that is attached to it."""
    waiting, count = [mail], 0
    while waiting and count < MOST_PARTS:
        part, count = waiting.pop(0), count + 1
        if part.get_content_maintype() == "multipart":
            waiting[:0] = children(part)
        elif part.get_content_maintype() != "message":
            yield part


def subject(mail: Mail) -> str:
    """Return the subject in words; one that cannot be decoded, as it is written."""
    written = header(mail, "Subject")
    with suppress(Exception):
        return str(email.header.make_header(email.header.decode_header(written)))
    return written


def text(mail: Mail) -> str:
    part = next((part for part in parts_of(mail) if part.get_content_type() == "text/plain"), None)
    content = part.get_payload(decode=True) if part is not None else b""
    return content[:LONGEST_TEXT].decode("utf-8", "replace") if isinstance(content, bytes) else ""


def addresses(values: list[str]) -> tuple[str, ...]:
    found = getaddresses([value[:LONGEST_HEADER] for value in values[:MOST_ADDRESSES]])
    return unique(address for _, address in found if "@" in address and address.isprintable())


def unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
