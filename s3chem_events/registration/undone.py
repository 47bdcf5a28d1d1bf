"""What waits in the outbox and is not so any more: somebody has again what she gave back, or gave up what she had."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from itertools import chain

from sqlalchemy import select

from s3chem_events.core.db import db
from s3chem_events.core.journal import CONTACT, PARTICIPANT, Actor, Fact
from s3chem_events.mailing import outbox
from s3chem_events.mailing import queries as mailing
from s3chem_events.mailing.outbox import Claimed
from s3chem_events.registration.models import Participation, Registration

CONFIRMED, SUMMARY = "registration.confirmed", "delegation.registered"
WITHDRAWN, LEFT = "registration.withdrawn", "registration.left_waiting_list"
GIVEN_BACK = ("registration.declined_by_calendar", "registration.part_given_up", WITHDRAWN)
OUTDATING = {
    CONFIRMED: (GIVEN_BACK, {str(PARTICIPANT)}),
    SUMMARY: ((*GIVEN_BACK, LEFT), {str(PARTICIPANT), str(CONTACT)}),
}
"""What makes which e-mails outdated, and by whom it must have been done. A summary is always written anew; a
confirmation is not to who has nothing left, but to her who has it back."""


def stop_notices(registration: Registration, back: Collection[Participation], *, by: Actor) -> None:
    """Stop what says that she gave some places back: it holds no more, and what comes next must not wait for it."""
    facts = db.session.scalars(select(Fact).where(Fact.kind.in_(GIVEN_BACK), Fact.subject_id == registration.id))
    about = [fact.id for fact in facts if any(is_about(fact, place.part_id) for place in back)]
    for email_id in mailing.waiting_of(about):
        with suppress(outbox.NotWaiting):  # it has just left
            outbox.cancel(email_id, by=by)


def outdated(claims: Sequence[Claimed]) -> list[Claimed]:
    """Return which claimed confirmations, or summaries of a delegation, name what has been given up since.

    Never one that may have reached its reader, nor where organisers took somebody off: they may think better of it, and
    then nothing else would tell her.
    """
    found = [one for one in claims if one.letter.kind in OUTDATING]
    tried = mailing.tried(one.id for one in found) if found else set()
    first = [one for one in found if one.id not in tried]
    about = _people(first)
    query = select(Fact).where(Fact.kind.in_(OUTDATING[SUMMARY][0]), Fact.subject_id.in_({*chain(*about.values())}))
    facts = db.session.scalars(query).all() if first else []

    def is_outdated(claimed: Claimed) -> bool:
        (kinds, own), written = OUTDATING[claimed.letter.kind], claimed.letter.created_at
        theirs = [one for one in facts if one.kind in kinds and one.subject_id in about[claimed.id]]
        since = [one for one in theirs if one.happened_at > written]
        return bool(since) and all(one.by in own for one in since)

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
