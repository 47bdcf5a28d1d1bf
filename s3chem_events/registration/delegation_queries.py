"""What is read of delegations, in a known number of statements."""

from collections.abc import Callable, Iterable

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.mailing.letters import defused, isolated
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import links, names
from s3chem_events.registration.links import DELEGATION
from s3chem_events.registration.models import Delegation, Participation, Registration


def delegation_by_token(token: str, *, lock: bool = False, purpose: str = DELEGATION) -> Delegation | None:
    """Return the delegation that a contact's link opens, with its event and people; None for a link that is none."""
    signed = links.opened(purpose, token)
    if signed is None:
        return None
    if lock and db.engine.dialect.name == "postgresql":
        event_id = select(Delegation.event_id).filter_by(id=signed[0]).scalar_subquery()
        db.session.execute(select(Event.id).where(Event.id == event_id).with_for_update())
    found = delegations_by_ids([signed[0]]).get(signed[0])
    return found if found is not None and found.link_version == signed[1] else None


def delegations_by_ids(ids: Iterable[int]) -> dict[int, Delegation]:
    """Return delegations with their events, people and places, by id."""
    query = select(Delegation).where(Delegation.id.in_(list(ids))).options(*_whole())
    return {one.id: one for one in db.session.scalars(query)}


def is_contact(delegation: Delegation, person: Registration) -> bool:
    """Whether somebody of a delegation is its contact, who comes along."""
    return person.address_digest == delegation.address_digest and not person.via_contact


def is_reached_through(delegation: Delegation, registration: Registration) -> bool:
    """Whether somebody has the contact's address, and is not the contact."""
    named = {name: getattr(delegation, name) for name in ("given_name", "family_name", "email")}
    is_same_mailbox = registration.address_digest == delegation.address_digest
    return is_same_mailbox and registration.person != names.person_digest(**named)


def contacts(facts: Iterable[Fact]) -> Callable[[Fact, Registration], str]:
    """Return what says who registered somebody else, by a name fit for e-mails; nothing for who did it herself."""
    ids = {fact.data["delegation"] for fact in facts if fact.data.get("delegation")}
    query = select(Delegation).where(Delegation.id.in_(ids))
    found = {one.id: one for one in db.session.scalars(query)} if ids else {}

    def registered_by(fact: Fact, person: Registration) -> str:
        one = found.get(fact.data.get("delegation", 0))
        if one is None or is_contact(one, person):
            return ""
        return isolated(defused(one.full_name))

    return registered_by


def _whole() -> tuple[ExecutableOption, ...]:
    return (
        joinedload(Delegation.event).options(
            joinedload(Event.venue),
            selectinload(Event.parts).options(joinedload(Part.venue), selectinload(Part.programme)),
        ),
        selectinload(Delegation.people).options(
            selectinload(Registration.participations).joinedload(Participation.part),
            joinedload(Registration.event),
            selectinload(Registration.consents),
        ),
    )
