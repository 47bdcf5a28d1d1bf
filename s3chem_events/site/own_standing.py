"""How a part stands for somebody on the own page, in words."""

from collections.abc import Collection, Mapping

from s3chem_events.core.i18n import gettext as _
from s3chem_events.publishing.lifecycle import State
from s3chem_events.registration.capacity import HOLDING, Said, Standing
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.site.frame import Translated, translated

OFF = "cancelled"


def how(
    registration: Registration, held: Participation, lost: Collection[int], left: Mapping[int, Standing]
) -> tuple[str, str]:
    """Return how a part stands, and the kind of its chip; `lost` are the parts that were hers until they fell away.

    `left` is how she stood to what she has left (registration.leaving).
    """
    is_off = held.part.cancelled or registration.event.state is State.CANCELLED
    if is_off and (held.standing is not Standing.WITHDRAWN or held.part_id in lost):
        return _("Cancelled"), OFF
    if registration.event.state is State.POSTPONED and held.standing in HOLDING:
        return _("Postponed"), "moved"
    if held.standing is Standing.WITHDRAWN and left.get(held.part_id) is Standing.WAITING:
        return _("No longer on the waiting list"), "over"
    return {
        Standing.CONFIRMED: (_("Confirmed"), "open"),
        Standing.WITHDRAWN: (_("Withdrawn"), "over"),
        Standing.WAITING: (_("Waiting list"), "full"),
        Standing.OFFERED: (_("A place is offered to you"), "moved"),
        Standing.PENDING: (_("Awaiting decision"), "moved"),
        Standing.REJECTED: (_("Not accepted"), OFF),
    }[held.standing]


def why(held: Participation, kind: str, lang: str) -> Translated:
    """Return why somebody was not accepted, or why a part that is shown as off does not take place."""
    if held.standing is Standing.REJECTED:
        return Translated(held.decision_reason, lang)
    return translated(held.part.reason, lang) if held.part.cancelled and kind == OFF else Translated("", lang)


def said(held: Participation) -> str:
    """Say what the person's calendar answered."""
    return {
        Said.ACCEPTED: _("You accepted in your calendar."),
        Said.TENTATIVE: _("You answered “maybe” in your calendar."),
        Said.DECLINED: _("You declined in your calendar."),
    }.get(held.answer, "")
