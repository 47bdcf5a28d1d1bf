"""Lists of addresses become subscribers: judged, shown, pressed, and taken back as long as nobody has felt it.

Nothing is subscribed before the press, and nothing without a basis that somebody stated. Who has left stays away.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, exists, or_

from s3chem_events.campaigns import imports, subscribing
from s3chem_events.campaigns.imports import Line, Usual, Verdict
from s3chem_events.campaigns.models import Subscriber, SubscriberImport
from s3chem_events.campaigns.subscriptions import ZONE, Source, State
from s3chem_events.core import clock, journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, insert
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.core.tables import Row
from s3chem_events.mailing import suppression
from s3chem_events.mailing.models import OutgoingEmail

HOLD = timedelta(minutes=10)
SHOWN_FOR = timedelta(days=30)
WAITS = timedelta(days=1)
"""So long a list waits for its press; then it is erased."""
PRESSED = "subscriber.import_pressed"
AT_ONCE = 500
SLICE = 100
"""Addresses that are subscribed in one transaction, some 10 ms of it."""
LEFT_OVER = timedelta(minutes=1)
"""A press that has not come to its end after so long was cut off."""


class AlreadyMade(Refused):
    """The press has been made, or the list has been erased meanwhile."""

    code = "already_made"
    status = 409


class TooLate(Refused):
    """Ten minutes are over, and somebody of the list has been written to or has chosen something herself."""

    code = "too_late"
    status = 409


def read(rows: Sequence[Row], usual: Usual) -> list[Line]:
    """Return what a list says, each row with its verdict; writes nothing, for 10,000 addresses take seconds to check.

    Raises:
        NoColumn: none of its columns holds addresses.

    """
    return judge(imports.lines(rows, usual, today=clock.today(ZONE)))


def bring(packed: bytes, *, by: Actor) -> SubscriberImport:
    """Keep a list, see `imports.packed`, until somebody presses; subscribes nobody."""
    brought = SubscriberImport(by=str(by), brought_at=now(), packed=packed)
    db.session.add(brought)
    db.session.flush()
    return brought


def judge(lines: Sequence[Line]) -> list[Line]:
    """Return the lines with what is known of their addresses; a line that is wrong by itself stays so."""
    digests = [line.digest for line in lines if line.digest]
    known, dead, objecting = _known(digests), suppression.dead(digests), suppression.objecting(digests)
    seen: set[str] = set()
    judged = []
    for line in lines:
        verdict = line.verdict
        if line.digest in seen:
            verdict = Verdict.DUPLICATE
        elif line.digest in known:
            verdict = _verdict(*known[line.digest], line)
        elif line.digest in objecting:
            verdict = Verdict.LEFT
        elif line.digest in dead:
            verdict = Verdict.DEAD
        if line.digest and line.verdict is Verdict.NEW:  # a row that is wrong by itself takes no good one's place
            seen.add(line.digest)
        judged.append(replace(line, verdict=verdict))
    return judged


def press(import_id: int, *, by: Actor) -> None:
    """Note who wants a list's addresses subscribed: from now on that comes to its end, whoever stops in the midst.

    Raises:
        AlreadyMade.

    """
    if _made(import_id) is not None:
        raise AlreadyMade
    journal.record(
        "subscriber.import_pressed", import_id, by=by
    )  # a fact: to change the row would write all of its addresses anew


def slices(import_id: int) -> list[list[Line]]:
    """Return whom a list names and nobody knew, some at a time, each for a transaction of its own."""
    packed = db.session.scalar(db.select(SubscriberImport.packed).filter_by(id=import_id)) or b""
    new = [line for line in imports.unpacked(packed) if line.verdict is Verdict.NEW]
    return [new[start : start + SLICE] for start in range(0, len(new), SLICE)]


def add(import_id: int, lines: Sequence[Line]) -> None:
    """Subscribe some of a pressed list whom nobody knows yet, each with the stated basis; again changes nothing."""
    if _made(import_id) is not None:
        return  # another press has been quicker, and may be undone by now
    new = judge(lines)  # once more: somebody may have left since
    rows = [_row(line, import_id) for line in new if line.verdict is Verdict.NEW]
    if rows:
        db.session.connection().execute(insert(Subscriber).on_conflict_do_nothing(), rows)


def finish(import_id: int, *, by: Actor) -> int:
    """Erase a list all of whose addresses are subscribed; returns how many it added."""
    made_at = _made(import_id)
    mine = db.select(db.func.count()).select_from(Subscriber).filter_by(import_id=import_id)
    added = db.session.scalar(mine) or 0
    if made_at is None:
        done = db.update(SubscriberImport).filter_by(id=import_id).values(made_at=now(), added=added, packed=b"")
        db.session.execute(done)
        journal.record("subscriber.imported", import_id, by=by, added=added)
    return added


def left_over() -> list[int]:
    """Return the lists whose press was cut off."""
    cut_off = _is_pressed(Fact.happened_at <= now() - LEFT_OVER)
    return list(db.session.scalars(db.select(SubscriberImport.id).where(SubscriberImport.made_at.is_(None), cut_off)))


def undo(brought: SubscriberImport, *, by: Actor) -> int:
    """Take off again whom a locked list brought; returns how many stay, because they have chosen something themselves.

    Raises:
        TooLate: ten minutes are over, and somebody of it has been written to or has chosen something.

    """
    mine = (Subscriber.import_id == brought.id, Subscriber.source == Source.IMPORT)
    touched = db.session.scalar(db.select(db.func.count()).select_from(Subscriber).where(*mine, _is_touched())) or 0
    if brought.made_at is None or brought.undone_at is not None or (touched and brought.made_at + HOLD <= now()):
        raise TooLate
    gone = db.delete(Subscriber).where(*mine, ~_is_touched()).execution_options(synchronize_session=False)
    removed = cast("CursorResult[Any]", db.session.execute(gone)).rowcount
    brought.undone_at = now()
    journal.record("subscriber.import_undone", brought.id, by=by, removed=removed)
    return touched


def discard(brought: SubscriberImport) -> None:
    """Erase a list that nobody presses for; what has been made stays known."""
    unpressed = db.delete(SubscriberImport).filter_by(id=brought.id, made_at=None).where(~_is_pressed())
    db.session.execute(unpressed.execution_options(synchronize_session=False))


def erase_outlived(*, by: Actor) -> int:  # noqa: ARG001 - all duties are called alike
    """Erase lists that waited for a day; returns how many."""
    old = db.delete(SubscriberImport).where(
        SubscriberImport.made_at.is_(None), ~_is_pressed(), SubscriberImport.brought_at <= now() - WAITS
    )
    return cast("CursorResult[Any]", db.session.execute(old)).rowcount


def import_by_id(import_id: int, *, lock: bool = False) -> SubscriberImport | None:
    """Return a list that was brought; `lock` makes a second press wait."""
    query = db.select(SubscriberImport).filter_by(id=import_id)
    found: SubscriberImport | None = db.session.scalar(query.with_for_update() if lock else query)
    return found


def undoable() -> list[SubscriberImport]:
    """Return the lists that can be taken back: in their first ten minutes, and later while nobody has felt them."""
    moment = now()
    touched = exists().where(Subscriber.import_id == SubscriberImport.id, _is_touched())
    query = db.select(SubscriberImport).where(
        SubscriberImport.made_at > moment - SHOWN_FOR,
        SubscriberImport.undone_at.is_(None),
        SubscriberImport.added > 0,
        or_(SubscriberImport.made_at > moment - HOLD, ~touched),
    )
    return list(db.session.scalars(query.order_by(SubscriberImport.id.desc())))


def _made(import_id: int) -> datetime | None:
    """Return when a list was made, its row locked; its addresses stay where they are, which takes its time, too."""
    query = db.select(SubscriberImport.id, SubscriberImport.made_at).filter_by(id=import_id).with_for_update()
    found = db.session.execute(query).first()
    if found is None:
        raise AlreadyMade  # and erased since
    made_at: datetime | None = found.made_at
    return made_at


def _is_pressed(*when: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Fact.kind == PRESSED, Fact.subject_id == SubscriberImport.id, *when)


def _is_touched() -> ColumnElement[bool]:
    """Say of an imported subscriber whether she has felt it: she chose, left, or was written to."""
    written = exists().where(
        OutgoingEmail.subject_id == Subscriber.id, OutgoingEmail.kind.startswith("subscriber.", autoescape=True)
    )
    return or_(
        Subscriber.touched_at.is_not(None),
        Subscriber.mailed_at.is_not(None),
        Subscriber.state != State.CONFIRMED,
        written,
    )


def _verdict(state: State, language: str, line: Line) -> Verdict:
    if state is State.LEFT:
        return Verdict.LEFT
    if state is State.ASKED:
        return Verdict.WAITING
    return Verdict.KNOWN if language == line.language else Verdict.OTHER_LANGUAGE


def _known(digests: Sequence[str]) -> dict[str, tuple[State, str]]:
    found: dict[str, tuple[State, str]] = {}
    for start in range(0, len(digests), AT_ONCE):
        query = db.select(Subscriber.address_digest, Subscriber.state, Subscriber.language)
        rows = db.session.execute(query.where(Subscriber.address_digest.in_(digests[start : start + AT_ONCE])))
        found.update((row[0], (row[1], row[2])) for row in rows)
    return found


def _row(line: Line, import_id: int) -> dict[str, Any]:
    return {
        "email": line.email,
        "address_digest": line.digest,
        "search": subscribing.searchable(line.email),
        "language": line.language,
        "topics": list(line.topics),
        "state": State.CONFIRMED,
        "source": Source.IMPORT,
        "text_version": "",
        "text_language": "",
        "asked_at": now(),
        "mails": 0,
        "basis": line.basis,
        "basis_on": date.fromisoformat(line.basis_on),
        "import_id": import_id,
    }
