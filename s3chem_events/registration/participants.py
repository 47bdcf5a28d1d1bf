"""What the desk and the exports read of the people at an event. Selects only, in a known number of statements."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, exists, func, not_, type_coerce
from sqlalchemy.orm import joinedload, selectinload

from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.core.values import frozen
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Part
from s3chem_events.registration import anew, cancelled_parts, names, places
from s3chem_events.registration.capacity import Said, Standing
from s3chem_events.registration.models import Delegation, Participation, Registration

PAGE = 50
BATCH = 500
COLUMNS = (
    "reference",
    "state",
    "part",
    "mode",
    "given_name",
    "family_name",
    "email",
    "organisation",
    "organisation_type",
    "country",
    "region",
    "language",
    "registered_at",
    "phone",
    "waiting_position",
    "delegation",
    "present",
)
"""The ids of the exports' columns; they stay, and new ones are added at the end."""
NOTED = {True: "yes", False: "no"}
SORTS = ("name", "organisation", "newest", "oldest")


@frozen
class Wanted:
    """Which people are asked for; empty values ask for all."""

    words: str = ""
    part: str = ""
    mode: Mode | None = None
    standing: Standing | None = None
    sort: str = "name"
    withdrawn: bool = True  # False leaves out who has withdrawn or was rejected
    to_call: bool = False  # True leaves out who has an e-mail address, and who has been erased
    delegation: str = ""  # the reference of one

    @property
    def filtered(self) -> bool:
        """Whether somebody may be left out."""
        chosen = self.part or self.mode or self.standing or self.to_call or self.delegation
        return bool(self.words.strip() or chosen or not self.withdrawn)


@frozen
class Place:
    """One part that a person chose."""

    part: str
    mode: Mode
    standing: Standing
    answer: Said
    position: int  # in the waiting list, from 1 on
    is_lost: bool  # held or waited for until the part was cancelled


@frozen
class Participant:
    """One line of the list."""

    id: int
    reference: str
    given_name: str
    family_name: str
    email: str
    phone: str
    organisation: str
    region: str
    registered_at: datetime
    handed_over_at: datetime | None
    erased_at: datetime | None
    places: tuple[Place, ...]
    besides: tuple[str, ...]  # the references of what she has besides, for she came anew


@frozen
class Page:
    """Some lines of the list, how many there are in all, how many people come, and how many would fit but do not."""

    rows: tuple[Participant, ...]
    total: int
    number: int
    people: int
    withdrawn: int = 0

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // PAGE))


def page(event_id: int, wanted: Wanted, *, number: int = 1) -> Page:
    """Return one page of the people at an event, in six statements; past the end it is the last page."""
    people = _people(event_id, wanted)
    come = anew.WHO if wanted.standing or not wanted.withdrawn else case((places.COUNTED, anew.WHO))
    counts = db.select(func.count(Registration.id), func.count(func.distinct(come)))
    total, coming = db.session.execute(counts.where(*people)).one()
    number = max(1, min(number, -(-total // PAGE)))
    columns = (field.name for field in fields(Participant) if field.name not in {"places", "besides"})
    query = db.select(*(getattr(Registration, name) for name in columns)).where(*people).order_by(*_order(wanted.sort))
    rows = db.session.execute(query.limit(PAGE).offset((number - 1) * PAGE)).mappings().all()
    ids = [row["id"] for row in rows]
    held, besides = _places(event_id, ids), anew.besides(ids)
    again = {number: tuple(one.reference for one in others) for number, others in besides.items()}
    lines = tuple(Participant(**row, places=held.get(row["id"], ()), besides=again.get(row["id"], ())) for row in rows)
    return Page(lines, total, number, coming, _withdrawn(event_id, wanted))


def participations(event_id: int, wanted: Wanted) -> Iterator[Sequence[tuple[str, ...]]]:
    """Yield the exports' rows, one a participation, in batches: never all of them in memory."""
    query = _participations(event_id, wanted).execution_options(yield_per=BATCH)
    moment = COLUMNS.index("registered_at")
    for rows in db.session.execute(query).partitions():
        yield [_as_words(row, moment) for row in rows]


def _as_words(row: Sequence[Any], moment: int) -> tuple[str, ...]:
    *last, position, delegation, present = row[moment + 1 :]
    registered_at = f"{row[moment]:%Y-%m-%dT%H:%M:%SZ}"
    return (*row[:moment], registered_at, *last, str(position or ""), delegation or "", NOTED.get(present, ""))


def participation_count(event_id: int, wanted: Wanted) -> int:
    """Return how many rows the export will have."""
    query = _participations(event_id, wanted).order_by(None).with_only_columns(func.count(Participation.id))
    return db.session.scalar(query) or 0


def people_counts() -> dict[int, int]:
    """Return how many people are registered for each event, without who has withdrawn or was rejected."""
    rows = db.session.execute(
        db.select(Registration.event_id, func.count(func.distinct(anew.WHO)))
        .where(places.COUNTED)
        .group_by(Registration.event_id)
    )
    return dict(rows.all())


def person(event_id: int, reference: str) -> Registration | None:
    """Return everything about one registration of this event; None for a reference of another one."""
    found: Registration | None = db.session.scalar(
        db.select(Registration)
        .filter_by(event_id=event_id, reference=reference)
        .options(
            joinedload(Registration.event),
            selectinload(Registration.participations).joinedload(Participation.part),
            selectinload(Registration.consents),
        )
    )
    return found


BESIDES = ("details.filled", "details.erased", "letter.asked")
"""Facts about a registration that are called after something else."""


def history(registration_id: int) -> list[Fact]:
    """Return what happened to a registration, newest first."""
    theirs = Fact.kind.startswith("registration.") | Fact.kind.in_(BESIDES)
    query = db.select(Fact).where(theirs, Fact.subject_id == registration_id)
    return list(db.session.scalars(query.order_by(Fact.id.desc())))


def _withdrawn(event_id: int, wanted: Wanted) -> int:
    """Return how many of those whom the list would show do not come; none where it asks for one standing."""
    if wanted.standing:
        return 0
    people = _people(event_id, replace(wanted, withdrawn=True))
    gone = db.select(func.count(Registration.id)).where(*people, not_(places.COUNTED))
    return db.session.scalar(gone) or 0


def _people(event_id: int, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Registration.event_id == event_id, *_sought(wanted)]
    if wanted.part or wanted.mode or wanted.standing:
        there = exists().where(Participation.registration_id == Registration.id, *_chosen(wanted))
        conditions.append(there.where(Participation.part_id == Part.id))
    elif not wanted.withdrawn:
        conditions.append(places.COUNTED)
    return conditions


def _participations(event_id: int, wanted: Wanted) -> Select[Any]:
    line = places.line(event_id)
    columns = {
        **{name: getattr(Registration, name) for name in COLUMNS if hasattr(Registration, name)},
        # As they are stored: 20,000 rows need no enum made of a word and a word of an enum.
        "state": type_coerce(places.STANDING, String),
        "mode": type_coerce(places.MODE, String),
        "part": Part.key,
        "waiting_position": line.c.position,
        "delegation": Delegation.reference,
        "present": Participation.present,
    }
    query: Select[Any] = (
        db.select(*(columns[name] for name in COLUMNS))
        .select_from(Registration)
        .join(Participation, Participation.registration_id == Registration.id)
        .join(Part, Part.id == Participation.part_id)
        .join(line, line.c.id == Participation.id, isouter=True)
        .join(Delegation, Delegation.id == Registration.delegation_id, isouter=True)
        .where(Registration.event_id == event_id, *_sought(wanted), *_chosen(wanted))
        .order_by(*_order(wanted.sort), Part.position)
    )
    return query


def _sought(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = _said(wanted.words)
    if wanted.to_call:
        conditions += [Registration.email == "", Registration.erased_at.is_(None)]
    if wanted.delegation:
        theirs = db.select(Delegation.id).filter_by(reference=wanted.delegation)
        conditions.append(Registration.delegation_id.in_(theirs))
    return conditions


def _said(words: str) -> list[ColumnElement[bool]]:
    """Every word must occur, as a piece of the name, organisation, address or reference, in any spelling."""
    return [Registration.search.contains(word, autoescape=True) for word in names.sought(words).split()]


def _chosen(wanted: Wanted) -> list[ColumnElement[bool]]:
    """The part, mode and standing are those of one participation, not of any three."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.part:
        conditions.append(Part.key == wanted.part)
    if wanted.mode:
        conditions.append(places.MODE.in_([wanted.mode]))
    if wanted.standing:
        conditions.append(places.STANDING.in_([wanted.standing]))
    elif not wanted.withdrawn:
        conditions.append(places.STANDING.not_in(places.OVER))
    return conditions


def _order(sort: str) -> list[ColumnElement[Any]]:
    orders: dict[str, list[Any]] = {
        "organisation": [func.lower(Registration.organisation), Registration.sort_name, Registration.id],
        "newest": [Registration.id.desc()],
        "oldest": [Registration.id],
    }
    return orders.get(sort, [Registration.sort_name, Registration.id])


def _places(event_id: int, registration_ids: list[int]) -> dict[int, tuple[Place, ...]]:
    line = places.line(event_id)
    kept = Participation.standing.in_(places.INTERESTED)
    rows = db.session.execute(
        db.select(
            *(Participation.registration_id, Part.id, Part.cancelled, kept),
            *(Part.key, places.MODE, places.STANDING, Participation.answer, func.coalesce(line.c.position, 0)),
        )
        .join(Part, Part.id == Participation.part_id)
        .join(line, line.c.id == Participation.id, isouter=True)
        .where(Participation.registration_id.in_(registration_ids))
        .order_by(Participation.registration_id, Part.position)
    )
    stood = cancelled_parts.stood_by_ids(registration_ids)
    found: dict[int, list[Place]] = {}
    for registration_id, part_id, cancelled, is_kept, *place in rows:
        is_lost = cancelled and (is_kept or part_id in stood[registration_id])
        found.setdefault(registration_id, []).append(Place(*(*place, is_lost)))
    return {registration_id: tuple(places) for registration_id, places in found.items()}
