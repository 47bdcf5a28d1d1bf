"""What is read of the lists that were made for the day."""

from s3chem_events.accounts.models import AuditEntry
from s3chem_events.core.db import db

LATEST = 20


def downloads(event_id: int) -> list[AuditEntry]:
    """Return who took the list of participants with them, newest first."""
    of_event = AuditEntry.data["event"].as_integer() == event_id
    query = db.select(AuditEntry).where(AuditEntry.kind == "participants.exported", of_event)
    return list(db.session.scalars(query.order_by(AuditEntry.id.desc()).limit(LATEST)))
