"""How soon and how often an e-mail is written once more to whoever asks for it: an e-mail is an e-mail."""

from datetime import datetime, timedelta

from sqlalchemy import func

from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact

PAUSE = timedelta(minutes=15)
MOST = 3
"""So many in all ask an address for its word, however often somebody types it; of what else is asked for, a day."""
DAY = timedelta(days=1)


def may_be_written(last: datetime | None, *, before: int = 0) -> bool:
    """Whether the last one, if any, left long enough ago, and `before` it are not too many."""
    return before < MOST and (last is None or last <= now() - PAUSE)


def within_a_day(subject_id: int, *kinds: str) -> int:
    """Return how often such an e-mail was asked for within the last day."""
    query = db.select(func.count(Fact.id)).where(
        Fact.kind.in_(kinds), Fact.subject_id == subject_id, Fact.happened_at > now() - DAY
    )
    return db.session.scalar(query) or 0
