"""Mailboxes whose owners have shown that they read them: a link out of an e-mail of ours was used, by a press.

Nobody confirms by opening a page: mail scanners follow every link. Kept is the digest by which e-mails are counted,
nothing else (docs/decisions/0032). All functions work in the caller's transaction.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, func

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, insert
from s3chem_events.core.journal import Actor
from s3chem_events.mailing import addresses, restraint
from s3chem_events.mailing.models import ConfirmedMailbox, OutgoingEmail

KEPT_FOR = timedelta(days=90)
"""So long after the last press a mailbox counts as confirmed."""


def confirm(address: str, *, by: Actor) -> None:
    """Note that the owner of a mailbox reads it; what was held back because nobody had shown that goes at once."""
    mailbox = addresses.mailbox_digest(address)
    new = insert(ConfirmedMailbox).values(mailbox_digest=mailbox, confirmed_at=now())
    db.session.execute(new.on_conflict_do_update(index_elements=["mailbox_digest"], set_={"confirmed_at": now()}))
    waiting = db.update(OutgoingEmail).where(*_waits(mailbox)).values(due_at=now())
    result = db.session.execute(waiting.execution_options(synchronize_session=False))
    if count := cast("CursorResult[Any]", result).rowcount:
        journal.record("email.released", restraint.EVERYTHING, by=by, emails=count)


def was_since(address: str, moment: datetime) -> bool:
    """Whether the owner of a mailbox has shown since a moment that she reads it."""
    mailbox = addresses.mailbox_digest(address)
    query = db.select(ConfirmedMailbox.confirmed_at).where(ConfirmedMailbox.mailbox_digest == mailbox)
    confirmed_at = db.session.scalar(query)
    return confirmed_at is not None and confirmed_at >= moment


def waiting(address: str) -> int:
    """Return how many e-mails to a mailbox are held back that its owner lets go of by confirming it."""
    mailbox = addresses.mailbox_digest(address)
    if not address or restraint.confirmed([mailbox]):
        return 0
    return db.session.scalar(db.select(func.count(OutgoingEmail.id)).where(*_waits(mailbox))) or 0


def strange(some: Iterable[str]) -> set[str]:
    """Return which of some addresses are of mailboxes that nobody has confirmed: what is typed there is a stranger's.

    E-mails to these hold no text of a visitor but the defused name of their reader.
    """
    digests = {address: addresses.mailbox_digest(address) for address in some if address}
    known = restraint.confirmed(digests.values())
    return {address for address, digest in digests.items() if digest not in known}


def forget(some: Iterable[str]) -> None:
    """Forget that the mailboxes of some addresses were confirmed."""
    digests = [addresses.mailbox_digest(address) for address in some if address]
    if digests:
        gone = db.delete(ConfirmedMailbox).where(ConfirmedMailbox.mailbox_digest.in_(digests))
        db.session.execute(gone.execution_options(synchronize_session=False))


def erase_outlived(*, by: Actor) -> None:  # noqa: ARG001 - every duty is told by whom
    """Forget the mailboxes of which nobody has pressed anything for long."""
    gone = db.delete(ConfirmedMailbox).where(ConfirmedMailbox.confirmed_at < now() - KEPT_FOR)
    db.session.execute(gone.execution_options(synchronize_session=False))


def _waits(mailbox: str) -> tuple[Any, ...]:
    return (
        OutgoingEmail.mailbox_digest == mailbox,
        OutgoingEmail.due_at.is_not(None),
        OutgoingEmail.last_text == restraint.CROWDED,
        restraint.is_held(),
    )
