"""What somebody has in parts that the organisers cancelled: not given up with the rest, it may be hers again.

Whoever withdraws from all that takes place has withdrawn; the fact keeps how she stood to what is off.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import func, select

from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.publishing.models import Part
from s3chem_events.registration import places
from s3chem_events.registration.capacity import HOLDING, Standing
from s3chem_events.registration.models import Participation, Registration

KINDS = ("registration.withdrawn", "registration.left_waiting_list", "registration.declined_by_calendar")


def kept(before: Mapping[Participation, Standing]) -> dict[str, Any]:
    """Return what a fact keeps of it, given how she stood to her parts."""
    off = {str(p.part_id): s for p, s in before.items() if p.part.cancelled and s in places.INTERESTED}
    return {"off": off} if off else {}


def stood(registration: Registration) -> Mapping[int, Standing]:
    """Return how somebody stood to the parts, by their ids, that were cancelled before she withdrew from the rest."""
    if registration.withdrawn_at is None or not any(p.part.cancelled for p in registration.participations):
        return {}
    return stood_by_ids([registration.id])[registration.id]


def stood_by_ids(ids: Collection[int]) -> Mapping[int, Mapping[int, Standing]]:
    """Return the same of some registrations, in one statement; of those that are withdrawn."""
    withdrawn = select(Registration.id).where(Registration.id.in_(ids), Registration.withdrawn_at.is_not(None))
    query = select(Fact.subject_id, Fact.data).where(Fact.kind.in_(KINDS), Fact.subject_id.in_(withdrawn))
    last = {number: data.get("off", {}) for number, data in db.session.execute(query.order_by(Fact.id))}
    return {number: {int(part): Standing(was) for part, was in last.get(number, {}).items()} for number in ids}


def put_back(registration: Registration, stood: Mapping[int, Standing]) -> None:
    """Let somebody who comes back stand as before to what is off still, so that she is told if it is held after all."""
    for participation in registration.participations:
        was = stood.get(participation.part_id) if participation.part.cancelled else None
        if was is not None and participation.standing is Standing.WITHDRAWN and fits(participation, was):
            participation.standing, participation.decided_at = was, now()


def fits(participation: Participation, standing: Standing) -> bool:
    """Whether somebody can stand like this again in a part that is cancelled, without one place more than there are."""
    part, mode = participation.part, participation.part.mode_of(participation.mode)
    limit = part.capacities.get(mode)
    if standing not in HOLDING or limit is None:
        return True
    there = select(func.count(Participation.id)).join(Part)
    there = there.where(Part.id == part.id, places.MODE.in_([mode]), Participation.standing.in_(HOLDING))
    return (db.session.scalar(there) or 0) < limit
