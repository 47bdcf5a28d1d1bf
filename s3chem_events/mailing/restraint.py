"""How many e-mails strangers can have sent to one mailbox, and from the whole site; counted in the outbox itself.

A form that anybody fills in with anybody's address would bomb that mailbox otherwise. Nothing is lost: what is over
the measure waits in the outbox with its reason, and an organiser can let it go. All in the caller's transaction.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, bindparam, func

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import STRANGERS, Actor, Fact
from s3chem_events.mailing import addresses
from s3chem_events.mailing.letters import Letter, State
from s3chem_events.mailing.models import OutgoingEmail

EVERYTHING = 0
"""The subject of a fact that concerns no single e-mail."""
COUNTED = ("registration.", "delegation.", "follower.asked", "subscriber.asked", "subscriber.link_requested")
"""The kinds, or what they begin with, that a visitor's form can cause; what others cause of them is not counted."""
READERS, CODES = "subscriber.", "registration.code_requested"
"""What must not wait behind five registrations: the form of the newsletter, and codes that live for minutes."""
MEASURES_APART = {READERS: ((timedelta(days=1), 3),), CODES: ((timedelta(hours=1), 3), (timedelta(days=1), 10))}
MEASURES = ((timedelta(minutes=15), 5), (timedelta(days=1), 10))
"""A few colleagues at one mailbox hear at once; an office of forty within days, as an address that is bombed would."""
BURST = (timedelta(minutes=1), 5)
"""More e-mails than that are not written to one mailbox within a minute by people who share it."""
MEASURES_OF_A_BURST = ((timedelta(minutes=15), 1), (timedelta(days=1), 5))
PILE = 40
"""So many wait for the next day by themselves; what is beyond waits for an organiser."""
SITE_HOUR = 500
"""Ten times a busy hour of the whole site."""
CROWDED = "held back: too many to this address"
BROKEN = "held back: too many registrations in an hour"


def counted(letters: Sequence[Letter]) -> list[str | None]:
    """Return what each e-mail is counted under: its mailbox, that of some kinds apart; None where no stranger asked."""
    asked = [not letter.stream and letter.kind.startswith(COUNTED) for letter in letters]
    facts = {letter.fact_id for letter, one in zip(letters, asked, strict=True) if one}
    caused = set(db.session.scalars(_CAUSED, {"ids": list(facts)})) if facts else set()
    return [
        addresses.mailbox_digest(letter.address, apart=_apart(letter.kind))
        if one and letter.fact_id in caused
        else None
        for letter, one in zip(letters, asked, strict=True)
    ]


def passing(rows: Sequence[Any], *, whole_site: bool) -> list[int]:
    """Return which of the e-mails that are due (id, kind, mailbox_digest, attempts) may go; the others are held."""
    new = [row for row in rows if row.mailbox_digest and not row.attempts]
    if not new:
        return [row.id for row in rows]
    moment = now()
    if whole_site and (free := SITE_HOUR - _sent_since(moment - timedelta(hours=1))) < len(new):
        stopped = {row.id for row in new[max(free, 0) :]}
        _hold(stopped, None, BROKEN)
        rows = [row for row in rows if row.id not in stopped]
        new = new[: max(free, 0)]
    mailboxes = {row.mailbox_digest for row in new}
    times, bombed, held = _times(mailboxes, moment), _bombed(mailboxes, moment), defaultdict[str, list[int]](list)
    measures = {mailbox: MEASURES_OF_A_BURST if mailbox in bombed else MEASURES for mailbox in mailboxes}
    measures |= {row.mailbox_digest: MEASURES_APART[_apart(row.kind)] for row in new if _apart(row.kind)}
    for row in new:
        mine = times[row.mailbox_digest]
        if any(_over(mine, moment, span, most) for span, most in measures[row.mailbox_digest]):
            held[row.mailbox_digest].append(row.id)
        else:
            mine.append(moment)
    for mailbox, ids in held.items():
        _hold(ids, _free_at(times[mailbox], moment, measures[mailbox]), CROWDED)
    _leave_to_people(held)
    stopped = {email_id for ids in held.values() for email_id in ids}
    return [row.id for row in rows if row.id not in stopped]


def release(*, by: Actor) -> int:
    """Let go of all e-mails that a measure holds back, counted no more; returns how many they are."""
    values = {"state": State.QUEUED, "due_at": now(), "mailbox_digest": None, "last_text": ""}
    result = db.session.execute(
        db.update(OutgoingEmail).where(is_held()).values(values).execution_options(synchronize_session=False)
    )
    count = cast("CursorResult[Any]", result).rowcount
    if count:
        journal.record("email.released", EVERYTHING, by=by, emails=count)
    return count


def is_held() -> ColumnElement[bool]:
    """Return the condition under which an e-mail waits because of a measure, for its hour or for an organiser."""
    untried = (OutgoingEmail.state == State.DEFERRED) & (OutgoingEmail.attempts == 0)
    return untried & OutgoingEmail.last_text.in_([CROWDED, BROKEN])


def holds(email: OutgoingEmail) -> bool:
    """Whether an e-mail waits because of a measure."""
    return email.state == State.DEFERRED and email.attempts == 0 and email.last_text in {CROWDED, BROKEN}


def _apart(kind: str) -> str:
    """Return with what an e-mail's kind begins, where it is counted by itself."""
    return next(filter(kind.startswith, MEASURES_APART), "")


def _times(mailboxes: set[str], moment: datetime) -> defaultdict[str, list[datetime]]:
    """Return when each mailbox got e-mails lately, oldest first; what is on its way counts as now."""
    found = db.session.execute(_LATELY, {"mailboxes": list(mailboxes), "since": moment - MEASURES[-1][0]})
    times = defaultdict[str, list[datetime]](list)
    for mailbox, sent_at in found:
        times[mailbox].append(sent_at or moment)
    for mine in times.values():
        mine.sort()
    return times


def _bombed(mailboxes: set[str], moment: datetime) -> set[str]:
    """Return the mailboxes to which, within the last day, more was written in one minute than people write."""
    span, most = BURST
    many = db.session.execute(
        _WRITTEN, {"mailboxes": list(mailboxes), "since": moment - timedelta(days=1), "most": most}
    )
    found = defaultdict[str, list[datetime]](list)
    for mailbox, created_at in many:
        found[mailbox].append(created_at)
    return {
        mailbox
        for mailbox, written in found.items()
        if any(last - first < span for first, last in zip(written, written[most:], strict=False))
    }


def _over(times: list[datetime], moment: datetime, span: timedelta, most: int) -> bool:
    return sum(at > moment - span for at in times) >= most


def _free_at(times: list[datetime], moment: datetime, measures: Sequence[tuple[timedelta, int]]) -> datetime:
    """Return when the next e-mail may go to a mailbox."""
    return max(times[-most] + span for span, most in measures if _over(times, moment, span, most))


def _sent_since(moment: datetime) -> int:
    query = db.select(func.count()).where(OutgoingEmail.sent_at > moment, OutgoingEmail.mailbox_digest.is_not(None))
    return db.session.scalar(query) or 0


def _hold(ids: Sequence[int] | set[int], until: datetime | None, reason: str) -> None:
    values = {"state": State.DEFERRED, "due_at": until, "last_text": reason}
    db.session.execute(db.update(OutgoingEmail).where(OutgoingEmail.id.in_(list(ids))).values(values))


def _leave_to_people(held: dict[str, list[int]]) -> None:
    """Let no pile trickle into one mailbox for weeks."""
    if not held:
        return
    waiting = (OutgoingEmail.state == State.DEFERRED, OutgoingEmail.attempts == 0, OutgoingEmail.due_at.is_not(None))
    query = db.select(OutgoingEmail.mailbox_digest, OutgoingEmail.id).where(
        OutgoingEmail.mailbox_digest.in_(held), *waiting
    )
    seen: Counter[str] = Counter()
    over = []
    for mailbox, email_id in db.session.execute(query.order_by(OutgoingEmail.id)):
        seen[mailbox] += 1
        if seen[mailbox] > PILE:
            over.append(email_id)
    if over:
        _hold(over, None, CROWDED)


_CAUSED = db.select(Fact.id).where(Fact.id.in_(bindparam("ids", expanding=True)), Fact.by.in_(STRANGERS))
_MANY = (
    db.select(OutgoingEmail.mailbox_digest)
    .where(
        OutgoingEmail.mailbox_digest.in_(bindparam("mailboxes", expanding=True)),
        OutgoingEmail.created_at > bindparam("since"),
    )
    .group_by(OutgoingEmail.mailbox_digest)
    .having(func.count() > bindparam("most"))
)
_WRITTEN = (
    db.select(OutgoingEmail.mailbox_digest, OutgoingEmail.created_at)
    .where(OutgoingEmail.mailbox_digest.in_(_MANY), OutgoingEmail.created_at > bindparam("since"))
    .order_by(OutgoingEmail.created_at)
)
_LATELY = db.select(OutgoingEmail.mailbox_digest, OutgoingEmail.sent_at).where(
    OutgoingEmail.mailbox_digest.in_(bindparam("mailboxes", expanding=True)),
    (OutgoingEmail.sent_at > bindparam("since"))
    | OutgoingEmail.state.in_([State.SENDING, State.UNKNOWN, State.DEFERRED]) & (OutgoingEmail.attempts > 0),
)
"""Put together once: SQLAlchemy takes longer to write this than the database to answer it."""
