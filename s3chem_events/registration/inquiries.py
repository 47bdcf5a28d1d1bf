"""Whether people still come: what was asked last after a change, who has said what, and who is silent."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from s3chem_events.core.clock import now, today
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.core.values import frozen
from s3chem_events.mailing import queries as outbox
from s3chem_events.publishing.lifecycle import TAKING
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.registration.places import INTERESTED, SEATED

YES, NO, SILENT = "yes", "no", "silent"
Answers = Mapping[str, int]
"""How many said what: yes, no, or nothing."""


@frozen
class Inquiry:
    """The question whether people still come, as it went out with the news of a change; until when they may answer."""

    fact_id: int
    asked_at: datetime
    until: date | None

    def keeps_until(self, zone: str) -> date | None:
        """Return the day until which a place is kept without an answer; None where there is none, or it has passed."""
        return None if self.is_over(zone) else self.until

    def is_over(self, zone: str) -> bool:
        """Whether the day until which a place is kept without an answer has passed."""
        return self.until is not None and today(zone) > self.until

    @property
    def asked(self) -> Select[tuple[int]]:
        """Return a query for the ids of those who were written to."""
        return outbox.written(Fact(id=self.fact_id, kind="event.changed"))


@frozen
class Silent:
    """Somebody who has not answered. Without an address she cannot have been asked by e-mail: she is to be called."""

    name: str
    organisation: str
    reference: str
    has_address: bool


def current(event: Event) -> Inquiry | None:
    """Return what was asked last of the people of an event; None where nothing was, or where it is off."""
    if event.state not in TAKING:
        return None
    query = select(Fact).where(Fact.kind == "event.changed", Fact.subject_id == event.id)
    due = query.where(Fact.due_at.is_(None) | (Fact.due_at <= now())).order_by(Fact.id.desc())
    for fact in db.session.scalars(due):
        if fact.data.get("ask") and not fact.data.get("called_off"):
            until = date.fromisoformat(fact.data["until"]) if fact.data.get("until") else None
            return Inquiry(fact.id, fact.due_at or fact.happened_at, until)
    return None


def said(registration: Registration, inquiry: Inquiry) -> bool | None:
    """Return what a person answered to an inquiry; None where she has not yet."""
    is_new = registration.coming_at is not None and registration.coming_at >= inquiry.asked_at
    return registration.coming if is_new else None


def was_asked(registration: Registration, inquiry: Inquiry) -> bool:
    """Whether an inquiry was written to a person."""
    return db.session.scalar(select(Registration.id).where(_is(registration), _asked(inquiry))) is not None


def people(event_id: int, inquiry: Inquiry) -> Answers:
    """Return how many people said what, those without an address among the silent."""
    answer = case(
        (Registration.withdrawn_at.is_not(None), NO),
        (and_(Registration.coming.is_(True), Registration.coming_at >= inquiry.asked_at), YES),
        else_=SILENT,
    )
    query = (
        select(answer, func.count())
        .where(Registration.event_id == event_id, _asked(inquiry), _there_since(inquiry))
        .group_by(answer)
    )
    return _counted(db.session.execute(query))


def by_part(event_id: int, inquiry: Inquiry) -> dict[int, Answers]:
    """Return how many said what of each part that takes place, by part id."""
    answer = case(
        (Participation.standing.not_in(INTERESTED), NO),
        (and_(Registration.coming.is_(True), Registration.coming_at >= inquiry.asked_at), YES),
        else_=SILENT,
    )
    rows = db.session.execute(
        select(Participation.part_id, answer, func.count())
        .join(Registration, Registration.id == Participation.registration_id)
        .join(Part, Part.id == Participation.part_id)
        .where(Registration.event_id == event_id, ~Part.cancelled, _concerned(inquiry), _asked(inquiry))
        .group_by(Participation.part_id, answer)
    )
    found = defaultdict[int, list[Any]](list)
    for part_id, *counted in rows:
        found[part_id].append(counted)
    return {part_id: _counted(counted) for part_id, counted in found.items()}


def silent(event_id: int, inquiry: Inquiry) -> list[Silent]:
    """Return the silent by their names."""
    query = select(
        Registration.given_name,
        Registration.family_name,
        Registration.organisation,
        Registration.reference,
        Registration.email != "",
    ).where(is_silent(event_id, inquiry))
    rows = db.session.execute(query.order_by(Registration.sort_name, Registration.id))
    return [Silent(f"{row[0]} {row[1]}".strip(), row[2], row[3], row[4]) for row in rows]


def silent_ids(event_id: int, inquiry: Inquiry, *, most: int) -> list[int]:
    """Return the next of the silent who were written to."""
    query = select(Registration.id).where(is_silent(event_id, inquiry), Registration.email != "")
    return list(db.session.scalars(query.order_by(Registration.id).limit(most)))


def is_silent(event_id: int, inquiry: Inquiry) -> ColumnElement[bool]:
    """Return the condition under which a registration of an event has left an inquiry without an answer."""
    answered = and_(Registration.coming.is_not(None), Registration.coming_at >= inquiry.asked_at)
    return and_(
        Registration.event_id == event_id,
        Registration.withdrawn_at.is_(None),
        Registration.erased_at.is_(None),
        _asked(inquiry),
        _holding(_had_a_place(inquiry)),
        or_(Registration.coming_at.is_(None), ~answered),
    )


def silent_among(people: Mapping[int, Registration], event_id: int, fact_id: int) -> set[int]:
    """Return which of some people, by their ids, have left a question of an event unanswered; nobody once it lapsed."""
    event = next((person.event for person in people.values() if person.event_id == event_id), None)
    inquiry = current(event) if event is not None else None
    if inquiry is None or inquiry.fact_id != fact_id:
        return set()
    query = select(Registration.id).where(is_silent(event_id, inquiry), Registration.id.in_(list(people)))
    return set(db.session.scalars(query))


def reminded_at(event_id: int, inquiry: Inquiry) -> datetime | None:
    """Return when the silent were reminded last of this inquiry."""
    query = (
        select(Fact)
        .where(Fact.kind == "event.asked_again", Fact.subject_id == event_id)
        .order_by(Fact.id.desc())
        .limit(1)
    )
    last = db.session.scalar(query)
    return last.happened_at if last is not None and last.data.get("inquiry") == inquiry.fact_id else None


def _is(registration: Registration) -> ColumnElement[bool]:
    return Registration.id == registration.id


def _asked(inquiry: Inquiry) -> ColumnElement[bool]:
    """Who was written to; who has no address was to be called, if she was there when it was asked."""
    called = and_(Registration.email == "", Registration.registered_at <= inquiry.asked_at)
    return or_(Registration.id.in_(inquiry.asked), called)


def _there_since(inquiry: Inquiry) -> ColumnElement[bool]:
    """Who has a place in something that takes place, or had one when it was asked."""
    return _holding(_concerned(inquiry))


def _concerned(inquiry: Inquiry) -> ColumnElement[bool]:
    """Who had a place when it was asked, and has it still, has given it up, or has said that she comes."""
    gone = and_(Participation.standing.not_in(INTERESTED), Participation.decided_at >= inquiry.asked_at)
    comes = and_(Registration.coming.is_(True), Registration.coming_at >= inquiry.asked_at)
    return or_(_had_a_place(inquiry), gone, and_(Participation.standing.in_(SEATED), comes))


def _had_a_place(inquiry: Inquiry) -> ColumnElement[bool]:
    """Who moved up from the waiting list since knew what she said yes to: she is not asked."""
    return and_(Participation.standing.in_(SEATED), Participation.decided_at < inquiry.asked_at)


def _holding(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    live = select(Participation.id).join(Part, Part.id == Participation.part_id)
    return live.where(Participation.registration_id == Registration.id, ~Part.cancelled, condition).exists()


def _counted(rows: Any) -> Answers:
    counts: Sequence[Any] = list(rows)
    return {YES: 0, NO: 0, SILENT: 0, **{answer: int(count) for answer, count in counts}}
