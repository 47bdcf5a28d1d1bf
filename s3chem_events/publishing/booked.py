"""What people hold of an event, and the changes that must not take it from them; pure.

Who registered stands a floor above this room: a door reads it there and hands it down.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from s3chem_events.core.errors import Refused
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.lifecycle import Mode, State


class ModeInUse(Refused):
    """A way of taking part that people hold places in cannot simply vanish."""

    code = "mode_in_use"
    status = 409

    def __init__(self, part: str, mode: Mode, held: int) -> None:
        """Keep which mode of which part, by its key, and how many places are held."""
        super().__init__(f"{held} places held in {part}, {mode}")
        self.part, self.mode, self.held = part, mode, held


class PartInUse(Refused):
    """A part that people registered for cannot simply vanish; it can be cancelled."""

    code = "part_in_use"
    status = 409


class StillRegistered(Refused):
    """An event that people registered for cannot be hidden or deleted; value: `people`."""

    code = "still_registered"
    status = 409


@dataclass(frozen=True, slots=True)
class Booked:
    """How many people are registered, and how many places they hold by part key and mode."""

    people: int = 0
    places: Mapping[tuple[str, Mode], int] = field(default_factory=dict)


NOBODY = Booked()


def check(before: State, after: EventFacts, booked: Booked) -> None:
    """Refuse a change that takes away what people hold.

    Raises:
        ModeInUse, StillRegistered.

    """
    if after.state is State.DRAFT and before is not State.DRAFT and booked.people:
        raise StillRegistered(people=booked.people)
    there = {part.key: part for part in after.parts}
    for (key, mode), held in booked.places.items():
        if held and key in there and mode not in there[key].capacity:
            raise ModeInUse(part=key, mode=mode, held=held)
