"""Who has no e-mail address and was called: noted by an organiser about one thing, and seen by the others."""

from sqlalchemy import exists, select

from s3chem_events.core import journal
from s3chem_events.core.db import db
from s3chem_events.core.journal import LINE, Actor, Fact
from s3chem_events.publishing import queries as publishing
from s3chem_events.registration.capacity import HOLDING
from s3chem_events.registration.models import Participation, Registration

CALLED = "registration.called"
GIVEN = ("registration.place_offered", "registration.promoted")
"""What the waiting list gives to people, and tells them in e-mails."""


def note(registration: Registration, *, about: int, called: bool, by: Actor) -> bool:
    """Note that somebody was called about what a fact says, or take that back; without a difference nothing: False.

    There is nothing to note, either, about what is no longer the newest: she has to be called about that.
    """
    event_id = registration.event_id
    told, given = publishing.last_told(event_id), {person.id: fact.id for person, fact in given_places(event_id)}
    newest = {given.get(registration.id), told.id if told else None}
    if about not in newest or ((registration.id, about) in noted(event_id)) is called:
        return False
    if called:
        journal.record("registration.called", registration.id, by=by, event=event_id, about=about)
    else:
        journal.record("registration.call_taken_back", registration.id, by=by, event=event_id, about=about)
    return True


def noted(event_id: int) -> dict[tuple[int, int], Fact]:
    """Return the calls that stand noted at an event, by the person and the fact that they were about."""
    kinds = Fact.kind.in_((CALLED, "registration.call_taken_back"))
    found = select(Fact).where(kinds, Fact.data["event"].as_integer() == event_id).order_by(Fact.id)
    newest = {(fact.subject_id, fact.data["about"]): fact for fact in db.session.scalars(found)}
    return {which: fact for which, fact in newest.items() if fact.kind == CALLED}


def given_places(event_id: int) -> list[tuple[Registration, Fact]]:
    """Return by name to whom without an e-mail address the waiting list has given, or offers, a place, and when."""
    there = exists().where(
        Participation.registration_id == Registration.id,
        Participation.part_id == Fact.data["part"].as_integer(),
        Participation.standing.in_(HOLDING),
    )
    query = (
        select(Registration, Fact)
        .join(Fact, Fact.subject_id == Registration.id)
        .where(Registration.event_id == event_id, Registration.email == "", Registration.erased_at.is_(None))
        .where(Registration.withdrawn_at.is_(None), Fact.kind.in_(GIVEN), Fact.by == str(LINE), there)
        .order_by(Registration.sort_name, Fact.id)
    )
    newest = {person.id: (person, fact) for person, fact in db.session.execute(query)}
    return list(newest.values())
