"""Names and lines of text that people type: kept as they are, made safe, folded for comparing; pure."""

import re
import unicodedata
from hashlib import sha256
from typing import TYPE_CHECKING

from s3chem_events.core.errors import Invalid
from s3chem_events.core.later import Later
from s3chem_events.mailing import addresses

if TYPE_CHECKING:
    import email_validator
else:
    email_validator = Later("email_validator")  # its classes of all letters take 25 ms

LONGEST_NAME = 100
LONGEST_LINE = 5_000
LONGEST_TEXT = 10_000
MOST_MARKS = 30
LONGEST_ORGANISATION = 300
LONGEST_ADDRESS = 254
# Cf holds zero-width and bidi controls; the zero-width joiners that some scripts need are among them and stay.
KEPT_FORMATS = frozenset("\u200c\u200d")
SPACES = "\t\r\n\v\f\x85\u2028\u2029"
DROPPED = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
UNDECOMPOSED = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i", "’": "'"}
)
SKIPPED = str.maketrans(dict.fromkeys("'`‘ʼ´-‐–"))
"""Marks within names that people leave out or type in many ways; folding has made the others one of these."""
LINK = re.compile(r"://|https?:?//|www\.", re.IGNORECASE)


def stream_safe(value: str) -> str:
    """Return the text with at most 30 combining marks in a row (UAX #15, Stream-Safe Text Format).

    No language needs more; Python's normalisation takes quadratic time over them, 12 s for a run of 100,000.
    """
    kept, marks = [], 0
    for c in value:
        marks = marks + 1 if unicodedata.combining(c) else 0
        if marks <= MOST_MARKS:
            kept.append(c)
    return "".join(kept)


def clean_line(value: str) -> str:
    """Return a line in NFC without control, bidi and invisible characters, its spaces single.

    What is longer than any field takes is cut, so that its refusal costs nothing.
    """
    normal = unicodedata.normalize("NFC", stream_safe(value[:LONGEST_LINE]))
    visible = (" " if c in SPACES else c for c in normal)
    kept = "".join(c for c in visible if c in KEPT_FORMATS or unicodedata.category(c) not in DROPPED)
    return " ".join(kept.split())


def clean_lines(value: str) -> str:
    """Return a text of several lines in NFC without control, bidi and invisible characters."""
    text = unicodedata.normalize("NFC", stream_safe(value[:LONGEST_TEXT].replace("\r\n", "\n").replace("\r", "\n")))
    kept = (c for c in text if c == "\n" or c in KEPT_FORMATS or unicodedata.category(c) not in DROPPED)
    return "".join(kept).strip()


def fold(value: str) -> str:
    """Return the text as a search compares it: no case, no diacritics, `Żaneta` as `zaneta`."""
    decomposed = unicodedata.normalize("NFKD", value.casefold().translate(UNDECOMPOSED))
    bare = "".join(c for c in decomposed if not unicodedata.combining(c) and c not in KEPT_FORMATS)
    return " ".join(bare.casefold().split())


def sought(value: str) -> str:
    """Return the text as the search of the desk keeps and compares it: O’Brien, O'Brien and OBrien are one."""
    return fold(value).translate(SKIPPED)


def holds_link(value: str) -> bool:
    """Whether a name would turn a confirmation into somebody's advertisement."""
    return LINK.search(unicodedata.normalize("NFKC", value).replace("。", ".")) is not None


def address(value: str) -> str:
    """Return an e-mail address as typed, without the spaces around it.

    Raises:
        Invalid: it is not one address; the detail is a code: `address`, `address_domain`, `address_long`.

    """
    trimmed = value.strip(" \t")
    if len(trimmed.encode()) > LONGEST_ADDRESS:
        raise Invalid("email", "address_long")
    try:
        checked = _checked(trimmed)
    except email_validator.EmailNotValidError as error:
        raise Invalid("email", "address_domain" if "period" in str(error) else "address") from error
    return f"{checked.local_part}@{trimmed.rpartition('@')[2]}"


PERSON = ("given_name", "family_name", "email", "phone", "organisation")
"""What tells one person from another."""


def person_digest(*, given_name: str, family_name: str, email: str, phone: str = "", organisation: str = "") -> str:
    """Return what makes two presses the same person: address and name, compared without case and form.

    Without an address it is the telephone number, of which the digits alone count, and without both the organisation:
    two who walk in may have one name.
    """
    if not email:
        digits = "".join(c for c in phone if c.isdigit())
        email = f"{digits}@telephone" if digits else f"{fold(organisation)}@organisation"
    name = unicodedata.normalize("NFKC", clean_line(f"{given_name} {family_name}")).casefold()
    return sha256(f"{addresses.key(email)}\n{name}".encode()).hexdigest()


def person_of(named: object) -> str:
    """Return the digest of the person whom a registration, or what is typed for one, names."""
    return person_digest(**{name: getattr(named, name) for name in PERSON})


def _checked(value: str) -> "email_validator.ValidatedEmail":
    return email_validator.validate_email(value, check_deliverability=False, allow_smtputf8=True, test_environment=True)
