"""Which answers are deleted when: each question says how long its answers are needed. The clock does it."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, tuple_

from s3chem_events.core import clock, journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Actor
from s3chem_events.publishing.lifecycle import waits
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import history, questions
from s3chem_events.registration.models import Answer, Change, Consent, Question, Registration
from s3chem_events.registration.questions import SENSITIVE

WITHDRAWN_FOR = timedelta(days=7)
"""So long after a withdrawal what only some may read is kept, for one that is taken back."""


def erase_outlived(*, by: Actor) -> int:
    """Delete the answers whose days are over, with their consents; returns how many. Again changes nothing."""
    gone = 0
    for question_id, key, event_id in _outlived():
        gone += _erase(question_id, key, event_id, by=by)
    withdrawn = db.select(Registration.id).where(Registration.withdrawn_at < now() - WITHDRAWN_FOR)
    kinds = db.select(Question.id, Question.key, Question.event_id).join(Answer)
    kinds = kinds.where(Question.readers.in_(SENSITIVE), Answer.registration_id.in_(withdrawn)).distinct()
    for question_id, key, event_id in db.session.execute(kinds).all():
        gone += _erase(question_id, key, event_id, by=by, only=withdrawn)
    return gone


def _outlived() -> list[tuple[int, str, int]]:
    """Return the questions whose last day has come and of which something is kept, be it what an answer was before.

    A postponed event is still to come, for as long as it is awaited.
    """
    last = (
        db.select(func.max(Part.ends_on))
        .where(Part.event_id == Question.event_id, ~Part.cancelled)
        .correlate(Question)
        .scalar_subquery()
    )
    ever = db.select(func.max(Part.ends_on)).where(Part.event_id == Question.event_id)
    ends = func.coalesce(last, ever.correlate(Question).scalar_subquery())
    changed = db.select(Registration.event_id, Change.field).join(Change, Change.registration_id == Registration.id)
    query = (
        db.select(Question.id, Question.key, Question.event_id, Question.keep_days, ends, Event.state)
        .join(Event, Event.id == Question.event_id)
        .where(
            db.exists().where(Answer.question_id == Question.id)
            | tuple_(Question.event_id, questions.field_name("") + Question.key).in_(changed),
        )
    )
    today = clock.today("UTC")
    return [
        (number, key, event_id)
        for number, key, event_id, days, last, state in db.session.execute(query)
        if _day(last) + timedelta(days=days) + waits(state) <= today
    ]


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _erase(question_id: int, key: str, event_id: int, *, by: Actor, only: Any = None) -> int:
    answers = db.delete(Answer).where(Answer.question_id == question_id)
    people = db.select(Registration.id).where(Registration.event_id == event_id)
    consents = db.delete(Consent).where(
        Consent.subject == questions.field_name(key), Consent.registration_id.in_(people)
    )
    if only is None:
        history.forget(questions.field_name(key), event_id)
    else:
        answers = answers.where(Answer.registration_id.in_(only))
        consents = consents.where(Consent.registration_id.in_(only))
    gone = len(db.session.execute(answers.returning(Answer.id).execution_options(synchronize_session=False)).all())
    db.session.execute(consents.execution_options(synchronize_session=False))
    if gone:
        journal.record("answers.erased", question_id, by=by, event=event_id, count=gone)
    return gone
