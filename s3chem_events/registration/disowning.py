"""The owner of an address says that it was not she who registered."""

from typing import Any

from sqlalchemy import select

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Actor
from s3chem_events.registration import actions, moving_up, queries
from s3chem_events.registration.models import BlockedAddress, Registration


def disown(registration: Registration, *, by: Actor, **details: Any) -> None:
    """Remove a registration whose address belongs to somebody else, and let nobody enter that address again."""
    taken, held = queries.taken(registration.event_id), actions.held_by(registration)
    blocked = {"event_id": registration.event_id, "address_digest": registration.address_digest}
    is_theirs = not registration.via_contact  # else it is the contact's
    if is_theirs and db.session.scalar(select(BlockedAddress.id).filter_by(**blocked)) is None:
        db.session.add(BlockedAddress(**blocked, blocked_at=now()))
    journal.record("registration.disowned", registration.id, by=by, event=registration.event_id, **details)
    event = registration.event_id
    db.session.delete(registration)
    actions.tell_the_page(held, taken, by=-1)
    moving_up.pass_on(event)
