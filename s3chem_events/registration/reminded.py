"""The e-mail of the day before: when and where, and for those online the link, also in their calendar."""

from collections.abc import Iterator, Sequence

from s3chem_events.core.journal import Fact
from s3chem_events.mailing import render
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import TAKING, Mode
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import entries, queries
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.composing import Writer
from s3chem_events.registration.models import Participation, Registration


def event_reminded(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Remind everybody who holds a place in a part, unless the day has moved or the part has gone meanwhile."""
    for fact in facts:
        event = publishing.event_by_id(fact.subject_id)
        part = next((p for p in event.parts if p.id == fact.data["part"]), None) if event else None
        if event is None or part is None or part.cancelled or event.state not in TAKING:
            continue
        if part.starts_on.isoformat() == fact.data["of_day"]:
            yield from _reminders(event, part, fact, letterhead)


def _reminders(event: Event, part: Part, fact: Fact, letterhead: Letterhead) -> Iterator[Draft]:
    writer = Writer(letterhead)
    for registrations in queries.to_be_told(event, fact):
        there = [(one, _place(one, part)) for one in registrations]
        yield from [_draft(writer, fact, one, part, place) for one, place in there if place is not None]


def _place(registration: Registration, part: Part) -> Participation | None:
    held = (p for p in registration.participations if p.part_id == part.id and p.standing is Standing.CONFIRMED)
    return next(held, None)


def _draft(writer: Writer, fact: Fact, registration: Registration, part: Part, place: Participation) -> Draft:
    language = render.spoken(registration.language)
    mode = part.mode_of(place.mode)
    own_page = writer.own_page(registration, language)
    room = part.online_url if mode is Mode.ONLINE else ""
    calendars = writer.calendars(
        registration,
        [(part, mode)] if room else [],
        note=entries.manage_note(own_page, language),
        method="REQUEST",
        sent_at=fact.happened_at,
        joining=True,
    )
    values = {
        "event": writer.event_lines(registration.event, ((part, mode),), language),
        "parts": [writer.part_lines(part, mode, language)],
        "room": room,
    }
    return writer.written_to(registration, fact, values, calendars=calendars, method="REQUEST")
