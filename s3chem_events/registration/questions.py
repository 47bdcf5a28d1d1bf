"""The organisers' own questions: their kinds, what each takes for an answer, and how it is said again; pure.

An answer is kept as plain JSON: a line of text, the id of a choice, a list of those, True. It carries the version of
the question that it was given to, so that a later wording never gives it another meaning.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from s3chem_events.core import i18n
from s3chem_events.core.errors import Invalid, Refused
from s3chem_events.core.text import Text
from s3chem_events.core.values import frozen
from s3chem_events.registration.file_types import MOST_MB, FileType


class Kind(StrEnum):
    """What sort of answer a question takes."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    NUMBER = "number"
    YES_NO = "yes_no"
    ONE_OF = "one_of"
    SEVERAL_OF = "several_of"
    DATE = "date"
    COUNTRY = "country"
    PHONE = "phone"
    CONSENT = "consent"
    FILE = "file"
    DIET = "diet"
    ACCESS = "access"


class Readers(StrEnum):
    """Who is told the answers."""

    ORGANISERS = "organisers"
    CATERER = "caterer"
    ACCESSIBILITY = "accessibility"
    GATE = "gate"
    LETTER = "letter"


class When(StrEnum):
    """When a question is asked: with the registration, for the gate once a place is confirmed, or for a letter."""

    REGISTERING = "registering"
    AFTERWARDS = "afterwards"
    LETTER = "letter"


LISTED = frozenset({Kind.ONE_OF, Kind.SEVERAL_OF})
"""Kinds with choices of the organisers' own."""
NEEDS = frozenset({Kind.DIET, Kind.ACCESS})
"""Data about health: kept only with an explicit consent of their own (GDPR Article 9(2)(a))."""
FREE = NEEDS | {Kind.CONSENT}
"""What nobody can be made to answer: a consent that is required is none (GDPR Article 7(4))."""
SENSITIVE = frozenset({Readers.CATERER, Readers.ACCESSIBILITY, Readers.GATE, Readers.LETTER})
"""Whose answers are shown to nobody for the own link alone, and stand in no e-mail."""
CLOSED = frozenset({Kind.YES_NO, Kind.ONE_OF, Kind.SEVERAL_OF, Kind.DATE, Kind.COUNTRY, Kind.NUMBER, Kind.CONSENT})
"""Kinds whose answers hold no words of the visitor's own: only these stand in e-mails."""
LONGEST = {Kind.TEXT: 200, Kind.LONG_TEXT: 3_000, Kind.DIET: 200, Kind.ACCESS: 1_000}
LONGEST_KEY = 30
MOST_OPTIONS = 40
MOST_QUESTIONS = 60
LONGEST_KEPT = 3_650
MAILED_FROM = 90
"""E-mails are kept for so many days after an event: what is kept for less does not stand in them."""
KEY = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
YES, NO = "yes", "no"
NOTHING = Text()


class StillNeeded(Refused):
    """Another question is asked only upon an answer to this one."""

    code = "still_needed"
    status = 409


@frozen
class Option:
    """One of the choices; its id stays when its words change."""

    key: str
    label: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionFacts:
    """A question as organisers write it. `part` and `only_if` are keys; `only_is` is the choice that must be taken."""

    key: str
    kind: Kind
    label: Text
    help: Text = NOTHING
    options: tuple[Option, ...] = ()
    required: bool = False
    purpose: Text = NOTHING
    readers: Readers = Readers.ORGANISERS
    keep_days: int = 30
    part: str = ""
    only_if: str = ""
    only_is: str = ""
    when: When = When.REGISTERING
    types: tuple[FileType, ...] = ()
    most_mb: int = MOST_MB

    @property
    def is_sensitive(self) -> bool:
        """Whether only some may read the answers: needs, and what the gate or a letter wants."""
        return self.readers in SENSITIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(QuestionFacts):
    """A question as it is asked now; `part_id` is its part's, for what is counted by part."""

    id: int
    version: int
    part_id: int | None = None
    retired: bool = False


@frozen
class Given:
    """An answer on its way in, in the language of the page; a need is `agreed` to be kept, or not kept at all."""

    question: Asked
    value: Any
    agreed: bool = False
    language: str = "en"


def field_name(key: str) -> str:
    """Return the name of a question in forms and exports."""
    return f"question-{key}"


def types_of(question: QuestionFacts) -> tuple[FileType, ...]:
    """Return the types of files that a question takes: all, where it names none."""
    return question.types or tuple(FileType)


def choices(question: QuestionFacts, language: str) -> dict[str, str]:
    """Return what can be chosen, by id."""
    if question.kind is Kind.YES_NO:
        _ = i18n.words(language)
        return {YES: _("Yes"), NO: _("No")}
    return {option.key: option.label.within(language) for option in question.options}


def applies(question: QuestionFacts, *, parts: Sequence[str], answers: Mapping[str, Any]) -> bool:
    """Whether a question is asked of somebody who chose these parts and gave these answers, by key, so far."""
    return (not question.part or question.part in parts) and condition_holds(question, answers)


def condition_holds(question: QuestionFacts, answers: Mapping[str, Any]) -> bool:
    """Whether the answer was given, by key, upon which a question is asked; always where it needs none."""
    if not question.only_if:
        return True
    other = answers.get(question.only_if)
    return question.only_is in other if isinstance(other, list) else question.only_is == other


def said(question: QuestionFacts, value: Any, language: str) -> str:
    """Return an answer in words; a choice that is none any more is said by its id."""
    match question.kind:
        case Kind.CONSENT:
            _ = i18n.words(language)
            return _("Agreed")
        case Kind.FILE:
            return i18n.file_words(value["type"], value["size"], language)
        case Kind.DATE:
            day = date.fromisoformat(value)
            return i18n.long_date(day, day, language)
        case Kind.COUNTRY:
            return i18n.country_name(value, language)
        case Kind.YES_NO | Kind.ONE_OF | Kind.SEVERAL_OF:
            labels = choices(question, language)
            chosen: list[str] = value if isinstance(value, list) else [value]
            return ", ".join(labels.get(one, one) for one in chosen)
    return str(value)


def bare(value: Any) -> str:
    """Return an answer as machines read it: ids, ISO 8601, `yes`."""
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, dict):
        return f"{value['type']} {value['size']}"
    return YES if value is True else str(value)


def erased_on(question: QuestionFacts, last_day: date) -> date:
    """Return the day on which the answers are deleted, counted from the last day of the event."""
    return last_day + timedelta(days=question.keep_days)


def may_be_mailed(question: QuestionFacts) -> bool:
    """Whether an e-mail that says the answer is gone by the day on which the answers are deleted."""
    return question.keep_days >= MAILED_FROM


def same_meaning(before: QuestionFacts, after: QuestionFacts) -> bool:
    """Whether an answer to one wording answers the other as well: nothing differs but words in further languages."""
    if [option.key for option in before.options] != [option.key for option in after.options]:
        return False
    return all(answers_to(before, after, value) for value in (None, *(option.key for option in before.options)))


def answers_to(before: QuestionFacts, after: QuestionFacts, value: Any) -> bool:
    """Whether an answer to one wording of a question answers another as well: what was asked, and what was chosen."""
    chosen = value if isinstance(value, list) else [value]
    options = {option.key: option.label for option in after.options}
    pairs = [(before.label, after.label), (before.help, after.help)]
    pairs += [(one.label, options.get(one.key, Text())) for one in before.options if one.key in chosen]
    return all(new.get(language) == words for old, new in pairs for language, words in old.items())


def check(facts: QuestionFacts, others: Mapping[str, QuestionFacts]) -> QuestionFacts:
    """Return a question that holds together with those before it.

    Raises:
        Invalid: with the path of what does not.

    """
    if not KEY.fullmatch(facts.key) or len(facts.key) > LONGEST_KEY:
        raise Invalid("key", "small letters, digits and hyphens, beginning with a letter")
    if not facts.label:
        raise Invalid("label", "missing")
    if not facts.purpose:
        raise Invalid("purpose", "missing")
    if not 0 <= facts.keep_days <= LONGEST_KEPT:
        raise Invalid("keep_days", f"from 0 to {LONGEST_KEPT}")
    if facts.required and facts.kind in FREE:
        raise Invalid("required", "nobody can be made to agree")
    _check_readers(facts)
    if not 1 <= facts.most_mb <= MOST_MB:
        raise Invalid("most_mb", f"from 1 to {MOST_MB}")
    if (facts.kind in LISTED) != bool(facts.options) or len(facts.options) > MOST_OPTIONS:
        raise Invalid("options", f"from 1 to {MOST_OPTIONS} for a list, none otherwise")
    keys = [option.key for option in facts.options]
    if len(set(keys)) < len(keys) or not all(KEY.fullmatch(key) and len(key) <= LONGEST_KEY for key in keys):
        raise Invalid("options", "each needs an id of its own")
    _check_condition(facts, others)
    return facts


NEED_READERS = {Kind.DIET: Readers.CATERER, Kind.ACCESS: Readers.ACCESSIBILITY}
LATER = {When.AFTERWARDS: Readers.GATE, When.LETTER: Readers.LETTER}


def told_to(kind: Kind, when: When) -> Readers | None:
    """Return who is told the answers to what leaves no choice; None where organisers choose."""
    return NEED_READERS.get(kind) or LATER.get(when)


def _check_readers(facts: QuestionFacts) -> None:
    told = told_to(facts.kind, facts.when)
    if told is not None and facts.readers is not told:
        raise Invalid("readers", f"must be {told}")
    if told is None and facts.readers in LATER.values():
        raise Invalid("readers", f"only for what is asked {' or '.join(LATER)}")
    if facts.kind in NEEDS and facts.when is not When.REGISTERING:
        raise Invalid("when", "needs are asked with the registration")
    if facts.kind is Kind.FILE and facts.when is When.AFTERWARDS:
        raise Invalid("when", "no list holds files")


def _check_condition(facts: QuestionFacts, others: Mapping[str, QuestionFacts]) -> None:
    if not facts.only_if:
        return
    other = others.get(facts.only_if)
    if other is None or other.kind not in LISTED | {Kind.YES_NO}:
        raise Invalid("only_if", "a question before this one, with choices")
    if other.when not in {facts.when, When.REGISTERING}:
        raise Invalid("only_if", "a question that is asked at the same time, or before")
    if facts.only_is not in choices(other, "en"):
        raise Invalid("only_is", "no choice of that question")
