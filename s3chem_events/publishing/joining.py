"""From when on those who take part online are given the link to join, and when another link is news to them."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from s3chem_events.core.clock import now
from s3chem_events.publishing import times
from s3chem_events.publishing.changes import Difference, compare
from s3chem_events.publishing.facts import EventFacts, PartFacts
from s3chem_events.publishing.lifecycle import TAKING, Mode

AHEAD = timedelta(hours=24)
HOUR = time(9)
"""When people are reminded, by the clock of the event's zone."""


def reminded_at(day: date, zone: str) -> datetime:
    """Return when people are reminded of a day: at nine on the day before, where the event is."""
    return times.moment(datetime.combine(day - timedelta(days=1), HOUR), zone)


def opens_at(begins_at: datetime, day: date, zone: str, *, reminds: bool) -> datetime:
    """Return from when on the link to join a part that begins then stands on people's own page and in their calendar.

    24 hours ahead, or with the reminder where that comes earlier, so that no e-mail knows it before page and calendar.
    """
    ahead = begins_at - AHEAD
    return min(ahead, reminded_at(day, zone)) if reminds else ahead


def became(before: EventFacts, after: EventFacts) -> Difference:
    """Return what people are told of an event: also of another link to join, once they have been given one."""
    opened = {part.key for part in _joined(after) if now() >= part_opens_at(after, part)}
    return compare(before, after, opened=opened)


def still_closed(before: EventFacts, after: EventFacts) -> list[PartFacts]:
    """Return the parts that have another link to join, which nobody has been given yet."""
    there = {part.key: part.online_url for part in before.parts}
    return [p for p in _joined(after) if p.online_url != there.get(p.key) and now() < part_opens_at(after, p)]


def part_opens_at(facts: EventFacts, part: PartFacts) -> datetime:
    """Return from when on the link of a part is given to people."""
    if isinstance(part.starts, datetime):
        begins_at, day = times.moment(part.starts, facts.zone), part.starts.date()
    else:
        begins_at, day = times.start_of(part.starts, facts.zone), part.starts
    return opens_at(begins_at, day, facts.zone, reminds=facts.reminds)


def _joined(facts: EventFacts) -> Iterator[PartFacts]:
    """Yield the parts that can be joined by a link, where people have been told that they take place."""
    for part in facts.parts if facts.state in TAKING else ():
        if part.online_url and Mode.ONLINE in part.capacity and not part.cancelled:
            yield part
