"""What e-mails say of questions of the form that somebody must still answer: others registered her."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from s3chem_events.core import i18n
from s3chem_events.mailing import render
from s3chem_events.mailing.letters import Draft
from s3chem_events.registration import asking, changing, completeness, details, history
from s3chem_events.registration.answering import Answered
from s3chem_events.registration.models import Registration
from s3chem_events.registration.questions import Asked

StillWanted = Callable[[Draft, Registration], dict[str, Any]]


def still_wanted(given: Mapping[int, Sequence[Answered]]) -> StillWanted:
    """Return a way to the value of an e-mail about a registration; what a form asks is read once, the `given` never."""
    form = cache(asking.asked_at)
    return lambda draft, one: {"unanswered": _lines(draft, one, form(one.event_id), given.get(one.id, ()))}


def named(asked: Iterable[Asked], language: str) -> str:
    """Return the labels of questions for a sentence: in quotation marks, as each may end in a mark of its own."""
    _ = i18n.words(language)
    return ", ".join(_("“%(label)s”", label=question.label.within(language)) for question in asked)


def _lines(draft: Draft, one: Registration, asked: Sequence[Asked], given: Sequence[Answered]) -> dict[str, Any]:
    """Return which questions, and where they are answered; nothing where all are.

    To the contact only that there are some; and a question that hangs on a hidden answer would tell it.
    """
    still = completeness.still_open(one.event, one, asked, details.known(given))
    if not still or not changing.may_change(one):
        return {}
    language, told = render.spoken(one.language), history.told_as(asked)
    labels = named([question for question in still if told[question.key] is question], language)
    return {
        "labels": "" if one.via_contact else labels,
        "url": f"{draft.values['own_page']}/change#questions",
    }
