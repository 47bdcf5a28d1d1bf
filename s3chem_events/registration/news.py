"""What people are told, once: news of somebody to whom an e-mail has not left yet, and what she was never told of.

An unconfirmed mailbox, or a mail server that is down, lets e-mails wait, and their people act meanwhile. The worker
writes anew what waits about them, as things are by now (dispatch.relay).
"""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import select

from s3chem_events.core.db import db
from s3chem_events.core.journal import STRANGERS, Fact
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.registration.heard import AGAIN, FIRST
from s3chem_events.registration.models import Registration

ROOM, GROUPS = "registration.", "delegation."
GIVEN_UP = "registration.part_given_up"
GIVING = (FIRST | AGAIN | {"registration.address_changed"}) - {GIVEN_UP}
"""The e-mails that say what somebody has, or waits for."""
SUMMARIES = frozenset({"delegation.registered", "delegation.person_added", "delegation.summary_requested"})
WHOLE = SUMMARIES | {"registration.confirmed", "registration.restored", "registration.confirmation_requested"}
"""What says all of it, unless a fact names its parts."""
WITHIN = WHOLE | {"registration.pending", "registration.waiting", "registration.mode_changed"}
"""What stands in such an e-mail, too, where that is written later than it happened."""
TAKING = frozenset({"registration.withdrawn", GIVEN_UP})


def subjects(facts: Sequence[Fact]) -> dict[str, set[int]]:
    """Return of whom some facts bring news, by how the kinds of the e-mails about them begin."""
    people = {fact.subject_id for fact in facts if fact.kind.startswith(ROOM)}
    groups = {fact.subject_id for fact in facts if fact.kind.startswith(GROUPS)}
    if people:
        query = select(Registration.delegation_id).where(Registration.id.in_(people))
        groups |= {one for one in db.session.scalars(query) if one is not None}
    return {ROOM: people, GROUPS: groups}


def told_once(facts: Iterable[Fact]) -> list[Fact]:
    """Return facts in the order of what happened, without what an earlier one of them tells with the rest.

    Of what was given up twice the first is told: nobody has heard that she had it in between. What organisers do is
    told by itself, for it need not wait as long as what strangers can cause.
    """
    found, known = list[Fact](), set[tuple[object, ...]]()
    for fact in sorted(facts, key=lambda one: one.id):
        whose = (fact.kind.partition(".")[0], fact.subject_id)
        taken = (*whose, fact.kind, fact.data.get("part"))
        is_known = taken in known or (fact.kind in WITHIN and whose in known)
        if is_known and fact.by in STRANGERS:
            continue
        found.append(fact)
        if fact.kind in TAKING:
            known.add(taken)
        if fact.kind in WHOLE and not {"parts", "handed_on"} & fact.data.keys():
            known.add(whose)
    return found


def unheard(registrations: Collection[Registration]) -> dict[int, set[int]]:
    """Return of which of their parts people were never told, by their ids: what says so has not left; one statement."""
    told, waits = dict[int, set[int]](), dict[int, set[int]]()
    theirs = {one.id: {place.part_id for place in one.participations} for one in registrations}
    query = select(OutgoingEmail.subject_id, OutgoingEmail.attempts, Fact.data).join(
        Fact, Fact.id == OutgoingEmail.fact_id
    )
    for number, tries, data in db.session.execute(
        query.where(OutgoingEmail.subject_id.in_(theirs), OutgoingEmail.kind.in_(GIVING))
    ):
        parts = set(data["parts"]) if "parts" in data else {data["part"]} if "part" in data else theirs[number]
        (told if tries else waits).setdefault(number, set()).update(parts)
    return {number: waits.get(number, set()) - told.get(number, set()) for number in theirs}
