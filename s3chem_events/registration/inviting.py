"""What becomes of invitations: put on the guest list, taken up, declined, withdrawn, and erased in time."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.core.values import frozen
from s3chem_events.mailing import addresses, confirming
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import POSTPONED_FOR, State, Visibility
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import actions, crowds, guest_list, names, ways_back
from s3chem_events.registration.actions import ALPHABET, Applicant
from s3chem_events.registration.invitation import CODE_LENGTH, Invitation, InvitationUse
from s3chem_events.registration.models import LONGEST_SEARCH, LONGEST_SORT_NAME, Registration

KEPT_FOR = timedelta(days=30)
"""So long after its event an invitation is kept; then it is erased with its e-mails."""


class NoClosedPart(Refused):
    """Only closed parts that take place are what one is invited to."""

    code = "no_closed_part"
    status = 422


class AlreadyInvited(Refused):
    """The address is invited to these parts already."""

    code = "already_invited"
    status = 409


class InvitationOver(Refused):
    """The invitation has been used, withdrawn, or its event is over."""

    code = "invitation_over"
    status = 410


@frozen
class Guest:
    """Who is to be invited; without an `email` it is a code that is handed on, good for so many `uses`."""

    email: str = ""
    given_name: str = ""
    family_name: str = ""
    organisation: str = ""
    language: str = ""
    uses: int = 1


def closed_parts(event: Event) -> list[Part]:
    """Return the parts that one can be invited to."""
    return [part for part in event.parts if part.visibility is Visibility.INVITED and not part.cancelled]


def invite(event: Event, guests: Sequence[Guest], *, parts: Collection[str], by: Actor) -> list[Invitation]:
    """Put people on the guest list of a locked event, all of them or none; nobody is written to yet.

    Who is invited to some of the parts already gets an invitation to the others besides.

    Raises:
        NoClosedPart, AlreadyInvited.

    """
    keys = [part.key for part in closed_parts(event) if part.key in parts]
    if not keys or len(keys) != len(parts):
        raise NoClosedPart
    known, moment = guest_list.invited_to(event.id), now()
    made = []
    for guest in guests:
        digest = addresses.digest(guest.email) if guest.email else ""
        there = known.setdefault(digest, set()) if digest else set[str]()
        news = [key for key in keys if key not in there]
        if not news:
            raise AlreadyInvited
        there.update(news)
        made.append(_invitation(event, guest, news, digest, moment))
    db.session.add_all(made)
    db.session.flush()
    for one in made:
        journal.record("invitation.added", one.id, by=by, event=event.id)
    return made


def withdraw(invitation: Invitation, *, by: Actor) -> bool:
    """Take an invitation back: its link and its code open nothing any more. Again changes nothing: False."""
    if invitation.withdrawn_at is not None:
        return False
    invitation.withdrawn_at = now()
    journal.record("invitation.withdrawn", invitation.id, by=by, event=invitation.event_id)
    return True


def opened(token: str) -> Invitation:
    """Return the invitation that a link opens.

    Raises:
        InvitationOver.

    """
    if (found := guest_list.by_token(token)) is None:
        raise InvitationOver
    return found


def is_public(event: Event) -> bool:
    """Whether an event has a page that an invitation can speak of."""
    return event.state is not State.DRAFT


def is_open(event: Event) -> bool:
    """Whether invitations of an event can be answered: as long as it is to come."""
    return event.state not in {State.DRAFT, State.CANCELLED} and not publishing.is_past(event)


def has_list(event: Event) -> bool:
    """Whether guests can wait for a place in a closed part."""
    return any(crowds.has_line(event, part) for part in closed_parts(event))


def open_form(invitation: Invitation, *, by: Actor) -> None:
    """Note that somebody pressed to see the form; a link that is only fetched, as scanners do, says nothing."""
    if invitation.opened_at is None:
        invitation.opened_at = now()
        journal.record("invitation.opened", invitation.id, by=by, event=invitation.event_id)


def decline(event: Event, invitation: Invitation, *, message: str, by: Actor) -> None:
    """Say that one does not come, with a word to the organisers; again changes nothing.

    Raises:
        InvitationOver.

    """
    check_open(event, invitation)
    if invitation.declined_at is None:
        invitation.declined_at, invitation.message = now(), message
        journal.record("invitation.declined", invitation.id, by=by, event=event.id)


def reconsider(event: Event, invitation: Invitation, *, by: Actor) -> None:
    """Take a no back, until the event; again changes nothing.

    Raises:
        InvitationOver.

    """
    check_open(event, invitation)
    if invitation.declined_at is not None:
        invitation.declined_at, invitation.message = None, ""
        journal.record("invitation.reconsidered", invitation.id, by=by, event=event.id)


def accept(event: Event, invitation: Invitation, applicant: Applicant, *, by: Actor) -> Registration:
    """Register somebody by an invitation to a locked event, for its closed parts and for the open ones.

    The same form sent again answers with the registration that it made the first time.

    Raises:
        InvitationOver, and what `actions.register` raises.

    """
    if (there := _made_by(invitation, applicant.attempt)) is not None:
        return there
    check_open(event, invitation)
    parts = ways_back.opened_by(invitation)
    if not parts or not guest_list.has_room(invitation):
        raise InvitationOver
    invited = replace(applicant, invited=parts)
    registration = actions.register(event, invited, by=by, decided=is_decided(invitation))
    db.session.add(InvitationUse(invitation_id=invitation.id, registration_id=registration.id, at=now()))
    invitation.opened_at = invitation.opened_at or now()
    invitation.declined_at, invitation.message = None, ""
    confirm_mailbox(invitation, by=by)
    journal.record("invitation.accepted", invitation.id, by=by, event=event.id, registration=registration.id)
    return registration


def is_decided(invitation: Invitation) -> bool:
    """Whether an organiser has had her say about a guest: whom a partner hands a code to, she does not know.

    Whom organisers took off a part since, they decide about anew.
    """
    return invitation.uses == 1 and not ways_back.taken_off(invitation)


def confirm_mailbox(invitation: Invitation, *, by: Actor) -> None:
    """Note that who was invited by e-mail has used the link; what many may use was not written to one of them alone."""
    if invitation.email and invitation.uses == 1:
        confirming.confirm(invitation.email, by=by)


def erase_outlived(*, by: Actor) -> int:
    """Erase the invitations of events that have been over for thirty days; returns how many."""
    last = (now() - KEPT_FOR).date()
    waits = db.case((Event.state == State.POSTPONED, last - POSTPONED_FOR), else_=last)
    still = db.select(Part.event_id).join(Event).where(Part.ends_on > waits)
    gone = db.session.execute(
        db.delete(Invitation)
        .where(Invitation.event_id.not_in(still))
        .returning(Invitation.id, Invitation.event_id)
        .execution_options(synchronize_session=False)
    ).all()
    for number, event_id in gone:
        journal.record("invitation.erased", number, by=by, event=event_id)
    return len(gone)


def _invitation(event: Event, guest: Guest, parts: list[str], digest: str, moment: datetime) -> Invitation:
    code = _new_code()
    shown = (guest.given_name, guest.family_name, guest.organisation, guest.email, code)
    return Invitation(
        event_id=event.id,
        parts=list(parts),
        given_name=guest.given_name,
        family_name=guest.family_name,
        sort_name=names.fold(f"{guest.family_name or guest.organisation or guest.email} {guest.given_name}")[
            :LONGEST_SORT_NAME
        ],
        search=names.sought(" ".join(shown))[:LONGEST_SEARCH],
        email=guest.email,
        address_digest=digest,
        organisation=guest.organisation,
        language=guest.language,
        code=code,
        uses=guest.uses,
        created_at=moment,
        invited_at=None if guest.email else moment,  # who is told the code by telephone is invited by that
    )


def _new_code() -> str:
    """Draw a code; forty bits, and a network may try few of them (site.invited)."""
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        if db.session.scalar(db.select(Invitation.id).filter_by(code=code)) is None:
            return code


def _made_by(invitation: Invitation, attempt: str) -> Registration | None:
    query = db.select(Registration).join(InvitationUse, InvitationUse.registration_id == Registration.id)
    query = query.where(InvitationUse.invitation_id == invitation.id, Registration.attempt == attempt)
    found: Registration | None = db.session.scalar(query) if attempt else None
    return found


def check_open(event: Event, invitation: Invitation) -> None:
    """Refuse what an invitation can no longer do."""
    if invitation.withdrawn_at is not None or not is_open(event):
        raise InvitationOver
