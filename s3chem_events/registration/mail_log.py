"""The e-mails to the people at an event: the evidence of who was told what, and when."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, func

from s3chem_events.core.db import db
from s3chem_events.mailing import queries as mailing
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.registration.models import Registration

EMAILS = ("registration.", "event.changed", "event.reminded", "event.asked_again", "details.due", "letter.asked")
"""How the kinds of e-mails begin whose subject is a registration."""
BATCH = 500
COLUMNS = (
    *("sent_at", "email_state", "email_kind", "subject", "reference", "given_name", "family_name", "email"),
    *("language", "server_said", "message_id"),
)
"""The ids of the columns; they stay, and new ones are added at the end."""


def rows(event_id: int) -> Iterator[Sequence[tuple[str, ...]]]:
    """Yield the log's rows in batches, oldest first; times in UTC, none where an e-mail has not left."""
    query = _emails(event_id).order_by(OutgoingEmail.id).execution_options(yield_per=BATCH)
    for found in db.session.execute(query).partitions():
        yield [(f"{sent_at:%Y-%m-%dT%H:%M:%SZ}" if sent_at else "", *map(str, rest)) for sent_at, *rest in found]


def count(event_id: int) -> int:
    """Return how many rows the log has."""
    return db.session.scalar(_emails(event_id).with_only_columns(func.count(OutgoingEmail.id))) or 0


def _emails(event_id: int) -> Select[Any]:
    found: Select[Any] = (
        db.select(
            *(OutgoingEmail.sent_at, OutgoingEmail.state, OutgoingEmail.kind, OutgoingEmail.subject),
            *(Registration.reference, Registration.given_name, Registration.family_name, OutgoingEmail.address),
            *(OutgoingEmail.language, OutgoingEmail.last_text, OutgoingEmail.message_id),
        )
        .join(Registration, Registration.id == OutgoingEmail.subject_id)
        .where(Registration.event_id == event_id, mailing.of_kinds(*EMAILS))
    )
    return found
