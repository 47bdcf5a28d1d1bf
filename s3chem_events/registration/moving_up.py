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
from s3chem_events.core.journal import LINE, Actor, Fact
from s3chem_events.publishing.lifecycle import TAKING, Mode, WaitingList
from s3chem_events.publishing.models import Event, Part
from s3chem_events.publishing.queries import part_begins_at
from s3chem_events.registration import cancelled_parts, capacity, queries
from s3chem_events.registration.capacity import IN_LINE, Standing
from s3chem_events.registration.models import Participation, Registration


def is_open(event: Event, part: Part) -> bool:
    """Whether people may wait for a place in a part, and will be given one: while an offer can still be made."""
    if event.waiting_list is WaitingList.OFF or event.state not in TAKING or part.cancelled:
        return False
    return capacity.offer_until(now(), part_begins_at(part)) is not None


def places_for(
    event: Event, chosen: Sequence[tuple[Part, Mode]], *, may_wait: frozenset[tuple[str, str]]
) -> tuple[dict[tuple[int, Mode], int], list[tuple[str, str]]]:
    """Return how many places of a locked event are held, and for which of the chosen a newcomer has to wait.

    Before a newcomer comes who has a place, who was just taken off and may be put back (registration.batches) and,
    while the list lives, whoever waits for one.

    Raises:
        capacity.Full: no place, and the person did not agree to wait for it.

    """
    crowd, wanted, lists = before_newcomers(event, chosen)
    waiting = capacity.check(wanted, may_wait=may_wait & lists)
    return {which: there.held for which, there in crowd.items()}, waiting


def before_newcomers(
    event: Event, chosen: Sequence[tuple[Part, Mode]]
) -> tuple[dict[tuple[int, Mode], queries.Crowd], dict[tuple[str, str], tuple[int | None, int]], set[tuple[str, str]]]:
    """Return who is there, the capacity of each chosen place with how many come first, and which have a living list."""
    crowd = queries.crowd(event.id)
    wanted, lists = dict[tuple[str, str], tuple[int | None, int]](), set[tuple[str, str]]()
    for part, mode in chosen:
        held, queued, kept = crowd.get((part.id, mode), queries.Crowd())
        if is_open(event, part):
            lists.add((part.key, mode))
            kept += queued
        wanted[part.key, mode] = (part.capacities[mode], held + kept)
    return crowd, wanted, lists


def participations(
    chosen: Iterable[tuple[Part, Mode]],
    waiting: Collection[tuple[str, str]],
    *,
    moment: datetime,
    before: Mapping[int, int],
    decided: bool,
) -> list[Participation]:
    """Return a newcomer's places, and those that she waits for; `before` is how often each part's entry changed.

    With `decided` an organiser has had her say about this person already.
    """
    return [
        Participation(
            part_id=part.id,
            mode=mode,
            standing=Standing.WAITING if (part.key, mode) in waiting else standing_in(part, decided=decided),
            decided_at=moment,
            changes=before.get(part.id, 0),
        )
        for part, mode in chosen
    ]


def standing_in(part: Part, *, decided: bool) -> Standing:
    """Return how somebody with a place in a part stands to it: where organisers want to, they decide first."""
    return Standing.PENDING if part.approval and not decided else Standing.CONFIRMED


def check_by_hand(
    event: Event,
    chosen: Sequence[tuple[Part, Mode]],
    *,
    beyond: bool,
    may_wait: frozenset[tuple[str, str]] = frozenset(),
) -> tuple[dict[tuple[int, Mode], int], list[tuple[str, str]]]:
    """Return how many places of a locked event are held, before an organiser gives somebody the chosen out of turn.

    Besides, those that are full, where she `may_wait` for them. Who waits may be passed over; who was just taken off
    and may be put back holds the place still.

    Raises:
        capacity.Full: unless it may go `beyond`, or she waits for it.

    """
    crowd, waiting = queries.crowd(event.id), list[tuple[str, str]]()
    if not beyond:
        wanted = dict[tuple[str, str], tuple[int | None, int]]()
        for part, mode in chosen:
            there = crowd.get((part.id, mode), queries.Crowd())
            wanted[part.key, mode] = (part.capacities.get(mode), there.held + there.kept)
        lists = {(part.key, mode) for part, mode in chosen if is_open(event, part)}
        waiting = capacity.check(wanted, may_wait=may_wait & lists)
    return {which: one.held for which, one in crowd.items()}, waiting


def held_if_free(event: Event, chosen: Sequence[tuple[Part, Mode]]) -> dict[tuple[int, Mode], int]:
    """Return how many places of a locked event are held, if somebody who comes back or changes may have the chosen.

    She comes like a newcomer: after everybody who waits, also in the minute before the clock gives a new place on.

    Raises:
        capacity.Full.

    """
    return places_for(event, chosen, may_wait=frozenset())[0]


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


def pass_on(event_id: int) -> int:
    """Give each free place of a locked event to whoever waits longest for it; returns how many were given."""
    queue = list(db.session.scalars(_waiting(event_id)))
    if not queue or _may_come_back(event_id):
        return 0
    held = queries.taken(event_id)
    given = 0
    for participation in queue:
        part, event = participation.part, participation.part.event
        mode = part.mode_of(participation.mode)
        if not is_open(event, part) or mode not in part.capacities:
            continue
        limit = part.capacities[mode]
        if limit is None or held.get((part.id, mode), 0) < limit:
            held[part.id, mode] = held.get((part.id, mode), 0) + 1
            give(participation, event)
            given += 1
    return given


def promote(
    registration: Registration,
    participation: Participation,
    *,
    by: Actor,
    pending: bool = False,
    over_capacity: bool = False,
) -> None:
    """Confirm the place of somebody who waited, or for whom it was held; `pending` until an organiser approves."""
    standing = Standing.PENDING if pending else Standing.CONFIRMED
    participation.standing, participation.decided_at, participation.offered_until = standing, now(), None
    registration.changed_at = participation.decided_at
    event, part_id = registration.event_id, participation.part_id
    if pending:
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


def _may_come_back(event_id: int) -> bool:
    """Whether an organiser has just taken people off and may put them back: nobody moves up before that is over."""
    query = select(Fact.id).where(
        Fact.relayed_at.is_(None),
        Fact.kind.in_(queries.TAKEN_OFF),
        Fact.due_at > now(),
        Fact.data["event"].as_integer() == event_id,
    )
    return db.session.scalar(query.limit(1)) is not None


def give(participation: Participation, event: Event) -> None:
    """Let somebody have a free place, or offer it to her, as the organiser chose."""
    moment = now()
    if event.waiting_list is WaitingList.AUTOMATIC:
        promote(participation.registration, participation, by=LINE, pending=participation.part.approval)
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


def _waiting(event_id: int) -> Select[Participation]:
    return in_line(event_id).where(Participation.standing == Standing.WAITING).order_by(Participation.id)


def in_line(event_id: int) -> Select[Participation]:
    """Select the places of an event, each with its part and its person."""
    return (
        select(Participation)
        .join(Participation.part)
        .join(Participation.registration)
        .where(Part.event_id == event_id)
        .options(contains_eager(Participation.part).joinedload(Part.event), contains_eager(Participation.registration))
    )
