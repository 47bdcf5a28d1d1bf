"""What every way back asks before a place is somebody's again: whose word was the last, and what is open to her still.

The ways: an answer of her calendar (calendar_answers), a withdrawal taken back (returning), a part added again
(giving_up, adding), an invitation followed once more (joining, inviting).
"""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import or_, select, union

from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import CALENDAR, CONTACT, PARTICIPANT, Fact
from s3chem_events.publishing.lifecycle import Visibility
from s3chem_events.publishing.models import Part
from s3chem_events.registration import actions, guest_list, names, undone
from s3chem_events.registration.invitation import Invitation, InvitationUse
from s3chem_events.registration.models import Registration

LEFT = (*undone.GIVEN_BACK, undone.LEFT)
"""The facts by which somebody is not in a part any more; a rejection stands at the place itself."""
DECIDED = ("registration.rejected", "registration.approved")
FREEING = (undone.WITHDRAWN, "registration.approved")
"""After which no part is closed to a guest: she has gone as a whole, or a yes has ended the no before it."""
HERS = frozenset({str(PARTICIPANT), str(CONTACT), str(CALENDAR)})


class TooLate(Refused):
    """What was given up can be had back no more, or has been decided anew since."""

    code = "too_late"
    status = 410


class InvitationUsed(Refused):
    """Somebody else has come by the invitation in the meantime."""

    code = "invitation_used"
    status = 409


def is_hers(left: Fact) -> bool:
    """Whether somebody left by her own word, or for want of it, and not because an organiser took her off."""
    return left.by in HERS or "silent_until" in left.data


def left_by(registration: Registration) -> dict[int, Fact]:
    """Return by which fact somebody left each part last, by the part's id."""
    query = select(Fact).where(Fact.kind.in_(LEFT), Fact.subject_id == registration.id)
    return _last(db.session.scalars(query.order_by(Fact.id)), [part.id for part in registration.event.parts])


def is_open_to(registration: Registration, part: Part) -> bool:
    """Whether a part may be somebody's again: a closed one as long as her invitation to it stands.

    Whom an organiser put down for it by hand needs none.
    """
    if part.visibility is not Visibility.INVITED:
        return True
    theirs = [one for one in _taken_up(registration) if part.key in one.parts]
    return not theirs or any(part.key in opened_by(one) for one in theirs)


def opened_by(invitation: Invitation) -> frozenset[str]:
    """Return the keys of the closed parts that an invitation opens, and none once it is withdrawn."""
    if invitation.withdrawn_at is not None:
        return frozenset()
    return frozenset(invitation.parts) - taken_off(invitation)


def taken_off(invitation: Invitation) -> frozenset[str]:
    """Return the keys of the parts that organisers refused the guest of a personal invitation, or took her off, since.

    There it is over, by whatever way she had come. From whom they withdrew as a whole her invitation is free again, for
    her or another (docs/decisions/0020). What one of many did or lost who have one code says nothing of the others.
    """
    if invitation.uses > 1:
        return frozenset()
    made = select(Fact.id).where(Fact.kind == "invitation.added", Fact.subject_id == invitation.id)
    query = select(Fact).where(Fact.kind.in_((*LEFT, *DECIDED)), Fact.subject_id.in_(_theirs(invitation)))
    query = query.where(Fact.id + 0 > made.scalar_subquery())  # by the index of the subject, not through the journal
    if not (facts := db.session.scalars(query.order_by(Fact.id)).all()):
        return frozenset()
    parts = db.session.execute(select(Part.id, Part.key).filter_by(event_id=invitation.event_id))
    keys = {row.id: row.key for row in parts}
    last = _last(facts, keys).items()
    return frozenset(keys[number] for number, fact in last if fact.kind not in FREEING and not is_hers(fact))


def come_back(registration: Registration) -> None:
    """Make a withdrawn registration of a locked event one again.

    Raises:
        actions.AlreadyRegistered: its person has registered anew.
        InvitationUsed.

    """
    if registration.withdrawn_at is None:
        return
    if come_anew(registration) is not None:
        raise actions.AlreadyRegistered
    if not all(map(guest_list.has_room, guest_list.invitations_of(registration.id))):
        raise InvitationUsed
    registration.person, registration.withdrawn_at = names.person_of(registration), None


def come_anew(registration: Registration) -> int | None:
    """Return the number of the registration that the person of a withdrawn one has by now, or None."""
    person = names.person_of(registration)
    return db.session.scalar(select(Registration.id).filter_by(event_id=registration.event_id, person=person).limit(1))


def _taken_up(registration: Registration) -> list[Invitation]:
    """Return the invitations that somebody came by, or that added to what she had."""
    used = select(InvitationUse.invitation_id).where(InvitationUse.registration_id == registration.id)
    said = select(Fact.subject_id).where(
        Fact.kind == "invitation.accepted", Fact.data["registration"].as_integer() == registration.id
    )
    query = select(Invitation).where(Invitation.event_id == registration.event_id)
    return list(db.session.scalars(query.where(or_(Invitation.id.in_(used), Invitation.id.in_(said)))))


def _theirs(invitation: Invitation) -> Any:
    """Ask for the registrations that an invitation led or added to, and for all that its mailbox has at the event."""
    used = select(InvitationUse.registration_id).where(InvitationUse.invitation_id == invitation.id)
    if not invitation.address_digest:
        return used
    asked = {"event_id": invitation.event_id, "address_digest": invitation.address_digest, "via_contact": False}
    return union(used, select(Registration.id).filter_by(**asked))


def _last(facts: Iterable[Fact], part_ids: Collection[int]) -> dict[int, Fact]:
    standing = [fact for fact in facts if not fact.data.get("called_off")]
    return {number: fact for fact in standing for number in part_ids if undone.is_about(fact, number)}
