"""Several people by one invitation: a partner's delegation may take closed parts, as far as the code is good for."""

from dataclasses import replace

from sqlalchemy import select

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import delegations, guest_list, inviting
from s3chem_events.registration.delegations import Group
from s3chem_events.registration.invitation import Invitation, InvitationUse
from s3chem_events.registration.models import Delegation, Participation, Registration


class InvitationShort(Refused):
    """More people want a closed part than the invitation is good for; its values are `left` and `asked`."""

    code = "invitation_short"
    status = 409


def bring(event: Event, invitation: Invitation, group: Group, *, by: Actor) -> Delegation:
    """Register a contact's people by an invitation to a locked event; each of them in a closed part is one use of it.

    The same form sent again answers with the delegation that it made the first time.

    Raises:
        inviting.InvitationOver, InvitationShort, and what `delegations.register_delegation` raises.

    """
    if (there := delegations.made_before(event, group)) is not None:
        return there
    inviting.check_open(event, invitation)
    opened = frozenset(invitation.parts)
    asked = sum(bool(one.choices.keys() & opened) for one in group.everybody.values())
    left = guest_list.room(invitation)
    if asked > left:
        raise InvitationShort(left=left, asked=asked)
    invited = [replace(one, invited=opened) for one in (group.contact, *group.people)]
    brought = replace(group, contact=invited[0], people=tuple(invited[1:]))
    delegation = delegations.register_delegation(event, brought, by=by)
    for guest in _guests(delegation, opened):
        db.session.add(InvitationUse(invitation_id=invitation.id, registration_id=guest, at=now()))
        journal.record("invitation.accepted", invitation.id, by=by, event=event.id, registration=guest)
    invitation.opened_at = invitation.opened_at or now()
    return delegation


def _guests(delegation: Delegation, opened: frozenset[str]) -> list[int]:
    query = (
        select(Registration.id)
        .join(Participation, Participation.registration_id == Registration.id)
        .join(Part, Part.id == Participation.part_id)
        .where(Registration.delegation_id == delegation.id, Part.key.in_(opened))
    )
    return list(db.session.scalars(query.distinct().order_by(Registration.id)))
