"""Who registers again: what she has at the event is in the way, unless nothing of it takes place (decision 0020)."""

from collections.abc import Collection, Mapping

from sqlalchemy import bindparam, select, union
from sqlalchemy.orm import selectinload

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
        person = _who(one)
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
    theirs = select(Registration).filter_by(**asked).where(Registration.person.is_(None))
    return {
        place.part_id
        for one in db.session.scalars(theirs.options(selectinload(Registration.participations)))
        if registration.address_digest and _who(one) == _who(registration)
        for place in one.participations
        if place.standing is Standing.REJECTED or (one.withdrawn_at is None and place.standing in places.INTERESTED)
    }


def _who(registration: Registration) -> str:
    return names.person_digest(**{name: getattr(registration, name) for name in names.PERSON})


def _is_in_the_way(registration: Registration, parts: Collection[int], *, decided: bool) -> bool:
    if registration.withdrawn_at is None and places.parts_ahead(registration):
        return True
    refused = {p.part_id for p in registration.participations if p.standing is Standing.REJECTED}
    return not refused.isdisjoint(parts) and (registration.withdrawn_at is None or not decided)


# Two searches, each by its index: asked with OR, or for the event by its column, SQLite walks through all its people.
_KNOWN = union(
    select(Registration.id).where(
        Registration.event_id == bindparam("event"), Registration.person.in_(bindparam("persons", expanding=True))
    ),
    select(Registration.id).where(Registration.address_digest.in_(bindparam("digests", expanding=True))),
)
_THEIRS = (
    select(Registration)
    .where(Registration.id.in_(_KNOWN), Registration.event_id + 0 == bindparam("event"))
    .options(selectinload(Registration.participations).joinedload(Participation.part))
    .order_by(Registration.id)
)
