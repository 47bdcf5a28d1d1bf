"""Parts that join what somebody is registered for, chosen by the own link, or opened by an invitation or the desk."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Actor
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import (
    actions,
    anew,
    answering,
    asking,
    crowds,
    details,
    giving_up,
    history,
    moving_up,
    places,
    questions,
    undone,
    versions,
)
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.crowds import Crowds
from s3chem_events.registration.models import Registration
from s3chem_events.registration.questions import Asked, Given


class Way(StrEnum):
    """What one can have of a part in a mode."""

    FREE = "free"
    WAIT = "wait"
    FULL = "full"


def addable(registration: Registration) -> dict[Part, tuple[Mode, ...]]:
    """Return the parts that somebody can have besides, each with its modes.

    What is open to everybody, in any mode; what she gave up herself a short while ago also after that, as she had it:
    the host counts seats and meals by then. Whom organisers rejected gets no such part by asking again.
    """
    if registration.person is None or not places.parts_ahead(registration):  # who came anew has them there
        return {}
    held = {one.part_id: one for one in registration.participations}
    there, lately = publishing.open_parts(registration.event), giving_up.lately(registration)
    elsewhere, found = anew.parts_elsewhere(registration), dict[Part, tuple[Mode, ...]]()
    for part in registration.event.parts:
        mine = held.get(part.id)
        if part.id in elsewhere or (mine is not None and mine.standing is not Standing.WITHDRAWN):
            continue
        had = part.mode_of(mine.mode) if mine is not None and part.id in lately else None
        if modes := tuple(mode for mode in part.capacities if part in there or mode is had):
            found[part] = modes
    return found


def ways(event: Event, parts: Mapping[Part, Collection[Mode]]) -> dict[str, dict[Mode, Way]]:
    """Return what somebody can have of each of these parts in these modes, by its key, who comes now; one statement."""
    if not parts:
        return {}
    chosen = [(part, mode) for part, modes in parts.items() for mode in modes]
    _crowd, wanted, lists = moving_up.before_newcomers(event, chosen)
    found: dict[str, dict[Mode, Way]] = {part.key: {} for part in parts}
    for part, mode in chosen:
        limit, there = wanted[part.key, mode]
        is_free = limit is None or there < limit
        waits = Way.WAIT if (part.key, mode) in lists else Way.FULL
        found[part.key][mode] = Way.FREE if is_free else waits
    return found


def questions_of(registration: Registration, part: Part) -> tuple[Asked, ...]:
    """Return what the form asks of those who come to a part, and this person has not told yet, as asked of her.

    Who has no mailbox of her own is asked nothing here that few may read: the contact has the same link.
    """
    given = answering.of([registration.id]).get(registration.id, [])
    told, known = {one.question.id for one in given}, details.known(history.mentionable(given))
    theirs = [
        one
        for one in asking.asked_at(registration.event_id)
        if one.part == part.key
        and one.id not in told
        and not (registration.via_contact and history.is_guarded(one) and not one.required)
    ]
    keys = {one.key for one in theirs}
    asked = (one for one in theirs if one.only_if in keys or questions.condition_holds(one, known))
    return tuple(replace(one, part="", only_if=one.only_if if one.only_if in keys else "") for one in asked)


def add(
    registration: Registration, *, part_key: str, mode: Mode, may_wait: bool, given: Sequence[Given] = (), by: Actor
) -> bool:
    """Let a person of a locked event take part in one more part; in which she does already, it changes nothing: False.

    Raises:
        actions.NotOpen, capacity.Full.

    """
    there = next((one for one in registration.participations if one.part.key == part_key), None)
    if there is not None and there.standing in places.INTERESTED and registration.withdrawn_at is None:
        return False
    offered = addable(registration)
    part = next((one for one in offered if one.key == part_key), None)
    if part is None or mode not in offered[part]:
        raise actions.NotOpen
    willing = frozenset({(part_key, mode.value)}) if may_wait else frozenset[tuple[str, str]]()
    was_decided = giving_up.lately(registration).get(part.id) is Standing.CONFIRMED
    held = moving_up.places_for(registration.event, [(part, mode)], may_wait=willing)
    put_down(registration, [(part, mode)], held, decided=was_decided, by=by)
    answering.keep(registration, given, by=by)
    return True


def put_down(
    registration: Registration,
    chosen: Sequence[tuple[Part, Mode]],
    held: tuple[Crowds, list[tuple[str, str]]],
    *,
    decided: bool,
    by: Actor,
) -> None:
    """Write more places down, all of them or none; for one that she gave back she comes like a newcomer.

    `held` is who was there before, and for which of the chosen she waits (moving_up).
    """
    moment, (there, waiting) = now(), held
    before = versions.first(registration.event_id, registration.address_digest)
    for former in [one for one in registration.participations if one.part in {part for part, _mode in chosen}]:
        registration.participations.remove(former)
    db.session.flush()
    made = moving_up.participations(chosen, waiting, moment=moment, before=before, decided=decided)
    registration.participations += made
    registration.changed_at = moment
    db.session.flush()
    crowds.tell_the_page(registration.event, there)
    # Who waits now, in the line or for a decision, has no place again: her calendar must hear that she gave it up.
    undone.stop_notices(registration, [place for place in made if place.standing is Standing.CONFIRMED], by=by)
    actions.record_places(registration, by=by, added=[place.part_id for place in made])
