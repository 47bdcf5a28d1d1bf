"""A follower's own addresses: a signed number, nothing about the person; one cannot do the other's work."""

import re

from s3chem_events.core import signing

CONFIRM = "follower-confirm"
LEAVE = "follower-leave"
LEAVE_BY_MAIL = "follower-leave-by-mail"
LONGEST_LOCAL = 64
"""Octets that may stand before the @ (RFC 5321 4.5.3.1.1)."""
TAGGED = re.compile(r"\+unsubscribe-([0-9a-f]{1,7})-([a-z2-7]{16})@", re.IGNORECASE)


def form(slug: str, *, language: str, base_url: str = "") -> str:
    """Return where anybody asks to be kept informed of an event."""
    return f"{base_url}/{language}/events/{slug}/updates"


def confirm(follower_id: int, *, language: str, base_url: str = "") -> str:
    """Return where the owner of an address says yes."""
    return f"{base_url}/{language}/updates/{signing.sign(CONFIRM, follower_id)}"


def leave(follower_id: int, *, language: str, base_url: str = "") -> str:
    """Return where a follower leaves: a page with a button, and a POST that needs nothing else (RFC 8058)."""
    return f"{base_url}/{language}/updates/{signing.sign(LEAVE, follower_id)}/leave"


def leave_by_mail(sender: str, follower_id: int) -> str:
    """Return the address to which an e-mail, whatever it says, takes a follower off the list; "" for too long a one."""
    local, _, domain = sender.rpartition("@")
    tagged = f"{local}+unsubscribe-{follower_id:x}-{signing.tag(LEAVE_BY_MAIL, str(follower_id))}"
    return f"{tagged}@{domain}" if len(tagged.encode()) <= LONGEST_LOCAL else ""


def who_leaves(address: str) -> int | None:
    """Return the number of the follower whom an address of ours takes off the list; None for any other address."""
    found = TAGGED.search(address)
    if found is None or not signing.is_tag(LEAVE_BY_MAIL, str(int(found[1], 16)), found[2]):
        return None
    return int(found[1], 16)
