"""Where somebody stands in line, in words."""

from flask_babel import ngettext

from s3chem_events.core import i18n
from s3chem_events.core.i18n import gettext as _
from s3chem_events.publishing.lifecycle import TAKING
from s3chem_events.publishing.models import Event
from s3chem_events.registration import waiting
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Participation


def is_kept(held: Participation, event: Event) -> bool:
    """Whether a place that is offered can be accepted by nobody now: the event or the part is off."""
    return held.standing is Standing.OFFERED and (event.state not in TAKING or held.part.cancelled)


def how_it_stands(held: Participation, event: Event, lang: str) -> str:
    """Say in words where somebody stands in line; or that an offer has ended; nothing else."""
    if is_kept(held, event):
        return _("We are keeping this place for you. If it takes place after all, we will offer it to you anew.")
    if held.offered_until:
        return _of_an_offer(held, i18n.stamp(held.offered_until, event.zone, lang))
    if held.standing is not Standing.WAITING:
        return ""
    ahead = waiting.ahead_of(held)
    if not ahead:
        return _("You are next in line. We will write to you as soon as a place becomes free; we cannot promise one.")
    said: str = ngettext(
        "%(num)s person is ahead of you. We will write to you as soon as it is your turn; we cannot promise a place.",
        "%(num)s people are ahead of you. We will write to you as soon as it is your turn; we cannot promise a place.",
        ahead,
    )
    return said


def _of_an_offer(held: Participation, until: str) -> str:
    if held.standing is Standing.OFFERED and held.part.approval:
        return _(
            "We are holding this place for you until %(moment)s. Once you have accepted it, the organisers decide.",
            moment=until,
        )
    if held.standing is Standing.OFFERED:
        return _("We are holding this place for you until %(moment)s.", moment=until)
    if held.standing is Standing.WITHDRAWN and held.offered_until and held.offered_until <= held.decided_at:
        return _(
            "We had held a place for you until %(moment)s. No answer reached us by then, so it has gone to the next "
            "person, and you are no longer on the waiting list.",
            moment=until,
        )
    return ""
