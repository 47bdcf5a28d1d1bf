"""What each registered person heard last of an event: her confirmation, or the last change that she was told."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select

from s3chem_events.mailing import queries as mailing
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.changes import Difference, Sort
from s3chem_events.publishing.known import Known
from s3chem_events.registration.models import Participation, Registration

TOLD = "event.changed"
FIRST = frozenset({"registration.confirmed", "registration.pending", "registration.waiting", "registration.taken_over"})
"""The e-mails by which somebody hears of an event for the first time: she knows it as the earliest of them says."""
AGAIN = frozenset(
    {
        "registration.approved",
        "registration.promoted",
        "registration.place_offered",
        "registration.mode_changed",
        "registration.part_given_up",
        "registration.restored",
        "registration.address_corrected",
        "registration.confirmation_requested",
    }
)
"""The e-mails that say how she stands by now."""
IN_PASSING = AGAIN | {
    *("event.reminded", "event.asked_again", "details.due", "letter.asked", "registration.link_requested")
}
"""The e-mails that name the days as they are, but not what has become of them."""


class Heard:
    """Tells of registered people what is news to them; `known` looks back on the event."""

    def __init__(
        self,
        known: Known,
        *,
        since: int,
        among: Select[Any] | Sequence[int],
        called: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        """Read of what those `among` (registration ids) were written; `since` is what others know.

        What those know who are `called` stands in no e-mail.
        """
        self.known, self._since, self._called = known, since, called
        self._facts = mailing.written_from_to(FIRST | IN_PASSING | {TOLD}, among)

    def number(self, registration_id: int) -> int:
        """Return the revision that a person knows: of which she was told last, or as which she found the event.

        Whatever was written to her besides counts only where it is not so any more: it says not what has changed.
        """
        if registration_id in self._called:
            return self._called[registration_id]
        facts = self._facts.get(registration_id, {})
        found = min((first for kind, (first, _last) in facts.items() if kind in FIRST), default=None)
        told = max((last for kind, (_first, last) in facts.items() if kind == TOLD), default=found)
        knows = self._since if told is None else self.known.at(told)
        read = max((self.known.at(last) for _first, last in facts.values()), default=knows)
        came_back = read > knows and {*self.known.since(read).changes} - {*self.known.since(knows).changes}
        return read if came_back else knows

    def news(self, registration_id: int) -> Difference:
        """Return what such a person does not know yet; the link to join stood in her last reminder."""
        found = self.known.since(self.number(registration_id))
        reminded = self._facts.get(registration_id, {}).get("event.reminded")
        if reminded is None:
            return found
        later = self.known.since(self.known.at(reminded[1])).changes
        return replace(found, changes=tuple(c for c in found.changes if c.sort is not Sort.LINK or c in later))


def fallen_away(registration: Registration) -> list[Participation]:
    """Return what somebody has left in parts that are cancelled, which nobody has told her yet: her calendar has them.

    The news of it will not reach her any more.
    """
    keys = {part.id: part.key for part in registration.event.parts if part.cancelled}
    left = [p for p in registration.participations if p.part_id in keys and p.decided_at == registration.withdrawn_at]
    event = publishing.event_by_id(registration.event_id) if left else None
    if event is None:
        return []
    news = Heard(Known(event), since=event.revision, among=[registration.id]).news(registration.id)
    return [p for p in left if Sort.PART_CANCELLED in news.sorts(keys[p.part_id])]
