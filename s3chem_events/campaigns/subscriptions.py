"""Where a subscription stands and where it came from; pure."""

from datetime import timedelta
from enum import StrEnum


class State(StrEnum):
    """Asked for and not confirmed yet; on the list; left, with nothing readable kept."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    LEFT = "left"


class Source(StrEnum):
    """How somebody came onto the list."""

    FORM = "form"
    IMPORT = "import"


class Objection(StrEnum):
    """Why nobody may put an address onto the list but its owner; stored with the digest."""

    LEFT = "left"
    NOT_ME = "not_me"
    ERASED = "erased"
    COMPLAINED = "complained"


TIME_TO_CONFIRM = timedelta(days=7)
ZONE = "Europe/Brussels"
"""The clock of what belongs to no event."""
HIDDEN = "•••"


def masked(address: str) -> str:
    """Return an address as its owner knows it again and nobody else can use it: `a•••@p•••.example`.

    A newsletter that is forwarded carries its reader's links with it.
    """
    local, _, domain = address.rpartition("@")
    name, _, ending = domain.rpartition(".")
    return f"{local[:1]}{HIDDEN}@{name[:1]}{HIDDEN}.{ending}" if name else f"{local[:1]}{HIDDEN}@{HIDDEN}"
