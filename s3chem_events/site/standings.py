"""How somebody stands to what she registered for, as her own page says it: decided or not, in line or not."""

from collections import Counter

from flask_babel import ngettext

from s3chem_events.core.i18n import gettext as _
from s3chem_events.registration.capacity import IN_LINE, Standing
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.registration.places import INTERESTED


def of_parts(participations: list[Participation]) -> tuple[str, str]:
    """Say in one sentence how a person stands to what she registered for, and its kind."""
    held = [each.part for each in participations if each.standing in INTERESTED]
    if held and all(part.cancelled for part in held):
        return _("What you registered for has been cancelled. There is nothing that you have to do."), "bad"
    if any(part.cancelled for part in held):
        off = sum(part.cancelled for part in held)
        said = ngettext(
            "You are registered. One part has been cancelled: see below.",
            "You are registered. %(num)s parts have been cancelled: see below.",
            off,
        )
        return str(said), "changed"
    standings = Counter(each.standing for each in participations if not each.part.cancelled)
    if any(each.standing is Standing.OFFERED and each.part.approval for each in participations):
        return _("A place is free for you. Once you have accepted it, the organisers decide: see below."), "changed"
    return _decision(standings) or _in_line(standings) or (_("You are registered."), "good")


def only_wait(participations: list[Participation]) -> bool:
    """Whether somebody has no place in what takes place, and waits for all of it, or is offered one."""
    there = {each.standing for each in participations if each.standing in INTERESTED and not each.part.cancelled}
    return bool(there) and there <= IN_LINE


def awaited(registration: Registration) -> list[str]:
    """Say what follows where organisers have to decide."""
    if any(held.standing is Standing.PENDING for held in registration.participations):
        return [
            _("We will write to you as soon as the organisers have decided. You do not need to do anything until then.")
        ]
    return []


def _decision(standings: Counter[Standing]) -> tuple[str, str] | None:
    """Say how a decision stands, and its kind, given how she stands to how many parts; nothing where none is taken."""
    if Standing.PENDING in standings:
        if Standing.CONFIRMED in standings:
            said = ngettext(
                "You are registered. One part still waits for the organisers’ decision: see below.",
                "You are registered. %(num)s parts still wait for the organisers’ decision: see below.",
                standings[Standing.PENDING],
            )
            return str(said), "good"
        return _("We have received your registration. The organisers have not decided about it yet."), "changed"
    if Standing.REJECTED in standings:
        if Standing.CONFIRMED in standings:
            said = ngettext(
                "You are registered. One part was not accepted: see below.",
                "You are registered. %(num)s parts were not accepted: see below.",
                standings[Standing.REJECTED],
            )
            return str(said), "changed"
        if not {Standing.WAITING, Standing.OFFERED} & set(standings):
            return _("Your registration was not accepted. We are sorry that we cannot offer you a place."), "bad"
    return None


def _in_line(standings: Counter[Standing]) -> tuple[str, str] | None:
    if Standing.OFFERED in standings:
        return _("A place is free for you. It is yours once you accept it: see below."), "changed"
    if Standing.WAITING in standings:
        if Standing.CONFIRMED in standings:
            said = ngettext(
                "You are registered, and on the waiting list for one part: see below.",
                "You are registered, and on the waiting list for %(num)s parts: see below.",
                standings[Standing.WAITING],
            )
            return str(said), "good"
        return _("You are on the waiting list. You do not have a place yet."), "changed"
    return None
