"""Another address for a registration whose e-mails come back; what was sent to the old one opens nothing any more."""

from sqlalchemy import select

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.mailing import addresses, bounces
from s3chem_events.registration import names
from s3chem_events.registration.actions import AddressBlocked, AlreadyRegistered
from s3chem_events.registration.models import LONGEST_SEARCH, BlockedAddress, Registration

ROOM = "registration."


class SameAddress(Refused):
    """It is the address that is there already."""

    code = "same_address"
    status = 422


class Withdrawn(Refused):
    """A registration that is withdrawn is written to no more."""

    code = "withdrawn"
    status = 409


def correct_address(registration: Registration, *, email: str, by: Actor) -> None:
    """Give a registration another address; the confirmation goes there, and all links of the old mailbox die.

    Raises:
        SameAddress, Withdrawn, AddressBlocked, AlreadyRegistered, core.errors.Invalid.

    """
    if registration.withdrawn_at is not None:
        raise Withdrawn
    typed = names.address(email)
    if typed == registration.email:
        raise SameAddress
    digest = addresses.digest(typed)
    about = {"event_id": registration.event_id}
    if db.session.scalar(select(BlockedAddress.id).filter_by(**about, address_digest=digest)):
        raise AddressBlocked
    values = {name: getattr(registration, name) for name in names.PERSON} | {"email": typed}
    person = names.person_digest(**values)
    there = select(Registration.id).filter_by(**about, person=person).where(Registration.id != registration.id)
    if db.session.scalar(there):
        raise AlreadyRegistered
    bounces.stop(ROOM, registration.id)
    registration.email, registration.address_digest, registration.person = typed, digest, person
    registration.link_version += 1
    registration.link_sent_at, registration.changed_at = None, now()
    named = (registration.given_name, registration.family_name)
    shown = (*named, registration.organisation, typed, registration.phone, registration.reference)
    registration.search = names.sought(" ".join(shown))[:LONGEST_SEARCH]
    journal.record("registration.address_corrected", registration.id, by=by, event=registration.event_id)
