"""What tests of the post have in common: people to write to, the worker run once, the mailbox read."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, overload

from flask import Flask

from s3chem_events import dispatch
from s3chem_events.core.db import db, transaction
from s3chem_events.core.guard import settings
from s3chem_events.core.journal import PARTICIPANT, VISITOR
from s3chem_events.mailing import confirming, maildir
from s3chem_events.mailing.maildir import KeptMail
from s3chem_events.mailing.models import DeliveryAttempt, OutgoingEmail
from s3chem_events.publishing import queries
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration import actions, delegations
from s3chem_events.registration.actions import Applicant
from s3chem_events.registration.delegations import Group


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


def enrol_several(
    app: Flask,
    *names: str,
    language: str = "en",
    email: str = "office@park.example",
    parts: tuple[str, ...] = ("day-2",),
) -> str:
    """Register people without addresses straight through the action, by a contact who stays at home."""
    contact = Applicant(
        given_name="Greta",
        family_name="Amt",
        email=email,
        organisation="Chemiepark",
        organisation_type="sme",
        country="NL",
        region="Limburg",
        language=language,
        choices={},
        privacy_version="1",
        attempt=email,
    )
    people = tuple(
        replace(contact, given_name=name, email="", choices=dict.fromkeys(parts, Mode.ONLINE), privacy_version=None)
        for name in names
    )
    with app.app_context(), transaction():
        event = queries.event_by_slug("conference", lock=True)
        assert event is not None
        return delegations.register_delegation(event, Group(contact, people), by=VISITOR).reference


def confirm(app: Flask, *some: str) -> None:
    """Let the owners of some mailboxes have shown that they read them."""
    with app.app_context(), transaction():
        for address in some:
            confirming.confirm(address, by=PARTICIPANT)


def work(app: Flask) -> int:
    """Let the worker answer the bell once."""
    with app.app_context():
        return dispatch.work(seconds=30)


def relay(app: Flask) -> None:
    """Fill the outbox without sending."""
    with app.app_context():
        while dispatch.relay():
            pass


class Mailbox(Sequence[KeptMail]):
    """The mails of a mailbox, oldest first. Each is read when it is looked at: reading one takes 20 ms."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys = [key for key, _path in reversed(maildir._keys(folder))]

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, place: int) -> KeptMail: ...
    @overload
    def __getitem__(self, place: slice) -> list[KeptMail]: ...
    def __getitem__(self, place: int | slice) -> KeptMail | list[KeptMail]:
        if isinstance(place, slice):
            return [self._opened(key) for key in self._keys[place]]
        return self._opened(self._keys[place])

    def _opened(self, key: str) -> KeptMail:
        mail = maildir.opened(self._folder, key)
        assert mail is not None
        return mail


def kept(app: Flask) -> Mailbox:
    """Return the mails of the mailbox, oldest first."""
    with app.app_context():
        return Mailbox(settings().mailbox)


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
