"""What the desk reads of e-mails that came back, and of addresses that get none."""

from datetime import datetime

from sqlalchemy import func

from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.values import frozen
from s3chem_events.mailing.models import Suppression, Undelivered
from s3chem_events.mailing.weighing import WINDOW, Weight


@frozen
class Counts:
    """How many e-mails did not arrive in the last 30 days, by weight, and how many addresses get none any more."""

    hard: int
    soft: int
    none: int
    suppressed: int


def counts() -> Counts:
    """Return how the addresses fare, in two statements."""
    query = db.select(Undelivered.weight, func.count()).where(Undelivered.at > now() - WINDOW)
    found = {str(row[0]): int(row[1]) for row in db.session.execute(query.group_by(Undelivered.weight))}
    suppressed = db.session.scalar(db.select(func.count()).select_from(Suppression)) or 0
    return Counts(found.get(Weight.HARD, 0), found.get(Weight.SOFT, 0), found.get(Weight.NONE, 0), suppressed)


def suppression(digest: str) -> tuple[str, datetime] | None:
    """Return why and since when an address gets nothing; None where it does."""
    row = db.session.get(Suppression, digest)
    return (row.reason, row.since) if row is not None else None
