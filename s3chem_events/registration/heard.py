"""What each registered person heard last of an event: her confirmation, or the last change that she was told."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from sqlalchemy import Select

from s3chem_events.mailing import queries as mailing
from s3chem_events.publishing.changes import Difference, Sort
from s3chem_events.publishing.known import Known

WHOLE = frozenset(
    {
        "registration.confirmed",
        "registration.approved",
        "registration.confirmation_requested",
        "registration.taken_over",
        "registration.waiting",
        "registration.restored",
        "registration.address_corrected",
        "event.changed",
    }
)
"""The e-mails that say how all parts of a registration stand, and put it into the calendar."""
OF_ONE_PART = frozenset({"registration.promoted", "registration.mode_changed", "registration.place_offered"})
"""The e-mails that say it of one part: of all, where somebody has no other."""
IN_PASSING = frozenset({"event.reminded", "event.asked_again", "details.due", "registration.link_requested"})
"""The e-mails that name the days, but neither what has become of them nor, to all who get them, a calendar."""


class Heard:
    """Tells of registered people what is news to them; `known` looks back on the event."""

    def __init__(self, known: Known, *, since: int, among: Select[Any] | Sequence[int]) -> None:
        """Read of what those `among` (registration ids) were written; `since` is what others know."""
        self.known, self._since = known, since
        kinds = WHOLE | OF_ONE_PART | IN_PASSING
        self._facts: Mapping[int, Mapping[str, int]] = mailing.last_written(kinds, among)

    def number(self, registration_id: int, parts: Iterable[object]) -> int:
        """Return the revision that a person who takes part in these parts knows.

        What was written in passing counts only where it is not so any more: it brought no calendar.
        """
        told = self._newest(registration_id, WHOLE if len(set(parts)) > 1 else WHOLE | OF_ONE_PART, self._since)
        read = self._newest(registration_id, IN_PASSING, 0)
        came_back = read > told and {*self.known.since(read).changes} - {*self.known.since(told).changes}
        return read if came_back else told

    def _newest(self, registration_id: int, kinds: AbstractSet[str], otherwise: int) -> int:
        """Return the revision that the newest e-mail of these kinds speaks of, if there is one."""
        facts = self._facts.get(registration_id, {})
        last = max((fact_id for kind, fact_id in facts.items() if kind in kinds), default=None)
        return otherwise if last is None else self.known.at(last)

    def news(self, registration_id: int, parts: Iterable[object]) -> Difference:
        """Return what such a person does not know yet; the link to join stood in her last reminder."""
        found = self.known.since(self.number(registration_id, parts))
        reminded = self._facts.get(registration_id, {}).get("event.reminded")
        if reminded is None:
            return found
        later = self.known.since(self.known.at(reminded)).changes
        return replace(found, changes=tuple(c for c in found.changes if c.sort is not Sort.LINK or c in later))
