"""Passes on what people write to the sender's address to the one who answers: the project's contact, once each.

No loop can come of it: only what no sign of a machine is on is passed on, it says of itself that it is automatic, and
neither the contact's own e-mails nor ours are. Whoever answers it answers the writer.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import func

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Invalid
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.mailing import addresses, reading, received
from s3chem_events.mailing.addresses import mailbox_digest
from s3chem_events.mailing.kinds import Human
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.mailing.models import OutgoingEmail

POST = Actor("mail server")
CAME = "arrival.came"
MOST_A_DAY = 50
"""What is beyond waits at the desk alone: somebody may be flooding us."""
LONGEST, LONGEST_LINE, LONGEST_ADDRESS = 5_000, 500, 254
LANGUAGE = "en"


def pass_on(arrival_id: int, arrived: Human) -> None:
    """Have the e-mail of a person forwarded; one that cannot be read, or is nobody's, waits at the desk alone."""
    if arrived.sender and not arrived.reason:
        journal.record("arrival.came", arrival_id, by=POST)


def forwarded(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Write what came to the contact, unless somebody has put it away meanwhile."""
    if not letterhead.contact or mailbox_digest(letterhead.contact) == mailbox_digest(letterhead.sender):
        return
    left = MOST_A_DAY - _today()
    for fact in facts:
        arrival = received.by_id(fact.subject_id)
        mail = reading.parsed(arrival.raw) if arrival is not None and arrival.raw else None
        sender = reading.sender_of(mail) if mail is not None else ""
        ours = {mailbox_digest(letterhead.contact), mailbox_digest(letterhead.sender)}
        if mail is None or not 0 < len(sender) <= LONGEST_ADDRESS or mailbox_digest(sender) in ours or left <= 0:
            continue
        left -= 1
        text, back = reading.text(mail), _writable(sender)
        yield Draft(
            kind=CAME,
            fact_id=fact.id,
            subject_id=fact.subject_id,
            address=letterhead.contact,
            name="",
            language=LANGUAGE,
            values={
                "sender": sender,
                "answers_writer": bool(back),
                "title": _printable(reading.in_words(mail, "Subject"))[:200],
                "lines": [_printable(line) for line in text[:LONGEST].splitlines()],
                "is_cut": len(text) > LONGEST,
                "url": f"{letterhead.base_url}/desk/mail/arrivals/{fact.subject_id}",
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


def _today() -> int:
    query = db.select(func.count(OutgoingEmail.id)).where(
        OutgoingEmail.kind == CAME, OutgoingEmail.created_at > now() - timedelta(days=1)
    )
    return db.session.scalar(query) or 0
