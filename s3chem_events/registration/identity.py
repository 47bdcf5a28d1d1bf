"""Whether somebody may be the person that she says she is."""

from sqlalchemy import select

from s3chem_events.core.db import db
from s3chem_events.mailing import addresses
from s3chem_events.registration.actions import AddressBlocked, AlreadyRegistered
from s3chem_events.registration.models import BlockedAddress, Registration


def check(event_id: int, *, email: str, person: str, but: int = 0) -> None:
    """Refuse an address whose owner is not to be registered, and a person who is there already (`but` that one).

    Raises:
        AddressBlocked, AlreadyRegistered.

    """
    digest = addresses.digest(email) if email else ""
    if digest and db.session.scalar(select(BlockedAddress.id).filter_by(event_id=event_id, address_digest=digest)):
        raise AddressBlocked
    there = select(Registration.id).filter_by(event_id=event_id, person=person).where(Registration.id != but)
    if db.session.scalar(there):
        raise AlreadyRegistered
