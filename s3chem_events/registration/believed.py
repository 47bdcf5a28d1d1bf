"""What people's calendars hold of an event until they are told of a change, and when they believe it closes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import product
from typing import NamedTuple

from s3chem_events.calendar.entries import Entry, Mailbox
from s3chem_events.core.clock import now
from s3chem_events.mailing.letters import Letterhead
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing import values
from s3chem_events.publishing.becoming import changed_to
from s3chem_events.publishing.known import Known
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Event
from s3chem_events.registration import entries

Way = tuple[str, Mode]
"""A part by its key, and how somebody chose to take part in it."""
There = tuple[dict[Way, Entry], datetime | None]
"""The entries by how people take part, and when registration closes; None where it has not been open yet."""


class Moved(NamedTuple):
    """An entry in people's calendars as so many of those hold it who are written to, and what it becomes.

    `key` is that of the part, `mode` how they chose to take part.
    """

    key: str
    before: Entry | None
    after: Entry
    people: int
    mode: Mode


def moved(
    there: Mapping[int, There], after: Mapping[Way, Entry], people: Mapping[Way, Mapping[int, int]]
) -> tuple[Moved, ...]:
    """Return what becomes of the entries of these parts, for so many `people` who know each as a revision left it."""
    return tuple(
        Moved(way[0], there[number][0].get(way), entry, count, way[1])
        for way, entry in after.items()
        for number, count in people.get(way, {}).items()
    )


def closing_as_known(
    there: Mapping[int, There], people: Mapping[int, int], closes: datetime | None
) -> Mapping[datetime, int]:
    """Return how many believe which moment that registration closes, where that is another than it will be."""
    believed = Counter[datetime]()
    for number, count in people.items():
        moment = there[number][1]
        if moment is not None and moment != closes:
            believed[moment] += count
    return believed


def known(event: Event, since: int, letterhead: Letterhead, language: str) -> There:
    """Return what calendars hold of an event until people are told who know it so, and when they believe it closes.

    That is how it was when they were written to last; parts that came since may be held by people, and stay.
    """
    if since == event.revision:
        return entries_of(event, letterhead, language), _closing(event)
    facts = Known(event).facts(since)
    known = {part.key for part in facts.parts}
    added = tuple(part for part in values.event_facts(event).parts if part.key not in known)
    with changed_to(event, replace(facts, parts=facts.parts + added), letterhead.base_url):
        held = entries_of(event, letterhead, language)
        return {way: entry for way, entry in held.items() if way[0] in known}, _closing(event)


def _closing(event: Event) -> datetime | None:
    """Return when people believe that registration closes; None where it has not been open yet."""
    opens = publishing.took_registrations_from(event)
    return publishing.closes_at(event) if opens is not None and opens <= now() else None


def entries_of(event: Event, letterhead: Letterhead, language: str) -> dict[Way, Entry]:
    """Return what the calendars of the registered hold, by how they take part."""
    organizer = Mailbox(letterhead.organisation, letterhead.sender)
    funding = letterhead.funding.within(language)
    found = {}
    for part, chosen in product(event.parts, Mode):
        entry = entries.attended(
            event,
            part,
            mode=part.mode_of(chosen),
            language=language,
            base_url=letterhead.base_url,
            organizer=organizer,
            funding=funding,
        )
        is_joining = part.mode_of(chosen) is Mode.ONLINE and entries.is_given(event, part)
        found[part.key, chosen] = entries.with_room(entry, part, language) if is_joining else entry
    return found
