"""Consents taken back as easily as given, and the two lists that hang on one: participants', and photographs."""

import re
from collections.abc import Sequence

from s3chem_events.core import journal
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.publishing.models import Part
from s3chem_events.registration import answering, asking, history, places, questions
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.history import Line
from s3chem_events.registration.models import Answer, Participation, Question, Registration
from s3chem_events.registration.questions import NEEDS, SENSITIVE, Asked, Given, Kind

LIST = "list"
PHOTO = "photo"
READY = re.compile(rf"({LIST}|{PHOTO})(-[0-9]+)?")
"""The keys of the two consents that are ready; a second one of an event, after the first was retired, has a number."""


class NoSuchConsent(Refused):
    """The event asks for no such consent of this person."""

    code = "no_such_consent"
    status = 404


def consents(registration: Registration, *, openly: bool) -> list[tuple[Asked, bool | None]]:
    """Return what somebody agreed to or could agree to, in the form's order, and whether she does.

    A need that was told counts, too: to take its consent back is to delete it. Who has the link alone and not the code
    (not `openly`) finds each need that the form asks for, and None: whether one was told is about health already.
    """
    given = {one.question.key for one in answering.of([registration.id]).get(registration.id, [])}
    there = [(question, question.key in given) for question in _free(registration)]
    return [
        (question, is_given if openly or question.kind not in NEEDS else None)
        for question, is_given in there
        if is_given
        or (question.kind in NEEDS and not openly)
        or (question.kind is Kind.CONSENT and not question.retired)
    ]


def needs(registration: Registration) -> list[Asked]:
    """Return the needs that an event asks somebody for, told or not."""
    return [one for one in _free(registration) if one.kind in NEEDS]


def give(registration: Registration, key: str, *, language: str, by: Actor) -> bool:
    """Agree to what the form asks, in the words that it has now; False where she did so before.

    Raises:
        NoSuchConsent.

    """
    question, is_given = _consent(registration, key)
    if question.kind in NEEDS:  # told in the form, with its words
        raise NoSuchConsent
    if is_given:
        return False
    answering.keep(registration, [Given(question, value=True, agreed=True, language=language)], by=by)
    journal.record("consent.given", registration.id, by=by, event=registration.event_id, question=question.id)
    _tell(registration, question, old=None, new=True, by=by)
    return True


def take_back(registration: Registration, key: str, *, by: Actor) -> bool:
    """Take a consent back, and delete what was told with it; that it was given, and until when, stays as proof.

    What was not given is not taken back, and nothing is said of it: False.

    Raises:
        NoSuchConsent.

    """
    question, is_given = _consent(registration, key)
    if not is_given:
        return False
    mine = Answer.registration_id == registration.id, Answer.question_id == question.id
    old = None if question.readers in SENSITIVE else db.session.scalar(db.select(Answer.value).where(*mine))
    db.session.execute(db.delete(Answer).where(*mine))
    answering.end_consents(registration.id, [questions.field_name(question.key)])
    journal.record("consent.withdrawn", registration.id, by=by, event=registration.event_id, question=question.id)
    _tell(registration, question, old=old, new=None, by=by)
    return True


def is_asked(event_id: int, which: str) -> bool:
    """Whether an event asks for the consent of a list."""
    return bool(_ready(event_id, which))


def for_distribution(event_id: int) -> list[tuple[str, str]]:
    """Return name and organisation of those who come and agreed to stand in the list of participants, by name."""
    ids = _ready(event_id, LIST)
    agreed = db.exists().where(Answer.registration_id == Registration.id, Answer.question_id.in_(ids))
    return [(one.full_name, one.organisation) for one in _coming(event_id, agreed)]


def not_photographed(event_id: int) -> list[tuple[str, str]]:
    """Return name and organisation of those on site who have not agreed to photographs, by name; no reason is known."""
    ids = _ready(event_id, PHOTO)
    agreed = db.exists().where(Answer.registration_id == Registration.id, Answer.question_id.in_(ids))
    return [(one.full_name, one.organisation) for one in _coming(event_id, ~agreed, places.MODE.in_(["on_site"]))]


def _tell(registration: Registration, question: Asked, *, old: object, new: object, by: Actor) -> None:
    """Have it confirmed by e-mail, and kept in the history, as the same change in the form is."""
    fact = journal.record("registration.changed", registration.id, by=by, event=registration.event_id)
    history.write(registration, fact, [Line(questions.field_name(question.key), old, new)])


def _coming(event_id: int, *conditions: object) -> Sequence[Registration]:
    query = (
        db.select(Registration)
        .join(Participation, Participation.registration_id == Registration.id)
        .join(Part, Part.id == Participation.part_id)
        .where(Registration.event_id == event_id, Participation.standing == Standing.CONFIRMED, ~Part.cancelled)
        .where(*conditions)
        .order_by(Registration.sort_name, Registration.id)
        .distinct()
    )
    return db.session.scalars(query).all()


def _ready(event_id: int, which: str) -> list[int]:
    rows = db.session.execute(db.select(Question.id, Question.key).filter_by(event_id=event_id, kind=Kind.CONSENT))
    return [number for number, key in rows if (found := READY.fullmatch(key)) and found[1] == which]


def _free(registration: Registration) -> list[Asked]:
    """Return what an event asks of somebody that she may leave out, what it asked before included."""
    parts = {part.part.key for part in registration.participations}
    asked = asking.asked_at(registration.event_id, retired=True)
    return [one for one in asked if one.kind in questions.FREE and (not one.part or one.part in parts)]


def _consent(registration: Registration, key: str) -> tuple[Asked, bool]:
    found = next((one for one, _given in consents(registration, openly=False) if one.key == key), None)
    if found is None or registration.withdrawn_at is not None:
        raise NoSuchConsent
    given = {one.question.key for one in answering.of([registration.id]).get(registration.id, [])}
    return found, key in given
