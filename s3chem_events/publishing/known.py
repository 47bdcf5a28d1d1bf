"""What somebody knows of an event who was written to last at some moment: what she is told is the difference to that.

What was saved without telling anybody is news to her still, and what she has read of already is none.
"""

from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import cache, cached_property

from s3chem_events.core.errors import Invalid
from s3chem_events.publishing import joining, merging, queries, reasons, values
from s3chem_events.publishing.changes import Difference
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.models import Event


class Known:
    """Looks back from an event as it is, or is to become (`after`), on its revisions; reads them once."""

    def __init__(self, event: Event, after: EventFacts | None = None) -> None:
        self._newest, self._number = values.event_facts(event), event.revision
        self._after = after or self._newest
        revisions = queries.revisions(event.id)
        self._later = [(one.number, one.undone, one.changes) for one in revisions]
        self._at = {one.number: one.at for one in revisions}
        self._event_id = event.id
        self.facts, self.since = cache(self._facts), cache(self._since)

    def at(self, fact_id: int) -> int:
        """Return the revision that was the newest when a fact happened: an e-mail about it speaks of no older one."""
        return max((number for number, revised in self._revised.items() if revised < fact_id), default=1)

    def touching(self, keys: AbstractSet[str], *, since: datetime) -> list[int]:
        """Return the revisions from a moment on in which something of a kind was changed, newest first."""
        return [n for n, _undone, change in self._later if self._at[n] >= since and keys & change.keys()]

    def _since(self, number: int) -> Difference:
        """Return what becomes news to somebody who knows a revision, with all the reasons that were given since."""
        found = joining.became(self.facts(number), self._after)
        later = [(undone, change) for n, undone, change in reversed(self._later) if n > number]
        said = [reason for undone, change in later if not undone for reason in reasons.reasons_in(change)]
        return found.because(said)

    @cached_property
    def _revised(self) -> dict[int, int]:
        return queries.revised(self._event_id)

    def _facts(self, number: int) -> EventFacts:
        """Return the event as it was at a revision; as it is where that cannot be told any more."""
        try:
            return merging.opened(self._newest, [change for n, _undone, change in self._later if n > number])
        except Invalid:  # the rules have become stricter since
            return self._newest
