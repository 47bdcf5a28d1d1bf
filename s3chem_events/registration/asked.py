"""The reminder of whether one still comes: to the silent alone, as they are when it is written."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from s3chem_events.core import i18n
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import render
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.models import Event
from s3chem_events.registration import inquiries, queries
from s3chem_events.registration.composing import Writer
from s3chem_events.registration.inquiries import Inquiry
from s3chem_events.registration.models import Registration
from s3chem_events.registration.places import SEATED


def asked_again(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Ask the silent once more, unless something else is asked by now or the event is off."""
    for fact in facts:
        event = publishing.event_by_id(fact.subject_id)
        inquiry = inquiries.current(event) if event else None
        if event is not None and inquiry is not None and inquiry.fact_id == fact.data["inquiry"]:
            yield from _drafts(event, inquiry, fact, letterhead)


def _drafts(event: Event, inquiry: Inquiry, fact: Fact, letterhead: Letterhead) -> Iterator[Draft]:
    writer = Writer(letterhead)
    for registrations in queries.to_be_told(event, fact, among=inquiries.is_silent(event.id, inquiry)):
        yield from [_draft(writer, fact, registration, inquiry) for registration in registrations]


def _draft(writer: Writer, fact: Fact, registration: Registration, inquiry: Inquiry) -> Draft:
    language = render.spoken(registration.language)
    live = {part.id for part in registration.event.parts if not part.cancelled}
    going = [p for p in registration.participations if p.standing in SEATED and p.part_id in live]
    draft = writer.draft(fact, registration, going, method="", kept=live)  # the calendar has it already
    until = i18n.short_range(inquiry.until, inquiry.until, language) if inquiry.until else ""
    answers = f"{draft.values['own_page']}/answer"
    return replace(draft, values={**draft.values, "answers": answers, "answer_until": until})
