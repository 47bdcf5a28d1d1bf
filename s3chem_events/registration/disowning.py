"""The owner of an address says that it was not she who registered."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Select, case, func, literal, select

from s3chem_events.core import journal, signing
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import NotFound, Refused
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.mailing import addresses, confirming, restraint
from s3chem_events.mailing import queries as mailing
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.models import Event
from s3chem_events.registration import actions, crowds, links, mail_log, moving_up
from s3chem_events.registration.models import BlockedAddress, Delegation, Registration


class MailboxConfirmed(Refused):
    """Somebody has shown that she reads the mailbox: whoever has the e-mail may have been forwarded it."""

    code = "mailbox_confirmed"
    status = 403


def check(named: Registration | Delegation, *, proven: bool = False) -> None:
    """Let an address be disowned before anybody has confirmed its mailbox, or by whoever has `proven` that it is hers.

    After the event who took part is evidence.

    Raises:
        actions.NotOpen, MailboxConfirmed.

    """
    if publishing.is_past(named.event):
        raise actions.NotOpen
    if not (proven or confirming.strange([named.email])):
        raise MailboxConfirmed


def disown(
    registration: Registration, *, by: Actor, all_of_them: bool = False, proven: bool = False, **details: Any
) -> None:
    """Remove a registration whose address belongs to somebody else, and let nobody enter that address again.

    With it goes, at this event, what the address was not told of yet because too much was written to it; `all_of_them`
    where its owner says that none is hers: another may be a colleague's.

    Raises:
        actions.NotOpen, MailboxConfirmed.

    """
    check(registration, proven=proven)
    others = list(db.session.scalars(_beside(registration).with_only_columns(Registration.id)))
    if not all_of_them:
        others = _untold(others)
    told = {"event": registration.event_id}
    _remove(
        registration,
        {registration.id: told | details} | {one: told | {"beside": registration.id} for one in others},
        by=by,
    )


def beside(registration: Registration) -> int:
    """Return how many other registrations at the same event were made with this address."""
    return db.session.scalar(_beside(registration).with_only_columns(func.count(Registration.id))) or 0


def _beside(registration: Registration) -> Select[Any]:
    """Select the others that were made with an address; of who is reached through a contact it is the contact's."""
    return select(Registration).where(
        Registration.event_id == registration.event_id,
        Registration.address_digest == registration.address_digest,
        Registration.id != registration.id,
        Registration.via_contact.is_(False),
        Registration.erased_at.is_(None),
        literal(not registration.via_contact),
    )


def _untold(ids: Collection[int]) -> list[int]:
    """Return of whom all that was to be written is held back, in one statement."""
    held = func.sum(case((restraint.is_held(), 1), else_=0))
    query = select(OutgoingEmail.subject_id).where(
        OutgoingEmail.subject_id.in_(ids), mailing.of_kinds(*mail_log.EMAILS)
    )
    return list(db.session.scalars(query.group_by(OutgoingEmail.subject_id).having(held == func.count())))


def _remove(registration: Registration, facts: Mapping[int, Mapping[str, Any]], *, by: Actor) -> None:
    """Remove a registration, and those that go with it, in a number of statements that does not grow with theirs."""
    event, before = registration.event, crowds.of(registration.event_id)
    if not registration.via_contact:  # else the address is the contact's
        confirming.forget([registration.email])
        block(event.id, registration.address_digest)
    journal.record_each("registration.disowned", facts, by=by)
    _take_out_of_summaries(event.id, [one for one, data in facts.items() if "delegation" not in data], by=by)
    gone = db.delete(Registration).where(Registration.id.in_(facts))
    db.session.execute(gone.execution_options(synchronize_session="fetch"))
    moving_up.pass_on(event, before)


def _take_out_of_summaries(event_id: int, ids: Collection[int], *, by: Actor) -> None:
    """Have the summaries emptied that name somebody who is removed without her contact, and one sent without her."""
    named = select(Registration.delegation_id).where(Registration.id.in_(ids)).distinct()
    shrunk = {one: {"event": event_id} for one in db.session.scalars(named) if one is not None}
    journal.record_each("delegation.person_disowned", shrunk, by=by)


def removed_from(token: str) -> Event | None:
    """Return the event from which what a link names was removed already: its owner pressed twice, or comes back."""
    signed = signing.read(links.NOT_ME, token)
    if not isinstance(signed, list):
        return None
    query = select(Fact).filter_by(kind="registration.disowned", subject_id=signed[0])
    fact = db.session.scalar(query.limit(1))
    return publishing.event_by_id(fact.data["event"]) if fact is not None else None


def block(event_id: int, address_digest: str) -> None:
    """Keep an address out of the forms of all events; `event_id` says at which one its owner asked for it."""
    if db.session.scalar(select(BlockedAddress.id).filter_by(address_digest=address_digest).limit(1)) is None:
        db.session.add(BlockedAddress(event_id=event_id, address_digest=address_digest, blocked_at=now()))


def let_in(email: str, *, reason: str, by: Actor) -> None:
    """Let an address into the forms again because its owner asks for it; of whose it was nothing is kept.

    Raises:
        NotFound: it is not kept out.

    """
    mine = select(BlockedAddress).filter_by(address_digest=addresses.digest(email)).with_for_update()
    blocks = list(db.session.scalars(mine))
    if not blocks:
        raise NotFound
    for block in blocks:
        block.address_digest, block.lifted_at, block.lifted_by, block.reason = None, now(), str(by), reason
        journal.record("address.let_in", block.id, by=by, event=block.event_id)


def disowned(event_id: int) -> list[Fact]:
    """Return when owners of addresses said that they had not registered for an event, newest first."""
    query = select(Fact).where(Fact.kind == "registration.disowned", Fact.data["event"].as_integer() == event_id)
    return list(db.session.scalars(query.order_by(Fact.id.desc()).limit(20)))
