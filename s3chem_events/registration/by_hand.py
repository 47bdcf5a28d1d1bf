"""One part of somebody's registration, changed at the desk: given up, added, out of turn, in either way."""

from collections.abc import Collection
from typing import NamedTuple

from s3chem_events.core.journal import Actor
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import actions, adding, anew, crowds, giving_up, moving_up, waiting
from s3chem_events.registration.capacity import IN_LINE, Standing, Which
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.registration.places import INTERESTED, parts_ahead

FREE = (None, Standing.WITHDRAWN)
"""How somebody stands to a part that can be added; about whom was rejected there, organisers decide anew."""


class Ahead(NamedTuple):
    """Who comes before somebody: whether all places are taken, `kept` ones included, and how many wait for one."""

    is_full: bool
    kept: int
    waiting: int


def ahead(event: Event, chosen: Collection[tuple[Part, Mode]]) -> dict[Which, Ahead]:
    """Return which of these places an organiser gives only out of turn, or beyond the capacity, and who comes first."""
    crowd, wanted, _lists = moving_up.before_newcomers(event, list(chosen))
    found = dict[Which, Ahead]()
    for part, mode in chosen:
        limit, before = wanted[part.key, mode]
        if limit is not None and before >= limit:
            there = crowd.get((part.id, mode), crowds.NOBODY)
            found[part.key, mode] = Ahead(there.gone >= limit, there.kept, there.queued)
    return found


def may_leave(registration: Registration, participation: Participation) -> bool:
    """Whether somebody can be taken off one part, or its waiting list, and keeps another."""
    if participation.standing not in IN_LINE:
        return giving_up.may_give_up(registration, participation)
    return not participation.part.cancelled and len(parts_ahead(registration)) > 1


def leave(registration: Registration, *, part_key: str, by: Actor) -> bool:
    """Take a person of a locked event off one part, or its waiting list. Done again it changes nothing: False.

    Raises:
        ways_back.TooLate: there is nothing to give up, or nothing else would be left.

    """
    held = next((one for one in registration.participations if one.part.key == part_key), None)
    if held is not None and held.standing in IN_LINE and may_leave(registration, held):
        return waiting.leave(registration, part_key=part_key, by=by)
    return giving_up.give_up(registration, part_key=part_key, by=by)


def addable(registration: Registration) -> list[Part]:
    """Return the parts that an organiser can put somebody down for besides, closed ones included."""
    event, standings = registration.event, {one.part_id: one.standing for one in registration.participations}
    if registration.person is None or event.state in {State.DRAFT, State.CANCELLED}:
        return []
    there = [p for p in event.parts if standings.get(p.id) in FREE and p.capacities and not p.cancelled]
    elsewhere = anew.parts_elsewhere(registration) if there else set()
    return [part for part in there if part.id not in elsewhere]


def add(
    registration: Registration, *, part_key: str, mode: Mode, by: Actor, beyond: bool = False, waits: bool = False
) -> bool:
    """Put a person of a locked event down for one more part; for which she is already, it changes nothing: False.

    Raises:
        actions.NotOpen.
        capacity.Full: unless it may go `beyond` the capacity, or past those who wait, or she `waits`.

    """
    standings = {one.part.key: one.standing for one in registration.participations}
    if standings.get(part_key) in INTERESTED and registration.withdrawn_at is None:
        return False
    part = next((one for one in addable(registration) if one.key == part_key), None)
    if part is None or mode not in part.capacities:
        raise actions.NotOpen
    willing = frozenset({(part_key, mode.value)}) if waits else frozenset[tuple[str, str]]()
    held = moving_up.places_for(registration.event, [(part, mode)], may_wait=willing, beyond=beyond)
    adding.put_down(registration, [(part, mode)], held, decided=True, by=by)
    return True
