"""How many e-mails strangers can have sent to one mailbox, and from the whole site; counted in the outbox itself.

A form that anybody fills in with anybody's address would bomb that mailbox otherwise. Nothing is lost: what is over
the measure waits in the outbox with its reason, and an organiser can let it go. All in the caller's transaction.

A mailbox whose owner has shown that she reads it (see confirming) has wider measures than one that anybody named.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from sqlalchemy import ColumnElement, CursorResult, Select, bindparam, func, or_, select

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import CALENDAR, LINE, STRANGERS, Actor, Fact
from s3chem_events.mailing import addresses
from s3chem_events.mailing.letters import Letter, State
from s3chem_events.mailing.models import ConfirmedMailbox, OutgoingEmail

EVERYTHING = 0
"""The subject of a fact that concerns no single e-mail."""
COUNTED = ("registration.", "delegation.", "follower.asked", "subscriber.asked", "subscriber.link_requested")
"""The kinds, or what they begin with, that a visitor's form can cause; what organisers cause is not counted."""
MOVES = ("registration.promoted", "registration.place_offered", "registration.offer_ended")
"""What the waiting list writes: whoever has the links of two people can pass one place to and fro between them."""
REMINDERS = ("event.reminded", "event.asked_again", "details.due")
"""The kinds that the clock causes, to whoever a form has named: counted where nobody has confirmed the mailbox."""
READERS, CODES = "subscriber.", "registration.code_requested"
"""What must not wait behind five registrations: the form of the newsletter, and codes that live for minutes."""
MEASURES_APART = {
    READERS: ((timedelta(days=1), 3),),
    CODES: ((timedelta(hours=1), 3), (timedelta(days=1), 10)),
    **dict.fromkeys(MOVES, ((timedelta(days=1), 20),)),  # as many as one contact can have registered
}
UNCONFIRMED = ((timedelta(minutes=15), 1), (timedelta(days=1), 5))
"""Of all kinds together: the first e-mail at once, the next once its reader had the time to answer to it."""
MEASURES = ((timedelta(minutes=15), 5), (timedelta(days=1), 10))
"""A few colleagues at one mailbox hear at once; an office of forty within days, as an address that is bombed would."""
BURST = (timedelta(minutes=1), 5)
"""More e-mails than that are not written to one mailbox within a minute by people who share it: as if unconfirmed."""
PILE = 40
"""So many wait for the next day by themselves; what is beyond waits for an organiser."""
SITE_HOUR = 500
"""Ten times a busy hour of the whole site, by the forms of one kind."""
LOOK_AGAIN = timedelta(minutes=15)
"""So often it is seen whether the hour has room again."""
CROWDED = "held back: too many to this address"
BROKEN = "held back: too many registrations in an hour"
FLOODED = "held back: too many sign-ups in an hour"
BREAKERS = {BROKEN: ("registration.", "delegation."), FLOODED: ("follower.", "subscriber.")}
"""What is counted together for the whole site: a robot at one form must not hold up what another has promised."""

Measures = Sequence[tuple[timedelta, int]]
Counted = tuple[str, str]
"""A mailbox, and with what the kinds begin that are counted by themselves."""


class Claim(Protocol):
    """An e-mail that a worker has taken up."""

    @property
    def id(self) -> int: ...
    @property
    def letter(self) -> Letter: ...


def counted(letters: Sequence[Letter]) -> list[str | None]:
    """Return under which mailbox each e-mail is counted; None where no stranger, calendar, line or reminder did."""
    asked = [not letter.stream and letter.kind.startswith(COUNTED) for letter in letters]
    facts = {letter.fact_id for letter, one in zip(letters, asked, strict=True) if one}
    caused = set(db.session.scalars(_CAUSED, {"ids": list(facts)})) if facts else set()
    return [
        addresses.mailbox_digest(letter.address)
        if (one and letter.fact_id in caused) or letter.kind in REMINDERS
        else None
        for letter, one in zip(letters, asked, strict=True)
    ]


def passing(rows: Sequence[Any], *, limits: bool) -> list[int]:
    """Return which of the e-mails that are due (id, kind, mailbox_digest, attempts) may go; the others are held.

    Without `limits` every mailbox counts as confirmed, and the whole site may write as much as it likes.
    """
    moment = now()
    counts = _Counts({row.mailbox_digest for row in rows if row.mailbox_digest and not row.attempts}, limits=limits)
    new = [row for row in rows if row.mailbox_digest and not row.attempts and counts.is_measured(row)]
    if not new:
        return [row.id for row in rows]
    stopped = _over_the_hour(new, moment) if limits else set[int]()
    times, held = counts.times(moment), defaultdict[Counted, list[int]](list)
    for row in new:
        where = counts.where(row)
        if row.id in stopped:
            continue
        if any(_over(times[where], moment, span, most) for span, most in counts.measures(where)):
            held[where].append(row.id)
        else:
            times[where].append(moment)
    for where, ids in held.items():
        _hold(ids, _free_at(times[where], moment, counts.measures(where)), CROWDED)
    _leave_to_people({mailbox for mailbox, _kinds in held})
    stopped.update(email_id for ids in held.values() for email_id in ids)
    return [row.id for row in rows if row.id not in stopped]


def repeated(claims: Sequence[Claim]) -> set[int]:
    """Return which of the claimed e-mails remind an unconfirmed mailbox of what it was reminded of already."""
    reminders = {one.id: one for one in claims if one.letter.kind in REMINDERS}
    mailboxes = {one.id: addresses.mailbox_digest(one.letter.address) for one in reminders.values()}
    strange = set(mailboxes.values()) - confirmed(mailboxes.values())
    if not strange:
        return set()
    facts = {one.letter.fact_id for one in reminders.values()}
    first = {(fact, mailbox): email_id for fact, mailbox, email_id in db.session.execute(_first(facts, strange))}
    return {
        number
        for number, one in reminders.items()
        if first.get((one.letter.fact_id, mailboxes[number]), number) < number
    }


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
    return untried & OutgoingEmail.last_text.in_([CROWDED, *BREAKERS])


class _Counts:
    """What mailboxes got lately, and what they may get."""

    def __init__(self, mailboxes: set[str], *, limits: bool) -> None:
        self.mailboxes = mailboxes
        self.confirmed = confirmed(mailboxes) if limits else mailboxes
        self.bombed = set[str]()

    def is_measured(self, row: Any) -> bool:
        """Whether an e-mail is counted at all: a reminder is only where nobody has confirmed the mailbox."""
        return row.kind not in REMINDERS or row.mailbox_digest not in self.confirmed

    def where(self, row: Any) -> Counted:
        """Return under what an e-mail is counted: its mailbox, where that is confirmed some kinds apart."""
        apart = next(filter(row.kind.startswith, MEASURES_APART), "")
        return row.mailbox_digest, apart if row.mailbox_digest in self.confirmed else ""

    def measures(self, where: Counted) -> Measures:
        mailbox, apart = where
        if apart:
            return MEASURES_APART[apart]
        return UNCONFIRMED if mailbox not in self.confirmed or mailbox in self.bombed else MEASURES

    def times(self, moment: datetime) -> defaultdict[Counted, list[datetime]]:
        """Return when each mailbox got e-mails lately, oldest first; what is on its way counts as now."""
        self.bombed = _bombed(self.confirmed, moment)
        found = db.session.execute(_LATELY, {"mailboxes": list(self.mailboxes), "since": moment - MEASURES[-1][0]})
        times = defaultdict[Counted, list[datetime]](list)
        for row in found:
            if self.is_measured(row):
                times[self.where(row)].append(row.sent_at or moment)
        for mine in times.values():
            mine.sort()
        return times


def confirmed(mailboxes: Iterable[str]) -> set[str]:
    """Return which of some mailboxes, by their digests, their owners have confirmed."""
    asked = list(mailboxes)
    return set(db.session.scalars(_CONFIRMED, {"mailboxes": asked})) if asked else set()


def _over_the_hour(new: Sequence[Any], moment: datetime) -> set[int]:
    """Hold and return what is more than the forms of one kind may cause in an hour; it leaves later, oldest first."""
    stopped = set[int]()
    for reason, kinds in BREAKERS.items():
        asked = [row.id for row in new if row.kind.startswith(kinds)]
        free = SITE_HOUR - _counted_before(min(asked), reason, moment - timedelta(hours=1)) if asked else 0
        over = set(asked[max(free, 0) :])
        _hold(over, moment + LOOK_AGAIN, reason)
        stopped |= over
    return stopped


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


def _free_at(times: list[datetime], moment: datetime, measures: Measures) -> datetime:
    """Return when the next e-mail may go to a mailbox."""
    return max(times[-most] + span for span, most in measures if _over(times, moment, span, most))


def _counted_before(email_id: int, reason: str, since: datetime) -> int:
    """Return how many e-mails of a breaker were sent lately, and how many older ones wait for the room that is left."""
    sent = or_(*(OutgoingEmail.kind.startswith(kind) for kind in BREAKERS[reason])) & (OutgoingEmail.sent_at > since)
    waiting = is_held() & (OutgoingEmail.last_text == reason) & (OutgoingEmail.id < email_id)
    query = db.select(func.count()).where(OutgoingEmail.mailbox_digest.is_not(None), sent | waiting)
    return db.session.scalar(query) or 0


def _first(facts: set[int], mailboxes: set[str]) -> Select[int, str | None, int]:
    """Select the first e-mail of each reminder to each mailbox, of those that are not called off."""
    return (
        select(OutgoingEmail.fact_id, OutgoingEmail.mailbox_digest, func.min(OutgoingEmail.id))
        .where(
            OutgoingEmail.fact_id.in_(facts),
            OutgoingEmail.mailbox_digest.in_(mailboxes),
            OutgoingEmail.state.not_in([State.CANCELLED, State.SUPPRESSED, State.FAILED]),
        )
        .group_by(OutgoingEmail.fact_id, OutgoingEmail.mailbox_digest)
    )


def _hold(ids: Collection[int], until: datetime | None, reason: str) -> None:
    if not ids:
        return
    values = {"state": State.DEFERRED, "due_at": until, "last_text": reason}
    db.session.execute(db.update(OutgoingEmail).where(OutgoingEmail.id.in_(list(ids))).values(values))


def _leave_to_people(held: Collection[str]) -> None:
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


_CAUSING = (*STRANGERS, str(CALENDAR), str(LINE))
_CAUSED = db.select(Fact.id).where(Fact.id.in_(bindparam("ids", expanding=True)), Fact.by.in_(_CAUSING))
_HURRIED = (
    OutgoingEmail.created_at > bindparam("since"),
    OutgoingEmail.kind.not_in([*REMINDERS, *MOVES]),  # which many who share a mailbox are written at once
)
_MANY = (
    db.select(OutgoingEmail.mailbox_digest)
    .where(OutgoingEmail.mailbox_digest.in_(bindparam("mailboxes", expanding=True)), *_HURRIED)
    .group_by(OutgoingEmail.mailbox_digest)
    .having(func.count() > bindparam("most"))
)
_WRITTEN = (
    db.select(OutgoingEmail.mailbox_digest, OutgoingEmail.created_at)
    .where(OutgoingEmail.mailbox_digest.in_(_MANY), *_HURRIED)
    .order_by(OutgoingEmail.created_at)
)
_CONFIRMED = db.select(ConfirmedMailbox.mailbox_digest).where(
    ConfirmedMailbox.mailbox_digest.in_(bindparam("mailboxes", expanding=True))
)
_LATELY = db.select(OutgoingEmail.mailbox_digest, OutgoingEmail.kind, OutgoingEmail.sent_at).where(
    OutgoingEmail.mailbox_digest.in_(bindparam("mailboxes", expanding=True)),
    (OutgoingEmail.sent_at > bindparam("since"))
    | OutgoingEmail.state.in_([State.SENDING, State.UNKNOWN, State.DEFERRED]) & (OutgoingEmail.attempts > 0),
)
"""Put together once: SQLAlchemy takes longer to write this than the database to answer it."""
