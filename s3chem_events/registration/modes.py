"""How somebody takes part, changed by her link or at the desk: from the room, or its line, to the screen, or back."""

from typing import Any

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.journal import Actor
from s3chem_events.publishing.lifecycle import TAKING, Mode
from s3chem_events.publishing.queries import closes_at, part_begins_at
from s3chem_events.registration import leaving, moving_up, places, versions
from s3chem_events.registration.capacity import HOLDING, IN_LINE, Standing
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.registration.ways_back import TooLate

CHANGEABLE = IN_LINE | {Standing.CONFIRMED}
"""Who can take part in another way by herself; about who is pending organisers decide as she asked."""


def is_limited(registration: Registration) -> bool:
    """Whether places are numbered in anything that somebody takes, or took, part in: one given up is another's.

    Who waits, or waited, has none that could go to anybody.
    """
    was = leaving.stood(registration)
    held = (p for p in registration.participations if was.get(p.part_id, p.standing) is not Standing.WAITING)
    there = (p for p in held if not p.part.cancelled)
    return places.are_limited((p.part, p.part.mode_of(p.mode)) for p in there)


def other_mode(registration: Registration, participation: Participation, *, by_hand: bool = False) -> Mode | None:
    """Return the mode that a person can change to where a place is free; None where there is none.

    Who waits for a place, or is offered one, changes the line for another place.
    Into the room until registration closes: the host counts seats and meals by then; `by_hand` of an organiser, and out
    of it, until it begins.
    """
    part, event = participation.part, registration.event
    is_on = event.state in TAKING and not part.cancelled and registration.withdrawn_at is None
    is_hers = participation.standing in CHANGEABLE or (by_hand and participation.standing is Standing.PENDING)
    if not is_on or not is_hers or now() >= part_begins_at(part):
        return None
    others = [mode for mode in part.capacities if mode is not part.mode_of(participation.mode)]
    if not others or (others[0] is Mode.ON_SITE and not by_hand and now() >= closes_at(event)):
        return None
    return others[0]


def change_mode(
    registration: Registration, *, part_key: str, mode: Mode, by: Actor, by_hand: bool = False, beyond: bool = False
) -> bool:
    """Let a person of a locked event take part in another way; asked for what is so already, it changes nothing: False.

    `by_hand` of an organiser she needs no approval, and comes `beyond` the capacity, or past those who wait, if that
    was said; who was pending stays so.

    Raises:
        TooLate: there is no such choice any more.
        capacity.Full.

    """
    participation = next((p for p in registration.participations if p.part.key == part_key), None)
    if participation is None:
        raise TooLate
    part, before = participation.part, participation.part.mode_of(participation.mode)
    if before is mode and participation.standing in HOLDING:
        return False
    if other_mode(registration, participation, by_hand=by_hand) is not mode:
        raise TooLate
    there, _waits = moving_up.places_for(registration.event, [(part, mode)], beyond=by_hand and beyond)
    was, event = participation.standing, registration.event_id
    participation.mode, registration.changed_at = mode, now()
    if was in IN_LINE:
        participation.standing = moving_up.standing_in(part, decided=by_hand or participation.decided)
        participation.decided_at, participation.offered_until = registration.changed_at, None
    versions.rise(registration, [participation])
    if participation.standing is Standing.PENDING and was in IN_LINE:
        journal.record("registration.pending", registration.id, by=by, event=event, parts=[part.id])
    else:
        details: dict[str, Any] = {"part": part.id, "old": before, "new": mode, "waited": was in IN_LINE}
        journal.record("registration.mode_changed", registration.id, by=by, event=event, **details)
    moving_up.pass_on(registration.event, there)
    return True


def choose_invitations(registration: Registration, *, wanted: bool, by: Actor) -> bool:
    """Have a person's e-mails carry calendar invitations, or none. Chosen already, it changes nothing: False."""
    if registration.invitations is wanted:
        return False
    registration.invitations = wanted
    event = registration.event_id
    journal.record("registration.invitations_chosen", registration.id, by=by, event=event, wanted=wanted)
    return True
