"""A follower's own addresses: a signed number, nothing about the person; one cannot do the other's work."""

from s3chem_events.core import signing

CONFIRM = "follower-confirm"
LEAVE = "follower-leave"


def form(slug: str, *, language: str, base_url: str = "") -> str:
    """Return where anybody asks to be kept informed of an event."""
    return f"{base_url}/{language}/events/{slug}/updates"


def confirm(follower_id: int, *, language: str, base_url: str = "") -> str:
    """Return where the owner of an address says yes."""
    return f"{base_url}/{language}/updates/{signing.sign(CONFIRM, follower_id)}"


def leave(follower_id: int, *, language: str, base_url: str = "") -> str:
    """Return where a follower leaves: a page with a button, and a POST that needs nothing else (RFC 8058)."""
    return f"{base_url}/{language}/updates/{signing.sign(LEAVE, follower_id)}/leave"
