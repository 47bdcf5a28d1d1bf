"""What was said before a calendar's answer, and outlasts it: by other ways than the calendar, or once too often."""

from datetime import datetime

from sqlalchemy import select

from s3chem_events.core.db import db
from s3chem_events.core.journal import CALENDAR, Fact
from s3chem_events.registration.models import Participation

RESTORED = "registration.restored"
COMES = (RESTORED, "registration.still_coming", "registration.mode_changed")
"""By what somebody says, on her own page or to an organiser, that she comes."""


def is_overtaken(participation: Participation, stamp: datetime) -> bool:
    """Whether an answer was written before its guest said by another way that she comes."""
    said = (fact.happened_at for fact in _facts(participation, COMES) if fact.by != str(CALENDAR))
    return any(stamp <= moment for moment in said)


def was_taken_back(participation: Participation) -> bool:
    """Whether a calendar has taken back once what it had declined: it goes to and fro no further by itself."""
    return any(fact.by == str(CALENDAR) for fact in _facts(participation, (RESTORED,)))


def _facts(participation: Participation, kinds: tuple[str, ...]) -> list[Fact]:
    """Return what happened to a place; a fact that names no part is about all."""
    query, part = select(Fact).where(Fact.kind.in_(kinds)), participation.part_id
    found = db.session.scalars(query.where(Fact.subject_id == participation.registration_id))
    return [fact for fact in found if fact.data.get("part", part) == part]
