"""Whose details are complete: whether what must be answered for her parts, and for the gate, has been. Never how."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from s3chem_events.core.db import db
from s3chem_events.publishing.models import Event
from s3chem_events.registration import asking, details, questions
from s3chem_events.registration.details import Terms
from s3chem_events.registration.models import Answer, Question, Registration
from s3chem_events.registration.places import INTERESTED
from s3chem_events.registration.questions import Asked


def missing(event: Event, people: Sequence[Registration]) -> set[int]:
    """Return the ids of those of an event's people who still have to tell something; in four statements at most."""
    asked, gate = asking.asked_at(event.id), details.terms(event)
    if not any(question.required for question in (*asked, *gate.asked)):
        return set()
    known = _known([person.id for person in people])
    return {
        person.id
        for person in people
        if still_open(event, person, asked, known.get(person.id, {}))
        or _gate_waits(person, gate, known.get(person.id, {}))
    }


def still_open(
    event: Event, person: Registration, asked: Collection[Asked], known: Mapping[str, Any]
) -> tuple[Asked, ...]:
    """Return which of the form's questions somebody must still answer, who did not fill the form in herself."""
    keys = {part.id: part.key for part in event.parts}
    parts = [keys[held.part_id] for held in person.participations if held.standing in INTERESTED]
    if not parts or person.withdrawn_at is not None:
        return ()
    applying = [one for one in asked if questions.applies(one, parts=parts, answers=known)]
    return tuple(one for one in applying if one.required and one.key not in known)


def still_open_of(person: Registration) -> tuple[Asked, ...]:
    """Return which of the form's questions one loaded person must still answer."""
    asked = asking.asked_at(person.event_id)
    if not any(question.required for question in asked):
        return ()
    return still_open(person.event, person, asked, _known([person.id]).get(person.id, {}))


def _gate_waits(person: Registration, gate: Terms, known: Mapping[str, Any]) -> bool:
    theirs = details.asked_of(person, gate.asked, before=known, only=details.unheard(person, gate))
    return any(one.required for one in theirs) and not details.is_complete(theirs, known)


def _known(registration_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    query = db.select(Answer.registration_id, Question.key, Answer.value).join(Question)
    found: dict[int, dict[str, Any]] = {}
    for registration_id, key, value in db.session.execute(query.where(Answer.registration_id.in_(registration_ids))):
        found.setdefault(registration_id, {})[key] = value
    return found
