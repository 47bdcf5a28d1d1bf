"""How much a bounce counts against an address; pure.

What an address can do nothing about does not count: a refusal of our server, or of what we wrote. A mailbox that is
full today may be empty tomorrow.
"""

import re
from datetime import timedelta
from enum import StrEnum

MOST_SOFT = 5
WINDOW = timedelta(days=30)
"""So many soft bounces in so long are as good as a hard one; older ones are forgotten."""


class Weight(StrEnum):
    """How much a bounce counts."""

    HARD = "hard"
    SOFT = "soft"
    NONE = "none"


DEAD = re.compile(
    r"(?:user|mailbox|recipient|account|address|alias)(?: \S+)? (?:is )?"
    r"(?:unknown|not found|disabled|inactive|suspended)|"
    r"(?:user|mailbox|recipient|account|address|alias)(?: \S+)? (?:does(?:n'| no)t|not) exist|"
    r"(?:unknown|no such|invalid|non-?existent) (?:local )?(?:user|mailbox|recipient|account|address|alias|domain)|"
    r"no mailbox here|does(?:n'| no)t have (?:a|an) \S+ account|unrouteable|mailbox unavailable|"
    r"(?:host|domain)(?: or domain)?(?: name)? (?:not found|unknown|does not exist)|"
    r"recipient address rejected: access denied",
    re.IGNORECASE,
)
FULL = re.compile(
    r"quota|mailbox (?:is |size )?(?:full|exceed)|out of (?:storage|space)|insufficient (?:disk|storage)", re.IGNORECASE
)
OURS = re.compile(
    r"\bspam|unsolicited|black.?list|block.?list|blocked (?:by|using|for)|dns[bw]l|\brbl\b|barracuda|reputation|"
    r"\bspf\b|\bdkim\b|\bdmarc\b|policy|rate.?limit|too many|relay(?:ing)? (?:access )?(?:denied|not permitted)|"
    r"virus|malware|message (?:size|too (?:large|big))|content (?:rejected|refused)|sender (?:address )?rejected|"
    r"reverse dns|authenticat",
    re.IGNORECASE,
)
UNKNOWN_RECIPIENT = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4", "5.7.17", "5.7.18"})
"""RFC 3463 and RFC 7293: there is no such mailbox or domain, it is closed, or somebody else has it now."""
FULL_MAILBOX = frozenset({"5.2.2"})
NOT_THE_ADDRESS = ("5.7.", "4.7.", "5.6.", "5.3.4", "5.2.3", "5.1.7", "5.1.8", "5.5.")
"""Security and policy, contents, size, our own address, and how the two servers talk with each other."""


def weight(*, permanent: bool, status: str, reason: str) -> Weight:
    """Return how much a bounce counts; the exact code before the words, the words before a code that says nothing."""
    if status in FULL_MAILBOX or (FULL.search(reason) and status not in UNKNOWN_RECIPIENT):
        return Weight.SOFT
    is_dead = status in UNKNOWN_RECIPIENT or (permanent and DEAD.search(reason))
    if is_dead and (status in UNKNOWN_RECIPIENT or not OURS.search(reason)):
        return Weight.HARD
    if OURS.search(reason) or status.startswith(NOT_THE_ADDRESS):
        return Weight.NONE
    return Weight.SOFT if not permanent or status.startswith(("5.2.", "5.3.", "5.4.")) else Weight.HARD
