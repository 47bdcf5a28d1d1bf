"""What is erased of the people at an event: 90 days after it whatever reaches them, after the audit date their names.

The clock does it, some at a time. What has to be shown to the funding programme stays until then: who had a place, in
which part, and was there. Of who never had one nothing stays. Each deletion leaves a fact, and nothing of the person.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, or_, select

from s3chem_events.core import clock, journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Actor
from s3chem_events.mailing import confirming
from s3chem_events.publishing import audited
from s3chem_events.publishing.lifecycle import POSTPONED_FOR, State
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import derived
from s3chem_events.registration.capacity import Said, Standing
from s3chem_events.registration.models import Change, Code, Delegation, Participation, Registration
from s3chem_events.registration.questions import MAILED_FROM

KEPT_FOR = timedelta(days=MAILED_FROM)
"""So long after its last day whoever was at an event can be reached (privacy notice, "How long we keep your data")."""
AT_ONCE, DELEGATIONS = 100, 20
"""How many are erased in one transaction; the clock comes again in a minute (docs/decisions/0002)."""
STAYS = exists().where(
    Participation.registration_id == Registration.id,
    or_(
        and_(Registration.withdrawn_at.is_(None), Participation.standing == Standing.CONFIRMED),
        Participation.present.is_(True),
    ),
)
"""Who had a place to the last, or was there."""


def erase_outlived(*, by: Actor) -> int:
    """Erase by what the next people could be reached, and wholly who had no place; returns how many."""
    over = _over()
    due = (
        select(
            *(Registration.id, Registration.event_id, Registration.reference, STAYS.label("stays")),
            *(Registration.given_name, Registration.family_name, Registration.organisation, Registration.email),
        )
        .where(Registration.event_id.in_(over), Registration.erased_at.is_(None))
        .order_by(Registration.id)
        .limit(AT_ONCE)
    )
    people = db.session.execute(due.with_for_update(of=Registration)).all()
    confirming.forget(one.email for one in people)
    _delete([one.id for one in people if not one.stays])
    _empty([one for one in people if one.stays])
    journal.record_each("registration.erased", {one.id: {"event": one.event_id} for one in people}, by=by)
    return len(people) + _erase_contacts(over, by=by)


def erase_names(*, by: Actor) -> int:
    """Erase name and organisation of the next people once the project's audit date has passed; returns how many."""
    until = audited.until()
    if until is None or clock.today("UTC") <= until:
        return 0
    named = select(Registration.id, Registration.event_id, Registration.reference).where(
        Registration.event_id.in_(_over()), Registration.sort_name > "", Registration.erased_at.is_not(None)
    )
    people = db.session.execute(named.limit(AT_ONCE).with_for_update(of=Registration)).all()
    nameless = dict.fromkeys(("given_name", "family_name", "sort_name", "organisation"), "")
    _update([{**nameless, "id": one.id, "search": derived.searchable(one.reference)} for one in people])
    journal.record_each("registration.name_erased", {one.id: {"event": one.event_id} for one in people}, by=by)
    return len(people)


def _over() -> Select[int]:
    """Return the events whose last day is long ago, of its parts that were not cancelled, or of all if all were.

    A postponed one is still to come, for as long as it is awaited.
    """
    last = func.coalesce(func.max(case((~Part.cancelled, Part.ends_on))), func.max(Part.ends_on))
    day = clock.today("UTC") - KEPT_FOR
    query = select(Part.event_id).join(Event).group_by(Part.event_id, Event.state)
    return query.having(last <= case((Event.state == State.POSTPONED, day - POSTPONED_FOR), else_=day))


def _delete(ids: Collection[int]) -> None:
    """Delete registrations with all that hangs on them; files of answers go with the next sweep of uploads."""
    if ids:
        gone = db.delete(Registration).where(Registration.id.in_(ids))
        db.session.execute(gone.execution_options(synchronize_session=False))


def _empty(people: Collection[Any]) -> None:
    """Empty what people can be reached by, and what they or others wrote; their links open nothing any more."""
    if not people:
        return
    nothing: dict[str, Any] = dict.fromkeys(("email", "address_digest", "phone", "language", "attempt"), "")
    nothing |= {"person": None, "via_contact": False, "link_sent_at": None, "letter_at": None, "erased_at": now()}
    nothing["link_version"] = Registration.link_version + 1
    ids = [one.id for one in people]
    theirs = db.update(Registration).where(Registration.id.in_(ids)).values(nothing)
    said = {"answer": Said.NOTHING, "answer_sequence": 0, "answer_dtstamp": None, "decision_reason": ""}
    for statement in (
        theirs,
        db.update(Participation).where(Participation.registration_id.in_(ids)).values(said),
        db.delete(Change).where(Change.registration_id.in_(ids)),
        db.delete(Code).where(Code.registration_id.in_(ids)),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))
    _update(
        [
            {
                "id": one.id,
                "search": derived.searchable(one.given_name, one.family_name, one.organisation, one.reference),
            }
            for one in people
        ]
    )


def _update(rows: list[dict[str, Any]]) -> None:
    if rows:
        db.session.execute(db.update(Registration), rows)


def _erase_contacts(over: Select[int], *, by: Actor) -> int:
    """Delete the next delegations: who came with one stays by herself."""
    these = select(Delegation.id).where(Delegation.event_id.in_(over)).order_by(Delegation.id).limit(DELEGATIONS)
    told = (Delegation.id, Delegation.event_id, Delegation.email)
    gone = db.delete(Delegation).where(Delegation.id.in_(these)).returning(*told)
    rows = db.session.execute(gone.execution_options(synchronize_session=False)).all()
    confirming.forget(one.email for one in rows)
    journal.record_each("delegation.erased", {one.id: {"event": one.event_id} for one in rows}, by=by)
    return len(rows)
