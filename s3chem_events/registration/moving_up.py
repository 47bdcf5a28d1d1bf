"""Who moves up: a place that becomes free goes to whoever has waited longest for it, as the organiser chose.

All of it happens under the event's lock, in the transaction in which the place becomes free; what nobody's press
causes (a capacity that was raised, an event that takes place again) the clock looks after, each minute.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import LINE, Actor
from s3chem_events.publishing.lifecycle import Mode, WaitingList
from s3chem_events.publishing.models import Event, Part
from s3chem_events.publishing.queries import part_begins_at
from s3chem_events.registration import cancelled_parts, capacity, crowds, places
from s3chem_events.registration.capacity import IN_LINE, Standing
from s3chem_events.registration.crowds import Crowds
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.registration.queries import AT_ONCE


def places_for(
    event: Event,
    chosen: Sequence[tuple[Part, Mode]],
    *,
    may_wait: frozenset[tuple[str, str]] = frozenset(),
    beyond: bool = False,
) -> tuple[Crowds, list[tuple[str, str]]]:
    """Return who is there in a locked event, and for which of the chosen a newcomer has to wait.

    Before a newcomer comes who has a place, who was just taken off and may be put back (registration.batches) and,
    while the list lives, whoever waits for one.

    Raises:
        capacity.Full: no place, and the person did not agree to wait for it; unless an organiser has said that it may
            go `beyond` the capacity, or past those who wait.

    """
    crowd, wanted, lists = before_newcomers(event, chosen)
    return crowd, [] if beyond else capacity.check(wanted, may_wait=may_wait & lists)


def before_newcomers(
    event: Event, chosen: Sequence[tuple[Part, Mode]]
) -> tuple[Crowds, dict[tuple[str, str], tuple[int | None, int]], set[tuple[str, str]]]:
    """Return who is there, the capacity of each chosen place with how many come first, and which have a living list."""
    crowd = crowds.of(event.id)
    wanted: dict[tuple[str, str], tuple[int | None, int]] = {
        (part.key, mode): (part.capacities.get(mode), crowds.before_newcomer(event, part, mode, crowd))
        for part, mode in chosen
    }
    return crowd, wanted, {(part.key, mode) for part, mode in chosen if crowds.has_line(event, part)}


def participations(
    chosen: Iterable[tuple[Part, Mode]],
    waiting: Collection[tuple[str, str]],
    *,
    moment: datetime,
    before: Mapping[int, int],
    decided: bool,
) -> list[Participation]:
    """Return a newcomer's places, and those that she waits for; `before` is how often each part's entry changed.

    With `decided` an organiser has had her say about this person already, also where she has to wait first.
    """
    return [
        Participation(
            part_id=part.id,
            mode=mode,
            standing=Standing.WAITING if (part.key, mode) in waiting else standing_in(part, decided=decided),
            decided_at=moment,
            decided=decided,
            changes=before.get(part.id, 0),
        )
        for part, mode in chosen
    ]


def standing_in(part: Part, *, decided: bool) -> Standing:
    """Return how somebody with a place in a part stands to it: where organisers want to, they decide first."""
    return Standing.PENDING if part.approval and not decided else Standing.CONFIRMED


def before_if_free(event: Event, chosen: Sequence[tuple[Part, Mode]]) -> Crowds:
    """Return who is there in a locked event, if somebody who comes back or changes may have the chosen places.

    She comes like a newcomer: after everybody who waits, also in the minute before the clock gives a new place on.

    Raises:
        capacity.Full.

    """
    return places_for(event, chosen)[0]


def record_withdrawal(
    registration: Registration,
    before: Mapping[Participation, Standing],
    *,
    by: Actor,
    due_at: datetime | None = None,
    **details: Any,
) -> None:
    """Write down that somebody withdrew as a whole: from the places she had, or from the waiting list alone.

    What she had in parts that were cancelled is no place that she gives up: it is kept as what is `off`.
    """
    live = {p: standing for p, standing in before.items() if not p.part.cancelled}
    kept = cancelled_parts.kept(before)
    waited = [p.part_id for p, standing in live.items() if standing in IN_LINE]
    given_up = [p.part_id for p, standing in live.items() if standing in {Standing.CONFIRMED, Standing.PENDING}]
    event = registration.event_id
    if pending := [p.part_id for p, standing in live.items() if standing is Standing.PENDING]:
        details["pending"] = pending  # they never were in the calendar
    if waited and not given_up and due_at is None:
        journal.record("registration.left_waiting_list", registration.id, by=by, event=event, parts=waited, **kept)
        return
    if kept or len(given_up) < len(before):  # she waited for the rest, or has left it before
        details["parts"] = given_up
    journal.record("registration.withdrawn", registration.id, by=by, due_at=due_at, event=event, **details, **kept)


def pass_on(event: Event, before: Crowds) -> int:
    """Give each free place of a locked event to whoever waits longest for it; returns how many were given.

    What is kept for who was just taken off is not free. Whoever waits comes before a newcomer, as whoever holds a
    place does: giving it changes no word on the page, which is told what changed since `before`. At most so many at a
    time are given as are written at once; the clock goes on with the rest.
    """
    there, given = crowds.tell_the_page(event, before), 0
    for part in event.parts:
        for mode, limit in part.capacities.items() if crowds.has_line(event, part) else ():
            crowd = there.get((part.id, mode), crowds.NOBODY)
            free = min(crowd.queued, AT_ONCE - given, crowd.queued if limit is None else limit - crowd.gone)
            for participation in _next_in_line(part, mode, free):
                give(participation, event)
                given += 1
    return given


def promote(
    registration: Registration,
    participation: Participation,
    *,
    by: Actor,
    by_hand: bool = False,
    over_capacity: bool = False,
) -> None:
    """Give a place to somebody who waited, or for whom it was held: hers if it was done `by_hand`, or once approved."""
    standing = standing_in(participation.part, decided=by_hand or participation.decided)
    participation.standing, participation.decided_at, participation.offered_until = standing, now(), None
    registration.changed_at = participation.decided_at
    event, part_id = registration.event_id, participation.part_id
    if standing is Standing.PENDING:
        journal.record("registration.pending", registration.id, by=by, event=event, parts=[part_id])
        return
    journal.record("registration.promoted", registration.id, by=by, event=event, part=part_id, over=over_capacity)


def leave(registration: Registration, participation: Participation) -> None:
    """Take somebody off the line for a part; who has nothing left of the event has withdrawn from it."""
    moment = now()
    participation.standing, participation.decided_at = Standing.WITHDRAWN, moment
    registration.changed_at = moment
    others = select(Participation.id).where(
        Participation.registration_id == registration.id,
        Participation.id != participation.id,
        Participation.standing.not_in({Standing.WITHDRAWN, Standing.REJECTED}),
    )
    if db.session.scalar(others.limit(1)) is None:
        registration.withdrawn_at, registration.person = moment, None


def give(participation: Participation, event: Event) -> None:
    """Let somebody have a free place, or offer it to her, as the organiser chose."""
    moment = now()
    if event.waiting_list is WaitingList.AUTOMATIC:
        promote(participation.registration, participation, by=LINE)
        return
    until = capacity.offer_until(moment, part_begins_at(participation.part))
    participation.standing, participation.decided_at, participation.offered_until = Standing.OFFERED, moment, until
    journal.record(
        "registration.place_offered",
        participation.registration_id,
        by=LINE,
        event=event.id,
        part=participation.part_id,
        until=f"{until:%Y-%m-%dT%H:%M:%SZ}",
    )


def _next_in_line(part: Part, mode: Mode, number: int) -> Sequence[Participation]:
    if number <= 0:
        return ()
    theirs = (Participation.part_id == part.id, Participation.standing == Standing.WAITING, places.MODE.in_([mode]))
    query = in_line(part.event_id).where(*theirs).order_by(Participation.id)
    return db.session.scalars(query.limit(number)).all()


def in_line(event_id: int) -> Select[Participation]:
    """Select the places of an event, each with its part and its person."""
    return (
        select(Participation)
        .join(Participation.part)
        .join(Participation.registration)
        .where(Part.event_id == event_id)
        .options(contains_eager(Participation.part).joinedload(Part.event), contains_eager(Participation.registration))
    )
