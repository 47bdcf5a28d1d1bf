"""Who a registration is about: what is derived from her name and address, and whether she may be that person."""

from sqlalchemy import select

from s3chem_events.core.db import db
from s3chem_events.mailing import addresses
from s3chem_events.registration import names
from s3chem_events.registration.actions import AddressBlocked, AlreadyRegistered
from s3chem_events.registration.models import LONGEST_SEARCH, LONGEST_SORT_NAME, BlockedAddress, Registration


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


def follow(registration: Registration) -> None:
    """Bring what is derived from name, address and organisation up to what they are now."""
    named = f"{registration.family_name} {registration.given_name}"
    registration.sort_name = names.fold(named)[:LONGEST_SORT_NAME]
    registration.address_digest = addresses.digest(registration.email) if registration.email else ""
    registration.person = names.person_digest(**{name: getattr(registration, name) for name in names.PERSON})
    shown = ("given_name", "family_name", "organisation", "email", "phone", "reference")
    words = " ".join(getattr(registration, name) for name in shown)
    registration.search = names.sought(words)[:LONGEST_SEARCH]
