"""The rows of the exports with the answers to the organisers' own questions, still in batches."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from s3chem_events.core.db import db
from s3chem_events.registration import asking, participants, questions
from s3chem_events.registration.models import Answer, Question, Registration
from s3chem_events.registration.participants import Wanted
from s3chem_events.registration.questions import SENSITIVE, Asked, Kind

Cell = str | Decimal | date
EXACT = re.compile(r"-?(0|[1-9][0-9]{0,10})(\.[0-9]{1,4})?")
"""What a spreadsheet shows again as it was typed: 15 digits at most, and no noughts before them as in “007”."""
FIRST_DAY = "1900-03-01"
"""Before it spreadsheets disagree: one knows a 29 February 1900."""


def asked_in(event_id: int, *, needs: bool) -> list[Asked]:
    """Return the questions that have a column, oldest first so that new columns come last; `needs` only if told so.

    What is asked no more has one where somebody answered it.
    """
    everything = sorted(asking.asked_at(event_id, retired=True), key=lambda question: question.id)
    told = set(db.session.scalars(db.select(Answer.question_id).join(Question).filter_by(event_id=event_id).distinct()))
    there = [question for question in everything if not question.retired or question.id in told]
    return [question for question in there if needs or question.readers not in SENSITIVE]


def columns(asked: Sequence[Asked], language: str = "") -> dict[str, str]:
    """Return the ids of the columns of these questions, each with what a reader of a language calls it."""
    return {questions.field_name(one.key): one.label.within(language) if language else "" for one in asked}


def rows(
    event_id: int, wanted: Wanted, asked: Sequence[Asked], *, language: str | None = None, typed: bool = False
) -> Iterator[Sequence[tuple[Cell, ...]]]:
    """Yield the exports' rows; answers are in words of a language, or bare for machines.

    A form with cells of several types is given numbers and days as such, where they are `typed`.
    """
    if not asked:
        yield from participants.participations(event_id, wanted)
        return
    wordings = {
        (row.id, version): asking.asked(row, version=version)
        for row in asking.rows(event_id)
        for version in range(1, row.version + 1)
    }
    part, ids = participants.COLUMNS.index("part"), [question.id for question in asked]
    for batch in participants.participations(event_id, wanted):
        found = db.session.execute(
            db.select(Registration.reference, Answer.question_id, Answer.version, Answer.value)
            .join(Answer, Answer.registration_id == Registration.id)
            .where(Registration.reference.in_({row[0] for row in batch}), Answer.question_id.in_(ids))
        )
        said = {
            (reference, number): _cell(wordings[number, version], value, language, typed=typed)
            for reference, number, version, value in found
        }
        yield [
            (*row, *(said.get((row[0], one.id), "") if one.part in {"", row[part]} else "" for one in asked))
            for row in batch
        ]


def _cell(question: Asked, value: Any, language: str | None, *, typed: bool) -> Cell:
    if typed and question.kind is Kind.NUMBER and EXACT.fullmatch(value):
        return Decimal(value)
    if typed and question.kind is Kind.DATE and value >= FIRST_DAY:
        return date.fromisoformat(value)
    return questions.said(question, value, language) if language else questions.bare(value)
