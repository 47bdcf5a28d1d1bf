"""What people's calendars hold of an event until they are told of a change, and when they believe it closes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
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

There = tuple[dict[str, Entry], datetime | None]
"""The entries by the keys of their parts, and when registration closes; None where it has not been open yet."""


class Moved(NamedTuple):
    """An entry in people's calendars as so many of those hold it who are written to, and what it becomes."""

    before: Entry | None
    after: Entry
    people: int


def moved(
    there: Mapping[int, There], after: Mapping[str, Entry], people: Mapping[str, Mapping[int, int]]
) -> tuple[Moved, ...]:
    """Return what becomes of the entries of these parts, for so many `people` who know each as a revision left it."""
    return tuple(
        Moved(there[number][0].get(key), entry, count)
        for key, entry in after.items()
        for number, count in people.get(key, {}).items()
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
        return {key: entry for key, entry in held.items() if key in known}, _closing(event)


def _closing(event: Event) -> datetime | None:
    """Return when people believe that registration closes; None where it has not been open yet."""
    opens = publishing.took_registrations_from(event)
    return publishing.closes_at(event) if opens is not None and opens <= now() else None


def entries_of(event: Event, letterhead: Letterhead, language: str) -> dict[str, Entry]:
    """Return what the calendars of the registered hold, by part key."""
    organizer = Mailbox(letterhead.organisation, letterhead.sender)
    funding = letterhead.funding.within(language)
    return {
        part.key: entries.attended(
            event,
            part,
            mode=part.mode_of(Mode.ON_SITE),
            language=language,
            base_url=letterhead.base_url,
            organizer=organizer,
            funding=funding,
        )
        for part in event.parts
    }
