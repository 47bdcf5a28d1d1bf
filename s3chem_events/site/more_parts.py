"""What somebody can take part in besides, as her own page and the page of one part say it."""

from collections.abc import Collection

from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.values import frozen
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.words import modes as mode_words
from s3chem_events.registration import adding, returning
from s3chem_events.registration.adding import Way
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.links import PARTS
from s3chem_events.registration.models import Registration
from s3chem_events.site.queueing import in_words
from s3chem_events.site.views import EventView, PartView

WAIT = "wait"


@frozen
class MorePart:
    """A part that can be added; without a `url` where it is full and nobody can wait."""

    part: PartView
    url: str


@frozen
class Button:
    """One way to take part: what the button sends, and says."""

    value: str
    label: str
    waits: bool = False


def offered(registration: Registration, event: EventView, own_url: str) -> list[MorePart]:
    """Return the parts that somebody can add, as they stand on the event's page."""
    ways = adding.ways(registration.event, adding.addable(registration))
    return [
        MorePart(part, f"{own_url}/{PARTS}/{part.key}" if set(ways[part.key].values()) - {Way.FULL} else "")
        for part in event.parts
        if part.key in ways
    ]


def gone(registration: Registration, keys: Collection[str], lang: str) -> str:
    """Name those of some parts in which somebody who has come back has no place."""
    held = [one for one in registration.participations if one.part.key in keys and one.standing is Standing.WITHDRAWN]
    return in_words(registration.event, map(returning.which, held), lang)


def buttons(ways: dict[Mode, Way], lang: str) -> list[Button]:
    """Return the buttons of a part: one for each way that is free, or for which one can wait."""
    modes = mode_words(lang)
    free = {Mode.ON_SITE: _("Come in person"), Mode.ONLINE: _("Take part online")}
    made = []
    for mode, way in ways.items():
        if way is Way.FREE:
            made.append(Button(mode.value, free[mode] if len(ways) > 1 else _("Take part in this too")))
        elif way is Way.WAIT:
            words = _("Put me on the waiting list")
            label = _("%(first)s: %(second)s", first=modes[mode], second=words) if len(ways) > 1 else words
            made.append(Button(f"{mode.value} {WAIT}", label, waits=True))
    return made


def pressed(value: str) -> tuple[Mode, bool] | None:
    """Return how somebody wants to take part, and whether she would wait for it; None for what no button sends."""
    mode, _space, wait = value.partition(" ")
    return (Mode(mode), wait == WAIT) if mode in set(Mode) and wait in {"", WAIT} else None
