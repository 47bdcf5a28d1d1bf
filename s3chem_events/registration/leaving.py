"""How somebody stood to what she has left: of a line that she left nothing was hers, nor in her calendar."""

from collections.abc import Mapping

from sqlalchemy import select

from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.registration import undone
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Participation, Registration

OFFER_ENDED = "registration.offer_ended"
LINE = (undone.LEFT, OFFER_ENDED)


def stood(registration: Registration) -> Mapping[int, Standing]:
    """Return how somebody stood to each part that she has left, by the part's id: waiting, pending or confirmed."""
    gone = [p for p in registration.participations if p.standing is Standing.WITHDRAWN]
    if not gone:
        return {}
    kinds = Fact.kind.in_((*undone.GIVEN_BACK, *LINE))
    query = select(Fact).where(kinds, Fact.subject_id == registration.id).order_by(Fact.id)
    facts = [fact for fact in db.session.scalars(query) if not fact.data.get("called_off")]
    found = {p.part_id: _stood(p, facts) for p in gone}
    return {number: was for number, was in found.items() if was is not None}


def _stood(place: Participation, facts: list[Fact]) -> Standing | None:
    number, was, told_at = place.part_id, None, None
    for fact in facts:
        if off := fact.data.get("off", {}).get(str(number)):
            was, told_at = Standing(off), fact.happened_at
        elif undone.is_about(fact, number):
            was, told_at = _was(fact, number), fact.happened_at
        elif fact.kind == undone.WITHDRAWN and (told_at is None or place.decided_at > told_at):
            was = Standing.WAITING  # it names what she had, and she left more with it
    return was


def _was(fact: Fact, number: int) -> Standing:
    if fact.kind in LINE:
        return Standing.WAITING
    return Standing.PENDING if number in fact.data.get("pending", ()) else Standing(fact.data.get("was", "confirmed"))
