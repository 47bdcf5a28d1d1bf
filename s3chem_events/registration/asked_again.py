"""What stands in the form in which people change what they told: which questions, and which answers to them."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from s3chem_events.registration import answering, asking, history, questions
from s3chem_events.registration.models import Registration
from s3chem_events.registration.places import INTERESTED
from s3chem_events.registration.questions import Asked, Kind


def changeable(registration: Registration, *, openly: bool) -> list[Asked]:
    """Return the questions whose answers a person may change: of her parts, and of those that few read if `openly`.

    What is asked only upon an answer that is not shown is not shown either: it would count as asked no more. A file
    that was sent stays where no other one comes. What must be answered and never was is asked of everybody. Who has no
    mailbox for a code is asked all of it, `unseen` whether she has told it: the contact has the same link. An answer
    to other words is none to these.
    """
    keys = {held.part.key for held in registration.participations if held.standing in INTERESTED}
    there = answering.of([registration.id]).get(registration.id, [])
    given = {one.question.id: one for one in there}
    blank, shown = set[str](), dict[str, Asked]()
    for question in asking.asked_at(registration.event_id):
        is_theirs = not question.part or question.part in keys
        is_kept = history.is_guarded(question) and not openly
        is_new = question.id not in given and (question.required or registration.via_contact)
        is_unseen = unseen(registration, question)
        if is_unseen or is_stale(given.get(question.id), question):
            blank.add(question.key)
        is_blank = question.key in blank
        follows = not question.only_if or (question.only_if in shown and (is_blank or question.only_if not in blank))
        if is_theirs and follows and (is_new or is_unseen or not is_kept):
            told_already = (is_blank or question.kind is Kind.FILE) and question.id in given
            shown[question.key] = replace(question, required=False) if told_already else question
    return list(shown.values())


def shown_answers(registration: Registration, asked: Iterable[Asked]) -> dict[str, Any]:
    """Return by key the answers that stand in a form of these questions."""
    there = {one.question.id: one for one in answering.of([registration.id]).get(registration.id, [])}
    return {
        question.key: there[question.id].value
        for question in asked
        if question.id in there and not is_stale(there[question.id], question) and not unseen(registration, question)
    }


def is_stale(answer: answering.Answered | None, question: Asked) -> bool:
    """Whether something was answered to other words, which is no answer to these."""
    return answer is not None and not questions.answers_to(answer.question, question, answer.value)


def unseen(registration: Registration, question: Asked) -> bool:
    """Whether a question stands in the form as if it had never been answered; left empty, it keeps its answer."""
    return registration.via_contact and history.is_guarded(question)
