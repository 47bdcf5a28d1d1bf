"""Whether anybody can register for an event now, and if not, why: one word that each door puts in its own way."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum

from s3chem_events.core.clock import now
from s3chem_events.publishing import queries
from s3chem_events.publishing.lifecycle import Mode, State, Visibility
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import moving_up
from s3chem_events.registration.capacity import Availability, availability


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
Taken = Mapping[tuple[int, Mode], int]


def openness(event: Event, taken: Taken) -> Openness:
    """Return how a loaded event stands, given the places held by (part id, mode)."""
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
    if any(left(part, mode, taken) is not Availability.FULL for part in parts for mode in part.capacities):
        return Openness.OPEN
    return Openness.WAITING if any(moving_up.is_open(event, part) for part in parts) else Openness.FULL


def queues(
    event: Event,
    crowd: Mapping[tuple[int, Mode], tuple[int, ...]],
    *,
    invited: Collection[str] = (),
    opened_at: datetime | None = None,
) -> list[tuple[str, Mode]]:
    """Return the parts and modes of a loaded event that one can only wait for, given `queries.crowd`."""
    return [
        (part.key, mode)
        for part in queries.open_parts(event, invited=invited, opened_at=opened_at)
        if moving_up.is_open(event, part)
        for mode, limit in part.capacities.items()
        if limit is not None and sum(crowd.get((part.id, mode), ())) >= limit
    ]


def is_awaited(event: Event, how: Openness) -> bool:
    """Whether who wants to hears of what is still to come: the registration, or place and programme (campaigns)."""
    awaited = AWAITED | UNANNOUNCED if event.state is State.SAVE_THE_DATE else AWAITED
    return how in awaited and not queries.is_past(event)


def left(part: Part, mode: Mode, taken: Taken) -> Availability:
    """Return what is left of a part's places in a mode."""
    return availability(part.capacities[mode], taken.get((part.id, mode), 0))


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
