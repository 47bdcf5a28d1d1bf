"""What people hold of an event, and the changes that must not take it from them; pure.

Who registered stands a floor above this room: a door reads it there and hands it down.
"""

from collections.abc import Mapping
from dataclasses import field

from s3chem_events.core.errors import Refused
from s3chem_events.core.values import frozen
from s3chem_events.publishing.facts import EventFacts, PartFacts
from s3chem_events.publishing.lifecycle import LISTED, Mode, State, Visibility


class PartInUse(Refused):
    """A part that people registered for, or that public calendars hold, cannot simply vanish; it can be cancelled."""

    code = "part_in_use"
    status = 409


class StillAsked(PartInUse):
    """Questions are asked of those alone who chose a part: it takes them, and what hangs on them, with it."""

    code = "still_asked"


class StillRegistered(Refused):
    """An event that people registered for cannot be hidden or deleted; value: `people`."""

    code = "still_registered"
    status = 409


@frozen
class Booked:
    """How many people are registered, and how many places they hold by part key and the mode that they chose.

    `asked` are the keys of parts of which something is asked besides.
    """

    people: int = 0
    places: Mapping[tuple[str, Mode], int] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()

    def held(self, part: PartFacts, mode: Mode) -> int:
        """Return how many people would take part in a mode of a part as it is given here."""
        chosen = {one: self.places.get((part.key, one), 0) for one in Mode}
        return sum(number for one, number in chosen.items() if part.mode_of(one) is mode)


NOBODY = Booked()


def check(before: EventFacts, after: EventFacts, booked: Booked) -> None:
    """Refuse a change that takes away what people hold, or leaves an entry in calendars that nobody takes out.

    Raises:
        StillRegistered, PartInUse, StillAsked.

    """
    if after.state is State.DRAFT and before.state is not State.DRAFT and booked.people:
        raise StillRegistered(people=booked.people)
    known = [part.key for part in before.parts if part.visibility is Visibility.PUBLIC and before.state in LISTED]
    kept = {part.key for part in after.parts}
    gone = [key for key in known if key not in kept]
    if gone:
        raise PartInUse(f"calendars may hold the part {gone[0]!r}: cancel it instead")
    check_asked(after, booked)


def check_asked(after: EventFacts, booked: Booked) -> None:
    """Refuse to take a part away of which something is asked: its questions would go with it.

    Raises:
        StillAsked.

    """
    if asked := sorted(booked.asked - {part.key for part in after.parts}):
        raise StillAsked(f"questions are asked for the part {asked[0]!r}: ask them no more, or of everybody, first")
