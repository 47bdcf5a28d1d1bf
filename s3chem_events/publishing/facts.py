"""An event as plain values, and what must hold among them; pure.

The desk's editor, the command line and the sample content all speak these.
"""

import re
from collections.abc import Mapping
from dataclasses import field, replace
from datetime import date, datetime, time

from s3chem_events.core.errors import Invalid, Refused
from s3chem_events.core.text import Text
from s3chem_events.core.values import frozen
from s3chem_events.publishing import times
from s3chem_events.publishing.lifecycle import Kind, Mode, State, Visibility, WaitingList, mode_now

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_SLUG = 80
YEARS = (1990, 2200)
LONGEST_KEY = 60
LONGEST_REGION = 120
LONGEST_SPEAKER = 300
LONGEST_IN_VENUE = {"name": 300, "address": 500, "city": 120}
"""What the columns hold: SQLite takes any length, PostgreSQL breaks off with an error."""
NOTHING = Text()


class StillPostponed(Refused):
    """A postponed event has no new days: what people read as previously planned is what they were told."""

    code = "still_postponed"
    status = 409


@frozen
class VenueFacts:
    """A place; any of it may be unknown."""

    name: str = ""
    address: str = ""
    city: str = ""
    country: str = ""


@frozen
class ItemFacts:
    """A line of the programme; local date and times."""

    on: date
    title: Text
    starts: time | None = None
    ends: time | None = None
    speaker: str = ""
    speaker_tbc: bool = False
    abstract: Text = NOTHING


@frozen
class MaterialFacts:
    """A piece of what an event leaves behind: slides, a recording, a report elsewhere."""

    title: Text
    url: str


@frozen
class PartFacts:
    """A part. `starts` and `ends` are naive local times, or dates alone (`ends` then is the last day).

    `reason` says to those who see it why it is not as it was. With `approval` an
    organiser decides about each registration for it.
    """

    key: str
    title: Text
    starts: date
    ends: date
    visibility: Visibility = Visibility.PUBLIC
    capacity: Mapping[Mode, int | None] = field(default_factory=lambda: {Mode.ON_SITE: None})
    summary: Text = NOTHING
    venue: VenueFacts | None = None
    online_url: str = ""
    approval: bool = False
    programme: tuple[ItemFacts, ...] = ()
    cancelled: bool = False
    reason: Text = NOTHING

    def mode_of(self, chosen: Mode) -> Mode:
        """How somebody takes part in it now who chose a mode."""
        return mode_now(chosen, self.capacity)


@frozen
class EventFacts:
    """An event. `opens` and `closes` are naive local times; `reason` says in public why it is not as it was."""

    slug: str
    kind: Kind
    state: State
    title: Text
    zone: str
    parts: tuple[PartFacts, ...]
    summary: Text = NOTHING
    description: Text = NOTHING
    report: Text = NOTHING
    region: str = ""
    venue: VenueFacts | None = None
    opens: datetime | None = None
    closes: datetime | None = None
    note: Text = NOTHING
    reason: Text = NOTHING
    materials: tuple[MaterialFacts, ...] = ()
    reminds: bool = True
    waiting_list: WaitingList = WaitingList.OFFER
    grace: int = 0

    @property
    def live_parts(self) -> tuple[PartFacts, ...]:
        """The parts that take place; all of them where none does."""
        return tuple(part for part in self.parts if not part.cancelled) or self.parts


def follow_title(before: EventFacts, after: EventFacts) -> EventFacts:
    """Let the only part of an event be renamed with it, where it had the event's own title and nobody changed it."""
    if len(before.parts) != 1 or len(after.parts) != 1:
        return after
    (old,), (new,) = before.parts, after.parts
    if old.key != new.key or not before.title == old.title == new.title:
        return after
    return replace(after, parts=(replace(new, title=after.title),))


def placed_as(part: PartFacts, other: PartFacts) -> PartFacts:
    """Return a part at the time and the place of another, with its programme."""
    return replace(part, starts=other.starts, ends=other.ends, venue=other.venue, programme=other.programme)


def check(facts: EventFacts) -> EventFacts:
    """Return the facts where they hold together.

    Raises:
        Invalid: with the path to the value.

    """
    times.zone_info(facts.zone)
    if not SLUG.fullmatch(facts.slug) or len(facts.slug) > LONGEST_SLUG:
        raise Invalid("slug", "small letters, digits and single hyphens only, 80 at most")
    if not facts.title:
        raise Invalid("title", "at least one language is needed")
    if not facts.parts:
        raise Invalid("parts", "an event has at least one part")
    for index, part in enumerate(facts.parts):
        _check_part(part, facts.zone, f"parts[{index}]")
    _check_length(facts.region, LONGEST_REGION, "region")
    _check_venue(facts.venue, "venue")
    keys = [part.key for part in facts.parts]
    if len(set(keys)) != len(keys):
        raise Invalid("parts", "two parts have the same key")
    for path, value in (("registration.opens", facts.opens), ("registration.closes", facts.closes)):
        if value is not None:
            _check_year(value, path)
            times.moment(value, facts.zone, path)
    if facts.opens and facts.closes and facts.closes <= facts.opens:
        raise Invalid("registration.closes", "registration closes before it opens")
    return facts


def ends_at(facts: EventFacts) -> datetime:
    """Return the moment at which an event ends; without hours, the end of its last day."""
    return max(
        times.moment(part.ends, facts.zone) if isinstance(part.ends, datetime) else times.end_of(part.ends, facts.zone)
        for part in facts.live_parts
    )


def check_closing(facts: EventFacts) -> None:
    """Refuse a closing of registration after the end of what it closes.

    Raises:
        Invalid.

    """
    if facts.closes and times.moment(facts.closes, facts.zone) > ends_at(facts):
        raise Invalid("registration.closes", "registration closes after the event")


def is_moved(before: EventFacts, after: EventFacts) -> bool:
    """Whether any part of an event gets other days or hours."""
    days = {part.key: (part.starts, part.ends) for part in before.parts}
    return any(days.get(part.key, (part.starts, part.ends)) != (part.starts, part.ends) for part in after.parts)


def opened(before: EventFacts, after: EventFacts) -> EventFacts:
    """Return an event without what was told to the guests of closed parts alone, where such a part is open to all."""
    told = {part.key: part.reason for part in before.parts if part.visibility is Visibility.INVITED}
    parts = (
        replace(part, reason=NOTHING)
        if part.visibility is Visibility.PUBLIC and part.reason == told.get(part.key)
        else part
        for part in after.parts
    )
    return replace(after, parts=tuple(parts))


def _check_year(day: date, path: str) -> None:
    """Refuse a slip of the pen: a year with which nobody could reckon any more, page or calendar."""
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise Invalid(path, f"a year from {YEARS[0]} to {YEARS[1]} is expected")


def _check_part(part: PartFacts, zone: str, path: str) -> None:
    _check_year(part.starts, f"{path}.starts")
    _check_year(part.ends, f"{path}.ends")
    if not SLUG.fullmatch(part.key) or len(part.key) > LONGEST_KEY:
        raise Invalid(f"{path}.key", f"small letters, digits and single hyphens only, {LONGEST_KEY} at most")
    if not part.title:
        raise Invalid(f"{path}.title", "at least one language is needed")
    if isinstance(part.starts, datetime) != isinstance(part.ends, datetime):
        raise Invalid(f"{path}.ends", "give hours for both ends or for neither")
    if isinstance(part.starts, datetime) and isinstance(part.ends, datetime):
        starts = times.moment(part.starts, zone, f"{path}.starts")
        if times.moment(part.ends, zone, f"{path}.ends") <= starts:
            raise Invalid(f"{path}.ends", "it ends before it starts")
    elif part.ends < part.starts:
        raise Invalid(f"{path}.ends", "it ends before it starts")
    if not part.capacity:
        raise Invalid(f"{path}.capacity", "at least one of on_site and online is offered")
    _check_venue(part.venue, f"{path}.venue")
    for item in part.programme:
        _check_length(item.speaker, LONGEST_SPEAKER, f"{path}.programme.speaker")


def _check_venue(venue: VenueFacts | None, path: str) -> None:
    for name, longest in LONGEST_IN_VENUE.items():
        _check_length(getattr(venue, name, ""), longest, f"{path}.{name}")


def _check_length(value: str, longest: int, path: str) -> None:
    if len(value) > longest:
        raise Invalid(path, f"at most {longest} characters")
