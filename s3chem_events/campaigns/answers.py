"""What an e-mail does that asks to be left out (RFC 2369 3.2): its address names one follower, else a person looks."""

from s3chem_events.campaigns import actions, links, queries
from s3chem_events.core.journal import VISITOR
from s3chem_events.mailing.kinds import Unsubscribe
from s3chem_events.mailing.verdicts import Verdict, done, for_a_person


def wants_out(arrived: Unsubscribe, *, proven: bool) -> Verdict:  # noqa: ARG001 - the signed address is the proof
    """Take a follower off the list whom the address names; once more is harmless."""
    named = [number for number in map(links.who_leaves, arrived.recipients) if number is not None]
    for number in named:
        follower = queries.follower_by_id(number, lock=True)
        if follower is not None:
            actions.leave(follower, by=VISITOR)
    return done("left_the_list") if named else for_a_person("wants_out")
