"""What organisers do with their own questions, and how one is read. A changed form raises the content's revision."""

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from sqlalchemy.orm import joinedload

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Invalid, Refused
from s3chem_events.core.journal import Actor
from s3chem_events.core.text import Text
from s3chem_events.publishing import actions as publishing
from s3chem_events.publishing.models import Event
from s3chem_events.registration import questions
from s3chem_events.registration.file_types import FileType
from s3chem_events.registration.models import Answer, Question
from s3chem_events.registration.questions import (
    MOST_QUESTIONS,
    Asked,
    Option,
    QuestionFacts,
    Readers,
    StillNeeded,
    When,
)

PLAIN = tuple(f.name for f in fields(QuestionFacts) if f.name not in {"key", "options", "part", "types"})
"""What a row and its facts hold alike."""


class TooManyQuestions(Refused):
    """No form has that many questions."""

    code = "too_many_questions"
    status = 409


def add_question(event: Event, facts: QuestionFacts, *, by: Actor) -> Question:
    """Add a question at the end of an event's form.

    Raises:
        Invalid, TooManyQuestions.

    """
    there = rows(event.id)
    if len(there) >= MOST_QUESTIONS:
        raise TooManyQuestions
    if any(row.key == facts.key for row in there):
        raise Invalid("key", "taken")
    questions.check(facts, _facts_by_key(row for row in there if row.retired_at is None))
    position = max((row.position for row in there), default=-1) + 1
    question = Question(event_id=event.id, key=facts.key, position=position, version=1, earlier=[])
    _write(question, facts, event)
    db.session.add(question)
    db.session.flush()
    journal.record("question.added", question.id, by=by, event=question.event_id)
    publishing.touch()
    return question


def revise_question(event: Event, question: Question, facts: QuestionFacts, *, by: Actor) -> None:
    """Give a question other words or rules. Its kind and key stay; what changes its meaning makes a new version.

    Raises:
        Invalid: the kind changed, it does not hold together, or those who have answered were promised something else.
        StillNeeded: a choice goes that another question depends on.

    """
    before = asked(question)
    if facts.kind is not before.kind or facts.key != before.key:
        raise Invalid("kind", "stays as it is; add another question instead")
    _check_promises(question, facts)
    others = rows(event.id)
    earlier = (row for row in others if row.position < question.position and row.retired_at is None)
    questions.check(facts, _facts_by_key(earlier))
    offered = questions.choices(facts, "en")
    if any(row.only_if == facts.key and row.only_is not in offered for row in others if row.retired_at is None):
        raise StillNeeded
    if not questions.same_meaning(before, facts) or facts.keep_days != before.keep_days:
        question.earlier = [*question.earlier, _wording(before)]
        question.version += 1
    _write(question, facts, event)
    journal.record("question.revised", question.id, by=by, event=question.event_id, version=question.version)
    publishing.touch()


def _check_promises(question: Question, after: QuestionFacts) -> None:
    """Hold what stood beside the field when people answered: who reads it, and until when."""
    answered = db.session.scalars(db.select(Answer.version).filter_by(question_id=question.id).distinct()).all()
    if not answered:
        return
    if after.readers not in {question.readers, Readers.ACCESSIBILITY}:
        raise Invalid("readers", "people have answered: fewer may read it, not others")
    told = {one["version"]: one.get("keep_days", question.keep_days) for one in question.earlier}
    if after.keep_days > min(told.get(version, question.keep_days) for version in answered):
        raise Invalid("keep_days", "people have answered: it can be deleted sooner than they were told, not later")


def move_question(question: Question, *, up: bool, by: Actor) -> bool:
    """Move a question one place up or down; False where it would come before the one that it depends on."""
    there = rows(question.event_id)
    live = [row for row in there if row.retired_at is None]
    place = next((number for number, row in enumerate(live) if row.id == question.id), -1)
    other = place + (-1 if up else 1)
    if place < 0 or not 0 <= other < len(live):
        return False
    first, second = sorted((place, other))
    if live[second].only_if == live[first].key:
        return False
    one, two = there.index(live[first]), there.index(live[second])
    there[one], there[two] = there[two], there[one]
    for number, row in enumerate(there):  # counted anew: two may stand in one place since before this was locked
        row.position = number
    journal.record("question.moved", question.id, by=by, event=question.event_id)
    publishing.touch()
    return True


def retire_question(question: Question, *, by: Actor) -> None:
    """Ask a question no more; the answers that there are stay until their day.

    Raises:
        StillNeeded: another question is asked only upon an answer to this one.

    """
    if question.retired_at is not None:
        return
    if any(row.only_if == question.key and row.retired_at is None for row in rows(question.event_id)):
        raise StillNeeded
    question.retired_at = now()
    journal.record("question.retired", question.id, by=by, event=question.event_id)
    publishing.touch()


def resume_question(question: Question, *, by: Actor) -> None:
    """Ask a question again that is asked no more, where it stood, or behind the one that it depends on.

    Raises:
        Invalid: the answer upon which it is asked cannot be given now.

    """
    if question.retired_at is None:
        return
    there = rows(question.event_id)
    live = [row for row in there if row.retired_at is None]
    questions.check(asked(question), _facts_by_key(live))
    if any(row.key == question.only_if and row.position > question.position for row in live):
        question.position = there[-1].position + 1
    question.retired_at = None
    journal.record("question.resumed", question.id, by=by, event=question.event_id)
    publishing.touch()


def ask(event: Event, wanted: Iterable[QuestionFacts], *, by: Actor) -> bool:
    """Bring an event's questions to these, by their keys: whether anything changed. What is not named stays.

    Raises:
        Invalid, StillNeeded, TooManyQuestions.

    """
    there = {row.key: row for row in rows(event.id)}
    changed = False
    for facts in wanted:
        row = there.get(facts.key)
        if row is None:
            add_question(event, facts, by=by)
        elif row.retired_at is not None or plain(asked(row)) != facts:
            if row.retired_at is not None:
                raise Invalid(f"questions.{facts.key}", "was retired; choose another key")
            revise_question(event, row, facts, by=by)
        else:
            continue
        changed = True
    return changed


def copy_questions(event: Event, wanted: Iterable[Asked], *, by: Actor) -> int:
    """Ask at an event what another one asks: without the keys that it has, and for parts that it has; returns how many.

    Raises:
        TooManyQuestions.

    """
    parts = {part.key for part in event.parts}
    keys, live = {row.key for row in rows(event.id)}, {one.key for one in asked_at(event.id, when=None)}
    copied = 0
    for question in wanted:
        if question.key in keys or (question.only_if and question.only_if not in live):
            continue
        facts = plain(question)
        add_question(event, facts if facts.part in parts else replace(facts, part=""), by=by)
        live.add(question.key)
        copied += 1
    return copied


def plain(question: QuestionFacts) -> QuestionFacts:
    """Return what an organiser wrote, without what its row adds."""
    return QuestionFacts(**{name: getattr(question, name) for name in QuestionFacts.__dataclass_fields__})


def unsaved(facts: QuestionFacts) -> Asked:
    """Return a question that is not asked yet as it will be."""
    return Asked(**{name: getattr(facts, name) for name in QuestionFacts.__dataclass_fields__}, id=0, version=1)


def rows(event_id: int) -> list[Question]:
    """Return the questions of an event in their order, those asked no more among them."""
    query = db.select(Question).filter_by(event_id=event_id).options(joinedload(Question.part))
    return list(db.session.scalars(query.order_by(Question.position, Question.id)))


def asked_at(event_id: int, *, retired: bool = False, when: When | None = When.REGISTERING) -> tuple[Asked, ...]:
    """Return what an event asks at one time, None for all of it; `retired` adds what it asked before."""
    there = rows(event_id)
    return tuple(asked(row) for row in there if (retired or row.retired_at is None) and when in {None, row.when})


def asked(row: Question, *, version: int | None = None) -> Asked:
    """Return a loaded question in the words of a version, the present one unless told."""
    wording = next((one for one in row.earlier if one["version"] == version), None) or _wording(row)
    values: dict[str, Any] = {name: getattr(row, name) for name in PLAIN}
    return Asked(
        **values | {"label": Text(wording["label"]), "help": Text(wording["help"])},
        id=row.id,
        key=row.key,
        options=tuple(Option(one["key"], Text(one["label"])) for one in wording["options"]),
        types=tuple(FileType(one) for one in row.types or ()),
        part=row.part.key if row.part is not None else "",
        part_id=row.part_id,
        version=wording["version"],
        retired=row.retired_at is not None,
    )


def _wording(question: Question | Asked) -> dict[str, Any]:
    options = [
        {"key": one.key, "label": dict(one.label)} if isinstance(one, Option) else one for one in question.options
    ]
    words = {"label": dict(question.label), "help": dict(question.help)}
    return {"version": question.version, **words, "options": options, "keep_days": question.keep_days}


def _write(question: Question, facts: QuestionFacts, event: Event) -> None:
    for name in PLAIN:
        setattr(question, name, getattr(facts, name))
    question.types = [one.value for one in facts.types]
    question.options = [{"key": option.key, "label": dict(option.label)} for option in facts.options]
    part = next((part for part in event.parts if part.key == facts.part), None)
    if facts.part and part is None:
        raise Invalid("part", f"there is no part {facts.part!r}")
    question.part_id, question.part = (part.id, part) if part else (None, None)


def _facts_by_key(there: Iterable[Question]) -> dict[str, QuestionFacts]:
    return {row.key: asked(row) for row in there}
