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
    r"(?:user|mailbox|recipient|account|address|alias)(?: \S+)? (?:is |has been )?"
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
CALLED_BACK = re.compile(r"verification failed for <|sender (?:address )?verif", re.IGNORECASE)
"""Exim asked at our own server whether our address exists: what follows, codes and all, is about that."""
OURS = re.compile(
    r"\bspam|\bjunk|\bbulk\b|unsolicited|\bscored?\b|black.?list|block.?list|gr[ae]y.?list|\bblocked\b|"
    r"dns[bw]l|uribl|surbl|\b[cprsx]bl\b|barracuda|reputation|"
    r"\bspf\b|\bdkim\b|\bdmarc\b|policy|prohibit|rate.?limit|too many|"
    r"relay(?:ing)? (?:access )?(?:denied|not permitted)|"
    r"virus|malware|message (?:size|too (?:large|big))|content (?:rejected|refused)|(?<!to )(?<!to the )\bsender\b|"
    r"reverse dns|authenticat",
    re.IGNORECASE,
)
REFUSED = re.compile(r"\b(?:message|e?-?mail)(?: (?:was|is|has been))? (?:refused|rejected|denied)", re.IGNORECASE)
"""What was written is refused, where nothing says that nobody is there."""
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
UNKNOWN_RECIPIENT = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4", "5.7.17", "5.7.18"})
"""RFC 3463 and RFC 7293: there is no such mailbox or domain, it is closed, or somebody else has it now."""
FULL_MAILBOX = frozenset({"5.2.2"})
NOT_THE_ADDRESS = ("5.7.", "4.7.", "5.6.", "5.3.4", "5.2.3", "5.1.7", "5.1.8", "5.5.")
"""Security and policy, contents, size, our own address, and how the two servers talk with each other."""


def weight(*, permanent: bool, status: str, reason: str) -> Weight:
    """Return how much a bounce counts; the exact code before the words, the words before a code that says nothing.

    Only what says so is hard: what is unclear may be about us.
    """
    if CALLED_BACK.search(reason):
        return Weight.NONE
    if status in FULL_MAILBOX or (FULL.search(reason) and status not in UNKNOWN_RECIPIENT):
        return Weight.SOFT
    is_ours = OURS.search(reason)
    if status in UNKNOWN_RECIPIENT or (permanent and DEAD.search(reason) and not is_ours):
        return Weight.HARD
    if is_ours or status.startswith(NOT_THE_ADDRESS) or REFUSED.search(reason):
        return Weight.NONE
    return Weight.SOFT


def best_status(text: str) -> str:
    """Return the first enhanced status code in a text that says more than `5.0.0`, else the first of all."""
    found = STATUS.findall(text)
    return next((code for code in found if not code.endswith(".0.0")), next(iter(found), ""))
