"""Whether one can register, and what holds for it: said before anybody fills in the form."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from s3chem_events.core import i18n
from s3chem_events.core.i18n import gettext as _
from s3chem_events.publishing import audited, queries
from s3chem_events.publishing.lifecycle import State
from s3chem_events.publishing.models import Event, Part, runs_of
from s3chem_events.registration import details
from s3chem_events.registration.crowds import Crowds
from s3chem_events.registration.erasing import KEPT_FOR
from s3chem_events.registration.openness import Openness, is_awaited, openness
from s3chem_events.site.frame import project

REASONS = {
    Openness.CANCELLED: _l("This event has been cancelled."),
    Openness.OVER: _l("This event is over."),
    Openness.POSTPONED: _l("This event has been postponed. A new date will be announced."),
    Openness.INVITED: _l("This event is by invitation."),
    Openness.NOT_YET: _l("Registration is not open yet."),
    Openness.LATER: _l("Registration is not open yet."),
    Openness.FULL: _l("All places are taken."),
}
CHIPS = {
    Openness.OPEN: ("open", _l("Registration open")),
    Openness.FULL: ("full", _l("Full")),
    Openness.WAITING: ("full", _l("Full, waiting list open")),
    Openness.CANCELLED: ("cancelled", _l("Cancelled")),
    Openness.OVER: ("over", _l("Ended")),
    Openness.POSTPONED: ("moved", _l("Postponed")),
}
TAKES = frozenset({Openness.OPEN, Openness.WAITING})
"""Whoever wants to can press a button."""
DECIDED = TAKES | {Openness.FULL}
"""Places are given, or were: how many are left says something."""


def shown(event: Event, there: Crowds, lang: str) -> dict[str, Any]:
    """Return what a page shows of it: a chip, a way in or why there is none, and what holds."""
    how = openness(event, there)
    kind, text = _chip(event, how)
    open_now = queries.open_parts(event) if how in TAKES else []
    return {
        "chip_kind": kind,
        "chip_text": text,
        "register_url": f"/{lang}/events/{event.slug}/register" if open_now else "",
        "register_label": _("Join the waiting list") if how is Openness.WAITING else register_label(open_now, lang),
        "no_register_reason": _reason(event, how, lang),
        "terms": said(event, open_now, lang) if open_now else [],
        "keep_informed": is_awaited(event, how),
    }


def said(event: Event, offered: Sequence[Part], lang: str, *, decided: bool = False) -> list[str]:
    """Return the sentences about what an event offers to somebody; none where nothing is special.

    About whom it is `decided` already, an invitation has said so.
    """
    sentences = [] if decided else _approval(offered, lang)
    if event.closes_at is not None:
        closes = queries.closes_at(event)
        sentences.append(_("Registration closes on %(moment)s.", moment=i18n.stamp(closes, event.zone, lang)))
        if event.grace:
            until = i18n.clock(closes + timedelta(minutes=event.grace), event.zone, lang)
            sentences.append(_("If you open the form before then, you can still submit it until %(time)s.", time=until))
    return sentences


def at_the_entrance(event: Event, offered: Sequence[Part], lang: str) -> list[str]:
    """Say that the gate of an offered part wants details, and until when: true before that moment and after it."""
    wanted, there = details.terms(event), {part.key for part in offered if part.on_site}
    if wanted.until is None or not any(one.part in there if one.part else there for one in wanted.asked):
        return []
    return [
        _(
            "The entrance needs details from everybody who comes in person. You can give them here until %(moment)s; "
            "after that, please write to the organisers, or call them.",
            moment=i18n.stamp(wanted.until, event.zone, lang),
        )
    ]


def kept_until(event: Event, lang: str) -> str:
    """Return the day on which the addresses of an event's people are erased, in words."""
    day = max(part.ends_on for part in event.live_parts) + KEPT_FOR
    return i18n.short_range(day, day, lang)


def erasure(event: Event, lang: str) -> str:
    """Say what data are for and when addresses are erased, above the box about the privacy notice."""
    purpose, until = _("We use these data for this event only."), kept_until(event, lang)
    erased = _("E-mail addresses are erased 90 days after the event (%(date)s).", date=until)
    if event.state is State.POSTPONED:
        erased = _("E-mail addresses are erased 90 days after the event.")
    return f"{purpose} {erased}"


def name_kept(lang: str) -> str:
    """Say until when a name is kept, and what for."""
    day = audited.day_in(project())
    if day is None:
        return _("Your name is kept until the project’s audit date, as evidence for the funding programme.")
    return _(
        "Your name is kept until the project’s audit date (%(date)s), as evidence for the funding programme.",
        date=i18n.short_range(day, day, lang),
    )


def _approval(offered: Sequence[Part], lang: str) -> list[str]:
    asks = [part for part in offered if part.approval]
    if not asks:
        return []
    if len(asks) == len(offered):
        return [
            _("The organisers look at each registration. You will hear from them by e-mail whether you have a place.")
        ]
    parts = ", ".join(part.title.within(lang) for part in asks)
    return [
        _(
            "The organisers look at each registration for some parts: %(parts)s. "
            "You will hear from them by e-mail whether you have a place there.",
            parts=parts,
        )
    ]


def _reason(event: Event, how: Openness, lang: str) -> str:
    """Say why nobody can register now; empty while somebody can."""
    if how in TAKES:
        return ""
    if how is Openness.LATER and event.opens_at:
        return _("Registration opens on %(moment)s.", moment=i18n.stamp(event.opens_at, event.zone, lang))
    if how is Openness.CLOSED:
        return _("Registration closed on %(moment)s.", moment=i18n.stamp(queries.closes_at(event), event.zone, lang))
    return str(REASONS[how])


def _chip(event: Event, how: Openness) -> tuple[str, str]:
    if event.state is State.SAVE_THE_DATE and how is not Openness.OVER:
        return ("open", _("Save the date: registration open")) if how is Openness.OPEN else ("save", _("Save the date"))
    kind, said = CHIPS.get(how, ("closed", _l("Announced")))
    return kind, str(said)


def register_label(parts: Sequence[Part], lang: str) -> str:
    """Return the words of a button that leads to a registration for these parts."""
    if not parts:
        return ""
    runs = runs_of(parts)
    first, last = runs[0]
    if len(runs) == 1 and first == last:
        return _("Register for %(dates)s", dates=i18n.day_and_month(first, lang))
    # Several days are words of their own: French says `le` of one and `les` of more.
    days = i18n.short_days(runs, lang) if len(runs) > 1 else i18n.days_and_months(first, last, lang)
    return _("Register for %(days)s", days=days)
