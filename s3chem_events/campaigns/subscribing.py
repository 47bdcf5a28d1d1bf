"""What people do to read the newsletter: ask, confirm, choose, leave, be erased. And what the clock erases.

Nothing else subscribes anybody: no registration, no list of followers. Only an import does, with its stated basis.
"""

from collections.abc import Sequence

from s3chem_events.campaigns import audience, topics
from s3chem_events.campaigns.models import Subscriber
from s3chem_events.campaigns.subscriptions import TIME_TO_CONFIRM, Objection, Source, State
from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, insert
from s3chem_events.core.journal import Actor
from s3chem_events.core.values import frozen
from s3chem_events.mailing import addresses, again, bounces, confirming, suppression
from s3chem_events.registration import names

NOBODY = 0
"""The subject of a fact about an address that we keep nothing of."""


@frozen
class Wish:
    """What somebody entered, and beside which version of the privacy notice, in which language."""

    email: str
    language: str
    topics: Sequence[str]
    text_version: str
    text_language: str


def ask(wish: Wish, *, by: Actor) -> None:
    """Have an address asked whether it wants the newsletter.

    Known, unknown and refused addresses cost the same work: one row looked at, one fact, one ring. Who is on the list
    is sent the way to her preferences instead; whose owner once said "this was not me" is sent nothing.
    """
    digest = addresses.digest(wish.email)
    refused = suppression.objection(digest)
    if refused is not None and refused[0] == Objection.NOT_ME:
        journal.record("subscriber.asked_in_vain", NOBODY, by=by)
        return
    subscriber = _row(wish, digest)
    links_today, moment = again.within_a_day(subscriber.id, "subscriber.link_requested"), now()
    if subscriber.state is State.CONFIRMED:
        if not again.may_be_written(subscriber.mailed_at, before=links_today):
            journal.record("subscriber.asked_in_vain", subscriber.id, by=by)
            return
        subscriber.mailed_at = moment
        journal.record("subscriber.link_requested", subscriber.id, by=by)
        return
    is_over = subscriber.asked_at + TIME_TO_CONFIRM <= moment  # and to be erased
    is_new = subscriber.state is State.LEFT or subscriber.mailed_at is None or is_over
    if is_new:
        _begin(subscriber, wish)
    # The last wish holds, also where no second e-mail says so.
    subscriber.language, subscriber.topics = wish.language, topics.chosen(wish.topics)
    subscriber.text_version, subscriber.text_language = wish.text_version, wish.text_language
    if not is_new and not again.may_be_written(subscriber.mailed_at, before=subscriber.mails):
        journal.record("subscriber.asked_in_vain", subscriber.id, by=by)
        return
    subscriber.asked_at = subscriber.mailed_at = moment  # each link lives for its whole time
    subscriber.mails += 1
    journal.record("subscriber.asked", subscriber.id, by=by)


def confirm(subscriber: Subscriber, *, by: Actor) -> None:
    """Put an address on the list; her own word lifts an earlier objection. Again changes nothing."""
    if subscriber.state is State.ASKED:
        subscriber.state = State.CONFIRMED
        subscriber.confirmed_at = subscriber.touched_at = now()
        suppression.lift(subscriber.address_digest)
        confirming.confirm(subscriber.email, by=by)
        journal.record("subscriber.confirmed", subscriber.id, by=by)


def change(subscriber: Subscriber, *, language: str, about: Sequence[str], by: Actor) -> bool:
    """Let a subscriber have the newsletter in another language, about other topics; returns whether it is another wish.

    Raises:
        Invalid: no topic is left; who wants none leaves.

    """
    wanted = topics.chosen(about)
    old = {"language": subscriber.language, "topics": subscriber.topics}
    if subscriber.state is not State.CONFIRMED or old == {"language": language, "topics": wanted}:
        return False
    subscriber.language, subscriber.topics, subscriber.touched_at = language, wanted, now()
    new = {"language": language, "topics": wanted}
    journal.record("subscriber.changed", subscriber.id, by=by, old=old, new=new)
    return True


def leave(subscriber: Subscriber, *, by: Actor, because: Objection = Objection.LEFT) -> None:
    """Take an address off the list and erase it, so that no list brings it back; again changes nothing.

    Who never confirmed did not ask: nobody enters that address again.
    """
    if subscriber.state is State.LEFT:
        return
    is_hers = subscriber.state is not State.ASKED
    journal.record("subscriber.left", subscriber.id, by=by, not_me=not is_hers)
    if not is_hers:
        confirming.forget([subscriber.email])
        suppression.object_to(subscriber.address_digest, reason=Objection.NOT_ME)
        db.session.delete(subscriber)
        return
    suppression.object_to(subscriber.address_digest, reason=because)
    subscriber.state, subscriber.left_at = State.LEFT, now()
    subscriber.email, subscriber.search, subscriber.basis, subscriber.topics = "", "", "", []


def erase(subscriber: Subscriber, *, by: Actor) -> None:
    """Erase a subscriber with all that is known of her but the digest that keeps imports from bringing her back."""
    suppression.object_to(subscriber.address_digest, reason=Objection.ERASED)
    confirming.forget([subscriber.email])
    journal.record("subscriber.erased", subscriber.id, by=by)
    db.session.delete(subscriber)


def readmit(subscriber: Subscriber, *, by: Actor) -> bool:
    """Write again to an address whose e-mails came back; returns whether any were held back."""
    lifted = bounces.lift(subscriber.address_digest)
    if lifted:
        journal.record("subscriber.readmitted", subscriber.id, by=by)
    return lifted


def let_in(email: str, *, by: Actor) -> bool:
    """Let the form write to an address again whose owner once said "this was not me"; subscribes nobody.

    Other objections are lifted by their owner alone. Returns whether there was one to lift.
    """
    digest = addresses.digest(email)
    refused = suppression.objection(digest)
    if refused is None or refused[0] != Objection.NOT_ME:
        return False
    suppression.lift(digest)
    journal.record("subscriber.let_in", NOBODY, by=by)
    return True


def erase_outlived(*, by: Actor) -> int:
    """Erase who did not confirm in time; returns how many."""
    gone = db.session.scalars(
        db.delete(Subscriber)
        .where(audience.outlived(now()))
        .returning(Subscriber.id)
        .execution_options(synchronize_session=False)
    ).all()
    for subscriber_id in gone:
        journal.record("subscriber.erased", subscriber_id, by=by)
    return len(gone)


def searchable(email: str) -> str:
    """Return an address as the desk's search compares it."""
    return names.sought(email)[:300]


def _row(wish: Wish, digest: str) -> Subscriber:
    """Return the locked row of an address, made where there is none: two presses at once find the same."""
    new = {
        "email": wish.email,
        "address_digest": digest,
        "search": searchable(wish.email),
        "language": wish.language,
        "topics": topics.chosen(wish.topics),
        "state": State.ASKED,
        "source": Source.FORM,
        "asked_at": now(),
    }
    db.session.execute(insert(Subscriber).values(new).on_conflict_do_nothing())
    subscriber = audience.subscriber_at(digest, lock=True)
    assert subscriber is not None  # noqa: S101 - this transaction has just seen to it
    return subscriber


def _begin(subscriber: Subscriber, wish: Wish) -> None:
    """Let an address wait for its owner's word, as if it had never been here."""
    subscriber.email, subscriber.search = wish.email, searchable(wish.email)
    subscriber.state, subscriber.source, subscriber.mails = State.ASKED, Source.FORM, 0
    subscriber.confirmed_at = subscriber.left_at = subscriber.basis_on = subscriber.import_id = None
