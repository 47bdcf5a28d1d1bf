"""Who gets nothing any more, and who gets no newsletter: digests alone, in the caller's transaction.

An objection to newsletters outlives the subscription and every import (GDPR 21.3). What somebody is registered for is
another matter: "your event has moved" still goes to her.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute

from s3chem_events.core.clock import now
from s3chem_events.core.db import db, insert
from s3chem_events.mailing.models import NewsletterSuppression, Suppression
from s3chem_events.mailing.outbox import Claimed

KINDS = ("subscriber.newsletter",)
"""The kinds of e-mails, or what they begin with, that are looked at once more just before they leave."""
AT_ONCE = 500
Table = type[Suppression] | type[NewsletterSuppression]


def object_to(digest: str, *, reason: str) -> None:
    """Send no newsletter to an address from now on; the newest reason counts."""
    row = {"address_digest": digest, "reason": reason, "since": now()}
    new = insert(NewsletterSuppression).values(row)
    db.session.execute(new.on_conflict_do_update(index_elements=["address_digest"], set_=row))


def lift(digest: str) -> None:
    """Let newsletters reach an address again: its owner has said so, or an organiser in her name."""
    db.session.execute(db.delete(NewsletterSuppression).where(NewsletterSuppression.address_digest == digest))


def objection(digest: str) -> tuple[str, datetime] | None:
    """Return why and since when an address gets no newsletter; None where it may."""
    row = db.session.get(NewsletterSuppression, digest)
    return (row.reason, row.since) if row is not None else None


def is_dead(digest: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Say of rows, by their column of digests, whether nothing is sent to the address any more."""
    return _of(Suppression, digest).exists()


def is_objecting(digest: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Say of rows, by their column of digests, whether the address wants no newsletter."""
    return _of(NewsletterSuppression, digest).exists()


def why_dead(digest: InstrumentedAttribute[str]) -> ColumnElement[str | None]:
    """Return of rows, by their column of digests, why nothing is sent to the address any more; NULL where it is."""
    return _of(Suppression, digest).scalar_subquery()


def dead(digests: Iterable[str]) -> dict[str, str]:
    """Return to which of many addresses nothing is sent any more, and why."""
    return _among(Suppression, digests)


def objecting(digests: Iterable[str]) -> dict[str, str]:
    """Return which of many addresses want no newsletter, and why."""
    return _among(NewsletterSuppression, digests)


def suppressed(claims: Sequence[Claimed]) -> set[int]:
    """Return which of the claimed e-mails go to an address that gets nothing, or no newsletter, any more."""
    gone = dead({claimed.digest for claimed in claims})
    newsletters = {claimed.digest for claimed in claims if claimed.letter.kind.startswith(KINDS)}
    left = objecting(newsletters) if newsletters else {}
    return {c.id for c in claims if c.digest in gone or (c.digest in left and c.letter.kind.startswith(KINDS))}


def _of(table: Table, digest: InstrumentedAttribute[str]) -> Select[str]:
    return select(table.reason).where(table.address_digest == digest).correlate_except(table)


def _among(table: Table, digests: Iterable[str]) -> dict[str, str]:
    asked, found = list(digests), dict[str, str]()
    for start in range(0, len(asked), AT_ONCE):
        some = table.address_digest.in_(asked[start : start + AT_ONCE])
        rows = db.session.execute(select(table.address_digest, table.reason).where(some))
        found.update((digest, reason) for digest, reason in rows)
    return found
