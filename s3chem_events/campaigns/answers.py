"""What an e-mail does that asks to be left out (RFC 2369 3.2): its address names one reader, else a person looks."""

from s3chem_events.campaigns import actions, audience, links, queries, subscribing
from s3chem_events.core.journal import VISITOR
from s3chem_events.mailing.kinds import Unsubscribe
from s3chem_events.mailing.verdicts import Verdict, done, for_a_person


def wants_out(arrived: Unsubscribe, *, proven: bool) -> Verdict:  # noqa: ARG001 - the signed address is the proof
    """Take whom the address names off the list, a follower or a reader of the newsletter; once more is harmless."""
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
