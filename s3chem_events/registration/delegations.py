"""Several people registered by one contact, and what the contact can do about them afterwards."""

import secrets
from hashlib import sha256

from sqlalchemy import func, select

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.core.values import frozen
from s3chem_events.mailing import addresses, again, confirming
from s3chem_events.publishing.models import Event
from s3chem_events.registration import admitting, disowning, names, resending
from s3chem_events.registration.actions import ALPHABET, Applicant
from s3chem_events.registration.admitting import Agreed
from s3chem_events.registration.models import Delegation, Registration

MOST = 20
NOTHING_AGREED = Agreed()


class TooManyPeople(Refused):
    """A delegation has had as many people as it may."""

    code = "too_many_people"
    status = 409


@frozen
class Group:
    """A filled form. `contact` chooses parts where she comes, too; who has no address has an empty `email`."""

    contact: Applicant
    people: tuple[Applicant, ...]
    agreed: Agreed = NOTHING_AGREED

    @property
    def everybody(self) -> dict[int, Applicant]:
        """Whoever comes, by the place in the form; the contact is at place 0."""
        coming = {admitting.CONTACT_PLACE: self.contact} if self.contact.choices else {}
        return coming | dict(enumerate(self.people, start=1))


def register_delegation(event: Event, group: Group, *, by: Actor) -> Delegation:
    """Register a contact's people for the chosen parts of a locked event, all of them or nobody.

    The same form sent again answers with the delegation that it made the first time.

    Raises:
        NotOpen, actions.NothingChosen, PeopleRefused, PlacesShort.

    """
    if (there := made_before(event, group)) is not None:
        return there
    contact = group.contact
    delegation = Delegation(
        event_id=event.id,
        reference="S3D-" + "".join(secrets.choice(ALPHABET) for _ in range(7)),
        attempt=digest(group),
        address_digest=addresses.digest(contact.email),
        privacy_version=contact.privacy_version or "",
        registered_at=now(),
        **{name: getattr(contact, name) for name in _SHARED},
    )
    admitting.admit(event, delegation, group.everybody, group.agreed, by=by)
    journal.record("delegation.registered", delegation.id, by=by, event=event.id)
    return delegation


def made_before(event: Event, group: Group) -> Delegation | None:
    """Return the delegation that this very form has made already."""
    same = select(Delegation).filter_by(event_id=event.id, attempt=digest(group))
    found: Delegation | None = db.session.scalar(same)
    return found


def add_person(event: Event, delegation: Delegation, person: Applicant, *, agreed: Agreed, by: Actor) -> Registration:
    """Register one more person with a delegation of a locked event. The same form sent again adds nobody.

    Raises:
        NotOpen, actions.NothingChosen, PeopleRefused, PlacesShort, TooManyPeople.

    """
    same = select(Registration).filter_by(delegation_id=delegation.id, attempt=person.attempt)
    there: Registration | None = db.session.scalar(same)
    if there is not None:
        return there
    if people_in(delegation, ever=True) >= MOST:  # else strangers are entered, written to and withdrawn without end
        raise TooManyPeople
    (added,) = admitting.admit(event, delegation, {1: person}, agreed, by=by)
    journal.record("delegation.person_added", delegation.id, by=by, event=event.id, registration=added.id)
    return added


def request_summary(delegation: Delegation, *, by: Actor) -> bool:
    """Have a delegation's summary sent again, at most every 15 minutes and thrice a day; False within the pause."""
    before = again.within_a_day(delegation.id, "delegation.summary_requested")
    if not again.may_be_written(delegation.link_sent_at, before=before):
        return False
    delegation.link_sent_at = now()
    journal.record("delegation.summary_requested", delegation.id, by=by, event=delegation.event_id)
    return True


def request_links(email: str, *, by: Actor) -> None:
    """Have all links of an address sent to it: those of its registrations, and of the delegations it looks after."""
    resending.request_link(email, by=by)
    mine = select(Delegation).filter_by(address_digest=addresses.digest(email)).order_by(Delegation.id)
    for delegation in db.session.scalars(mine.with_for_update()):
        if people_in(delegation, contact=True):
            request_summary(delegation, by=by)


def disown(delegation: Delegation, *, by: Actor) -> None:
    """Remove a delegation whose contact's address belongs to somebody else, with whom only that address could reach.

    Whoever has an address of her own keeps her place. Nobody can enter the contact's address again.

    Raises:
        actions.NotOpen, disowning.MailboxConfirmed.

    """
    disowning.check(delegation)
    confirming.forget([delegation.email])
    disowning.block(delegation.event_id, delegation.address_digest)
    for person in list(delegation.people):
        if person.address_digest == delegation.address_digest:
            disowning.disown(person, by=by, proven=True, delegation=delegation.id)
        else:
            person.delegation_id = None
    journal.record("delegation.disowned", delegation.id, by=by, event=delegation.event_id)
    db.session.flush()
    db.session.expire(delegation, ["people"])  # those who were removed are none of them any more
    db.session.delete(delegation)


def people_in(delegation: Delegation, *, contact: bool = False, ever: bool = False) -> int:
    """Return how many people of a delegation come, or `ever` came; the contact counts only if told so."""
    query = select(func.count(Registration.id)).filter_by(delegation_id=delegation.id)
    if not ever:
        query = query.filter_by(withdrawn_at=None)
    if not contact:
        coming = (Registration.address_digest == delegation.address_digest) & ~Registration.via_contact
        query = query.where(~coming)
    return db.session.scalar(query) or 0


_SHARED = (
    *("given_name", "family_name", "email"),
    *("organisation", "organisation_type", "country", "region", "language"),
)


def digest(group: Group) -> str:
    """Return what makes two presses the same: the number of the form, and what was typed."""
    lines = [group.contact.attempt, names.person_of(group.contact)]
    for place, one in group.everybody.items():
        choices = ",".join(f"{key}:{mode.value}" for key, mode in sorted(one.choices.items()))
        lines.append(f"{place} {names.person_of(one)} {choices}")
    return sha256("\n".join(lines).encode()).hexdigest()
