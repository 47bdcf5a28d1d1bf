"""Places: who gets one, and what is said of those that are left; pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from s3chem_events.core.errors import Refused

Which = tuple[str, str]
"""A part's key and a mode."""
FEW = 5
FEW_SHARE = 10
OFFER = timedelta(hours=48)
"""How long an offered place is held for whoever waits; near the beginning at most half of the time that is left."""
LAST_CALL = timedelta(hours=1)
"""How long before the beginning the last offer ends: whoever accepts still has to come."""
LINE_CLOSES = 2 * LAST_CALL
"""How long before the beginning a waiting list closes: half of the time that is left is no offer any more."""


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


IN_LINE = frozenset({Standing.WAITING, Standing.OFFERED})
"""Who waits for a place, or is offered one and has not accepted it."""
UNSCHEDULED = IN_LINE | {Standing.PENDING}
"""Who has no place for certain: nothing stands in the calendar yet."""


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


def check(
    wanted: Mapping[tuple[str, str], tuple[int | None, int]], *, may_wait: Collection[tuple[str, str]] = ()
) -> list[tuple[str, str]]:
    """Raise Full unless each wanted (part key, mode) has a place or may wait for one; its value is (capacity, taken).

    Returns those that wait.
    """
    full = [which for which, (capacity, taken) in wanted.items() if capacity is not None and taken >= capacity]
    if set(full) - set(may_wait):
        raise Full(places=full)
    return full


def allot(wanted: Sequence[Collection[Which]], left: Mapping[Which, int | None]) -> list[frozenset[Which]]:
    """Return for which of their places each of several people has to wait, who are served in this order."""
    free, waiting = dict(left), list[frozenset[Which]]()
    for places in wanted:
        short = set[Which]()
        for which in places:
            number = free[which]
            if number is not None and number <= 0:
                short.add(which)
            elif number is not None:
                free[which] = number - 1
        waiting.append(frozenset(short))
    return waiting


def offer_until(moment: datetime, begins_at: datetime) -> datetime | None:
    """Return when an offer made at a moment ends; None where it is too late to make one: the waiting list is closed."""
    return moment + min(OFFER, (begins_at - moment) / 2) if moment < begins_at - LINE_CLOSES else None
