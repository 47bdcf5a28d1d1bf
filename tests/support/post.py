"""What tests of the post have in common: people to write to, the worker run once, the mailbox read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Flask

from s3chem_events import dispatch
from s3chem_events.core.db import db, transaction
from s3chem_events.core.guard import settings
from s3chem_events.core.journal import VISITOR
from s3chem_events.mailing import maildir
from s3chem_events.mailing.maildir import KeptMail
from s3chem_events.mailing.models import DeliveryAttempt, OutgoingEmail
from s3chem_events.publishing import queries
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration import actions
from s3chem_events.registration.actions import Applicant


def enrol(app: Flask, number: int = 1, *, slug: str = "conference", **changes: Any) -> list[int]:
    """Register people straight through the action; returns their registrations' ids."""
    ids = []
    with app.app_context(), transaction():
        event = queries.event_by_slug(slug, lock=True)
        assert event is not None
        for n in range(number):
            values: dict[str, Any] = {
                "given_name": "Anna",
                "family_name": f"Nowak {n}" if number > 1 else "Nowak",
                "email": f"anna{n}@park.example",
                "organisation": "Chemiepark",
                "organisation_type": "sme",
                "country": "NL",
                "region": "Limburg",
                "language": "en",
                "choices": {"day-2": Mode.ONLINE},
                "privacy_version": "1",
            }
            ids.append(actions.register(event, Applicant(**values | changes), by=VISITOR).id)
    return ids


def work(app: Flask) -> int:
    """Let the worker answer the bell once."""
    with app.app_context():
        return dispatch.work(seconds=30)


def relay(app: Flask) -> None:
    """Fill the outbox without sending."""
    with app.app_context():
        while dispatch.relay():
            pass


def kept(app: Flask) -> list[KeptMail]:
    """Return the mails of the mailbox, oldest first."""
    with app.app_context():
        folder: Path = settings().mailbox
        mails = [maildir.opened(folder, envelope.key) for envelope in maildir.newest(folder, most=1000)]
    return [mail for mail in reversed(mails) if mail is not None]


def rows(app: Flask) -> Sequence[OutgoingEmail]:
    """Return the outbox, oldest first."""
    with app.app_context():
        found = db.session.scalars(db.select(OutgoingEmail).order_by(OutgoingEmail.id)).all()
        db.session.expunge_all()
        return found


def states(app: Flask) -> list[str]:
    """Return the state of each e-mail in the outbox."""
    return [row.state for row in rows(app)]


def history(app: Flask) -> list[tuple[str, int | None, str]]:
    """Return all tries: outcome, code, text."""
    with app.app_context():
        found = db.session.scalars(db.select(DeliveryAttempt).order_by(DeliveryAttempt.id)).all()
        return [(attempt.outcome, attempt.code, attempt.text) for attempt in found]
