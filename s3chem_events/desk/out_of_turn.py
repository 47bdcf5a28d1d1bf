"""What an organiser is told before somebody gets a place out of turn: no place is left, or others wait for it."""

from collections.abc import Iterable
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from s3chem_events.core import i18n
from s3chem_events.desk import words
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Event
from s3chem_events.registration import by_hand
from s3chem_events.registration.capacity import Which


class OutOfTurn(NamedTuple):
    """What is full, by name; who keeps waiting, in sentences; what is said of places that are kept."""

    full: list[str]
    awaited: list[str]
    note: str


def told(event: Event, places: Iterable[Which]) -> OutOfTurn:
    """Return what is to be said of places of an event that somebody is given all the same."""
    parts, modes, asked = {part.key: part for part in event.parts}, words.modes(), set(places)
    ahead = by_hand.ahead(event, [(parts[key], Mode(mode)) for key, mode in asked])
    names = {
        (part.key, mode): f"{part.title.within(i18n.language())}, {modes[mode]}"
        for part in event.parts
        for mode in Mode
    }
    return OutOfTurn(
        [name for which, name in names.items() if which in ahead and ahead[which].is_full],
        [
            _("%(first)s: %(second)s", first=name, second=keeps_waiting(ahead[which].waiting))
            for which, name in names.items()
            if which in ahead and ahead[which].waiting
        ],
        kept_note(any(one.kept for one in ahead.values())),
    )


def keeps_waiting(number: int) -> str:
    """Say how many are passed over."""
    return str(
        ngettext(
            "%(num)s person who came before keeps waiting.", "%(num)s people who came before keep waiting.", number
        )
    )


def kept_note(kept: object) -> str:
    """Say why a place that looks free is none; nothing where none is kept."""
    note = _("The places of people who have just been taken off count until that can no longer be undone.")
    return str(note) if kept else ""
