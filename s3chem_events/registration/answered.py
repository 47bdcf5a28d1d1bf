"""Which registration an e-mail is about that a person writes: the one of the e-mail of ours that it answers.

Of a delegation that is the contact's own, or that of somebody of hers.

It is about none in particular where that names registrations for several events: no organiser of one reads of others.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, Select, select

from s3chem_events.core import journal
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import queries as mailing
from s3chem_events.mailing.forwarding import CAME, POST
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.registration import queries
from s3chem_events.registration.mail_log import EMAILS
from s3chem_events.registration.models import Delegation, Registration


def note(arrival_id: int, message_ids: Sequence[str]) -> int | None:
    """Write into the history of a registration that an e-mail about it was answered; returns its number, if any."""
    mine = (OutgoingEmail.message_id.in_(message_ids), mailing.of_kinds(*EMAILS))
    query = (
        select(Registration.id, Registration.event_id, Fact.data)
        .join(OutgoingEmail, OutgoingEmail.subject_id == Registration.id)
        .join(Fact, Fact.id == OutgoingEmail.fact_id)
    )
    found = db.session.execute(query.where(*mine).order_by(OutgoingEmail.id.desc())).all() or _of_delegation(
        message_ids
    )
    named = {number for _id, _event, data in found for number in data.get("registrations", ())}
    others = db.session.scalars(select(Registration.event_id).where(Registration.id.in_(named)))
    events = {event for _id, event, _data in found} | set(others)
    if len(events) != 1:
        return None
    newest = int(found[0][0])
    journal.record("registration.wrote", newest, by=POST, event=events.pop(), arrival=arrival_id)
    return newest


def _of_delegation(message_ids: Sequence[str]) -> Sequence[Row[int, int, Any]]:
    """Return the people, the contact first, of the delegation whose e-mail was answered, as `note` looks for them."""
    is_contact = (Registration.address_digest == Delegation.address_digest) & ~Registration.via_contact
    query = (
        select(Registration.id, Registration.event_id, Fact.data)
        .join(Delegation, Delegation.id == Registration.delegation_id)
        .join(OutgoingEmail, OutgoingEmail.subject_id == Delegation.id)
        .join(Fact, Fact.id == OutgoingEmail.fact_id)
        .where(OutgoingEmail.message_id.in_(message_ids), mailing.of_kinds("delegation."))
    )
    return db.session.execute(query.order_by(OutgoingEmail.id.desc(), is_contact.desc(), Registration.id)).all()


def registration_of(fact: Fact | None) -> Registration | None:
    """Return which registration an e-mail is about, as the fact of its coming says."""
    number = fact.data.get("registration") if fact is not None else None
    return queries.registration_by_id(number) if number is not None else None


def about(arrival_id: int) -> Registration | None:
    """Return which registration an e-mail is about that came to us."""
    return registration_of(db.session.scalar(select(Fact).filter_by(kind=CAME, subject_id=arrival_id)))


def arrivals_about(event_ids: Collection[int]) -> Select[int]:
    """Select the numbers of the e-mails that answer one of ours about these events."""
    return select(Fact.data["arrival"].as_integer()).where(
        Fact.kind == "registration.wrote", Fact.data["event"].as_integer().in_(event_ids)
    )
