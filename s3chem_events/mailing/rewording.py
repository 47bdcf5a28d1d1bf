"""Keeping organisers' own words for e-mails: which are in force, saving them, and putting the original back."""

import logging
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.mailing import wording
from s3chem_events.mailing.models import Wording
from s3chem_events.mailing.wording import Passages, Wordings

log = logging.getLogger(__name__)
MOST_STEPS = 50


class Stale(Refused):
    """Somebody else has saved other words meanwhile."""

    code = "stale"
    status = 409


def in_force() -> Wordings:
    """Return all words that are used, in one statement: once for each batch of e-mails, not for each e-mail.

    Words that do not fit this version of the program are left out: the original is sent, and nothing waits.
    """
    found: dict[tuple[str, str], Passages] = {}
    for kind, language, passages in db.session.execute(select(Wording.kind, Wording.language, Wording.passages)):
        if passages and wording.is_sound(kind, passages):
            found[kind, language] = passages
        elif passages:
            log.warning("the wording of %s in %s does not fit any more; the original is sent", kind, language)
    return found


def wordings() -> dict[tuple[str, str], Wording]:
    """Return everything that was ever reworded, by kind and language; what is reset has no passages."""
    return {(one.kind, one.language): one for one in db.session.scalars(select(Wording))}


def wording_of(kind: str, language: str, *, lock: bool = False) -> Wording | None:
    """Return what is kept for one e-mail in one language."""
    query = select(Wording).filter_by(kind=kind, language=language)
    found: Wording | None = db.session.scalar(query.with_for_update() if lock else query)
    return found


def history(wording_id: int) -> list[Fact]:
    """Return what happened to the words of one e-mail in one language, newest first."""
    query = select(Fact).where(Fact.kind.in_(["wording.saved", "wording.reset"]), Fact.subject_id == wording_id)
    return list(db.session.scalars(query.order_by(Fact.id.desc()).limit(MOST_STEPS)))


def save(
    kind: str, language: str, *, passages: Passages, original: Mapping[str, str], version: int, by: Actor
) -> Wording:
    """Keep an organiser's words; a passage that is empty, or as in the original, stays the original's.

    Raises:
        Invalid: a passage cannot be sent as it is meant.
        Stale: somebody else has saved since this version.

    """
    own = {name: said for name, said in passages.items() if said and not wording.alike(said, original.get(name, ""))}
    wording.check(kind, own)
    row = _revised(kind, language, version=version)
    row.passages, row.original = own, dict(original)
    _keep(row)
    journal.record("wording.saved", row.id, by=by, email=kind, language=language)
    return row


def reset(kind: str, language: str, *, version: int, by: Actor) -> None:
    """Put the original back.

    Raises:
        Stale: somebody else has saved since this version.

    """
    row = _revised(kind, language, version=version)
    row.passages, row.original = {}, {}
    _keep(row)
    journal.record("wording.reset", row.id, by=by, email=kind, language=language)


def test(kind: str, language: str, *, by: Actor) -> None:
    """Have an e-mail sent to the organiser who asks, as it reads now."""
    row = wording_of(kind, language)
    journal.record("wording.tested", row.id if row else 0, by=by, email=kind, language=language, organiser=by.id)


def _revised(kind: str, language: str, *, version: int) -> Wording:
    row = wording_of(kind, language, lock=True)
    if (row.version if row else 0) != version:
        raise Stale
    row = row or Wording(kind=kind, language=language, version=0)
    row.version, row.saved_at = version + 1, now()
    return row


def _keep(row: Wording) -> None:
    db.session.add(row)
    try:
        db.session.flush()
    except IntegrityError as both_the_first:
        raise Stale from both_the_first
