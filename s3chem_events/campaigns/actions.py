"""What people do to hear of an event: ask, confirm, leave. And what the clock erases."""

from s3chem_events.campaigns import queries
from s3chem_events.campaigns.models import Follower
from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.mailing import addresses, again, confirming
from s3chem_events.publishing.models import Event
from s3chem_events.registration import identity
from s3chem_events.registration.openness import is_awaited, openness


class NothingAwaited(Refused):
    """The event takes registrations, or will not any more: there is nothing to wait for."""

    code = "nothing_awaited"
    status = 409


def ask(event: Event, *, email: str, language: str, text_version: str, text_language: str, by: Actor) -> None:
    """Have an address asked whether it wants to hear of a locked event.

    Known, unknown, confirmed and refused addresses cost the same work: two rows looked at, one fact, one ring. Who has
    said of a registration that it was not she is as if she had said it of this, too.

    Raises:
        NothingAwaited.

    """
    if not is_awaited(event, openness(event, {})):
        raise NothingAwaited
    moment, digest = now(), addresses.digest(email)
    follower, is_blocked = queries.follower_at(event.id, digest), identity.is_blocked(digest)
    is_asked = not is_blocked
    if follower is None:
        follower = Follower(
            event_id=event.id,
            email="" if is_blocked else email,
            address_digest=digest,
            language=language,
            text_version=text_version,
            text_language=text_language,
            asked_at=moment,
            mailed_at=moment,
            left_at=moment if is_blocked else None,
            mails=1,
        )
        db.session.add(follower)
        db.session.flush()
    elif is_asked and _may_be_asked_again(follower):
        follower.mails = 1 if _is_over(follower) else follower.mails + 1
        follower.asked_at = follower.mailed_at = moment  # each link lives for its whole time
        follower.language = language
    else:
        is_asked = False
    if is_asked:
        journal.record("follower.asked", follower.id, by=by, event=event.id)
    else:
        journal.record("follower.asked_in_vain", follower.id, by=by, event=event.id)


def confirm(follower: Follower, *, by: Actor) -> None:
    """Put an address on the list; again changes nothing."""
    if follower.confirmed_at is None and follower.left_at is None:
        follower.confirmed_at = now()
        confirming.confirm(follower.email, by=by)
        journal.record("follower.confirmed", follower.id, by=by, event=follower.event_id)


def leave(follower: Follower, *, by: Actor) -> None:
    """Take an address off the list and erase it; again changes nothing.

    Who never confirmed did not ask: the digest stays until the event is over, and the address cannot be entered again.
    """
    if follower.left_at is not None:
        return
    confirming.forget([follower.email])
    journal.record("follower.left", follower.id, by=by, event=follower.event_id)
    if follower.confirmed_at is not None:
        db.session.delete(follower)
    else:
        follower.email, follower.left_at = "", now()


def erase_outlived(*, by: Actor) -> int:
    """Erase who did not confirm in time, and whose event has been over for long enough; returns how many."""
    gone = db.session.execute(
        db.delete(Follower)
        .where(queries.outlived(now()))
        .returning(Follower.id, Follower.event_id, Follower.email, Follower.confirmed_at)
        .execution_options(synchronize_session=False)
    ).all()
    confirming.forget(one.email for one in gone if one.confirmed_at)  # else a stranger may have named it
    for one in gone:
        journal.record("follower.erased", one.id, by=by, event=one.event_id)
    return len(gone)


def _may_be_asked_again(follower: Follower) -> bool:
    waits = follower.confirmed_at is None and follower.left_at is None
    return waits and again.may_be_written(follower.mailed_at, before=0 if _is_over(follower) else follower.mails)


def _is_over(follower: Follower) -> bool:
    """Whether a question got no answer in its time: whoever is entered now is asked as if never entered."""
    return follower.asked_at + queries.TIME_TO_CONFIRM <= now()
