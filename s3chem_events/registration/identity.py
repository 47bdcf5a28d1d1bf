"""Whether somebody may be the person that she says she is."""

from sqlalchemy import func, select

from s3chem_events.core.db import db
from s3chem_events.mailing import addresses
from s3chem_events.registration.actions import AddressBlocked, AlreadyRegistered
from s3chem_events.registration.models import BlockedAddress, Registration

MOST_SHOWN = 200


def check(event_id: int, *, email: str, person: str, but: int = 0) -> None:
    """Refuse an address whose owner is not to be registered, and a person who is there already (`but` that one).

    Raises:
        AddressBlocked, AlreadyRegistered.

    """
    if email and is_blocked(addresses.digest(email)):
        raise AddressBlocked
    there = select(Registration.id).filter_by(event_id=event_id, person=person).where(Registration.id != but)
    if db.session.scalar(there):
        raise AlreadyRegistered


def is_blocked(address_digest: str) -> bool:
    """Whether the owner of an address has said of some event that it was not she who registered."""
    return db.session.scalar(select(BlockedAddress.id).filter_by(address_digest=address_digest).limit(1)) is not None


def kept_out() -> int:
    """Return how many addresses are blocked."""
    return db.session.scalar(select(func.count(BlockedAddress.address_digest.distinct()))) or 0


def let_in_again() -> list[BlockedAddress]:
    """Return which blocks were lifted, newest first."""
    lifted = select(BlockedAddress).where(BlockedAddress.lifted_at.is_not(None))
    return list(db.session.scalars(lifted.order_by(BlockedAddress.lifted_at.desc()).limit(MOST_SHOWN)))
