"""Who has no e-mail address and was called: noted by an organiser about one thing, and seen by the others."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import selectinload

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import LINE, Actor, Fact
from s3chem_events.core.values import frozen
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import TAKING
from s3chem_events.publishing.models import Event
from s3chem_events.registration.capacity import HOLDING, Standing
from s3chem_events.registration.models import Registration
from s3chem_events.registration.queries import REJECTED, WITHDRAWN

CALLED = "registration.called"
GIVEN = ("registration.place_offered", "registration.promoted")
"""What the waiting list gives to people, and tells them in e-mails."""
DECIDED = ("registration.approved", REJECTED, WITHDRAWN)
"""What organisers decide about people, and tell them so."""


@frozen
class News:
    """What somebody is to hear: the fact that says so, how she stands by it, and until when, if it ends."""

    person: Registration
    fact: Fact
    standing: Standing
    until: datetime | None = None


def note(registration: Registration, *, about: int, called: bool, by: Actor) -> bool:
    """Note that somebody was called about what a fact says, or take that back; without a difference nothing: False.

    There is nothing to note, either, about what is no longer the newest: she has to be called about that.
    """
    event_id = registration.event_id
    told, own = publishing.last_told(event_id), {one.person.id: one.fact.id for one in own_news(event_id)}
    newest = {own.get(registration.id), told.id if told else None}
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


def own_news(event_id: int) -> list[News]:
    """Return by name who without an e-mail address is to hear how she stands by now; of each what came last.

    About what can be undone still nobody is called, as nobody is written to.
    """
    is_due = or_(Fact.due_at.is_(None), Fact.due_at <= now())
    given = and_(Fact.kind.in_(GIVEN), Fact.by == str(LINE))
    decided = and_(Fact.kind.in_(DECIDED), Fact.by.startswith("organiser:"), is_due)
    query = (
        select(Registration, Fact)
        .join(Fact, Fact.subject_id == Registration.id)
        .where(Registration.event_id == event_id, Registration.email == "", Registration.erased_at.is_(None))
        .where(or_(given, decided))
        .order_by(Registration.sort_name, Registration.id, Fact.id)
        .options(selectinload(Registration.participations))
    )
    newest = {person.id: news for person, fact in db.session.execute(query) if (news := _news(person, fact))}
    return list(newest.values())


def concerned(ids: Collection[int]) -> set[int]:
    """Return which of some events take registrations, and have had one without an e-mail address."""
    query = select(Registration.event_id).join(Event).where(Event.id.in_(ids), Event.state.in_(TAKING))
    return set(db.session.scalars(query.where(Registration.email == "", Registration.erased_at.is_(None)).distinct()))


def _news(person: Registration, fact: Fact) -> News | None:
    """Return what a fact says that is so still, or None."""
    if fact.kind == WITHDRAWN or person.withdrawn_at is not None:
        is_so = fact.kind == WITHDRAWN and person.withdrawn_at is not None and not fact.data.get("called_off")
        return News(person, fact, Standing.WITHDRAWN) if is_so else None
    parts = fact.data.get("parts") or [fact.data["part"]]
    standings = {Standing.REJECTED} if fact.kind == REJECTED else HOLDING
    found = (one for one in person.participations if one.part_id in parts and one.standing in standings)
    return next((News(person, fact, one.standing, one.offered_until) for one in found), None)
