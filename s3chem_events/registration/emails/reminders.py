"""The reminders: of the day before, of what the gate still wants, and of whether one still comes.

What the gate wants is told in the confirmation, too.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from s3chem_events.core import i18n
from s3chem_events.core.clock import now
from s3chem_events.core.journal import STRANGERS, Fact
from s3chem_events.mailing import queries as outbox
from s3chem_events.mailing import render
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import TAKING, Mode
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import answering, details, entries, inquiries, places, queries, reminding
from s3chem_events.registration.answering import Answered
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.details import Terms
from s3chem_events.registration.emails import unanswered
from s3chem_events.registration.emails.composing import Writer
from s3chem_events.registration.inquiries import Inquiry
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.registration.places import SEATED
from s3chem_events.registration.questions import When

DETAILS = "details"
"""Where a participant tells it, below her own page."""
LETTER = "letter"
"""Where she tells what a letter of invitation needs."""
Wanted = Callable[[Event], Terms]


def gate_terms() -> Wanted:
    """Return a way to what the gates of events want, each read once."""
    there: dict[int, Terms] = {}
    return lambda event: there.get(event.id) or there.setdefault(event.id, details.terms(event))


def gate_lines(
    registration: Registration,
    going: Sequence[Participation],
    own_page: str,
    *,
    terms: Terms,
    given: Sequence[Answered],
) -> dict[str, Any]:
    """Return what an e-mail says of it: which details, until when, and where; nothing where none is wanted.

    Once the gate has closed its list, they are wanted all the same, but not here.
    """
    before = details.shown(given, at=When.AFTERWARDS)
    only = details.unheard(registration, terms, only=[one.id for one in going])
    asked = details.asked_of(registration, terms.asked, before=before, only=only)
    if terms.until is None or not asked or details.is_complete(asked, before):
        return {}
    language = render.spoken(registration.language)
    until = i18n.stamp(terms.until, registration.event.zone, language)
    labels = unanswered.named(asked, language)
    return {"labels": labels, "until": until, "url": f"{own_page}/{DETAILS}", "is_late": not terms.are_open}


def details_due(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Remind whoever has not told the gate, as long as it takes anything, and the hour is still the same."""
    for fact in facts:
        event = publishing.event_by_id(fact.subject_id)
        if event is None or event.state not in TAKING:
            continue
        terms = details.terms(event)
        if terms.until is not None and terms.are_open and terms.until.isoformat() == fact.data["until"]:
            yield from _to_the_incomplete(event, fact, letterhead, terms)


def _to_the_incomplete(event: Event, fact: Fact, letterhead: Letterhead, terms: Terms) -> Iterator[Draft]:
    writer = Writer(letterhead)
    missing = [person.id for person, is_complete in details.expected(event, terms) if not is_complete]
    for registrations in queries.to_be_told(event, fact, among=Registration.id.in_(missing)):
        given = answering.of([one.id for one in registrations])
        for registration in registrations:
            draft = _of_details(writer, fact, registration, terms, given.get(registration.id, []))
            if draft is not None:
                yield draft


def _of_details(
    writer: Writer, fact: Fact, registration: Registration, terms: Terms, given: Sequence[Answered]
) -> Draft | None:
    language = render.spoken(registration.language)
    own_page = writer.own_page(registration, language)
    told = gate_lines(registration, registration.participations, own_page, terms=terms, given=given)
    chosen = entries.chosen(registration, registration.participations)
    there = [(part, mode) for part, mode in chosen if mode is Mode.ON_SITE and not part.cancelled]
    if not told or not there:
        return None
    values = {"event": writer.event_lines(registration.event, tuple(there), language), "gate": told}
    return writer.written_to(registration, fact, values)


def letter_asked(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Say where to tell what a letter of invitation needs, which an organiser asked for; who asked herself is there."""
    writer = Writer(letterhead)
    for fact, registration in queries.subjects(facts):
        there = [p for p in registration.participations if p.standing is Standing.CONFIRMED]
        if fact.by in STRANGERS or registration.letter_at is None or registration.withdrawn_at is not None or not there:
            continue
        language = render.spoken(registration.language)
        values = {
            "event": writer.event_lines(registration.event, tuple(entries.chosen(registration, there)), language),
            "letter": f"{writer.own_page(registration, language)}/{LETTER}",
        }
        yield writer.written_to(registration, fact, values)


def event_reminded(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Remind everybody who holds a place in a part, unless it has begun, moved to another day or gone meanwhile."""
    for fact in facts:
        event = publishing.event_by_id(fact.subject_id)
        part = next((p for p in event.parts if p.id == fact.data["part"]), None) if event else None
        if event is None or part is None or part.cancelled or event.state not in TAKING:
            continue
        if part.starts_on.isoformat() == fact.data["of_day"] and now() < publishing.part_begins_at(part):
            yield from _of_the_day(event, part, fact, letterhead)


def _of_the_day(event: Event, part: Part, fact: Fact, letterhead: Letterhead) -> Iterator[Draft]:
    writer, terms = Writer(letterhead), details.terms(event)
    reached = outbox.not_stopped([one.id for one in reminding.reminders_of(event.id, fact.data)])
    for registrations in queries.to_be_told(event, fact, among=Registration.id.not_in(reached)):
        there = [(one, _place(one, part)) for one in registrations]
        given = answering.of([one.id for one in registrations]) if terms.asked else {}
        for one, place in there:
            if place is not None:
                draft, told = _day_before(writer, fact, one, part, place), given.get(one.id, [])
                gate = gate_lines(one, [place], str(draft.values["own_page"]), terms=terms, given=told)
                yield replace(draft, values={**draft.values, "gate": gate})


def _place(registration: Registration, part: Part) -> Participation | None:
    held = (p for p in registration.participations if p.part_id == part.id and p.standing is Standing.CONFIRMED)
    return next(held, None)


def _day_before(writer: Writer, fact: Fact, registration: Registration, part: Part, place: Participation) -> Draft:
    language = render.spoken(registration.language)
    mode = part.mode_of(place.mode)
    own_page = writer.own_page(registration, language)
    room = part.online_url if mode is Mode.ONLINE else ""
    event = writer.event_lines(registration.event, ((part, mode),), language)
    if len(registration.event.parts) > 1:  # a reminder of each: two of one day must not read alike
        event = replace(event, title=i18n.joined(event.title, part.title.within(language)))
    calendars = writer.calendars(
        registration,
        [(part, mode)] if room else [],
        note=entries.manage_note(own_page, language),
        method="REQUEST",
        sent_at=fact.happened_at,
    )
    values = {
        "event": event,
        "parts": [writer.part_lines(registration.event, part, mode, language)],
        "room": room,
        "is_unknown": mode is Mode.ONLINE and not room,
        "is_limited": places.are_limited([(part, mode)]),
    }
    return writer.written_to(registration, fact, values, calendars=calendars, method="REQUEST")


def asked_again(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Ask the silent once more, unless something else is asked by now, the event is off or has begun."""
    for fact in facts:
        event = publishing.event_by_id(fact.subject_id)
        inquiry = inquiries.current(event) if event else None
        if event is not None and inquiry is not None and inquiry.fact_id == fact.data["inquiry"]:
            yield from _to_the_silent(event, inquiry, fact, letterhead)


def _to_the_silent(event: Event, inquiry: Inquiry, fact: Fact, letterhead: Letterhead) -> Iterator[Draft]:
    writer = Writer(letterhead)
    for registrations in queries.to_be_told(event, fact, among=inquiries.is_silent(event.id, inquiry)):
        coming = [registration for registration in registrations if reminding.ahead(registration)]
        yield from [_asked_once_more(writer, fact, registration, inquiry) for registration in coming]


def _asked_once_more(writer: Writer, fact: Fact, registration: Registration, inquiry: Inquiry) -> Draft:
    language = render.spoken(registration.language)
    live = {part.id for part in registration.event.parts if not part.cancelled}
    going = [p for p in registration.participations if p.standing in SEATED and p.part_id in live]
    draft = writer.draft(fact, registration, going, method="", kept=live)  # the calendar has it already
    day = inquiry.keeps_until(registration.event.zone)
    until = i18n.short_range(day, day, language) if day else ""
    answers = f"{draft.values['own_page']}/answer"
    return replace(draft, values={**draft.values, "answers": answers, "answer_until": until})
