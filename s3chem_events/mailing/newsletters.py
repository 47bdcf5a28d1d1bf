"""Who objects to newsletters: digests alone, which outlive a subscription and every import (GDPR 21.3).

What somebody is registered for is another matter: "your event has moved" still goes to her.
All in the caller's transaction.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite

from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.mailing.models import NewsletterSuppression
from s3chem_events.mailing.outbox import Claimed

KINDS = ("subscriber.newsletter",)
"""The kinds of e-mails, or what they begin with, that are looked at once more just before they leave."""
AT_ONCE = 500


def suppress(digest: str, *, reason: str) -> None:
    """Send no newsletter to an address from now on; the newest reason counts."""
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    row = {"address_digest": digest, "reason": reason, "since": now()}
    new = dialect.insert(NewsletterSuppression).values(row)
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


def objected(claims: Sequence[Claimed]) -> set[int]:
    """Return which of the claimed e-mails are newsletters to somebody who has left meanwhile."""
    concerned = [claimed for claimed in claims if claimed.letter.kind.startswith(KINDS)]
    left = objecting({claimed.digest for claimed in concerned}) if concerned else {}
    return {claimed.id for claimed in concerned if claimed.digest in left}
