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


def opens_at(begins_at: datetime) -> datetime:
    """Return from when on the link to join a part that begins then stands on people's own page and in their calendar.

    A reminder that leaves earlier brings it already (given_at).
    """
    return begins_at - AHEAD


def given_at(begins_at: datetime, day: date, zone: str, *, reminds: bool) -> datetime:
    """Return from when on e-mails bring the link to join to those who take part online."""
    return min(opens_at(begins_at), reminded_at(day, zone)) if reminds else opens_at(begins_at)


def became(before: EventFacts, after: EventFacts) -> Difference:
    """Return what people are told of an event: also of another link to join, once they have been given one."""
    opened = {part.key for part in _joined(after) if now() >= part_given_at(after, part)}
    return compare(before, after, opened=opened)


def still_closed(before: EventFacts, after: EventFacts) -> list[PartFacts]:
    """Return the parts that have another link to join, which nobody has been given yet."""
    there = {part.key: part.online_url for part in before.parts}
    return [p for p in _joined(after) if p.online_url != there.get(p.key) and now() < part_given_at(after, p)]


def part_given_at(facts: EventFacts, part: PartFacts) -> datetime:
    """Return from when on the link of a part is given to people, by e-mail at least."""
    if isinstance(part.starts, datetime):
        begins_at = times.moment(part.starts, facts.zone)
    else:
        begins_at = times.start_of(part.starts, facts.zone)
    return given_at(begins_at, times.day(part.starts), facts.zone, reminds=facts.reminds)


def _joined(facts: EventFacts) -> Iterator[PartFacts]:
    """Yield the parts that can be joined by a link, where people have been told that they take place."""
    for part in facts.parts if facts.state in TAKING else ():
        if part.online_url and Mode.ONLINE in part.capacity and not part.cancelled:
            yield part
