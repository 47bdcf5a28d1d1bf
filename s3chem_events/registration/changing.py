"""What people told us, changed: by themselves with their own link, or at the desk for them."""

from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import PARTICIPANT, Actor, Fact
from s3chem_events.core.values import frozen
from s3chem_events.mailing import addresses, bounces
from s3chem_events.publishing.lifecycle import State
from s3chem_events.publishing.queries import is_past
from s3chem_events.registration import (
    answering,
    asked_again,
    derived,
    history,
    identity,
    names,
    questions,
    uploads,
    versions,
)
from s3chem_events.registration.history import Line
from s3chem_events.registration.models import Answer, Registration
from s3chem_events.registration.questions import NEEDS, SENSITIVE, Asked, Given, Kind

ROOM = "registration."
ADDRESS_CHANGED = "registration.address_changed"
ADDRESS_PUT_BACK = "registration.address_put_back"
PUT_BACK = timedelta(hours=24)
"""How long the owner of the former address can put it back."""


class Unchangeable(Refused):
    """The registration is withdrawn, or the event is over or off."""

    code = "unchangeable"
    status = 409


class ChangedMeanwhile(Refused):
    """Somebody else has changed it since the form was opened."""

    code = "changed_meanwhile"
    status = 409


@frozen
class Details:
    """What a person can say of herself."""

    given_name: str
    family_name: str
    email: str
    phone: str
    organisation: str
    organisation_type: str
    country: str
    region: str
    language: str


@frozen
class Answered:
    """What a form asked, and what was answered; a question that was not asked keeps its answer."""

    asked: Sequence[Asked] = ()
    given: Sequence[Given] = ()


NOTHING_ASKED = Answered()
COLUMNS = tuple(field.name for field in fields(Details))


def details_of(registration: Registration) -> Details:
    """Return what a registration says now."""
    return Details(**{name: getattr(registration, name) for name in COLUMNS})


def may_change(registration: Registration) -> bool:
    """Whether a person of a loaded event can still say something else."""
    event = registration.event
    return registration.person is not None and event.state is not State.CANCELLED and not is_past(event)


def change(
    registration: Registration,
    details: Details,
    *,
    by: Actor,
    answered: Answered = NOTHING_ASKED,
    seen: int | None = None,
    reason: str = "",
) -> bool:
    """Let a person of a locked event say something else; without a difference nothing happens: False.

    `seen` is the last change that the form knew of. Another address ends the links that were sent to the old one.

    Raises:
        Unchangeable, ChangedMeanwhile, AddressBlocked, AlreadyRegistered.

    """
    if not may_change(registration):
        raise Unchangeable
    before = details_of(registration)
    lines = _differences(before, details)
    answers = _answers(registration, answered)
    if not lines and not answers:
        return False
    if seen is not None and history.newest(registration.id) != seen:
        raise ChangedMeanwhile
    _write(registration, details)
    event = registration.event_id
    if addresses.digest(before.email) == addresses.digest(details.email):
        fact = journal.record("registration.changed", registration.id, by=by, event=event)
    else:
        _move(registration)
        fact = journal.record("registration.address_changed", registration.id, by=by, event=event)
    _keep(registration, answers, answered, by=by)
    fallen = _let_fall(registration, {line.field for line in answers})
    history.write(registration, fact, [*lines, *answers, *fallen], reason=reason)
    return True


def may_put_back(registration: Registration, fact: Fact) -> bool:
    """Whether an address can be put back that a fact has changed: within a day, whatever the own link did since.

    The first owner counts: what the desk has decided since stands, and so does what an earlier owner has put back.
    """
    is_this = fact.kind == ADDRESS_CHANGED and fact.subject_id == registration.id
    if not is_this or now() >= put_back_until(fact) or not may_change(registration):
        return False
    kinds = (ADDRESS_CHANGED, ADDRESS_PUT_BACK)
    since = select(Fact).where(Fact.subject_id == registration.id, Fact.kind.in_(kinds), Fact.id > fact.id)
    later = list(db.session.scalars(since.order_by(Fact.id)))
    last = _moved_by(later[-1] if later else fact)
    return (
        last is not None
        and addresses.digest(last.new) == registration.address_digest
        and all(one.by == str(PARTICIPANT) for one in later)
        and all(one.data.get("of", 0) > fact.id for one in later if one.kind == ADDRESS_PUT_BACK)
    )


def put_back_until(fact: Fact) -> datetime:
    """Return until when an address can be put back."""
    return fact.happened_at + PUT_BACK


def put_back(registration: Registration, fact: Fact, *, by: Actor) -> bool:
    """Give a registration of a locked event its former address back, and end the links of the other one.

    Raises:
        Unchangeable: it is too late, or the address has changed again.
        AddressBlocked, AlreadyRegistered.

    """
    line = _moved_by(fact)
    if line is not None and line.old == registration.email:
        return False
    if line is None or not may_put_back(registration, fact):
        raise Unchangeable
    before = details_of(registration)
    _write(registration, replace(before, email=line.old))
    _move(registration)
    event = registration.event_id
    told = journal.record("registration.address_put_back", registration.id, by=by, event=event, of=fact.id)
    history.write(registration, told, [Line("email", before.email, line.old)])
    return True


def fact_by_id(fact_id: int) -> Fact | None:
    """Return a fact, for a link that names it."""
    return db.session.get(Fact, fact_id)


def _moved_by(fact: Fact) -> Line | None:
    changes = history.by_fact([fact.id]).get(fact.id, [])
    return next((Line(one.field, one.old, one.new) for one in changes if one.field == "email"), None)


def _differences(before: Details, after: Details) -> list[Line]:
    pairs = [(name, getattr(before, name), getattr(after, name)) for name in COLUMNS]
    return [Line(name, old, new) for name, old, new in pairs if old != new]


def _write(registration: Registration, details: Details) -> None:
    person = names.person_of(details)
    identity.check(registration.event_id, email=details.email, person=person, but=registration.id)
    for name in COLUMNS:
        setattr(registration, name, getattr(details, name))
    derived.follow(registration)
    registration.changed_at = now()


def _move(registration: Registration) -> None:
    """Stop what waits for the old address, and let its links open nothing any more."""
    bounces.stop(ROOM, registration.id)
    registration.link_version += 1
    registration.link_sent_at = None
    versions.rise(registration, registration.participations)


def _answers(registration: Registration, answered: Answered) -> list[Line]:
    there = {one.question.id: one for one in answering.of([registration.id]).get(registration.id, [])}
    given = {one.question.id: one.value for one in answered.given if one.agreed or one.question.kind not in NEEDS}
    lines = []
    for question in answered.asked:
        row, new = there.get(question.id), given.get(question.id)
        is_stale = asked_again.is_stale(row, question)
        old = None if row is None or (is_stale and row.value == new) else row.value
        is_blank = is_stale or question.kind is Kind.FILE or asked_again.unseen(registration, question)
        stays = new is None and row is not None and is_blank
        if old != new and not stays:
            told = question.readers not in SENSITIVE and question.kind is not Kind.FILE
            name = questions.field_name(question.key)
            lines.append(Line(name, old if told else None, new if told else None))
    return lines


def _keep(registration: Registration, lines: Sequence[Line], answered: Answered, *, by: Actor) -> None:
    changed = {line.field for line in lines}
    ids = [one.id for one in answered.asked if questions.field_name(one.key) in changed]
    waits = answering.is_open(registration.id)
    _erase(registration.id, ids, changed)
    given = [one for one in answered.given if one.question.id in ids]
    answering.keep(registration, given, by=by, waits=waits)


def _let_fall(registration: Registration, changed: Collection[str]) -> list[Line]:
    """Erase what was asked only upon answers that are others now, in fields of the form, and what hung on it in turn.

    It was perhaps not in the form, which shows what few may read only after a code: it is not wanted any more at all.
    """
    there = answering.of([registration.id]).get(registration.id, [])
    values, others, gone = {one.question.key: one.value for one in there}, set(changed), dict[str, int]()
    for question in (one.question for one in there):
        field = questions.field_name(question.key)
        hangs_on_it = question.only_if and questions.field_name(question.only_if) in others
        if hangs_on_it and not questions.condition_holds(question, values):
            del values[question.key]
            others.add(field)
            gone[field] = question.id
    _erase(registration.id, gone.values(), gone)
    return [Line(field, None, None) for field in gone]


def _erase(registration_id: int, question_ids: Collection[int], subjects: Collection[str]) -> None:
    uploads.let_go(registration_id, question_ids)
    mine = Answer.registration_id == registration_id
    db.session.execute(db.delete(Answer).where(mine, Answer.question_id.in_(question_ids)))
    answering.end_consents(registration_id, subjects)
