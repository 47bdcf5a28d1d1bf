"""An event as it is to become, for a rehearsal: changed in memory alone, and what was changed is thrown away."""

from collections.abc import Iterator
from contextlib import contextmanager

from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import OPERATOR, Fact
from s3chem_events.publishing import values
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.models import Event


@contextmanager
def changed_to(event: Event, facts: EventFacts, base_url: str) -> Iterator[None]:
    """Let a loaded event be what it is to become; the session is rolled back: what was loaded before is read anew.

    Raises:
        PartInUse: a part that is gone is held by somebody.

    """
    try:
        with db.session.no_autoflush:
            values.apply(event, facts, base_url)
            event.sequence += 1
            yield
    finally:
        db.session.rollback()


def announcement(event: Event, *, since: int, until: str = "") -> Fact:
    """Return what would be told of it, which nobody keeps; with the question by when who still comes, if any."""
    data = {"ask": bool(until), "until": until, "since": since}
    fact = Fact(id=0, kind="event.changed", subject_id=event.id, data=data, by=str(OPERATOR))
    fact.happened_at = now()
    return fact
