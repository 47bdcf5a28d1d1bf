"""What waits in the outbox and is not so any more: somebody has again what she gave back, or gave up what she had."""

from collections.abc import Collection, Sequence
from contextlib import suppress

from sqlalchemy import select

from s3chem_events.core.db import db
from s3chem_events.core.journal import PARTICIPANT, Actor, Fact
from s3chem_events.mailing import outbox
from s3chem_events.mailing import queries as mailing
from s3chem_events.mailing.outbox import Claimed
from s3chem_events.registration.models import Participation, Registration

CONFIRMED = "registration.confirmed"
WITHDRAWN = "registration.withdrawn"
GIVEN_BACK = ("registration.declined_by_calendar", "registration.part_given_up", WITHDRAWN)


def stop_notices(registration: Registration, back: Collection[Participation], *, by: Actor) -> None:
    """Stop what says that she gave some places back: it holds no more, and what comes next must not wait for it."""
    facts = db.session.scalars(select(Fact).where(Fact.kind.in_(GIVEN_BACK), Fact.subject_id == registration.id))
    about = [fact.id for fact in facts if any(_is_about(fact, place.part_id) for place in back)]
    for email_id in mailing.waiting_of(about):
        with suppress(outbox.NotWaiting):  # it has just left
            outbox.cancel(email_id, by=by)


def outdated(claims: Sequence[Claimed]) -> list[Claimed]:
    """Return which claimed confirmations name what their reader has given up since they were written.

    Never one that may have reached her, nor that of somebody whom organisers took off: they may think better of it, and
    then nothing else would tell her.
    """
    found = [one for one in claims if one.letter.kind == CONFIRMED]
    tried = mailing.tried(one.id for one in found) if found else set()
    first = [one for one in found if one.id not in tried]
    if not first:
        return []
    query = select(Fact).where(Fact.kind.in_(GIVEN_BACK), Fact.subject_id.in_([one.letter.subject_id for one in first]))
    facts = db.session.scalars(query.order_by(Fact.id)).all()

    def is_outdated(claimed: Claimed) -> bool:
        letter = claimed.letter
        since = [one for one in facts if one.subject_id == letter.subject_id and one.happened_at > letter.created_at]
        return bool(since) and all(one.by == str(PARTICIPANT) for one in since)

    return [one for one in first if is_outdated(one)]


def _is_about(fact: Fact, part_id: int) -> bool:
    """Whether a fact takes somebody off a part; who withdrew from all that she had has no list there."""
    if "part" in fact.data:
        return bool(fact.data["part"] == part_id)
    return part_id in fact.data.get("parts", [part_id])
