"""Which passwords are good enough: long, and not among those that everybody tries first."""

import re
import unicodedata
from typing import TYPE_CHECKING

from s3chem_events.core.errors import Refused
from s3chem_events.core.later import Later

if TYPE_CHECKING:
    import zxcvbn
else:
    zxcvbn = Later("zxcvbn")  # its lists of common passwords take 13 MB

SHORTEST = 12
LONGEST = 200
ESTIMATED = 64
"""The estimate takes long for long passwords; 64 characters tell enough."""
LEAST_SCORE = 3
"""zxcvbn's "safely unguessable": over 10^8 guesses against its lists of some 30,000 common passwords."""
NAMED = 4
OWN = 6
"""Beside known words of at least 4 letters, so many characters must be the organiser's own."""
WORD_ENDS = re.compile(r"[\W_]+")
OURS = ("s3chem", "interreg", "europe", "chemical", "organiser", "conference")


SENTENCES = {
    "short": f"The password is too short: it needs {SHORTEST} characters.",
    "long": f"The password is too long: {LONGEST} characters are the most.",
    "common": "The password is guessed too easily.",
}


class WeakPassword(Refused):
    """The password is too short, too long or too easily guessed; `reason` says which."""

    code = "weak_password"
    status = 422

    def __init__(self, reason: str) -> None:
        """Keep the reason: `short`, `long` or `common`."""
        super().__init__(SENTENCES[reason], reason=reason)
        self.reason = reason


def check(password: str, *, known: tuple[str, ...] = ()) -> None:
    """Raise WeakPassword unless the password is good; `known` are words that anybody would try for this person."""
    normal = unicodedata.normalize("NFKC", password)
    if len(normal) < SHORTEST:
        raise WeakPassword("short")
    if len(normal) > LONGEST:
        raise WeakPassword("long")
    words = {part.lower() for word in (*OURS, *known) for part in (word, *WORD_ENDS.split(word)) if len(part) >= NAMED}
    if (
        len(_without(words, normal)) < OWN
        or zxcvbn.zxcvbn(normal[:ESTIMATED], user_inputs=sorted(words))["score"] < LEAST_SCORE
    ):
        raise WeakPassword("common")


def _without(words: set[str], password: str) -> str:
    """Leave out of a password what everybody knows about its owner."""
    left = password.lower()
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, "")
    return left
