"""What each registered person heard last of an event: her confirmation, or the last change that she was told."""

from collections.abc import Iterable, Mapping, Sequence
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
        "event.asked_again",
    }
)
"""The e-mails that say how all parts of a registration stand."""
OF_ONE_PART = frozenset(
    {"registration.promoted", "registration.mode_changed", "registration.place_offered", "event.reminded"}
)
"""The e-mails that say it of one part: of all, where somebody has no other."""


class Heard:
    """Tells of registered people what is news to them; `known` looks back on the event."""

    def __init__(self, known: Known, *, since: int, among: Select[Any] | Sequence[int]) -> None:
        """Read of what those `among` (registration ids) were written; `since` is what others know."""
        self.known, self._since = known, since
        self._facts: Mapping[int, Mapping[str, int]] = mailing.last_written(WHOLE | OF_ONE_PART, among)

    def number(self, registration_id: int, parts: Iterable[object]) -> int:
        """Return the revision that a person who takes part in these parts knows."""
        kinds = WHOLE if len(set(parts)) > 1 else WHOLE | OF_ONE_PART
        facts = self._facts.get(registration_id, {})
        last = max((fact_id for kind, fact_id in facts.items() if kind in kinds), default=None)
        return self._since if last is None else self.known.at(last)

    def news(self, registration_id: int, parts: Iterable[object]) -> Difference:
        """Return what such a person does not know yet; the link to join stood in her last reminder."""
        found = self.known.since(self.number(registration_id, parts))
        reminded = self._facts.get(registration_id, {}).get("event.reminded")
        if reminded is None:
            return found
        later = self.known.since(self.known.at(reminded)).changes
        return replace(found, changes=tuple(c for c in found.changes if c.sort is not Sort.LINK or c in later))
