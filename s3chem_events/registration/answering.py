"""Answers to the organisers' questions: kept with their consents, read by those who may, and settled."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import contains_eager

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import STRANGERS, Actor
from s3chem_events.core.values import frozen
from s3chem_events.mailing import again
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import asking, places, questions, uploads
from s3chem_events.registration.models import Answer, Consent, Participation, Question, Registration
from s3chem_events.registration.questions import CLOSED, NEEDS, Asked, Given, Kind, Readers

CONSENT_TEXT = 1
"""Raised when the sentences of the form by which people agree to something say something else."""
TOLD = ".told"
"""Stands behind the version of what somebody agreed to by word of mouth: an organiser noted it."""


@frozen
class Answered:
    """An answer with the question in the very words that were asked."""

    question: Asked
    value: Any
    id: int = 0

    @property
    def is_sensitive(self) -> bool:
        """Whether only some may read it."""
        return self.question.is_sensitive

    def said(self, language: str) -> str:
        """Return the answer in words."""
        return questions.said(self.question, self.value, language)


def keep(registration: Registration, given: Sequence[Given], *, by: Actor, waits: bool = False) -> None:
    """Keep what was answered; of a need without its consent nothing at all. An access need asks for an answer.

    Of one that `waits` for its answer already nobody is told again; of one deleted and told anew thrice a day.
    """
    moment = now()
    kept = [one for one in given if one.value is not None and (one.agreed or one.question.kind not in NEEDS)]
    asks = any(one.question.kind is Kind.ACCESS for one in kept) and not (waits or is_open(registration.id))
    if asks and again.within_a_day(registration.id, "access.asked") < again.MOST:
        journal.record("access.asked", registration.id, by=by, event=registration.event_id)
    for one in kept:
        question = one.question
        _add(registration.id, one, moment)
        if question.kind in questions.FREE:
            db.session.add(
                Consent(
                    registration_id=registration.id,
                    subject=questions.field_name(question.key),
                    text_version=f"{question.version}.{CONSENT_TEXT}{'' if str(by) in STRANGERS else TOLD}",
                    language=one.language,
                    given_at=moment,
                )
            )


def end_consents(registration_id: int, subjects: Collection[str]) -> None:
    """Note that consents hold no longer; that they were given, and until when, stays as proof."""
    living = (
        Consent.registration_id == registration_id,
        Consent.subject.in_(subjects),
        Consent.withdrawn_at.is_(None),
    )
    ended = db.update(Consent).where(*living).values(withdrawn_at=now())
    db.session.execute(ended.execution_options(synchronize_session="fetch"))


def _add(registration_id: int, one: Given, moment: datetime) -> None:
    question = one.question
    answer = Answer(
        registration_id=registration_id,
        question_id=question.id,
        version=question.version,
        value=one.value,
        given_at=moment,
    )
    if question.kind is Kind.FILE:
        uploads.bind(answer, one.value)
    else:
        db.session.add(answer)


def of(registration_ids: Collection[int]) -> dict[int, list[Answered]]:
    """Return the answers of some people in the form's order, each in the words that were asked; one statement."""
    query = (
        db.select(Answer)
        .join(Answer.question)
        .options(contains_eager(Answer.question).joinedload(Question.part))
        .where(Answer.registration_id.in_(list(registration_ids)))
        .order_by(Question.position, Question.id)
    )
    found: dict[int, list[Answered]] = {}
    for row in db.session.scalars(query):
        answered = Answered(asking.asked(row.question, version=row.version), row.value, row.id)
        found.setdefault(row.registration_id, []).append(answered)
    return found


def concerning(registration: Registration, given: Sequence[Answered]) -> list[Answered]:
    """Return the answers but those about parts that were given up alone, and what was asked upon them.

    They are kept: she may take the part back for a while.
    """
    live = {one.part_id for one in registration.participations if one.standing not in places.OVER}
    lost = {one.part_id for one in registration.participations} - live if live else set[int]()
    gone = set[str]()
    for one in given:
        if one.question.part_id in lost or one.question.only_if in gone:
            gone.add(one.question.key)
    return [one for one in given if one.question.key not in gone]


def answer_of(event_id: int, answer_id: int) -> Answer | None:
    """Return one answer of this very event, with its question and whose it is."""
    found: Answer | None = db.session.scalar(
        db.select(Answer)
        .join(Answer.question)
        .join(Answer.registration)
        .where(Question.event_id == event_id, Answer.id == answer_id)
        .options(contains_eager(Answer.question), contains_eager(Answer.registration))
    )
    return found


def in_mail(answered: Sequence[Answered], language: str) -> list[tuple[str, str]]:
    """Return what a first e-mail may say of answers: no need, no words of the visitor's own, none that goes sooner."""
    return [
        (one.question.label.within(language), one.said(language))
        for one in answered
        if one.question.kind in CLOSED and not one.is_sensitive and questions.may_be_mailed(one.question)
    ]


@frozen
class Request:
    """An access need that waits for an answer."""

    answer: Answer
    registration: Registration
    question: Asked


def requests(event_id: int) -> list[Request]:
    """Return the access needs at an event of those who come, the open ones first, each in order of arrival."""
    query = (
        _requests()
        .where(Registration.event_id == event_id)
        .options(
            contains_eager(Answer.question).joinedload(Question.part),
            contains_eager(Answer.registration),
        )
        .order_by(Answer.settled_at.is_not(None), Answer.id)
    )
    found = db.session.scalars(query)
    return [Request(row, row.registration, asking.asked(row.question, version=row.version)) for row in found]


def open_requests(event_ids: Collection[int] | None = None) -> dict[str, int]:
    """Return how many access needs wait for an answer, by the event's slug."""
    query = (
        _requests()
        .where(Answer.settled_at.is_(None))
        .join(Event, Event.id == Registration.event_id)
        .with_only_columns(Event.slug, func.count())
        .group_by(Event.slug)
        .order_by(Event.slug)
    )
    if event_ids is not None:
        query = query.where(Event.id.in_(event_ids))
    return dict(db.session.execute(query).all())


def is_open(registration_id: int) -> bool:
    """Whether somebody waits for the answer to an access need."""
    mine = _requests().where(Answer.registration_id == registration_id, Answer.settled_at.is_(None))
    return bool(db.session.scalar(mine.with_only_columns(func.count())))


def settle(event_id: int, answer_id: int, *, by: Actor) -> bool:
    """Note that an access need has been answered; False where there is none open."""
    query = _requests().where(Registration.event_id == event_id, Answer.id == answer_id, Answer.settled_at.is_(None))
    answer = db.session.scalar(query.with_for_update(of=Answer))
    if answer is None:
        return False
    answer.settled_at, answer.settled_by = now(), str(by)
    journal.record("access.answered", answer.registration_id, by=by, event=event_id)
    return True


def for_the_caterer(event_id: int) -> list[tuple[int, int, str, Any]]:
    """Return (question, version, part, answer) for each place that is held on site; nobody's name is read."""
    query = (
        db.select(Answer.question_id, Answer.version, Part.key, Answer.value)
        .join(Question, Question.id == Answer.question_id)
        .join(Participation, Participation.registration_id == Answer.registration_id)
        .join(Part, Part.id == Participation.part_id)
        .where(
            Question.event_id == event_id,
            Question.readers == Readers.CATERER,
            places.HELD,
            places.MODE.in_(["on_site"]),
            db.or_(Question.part_id.is_(None), Question.part_id == Part.id),
        )
        .order_by(Part.position, Question.position, Answer.id)
    )
    return [(number, version, part, value) for number, version, part, value in db.session.execute(query)]


def _requests() -> Any:
    """Ask for the access needs of those who come, or still may, to what the need is about."""
    comes = (
        db.exists()
        .where(Participation.registration_id == Registration.id, Participation.standing.in_(places.INTERESTED))
        .where(Part.id == Participation.part_id, ~Part.cancelled)
        .where(db.or_(Question.part_id.is_(None), Question.part_id == Part.id))
        .correlate(Registration, Question)
    )
    return (
        db.select(Answer)
        .join(Answer.question)
        .join(Answer.registration)
        .where(Question.kind == Kind.ACCESS, Registration.withdrawn_at.is_(None), comes)
    )
