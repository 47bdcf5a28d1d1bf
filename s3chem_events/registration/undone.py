"""What waits in the outbox and is not so any more: somebody has again what she gave back, or gave up what she had.

Or it has been decided about her since, and she has been told.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from itertools import chain

from sqlalchemy import select

from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import CONTACT, PARTICIPANT, Actor, Fact
from s3chem_events.mailing import outbox
from s3chem_events.mailing import queries as mailing
from s3chem_events.mailing.outbox import Claimed
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Participation, Registration

CONFIRMED, SUMMARY = "registration.confirmed", "delegation.registered"
PENDING, WAITING = "registration.pending", "registration.waiting"
WITHDRAWN, LEFT = "registration.withdrawn", "registration.left_waiting_list"
GIVEN_BACK = ("registration.declined_by_calendar", "registration.part_given_up", WITHDRAWN)
DECIDED = ("registration.approved", "registration.rejected")
OUTDATING = {
    CONFIRMED: (GIVEN_BACK, {str(PARTICIPANT)}),
    PENDING: ((*GIVEN_BACK, *DECIDED), {str(PARTICIPANT)}),
    WAITING: ((*GIVEN_BACK, LEFT, "registration.promoted"), {str(PARTICIPANT)}),
    SUMMARY: ((*GIVEN_BACK, LEFT), {str(PARTICIPANT), str(CONTACT)}),
}
"""What makes which e-mails outdated, and by whom it counts before it has been told. A summary is always written anew;
the others are not to whom they would say nothing that is so still, but to her who has it back."""


def stop_notices(registration: Registration, back: Collection[Participation], *, by: Actor) -> None:
    """Stop what says that she gave some places back: it holds no more, and what comes next must not wait for it.

    What also takes something out of her calendar that has not come back is sent.
    """
    facts = db.session.scalars(select(Fact).where(Fact.kind.in_(GIVEN_BACK), Fact.subject_id == registration.id))
    gone = [p for p in registration.participations if p not in back and p.standing is not Standing.CONFIRMED]
    hers = [fact for fact in facts if any(is_about(fact, place.part_id) for place in back)]
    _stop([fact for fact in hers if not any(is_about(fact, place.part_id) for place in gone)], by=by)


def stop_all(ended: Registration, *, held: Collection[int], by: Actor) -> None:
    """Stop what waits of a registration that has ended for another, but not what takes a part that is not held off."""
    query = select(Fact).where(Fact.kind.startswith("registration."), Fact.subject_id == ended.id)
    facts = db.session.scalars(query)
    _stop([fact for fact in facts if fact.kind not in GIVEN_BACK or fact.data.get("part") in held], by=by)


def _stop(facts: Collection[Fact], *, by: Actor) -> None:
    for email_id in mailing.waiting_of([fact.id for fact in facts]):
        with suppress(outbox.NotWaiting):  # it has just left
            outbox.cancel(email_id, by=by)


def outdated(claims: Sequence[Claimed]) -> list[Claimed]:
    """Return which claimed e-mails say what has been given up, or decided, since.

    Never one that may have reached its reader, nor while organisers may think better of having taken somebody off: then
    nothing else would tell her. Once that has been told they cannot, and it must not be contradicted. A clock that
    lags behind what has happened would have them written anew over and over.
    """
    found = [one for one in claims if one.letter.kind in OUTDATING]
    tried = mailing.tried(one.id for one in found) if found else set()
    first = [one for one in found if one.id not in tried]
    about, moment = _people(first), now()
    kinds_of_all = {*chain.from_iterable(kinds for kinds, _own in OUTDATING.values())}
    query = select(Fact).where(Fact.kind.in_(kinds_of_all), Fact.subject_id.in_({*chain(*about.values())}))
    facts = [one for one in db.session.scalars(query) if not one.data.get("called_off")] if first else []

    def is_outdated(claimed: Claimed) -> bool:
        (kinds, own), written = OUTDATING[claimed.letter.kind], claimed.letter.created_at
        theirs = [one for one in facts if one.kind in kinds and one.subject_id in about[claimed.id]]
        since = [one for one in theirs if one.happened_at > written]
        return bool(since) and all(
            one.happened_at <= moment and (one.by in own or one.relayed_at is not None) for one in since
        )

    return [one for one in first if is_outdated(one)]


def _people(claims: Sequence[Claimed]) -> dict[int, list[int]]:
    """Return whom each of these e-mails is about: its reader, or all of her delegation."""
    delegations = [one.letter.subject_id for one in claims if one.letter.kind == SUMMARY]
    query = select(Registration.id, Registration.delegation_id).where(Registration.delegation_id.in_(delegations))
    members = db.session.execute(query).all() if delegations else []
    return {
        one.id: [number for number, whose in members if whose == one.letter.subject_id]
        if one.letter.kind == SUMMARY
        else [one.letter.subject_id]
        for one in claims
    }


def is_about(fact: Fact, part_id: int) -> bool:
    """Whether a fact takes somebody off a part; who withdrew from all that she had has no list there."""
    if "part" in fact.data:
        return bool(fact.data["part"] == part_id)
    return part_id in fact.data.get("parts", [part_id])
