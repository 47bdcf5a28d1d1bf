"""What registrations said before they were changed: kept beside them, erased with them, told in words."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from s3chem_events.core import i18n
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.core.text import LANGUAGES
from s3chem_events.core.values import frozen
from s3chem_events.mailing.letters import defused, isolated
from s3chem_events.registration import choices, names, questions
from s3chem_events.registration.answering import Answered
from s3chem_events.registration.models import Change, Registration
from s3chem_events.registration.questions import CLOSED, SENSITIVE, Asked, Kind, When

REASON = "reason"
"""The field that holds what an organiser wrote about a change."""
COMMENT = "comment"
"""The field that holds what a guest wrote with a calendar's answer."""
ABOUT = (REASON, COMMENT)
"""Words about a change; no column has changed by them."""
HIDDEN = frozenset({"phone"})
"""Columns that the own link alone does not show."""
TYPED = frozenset({"given_name", "family_name", "organisation"})
"""Columns that hold a visitor's own words."""


@frozen
class Line:
    """One field that changed; `old` and `new` are None where few may read them."""

    field: str
    old: Any
    new: Any


@frozen
class Difference:
    """One field that changed, in words; `hidden` says that it changed and nothing more."""

    label: str
    old: str
    new: str
    hidden: bool


def is_guarded(question: Asked) -> bool:
    """Whether the answer to a question is shown, and changed, only by whoever holds the mailbox as well."""
    return question.readers in SENSITIVE or question.kind is Kind.PHONE


def mentionable(given: Sequence[Answered], *, within: When | None = None) -> list[Answered]:
    """Return of which answers, in the form's order, whoever has the link alone may know that they were given.

    What is asked only upon an answer that is not shown would tell that answer. `within` the page of the entrance, or
    of a letter, its own answers hide nothing.
    """
    found, shown = [], set[str]()
    for one in given:
        if one.question.only_if and one.question.only_if not in shown:
            continue
        found.append(one)
        if not is_guarded(one.question) or one.question.when is within:
            shown.add(one.question.key)
    return found


def write(
    registration: Registration, fact: Fact, lines: Sequence[Line], *, reason: str = "", comment: str = ""
) -> None:
    """Keep what a fact has changed, with the organiser's reason for it or the guest's words."""
    db.session.flush()  # the fact needs its number
    about = [Line(field, None, words) for field, words in zip(ABOUT, (reason, comment), strict=True) if words]
    for line in [*lines, *about]:
        kept = Change(registration_id=registration.id, fact_id=fact.id, field=line.field, old=line.old, new=line.new)
        db.session.add(kept)


def newest(registration_id: int) -> int:
    """Return the number of the last change of a registration, 0 for none: a form that shows it knows all before."""
    query = select(func.max(Change.id)).where(Change.registration_id == registration_id)
    return db.session.scalar(query) or 0


def since(registration_id: int, seen: int) -> list[Change]:
    """Return what has changed after a change, oldest first."""
    mine = select(Change).where(Change.registration_id == registration_id, Change.id > seen)
    return list(db.session.scalars(mine.where(Change.field.not_in(ABOUT)).order_by(Change.id)))


def by_fact(fact_ids: Collection[int]) -> dict[int, list[Change]]:
    """Return what facts have changed, in one statement."""
    found: dict[int, list[Change]] = {}
    query = select(Change).where(Change.fact_id.in_(list(fact_ids))).order_by(Change.id)
    for change in db.session.scalars(query):
        found.setdefault(change.fact_id, []).append(change)
    return found


def about(fact_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Return the words about changes, by fact: whether REASON or COMMENT, and what somebody wrote."""
    query = select(Change.fact_id, Change.field, Change.new)
    query = query.where(Change.fact_id.in_(list(fact_ids)), Change.field.in_(ABOUT))
    return {fact_id: (field, str(text)) for fact_id, field, text in db.session.execute(query)}


def comments(registration: Registration) -> list[str]:
    """Return what a guest wrote with the answers of a calendar, oldest first; nothing is looked for where none came."""
    if not any(held.answer_dtstamp for held in registration.participations):
        return []
    mine = select(Change.new).where(Change.registration_id == registration.id, Change.field == COMMENT)
    return [str(words) for words in db.session.scalars(mine.order_by(Change.id))]


def forget(field: str, event_id: int) -> None:
    """Erase what a field said before at an event, with the answers whose days are over."""
    people = select(Registration.id).where(Registration.event_id == event_id)
    gone = db.delete(Change).where(Change.field == field, Change.registration_id.in_(people))
    db.session.execute(gone.execution_options(synchronize_session=False))


def told_as(asked: Sequence[Asked], *, within: When | None = None) -> dict[str, Asked]:
    """Return by key as what each question is spoken of: that upon whose hidden answer it is asked, or itself."""
    told: dict[str, Asked] = {}
    for question in asked:
        upon = told.get(question.only_if)
        is_hidden = upon is not None and is_guarded(upon) and upon.when is not within
        told[question.key] = upon if upon is not None and is_hidden else question
    return told


def said(
    changes: Sequence[Change], asked: Sequence[Asked], language: str, *, openly: bool, in_mail: bool = False
) -> list[Difference]:
    """Say in words what changed in the columns, and in the answers to what was `asked`; nothing of any other answer.

    `openly` shows telephone numbers; `in_mail` lets no words of a visitor do harm.
    """
    by_name = {questions.field_name(question.key): question for question in asked}
    if not openly:
        by_name = {questions.field_name(key): question for key, question in told_as(asked).items()}
    columns = labels(language)
    told = [
        _question(one, by_name[one.field], language, openly=openly, in_mail=in_mail)
        if one.field in by_name
        else _column(one, columns[one.field], language, openly=openly, in_mail=in_mail)
        for one in changes
        if one.field in by_name or one.field in columns
    ]
    return list(dict.fromkeys(told))


def _column(change: Change, label: str, language: str, *, openly: bool, in_mail: bool) -> Difference:
    if change.field in HIDDEN and not openly:
        return Difference(label, "", "", hidden=True)
    old, new = (_value(change.field, value, language) for value in (change.old, change.new))
    if in_mail and change.field in TYPED:
        old, new = (isolated(defused(value, longest=names.LONGEST_ORGANISATION)) for value in (old, new))
    return Difference(label, old, new, hidden=False)


def _value(field: str, value: Any, language: str) -> str:
    words: dict[str, Mapping[str, str]] = {
        "organisation_type": choices.organisation_types(language),
        "region": choices.regions(language),
        "language": LANGUAGES,
    }
    if field == "country":
        return i18n.country_name(value, language) if value else ""
    return words.get(field, {}).get(value, str(value or ""))


def _question(change: Change, question: Asked, language: str, *, openly: bool, in_mail: bool) -> Difference:
    label = question.label.within(language)
    is_long = in_mail and question.kind not in CLOSED and question.kind is not Kind.TEXT
    is_kept_back = question.readers in SENSITIVE or question.kind is Kind.FILE
    is_kept_back = is_kept_back or (in_mail and not questions.may_be_mailed(question))
    if is_kept_back or is_long or (is_guarded(question) and not openly):
        return Difference(label, "", "", hidden=True)
    old, new = (
        "" if value is None else questions.said(question, value, language) for value in (change.old, change.new)
    )
    if in_mail and question.kind is Kind.TEXT:
        old, new = (isolated(defused(value)) for value in (old, new))
    return Difference(label, old, new, hidden=False)


def labels(language: str) -> dict[str, str]:
    """Return what the columns are called that people fill in."""
    _ = i18n.words(language)
    return {
        "given_name": _("Given name"),
        "family_name": _("Family name"),
        "email": _("E-mail address"),
        "phone": _("Telephone"),
        "organisation": _("Organisation"),
        "organisation_type": _("Type of organisation"),
        "country": _("Country"),
        "region": _("Region"),
        "language": _("Language"),
    }
