"""What an event is, in which state, and which state may follow which; pure."""

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum

from s3chem_events.core.errors import Refused


class State(StrEnum):
    """Where an event stands in its life."""

    DRAFT = "draft"
    SAVE_THE_DATE = "save_the_date"
    ANNOUNCED = "announced"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    OVER = "over"


class Kind(StrEnum):
    """What sort of meeting it is."""

    CONFERENCE = "conference"
    WORKING_GROUP_MEETING = "working_group_meeting"
    WORKSHOP = "workshop"
    WEBINAR = "webinar"


class Visibility(StrEnum):
    """Who may come to a part."""

    PUBLIC = "public"
    INVITED = "invited"


class Mode(StrEnum):
    """How a person takes part."""

    ON_SITE = "on_site"
    ONLINE = "online"


class WaitingList(StrEnum):
    """What becomes of a place that is given back while people wait: nothing, an offer, or it is the next one's."""

    OFF = "off"
    OFFER = "offer"
    AUTOMATIC = "automatic"


MOVES: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.SAVE_THE_DATE, State.ANNOUNCED, State.OVER}),
    State.SAVE_THE_DATE: frozenset({State.DRAFT, State.ANNOUNCED, State.POSTPONED, State.CANCELLED, State.OVER}),
    State.ANNOUNCED: frozenset({State.DRAFT, State.POSTPONED, State.CANCELLED, State.OVER}),
    State.POSTPONED: frozenset({State.SAVE_THE_DATE, State.ANNOUNCED, State.CANCELLED}),
    State.CANCELLED: frozenset(),
    State.OVER: frozenset(),
}
"""Back to a draft goes only what nobody is registered for (publishing.booked)."""
LISTED = frozenset(State) - {State.DRAFT}
"""The states in which the public sees an event."""
TAKING = frozenset({State.SAVE_THE_DATE, State.ANNOUNCED})
"""The states in which an event may take registrations."""
POSTPONED_FOR = timedelta(days=365)
"""So long after its old days a postponed event is awaited, and those who follow it wait for its new date."""


class WrongMove(Refused):
    """One state cannot follow the other."""

    code = "wrong_move"
    status = 409


class NotADraft(Refused):
    """Only a draft can be deleted: what was public is cancelled, and its page says so."""

    code = "not_a_draft"
    status = 409


def waits(state: State) -> timedelta:
    """Return how long after its days an event is still awaited: a postponed one for a year."""
    return POSTPONED_FOR if state is State.POSTPONED else timedelta()


def mode_now(chosen: Mode, offered: Collection[Mode]) -> Mode:
    """How somebody takes part who chose a mode: as chosen, or in the only way that is left (docs/decisions/0010).

    What people chose is kept: when a part goes online, and back again, each is where she was.
    """
    return chosen if chosen in offered or len(offered) != 1 else next(iter(offered))


def check_move(before: State, after: State) -> None:
    """Raise WrongMove where an event cannot go from one state to the other."""
    if before != after and after not in MOVES[before]:
        raise WrongMove(before=before, after=after)
