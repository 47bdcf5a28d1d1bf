"""The worker's work: facts -> e-mails -> the mail server. What follows from what stands here, on one page."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby
from typing import Any

from s3chem_events import bulk, delivering
from s3chem_events.accounts import emails as accounts
from s3chem_events.accounts.trying import tried
from s3chem_events.campaigns import answers as followers
from s3chem_events.campaigns import emails as campaigns
from s3chem_events.campaigns import newsletter_emails as newsletter
from s3chem_events.campaigns import trials
from s3chem_events.core import logs, tasks
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.guard import settings
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import bounces, emptying, kinds, outbox, relaying, render, rewording
from s3chem_events.mailing.letters import Draft, Letter, Letterhead
from s3chem_events.mailing.verdicts import Handler, leave, pass_over
from s3chem_events.mailing.wording import Wordings
from s3chem_events.publishing.letterhead import letterhead_of
from s3chem_events.registration import calendar_answers, needs
from s3chem_events.registration.emails import (
    answered,
    changed,
    confirmations,
    delegated,
    disowned,
    given_up,
    handed_over,
    invited,
    own,
    reminders,
    waiting,
)
from s3chem_events.registration.mail_log import EMAILS as REGISTRATIONS

log = logging.getLogger(__name__)
Composer = Callable[[Sequence[Fact], Letterhead], Iterable[Draft]]


def _writing(compose: Composer) -> Composer:
    """Let a composer write: the way in that it sends has to be kept, too."""

    def within(facts: Sequence[Fact], letterhead: Letterhead) -> Iterable[Draft]:
        with transaction():
            return list(compose(facts, letterhead))

    return within


EMAILS: dict[str, tuple[Composer, ...]] = {
    "registration.confirmed": (confirmations.confirmed,),
    "registration.pending": (waiting.pending,),
    "registration.approved": (confirmations.confirmed,),
    "registration.rejected": (waiting.rejected,),
    "registration.withdrawn": (confirmations.withdrawn,),
    "registration.part_given_up": (given_up.part_given_up,),
    "registration.link_requested": (confirmations.link_requested,),
    "registration.declined_by_calendar": (confirmations.declined_by_calendar,),
    "registration.restored": (confirmations.confirmed,),
    "registration.address_corrected": (confirmations.confirmed,),
    "registration.mode_changed": (confirmations.mode_changed,),
    "registration.changed": (own.changed,),
    "registration.address_changed": (own.changed, own.address_left),
    "registration.address_put_back": (own.changed, own.address_left),
    "registration.code_requested": (own.code_requested,),
    "registration.confirmation_requested": (confirmations.confirmed,),
    "registration.handed_over": (handed_over.handed_over,),
    "registration.taken_over": (handed_over.taken_over,),
    "registration.disowned": (disowned.disowned,),
    "registration.waiting": (waiting.waiting,),
    "registration.place_offered": (waiting.place_offered,),
    "registration.promoted": (confirmations.confirmed,),
    "registration.left_waiting_list": (waiting.left,),
    "registration.offer_ended": (waiting.left,),
    "delegation.registered": (delegated.summary,),
    "delegation.person_added": (delegated.summary,),
    "delegation.summary_requested": (delegated.summary,),
    "delegation.person_disowned": (delegated.summary,),
    "delegation.disowned": (disowned.disowned,),
    "event.changed": (changed.event_changed, campaigns.changed),
    "event.reminded": (reminders.event_reminded,),
    "event.asked_again": (reminders.asked_again,),
    "access.asked": (needs.access_asked,),
    "details.due": (reminders.details_due,),
    "letter.asked": (reminders.letter_asked,),
    "invitation.sent": (invited.written,),
    "invitation.reminded": (invited.written,),
    "follower.asked": (campaigns.asked,),
    "subscriber.asked": (newsletter.asked,),
    "subscriber.link_requested": (newsletter.link_requested,),
    "arrival.came": (answered.forwarded,),
    "campaign.tested": (trials.tested,),
    "wording.tested": (tried,),
    "organiser.invited": (_writing(accounts.invited),),
    "organiser.link_requested": (_writing(accounts.link_requested),),
}
"""Which facts write to whom. A composer whose subject is gone yields nothing."""

FORGET: dict[str, tuple[str, ...]] = {
    "registration.disowned": REGISTRATIONS,
    "registration.erased": REGISTRATIONS,
    "delegation.person_disowned": ("delegation.",),
    "delegation.disowned": ("delegation.",),
    "delegation.erased": ("delegation.",),
    "follower.left": ("follower.",),
    "follower.erased": ("follower.",),
    "subscriber.left": ("subscriber.",),
    "subscriber.erased": ("subscriber.",),
    "invitation.erased": ("invitation.",),
    "arrival.finished": ("arrival.",),
    "arrival.outlived": ("arrival.",),
}
"""Which facts erase their subject, and how the kinds of the e-mails begin that are emptied with it."""

ARRIVALS: dict[type[Any], Handler] = {
    calendar_answers.Answered: calendar_answers.calendar_reply,
    kinds.Bounce: bounces.bounced,
    kinds.Unsubscribe: followers.wants_out,
    kinds.Human: leave("somebody_wrote"),
    kinds.Delay: bounces.delayed,
    kinds.Complaint: followers.complained,
    kinds.AutoReply: pass_over("automatic"),
}
"""Which e-mails that come have which consequence. None is ever answered: what follows is told to the registered."""

BATCH = 50
"""E-mails in one transaction: the longest write lock then stays within milliseconds (docs/decisions/0002)."""
LOOK_SECONDS = 2.0
RUN_SECONDS = 10.0
RECOVER_SECONDS = 30.0


def work(*, seconds: float = RUN_SECONDS) -> int:
    """Relay and deliver until nothing is due, at most for so long; returns how many e-mails were settled.

    Called on each ring of the bell, in an application context. Several may run at once, in any number of processes.
    A long run ends early and rings for the next, so that a worker that is told to stop does so soon.
    """
    done, started, recovered, looked = 0, time.monotonic(), -RECOVER_SECONDS, -LOOK_SECONDS
    with delivering.running(settings()) as run:
        while (passed := time.monotonic() - started) < seconds:
            if passed - recovered >= RECOVER_SECONDS:
                delivering.recover(run.settings)
                recovered = passed
            if passed - looked >= LOOK_SECONDS:
                bulk.look_after()
                looked = passed
            relayed, (sent, pause) = relay(), run.deliver()
            done += sent
            if relayed or sent or bulk.carry_on(FORGET):
                continue
            if not 0 < pause < seconds or not _nap(min(pause, 0.2)):
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
    letterhead, wordings = letterhead_of(settings()), rewording.in_force()
    letters: list[Letter] = []
    failed: dict[int, str] = {}
    # In the order of what happened: who withdraws and comes back must not find the cancellation on top.
    for kind, group in groupby(sorted(facts, key=lambda fact: fact.id), key=lambda fact: fact.kind):
        told = list(group)
        composers = EMAILS.get(kind, ())
        for letter in chain.from_iterable(_written(one, told, letterhead, wordings, failed) for one in composers):
            letters.append(letter)
            # A fact may concern thousands. Another worker may relay the same: the outbox takes each letter once.
            if len(letters) == BATCH:
                with transaction():
                    _post(letters, failed)
                letters.clear()
    with transaction():
        _post(letters, failed)
        for kind, beginnings in FORGET.items():
            if erased := [fact for fact in facts if fact.kind == kind]:
                emptying.forget(beginnings, erased)
        relaying.settle([fact.id for fact in facts if fact.id not in failed])
        relaying.fail(failed)
    return len(facts)


def _written(
    compose: Composer, facts: list[Fact], letterhead: Letterhead, wordings: Wordings, failed: dict[int, str]
) -> Iterator[Letter]:
    """Write what facts of one kind say; where one of them cannot be written it is `failed`, and the others still are.

    A composer may be at work over several of the caller's transactions: what it holds across them is detached.
    """
    moment = now()
    try:
        for draft in compose(facts, letterhead):
            if draft.address:  # who has none is called
                yield render.written(draft, letterhead, at=moment, wordings=wordings)
    except Exception as error:  # noqa: BLE001 - the worker's edge: the fact is marked
        db.session.rollback()
        if len(facts) == 1:
            log.error("fact %d (%s) gives no e-mail: %s", facts[0].id, facts[0].kind, logs.where(error))  # noqa: TRY400
            failed[facts[0].id] = type(error).__name__
        else:
            for fact in facts:
                yield from _written(compose, [fact], letterhead, wordings, failed)


def _post(letters: Sequence[Letter], failed: dict[int, str]) -> None:
    """Put letters into the outbox; the fact of one that it cannot take is `failed`, its other letters still go."""
    for letter in outbox.post(relaying.still_wanted(letters, FORGET)):
        log.error("fact %d (%s) gives an e-mail that cannot be stored", letter.fact_id, letter.kind)
        failed[letter.fact_id] = "DataError"


def _nap(seconds: float) -> bool:
    """Wait; returns whether the clock has moved, which it does not in a rehearsal that holds it still."""
    before = now()
    time.sleep(seconds)
    return now() > before
