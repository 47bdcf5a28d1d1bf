"""Takes in what arrives: one raw e-mail by a pipe or LMTP, or all that is new in a mailbox, read by IMAP.

What an e-mail causes, that it came, and how far the mailbox is read are one transaction. Only then is it filed in the
mailbox: whoever dies in between leaves it lying in the inbox, and does nothing twice.
"""

import logging
import threading
from contextlib import suppress

from sqlalchemy.exc import OperationalError

from s3chem_events.core.db import db, transaction
from s3chem_events.core.guard import settings
from s3chem_events.dispatch import ARRIVALS
from s3chem_events.mailing import arrivals, authenticity, forwarding, inbox, received
from s3chem_events.mailing.authenticity import Resolver
from s3chem_events.mailing.kinds import Arrived, CalendarReply, Human
from s3chem_events.mailing.received import Seen
from s3chem_events.mailing.verdicts import Verdict, for_a_person, ignored
from s3chem_events.registration import answered, calendar_answers
from s3chem_events.registration.calendar_answers import Answered

log = logging.getLogger(__name__)
MOST_AT_ONCE = 200
"""Messages in one run; a full mailbox is read within some minutes, and the worker goes on meanwhile."""
MOST_OF_UNREAD = 16 * 1024
Wanted = Arrived | Answered
_turn = threading.Lock()


def receive(
    raw: bytes, *, recipients: tuple[str, ...] = (), seen: Seen | None = None, resolver: Resolver | None = None
) -> Verdict:
    """Do what an e-mail asks for, once however often it is brought; raises only where the database fails.

    `recipients` are those of the envelope, `seen` the place in a mailbox, `resolver` asks the name service.
    """
    with transaction():
        begun = received.begin(raw)
        if begun is None or not begun[1]:
            return _left_unread(raw, begun, seen)
    arrived = arrivals.read(raw, recipients=recipients)
    # All that reads is done before the transaction, whose lock holds up everybody else.
    digest = arrivals.digest(raw)
    wanted = calendar_answers.read(arrived) if isinstance(arrived, CalendarReply) else arrived
    proven = _is_proven(wanted, raw, resolver)
    try:
        with transaction():
            return _settled(raw, begun[0], digest, wanted, seen, proven=proven)
    except OperationalError:
        with suppress(OperationalError), transaction():
            received.drop(begun[0])
        raise  # the database is away: whoever brought the e-mail keeps it
    except Exception as error:  # noqa: BLE001 - one e-mail that trips us must not stop the others
        log.error("an e-mail that arrived could not be dealt with: %s", type(error).__name__)  # noqa: TRY400 - the message may hold an address
        with transaction():
            return _settled(raw, begun[0], digest, Human("", "failed"), seen, proven=False, why="failed")


def poll() -> int:
    """Read what is new in the mailbox that is set; returns how many e-mails came. One at a time in each process."""
    given = settings()
    if given.inbox_url is None or not _turn.acquire(blocking=False):
        return 0
    name = inbox.name_of(given.inbox_url)
    try:
        with inbox.opened(given.inbox_url) as box:
            return _read(box, name)
    except OperationalError:
        log.warning("the inbox is not read while the database is away")
        return 0
    except Exception as error:  # noqa: BLE001 - whatever a server answers, somebody is told that nothing is read
        log.warning("the inbox cannot be read (%s)", type(error).__name__)
        with transaction():
            received.trouble(name, inbox.reason(error))
        return 0
    finally:
        _turn.release()
        db.session.remove()


def _read(box: inbox.Box, name: str) -> int:
    with transaction():
        last, unseen_below = received.place(name, box.uid_validity, box.uid_next)
    count = 0
    for uid in box.new(after=last, unseen_below=unseen_below)[:MOST_AT_ONCE]:
        raw = box.fetch(uid)
        if raw is None:
            continue
        try:
            verdict = receive(raw, seen=Seen(name, box.uid_validity, uid))
        except received.BeingRead:
            break  # what comes after it waits for the next run
        if not verdict.needs_a_person:
            box.file(uid)
        count += 1
    return count


def _left_unread(raw: bytes, begun: tuple[int, bool] | None, seen: Seen | None) -> Verdict:
    """Leave an e-mail to a person that somebody died of, or was killed over: its beginning is enough to know it by."""
    if seen is not None:
        received.step(seen)
    if begun is None:
        return ignored("brought_before")
    received.settle(begun[0], for_a_person("failed"), raw[:MOST_OF_UNREAD])
    log.error("an e-mail was left unread: reading it did not come to an end")
    return for_a_person("failed")


def _settled(
    raw: bytes, arrival_id: int, digest: str, arrived: Wanted, seen: Seen | None, *, proven: bool, why: str = ""
) -> Verdict:
    if seen is not None and not received.step(seen):
        received.drop(arrival_id)
        return ignored("brought_before")
    kind = CalendarReply.kind if isinstance(arrived, Answered) else arrived.kind
    if not received.enter(arrival_id, digest, kind):
        return ignored("brought_before")
    verdict = for_a_person(why) if why else ARRIVALS[type(arrived)](arrived, proven=proven)
    received.settle(arrival_id, verdict, raw)
    if isinstance(arrived, Human) and verdict.needs_a_person:
        forwarding.pass_on(arrival_id, arrived, registration=answered.note(arrival_id, arrived.answers))
    return verdict


def _is_proven(arrived: Wanted, raw: bytes, resolver: Resolver | None) -> bool:
    """Whether the sender's domain stands for an answer that carries no tag of ours; this may ask the name service."""
    if not isinstance(arrived, Answered) or arrived.tag is not None:
        return False
    given = settings()
    return authenticity.is_authentic(raw, to=given.mail_sender, authserv_id=given.authserv_id, resolver=resolver)
