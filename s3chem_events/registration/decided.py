"""The e-mails about a decision that is awaited, and about a no. A yes goes out with its invitation (emails)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from s3chem_events.core.journal import Fact
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.registration import queries
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.composing import Writer
from s3chem_events.registration.models import Participation, Registration


def pending(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Say that a registration has come, and that an organiser decides about it; nothing is for the calendar yet."""
    desk = Writer(letterhead)
    for fact, registration in queries.subjects(facts):
        asked = _concerned(fact, registration, Standing.PENDING)
        if asked and not fact.data.get("handed_on"):  # whose link is in a contact's summary
            yield _without_calendar(desk, fact, registration, asked)


def rejected(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Say no, and why where an organiser has said it; who was approved meanwhile hears that instead."""
    desk = Writer(letterhead)
    for fact, registration in queries.subjects(facts):
        if refused := _concerned(fact, registration, Standing.REJECTED):
            draft = _without_calendar(desk, fact, registration, refused)
            yield replace(draft, values={**draft.values, "reason": registration.decision_reason})


def _concerned(fact: Fact, registration: Registration, standing: Standing) -> list[Participation]:
    if registration.withdrawn_at is not None:
        return []
    parts = fact.data.get("parts")
    theirs = [one for one in registration.participations if parts is None or one.part_id in parts]
    return [one for one in theirs if one.standing is standing]


def _without_calendar(
    desk: Writer, fact: Fact, registration: Registration, participations: Sequence[Participation]
) -> Draft:
    return desk.draft(fact, registration, participations, method="", kept={one.part_id for one in participations})
