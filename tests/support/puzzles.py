"""What ALTCHA's widget does with a puzzle, after its documentation: count up until the digest is the right one."""

import json
from base64 import b64decode, b64encode
from hashlib import sha256


def solved(carried: str) -> str:
    """Return what the form carries back."""
    asked = json.loads(b64decode(carried))
    assert asked["algorithm"] == "SHA-256"
    for number in range(asked["maxnumber"] + 1):
        if sha256(f"{asked['salt']}{number}".encode()).hexdigest() == asked["challenge"]:
            told = {name: asked[name] for name in ("algorithm", "challenge", "salt", "signature")}
            return b64encode(json.dumps(told | {"number": number, "took": 7}).encode()).decode()
    raise AssertionError("nothing solves it")
