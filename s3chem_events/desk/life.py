"""Which steps an event can take in its state, and how they are called."""

from enum import StrEnum

from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.values import frozen
from s3chem_events.publishing import queries
from s3chem_events.publishing.lifecycle import State
from s3chem_events.publishing.models import Event


class Step(StrEnum):
    """A step, as its address names it; in the order in which they are offered."""

    ANNOUNCEMENT = "announcement"
    RESCHEDULING = "rescheduling"
    MODE = "mode"
    POSTPONEMENT = "postponement"
    CANCELLATION = "cancellation"
    REVIVAL = "revival"
    CLOSING = "closing"


@frozen
class Words:
    """What is said of a step: on the list of what can be done, on its page, on its button."""

    name: str
    hint: str
    button: str


COMING = frozenset({State.SAVE_THE_DATE, State.ANNOUNCED})
FROM = {
    Step.ANNOUNCEMENT: frozenset({State.DRAFT, State.SAVE_THE_DATE, State.POSTPONED}),
    Step.RESCHEDULING: COMING | {State.POSTPONED},
    Step.MODE: COMING | {State.POSTPONED},
    Step.POSTPONEMENT: COMING,
    Step.CANCELLATION: COMING | {State.POSTPONED},
    Step.REVIVAL: COMING | {State.POSTPONED},
    Step.CLOSING: COMING | {State.OVER},
}
"""The states in which each step can be taken."""


def may_take(step: Step, event: Event) -> bool:
    """Whether an event can take a step in its state."""
    return event.state in FROM[step] and (step is not Step.REVIVAL or any(part.cancelled for part in event.parts))


def offered(event: Event) -> list[tuple[str, Words]]:
    """Return the steps that an event can take now, each with its endpoint; its end is offered once it has begun."""
    said, is_past = words(event), queries.is_past(event)
    steps = [step for step in Step if may_take(step, event) and (step is not Step.CLOSING or is_past)]
    if is_past:
        steps = [step for step in steps if step is Step.CLOSING]
    return [(f"desk.event_{step}", said[step]) for step in steps]


def words(event: Event) -> dict[Step, Words]:
    """Return what is said of each step."""
    is_over = event.state is State.OVER
    return {
        Step.ANNOUNCEMENT: Words(
            _("Publish") if event.state is State.DRAFT else _("Announce"),
            _("Hours, place and registration are known."),
            _("Publish") if event.state is State.DRAFT else _("Announce"),
        ),
        Step.RESCHEDULING: Words(
            _("Change days or hours"), _("The event moves; its page and calendar entry move with it."), _("Continue")
        ),
        Step.MODE: Words(
            _("Move online or on site"),
            _("Each part online, on site or both; everybody keeps the place."),
            _("Continue"),
        ),
        Step.POSTPONEMENT: Words(
            _("Postpone"), _("The new date is not known yet; registrations are kept."), _("Postpone")
        ),
        Step.CANCELLATION: Words(_("Cancel the event or a part"), _("Its page stays and says so."), _("Continue")),
        Step.REVIVAL: Words(_("Bring a cancelled part back"), _("It takes place after all."), _("Continue")),
        Step.CLOSING: Words(
            _("Report and material"),
            _("How it was, and where slides and recordings are."),
            _("Save") if is_over else _("Close the event"),
        ),
    }
