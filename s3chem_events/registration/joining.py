"""Somebody who is registered already and then invited: the closed parts join what she has, nothing is asked anew."""

from sqlalchemy import select

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.mailing import confirming
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import adding, anew, guest_list, inviting, moving_up, names, queries, ways_back
from s3chem_events.registration.actions import Applicant
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.invitation import Invitation, InvitationUse
from s3chem_events.registration.models import Registration


class NothingToJoin(Refused):
    """The invited address has no registration, or several, or the invitation opens nothing for it now."""

    code = "nothing_to_join"
    status = 409


def registration_of(invitation: Invitation, *, lock: bool = False) -> Registration | None:
    """Return what the invited address is registered for at the event, where it is one registration alone.

    Whoever has the link of a personal invitation has the mailbox that it was sent to, and so may add to what that
    mailbox registered; a code that is handed on proves nothing of the kind.
    """
    if not invitation.address_digest or invitation.uses != 1:
        return None
    asked = {"event_id": invitation.event_id, "address_digest": invitation.address_digest, "via_contact": False}
    theirs = select(Registration.id).filter_by(**asked).where(Registration.person.is_not(None))
    found = db.session.scalars(theirs.limit(2)).all()
    return queries.registration_by_id(found[0], lock=lock) if len(found) == 1 else None


def is_hers(invitation: Invitation, registration: Registration) -> bool:
    """Whether a registration is the guest's own: anybody can have typed her address, and has the link to what he typed.

    Her mailbox was proven since, or it bears her name: as the organisers wrote it, or as she typed it herself.
    """
    name = names.fold(invitation.full_name)
    return (
        (bool(name) and name == names.fold(registration.full_name))
        or confirming.was_since(registration.email, registration.registered_at)
        or _is_recognised(invitation, registration)
    )


def recognise(invitation: Invitation, applicant: Applicant, *, by: Actor) -> None:
    """Note that a guest who fills in the form of her invitation is registered already, by the name that she types."""
    there = registration_of(invitation)
    if there is not None and there.person == names.person_of(applicant) and not _is_recognised(invitation, there):
        event = invitation.event_id
        journal.record("invitation.recognised", invitation.id, by=by, event=event, registration=there.id)


def _is_recognised(invitation: Invitation, registration: Registration) -> bool:
    query = select(Fact.data).where(Fact.kind == "invitation.recognised", Fact.subject_id == invitation.id)
    return any(data["registration"] == registration.id for data in db.session.scalars(query))


def parts_to_join(event: Event, invitation: Invitation, registration: Registration) -> list[tuple[Part, Mode]]:
    """Return which parts the invitation would add, each on site where that can be; a no stands until it is revised."""
    theirs = (registration, *anew.besides([registration.id]).get(registration.id, ()))
    held = {one.part_id for each in theirs for one in each.participations if one.standing is not Standing.WITHDRAWN}
    opened = ways_back.opened_by(invitation)
    return [
        (part, next(mode for mode in Mode if mode in part.capacities))
        for part in publishing.open_parts(event, invited=opened)
        if part.key in opened and part.id not in held and part.capacities
    ]


def join(invitation: Invitation, *, may_wait: bool, by: Actor) -> Registration:
    """Add the parts of an invitation to what its guest is registered for, all of them or none.

    Where nothing is free she waits, if she said so. Pressed again it answers with the same registration.

    Raises:
        inviting.InvitationOver, NothingToJoin, capacity.Full.

    """
    registration = registration_of(invitation, lock=True)
    if registration is None or registration.withdrawn_at is not None or not is_hers(invitation, registration):
        raise NothingToJoin
    event = registration.event
    inviting.check_open(event, invitation)
    chosen = parts_to_join(event, invitation, registration)
    if not chosen:
        return registration
    if not guest_list.has_room(invitation):
        raise inviting.InvitationOver
    willing = frozenset((part.key, mode.value) for part, mode in chosen) if may_wait else frozenset[tuple[str, str]]()
    adding.put_down(registration, chosen, moving_up.places_for(event, chosen, may_wait=willing), decided=True, by=by)
    _take_up(invitation, registration)
    inviting.confirm_mailbox(invitation, by=by)
    journal.record("invitation.accepted", invitation.id, by=by, event=event.id, registration=registration.id)
    return registration


def _take_up(invitation: Invitation, registration: Registration) -> None:
    """Note who came by the invitation; a no is taken back by that."""
    which = {"invitation_id": invitation.id, "registration_id": registration.id}
    if db.session.scalar(select(InvitationUse.id).filter_by(**which)) is None:
        db.session.add(InvitationUse(**which, at=now()))
    invitation.opened_at = invitation.opened_at or now()
    invitation.declined_at, invitation.message = None, ""
