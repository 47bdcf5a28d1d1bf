"""What follows when e-mails come back: one that will never arrive stops all to its address, five that may do so, too.

Works in the caller's transaction. A notice is about one e-mail of ours: by the signed address that it came back to.
Only an e-mail that had none is known by the Message-ID of what is returned, if the address that failed is the one that
it went to; a complaint names none. All else is for a person: whoever knows an address could make it up, and cut
somebody off.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, func

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, insert
from s3chem_events.core.errors import NotFound
from s3chem_events.core.guard import settings
from s3chem_events.core.journal import Actor
from s3chem_events.mailing import addresses, returning
from s3chem_events.mailing.kinds import Bounce, Complaint, Delay
from s3chem_events.mailing.letters import WAITING, State
from s3chem_events.mailing.models import DeliveryAttempt, OutgoingEmail, Suppression, Undelivered
from s3chem_events.mailing.outbox import Claimed
from s3chem_events.mailing.results import Outcome, Result
from s3chem_events.mailing.verdicts import Verdict, done, for_a_person, ignored
from s3chem_events.mailing.weighing import MOST_SOFT, WINDOW, Weight, best_status, weight

POST = Actor("mail server")
KEPT = timedelta(days=90)
LONGEST_REASON = 300
ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
HEAVINESS = {Weight.NONE: 0, Weight.SOFT: 1, Weight.HARD: 2}
REFUSED = 500


def bounced(arrived: Bounce, *, proven: bool) -> Verdict:  # noqa: ARG001 - the tag, or the Message-ID, is the proof
    """Note which e-mails came back, and stop writing to an address that is dead."""
    email = _concerned(arrived)
    if email is None:
        return for_a_person("undelivered")
    counted = weight(permanent=arrived.permanent, status=arrived.status, reason=arrived.reason)
    return _come_back(email, counted, arrived.status, _printable(arrived.reason))


def delayed(arrived: Delay, *, proven: bool) -> Verdict:  # noqa: ARG001
    """Note in its history that an e-mail is late; nothing else follows."""
    email = _concerned(arrived)
    if email is None:
        return for_a_person("undelivered")
    text = _said(arrived.status, _printable(arrived.reason)) if email.address else ""
    db.session.add(DeliveryAttempt(email_id=email.id, at=now(), outcome=Outcome.DELAYED, text=text))
    return ignored("on_its_way")


def refused(results: Sequence[tuple[Claimed, Result]]) -> None:
    """Count what a server refused for good at once; what it has against us stands with the e-mail alone."""
    for claimed, result in results:
        if result.outcome is Outcome.NEVER and (result.code or 0) >= REFUSED:
            status = best_status(result.text)
            counted = weight(permanent=True, status=status, reason=result.text)
            if counted is not Weight.NONE and _is_kept(claimed.id):
                _count(claimed.id, claimed.digest, counted, status, result.text)


def _is_kept(email_id: int) -> bool:
    """Whether an e-mail was not emptied while it was on its way."""
    return bool(db.session.scalar(db.select(OutgoingEmail.address).filter_by(id=email_id)))


def readmit(email_id: int, *, by: Actor) -> None:
    """Write to the address of an e-mail again; what came back until now counts no more.

    Raises:
        NotFound: there is no such e-mail, or its address is not held back.

    """
    email = db.session.get(OutgoingEmail, email_id)
    if email is None:
        raise NotFound
    if not lift(email.address_digest):
        raise NotFound
    journal.record("address.readmitted", email_id, by=by)


def lift(digest: str) -> bool:
    """Let e-mails reach an address again, and count nothing that came back until now; False where it does get them."""
    lifted = db.delete(Suppression).where(Suppression.address_digest == digest)
    if cast("CursorResult[Any]", db.session.execute(lifted)).rowcount != 1:
        return False
    db.session.execute(db.update(Undelivered).where(Undelivered.address_digest == digest).values(counts=False))
    return True


def stop(room: str, subject_id: int) -> None:
    """Stop the e-mails about one subject that wait still: they would go to an address that was wrong."""
    mine = (OutgoingEmail.subject_id == subject_id, OutgoingEmail.kind.startswith(room))
    waiting = db.update(OutgoingEmail).where(*mine, OutgoingEmail.state.in_(WAITING))
    db.session.execute(waiting.values(state=State.CANCELLED, due_at=None, owner=None))


def erase_outlived(*, by: Actor) -> int:  # noqa: ARG001 - all duties are called alike
    """Forget what came back long ago; which addresses are held back stays."""
    old = db.delete(Undelivered).where(Undelivered.at < now() - KEPT)
    return cast("CursorResult[Any]", db.session.execute(old)).rowcount


def complained(arrived: Complaint) -> OutgoingEmail | None:
    """Note which e-mail was marked as spam by its reader, and return it; None where no tag of ours says so."""
    email = _tagged(arrived.recipients)
    if email is None:
        return None
    if email.address:  # else erased: nothing more is written down about its person
        db.session.add(DeliveryAttempt(email_id=email.id, at=now(), outcome=Outcome.COMPLAINED))
    journal.record("email.complained", email.id, by=POST)
    return email


def _concerned(arrived: Bounce | Delay) -> OutgoingEmail | None:
    """Return which e-mail a notice is about for certain: whoever was ever answered knows a Message-ID of ours."""
    email = _tagged(arrived.recipients)
    if email is not None or not arrived.returned:
        return email
    found: OutgoingEmail | None = db.session.scalar(db.select(OutgoingEmail).filter_by(message_id=arrived.returned))
    if found is None or (settings().inbox_tags and returning.path(found.sender, found.id) != found.sender):
        return None
    return found if found.address_digest in map(addresses.digest, arrived.addresses) else None


def _tagged(recipients: tuple[str, ...]) -> OutgoingEmail | None:
    named = returning.named(recipients)
    return db.session.get(OutgoingEmail, named) if named is not None else None


def _come_back(email: OutgoingEmail, counted: Weight, status: str, reason: str) -> Verdict:
    if not email.address:  # erased: nothing more is written down about its person
        return ignored("automatic")
    verdict = _count(email.id, email.address_digest, counted, status, reason)
    if verdict.reason == "bounced_before":
        return verdict
    said = _said(status, reason)
    if email.state in {State.SENT, State.UNKNOWN}:
        email.state, email.due_at, email.last_code, email.last_text = State.BOUNCED, None, None, said
    db.session.add(DeliveryAttempt(email_id=email.id, at=now(), outcome=Outcome.BOUNCED, text=said))
    return verdict


def _count(email_id: int, digest: str, counted: Weight, status: str, reason: str) -> Verdict:
    """Write down that one e-mail did not arrive, once unless it weighs more than before."""
    there = db.session.scalar(db.select(Undelivered).filter_by(email_id=email_id))
    if there is not None and HEAVINESS[Weight(there.weight)] >= HEAVINESS[counted] and there.counts:
        return ignored("bounced_before")
    row = there or Undelivered(email_id=email_id, address_digest=digest)
    row.at, row.weight, row.status, row.counts = now(), counted, status, True
    row.reason = ADDRESS.sub("…", reason)[:LONGEST_REASON]
    db.session.add(row)
    journal.record("email.bounced", email_id, by=POST, weight=counted, status=status)
    if counted is Weight.NONE:
        return done("refused_contents")
    if counted is Weight.HARD:
        _suppress(digest, "dead")
        return done("address_dead")
    if _soft_lately(digest) >= MOST_SOFT:
        _suppress(digest, "troubled")
        return done("address_given_up")
    return done("address_troubled")


def _said(status: str, reason: str) -> str:
    return (reason if status in reason else f"{status} {reason}".strip())[:LONGEST_REASON]


def _printable(text: str) -> str:
    """Return a stranger's words as one line that every database takes."""
    return "".join(c if c.isprintable() else " " for c in text)[:LONGEST_REASON]


def _soft_lately(digest: str) -> int:
    db.session.flush()
    query = db.select(func.count(Undelivered.id)).where(
        Undelivered.address_digest == digest,
        Undelivered.weight == Weight.SOFT,
        Undelivered.counts,
        Undelivered.at > now() - WINDOW,
    )
    return db.session.scalar(query) or 0


def _suppress(digest: str, reason: str) -> None:
    row = {"address_digest": digest, "reason": reason, "since": now()}
    db.session.execute(insert(Suppression).values(row).on_conflict_do_nothing())
