"""The owner of an address says that it was not she who registered."""

from typing import Any

from sqlalchemy import select

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import NotFound
from s3chem_events.core.journal import Actor
from s3chem_events.mailing import addresses
from s3chem_events.registration import actions, moving_up, queries
from s3chem_events.registration.models import BlockedAddress, Registration


def disown(registration: Registration, *, by: Actor, **details: Any) -> None:
    """Remove a registration whose address belongs to somebody else, and let nobody enter that address again."""
    taken, held = queries.taken(registration.event_id), actions.held_by(registration)
    if not registration.via_contact:  # else the address is the contact's
        block(registration.event_id, registration.address_digest)
    journal.record("registration.disowned", registration.id, by=by, event=registration.event_id, **details)
    event = registration.event_id
    db.session.delete(registration)
    actions.tell_the_page(held, taken, by=-1)
    moving_up.pass_on(event)


def block(event_id: int, address_digest: str) -> None:
    """Keep an address out of the forms of all events; `event_id` says at which one its owner asked for it."""
    if db.session.scalar(select(BlockedAddress.id).filter_by(address_digest=address_digest).limit(1)) is None:
        db.session.add(BlockedAddress(event_id=event_id, address_digest=address_digest, blocked_at=now()))


def let_in(email: str, *, reason: str, by: Actor) -> None:
    """Let an address into the forms again because its owner asks for it; of whose it was nothing is kept.

    Raises:
        NotFound: it is not kept out.

    """
    mine = select(BlockedAddress).filter_by(address_digest=addresses.digest(email)).with_for_update()
    blocks = list(db.session.scalars(mine))
    if not blocks:
        raise NotFound
    for block in blocks:
        block.address_digest, block.lifted_at, block.lifted_by, block.reason = None, now(), str(by), reason
        journal.record("address.let_in", block.id, by=by, event=block.event_id)
