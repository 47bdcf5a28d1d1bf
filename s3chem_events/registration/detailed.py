"""How people are told what the gate still wants of them: in the confirmation, and once more before its hour."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from s3chem_events.core import i18n
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import render
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import TAKING, Mode
from s3chem_events.publishing.models import Event
from s3chem_events.registration import answering, details, entries, queries
from s3chem_events.registration.answering import Answered
from s3chem_events.registration.composing import Writer
from s3chem_events.registration.details import Terms
from s3chem_events.registration.models import Participation, Registration

DETAILS = "details"
"""Where a participant tells it, below her own page."""
Wanted = Callable[[Event], Terms]


def wanted() -> Wanted:
    """Return a way to what the gates of events want, each read once."""
    there: dict[int, Terms] = {}
    return lambda event: there.get(event.id) or there.setdefault(event.id, details.terms(event))


def lines(
    registration: Registration,
    going: Sequence[Participation],
    own_page: str,
    *,
    terms: Terms,
    given: Sequence[Answered],
) -> dict[str, Any]:
    """Return what an e-mail says of it: which details, until when, and where; nothing where none is wanted."""
    before = {one.question.key: one.value for one in given}
    asked = details.asked_of(registration, terms.asked, before=before, only=[one.id for one in going])
    if terms.until is None or not asked or not terms.are_open or details.is_complete(asked, before):
        return {}
    language = render.spoken(registration.language)
    until = i18n.stamp(terms.until, registration.event.zone, language)
    labels = ", ".join(one.label.within(language) for one in asked)
    return {"labels": labels, "until": until, "url": f"{own_page}/{DETAILS}"}


def details_due(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Remind whoever has not told the gate, as long as it takes anything, and the hour is still the same."""
    for fact in facts:
        event = publishing.event_by_id(fact.subject_id)
        if event is None or event.state not in TAKING:
            continue
        terms = details.terms(event)
        if terms.until is not None and terms.are_open and terms.until.isoformat() == fact.data["until"]:
            yield from _reminders(event, fact, letterhead, terms)


def _reminders(event: Event, fact: Fact, letterhead: Letterhead, terms: Terms) -> Iterator[Draft]:
    writer = Writer(letterhead)
    missing = [person.id for person, is_complete in details.expected(event, terms) if not is_complete]
    for registrations in queries.to_be_told(event, fact, among=Registration.id.in_(missing)):
        given = answering.of([one.id for one in registrations])
        for registration in registrations:
            draft = _draft(writer, fact, registration, terms, given.get(registration.id, []))
            if draft is not None:
                yield draft


def _draft(
    writer: Writer, fact: Fact, registration: Registration, terms: Terms, given: Sequence[Answered]
) -> Draft | None:
    language = render.spoken(registration.language)
    own_page = writer.own_page(registration, language)
    told = lines(registration, registration.participations, own_page, terms=terms, given=given)
    chosen = entries.chosen(registration, registration.participations)
    there = [(part, mode) for part, mode in chosen if mode is Mode.ON_SITE and not part.cancelled]
    if not told or not there:
        return None
    values = {"event": writer.event_lines(registration.event, tuple(there), language), "gate": told}
    return writer.written_to(registration, fact, values)
