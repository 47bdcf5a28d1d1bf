"""What people and organisers do with the waiting list: accept a place, leave the list, give a place by hand."""

from sqlalchemy import func, select

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import TAKING
from s3chem_events.publishing.models import Part
from s3chem_events.registration import actions, capacity, crowds, moving_up, offers, places
from s3chem_events.registration.capacity import IN_LINE, Standing
from s3chem_events.registration.models import Participation, Registration

PLACE = "place"
"""The last words of the address at which a person answers an offer, or leaves the list."""


class OfferOver(Refused):
    """The offer ended before it was accepted, and the place has gone on."""

    code = "offer_over"
    status = 410


class NotWaiting(Refused):
    """The person neither waits for this place nor is offered one."""

    code = "not_waiting"
    status = 409


def accept(registration: Registration, *, part_key: str, by: Actor) -> bool:
    """Accept the place that a person of a locked event is offered. Accepting again changes nothing: False.

    Raises:
        OfferOver, NotWaiting, actions.NotOpen.

    """
    participation = _theirs(registration, part_key)
    if participation.standing in {Standing.CONFIRMED, Standing.PENDING}:
        return False
    if participation.standing is not Standing.OFFERED:
        raise OfferOver if participation.offered_until else NotWaiting
    if registration.event.state not in TAKING or participation.part.cancelled:
        raise actions.NotOpen
    until = offers.ends_at(participation, publishing.revisions(registration.event_id))
    if until is None or until <= now():
        raise OfferOver  # the clock gives it to the next one within a minute
    moving_up.promote(registration, participation, by=by)
    return True


def leave(registration: Registration, *, part_key: str, by: Actor) -> bool:
    """Take a person off the list for one part, or decline her offer; a place that was held goes to the next one.

    Leaving again changes nothing: False.
    """
    participation = _theirs(registration, part_key)
    if participation.standing not in IN_LINE:
        return False
    before, participation.offered_until = crowds.of(registration.event_id), None
    moving_up.leave(registration, participation)
    event, part = registration.event_id, participation.part_id
    journal.record("registration.left_waiting_list", registration.id, by=by, event=event, parts=[part])
    moving_up.pass_on(registration.event, before)
    return True


def give_place(registration: Registration, *, part_key: str, by: Actor, over_capacity: bool = False) -> bool:
    """Give a place of a locked event to somebody who waits, out of turn. Who has one already keeps it: False.

    Raises:
        NotWaiting, actions.NotOpen.
        capacity.Full: unless it may be one more than there are.

    """
    participation = _theirs(registration, part_key)
    if participation.standing is Standing.CONFIRMED:
        return False
    if participation.standing not in IN_LINE:
        raise NotWaiting
    part = participation.part
    mode = part.mode_of(participation.mode)
    if registration.event.state not in TAKING or part.cancelled or mode not in part.capacities:
        raise actions.NotOpen
    before = crowds.of(registration.event_id)
    if participation.standing is Standing.WAITING and not over_capacity:
        gone = before.get((part.id, mode), crowds.NOBODY).gone
        capacity.check({(part.key, mode): (part.capacities[mode], gone)})
    moving_up.promote(registration, participation, by=by, by_hand=True, over_capacity=over_capacity)
    crowds.tell_the_page(registration.event, before)
    return True


def ahead_of(participation: Participation) -> int:
    """Return how many wait for the same place and came before."""
    mode = places.MODE
    query = (
        select(func.count(Participation.id))
        .join(Part, Part.id == Participation.part_id)
        .where(
            Participation.part_id == participation.part_id,
            Participation.standing == Standing.WAITING,
            mode.in_([participation.part.mode_of(participation.mode)]),
            Participation.id < participation.id,
        )
    )
    return db.session.scalar(query) or 0


def _theirs(registration: Registration, part_key: str) -> Participation:
    found = next((p for p in registration.participations if p.part.key == part_key), None)
    if found is None:
        raise NotWaiting
    return found
