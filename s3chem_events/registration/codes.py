"""Codes by e-mail: whoever has the link shows that the mailbox is hers as well, before she sees what others may not."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select

from s3chem_events.core import journal, signing
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import PARTICIPANT, Actor
from s3chem_events.mailing import confirming
from s3chem_events.registration import resending
from s3chem_events.registration.models import Code, Registration

KIND = "registration.code_requested"
LIFE = timedelta(minutes=30)
"""Twice as long as an e-mail to a mailbox that nobody has confirmed may have to wait (mailing.restraint)."""
HOUR = timedelta(hours=1)
MOST = 3
"""So many codes are sent in an hour."""
TRIES = 5
"""So many wrong ones are taken for each that was sent."""
LENGTH = 8


class NoAddress(Refused):
    """There is no mailbox of the person's own to which a code could be sent."""

    code = "no_address"
    status = 409


class TooManyCodes(Refused):
    """Enough codes have been sent for now."""

    code = "too_many_codes"
    status = 429


def may_be_sent(registration: Registration) -> bool:
    """Whether there is a mailbox of the person's own: nobody else's may open what she told few."""
    is_hers = bool(registration.email) and not registration.via_contact
    return is_hers and registration.handed_over_at is None and not resending.comes_back(registration)


def send(registration: Registration, *, by: Actor) -> None:
    """Have a code sent to the address on file.

    Raises:
        NoAddress, TooManyCodes.

    """
    if not may_be_sent(registration):
        raise NoAddress
    moment = now()
    lately = select(func.count(Code.id)).where(Code.registration_id == registration.id, Code.asked_at > moment - HOUR)
    if (db.session.scalar(lately) or 0) >= MOST:
        raise TooManyCodes
    code = Code(registration_id=registration.id, salt=secrets.token_hex(16), asked_at=moment)
    db.session.add(code)
    db.session.flush()
    journal.record("registration.code_requested", registration.id, by=by, event=registration.event_id, code=code.id)


def enter(registration: Registration, typed: str) -> bool:
    """Take a code in, once; a wrong one is counted, and after five the codes that were sent are worth nothing."""
    digits = "".join(c for c in typed if c in "0123456789")
    live = db.session.scalars(_live(registration).with_for_update()).all()
    right = [code for code in live if secrets.compare_digest(number(code, registration.link_version), digits)]
    for code in live:
        if right:
            code.used_at = now()
        else:
            code.tries += 1
    if right:
        confirming.confirm(registration.email, by=PARTICIPANT)
    return bool(right)


def waits(registration: Registration) -> datetime | None:
    """Return until when the newest code that was sent can be entered; None where there is none to be entered."""
    newest = db.session.scalar(_live(registration).order_by(Code.id.desc()).limit(1))
    return ends_at(newest) if newest is not None else None


def number(code: Code, link_version: int) -> str:
    """Return the digits of a code. With the links of an address its codes end, too."""
    return signing.digits(KIND, f"{code.id}.{code.registration_id}.{link_version}.{code.salt}", length=LENGTH)


def ends_at(code: Code) -> datetime:
    """Return until when a code can be entered."""
    return code.asked_at + LIFE


def is_live(code: Code) -> bool:
    """Whether a code can still be entered."""
    return code.used_at is None and code.tries < TRIES and now() < ends_at(code)


def erase_outlived(*, by: Actor) -> int:  # noqa: ARG001 - every duty is told by whom
    """Delete the codes that count for nothing any more; returns how many."""
    gone = db.delete(Code).where(Code.asked_at < now() - HOUR).returning(Code.id)
    return len(db.session.execute(gone.execution_options(synchronize_session=False)).all())


def _live(registration: Registration) -> Select[Code]:
    return select(Code).where(
        Code.registration_id == registration.id,
        Code.used_at.is_(None),
        Code.tries < TRIES,
        Code.asked_at > now() - LIFE,
    )
