"""The worker's work: facts -> e-mails -> the mail server. What follows from what stands here, on one page."""

import logging
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, groupby
from typing import Any

from s3chem_events.accounts import emails as accounts
from s3chem_events.campaigns import answers as followers
from s3chem_events.campaigns import emails as campaigns
from s3chem_events.campaigns import newsletter_emails as newsletter
from s3chem_events.core import tasks
from s3chem_events.core.clock import now
from s3chem_events.core.config import Settings
from s3chem_events.core.db import db, transaction
from s3chem_events.core.guard import settings
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import bounces, forwarding, journal, kinds, outbox, pace, relaying, render, sender
from s3chem_events.mailing.letters import Draft, Letter, Letterhead
from s3chem_events.mailing.outbox import Claimed
from s3chem_events.mailing.results import Outcome, Result
from s3chem_events.mailing.suppression import suppressed
from s3chem_events.mailing.verdicts import Handler, leave, pass_over
from s3chem_events.publishing.letterhead import letterhead_of
from s3chem_events.registration import answers, needs, queued
from s3chem_events.registration import emails as registration
from s3chem_events.registration.asked import asked_again
from s3chem_events.registration.changed import event_changed
from s3chem_events.registration.detailed import details_due
from s3chem_events.registration.disowned import disowned
from s3chem_events.registration.reminded import event_reminded

log = logging.getLogger(__name__)
Composer = Callable[[Sequence[Fact], Letterhead], Iterable[Draft]]


def _writing(compose: Composer) -> Composer:
    """Let a composer write: the way in that it sends has to be kept, too."""

    def within(facts: Sequence[Fact], letterhead: Letterhead) -> Iterable[Draft]:
        with transaction():
            return list(compose(facts, letterhead))

    return within


EMAILS: dict[str, tuple[Composer, ...]] = {
    "registration.confirmed": (registration.confirmed,),
    "registration.withdrawn": (registration.withdrawn,),
    "registration.link_requested": (registration.link_requested,),
    "registration.declined_by_calendar": (registration.declined_by_calendar,),
    "registration.restored": (registration.confirmed,),
    "registration.address_corrected": (registration.confirmed,),
    "registration.mode_changed": (registration.mode_changed,),
    "registration.disowned": (disowned,),
    "registration.waiting": (queued.waiting,),
    "registration.place_offered": (queued.place_offered,),
    "registration.promoted": (registration.confirmed,),
    "registration.left_waiting_list": (queued.left,),
    "registration.offer_ended": (queued.left,),
    "event.changed": (event_changed, campaigns.changed),
    "event.reminded": (event_reminded,),
    "event.asked_again": (asked_again,),
    "access.asked": (needs.access_asked,),
    "details.due": (details_due,),
    "follower.asked": (campaigns.asked,),
    "subscriber.asked": (newsletter.asked,),
    "subscriber.link_requested": (newsletter.link_requested,),
    "arrival.came": (forwarding.forwarded,),
    "organiser.invited": (_writing(accounts.invited),),
    "organiser.link_requested": (_writing(accounts.link_requested),),
}
"""Which facts write to whom. A composer whose subject is gone yields nothing."""

FORGET: dict[str, str] = {
    "registration.disowned": "registration",
    "follower.left": "follower",
    "follower.erased": "follower",
    "subscriber.left": "subscriber",
    "subscriber.erased": "subscriber",
    "arrival.finished": "arrival",
    "arrival.outlived": "arrival",
}
"""Which facts erase their subject, and the room whose e-mails about it are emptied with it."""

ARRIVALS: dict[type[Any], Handler] = {
    answers.Answered: answers.calendar_reply,
    kinds.Bounce: bounces.bounced,
    kinds.Unsubscribe: followers.wants_out,
    kinds.Human: leave("somebody_wrote"),
    kinds.Delay: bounces.delayed,
    kinds.AutoReply: pass_over("automatic"),
}
"""Which e-mails that come have which consequence. None is ever answered: what follows is told to the registered."""

BATCH = 50
"""E-mails in one transaction: the longest write lock then stays within milliseconds (docs/decisions/0002)."""
FLUSH_SECONDS = 2.0
RUN_SECONDS = 10.0
RECOVER_SECONDS = 30.0
JOURNALS = "mailing"


def work(*, seconds: float = RUN_SECONDS) -> int:
    """Relay and deliver until nothing is due, at most for so long; returns how many e-mails were settled.

    Called on each ring of the bell, in an application context. Several may run at once, in any number of processes.
    A long run ends early and rings for the next, so that a worker that is told to stop does so soon.
    """
    done, started, recovered = 0, time.monotonic(), -RECOVER_SECONDS
    with _run(settings()) as run:
        while (passed := time.monotonic() - started) < seconds:
            if passed - recovered >= RECOVER_SECONDS:
                recover(run.settings)
                recovered = passed
            relayed, (sent, pause) = relay(), run.deliver()
            done += sent
            if relayed or sent:
                continue
            if not 0 < pause < seconds - passed or not _nap(min(pause, 0.2)):
                break
        else:
            tasks.ring()
    return done


def relay() -> int:
    """Turn the next facts into e-mails in the outbox; returns how many facts were settled."""
    facts = relaying.waiting(most=BATCH)
    if not facts:
        db.session.rollback()
        return 0
    letterhead = letterhead_of(settings())
    letters: list[Letter] = []
    failed: dict[int, str] = {}
    # In the order of what happened: who withdraws and comes back must not find the cancellation on top.
    for kind, group in groupby(sorted(facts, key=lambda fact: fact.id), key=lambda fact: fact.kind):
        told = list(group)
        for letter in chain.from_iterable(_written(one, told, letterhead, failed) for one in EMAILS.get(kind, ())):
            letters.append(letter)
            # A fact may concern thousands. Another worker may relay the same: the outbox takes each letter once.
            if len(letters) == BATCH:
                with transaction():
                    outbox.post(relaying.still_wanted(letters, FORGET))
                letters.clear()
    with transaction():
        outbox.post(relaying.still_wanted(letters, FORGET))
        for fact in facts:
            if fact.kind in FORGET:
                outbox.forget(FORGET[fact.kind], fact)
        relaying.settle([fact.id for fact in facts if fact.id not in failed])
        relaying.fail(failed)
    return len(facts)


def deliver() -> int:
    """Send what is due, once through; returns how many e-mails were settled."""
    with _run(settings()) as run:
        recover(run.settings)
        return run.deliver()[0]


def recover(given: Settings) -> None:
    """Settle what workers of this machine left behind when they died."""
    with journal.left(given.instance / JOURNALS) as runs:
        for owner, accepted in runs:
            with transaction():
                count = outbox.recover(owner, accepted)
            if count:
                log.warning("a worker had stopped in the midst of %d e-mails; they are settled", count)


@dataclass(slots=True)
class _Run:
    """One run of the worker: a journal of its own, and a way out."""

    settings: Settings
    journal: journal.Journal
    transport: sender.Transport

    def deliver(self) -> tuple[int, float]:
        """Claim a batch and send it. Returns how many were settled, and in how many seconds more may be sent."""
        claims, blocked, pause = self._claim()
        results: list[tuple[Claimed, Result]] = []
        claimed_at = flushed_at = time.monotonic()
        done = 0
        for index, claimed in enumerate(claims):
            if time.monotonic() - claimed_at > outbox.LEASE.total_seconds() / 3:
                done += self._settle(results)
                with transaction():
                    ours = outbox.renew(self.journal.owner, [c.id for c in claims[index:]])
                blocked |= {c.id for c in claims[index:]} - ours
                claimed_at = time.monotonic()
            result = Result(Outcome.SUPPRESSED) if claimed.id in blocked else self._try(claimed)
            results.append((claimed, result))
            if result.trouble:
                return done + self._settle(results, result, claims[index + 1 :]), 0.0
            if time.monotonic() - flushed_at > FLUSH_SECONDS:
                done += self._settle(results)
                flushed_at = time.monotonic()
        return done + self._settle(results), pause

    def _claim(self) -> tuple[list[Claimed], set[int], float]:
        if not outbox.anything_due():
            db.session.rollback()
            return [], set(), 0.0
        rate = self.settings.mail_rate if self.settings.mail else None
        with transaction():
            most, pause = pace.allowance(self.transport.name, rate=rate, most=BATCH)
            claims = []
            if most:
                claims = outbox.claim(self.journal.owner, most=most, whole_site=self.settings.limits)
            if rate and claims:
                pace.granted(self.transport.name, len(claims))
            return claims, suppressed(claims), pause

    def _try(self, claimed: Claimed) -> Result:
        try:
            result = sender.check(claimed) or self.transport.send(claimed)
        except OSError as error:
            return Result(Outcome.LATER, text=f"it could not be kept ({error.strerror})", trouble=True)
        except Exception as error:  # noqa: BLE001 - one e-mail that cannot be written must not stop the others
            log.error("e-mail %d cannot be written: %s", claimed.id, _where(error))  # noqa: TRY400 - the message may hold an address
            return Result(Outcome.NEVER, text=f"it cannot be written ({type(error).__name__})")
        if result.outcome is Outcome.SENT:
            self.journal.accepted(claimed.id)
        return result

    def _settle(
        self, results: list[tuple[Claimed, Result]], trouble: Result | None = None, untried: Sequence[Claimed] = ()
    ) -> int:
        """Write down what came of the tries; after trouble the rest of the batch waits until the server has rested."""
        if not results:
            return 0
        with transaction():
            outbox.settle(self.journal.owner, results)
            bounces.refused(results)
            if trouble:
                rest = pace.trouble(self.transport.name, trouble.text)
                outbox.hold(self.journal.owner, [c.id for c in untried], until=now() + timedelta(seconds=rest))
            elif any(result.outcome is Outcome.SENT for _, result in results):
                pace.well(self.transport.name)
        self.journal.clear()
        count = len(results)
        results.clear()
        return count


@contextmanager
def _run(given: Settings) -> Iterator[_Run]:
    run = _Run(given, journal.Journal(given.instance / JOURNALS), sender.transport(given, emblem=render.emblem()))
    settled = False
    try:
        yield run
        settled = True
    finally:
        run.transport.close()
        run.journal.close(settled=settled)
        db.session.rollback()


def _written(compose: Composer, facts: list[Fact], letterhead: Letterhead, failed: dict[int, str]) -> Iterator[Letter]:
    """Write what facts of one kind say; where one of them cannot be written it is `failed`, and the others still are.

    A composer may be at work over several of the caller's transactions: what it holds across them is detached.
    """
    moment = now()
    try:
        for draft in compose(facts, letterhead):
            if draft.address:  # who has none is called
                yield render.written(draft, letterhead, at=moment)
    except Exception as error:  # noqa: BLE001 - the worker's edge: the fact is marked
        db.session.rollback()
        if len(facts) == 1:
            log.error("fact %d (%s) gives no e-mail: %s", facts[0].id, facts[0].kind, _where(error))  # noqa: TRY400
            failed[facts[0].id] = type(error).__name__
        else:
            for fact in facts:
                yield from _written(compose, [fact], letterhead, failed)


def _nap(seconds: float) -> bool:
    """Wait; returns whether the clock has moved, which it does not in a rehearsal that holds it still."""
    before = now()
    time.sleep(seconds)
    return now() > before


def _where(error: Exception) -> str:
    """Name an error and its place, without its message, which may hold what people typed."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in " + " < ".join(f"{f.name}:{f.lineno}" for f in reversed(frames[-4:]))
