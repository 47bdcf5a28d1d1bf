"""What is read of registrations."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import queries as outbox
from s3chem_events.publishing.booked import Booked
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import anew, links, places
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.heard import IN_PASSING, TOLD
from s3chem_events.registration.links import OWN_PAGE
from s3chem_events.registration.models import Participation, Question, Registration

AT_ONCE = 50
"""Registrations read at a time where a fact may concern thousands (docs/decisions/0002)."""


def booked(event_id: int) -> Booked:
    """Return what people hold of an event, for the changes that must not take it from them."""
    rows = db.session.execute(
        select(Part.key, Participation.mode, func.count())
        .join(Part, Part.id == Participation.part_id)
        .where(Part.event_id == event_id, places.HELD)
        .group_by(Part.key, Participation.mode)
    )
    people = select(func.count(Registration.id)).filter_by(event_id=event_id, withdrawn_at=None)
    asked = select(Part.key).join(Question, Question.part_id == Part.id)
    asked = asked.where(Part.event_id == event_id, Question.retired_at.is_(None))
    held = {(key, mode): count for key, mode, count in rows}
    return Booked(db.session.scalar(people) or 0, held, frozenset(db.session.scalars(asked)))


WITHDRAWN, REJECTED = "registration.withdrawn", "registration.rejected"
TAKEN_OFF = (WITHDRAWN, REJECTED)
"""What organisers do to people and can undo before these are told (registration.batches)."""


def registered_since(moment: datetime) -> dict[int, int]:
    """Return how many people have registered since a moment and still come, by event."""
    rows = db.session.execute(
        select(Registration.event_id, func.count(func.distinct(anew.WHO)))
        .where(Registration.registered_at >= moment, places.COUNTED)
        .group_by(Registration.event_id)
    )
    return {event_id: int(count) for event_id, count in rows}


def registration_by_token(token: str, *, lock: bool = False, purpose: str = OWN_PAGE) -> Registration | None:
    """Return the registration that a personal link opens, with its event and parts; None for a link that is none."""
    signed = links.opened(purpose, token)
    if signed is None:
        return None
    registration = registration_by_id(signed[0], lock=lock)
    return registration if registration is not None and registration.link_version == signed[1] else None


def registration_by_id(registration_id: int, *, lock: bool = False) -> Registration | None:
    """Return one registration with its event and parts; `lock` makes other writers of its event wait."""
    if lock and db.engine.dialect.name == "postgresql":
        event_id = select(Registration.event_id).filter_by(id=registration_id).scalar_subquery()
        db.session.execute(select(Event.id).where(Event.id == event_id).with_for_update())
    return db.session.scalar(
        select(Registration)
        .where(Registration.id == registration_id)
        .options(
            joinedload(Registration.event).options(
                joinedload(Event.venue),
                selectinload(Event.parts).options(joinedload(Part.venue), selectinload(Part.programme)),
            ),
            selectinload(Registration.participations).joinedload(Participation.part),
            selectinload(Registration.consents),
        )
    )


def has_made_another(event_id: int, attempt: str, *, person: str) -> bool:
    """Whether a form has made a registration that is not this person's: withdrawn, handed over or changed since."""
    made = select(Registration.id).filter_by(event_id=event_id, attempt=attempt)
    return db.session.scalar(made.where(Registration.person.is_distinct_from(person)).limit(1)) is not None


def people_by_ids(ids: Iterable[int]) -> dict[int, Registration]:
    """Return registrations by id, themselves alone: enough to write to people, not about their parts."""
    return {one.id: one for one in db.session.scalars(select(Registration).where(Registration.id.in_(list(ids))))}


def registrations_by_ids(ids: Iterable[int]) -> dict[int, Registration]:
    """Return many registrations with their events and parts, by id, in a fixed number of statements."""
    found = db.session.scalars(
        db.select(Registration)
        .where(Registration.id.in_(list(ids)))
        .options(
            selectinload(Registration.event).options(
                joinedload(Event.venue), selectinload(Event.parts).joinedload(Part.venue)
            ),
            selectinload(Registration.participations),
        )
        .order_by(Registration.id)
    )
    return {registration.id: registration for registration in found}


def subjects(facts: Sequence[Fact]) -> list[tuple[Fact, Registration]]:
    """Return facts about registrations with these, without those whose registration is gone."""
    found = registrations_by_ids(fact.subject_id for fact in facts)
    return [(fact, found[fact.subject_id]) for fact in facts if fact.subject_id in found]


def registrations_by_references(event_id: int, references: Iterable[str]) -> list[Registration]:
    """Return those of an event's registrations that are named, each with its parts, by name."""
    query = select(Registration).where(Registration.event_id == event_id, Registration.reference.in_(list(references)))
    query = query.options(selectinload(Registration.participations).joinedload(Participation.part))
    return list(db.session.scalars(query.order_by(Registration.sort_name, Registration.id)))


def to_be_told(event: Event, fact: Fact, *, among: ColumnElement[bool] | None = None) -> Iterator[list[Registration]]:
    """Yield the registrations with an address that a fact still has to write to, fifty at a time.

    Who registered after it happened has seen the event as it is now. `among` is a condition on them. All share the one
    event, and nothing stays in the session: the caller writes in between, and a roll-back would empty what is loaded.
    """
    db.session.expunge_all()
    last = 0
    while registrations := _next_to_be_told(event.id, fact, after=last, among=among):
        last = registrations[-1].id
        db.session.expunge_all()
        for registration in registrations:
            set_committed_value(registration, "event", event)
        yield registrations


def _next_to_be_told(event_id: int, fact: Fact, *, after: int, among: ColumnElement[bool] | None) -> list[Registration]:
    query = (
        select(Registration)
        .where(
            Registration.event_id == event_id,
            Registration.id > after,
            Registration.withdrawn_at.is_(None),
            Registration.email != "",
            Registration.registered_at <= fact.happened_at,
            Registration.id.not_in(outbox.written(fact)),
            true() if among is None else among,
        )
        .options(selectinload(Registration.participations))
        .order_by(Registration.id)
        .limit(AT_ONCE)
    )
    return list(db.session.scalars(query))


def misled(first: int) -> ColumnElement[bool]:
    """Say of registrations whether their e-mails may carry what was held back since a fact, and has been undone.

    Whatever happened to a registration since, or was written of it only since; who was told of a part of it, before the
    worker broke off; and who was reminded of the event.
    """
    change = select(Fact.happened_at).filter_by(id=first).scalar_subquery()
    touched = select(Fact.subject_id).where(
        Fact.kind.startswith("registration."), or_(Fact.id > first, Fact.relayed_at > change)
    )
    written = outbox.written_since(first, TOLD, *IN_PASSING)
    return Registration.id.in_(touched) | Registration.id.in_(written)


def active_by_address(address_digest: str) -> list[Registration]:
    """Return what an address is registered for and has not withdrawn, newest first; other writers of it wait.

    Whom a contact registered without an address of her own is in the summary of the delegation.
    """
    asked = {"address_digest": address_digest, "withdrawn_at": None, "via_contact": False}
    query = select(Registration).filter_by(**asked).with_for_update()
    # Locked from the oldest on, as everywhere: two who lock in opposite orders would wait for each other.
    return list(db.session.scalars(query.order_by(Registration.id)))[::-1]


def parts_held_at_addresses(registrations: Iterable[Registration]) -> dict[tuple[int, str], set[int]]:
    """Return the parts in which somebody of the same address has a place, by event and address; one statement."""
    asked = {(one.event_id, one.address_digest) for one in registrations}
    rows = db.session.execute(
        select(Registration.event_id, Registration.address_digest, Participation.part_id)
        .join(Participation)
        .where(
            Registration.event_id.in_({event_id for event_id, _digest in asked}),
            Registration.address_digest.in_({digest for _event_id, digest in asked}),
            ~Registration.via_contact,  # nothing of theirs is in the contact's calendar
            Participation.standing == Standing.CONFIRMED,  # nobody else has it in the calendar
        )
    )
    held = defaultdict[tuple[int, str], set[int]](set)
    for event_id, digest, part_id in rows:
        held[event_id, digest].add(part_id)
    return held
