"""Dietary and access needs: numbers for the caterer without names, and whom an access need is brought to."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import func

from s3chem_events.accounts import queries as accounts
from s3chem_events.accounts import roles
from s3chem_events.accounts.models import Organiser
from s3chem_events.core.db import db
from s3chem_events.core.i18n import words
from s3chem_events.core.journal import Fact
from s3chem_events.core.values import frozen
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.publishing import queries as publishing
from s3chem_events.registration import answering, asking, diets, questions
from s3chem_events.registration.models import Answer, Change, Registration
from s3chem_events.registration.questions import Asked, Kind


@frozen
class Portion:
    """So many people in a part who answered alike."""

    part: str
    question: str
    answer: str
    count: int


def portions(event_id: int, language: str) -> list[Portion]:
    """Return what the caterer has to know: answers and how many, part by part; nobody's name is read."""
    wordings = {
        (row.id, version): asking.asked(row, version=version)
        for row in asking.rows(event_id)
        for version in range(1, row.version + 1)
    }
    counted: Counter[tuple[str, str, str]] = Counter()
    for question_id, version, part, value in answering.for_the_caterer(event_id):
        asked = wordings[question_id, version]
        counted[part, asked.label.within(language), _said(asked, value, language)] += 1
    return [Portion(part, question, answer, count) for (part, question, answer), count in counted.items()]


def taken_back(event_id: int) -> list[tuple[Registration, datetime]]:
    """Return who comes, has told an access need and told nothing of the kind any more, and since when; not what."""
    asked = [one for one in asking.asked_at(event_id, retired=True) if one.kind is Kind.ACCESS]
    told = db.exists().where(
        Answer.registration_id == Registration.id, Answer.question_id.in_([one.id for one in asked])
    )
    query = (
        db.select(Registration, func.max(Fact.happened_at))
        .join(Change, Change.registration_id == Registration.id)
        .join(Fact, Fact.id == Change.fact_id)
        .where(Registration.event_id == event_id, Registration.withdrawn_at.is_(None), ~told)
        .where(Change.field.in_([questions.field_name(one.key) for one in asked]))
        .group_by(Registration.id)
        .order_by(func.max(Fact.happened_at).desc())
    )
    return [(person, moment) for person, moment in db.session.execute(query)]


def access_asked(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Tell those who organise an event that somebody needs an answer; not who, and not what.

    It goes to the organisers of this very event, or to the coordinators where there is none.
    """
    for fact in facts:
        event = publishing.event_by_id(fact.data["event"])
        if event is None or not answering.is_open(fact.subject_id):
            continue
        for organiser in _responsible(event.id):
            yield Draft(
                kind=fact.kind,
                fact_id=fact.id,
                subject_id=organiser.id,
                address=organiser.email,
                name=organiser.name,
                language=organiser.language,
                values={
                    "title": event.title.within(organiser.language),
                    "link": f"{letterhead.base_url}/desk/events/{event.slug}/access-needs",
                },
            )


def _responsible(event_id: int) -> list[Organiser]:
    able = [one for one in accounts.organisers() if one.active and roles.may(one.role, "needs.see")]
    own = [one for one in able if roles.is_bound(one.role) and event_id in one.event_ids]
    return own or [one for one in able if not roles.is_bound(one.role)]


def _said(question: Asked, value: object, language: str) -> str:
    if question.kind is not Kind.DIET:
        return questions.said(question, value, language)
    _ = words(language)
    labels = {
        "gluten_free": _("gluten-free"),
        "lactose_free": _("lactose-free"),
        "vegan": _("vegan"),
        "vegetarian": _("vegetarian"),
        "halal": _("halal"),
        "kosher": _("kosher"),
    }
    known = diets.known(str(value))
    return ", ".join(labels[name] for name in known) if known else str(value)
