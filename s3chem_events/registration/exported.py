"""The rows of the exports with the answers to the organisers' own questions, still in batches."""

from collections.abc import Iterator, Sequence

from s3chem_events.core.db import db
from s3chem_events.registration import asking, participants, questions
from s3chem_events.registration.models import Answer, Registration
from s3chem_events.registration.participants import Wanted
from s3chem_events.registration.questions import SENSITIVE, Asked


def asked_in(event_id: int, *, needs: bool) -> list[Asked]:
    """Return the questions that have a column, oldest first so that new columns come last; `needs` only if told so."""
    everything = sorted(asking.asked_at(event_id, retired=True), key=lambda question: question.id)
    return [question for question in everything if needs or question.readers not in SENSITIVE]


def columns(asked: Sequence[Asked], language: str = "") -> dict[str, str]:
    """Return the ids of the columns of these questions, each with what a reader of a language calls it."""
    return {questions.field_name(one.key): one.label.within(language) if language else "" for one in asked}


def rows(
    event_id: int, wanted: Wanted, asked: Sequence[Asked], *, language: str | None = None
) -> Iterator[Sequence[tuple[str, ...]]]:
    """Yield the exports' rows; answers are in words of a language, or bare for machines."""
    if not asked:
        yield from participants.participations(event_id, wanted)
        return
    wordings = {
        (row.id, version): asking.asked(row, version=version)
        for row in asking.rows(event_id)
        for version in range(1, row.version + 1)
    }
    ids = [question.id for question in asked]
    for batch in participants.participations(event_id, wanted):
        found = db.session.execute(
            db.select(Registration.reference, Answer.question_id, Answer.version, Answer.value)
            .join(Answer, Answer.registration_id == Registration.id)
            .where(Registration.reference.in_({row[0] for row in batch}), Answer.question_id.in_(ids))
        )
        said = {
            (reference, number): questions.said(wordings[number, version], value, language)
            if language
            else questions.bare(value)
            for reference, number, version, value in found
        }
        yield [(*row, *(said.get((row[0], number), "") for number in ids)) for row in batch]
