"""A list of addresses that somebody brings: which column is what, what each row says, and what becomes of it; pure."""

import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from s3chem_events.campaigns import topics
from s3chem_events.core.errors import Invalid, Refused
from s3chem_events.core.i18n import words
from s3chem_events.core.tables import Row
from s3chem_events.core.text import LANGUAGES
from s3chem_events.core.values import frozen
from s3chem_events.core.workbooks import column_name
from s3chem_events.mailing import addresses
from s3chem_events.registration import names
from s3chem_events.registration.importing import language_of

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
    NO_DATE = "no_date"
    AHEAD = "ahead"
    NO_ADDRESS = "no_address"
    INVALID = "invalid"
    UNKNOWN_TOPIC = "unknown_topic"


WELL_FORMED = frozenset({Verdict.NEW, Verdict.NO_BASIS, Verdict.NO_DATE, Verdict.AHEAD})
"""What is asked of the database still: whoever is on the list already needs no basis."""


class NoColumn(Refused):
    """No column of the table holds addresses."""

    code = "no_addresses"
    status = 422


@frozen
class Usual:
    """What holds for every row that says nothing else."""

    language: str
    topics: Sequence[str]
    basis: str
    basis_on: date | None


@frozen
class Line:
    """One row of the list, as it would be taken; `topics` of one with an unknown topic are those unknown ones.

    `not_spoken` is what it says in place of one of our languages.
    """

    number: int
    email: str
    language: str
    topics: Sequence[str]
    basis: str
    basis_on: str
    digest: str
    verdict: Verdict
    not_spoken: str = ""


def packed(lines: Iterable[Line], left_out: Sequence[str] = ()) -> bytes:
    """Return a list as it waits in the database for the press; made before it is locked, for 10,000 take a while."""
    rows = [[getattr(line, name) for name in _NAMES] for line in lines]
    return zlib.compress(json.dumps({"left_out": left_out, "rows": rows}).encode(), level=1)


def unpacked(kept: bytes) -> list[Line]:
    """Return the lines that have waited."""
    rows = (dict(zip(_NAMES, row, strict=False)) for row in _waiting(kept)["rows"])
    return [Line(**{**row, "verdict": Verdict(row["verdict"])}) for row in rows]


def left_out_of(kept: bytes) -> list[str]:
    """Return the columns that were not understood in a list that has waited."""
    return list(_waiting(kept)["left_out"])


def _waiting(kept: bytes) -> Mapping[str, Any]:
    found = json.loads(zlib.decompress(kept)) if kept else []
    return found if isinstance(found, dict) else {"left_out": [], "rows": found}  # as it was packed before


_NAMES = tuple(field.name for field in fields(Line))


def lines(rows: Sequence[Row], usual: Usual, *, today: date) -> list[Line]:
    """Return what the rows say, each with a verdict as far as the list alone tells: `new` unless something is wrong.

    Raises:
        NoColumn.

    """
    where, body = _read_as(rows)
    return [_line(row, where, usual, today) for row in body]


def left_out(rows: Sequence[Row]) -> list[str]:
    """Return the columns that say something which is not taken, by their names, or by the letter of a spreadsheet.

    Raises:
        NoColumn.

    """
    where, body = _read_as(rows)
    header = rows[0] if body is not rows else Row(0, ())
    filled = {index for row in body for index, cell in enumerate(row.cells) if cell}
    return [
        names.clean_line(header[index])[:LONGEST_SHOWN] or column_name(index + 1)
        for index in sorted(filled - set(where.values()))
    ]


def _read_as(rows: Sequence[Row]) -> tuple[dict[str, int], Sequence[Row]]:
    """Return which column is what, and the rows below the names of the columns."""
    where = _columns(rows[0]) if rows else {}
    if "email" in where:
        return where, rows[1:]
    column = next((index for index, cell in enumerate(rows[0].cells) if "@" in cell), None) if rows else None
    if column is None:
        raise NoColumn
    return {"email": column}, rows


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
    own = names.clean_line(typed["basis"])[:LONGEST_BASIS]
    basis = own or usual.basis
    basis_on = _day(typed["basis_on"]) if typed["basis_on"] or own else usual.basis_on
    language = language_of(typed["language"])
    said, unknown = _topics(typed["topics"])
    email, verdict = _address(DEFUSED.sub("", typed["email"]))
    if verdict is Verdict.NEW and unknown:
        verdict = Verdict.UNKNOWN_TOPIC
    if verdict is Verdict.NEW:
        verdict = _agreed(basis, basis_on, today)
    return Line(
        number=row.number,
        email=email,
        language=language or usual.language,
        topics=unknown or [topic for topic in topics.TOPICS if topic in (said or usual.topics)],
        basis=basis,
        basis_on=basis_on.isoformat() if basis_on else "",
        digest=addresses.digest(email) if verdict in WELL_FORMED else "",
        verdict=verdict,
        not_spoken="" if language else names.clean_line(typed["language"])[:LONGEST_SHOWN],
    )


def _agreed(basis: str, basis_on: date | None, today: date) -> Verdict:
    """Return what is missing of a row's proof; a basis of its own never has the day of another one."""
    if not basis:
        return Verdict.NO_BASIS
    if basis_on is None:
        return Verdict.NO_DATE
    return Verdict.NEW if basis_on <= today else Verdict.AHEAD


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


def _day(typed: str) -> date | None:
    for pattern in DAYS:
        with suppress(ValueError):
            return datetime.strptime(typed.strip()[:10], pattern).date()  # noqa: DTZ007 - a day has no zone
    return None
