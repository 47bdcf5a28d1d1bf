"""Places: who gets one, and what is said of those that are left; pure."""

from collections.abc import Mapping
from enum import StrEnum

from s3chem_events.core.errors import Refused

FEW = 5
FEW_SHARE = 10


class Standing(StrEnum):
    """How a person stands to a part."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    OFFERED = "offered"
    PENDING = "pending"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"


class Said(StrEnum):
    """What a person's calendar answered to the invitation to a part."""

    NOTHING = "nothing"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


HOLDING = frozenset({Standing.CONFIRMED, Standing.OFFERED, Standing.PENDING})
"""The standings that hold a place."""


class Availability(StrEnum):
    """What the public is told of the places left; never a bare number."""

    UNLIMITED = "unlimited"
    FREE = "free"
    FEW = "few"
    FULL = "full"


class Full(Refused):
    """A part has no place left in the mode asked for; `places` lists (part key, mode)."""

    code = "full"
    status = 409


def availability(capacity: int | None, taken: int) -> Availability:
    """Put the places left into a word."""
    if capacity is None:
        return Availability.UNLIMITED
    left = capacity - taken
    if left <= 0:
        return Availability.FULL
    return Availability.FEW if left <= FEW or left * FEW_SHARE <= capacity else Availability.FREE


def check(wanted: Mapping[tuple[str, str], tuple[int | None, int]]) -> None:
    """Raise Full unless each wanted (part key, mode) has a place; its value is (capacity, taken)."""
    full = [which for which, (capacity, taken) in wanted.items() if capacity is not None and taken >= capacity]
    if full:
        raise Full(places=full)
