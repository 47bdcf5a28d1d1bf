"""From the outbox to the mail server: claim, try, write down what came of it. What dies in between is recovered."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from s3chem_events.campaigns import sending
from s3chem_events.core import logs
from s3chem_events.core.clock import now
from s3chem_events.core.config import Settings
from s3chem_events.core.db import db, transaction
from s3chem_events.core.guard import settings
from s3chem_events.mailing import bounces, journal, outbox, pace, places, recovering, render, restraint, sender
from s3chem_events.mailing.outbox import Claimed
from s3chem_events.mailing.results import Outcome, Result
from s3chem_events.mailing.suppression import suppressed
from s3chem_events.registration import reminding, too_late, undone

log = logging.getLogger(__name__)
BATCH = 50
"""E-mails in one claim."""
FLUSH_SECONDS = 1.0
"""So often what came of the tries is written down, and what is written to many gives way."""
JOURNALS = "mailing"


def deliver() -> int:
    """Send what is due, once through; returns how many e-mails were settled."""
    with running(settings()) as run:
        recover(run.settings)
        return run.deliver()[0]


def recover(given: Settings) -> None:
    """Settle what workers of this machine left behind when they died."""
    with journal.left(given.instance / JOURNALS) as runs:
        for run in runs:
            with transaction():
                count = recovering.recover(run)
                places.leave(run.owner)
            if count:
                log.warning("a worker had stopped in the midst of %d e-mails; they are settled", count)


@dataclass(slots=True)
class Run:
    """One run of the worker: a journal of its own, and a way out."""

    settings: Settings
    journal: journal.Journal
    transport: sender.Transport
    content: int = -1
    """The revision of the public content at which what is sent to many was looked at last."""
    anew: int = 0
    """How many of those that it took up last are written anew instead of being sent."""

    def deliver(self) -> tuple[int, float]:
        """Claim a batch and send it. Returns how many were settled, and in how many seconds more may be sent."""
        claims, blocked, pause = self._claim()
        results: list[tuple[Claimed, Result]] = []
        claimed_at = flushed_at = time.monotonic()
        done = self.anew
        for index, claimed in enumerate(claims):
            if time.monotonic() - claimed_at > outbox.LEASE.total_seconds() / 3:
                done += self._settle(results)
                with transaction():
                    ours = outbox.renew(self.journal.owner, [c.id for c in claims[index:]])
                    self._has_place()
                blocked |= dict.fromkeys({c.id for c in claims[index:]} - ours, Outcome.SUPPRESSED)
                claimed_at = time.monotonic()
            result = Result(blocked[claimed.id]) if claimed.id in blocked else self._try(claimed)
            results.append((claimed, result))
            if result.trouble:
                return done + self._settle(results, result, claims[index + 1 :]), 0.0
            if time.monotonic() - flushed_at > FLUSH_SECONDS:
                done += self._settle(results)
                flushed_at = time.monotonic()
                if outbox.gives_way(claims[index + 1 :]):
                    with transaction():
                        outbox.hold(self.journal.owner, [c.id for c in claims[index + 1 :]], until=now())
                    break
        return done + self._settle(results), pause

    def _claim(self) -> tuple[list[Claimed], dict[int, Outcome], float]:
        if not outbox.anything_due():
            db.session.rollback()
            self.anew = 0
            return [], {}, 0.0
        rate = self.settings.mail_rate if self.settings.mail else None
        with transaction():
            self.content = sending.hold_changed(self.content)
            may = pace.allowance(self.transport.name, rate=rate, most=BATCH)
            if may.most and not self._has_place():
                may = pace.Allowance(0, 0, places.PAUSE)
            claims = []
            if may.most:
                claims = outbox.claim(
                    self.journal.owner,
                    most=may.most,
                    to_many=may.to_many,
                    limits=self.settings.limits,
                    here=self.journal.here(),
                )
            if rate and claims:
                pace.granted(self.transport.name, len(claims))
            over = reminding.outlived(claims) | too_late.outlived(claims)
            left = [one for one in claims if one.id not in over]
            anew = [*reminding.outdated(left), *undone.outdated(left)]
            if anew:
                outbox.write_anew(anew)
                claims = [one for one in claims if one not in anew]
            self.anew = len(anew)
            blocked = dict.fromkeys(over, Outcome.OUTLIVED)
            if self.settings.limits:
                left = [one for one in claims if one.id not in over]
                blocked |= dict.fromkeys(restraint.repeated(left), Outcome.REPEATED)
            return claims, blocked | dict.fromkeys(suppressed(claims), Outcome.SUPPRESSED), may.pause

    def _has_place(self) -> bool:
        """Whether the server may have one more connection of ours, this run's own among them."""
        most = self.settings.mail_connections if self.settings.mail else None
        return most is None or places.take(self.transport.name, self.journal.owner, most=most)

    def leave(self) -> None:
        """Hang up, and let another run have the place."""
        self.transport.close()
        if self.settings.mail_connections:
            with transaction():
                places.leave(self.journal.owner)

    def _try(self, claimed: Claimed) -> Result:
        try:
            if refusal := sender.check(claimed):
                return refusal
            self.journal.begins(claimed.id)
            result = self.transport.send(claimed)
        except OSError as error:
            return Result(Outcome.LATER, text=f"the worker cannot write to its disk ({error.strerror})", trouble=True)
        except Exception as error:  # noqa: BLE001 - one e-mail that cannot be written must not stop the others
            log.error("e-mail %d cannot be written: %s", claimed.id, logs.where(error))  # noqa: TRY400 - the message may hold an address
            return Result(Outcome.NEVER, text=f"it cannot be written ({type(error).__name__})")
        if result.outcome is Outcome.SENT:
            try:
                self.journal.accepted(claimed.id)
            except OSError as error:  # nothing more may leave that a dying worker could not account for
                text = f"accepted, but the worker cannot keep its journal ({error.strerror})"
                return replace(result, text=text, trouble=True)
        return result

    def _settle(
        self, results: list[tuple[Claimed, Result]], trouble: Result | None = None, untried: Sequence[Claimed] = ()
    ) -> int:
        """Write down what came of the tries; after trouble the rest of the batch waits until the server has rested."""
        if not results:
            return 0
        with transaction():
            self.content = sending.hold_changed(self.content)
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
def running(given: Settings) -> Iterator["Run"]:
    """Open a run of the worker: what it has in its hands is settled or left to be recovered, whatever happens."""
    run = Run(given, journal.Journal(given.instance / JOURNALS), sender.transport(given, emblem=render.emblem()))
    settled = False
    try:
        yield run
        run.leave()
        settled = True
    finally:
        run.transport.close()
        run.journal.close(settled=settled)
        db.session.rollback()
