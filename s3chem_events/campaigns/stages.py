"""What a campaign is, where it stands, and which step may follow which; pure."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from enum import StrEnum
from typing import Any

from s3chem_events.core.errors import Refused
from s3chem_events.core.values import frozen


class Kind(StrEnum):
    """What is written to many: news and an invitation to its readers, a message and thanks to an event's people."""

    NEWSLETTER = "newsletter"
    INVITATION = "invitation"
    MESSAGE = "message"
    ANNOUNCEMENT = "announcement"


TO_SUBSCRIBERS = frozenset({Kind.NEWSLETTER, Kind.INVITATION})
"""Who reads these asked for them; all others go to the people of one event, because they are registered there."""
OF_ONE_EVENT = frozenset({Kind.INVITATION, Kind.MESSAGE, Kind.ANNOUNCEMENT})


class Stage(StrEnum):
    """Where a campaign stands. `paused` also before its first e-mail: then `Why` says what a person has to decide."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    RELEASED = "released"
    SENDING = "sending"
    PAUSED = "paused"
    CANCELLED = "cancelled"


class Why(StrEnum):
    """Why a campaign is paused: somebody wanted it, a piece of it is not what was looked at, its hour has passed.

    `grown`: during the hold its readers became so many that a second organiser has to look.
    """

    NOTHING = ""
    WISH = "wish"
    EVENT_CHANGED = "event_changed"
    LATE = "late"
    GROWN = "grown"


MOVES: dict[Stage, frozenset[Stage]] = {
    Stage.DRAFT: frozenset({Stage.IN_REVIEW, Stage.RELEASED, Stage.CANCELLED}),
    Stage.IN_REVIEW: frozenset({Stage.DRAFT, Stage.RELEASED, Stage.CANCELLED}),
    Stage.RELEASED: frozenset({Stage.DRAFT, Stage.SENDING, Stage.PAUSED, Stage.CANCELLED}),
    Stage.SENDING: frozenset({Stage.PAUSED, Stage.CANCELLED}),
    Stage.PAUSED: frozenset({Stage.DRAFT, Stage.RELEASED, Stage.SENDING, Stage.CANCELLED}),
    Stage.CANCELLED: frozenset(),
}
"""Back to a draft only while nobody has been written to."""

HOLD = timedelta(minutes=10)
SECOND_LOOK_FROM = 50
"""More readers than so many want a second organiser's eyes."""
LATE = timedelta(hours=1)
"""A campaign that could not begin at its hour asks first whether it is still wanted."""


class WrongStage(Refused):
    """The campaign does not stand where this step can be taken; somebody else may have taken one."""

    code = "wrong_stage"
    status = 409


@frozen
class Audience:
    """Whom a campaign is for. Of subscribers: any of `topics`; of an event's people: all that is named must fit.

    An empty choice leaves all in. `coming` and `presence` are yes, no or unknown: "yes", "no", "silent"; `presence` is
    "absent", too: no or unknown. Who was there in one of the chosen parts counts as there, whatever the others say; who
    was not there counts as such once it is written down for all of them.
    """

    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    standings: tuple[str, ...] = ()
    coming: str = ""
    presence: str = ""

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "Audience":
        """Return what a row keeps."""
        values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in stored.items()}
        return cls(**values)

    def kept(self) -> dict[str, Any]:
        """Return what a row keeps."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def check_move(now: Stage, then: Stage) -> None:
    """Refuse a step that may not follow.

    Raises:
        WrongStage.

    """
    if then not in MOVES[now]:
        raise WrongStage(f"from {now} to {then}")
