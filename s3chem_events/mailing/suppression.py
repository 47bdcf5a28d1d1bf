"""Who gets nothing any more, and who gets no newsletter: digests alone, in the caller's transaction.

An objection to newsletters outlives the subscription and every import (GDPR 21.3). What somebody is registered for is
another matter: "your event has moved" still goes to her.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from s3chem_events.core.clock import now
from s3chem_events.core.db import db, insert
from s3chem_events.mailing.models import NewsletterSuppression, Suppression
from s3chem_events.mailing.outbox import Claimed

KINDS = ("subscriber.newsletter",)
"""The kinds of e-mails, or what they begin with, that are looked at once more just before they leave."""
AT_ONCE = 500


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


def objecting(digests: Iterable[str]) -> dict[str, str]:
    """Return which of many addresses want no newsletter, and why."""
    asked, found = list(digests), dict[str, str]()
    for start in range(0, len(asked), AT_ONCE):
        query = db.select(NewsletterSuppression.address_digest, NewsletterSuppression.reason)
        rows = db.session.execute(query.where(NewsletterSuppression.address_digest.in_(asked[start : start + AT_ONCE])))
        found.update((digest, reason) for digest, reason in rows)
    return found


def suppressed(claims: Sequence[Claimed]) -> set[int]:
    """Return which of the claimed e-mails go to an address that gets nothing, or no newsletter, any more."""
    dead = set(
        db.session.scalars(
            db.select(Suppression.address_digest).where(Suppression.address_digest.in_({c.digest for c in claims}))
        )
    )
    newsletters = {claimed.digest for claimed in claims if claimed.letter.kind.startswith(KINDS)}
    left = objecting(newsletters) if newsletters else {}
    return {c.id for c in claims if c.digest in dead or (c.digest in left and c.letter.kind.startswith(KINDS))}
