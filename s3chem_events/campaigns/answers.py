"""What an e-mail does by which a reader leaves: she asks to be left out (RFC 2369 3.2), or her provider says "spam"."""

from s3chem_events.campaigns import actions, audience, links, queries, subscribing
from s3chem_events.campaigns.subscriptions import Objection
from s3chem_events.core.journal import VISITOR
from s3chem_events.mailing import bounces, suppression
from s3chem_events.mailing.kinds import Complaint, Unsubscribe
from s3chem_events.mailing.verdicts import Verdict, done, for_a_person

FOLLOWERS = "follower."


def wants_out(arrived: Unsubscribe, *, proven: bool) -> Verdict:  # noqa: ARG001 - the signed address is the proof
    """Take whom the address names off the list, a follower or a reader of the newsletter; once more is harmless.

    Where it names nobody a person looks.
    """
    followers = [number for number in map(links.who_leaves, arrived.recipients) if number is not None]
    for number in followers:
        follower = queries.follower_by_id(number, lock=True)
        if follower is not None:
            actions.leave(follower, by=VISITOR)
    readers = [one for one in map(links.who_leaves_the_newsletter, arrived.recipients) if one is not None]
    for number in readers:
        subscriber = audience.subscriber_by_id(number, lock=True)
        if subscriber is not None:
            subscribing.leave(subscriber, by=VISITOR)
    return done("left_the_list") if followers or readers else for_a_person("wants_out")


def complained(arrived: Complaint, *, proven: bool) -> Verdict:  # noqa: ARG001 - the tag is the proof
    """Send no newsletter any more to whose reader marked an e-mail of ours as spam; what she is registered for stays.

    Of an event that she followed she hears no more either. It says nothing of the address, which is as good as before.
    """
    email = bounces.complained(arrived)
    if email is None:
        return for_a_person("complaint")
    if email.kind.startswith(FOLLOWERS):
        follower = queries.follower_by_id(email.subject_id, lock=True)
        if follower is not None and follower.address_digest == email.address_digest:
            actions.leave(follower, by=bounces.POST)
    subscriber = audience.subscriber_at(email.address_digest, lock=True)
    if subscriber is not None:
        subscribing.leave(subscriber, by=bounces.POST, because=Objection.COMPLAINED)
    elif suppression.objection(email.address_digest) is None:
        suppression.object_to(email.address_digest, reason=Objection.COMPLAINED)
    return done("complained")
