"""The confirmation once more, for somebody who no longer finds it; never often, since an e-mail is an e-mail."""

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.mailing import again
from s3chem_events.publishing.lifecycle import State
from s3chem_events.registration.capacity import Standing
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
    return holds and bool(registration.email) and registration.withdrawn_at is None


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
