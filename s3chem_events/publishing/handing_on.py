"""The public part of an event, where it is handed on: the old one becomes a closed one, and a new one is the public's.

Calendars find the new one under the event's UID (publishing.values), and followers read where it went; pure.
"""

from dataclasses import replace

from s3chem_events.publishing.changes import Difference, compare
from s3chem_events.publishing.facts import EventFacts, PartFacts
from s3chem_events.publishing.lifecycle import Visibility


def in_public(difference: Difference) -> Difference:
    """Return what became of an event as it looks to the public: a part that took a closed one's place was moved."""
    before, after = difference.before, difference.after
    heir = _heir(before, after)
    if heir is None:
        return difference
    old, new = heir
    parts = tuple(replace(part, key=new.key) if part.key == old.key else part for part in before.parts)
    public = replace(after, parts=tuple(part for part in after.parts if part.key != old.key))
    return compare(replace(before, parts=parts), public).because(difference.earlier)


def _heir(before: EventFacts, after: EventFacts) -> tuple[PartFacts, PartFacts] | None:
    """Return the public part that closed and the new one in its place; None where one of the old ones is public yet."""
    there = {part.key: part for part in before.parts if part.visibility is Visibility.PUBLIC}
    public = [part for part in after.parts if part.visibility is Visibility.PUBLIC]
    known = {part.key for part in before.parts}
    closed = [there[part.key] for part in after.parts if part.key in there and part not in public]
    if not closed or not public or any(part.key in known for part in public):
        return None
    return closed[0], public[0]
