"""What came of a try, and when the next one is; pure."""

from datetime import timedelta
from enum import StrEnum
from random import Random

from s3chem_events.core.values import frozen
from s3chem_events.mailing.letters import State

WAITS = tuple(timedelta(minutes=m) for m in (1, 3, 6, 15, 30, 60, 120, 240, 480, 720, 1440, 1440))
"""Between two tries of one e-mail; greylists let through after five minutes. Four days in all (RFC 5321 4.5.4.1)."""
RESTS = tuple(timedelta(seconds=s) for s in (5, 15, 30, 60))
"""How long a server in trouble is left alone; short: all is delivered within a minute after it has recovered."""
SPREAD = 0.2
"""Jitter: what was put off together does not come back together."""


class Outcome(StrEnum):
    """How a try ended, and what other servers told of it later."""

    SENT = "sent"
    LATER = "later"
    NEVER = "never"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"
    OUTLIVED = "outlived"
    REPEATED = "repeated"
    INTERRUPTED = "interrupted"
    BOUNCED = "bounced"
    DELAYED = "delayed"
    COMPLAINED = "complained"


@frozen
class Result:
    """The answer to one try. `trouble` says that the server is at fault, not this e-mail."""

    outcome: Outcome
    code: int | None = None
    text: str = ""
    trouble: bool = False


STATES = {
    Outcome.SENT: State.SENT,
    Outcome.LATER: State.DEFERRED,
    Outcome.NEVER: State.FAILED,
    Outcome.UNKNOWN: State.UNKNOWN,
    Outcome.SUPPRESSED: State.SUPPRESSED,
    Outcome.OUTLIVED: State.CANCELLED,
    Outcome.REPEATED: State.CANCELLED,
    Outcome.INTERRUPTED: State.DEFERRED,
}
AGAIN = frozenset({Outcome.LATER, Outcome.UNKNOWN, Outcome.INTERRUPTED})


def wait_after(attempts: int, random: Random) -> timedelta | None:
    """Return how long to wait after so many tries; None where it is time to give up."""
    if attempts > len(WAITS):
        return None
    return WAITS[max(attempts, 1) - 1] * random.uniform(1, 1 + SPREAD)


def rest_after(troubles: int) -> timedelta:
    """Return how long a server is left alone after so many troubles in a row."""
    return RESTS[min(troubles, len(RESTS)) - 1]
