"""Whether anybody can register for an event now, and if not, why: one word that each door puts in its own way."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from s3chem_events.core.clock import now
from s3chem_events.publishing import queries
from s3chem_events.publishing.lifecycle import Mode, State, Visibility
from s3chem_events.publishing.models import Event
from s3chem_events.registration import crowds
from s3chem_events.registration.capacity import Availability
from s3chem_events.registration.crowds import Crowds


class Openness(StrEnum):
    """How an event stands to somebody who wants to register."""

    OPEN = "open"
    FULL = "full"
    WAITING = "waiting"
    CANCELLED = "cancelled"
    OVER = "over"
    POSTPONED = "postponed"
    INVITED = "invited"
    NOT_YET = "not_yet"
    LATER = "later"
    CLOSED = "closed"


ENDED = frozenset({Openness.CANCELLED, Openness.OVER})
AWAITED = frozenset({Openness.NOT_YET, Openness.LATER, Openness.POSTPONED})
UNANNOUNCED = frozenset({Openness.OPEN, Openness.FULL, Openness.WAITING, Openness.CLOSED})
"""However a save the date takes registrations, its place and programme are still to come."""


def openness(event: Event, there: Crowds) -> Openness:
    """Return how a loaded event stands, given who is there before a newcomer."""
    by_state = _by_state(event)
    if by_state is not None:
        return by_state
    opens = queries.takes_registrations_from(event)
    if opens is None:
        return Openness.NOT_YET
    if now() < opens:
        return Openness.LATER
    parts = queries.open_parts(event)
    if not parts:
        return Openness.CLOSED
    ways = [(part, mode) for part in parts for mode in part.capacities]
    if any(crowds.left(event, *way, there) is not Availability.FULL for way in ways):
        return Openness.OPEN
    return Openness.WAITING if any(crowds.has_line(event, part) for part in parts) else Openness.FULL


def queues(
    event: Event,
    there: Crowds,
    *,
    invited: Collection[str] = (),
    opened_at: datetime | None = None,
) -> list[tuple[str, Mode]]:
    """Return the parts and modes of a loaded event that one can only wait for, given who is there already."""
    return [
        (part.key, mode)
        for part in queries.open_parts(event, invited=invited, opened_at=opened_at)
        if crowds.has_line(event, part)
        for mode in part.capacities
        if crowds.left(event, part, mode, there) is Availability.FULL
    ]


def is_awaited(event: Event, how: Openness) -> bool:
    """Whether who wants to hears of what is still to come: the registration, or place and programme (campaigns)."""
    awaited = AWAITED | UNANNOUNCED if event.state is State.SAVE_THE_DATE else AWAITED
    return how in awaited and not queries.is_past(event)


def _by_state(event: Event) -> Openness | None:
    if event.state is State.CANCELLED:
        return Openness.CANCELLED
    if event.state is State.POSTPONED:
        return Openness.POSTPONED
    if queries.is_past(event):
        return Openness.OVER
    if all(part.visibility is Visibility.INVITED for part in event.parts):
        return Openness.INVITED
    return None
