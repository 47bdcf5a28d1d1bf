"""What becomes of an event, told to those who are registered: each concerned person one e-mail for one change."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from s3chem_events.core.journal import Fact
from s3chem_events.mailing import render
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.publishing import changes, values
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.changes import Difference
from s3chem_events.publishing.models import Event
from s3chem_events.registration import queries
from s3chem_events.registration.composing import Writer
from s3chem_events.registration.models import Registration
from s3chem_events.registration.places import INTERESTED


def event_changed(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Tell the registered what changed since a revision; compared with the event as it is when this is written.

    Works through thousands, fifty at a time, and passes over those whose e-mail stands in the outbox already: a worker
    that was stopped in the midst goes on where it was.
    """
    for fact in facts:
        event = publishing.event_by_id(fact.subject_id)
        if event is None or fact.data.get("called_off"):
            continue
        difference = changes.compare(publishing.facts_at(event, fact.data["since"]), values.event_facts(event))
        if difference:
            earlier = () if "misled" in fact.data else publishing.reasons_since(event.id, fact.data["since"])
            difference = replace(difference, earlier=earlier)
            among = queries.misled(fact.data["misled"]) if "misled" in fact.data else None
            for registrations in queries.to_be_told(event, fact, among=among):
                yield from list(drafts(event, registrations, difference, fact, letterhead))


def drafts(
    event: Event, registrations: Sequence[Registration], difference: Difference, fact: Fact, letterhead: Letterhead
) -> Iterator[Draft]:
    """Write what some registered people are told; who takes part in nothing that changed is told nothing."""
    writer = Writer(letterhead)
    keys = {part.id: part.key for part in event.parts}
    for registration in registrations:
        going = [p for p in registration.participations if p.standing in INTERESTED]
        theirs = concerning(difference, event, registration, [keys[p.part_id] for p in going])
        if theirs:
            yield writer.change_draft(fact, registration, theirs, going)


def concerning(
    difference: Difference, event: Event, registration: Registration, parts: Sequence[str]
) -> Difference | None:
    """Return what a person is told of a change, given the parts that she is in; None where nothing concerns her."""
    if not parts or registration.event_id != event.id or registration.withdrawn_at is not None:
        return None
    return difference.concerning(set(parts)).read_in(render.spoken(registration.language)) or None
