"""The audit trail: what must be answered for. Lines are added, never changed or taken away."""

from typing import Any

from s3chem_events.accounts.models import AuditEntry
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Actor


def note(kind: str, *, by: Actor, **data: Any) -> None:
    """Add a line inside the running transaction: `note("participants.exported", by=…, event=3, rows=120)`.

    Data holds ids and counts only, so that the trail outlives erasure.
    """
    db.session.add(AuditEntry(at=now(), kind=kind, by=str(by), data=data))
