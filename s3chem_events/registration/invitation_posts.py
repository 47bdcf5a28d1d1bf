"""The e-mails of invitations: sent and reminded after a hold of ten minutes in which a press calls them back."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.mailing import again
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.actions import HOLD
from s3chem_events.publishing.lifecycle import TAKING
from s3chem_events.publishing.models import Event
from s3chem_events.registration import batches, guest_list
from s3chem_events.registration.batches import Batch
from s3chem_events.registration.invitation import Invitation

SENT, REMINDED = "invitation.sent", "invitation.reminded"


class NobodyToWriteTo(Refused):
    """Everybody has been written to, or has answered."""

    code = "nobody_to_write_to"
    status = 409


class NotPublic(Refused):
    """The event is a draft, called off or over: nobody is invited to it."""

    code = "not_public"
    status = 409


def send(event: Event, *, by: Actor) -> int:
    """Have everybody on the list of a locked event invited who has not been; their e-mails wait for ten minutes.

    Raises:
        NotPublic, NobodyToWriteTo.

    """
    return _write(event, guest_list.unsent(event.id), SENT, by=by)


def remind(event: Event, *, by: Actor) -> int:
    """Have the silent reminded, whoever was written to in the last three days left out; the e-mails wait, too.

    Raises:
        NotPublic, NobodyToWriteTo.

    """
    return _write(event, guest_list.silent(event.id), REMINDED, by=by)


def _write(event: Event, invitations: Sequence[Invitation], kind: str, *, by: Actor) -> int:
    _check_public(event)
    if not invitations:
        raise NobodyToWriteTo
    key, moment = secrets.token_hex(6), now()
    for one in invitations:
        if kind == SENT:
            one.invited_at = moment
            journal.record("invitation.sent", one.id, by=by, due_at=moment + HOLD, event=event.id, batch=key)
        else:
            was = one.reminded_at.isoformat() if one.reminded_at else ""
            one.reminded_at = moment
            journal.record(
                "invitation.reminded", one.id, by=by, due_at=moment + HOLD, event=event.id, batch=key, was=was
            )
    return len(invitations)


def held(event_id: int) -> list[Batch]:
    """Return what is held back still, and can be undone."""
    return batches.held(event_id, (SENT, REMINDED))


def undo(event_id: int, key: str, *, by: Actor) -> int:
    """Call e-mails of one press back before they leave; returns how many.

    Raises:
        TooLate: they are on their way.

    """
    facts = batches.held_back(event_id, key, (SENT, REMINDED))
    there = guest_list.by_ids(fact.subject_id for fact in facts)
    for fact in facts:
        journal.call_off(fact)
        if (one := there.get(fact.subject_id)) is None:
            continue
        if fact.kind == SENT:
            one.invited_at = None
        else:
            one.reminded_at = datetime.fromisoformat(fact.data["was"]) if fact.data["was"] else None
    journal.record("invitation.sending_undone", event_id, by=by, batch=key, count=len(facts))
    return len(facts)


def send_again(event: Event, invitation: Invitation, *, by: Actor) -> bool:
    """Send one invitation once more, at once; False within a quarter of an hour, and where there is no address.

    Raises:
        NotPublic.

    """
    _check_public(event)
    written = max((at for at in (invitation.invited_at, invitation.reminded_at) if at), default=None)
    may = invitation.email and invitation.id not in guest_list.answered([invitation.id])
    if not may or not again.may_be_written(written):
        return False
    invitation.invited_at = now()
    journal.record("invitation.sent", invitation.id, by=by, event=event.id, again=True)
    return True


def _check_public(event: Event) -> None:
    if event.state not in TAKING or publishing.is_past(event):
        raise NotPublic
