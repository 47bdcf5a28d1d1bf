"""What is worth nothing once it comes too late: an offer that has ended, a code that opens nothing any more."""

from collections.abc import Sequence
from datetime import datetime

from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.mailing.outbox import Claimed
from s3chem_events.registration import codes

OFFER = "registration.place_offered"


def outlived(claims: Sequence[Claimed]) -> set[int]:
    """Return which of the claimed e-mails offer a place, or bring a code, whose time has passed while they waited."""
    timed = [claimed for claimed in claims if claimed.letter.kind in {OFFER, codes.KIND}]
    if not timed:
        return set()
    found = db.session.scalars(db.select(Fact).where(Fact.id.in_({one.letter.fact_id for one in timed})))
    over = {fact.id for fact in found if _ends_at(fact) <= now()}
    return {one.id for one in timed if one.letter.fact_id in over}


def _ends_at(fact: Fact) -> datetime:
    return datetime.fromisoformat(fact.data["until"]) if fact.kind == OFFER else fact.happened_at + codes.LIFE
