"""Guests out of a table that an organiser brings: which column is what, who each row is, and a verdict for each."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import cache

from s3chem_events.core import i18n
from s3chem_events.core.errors import Invalid
from s3chem_events.core.tables import Row, TooManyRows
from s3chem_events.core.text import LANGUAGES
from s3chem_events.core.values import frozen
from s3chem_events.mailing import addresses, suppression
from s3chem_events.publishing.models import Event
from s3chem_events.registration import guest_list, names
from s3chem_events.registration.inviting import Guest

MOST = 2_000
"""Rows in one file: each stands in the preview with its verdict."""
HEADINGS: dict[str, tuple[str, ...]] = {
    "email": (
        *("email", "e mail", "mail", "address", "e mail address", "email address", "adresse", "e mail adresse"),
        *("courriel", "adresse electronique", "adresse e mail", "correo", "correo electronico", "correu"),
        *("correu electronic", "adres e mail", "indirizzo e mail", "posta elettronica", "e mailadres"),
    ),
    "given_name": (*("given name", "first name", "firstname", "forename", "vorname", "prenom", "voornaam", "imie"),),
    "family_name": (
        *("family name", "last name", "lastname", "surname", "nachname", "familienname", "nom de famille"),
        *("achternaam", "cognome", "cognom", "cognoms", "apellido", "apellidos", "nazwisko"),
    ),
    "name": (
        *("name", "full name", "naam", "nom", "nome", "nombre", "nome e cognome", "imie i nazwisko", "nom complet"),
        "nombre y apellidos",
    ),
    "organisation": (
        *("organisation", "organization", "institution", "company", "firma", "einrichtung", "organisme", "entreprise"),
        *("organisatie", "bedrijf", "organizzazione", "ente", "azienda", "organitzacio", "empresa", "organizacion"),
        *("organizacja", "instytucja"),
    ),
    "language": ("language", "lang", "sprache", "langue", "taal", "lingua", "llengua", "idioma", "jezyk"),
}
"""What a column is called, folded and without marks, in the languages of the partners."""
MARKS = re.compile(r"[^\w]+")
BRACKETED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]+)>")


class Verdict(StrEnum):
    """What would become of a row; only what is `new`, or invited to another part alone, is added."""

    NEW = "new"
    ANOTHER_PART = "another_part"
    DUPLICATE = "duplicate"
    INVITED = "invited"
    REGISTERED = "registered"
    SUPPRESSED = "suppressed"
    NO_ADDRESS = "no_address"
    INVALID = "invalid"


ADDED = frozenset({Verdict.NEW, Verdict.ANOTHER_PART})


@frozen
class Judged:
    """A row: where it stood, who it is, what would become of it, and whether its language was not known."""

    number: int
    guest: Guest
    verdict: Verdict
    other_language: str = ""


def judged(event: Event, rows: Sequence[Row], *, parts: Collection[str], language: str) -> list[Judged]:
    """Return what would become of each row, in three statements; who gives no language gets the one given here.

    Invited or registered already is who is so for all the `parts` (their keys) to which the others are to be invited.

    Raises:
        TooManyRows.

    """
    if len(rows) > MOST:
        raise TooManyRows(most=MOST)
    columns, first = _columns(rows)
    read = [_read(row, columns, language) for row in rows[first:]]
    digests = {one.guest.email: addresses.digest(one.guest.email) for one in read if one.verdict is Verdict.NEW}
    invited = guest_list.invited_to(event.id)
    known = (
        (Verdict.INVITED, {digest for digest, there in invited.items() if there.issuperset(parts)}),
        (Verdict.REGISTERED, guest_list.registered_digests(event.id, parts)),
        (Verdict.SUPPRESSED, set(suppression.dead(digests.values()))),
        (Verdict.ANOTHER_PART, set(invited)),
    )
    seen: set[str] = set()
    found = []
    for one in read:
        verdict, digest = one.verdict, digests.get(one.guest.email, "")
        if verdict is Verdict.NEW:
            verdict = next((said for said, there in known if digest in there), verdict)
            verdict = Verdict.DUPLICATE if digest in seen else verdict
            seen.add(digest)
        found.append(replace(one, verdict=verdict))
    return found


def _columns(rows: Sequence[Row]) -> tuple[dict[str, int], int]:
    """Return which column is what, and where the people begin; without headings, the order of a usual list."""
    if not rows:
        return {}, 0
    headed: dict[str, int] = {}
    for index, cell in enumerate(rows[0].cells):
        words = MARKS.sub(" ", names.fold(cell)).strip()
        what = next((what for what, known in HEADINGS.items() if words in known), "")
        if what and what not in headed:
            headed[what] = index
    if headed:
        # "Prénom" beside "Nom", "Nome" beside "Cognome": one of two names, and which one the other tells.
        for one, other in (("given_name", "family_name"), ("family_name", "given_name")):
            if "name" in headed and one in headed and other not in headed:
                headed[other] = headed.pop("name")
        return headed, 1
    width = max(len(row.cells) for row in rows)
    email = max(range(width), key=lambda index: sum("@" in row[index] for row in rows))
    others = [index for index in range(width) if index != email]
    order = ("name",) if len(others) == 1 else ("given_name", "family_name", "organisation", "language")
    return {"email": email, **dict(zip(order, others, strict=False))}, 0


def _read(row: Row, columns: dict[str, int], language: str) -> Judged:
    cells = {what: row[index] for what, index in columns.items()}
    typed, name = cells.get("email", ""), cells.get("name", "")
    if bracketed := BRACKETED.fullmatch(typed):
        typed, name = bracketed["address"], name or bracketed["name"].strip(' "')
    given, family = _parted(name)
    said = cells.get("language", "")
    spoken = language_of(said) or language
    guest = Guest(
        email="",
        given_name=_line(cells.get("given_name", "") or given, names.LONGEST_NAME),
        family_name=_line(cells.get("family_name", "") or family, names.LONGEST_NAME),
        organisation=_line(cells.get("organisation", ""), names.LONGEST_ORGANISATION),
        language=spoken,
    )
    verdict, address = Verdict.NEW, typed.removeprefix("mailto:").strip()
    try:
        address = names.address(address)
    except Invalid:
        verdict = Verdict.INVALID if address else Verdict.NO_ADDRESS
    shown = replace(guest, email=address[: names.LONGEST_ADDRESS])
    return Judged(row.number, shown, verdict, said if said and not language_of(said) else "")


def _parted(name: str) -> tuple[str, str]:
    """Part a whole name: "Nowak, Anna" as it says, otherwise the last word is the family's."""
    family, comma, given = name.partition(",")
    if comma:
        return given.strip(), family.strip()
    given, _space, family = name.rpartition(" ")
    return given, family


def _line(value: str, longest: int) -> str:
    return names.clean_line(value)[:longest]


def language_of(said: str) -> str:
    """Return the language that a cell means: its code, or its name in itself or in one of ours; nothing for others.

    What is said of a country, `de-AT` or `Spanish (ES)`, makes no other language.
    """
    folded = re.split(r"[-_(]", names.fold(said))[0].strip()
    return folded if folded in LANGUAGES else _spoken().get(folded, "")


@cache
def _spoken() -> dict[str, str]:
    named = {names.fold(own): code for code, own in LANGUAGES.items()}
    return named | {names.fold(i18n.language_name(code, reader)): code for code in LANGUAGES for reader in LANGUAGES}
