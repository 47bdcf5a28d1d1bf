"""What waits in the outbox and says that somebody gave places back that she has again: it leaves no more."""

from collections.abc import Collection
from contextlib import suppress

from sqlalchemy import select

from s3chem_events.core.db import db
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.mailing import outbox
from s3chem_events.mailing import queries as mailing
from s3chem_events.registration.models import Participation, Registration

GIVEN_BACK = ("registration.declined_by_calendar", "registration.part_given_up", "registration.withdrawn")


def stop_notices(registration: Registration, back: Collection[Participation], *, by: Actor) -> None:
    """Stop what says that she gave some places back: it holds no more, and what comes next must not wait for it."""
    facts = db.session.scalars(select(Fact).where(Fact.kind.in_(GIVEN_BACK), Fact.subject_id == registration.id))
    about = [fact.id for fact in facts if any(_is_about(fact, place.part_id) for place in back)]
    for email_id in mailing.waiting_of(about):
        with suppress(outbox.NotWaiting):  # it has just left
            outbox.cancel(email_id, by=by)


def _is_about(fact: Fact, part_id: int) -> bool:
    """Whether a fact takes somebody off a part; who withdrew from all that she had has no list there."""
    if "part" in fact.data:
        return bool(fact.data["part"] == part_id)
    return part_id in fact.data.get("parts", [part_id])
