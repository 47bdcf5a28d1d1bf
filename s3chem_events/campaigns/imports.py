"""A list of addresses that somebody brings: which column is what, what each row says, and what becomes of it; pure."""

import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from functools import cache

from s3chem_events.campaigns import topics
from s3chem_events.core.errors import Invalid, Refused
from s3chem_events.core.i18n import words
from s3chem_events.core.tables import Row
from s3chem_events.core.text import LANGUAGES
from s3chem_events.mailing import addresses
from s3chem_events.registration import names

COLUMNS = ("email", "language", "topics", "basis", "basis_on")
ALIASES = {
    "email": ("mail", "address", "email address", "emailadresse", "adresse email", "courriel", "indirizzo email"),
    "language": ("lang", "code"),
    "topics": ("topic",),
    "basis": ("consent", "source of consent", "einwilligung", "consentement"),
    "basis_on": ("basis on", "consent date", "date of consent"),
}
LONGEST_BASIS = 500
LONGEST_SHOWN = 100
DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y")
DEFUSED = re.compile("^'(?=[=+@-])")
"""What our own files put before a cell that a spreadsheet would calculate."""
BETWEEN = re.compile(r"[,;|\n\r]+")


class Verdict(StrEnum):
    """What becomes of a row. Only what is new, and has a basis, is taken."""

    NEW = "new"
    KNOWN = "known"
    OTHER_LANGUAGE = "other_language"
    WAITING = "waiting"
    LEFT = "left"
    DEAD = "dead"
    DUPLICATE = "duplicate"
    NO_BASIS = "no_basis"
    NO_ADDRESS = "no_address"
    INVALID = "invalid"
    UNKNOWN_TOPIC = "unknown_topic"


WELL_FORMED = frozenset({Verdict.NEW, Verdict.NO_BASIS})
"""What is asked of the database still: whoever is on the list already needs no basis."""


class NoColumn(Refused):
    """No column of the table holds addresses."""

    code = "no_addresses"
    status = 422


@dataclass(frozen=True, slots=True)
class Usual:
    """What holds for every row that says nothing else."""

    language: str
    topics: Sequence[str]
    basis: str
    basis_on: date | None


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list, as it would be taken; `topics` of one with an unknown topic are those unknown ones."""

    number: int
    email: str
    language: str
    topics: Sequence[str]
    basis: str
    basis_on: str
    digest: str
    verdict: Verdict


def packed(lines: Iterable[Line]) -> bytes:
    """Return lines as they wait in the database for the press; made before it is locked, for 10,000 take a while."""
    return zlib.compress(json.dumps([[getattr(line, name) for name in _NAMES] for line in lines]).encode(), level=1)


def unpacked(kept: bytes) -> list[Line]:
    """Return the lines that have waited."""
    rows = (dict(zip(_NAMES, row, strict=True)) for row in json.loads(zlib.decompress(kept))) if kept else ()
    return [Line(**{**row, "verdict": Verdict(row["verdict"])}) for row in rows]


_NAMES = tuple(field.name for field in fields(Line))


def lines(rows: Sequence[Row], usual: Usual, *, today: date) -> list[Line]:
    """Return what the rows say, each with a verdict as far as the list alone tells: `new` unless something is wrong.

    Raises:
        NoColumn.

    """
    where = _columns(rows[0]) if rows else {}
    body = rows[1:]
    if "email" not in where:
        column = next((index for index, cell in enumerate(rows[0].cells) if "@" in cell), None) if rows else None
        if column is None:
            raise NoColumn
        where, body = {"email": column}, rows
    return [_line(row, where, usual, today) for row in body]


def _columns(header: Row) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, cell in enumerate(header.cells):
        column = _names().get(names.sought(cell.replace("_", " ")))
        if column is not None:
            found.setdefault(column, index)
    return found


@cache
def _names() -> dict[str, str]:
    """Return what each column may be called: in every language as our own files call it, and a few more."""
    known = {names.sought(alias): column for column, aliases in ALIASES.items() for alias in aliases}
    known |= {names.sought(column.replace("_", " ")): column for column in COLUMNS}
    for language in LANGUAGES:
        _ = words(language)
        ours = {"email": _("E-mail"), "language": _("Language"), "topics": _("Topics")}
        ours |= {"basis": _("Basis"), "basis_on": _("Date of the basis")}
        known |= {names.sought(label): column for column, label in ours.items()}
    return known


def _line(row: Row, where: Mapping[str, int], usual: Usual, today: date) -> Line:
    typed = {column: row[where[column]] if column in where else "" for column in COLUMNS}
    basis = names.clean_line(typed["basis"])[:LONGEST_BASIS] or usual.basis
    basis_on = _day(typed["basis_on"]) if typed["basis_on"] else usual.basis_on
    said, unknown = _topics(typed["topics"])
    email, verdict = _address(DEFUSED.sub("", typed["email"]))
    if verdict is Verdict.NEW and unknown:
        verdict = Verdict.UNKNOWN_TOPIC
    if verdict is Verdict.NEW and not (basis and basis_on and basis_on <= today):
        verdict = Verdict.NO_BASIS
    return Line(
        number=row.number,
        email=email,
        language=_language(typed["language"]) or usual.language,
        topics=unknown or [topic for topic in topics.TOPICS if topic in (said or usual.topics)],
        basis=basis,
        basis_on=basis_on.isoformat() if basis_on else "",
        digest=addresses.digest(email) if verdict in WELL_FORMED else "",
        verdict=verdict,
    )


def _topics(typed: str) -> tuple[set[str], list[str]]:
    """Return the topics of a cell, and what in it is none: names in any of our languages, or codes."""
    known, pieces = _topic_names(), [piece.strip() for piece in BETWEEN.split(typed) if piece.strip()]
    found, unknown = set[str](), list[str]()
    while pieces:
        width = 2 if _named(" ".join(pieces[:2])) in known else 1  # the name of one topic has a comma in it
        piece, pieces = " ".join(pieces[:width]), pieces[width:]
        named = [piece] if _named(piece) in known else piece.split()  # our own files put spaces between codes
        if all(_named(one) in known for one in named):
            found |= {known[_named(one)] for one in named}
        else:
            unknown.append(piece[:LONGEST_SHOWN])
    return found, unknown


@cache
def _topic_names() -> dict[str, str]:
    """Return the topics by their codes and by their names in every language."""
    labels = (topics.labels(language).items() for language in LANGUAGES)
    return {_named(name): topic for pairs in labels for topic, label in pairs for name in (topic, str(label))}


def _named(typed: str) -> str:
    return names.sought(" ".join(BETWEEN.sub(" ", typed).split()))


def _address(typed: str) -> tuple[str, Verdict]:
    try:
        return names.address(typed), Verdict.NEW
    except Invalid:
        return typed[:LONGEST_SHOWN], Verdict.INVALID if typed else Verdict.NO_ADDRESS


def _language(typed: str) -> str:
    """Return the language of a cell, by its code or by its own name; "" for none that we write in."""
    code = typed.strip().lower().replace("_", "-").partition("-")[0]
    if code in LANGUAGES:
        return code
    return next((key for key, name in LANGUAGES.items() if names.sought(name) == names.sought(typed)), "")


def _day(typed: str) -> date | None:
    for pattern in DAYS:
        with suppress(ValueError):
            return datetime.strptime(typed.strip()[:10], pattern).date()  # noqa: DTZ007 - a day has no zone
    return None
