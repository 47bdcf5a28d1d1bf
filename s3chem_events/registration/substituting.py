"""A colleague comes instead: places that one person has confirmed go to another, who begins anew."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.publishing.lifecycle import TAKING
from s3chem_events.publishing.queries import part_begins_at
from s3chem_events.registration import (
    actions,
    answering,
    crowds,
    delegation_queries,
    identity,
    moving_up,
    names,
    versions,
)
from s3chem_events.registration.actions import Applicant
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.invitation import InvitationUse
from s3chem_events.registration.models import Delegation, Participation, Registration

NAMES = {"registration.handed_over": "to", "registration.taken_over": "of"}
"""The facts of a substitution, and where each names the other person."""
LEFT = frozenset({Standing.WITHDRAWN, Standing.REJECTED})


class NothingToHandOver(Refused):
    """There is no confirmed place, or the event has begun."""

    code = "nothing_to_hand_over"
    status = 409


def places(registration: Registration) -> list[Participation]:
    """Return what somebody can hand over: places that are confirmed, never a rank in line (docs/decisions/0021)."""
    return [p for p in registration.participations if p.standing is Standing.CONFIRMED and not p.part.cancelled]


def may_hand_over(registration: Registration) -> bool:
    """Whether a person of a loaded event can let somebody come instead: until the first of her parts begins."""
    if registration.withdrawn_at is not None or registration.event.state not in TAKING:
        return False
    handed = places(registration)
    return bool(handed) and now() < min(part_begins_at(one.part) for one in handed)


def hand_over(registration: Registration, successor: Applicant, *, by: Actor) -> Registration:
    """Give the places of a locked event to somebody else: in one step, so that nobody who waits comes between.

    Nothing that the first person told goes with them. What she only waited for ends.

    Raises:
        NothingToHandOver, actions.AddressBlocked, actions.AlreadyRegistered.

    """
    if not may_hand_over(registration):
        raise NothingToHandOver
    event, moment, handed = registration.event, now(), places(registration)
    before = crowds.of(event.id)
    parts = [one.part_id for one in handed]
    fresh = _successor(registration, successor, handed, moment=moment)
    for participation in registration.participations:
        if participation.standing not in LEFT:
            participation.standing, participation.decided_at = Standing.WITHDRAWN, moment
    registration.withdrawn_at = registration.handed_over_at = registration.changed_at = moment
    registration.person = None
    db.session.flush()
    answering.keep(fresh, successor.answers, by=by)
    hand_over_invitation(registration.id, fresh.id)
    journal.record("registration.handed_over", registration.id, by=by, event=event.id, to=fresh.id, parts=parts)
    journal.record("registration.taken_over", fresh.id, by=by, event=event.id, of=registration.id)
    if all(one.standing is Standing.PENDING for one in fresh.participations):  # else the first e-mail names these too
        journal.record("registration.pending", fresh.id, by=by, event=event.id)
    moving_up.pass_on(event, before)  # a place that was only offered to her, or awaited a decision, is free
    return fresh


def _successor(
    registration: Registration, applicant: Applicant, handed: Sequence[Participation], *, moment: datetime
) -> Registration:
    event = registration.event
    person = names.person_of(applicant)
    identity.check(event.id, email=applicant.email, person=person)
    fresh = actions.new_registration(event, applicant)
    fresh.delegation_id = registration.delegation_id
    delegation = db.session.get(Delegation, registration.delegation_id) if registration.delegation_id else None
    fresh.via_contact = delegation is not None and delegation_queries.is_reached_through(delegation, fresh)
    versions.rise(registration, handed)
    before = versions.first(event.id, fresh.address_digest)
    fresh.participations = [
        Participation(
            part_id=one.part_id,
            mode=one.mode,
            standing=moving_up.standing_in(one.part, decided=False),  # she was approved, her colleague is not
            decided_at=moment,
            changes=before.get(one.part_id, 0),
        )
        for one in handed
    ]
    db.session.add(fresh)
    return fresh


def hand_over_invitation(registration_id: int, successor_id: int) -> None:
    """Let a place that an invitation gave stay used: it would bring another person in else."""
    used = db.update(InvitationUse).where(InvitationUse.registration_id == registration_id)
    db.session.execute(used.values(registration_id=successor_id).execution_options(synchronize_session=False))


def handed_parts(registration: Registration) -> frozenset[int]:
    """Return the ids of the parts that somebody handed over; what she only waited for is none of them."""
    query = db.select(Fact.data).where(Fact.kind == "registration.handed_over", Fact.subject_id == registration.id)
    data = db.session.scalar(query.order_by(Fact.id.desc()).limit(1)) or {}
    return frozenset(data.get("parts", ()))


def counterparts(facts: Iterable[Fact]) -> dict[int, Registration]:
    """Return who came instead, or who was there before, by the fact that says so; one statement."""
    others = {fact.id: fact.data[NAMES[fact.kind]] for fact in facts if fact.kind in NAMES}
    if not others:
        return {}
    query = db.select(Registration).where(Registration.id.in_(others.values()))
    by_id = {row.id: row for row in db.session.scalars(query)}
    return {fact_id: by_id[number] for fact_id, number in others.items() if number in by_id}
