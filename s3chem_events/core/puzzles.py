"""Puzzles that a browser solves by calculating, in the format of ALTCHA (altcha.org): its widget solves them, too.

Nothing is stored. A puzzle is signed together with what it was asked for: its solution is good for that, and until its
end. Who asks sees to it that this happens once only, as one person's registration by one form: then nothing is won by
sending it again.
"""

import hmac
import json
import secrets
from base64 import b64decode, b64encode
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from s3chem_events.core import signing
from s3chem_events.core.clock import now
from s3chem_events.core.values import frozen

PURPOSE = "puzzle"
ALGORITHM = "SHA-256"
MOST = 100_000
"""A telephone calculates so many SHA-256 through crypto.subtle in some five seconds, half of them on the average."""
LASTS = timedelta(hours=1)
LONGEST = 600


@frozen
class Puzzle:
    """Asks for the number that, behind the salt, has the digest `challenge`; solved once `number` is it."""

    salt: str
    challenge: str
    signature: str
    ends_at: datetime
    number: int | None = None

    @property
    def asked_at(self) -> datetime:
        return self.ends_at - LASTS

    @property
    def is_solved(self) -> bool:
        return self.number is not None and hmac.compare_digest(_digest(self.salt, self.number), self.challenge)

    @property
    def carried(self) -> str:
        """What the form carries of it: as ALTCHA's widget takes it unsolved, and returns it solved."""
        known = {name: value for name, value in asdict(self).items() if name not in {"ends_at", "number"}}
        asked = {"maxnumber": MOST} if self.number is None else {"number": self.number}
        return b64encode(json.dumps({"algorithm": ALGORITHM, **known, **asked}).encode()).decode()


def ask(about: str) -> Puzzle:
    """Make a puzzle for one thing."""
    ends_at = (now() + LASTS).replace(microsecond=0)
    salt = f"{secrets.token_hex(12)}?expires={int(ends_at.timestamp())}&"  # the & parts it from the number
    challenge = _digest(salt, secrets.randbelow(MOST))
    return Puzzle(salt, challenge, signing.tag(PURPOSE, f"{salt}{challenge} {about}"), ends_at)


def brought(about: str, carried: str) -> Puzzle | None:
    """Read what a form carries; None for what is made up, at its end, or asked for something else."""
    try:
        told = json.loads(b64decode(carried, validate=True)) if len(carried) <= LONGEST else None
        if not isinstance(told, dict):
            return None
        salt, challenge, signature = (str(told.get(name, "")) for name in ("salt", "challenge", "signature"))
        if not signing.is_tag(PURPOSE, f"{salt}{challenge} {about}", signature):
            return None
    except (ValueError, RecursionError):  # no base64, no JSON, no Unicode, a thousand brackets
        return None
    ends_at = datetime.fromtimestamp(int(salt.partition("expires=")[2].rstrip("&")), UTC)
    number = told.get("number")
    is_number = type(number) is int and 0 <= number <= MOST  # True is an int to Python, but no number
    return Puzzle(salt, challenge, signature, ends_at, number if is_number else None) if now() < ends_at else None


def _digest(salt: str, number: int) -> str:
    return sha256(f"{salt}{number}".encode()).hexdigest()
