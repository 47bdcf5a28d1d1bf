"""Passes on what people write to the sender's address to those who answer: an event's organisers, or the contact.

No loop can come of it: only what no sign of a machine is on is passed on, it says of itself that it is automatic, and
neither the contacts' own e-mails nor ours are. Whoever answers it answers the writer.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Invalid
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.core.later import Later
from s3chem_events.core.values import frozen
from s3chem_events.mailing import addresses, received
from s3chem_events.mailing.addresses import mailbox_digest
from s3chem_events.mailing.kinds import Human
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.mailing.masking import masked
from s3chem_events.mailing.models import OutgoingEmail

if TYPE_CHECKING:
    from s3chem_events.mailing import reading
else:
    reading = Later("s3chem_events.mailing.reading")

POST = Actor("mail server")
CAME = "arrival.came"
MOST_A_DAY = 50
"""What is beyond waits at the desk alone: somebody may be flooding us."""
LONGEST, LONGEST_LINE, LONGEST_ADDRESS = 5_000, 500, 254
LANGUAGE = "en"


@frozen
class Contact:
    """Who answers. `about` names `event` and `reference` of a registration, and the `page` of who sees no other."""

    address: str
    name: str = ""
    language: str = LANGUAGE
    about: Mapping[str, str] = field(default_factory=dict)


def pass_on(arrival_id: int, arrived: Human, *, registration: int | None) -> None:
    """Have the e-mail of a person forwarded; one that cannot be read, or is nobody's, waits at the desk alone."""
    if arrived.sender and not arrived.reason:
        journal.record("arrival.came", arrival_id, by=POST, registration=registration)


def forwarded(fact: Fact, letterhead: Letterhead, contacts: Sequence[Contact]) -> Iterator[Draft]:
    """Write what came to the contacts, unless somebody has put it away meanwhile."""
    arrival = received.by_id(fact.subject_id)
    mail = reading.parsed(arrival.raw) if arrival is not None and arrival.raw else None
    sender = reading.sender_of(mail) if mail is not None else ""
    ours = {mailbox_digest(one) for one in (letterhead.sender, letterhead.contact, *(c.address for c in contacts))}
    if mail is None or not 0 < len(sender) <= LONGEST_ADDRESS or mailbox_digest(sender) in ours:
        return
    text, back = masked(reading.text(mail)), _writable(sender)
    for contact in contacts:
        if not contact.address or mailbox_digest(contact.address) == mailbox_digest(letterhead.sender):
            continue
        yield Draft(
            kind=CAME,
            fact_id=fact.id,
            subject_id=fact.subject_id,
            address=contact.address,
            name=contact.name,
            language=contact.language,
            values={
                "sender": sender,
                "answers_writer": bool(back),
                "title": masked(_printable(reading.in_words(mail, "Subject")))[:200],
                "lines": [_printable(line) for line in text[:LONGEST].splitlines()],
                "is_cut": len(text) > LONGEST,
                "url": f"{letterhead.base_url}/desk/mail/arrivals/{fact.subject_id}",
                **dict.fromkeys(("event", "reference", "page"), ""),
                **contact.about,
            },
            reply_to=back or letterhead.sender,  # which is where answers go without one
        )


def _writable(sender: str) -> str:
    """Return an address as it may stand in Reply-To for every program and server; nothing where it cannot."""
    with suppress(Invalid):
        if (address := addresses.mailable(sender)).isascii():
            return address
    return ""


def _printable(line: str) -> str:
    return "".join(c if c.isprintable() else " " for c in line[:LONGEST_LINE])


def left_today() -> int:
    """Return how many more may be passed on today."""
    query = db.select(func.count(OutgoingEmail.id)).where(
        OutgoingEmail.kind == CAME, OutgoingEmail.created_at > now() - timedelta(days=1)
    )
    return MOST_A_DAY - (db.session.scalar(query) or 0)
