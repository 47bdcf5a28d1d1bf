"""The outbox: post() is the only way in. A worker claims e-mails for a time, tries them, and settles what came of it.

All functions work in the caller's transaction; dispatch opens it, and talks to no server while it is open.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from random import Random
from typing import Any, cast

from sqlalchemy import CursorResult, Integer, bindparam
from sqlalchemy.exc import DataError

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, insert, undone_alone
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.core.values import frozen
from s3chem_events.mailing import addresses, emptying, pace, relaying, restraint, streams, tries
from s3chem_events.mailing.letters import RETRIABLE, WAITING, Draft, Letter, Letterhead, State
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.mailing.results import AGAIN, STATES, Outcome, Result, wait_after

__all__ = ["Claimed", "Draft", "Letter", "Letterhead", "cancel", "claim", "hold", "post", "retry", "settle"]

LEASE = timedelta(minutes=20)
"""Longer than one e-mail can take: ten answers, each waited for as long as sender.Patience says. Renewed in between."""
ONE_PERSON = ""
"""The stream of what is written to nobody else."""
ONCE = ("fact_id", "kind", "subject_id", "address_digest")
COLUMNS = [getattr(OutgoingEmail, f.name) for f in fields(Letter)]
_random = Random()  # noqa: S311 - spreads tries over time, guards nothing


class NotRetriable(Refused):
    """The e-mail is being sent, or has been."""

    code = "not_retriable"
    status = 409


class NotWaiting(Refused):
    """The e-mail is being sent, or is settled already."""

    code = "not_waiting"
    status = 409


@frozen
class Claimed:
    """An e-mail that this worker alone may try until its lease ends."""

    id: int
    attempts: int
    digest: str
    letter: Letter


def post(letters: Sequence[Letter]) -> list[Letter]:
    """Put letters into the outbox; one that the same fact has written already is left out, unless it was taken back.

    Returns those that the database cannot take, a value being too long for it: they hold up no other.
    """
    if not letters:
        return []
    moment = now()
    counted = zip(letters, restraint.counted(letters), strict=True)
    rows = [_row(letter, moment) | {"mailbox_digest": mailbox} for letter, mailbox in counted]
    try:
        with undone_alone():
            db.session.connection().execute(_posting(rows[0]), rows)
    except (DataError, UnicodeError):
        return list(letters) if len(letters) == 1 else [one for letter in letters for one in post([letter])]
    return []


def anything_due() -> bool:
    """Whether there is an e-mail to be sent now."""
    return any(_is_due(stream) for stream in (ONE_PERSON, *streams.running()))


def gives_way(claims: Sequence[Claimed]) -> bool:
    """Whether claimed e-mails to many must wait: somebody else's own is due, or still to be written out of a fact.

    Or their stream flows no more.
    """
    bulk = {claimed.letter.stream for claimed in claims} - {ONE_PERSON}
    return bool(bulk) and (_is_due(ONE_PERSON) or relaying.is_waiting() or not bulk <= set(streams.running()))


def claim(
    owner: str, *, most: int, to_many: int | None = None, limits: bool = False, here: Iterable[str] = ()
) -> list[Claimed]:
    """Take the e-mails that are due, oldest first, for a lease; `limits` holds strangers off (see restraint).

    What is written to many goes only when nothing that concerns one person is due, stream after stream, and no more
    than `to_many` of it. What runs on this machine, `here`, have taken stays theirs after the lease: a clock may jump,
    and their journals say who died.
    """
    asked: dict[str, Any] = {"moment": now(), "most": most, "here": list(here)}
    ids = _due(asked, ONE_PERSON, limits=limits)
    if not ids:
        asked["most"] = most if to_many is None else to_many
        ids = next(filter(None, (_due(asked, name, limits=False) for name in streams.running())), [])
    if not ids:
        return []
    rows = db.session.execute(_CLAIM, {"ids": ids, "new_owner": owner, "until": asked["moment"] + LEASE})
    place = {email_id: index for index, email_id in enumerate(ids)}
    return sorted(map(_claimed, rows), key=lambda claimed: place[claimed.id])


def _is_due(stream: str) -> bool:
    return db.session.scalar(_ANY_DUE, {"stream": stream, "moment": now()}) is not None


def _due(asked: dict[str, Any], stream: str, *, limits: bool) -> list[int]:
    # Those held back are due no more: the next ones follow.
    while rows := db.session.execute(_DUE, asked | {"stream": stream}).all():
        if ids := restraint.passing(rows, limits=limits):
            # A lease has ended: the server may have taken the e-mail before its worker was lost.
            tries.note((row.id, tries.LOST) for row in rows if row.state == State.SENDING)
            return ids
    return []


def renew(owner: str, ids: Iterable[int]) -> set[int]:
    """Prolong the leases of what is still ours; returns it."""
    rows = db.session.execute(
        _ours(owner)
        .where(OutgoingEmail.id.in_(list(ids)))
        .values(due_at=now() + LEASE)
        .returning(OutgoingEmail.id)
        .execution_options(synchronize_session=False)
    )
    return set(rows.scalars())


def settle(owner: str, results: Sequence[tuple[Claimed, Result]]) -> None:
    """Write down what came of the tries. What another worker has taken over meanwhile is left to it."""
    if not results:
        return
    moment = now()
    update = _ours(owner).where(OutgoingEmail.id == bindparam("this")).values(_SETTLED)
    db.session.connection().execute(update, [_settled(c, r, moment) for c, r in results])
    tries.note((c.id, r) for c, r in results)
    emptying.seal([c.id for c, _ in results if c.letter.kind.startswith(emptying.WAYS_IN)])
    emptying.silence([c.id for c, _ in results])


def hold(owner: str, ids: Iterable[int], *, until: datetime) -> None:
    """Give claimed e-mails back untried, to be taken up again at a later moment."""
    db.session.execute(
        _ours(owner)
        .where(OutgoingEmail.id.in_(list(ids)))
        .values(state=State.QUEUED, owner=None, due_at=until, attempts=OutgoingEmail.attempts - 1)
        .execution_options(synchronize_session=False)
    )


def hurry(*, by: Actor) -> None:  # noqa: ARG001 - the clock tells each duty by whom
    """Let leave what a clock noted that has been put back since: what is queued waits for a server's rest at most."""
    moment, flowing = now(), OutgoingEmail.stream.in_([ONE_PERSON, *streams.running()])
    early = db.update(OutgoingEmail).where(flowing, OutgoingEmail.due_at > moment + pace.AHEAD)
    early = early.where(OutgoingEmail.state == State.QUEUED).values(due_at=moment)
    db.session.execute(early.execution_options(synchronize_session=False))


def write_anew(claims: Sequence[Claimed]) -> None:
    """Take claimed e-mails back, and let their facts write to the same people once more: what they said is not so."""
    ids = [claimed.id for claimed in claims]
    emptied = db.update(OutgoingEmail).where(OutgoingEmail.id.in_(ids)).values(streams.EMPTIED)
    db.session.execute(emptied.execution_options(synchronize_session=False))
    relaying.resume({claimed.letter.fact_id for claimed in claims})


def retry(email_id: int, *, by: Actor) -> None:
    """Have an e-mail tried at once, first in line, even if its server rests; the bell rings when the caller commits.

    Its tries begin anew.

    Raises:
        NotRetriable: it is on its way, has arrived, has been emptied, or its campaign does not flow.

    """
    oldest = db.session.scalar(db.select(db.func.min(OutgoingEmail.due_at)))
    first = min(filter(None, (oldest, now()))) - timedelta(milliseconds=1)
    values = {"state": State.QUEUED, "due_at": first, "owner": None, "mailbox_digest": None}
    values |= {"attempts": 0, "last_text": ""}
    flows = OutgoingEmail.stream.in_([ONE_PERSON, *streams.running()])
    if not _move(email_id, RETRIABLE, values, OutgoingEmail.text != "", flows):
        raise NotRetriable(email=email_id)
    pace.wake()
    journal.record("email.retried", email_id, by=by)


def cancel(email_id: int, *, by: Actor) -> None:
    """Take an e-mail out of the queue.

    Raises:
        NotWaiting: it is on its way or settled.

    """
    values = {"state": State.CANCELLED, "due_at": None, "owner": None, "last_text": streams.STOPPED_TEXT}
    if not _move(email_id, WAITING, values):
        raise NotWaiting(email=email_id)
    journal.record("email.cancelled", email_id, by=by)


# Put together once: SQLAlchemy takes longer to write these lines than the database to answer them.
_DUE_IN = (OutgoingEmail.stream == bindparam("stream"), OutgoingEmail.due_at <= bindparam("moment"))
_ANY_DUE = db.select(OutgoingEmail.id).where(*_DUE_IN).limit(1)
_DUE = (
    db.select(
        *(OutgoingEmail.id, OutgoingEmail.kind, OutgoingEmail.mailbox_digest, OutgoingEmail.attempts),
        OutgoingEmail.state,
    )
    .where(*_DUE_IN, OutgoingEmail.owner.is_(None) | OutgoingEmail.owner.not_in(bindparam("here", expanding=True)))
    .order_by(OutgoingEmail.due_at, OutgoingEmail.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    db.update(OutgoingEmail)
    .where(OutgoingEmail.id.in_(bindparam("ids", expanding=True)))
    .values(
        state=State.SENDING,
        owner=bindparam("new_owner"),
        due_at=bindparam("until"),
        attempts=OutgoingEmail.attempts + 1,
    )
    .returning(OutgoingEmail.id, OutgoingEmail.attempts, OutgoingEmail.address_digest, *COLUMNS)
    .execution_options(synchronize_session=False)
)
_NEW = ("state", "due_at", "last_code", "last_text", "sent_at", "owner")
_SETTLED: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _NEW}


def _posting(row: dict[str, Any]) -> Any:
    new = insert(OutgoingEmail)
    written = {name: new.excluded[name] for name in row if name not in ONCE}
    return new.on_conflict_do_update(index_elements=ONCE, set_=written, where=streams.IS_TAKEN_BACK)


def _row(letter: Letter, moment: datetime) -> dict[str, Any]:
    row = {f.name: getattr(letter, f.name) for f in fields(Letter)}
    row["calendars"] = [calendar.decode() for calendar in letter.calendars]
    return row | {
        "address_digest": addresses.digest(letter.address),
        "state": State.QUEUED,
        "attempts": 0,
        "due_at": moment,
        "last_text": "",
    }


def _claimed(row: Any) -> Claimed:
    email_id, attempts, digest = row[:3]
    named: dict[str, Any] = dict(zip((f.name for f in fields(Letter)), row[3:], strict=True))
    named["calendars"] = tuple(calendar.encode() for calendar in named["calendars"])
    return Claimed(email_id, attempts, digest, Letter(**named))


def _ours(owner: str) -> Any:
    return db.update(OutgoingEmail).where(OutgoingEmail.owner == owner, OutgoingEmail.state == State.SENDING)


def _settled(claimed: Claimed, result: Result, moment: datetime) -> dict[str, Any]:
    state: State = STATES[result.outcome]
    wait = wait_after(claimed.attempts, _random) if result.outcome in AGAIN else None
    if result.outcome in AGAIN and wait is None:
        state = State.FAILED
    return {
        "this": claimed.id,
        "new_state": state,
        "new_due_at": moment + wait if wait else None,
        "new_last_code": result.code,
        "new_last_text": result.text[: tries.LONGEST_ANSWER],
        "new_sent_at": moment if result.outcome is Outcome.SENT else None,
        "new_owner": None,
    }


def _move(email_id: int, states: Iterable[State], values: dict[str, Any], *more: Any) -> bool:
    where = (OutgoingEmail.id == email_id, OutgoingEmail.state.in_(states), *more)
    result = db.session.execute(db.update(OutgoingEmail).where(*where).values(values))
    return cast("CursorResult[Any]", result).rowcount == 1
