"""Places: who gets one and what is said of those that are left."""

import pytest

from s3chem_events.registration import capacity
from s3chem_events.registration.capacity import Availability, Full


@pytest.mark.parametrize(
    "places, taken, word",
    [
        (None, 10_000, Availability.UNLIMITED),
        (120, 0, Availability.FREE),
        (120, 107, Availability.FREE),
        (120, 108, Availability.FEW),
        (120, 119, Availability.FEW),
        (120, 120, Availability.FULL),
        (120, 130, Availability.FULL),
        (3, 0, Availability.FEW),
        (0, 0, Availability.FULL),
    ],
)
def test_places_left_are_a_word(places: int | None, taken: int, word: Availability) -> None:
    assert capacity.availability(places, taken) is word


def test_one_full_part_refuses_the_whole_and_is_named() -> None:
    capacity.check({("day-1", "on_site"): (40, 39), ("day-2", "online"): (None, 9_999)})
    with pytest.raises(Full) as refusal:
        capacity.check({("day-1", "on_site"): (40, 39), ("day-2", "on_site"): (120, 120)})
    assert refusal.value.values == {"places": [("day-2", "on_site")]}
