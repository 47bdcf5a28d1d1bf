"""Where what somebody sees takes place: one answer for pages, e-mails, calendars and search engines.

The event's own place is that of the parts that have none; where all have one, nothing happens there.
"""

from collections.abc import Iterable, Sequence

from s3chem_events.core import i18n
from s3chem_events.core.text import DEFAULT
from s3chem_events.core.values import frozen
from s3chem_events.publishing.facts import EventFacts, PartFacts, VenueFacts
from s3chem_events.publishing.lifecycle import Mode, Visibility
from s3chem_events.publishing.models import Event, Part, Venue


@frozen
class Where:
    """The places that are known, each once; whether anything has a room, and whether anything has none."""

    places: tuple[Venue | VenueFacts, ...]
    on_site: bool
    online: bool

    @property
    def town_alone(self) -> str:
        """The town where no more than that is known."""
        one = self.places[0] if len(self.places) == 1 and not self.online else None
        return one.city if one and not one.name else ""

    def refines(self, other: "Where") -> bool:
        """Whether the other one says no more than towns that this one names, too."""
        towns = {place.city for place in self.places}
        return all(not place.name and place.city in towns for place in other.places)

    def in_full(self, language: str) -> str:
        """Write each place with its address: `Aula, Płock, Poland; Sala, Łódź, Poland; Online`."""
        _ = i18n.words(language)
        if not self.on_site:
            return _("Online")
        lines = [place_line(place, language) for place in self.places]
        return "; ".join([*lines, _("Online")] if lines and self.online else lines)

    def in_short(self, language: str) -> str:
        """Write where to go: a place with its town, or the towns alone: `Płock, Łódź and online`."""
        _ = i18n.words(language)
        if not self.on_site:
            return _("Online")
        towns = [town for town in dict.fromkeys(place.city or place.name for place in self.places) if town]
        said = [_in_town(self.places, language)] if len(towns) == 1 else towns
        return i18n.listed([*said, _("online")] if said and self.online else said, language)


def where(event: Event | EventFacts, ways: Iterable[tuple[Part | PartFacts, Mode]], *, inside: bool = False) -> Where:
    """Return where some parts take place for who takes part in these ways.

    A part of which anybody is in the room takes place there. The room of a closed part is for those `inside` alone.
    """
    there = list(ways)
    rooms = [part for part, mode in there if mode is Mode.ON_SITE]
    told = (part.venue if inside or part.visibility is Visibility.PUBLIC else None for part in rooms)
    lines = {place_line(one, DEFAULT): one for one in (own or event.venue for own in told) if one is not None}
    known = tuple(place for line, place in lines.items() if line)
    return Where(known, on_site=bool(rooms), online=any(part not in rooms for part, _mode in there))


def ways_of(parts: Iterable[Part]) -> list[tuple[Part, Mode]]:
    """Return all ways of taking part in some parts."""
    return [(part, mode) for part in parts for mode in part.capacities]


def open_ways(event: Event) -> list[tuple[Part, Mode]]:
    """Return how the public takes part in what takes place; where all of that is closed, how its guests do."""
    parts = [part for part in event.live_parts if part.visibility is Visibility.PUBLIC]
    return ways_of(parts or event.live_parts)


def place_line(place: Venue | VenueFacts | None, language: str) -> str:
    """Write a place in one line, as far as it is known."""
    if place is None:
        return ""
    country = i18n.country_name(place.country, language) if place.country else ""
    return ", ".join(words for words in (place.name, place.address, place.city, country) if words)


def _in_town(places: Sequence[Venue | VenueFacts], language: str) -> str:
    """Write the places of one town; the town alone while one of them has no name yet."""
    names = list(dict.fromkeys(place.name for place in places))
    return ", ".join(filter(None, (i18n.listed(names, language) if all(names) else "", places[0].city)))
