"""The link or the confirmation once more, for who no longer finds it; never often, since an e-mail is an e-mail."""

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.mailing import addresses, again, undelivered
from s3chem_events.mailing import queries as mailing
from s3chem_events.publishing.lifecycle import State
from s3chem_events.registration import queries
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.mail_log import EMAILS
from s3chem_events.registration.models import Registration

KINDS = ("registration.link_requested", "registration.confirmation_requested")


class SentLately(Refused):
    """It was sent a few minutes ago, or often enough today."""

    code = "sent_lately"
    status = 429


def may_resend(registration: Registration) -> bool:
    """Whether there is a place to confirm in what takes place, and a mailbox to send it to."""
    if registration.event.state in {State.CANCELLED, State.POSTPONED}:
        return False
    there = (one for one in registration.participations if not one.part.cancelled)
    holds = any(one.standing is Standing.CONFIRMED for one in there)
    reached = bool(registration.email) and not comes_back(registration)
    return holds and reached and registration.withdrawn_at is None


def comes_back(registration: Registration) -> bool:
    """Whether e-mails to the address on file come back, as one of hers may have told: none is sent there any more.

    Of an address that was dead before, whoever typed it into a form learns nothing.
    """
    digest = registration.address_digest
    is_dead = undelivered.suppression(digest) is not None
    return is_dead and mailing.was_tried(registration.id, *EMAILS, digest=digest)


def is_written_to(registration: Registration) -> bool:
    """Whether what becomes of a registration is told by e-mail at all, to its person or to the contact."""
    return bool(registration.email) and not comes_back(registration)


def resend(registration: Registration, *, by: Actor) -> bool:
    """Have the confirmation sent again, with link and calendar; False for somebody who has none.

    Raises:
        SentLately.

    """
    if not may_resend(registration):
        return False
    if not again.may_be_written(registration.link_sent_at, before=again.within_a_day(registration.id, *KINDS)):
        raise SentLately
    registration.link_sent_at = now()
    journal.record("registration.confirmation_requested", registration.id, by=by, event=registration.event_id)
    return True


def request_link(email: str, *, by: Actor) -> None:
    """Have the links of an address sent to it again, at most every 15 minutes. An unknown address is met in silence."""
    found = queries.active_by_address(addresses.digest(email))
    before = again.within_a_day(found[0].id, "registration.link_requested") if found else 0
    if not found or not all(again.may_be_written(r.link_sent_at, before=before) for r in found):
        return
    for registration in found:
        registration.link_sent_at = now()
    journal.record("registration.link_requested", found[0].id, by=by, registrations=[r.id for r in found])


def send_link(registration: Registration, *, by: Actor) -> bool:
    """Have one person's link sent again on behalf; False for one withdrawn or erased, and within the pause."""
    is_gone = registration.withdrawn_at is not None or registration.erased_at is not None
    if is_gone or not again.may_be_written(registration.link_sent_at):
        return False
    registration.link_sent_at = now()
    journal.record("registration.link_requested", registration.id, by=by, registrations=[registration.id])
    return True
