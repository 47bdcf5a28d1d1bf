"""The e-mails that came: each once, and how far a mailbox was read. Works in the caller's transaction.

How far is written down together with what an e-mail caused: a worker that dies in between reads it again or never.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, func
from sqlalchemy.orm import load_only

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, insert
from s3chem_events.core.errors import NotFound
from s3chem_events.core.journal import Actor
from s3chem_events.core.values import frozen
from s3chem_events.mailing.models import Arrival, InboxPlace
from s3chem_events.mailing.verdicts import Fate, Verdict

KEPT = 256 * 1024
"""Bytes of an e-mail that are kept for a person: its text stands at the beginning."""
LONGEST_KEPT = timedelta(days=90)
LONGEST_TROUBLE = 500
LONGEST_READING = timedelta(minutes=2)
"""Reading takes seconds, and asking the name service for signatures some more."""
PAGE = 25


@frozen
class Seen:
    """A message in a mailbox."""

    mailbox: str
    uid_validity: int
    uid: int


class BeingRead(OSError):
    """Another process reads this e-mail, or died of it a moment ago: whoever brings it keeps it and comes again."""


def begin(raw: bytes) -> tuple[int, bool] | None:
    """Note that an e-mail is about to be read, and whether for the first time; None for one that was left unread.

    Who dies of an e-mail leaves this note behind, and nobody reads it a second time.

    Raises:
        BeingRead: it was begun just now.

    """
    digest = sha256(b"read\0" + raw).hexdigest()
    row = {"digest": digest, "kind": "human", "received_at": now(), "state": Fate.READING, "reason": ""}
    inserted = db.session.execute(insert(Arrival).values(row).on_conflict_do_nothing().returning(Arrival.id))
    if (arrival_id := inserted.scalar()) is not None:
        return arrival_id, True
    there = db.session.scalar(db.select(Arrival).filter_by(digest=digest))
    if there is None or (there.state == Fate.READING and there.received_at > now() - LONGEST_READING):
        raise BeingRead
    return (there.id, False) if there.state == Fate.READING else None


def drop(arrival_id: int) -> None:
    """Forget that an e-mail was begun."""
    db.session.execute(db.delete(Arrival).where(Arrival.id == arrival_id, Arrival.state == Fate.READING))


def enter(arrival_id: int, digest: str, kind: str) -> bool:
    """Note what an e-mail is that was begun; False for one that came before."""
    there = db.select(Arrival.id).where(Arrival.digest == digest).exists()
    mine = db.update(Arrival).where(Arrival.id == arrival_id, Arrival.state == Fate.READING, ~there)
    values = {"digest": digest, "kind": kind, "state": Fate.FOR_A_PERSON}
    told = mine.values(values).execution_options(synchronize_session=False)
    if cast("CursorResult[Any]", db.session.execute(told)).rowcount == 1:
        return True
    drop(arrival_id)
    return False


def settle(arrival_id: int, verdict: Verdict, raw: bytes) -> None:
    """Write down what became of an e-mail; its text is kept only for a person to read."""
    values = {
        "state": verdict.fate,
        "reason": verdict.reason,
        "raw": raw[:KEPT] if verdict.needs_a_person else None,
        "settled_at": None if verdict.needs_a_person else now(),
    }
    db.session.execute(db.update(Arrival).where(Arrival.id == arrival_id).values(values))


def finish(arrival_id: int, *, by: Actor) -> None:
    """Say that a person has dealt with an e-mail; its text goes.

    Raises:
        NotFound: there is none that waits.

    """
    values = {"state": Fate.DONE, "raw": None, "settled_at": now()}
    waiting = db.update(Arrival).where(Arrival.id == arrival_id, Arrival.state == Fate.FOR_A_PERSON)
    if cast("CursorResult[Any]", db.session.execute(waiting.values(values))).rowcount != 1:
        raise NotFound
    journal.record("arrival.finished", arrival_id, by=by)


def erase_outlived(*, by: Actor) -> int:
    """Erase the texts of what has waited for a person for 90 days, and what was forwarded of them."""
    old = (Arrival.raw.is_not(None), Arrival.received_at < now() - LONGEST_KEPT)
    values = {"state": Fate.IGNORED, "raw": None, "settled_at": now()}
    ids = list(db.session.scalars(db.update(Arrival).where(*old).values(values).returning(Arrival.id)))
    for arrival_id in ids:
        journal.record("arrival.outlived", arrival_id, by=by)
    return len(ids)


def place(mailbox: str, uid_validity: int, uid_next: int) -> tuple[int, int]:
    """Return up to which UID a mailbox has been read, and below which one only the unseen count.

    At first sight of it, and when its server numbers anew, what is unseen is new and what was seen is history.
    """
    row = db.session.get(InboxPlace, mailbox)
    if row is None or row.uid_validity != uid_validity:
        row = row or InboxPlace(name=mailbox)
        row.uid_validity, row.last_uid, row.unseen_below = uid_validity, 0, uid_next
        db.session.add(row)
    row.trouble, row.troubled_since = "", None
    return row.last_uid, row.unseen_below


def step(seen: Seen) -> bool:
    """Go on to a message; False where another worker has been there."""
    here = (InboxPlace.name == seen.mailbox, InboxPlace.uid_validity == seen.uid_validity)
    on = db.update(InboxPlace).where(*here, InboxPlace.last_uid < seen.uid).values(last_uid=seen.uid)
    return cast("CursorResult[Any]", db.session.execute(on)).rowcount == 1


def trouble(mailbox: str, reason: str) -> None:
    """Note why a mailbox cannot be read."""
    row = db.session.get(InboxPlace, mailbox) or InboxPlace(name=mailbox, uid_validity=0, last_uid=0, unseen_below=0)
    row.trouble, row.troubled_since = reason[:LONGEST_TROUBLE], row.troubled_since or now()
    db.session.add(row)


def in_trouble() -> tuple[datetime, str] | None:
    """Return since when and why the mailbox cannot be read; None where it can."""
    row = db.session.scalar(db.select(InboxPlace).where(InboxPlace.troubled_since.is_not(None)).limit(1))
    return (row.troubled_since, row.trouble) if row is not None and row.troubled_since else None


def waiting(*, page: int = 1, among: Select[int] | None = None) -> list[Arrival]:
    """Return a page of what waits for a person, or of what does `among` some, newest first, with its text."""
    query = db.select(Arrival).where(*_waiting(among)).order_by(Arrival.id.desc())
    return list(db.session.scalars(query.limit(PAGE).offset((page - 1) * PAGE)))


def waiting_count(*, among: Select[int] | None = None) -> int:
    """Return how many e-mails wait for a person, or do `among` some."""
    return db.session.scalar(db.select(func.count(Arrival.id)).where(*_waiting(among))) or 0


def is_among(arrival_id: int, among: Select[int]) -> bool:
    """Whether an e-mail is one of some."""
    return db.session.scalar(db.select(Arrival.id).where(Arrival.id == arrival_id, Arrival.id.in_(among))) is not None


def _waiting(among: Select[int] | None) -> list[ColumnElement[bool]]:
    waits = Arrival.state == Fate.FOR_A_PERSON
    return [waits] if among is None else [waits, Arrival.id.in_(among)]


def settled(*, most: int = 50) -> list[Arrival]:
    """Return what came last and needs nobody, newest first, without texts."""
    query = (
        db.select(Arrival).where(Arrival.state.in_([Fate.DONE, Fate.IGNORED])).order_by(Arrival.id.desc()).limit(most)
    )
    shown = (Arrival.id, Arrival.received_at, Arrival.kind, Arrival.state, Arrival.reason)
    return list(db.session.scalars(query.options(load_only(*shown, raiseload=True))))


def by_id(arrival_id: int) -> Arrival | None:
    """Return one e-mail that came."""
    found = db.session.get(Arrival, arrival_id)
    return found if found is not None and found.state != Fate.READING else None
