"""Who registers again: what she has at the event is in the way, unless nothing of it takes place (decision 0020)."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, or_, select, union
from sqlalchemy.orm import aliased, selectinload

from s3chem_events.core.db import db
from s3chem_events.registration import names, places
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Participation, Registration


def make_way(
    event_id: int, wanted: Mapping[str, Collection[int]], digests: Collection[str], *, decided: bool = False
) -> dict[str, Registration]:
    """Return what is in the way of people who come to a locked event, by their digests (names.person_digest).

    `wanted` are the parts that each of them asks for, by id, and `digests` those of their addresses. What holds, and
    waits for, nothing that takes place makes way: it stays, for a part may be held after all, and is nobody's
    registration by name any more. Whom organisers rejected gets no such part by asking again, also not by withdrawing
    before, unless it was `decided` about her anew.
    """
    asked = {"event": event_id, "persons": list(wanted), "digests": [one for one in digests if one]}
    back = dict[str, Registration]()
    for one in db.session.scalars(_THEIRS, asked).all():
        person = names.person_of(one)
        if person not in wanted:
            continue
        if _is_in_the_way(one, wanted[person], decided=decided):
            back[person] = one
        else:
            one.person = None
    db.session.flush()  # before another one is written that is hers by name
    return back


def parts_elsewhere(registration: Registration) -> set[int]:
    """Return the parts, by id, that a registration which made way for this one has to do with.

    Those that somebody has there or waits for, and those for which she was rejected, also if she has withdrawn since.
    """
    asked = {"event_id": registration.event_id, "address_digest": registration.address_digest}
    theirs = select(Registration).filter_by(**asked).where(_MADE_WAY)
    return {
        place.part_id
        for one in db.session.scalars(theirs.options(selectinload(Registration.participations)))
        if registration.address_digest and names.person_of(one) == names.person_of(registration)
        for place in one.participations
        if place.standing is Standing.REJECTED or (one.withdrawn_at is None and place.standing in places.INTERESTED)
    }


def besides(registration_ids: Collection[int]) -> dict[int, list[Registration]]:
    """Return what the same people have besides at the event, by id, where they came anew; each with its parts.

    In two statements, or one where there is none.
    """
    mine, other = aliased(Registration), aliased(Registration)
    living = (one.withdrawn_at.is_(None) & one.erased_at.is_(None) for one in (mine, other))
    query = (
        select(mine, other)
        .where(mine.id.in_(registration_ids), *living, mine.id != other.id, *_may_be_one(mine, other))
        .where(or_(mine.person.is_(None), other.person.is_(None)))
        .options(selectinload(other.participations).joinedload(Participation.part))
        .order_by(other.id)
    )
    found = dict[int, list[Registration]]()
    for one, again in db.session.execute(query):
        if names.person_of(one) == names.person_of(again):
            found.setdefault(one.id, []).append(again)
    return found


def _may_be_one(one: Any, other: Any) -> tuple[ColumnElement[bool], ...]:
    """Ask for registrations that may be one person's; the index is that of the list."""
    same = (getattr(one, name) == getattr(other, name) for name in ("event_id", "sort_name", "address_digest"))
    return tuple(same)


def _is_in_the_way(registration: Registration, parts: Collection[int], *, decided: bool) -> bool:
    if registration.withdrawn_at is None and places.parts_ahead(registration):
        return True
    refused = {p.part_id for p in registration.participations if p.standing is Standing.REJECTED}
    return not refused.isdisjoint(parts) and (registration.withdrawn_at is None or not decided)


# What else one mailbox has left, a thousand registrations it may be, is nothing to whoever comes.
_MADE_WAY = Registration.person.is_(None) & or_(
    Registration.withdrawn_at.is_(None), Registration.participations.any(Participation.standing == Standing.REJECTED)
)
# Two searches, each by its index: asked with OR, or for the event by its column, SQLite walks through all its people.
_KNOWN = union(
    select(Registration.id).where(
        Registration.event_id == bindparam("event"), Registration.person.in_(bindparam("persons", expanding=True))
    ),
    select(Registration.id).where(Registration.address_digest.in_(bindparam("digests", expanding=True)), _MADE_WAY),
)
_THEIRS = (
    select(Registration)
    .where(Registration.id.in_(_KNOWN), Registration.event_id + 0 == bindparam("event"))
    .options(selectinload(Registration.participations).joinedload(Participation.part))
    .order_by(Registration.id)
)
_NEWER = aliased(Registration)
# Two without an address may have one name, and are told apart as in names.person_digest.
_CALLED = (Registration.phone == _NEWER.phone) & or_(
    Registration.phone != "", Registration.organisation == _NEWER.organisation
)
WHO: ColumnElement[Any] = func.coalesce(
    Registration.person,
    select(_NEWER.person)
    .where(*_may_be_one(Registration, _NEWER), _NEWER.person.is_not(None))
    .where(or_(Registration.address_digest != "", _CALLED))
    .limit(1)
    .correlate(Registration)
    .scalar_subquery(),
    Registration.reference,
)
"""Who it is, to count people by: of somebody who came anew and has two registrations it is the same."""
