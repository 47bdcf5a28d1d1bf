"""Where an e-mail of ours comes back to: an envelope sender that names it, signed (VERP).

However odd a bounce is, and whatever it leaves out, the address that it arrives at says which e-mail it was.
"""

import re

from s3chem_events.core import signing

BOUNCE = "bounce"
LONGEST_LOCAL = 64
"""Octets that may stand before the @ (RFC 5321 4.5.3.1.1)."""
TAGGED = re.compile(r"\+b([0-9a-f]{1,10})-([a-z2-7]{16})@", re.IGNORECASE)


def path(sender: str, email_id: int) -> str:
    """Return the envelope sender of an e-mail: `events+b1f-<seal>@…`; one that grows too long stays without a tag."""
    local, _, domain = sender.rpartition("@")
    tagged = f"{local}+b{email_id:x}-{signing.tag(BOUNCE, str(email_id))}"
    return f"{tagged}@{domain}" if len(tagged.encode()) <= LONGEST_LOCAL else sender


def named(addresses: tuple[str, ...]) -> int | None:
    """Return which e-mail came back, as one of these addresses says; None where none carries a tag of ours."""
    for address in addresses:
        found = TAGGED.search(address)
        if found and signing.is_tag(BOUNCE, str(int(found[1], 16)), found[2]):
            return int(found[1], 16)
    return None
