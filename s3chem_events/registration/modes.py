"""How somebody takes part, changed by the own link: from the room to the screen, or back where there is a seat."""

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.journal import Actor
from s3chem_events.publishing.lifecycle import TAKING, Mode
from s3chem_events.publishing.queries import closes_at, part_begins_at
from s3chem_events.registration import actions, moving_up, places, versions
from s3chem_events.registration.calendar_answers import TooLate
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Participation, Registration


def is_limited(registration: Registration) -> bool:
    """Whether places are numbered in anything that somebody takes, or took, part in: one given up is another's."""
    there = (p for p in registration.participations if not p.part.cancelled)
    return places.are_limited((p.part, p.part.mode_of(p.mode)) for p in there)


def other_mode(registration: Registration, participation: Participation) -> Mode | None:
    """Return the mode that a person can change to now; None where there is none.

    Into the room until registration closes: the host counts seats and meals by then. Out of it until it begins.
    """
    part, event = participation.part, registration.event
    is_on = event.state in TAKING and not part.cancelled and registration.withdrawn_at is None
    if not is_on or participation.standing is not Standing.CONFIRMED or now() >= part_begins_at(part):
        return None
    others = [mode for mode in part.capacities if mode is not part.mode_of(participation.mode)]
    if not others or (others[0] is Mode.ON_SITE and now() >= closes_at(event)):
        return None
    return others[0]


def change_mode(registration: Registration, *, part_key: str, mode: Mode, by: Actor) -> bool:
    """Let a person of a locked event take part in another way; asked for what is so already, it changes nothing: False.

    Raises:
        TooLate: there is no such choice any more.
        capacity.Full.

    """
    participation = next((p for p in registration.participations if p.part.key == part_key), None)
    if participation is None:
        raise TooLate
    part, before = participation.part, participation.part.mode_of(participation.mode)
    if before is mode and participation.standing is Standing.CONFIRMED:
        return False
    if other_mode(registration, participation) is not mode:
        raise TooLate
    taken = moving_up.held_if_free(registration.event, [(part, mode)])
    participation.mode, registration.changed_at = mode, now()
    versions.rise(registration, [participation])
    actions.tell_the_page([(part, mode)], taken, by=1)
    actions.tell_the_page([(part, before)], taken, by=-1)
    event = registration.event_id
    journal.record("registration.mode_changed", registration.id, by=by, event=event, part=part.id, old=before, new=mode)
    moving_up.pass_on(event)
    return True


def choose_invitations(registration: Registration, *, wanted: bool, by: Actor) -> bool:
    """Have a person's e-mails carry calendar invitations, or none. Chosen already, it changes nothing: False."""
    if registration.invitations is wanted:
        return False
    registration.invitations = wanted
    event = registration.event_id
    journal.record("registration.invitations_chosen", registration.id, by=by, event=event, wanted=wanted)
    return True
