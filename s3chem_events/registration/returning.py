"""The way back for somebody who withdrew as a whole, or whose link somebody else pressed: to all that is free still."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import CONTACT, Actor, Fact
from s3chem_events.core.values import frozen
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.publishing.models import Part
from s3chem_events.publishing.queries import part_ends_at
from s3chem_events.registration import actions, cancelled_parts, crowds, moving_up, undone, versions, ways_back
from s3chem_events.registration.capacity import IN_LINE, Full, Standing, Which
from s3chem_events.registration.models import Participation, Registration

UNDO = timedelta(hours=24)
OFF = frozenset({State.CANCELLED, State.OVER})


def may_take_back(registration: Registration) -> bool:
    """Whether a withdrawal is less than a day old, and was not the decision of an organiser."""
    if registration.withdrawn_at is None or now() >= undo_until(registration):
        return False
    last = _withdrawal(registration)
    is_this = last is not None and last.happened_at >= registration.withdrawn_at
    return is_this and is_offered(last, registration)


def is_offered(withdrawn: Fact | None, registration: Registration) -> bool:
    """Whether a withdrawal may be undone: pressed by the own link, or done for want of an answer, and not over yet."""
    if withdrawn is None or registration.event.state in OFF or not _ahead(registration):
        return False
    return ways_back.is_hers(withdrawn)


def only_waited(registration: Registration) -> bool:
    """Whether somebody who has withdrawn had no place then: she left a waiting list, or let an offer pass."""
    kinds = (*cancelled_parts.KINDS, "registration.offer_ended")
    query = select(Fact).where(Fact.kind.in_(kinds), Fact.subject_id == registration.id)
    last: Fact | None = db.session.scalar(query.order_by(Fact.id.desc()).limit(1))
    if last is None or last.kind == "registration.declined_by_calendar":
        return False
    return last.kind != "registration.withdrawn" or last.data.get("parts") == []


def was_the_contacts(registration: Registration) -> bool:
    """Whether the contact of a delegation withdrew somebody less than a day ago, and so can take that back."""
    last = _withdrawal(registration) if may_take_back(registration) else None
    return last is not None and last.by == str(CONTACT)


def undo_until(registration: Registration) -> datetime:
    """Return until when a withdrawn registration can be taken back."""
    return (registration.withdrawn_at or registration.changed_at) + UNDO


@frozen
class Prospects:
    """What of a withdrawn registration is free still, for what of the rest one can wait, and what is gone.

    `lost` is for what she only waited: her place in line is gone, and all she can do is to join its end.
    """

    free: Sequence[Participation]
    waits: Sequence[Participation]
    gone: Sequence[Participation]
    lost: Sequence[Participation]

    @property
    def full(self) -> list[Which]:
        """The parts and modes in which no place is left."""
        return [which(p) for p in (*self.waits, *self.gone)]


def which(participation: Participation) -> Which:
    """Return of what part, and how, a place is now."""
    return participation.part.key, participation.part.mode_of(participation.mode)


def prospects(registration: Registration) -> Prospects:
    """Return what somebody who withdrew would get back now: she comes like a newcomer, after everybody who waits."""
    stood = _stood(registration)
    given_up, queued = _given_up(stood), _queued(registration, stood)
    _crowd, wanted, lists = moving_up.before_newcomers(registration.event, _ways((*given_up, *queued)))
    full = {place for place, (limit, there) in wanted.items() if limit is not None and there >= limit}
    free, waits, gone = list[Participation](), list[Participation](), list[Participation]()
    for p in given_up:
        if not ways_back.is_open_to(registration, p.part):
            gone.append(p)
        else:
            (free if which(p) not in full else waits if which(p) in lists else gone).append(p)
    lost = [p for p in queued if which(p) in full & lists and ways_back.is_open_to(registration, p.part)]
    return Prospects(free, waits, gone, lost)


def take_back(
    registration: Registration, *, may_wait: frozenset[Which] = frozenset(), by: Actor
) -> list[Participation]:
    """Give a person of a locked event the places back that she withdrew from, as far as they are free.

    For the others she waits where she `may_wait`; returns those that stay gone. Taking back again changes nothing.
    In a part that is cancelled she stands again as she did, so that she is told if it is held after all.

    Raises:
        ways_back.TooLate, ways_back.InvitationUsed, actions.NotOpen, actions.AlreadyRegistered,
        capacity.Full: nothing is free, and she waits for nothing.

    """
    if registration.withdrawn_at is None:
        return []
    if not may_take_back(registration):
        raise ways_back.TooLate
    stood, there = _stood(registration), prospects(registration)
    queued = _queued(registration, stood)
    waiting = [p for p in (*there.waits, *there.lost) if which(p) in may_wait]
    if not there.free and not waiting:
        raise Full(places=there.full) if there.full else actions.NotOpen
    off = [p for p in stood if p.part.cancelled and ways_back.is_open_to(registration, p.part)]
    lost = [p for p in off if cancelled_parts.fits(p, stood[p])]
    before = crowds.of(registration.event_id)
    ways_back.come_back(registration)
    _tell_of(registration, {p: stood[p] for p in (*there.waits, *there.gone)}, by=by)
    for participation in (*there.free, *lost):
        participation.standing, participation.decided_at = stood[participation], now()
    registration.changed_at = now()
    versions.rise(registration, there.free)
    if registration.coming is False:  # she had said no
        registration.coming, registration.coming_at = True, registration.changed_at
    _queue_up(registration, waiting)
    crowds.tell_the_page(registration.event, before)
    undone.stop_notices(registration, there.free, by=by)
    _record(registration, there.free, lost=[p.part_id for p in queued if p not in waiting], by=by)
    return [p for p in (*there.waits, *there.gone) if p not in waiting]


def _tell_of(registration: Registration, lost: Mapping[Participation, Standing], *, by: Actor) -> None:
    """Have her told what does not come back, and her calendar, where no worker has written of the withdrawal yet.

    Now that she is back nothing is written of it any more.
    """
    withdrawal = _withdrawal(registration)
    if withdrawal is None or withdrawal.relayed_at is not None:
        return
    event = registration.event_id
    for p, was in lost.items():
        journal.record("registration.part_given_up", registration.id, by=by, event=event, part=p.part_id, was=was)


def _queue_up(registration: Registration, waiting: Sequence[Participation]) -> None:
    """Put somebody at the end of the line, as a newcomer."""
    ways = _ways(waiting)
    before = versions.first(registration.event_id, registration.address_digest)  # with what is removed here
    for former in waiting:
        registration.participations.remove(former)
    db.session.flush()
    registration.participations += moving_up.participations(
        ways,
        [(part.key, mode.value) for part, mode in ways],
        moment=registration.changed_at,
        before=before,
        decided=False,
    )
    db.session.flush()


def _record(registration: Registration, back: Sequence[Participation], *, lost: Sequence[int], by: Actor) -> None:
    event = registration.event_id
    if not back:
        journal.record("registration.waiting", registration.id, by=by, event=event)
        return
    details: dict[str, Any] = {"lost": lost} if lost else {}
    journal.record("registration.restored", registration.id, by=by, event=event, **details)
    if parts := [p.part_id for p in back if p.standing is Standing.PENDING]:
        journal.record("registration.pending", registration.id, by=by, event=event, parts=parts)


def take_back_for(registration: Registration, *, by: Actor) -> list[Participation]:
    """Give somebody the places back that the contact withdrew her from; her own decision stays hers.

    Raises:
        as take_back.

    """
    if registration.withdrawn_at is not None and not was_the_contacts(registration):
        raise ways_back.TooLate
    return take_back(registration, by=by)


def _given_up(stood: Mapping[Participation, Standing]) -> list[Participation]:
    """Return what can come back: who left the line has left it, and what has ended or is offered no more is over."""
    return [
        p
        for p in stood
        if not (p.part.cancelled or stood[p] in IN_LINE or _missed(p)) and p.part.mode_of(p.mode) in p.part.capacities
    ]


def _queued(registration: Registration, stood: Collection[Participation]) -> list[Participation]:
    """Return for what somebody waited when she withdrew."""
    left = (p for p in registration.participations if _left_then(p, registration) and p not in stood)
    return [p for p in left if not p.part.cancelled and p.part.mode_of(p.mode) in p.part.capacities]


def _ways(participations: Sequence[Participation]) -> list[tuple[Part, Mode]]:
    return [(p.part, p.part.mode_of(p.mode)) for p in participations]


def _withdrawal(registration: Registration) -> Fact | None:
    query = select(Fact).where(Fact.kind == "registration.withdrawn", Fact.subject_id == registration.id)
    last: Fact | None = db.session.scalar(query.order_by(Fact.id.desc()).limit(1))
    return last


def _stood(registration: Registration) -> dict[Participation, Standing]:
    """Return what somebody had before she withdrew as a whole; of the waiting list only where it is off."""
    withdrawal = _withdrawal(registration)
    data = withdrawal.data if withdrawal else {}
    off, there, pending = data.get("off", {}), data.get("parts"), data.get("pending", ())
    stood = dict[Participation, Standing]()
    for p in registration.participations:
        if not _left_then(p, registration):
            continue
        if was := off.get(str(p.part_id)):
            stood[p] = Standing(was)
        elif there is None or p.part_id in there:  # who waited for a part besides had no place there
            stood[p] = Standing.PENDING if p.part_id in pending else Standing.CONFIRMED
    return stood


def _left_then(participation: Participation, registration: Registration) -> bool:
    """Whether a place was given up with the whole; what was declined before stays declined."""
    return participation.standing is Standing.WITHDRAWN and participation.decided_at == registration.withdrawn_at


def _ahead(registration: Registration) -> bool:
    """Whether anything that was given up with the whole takes place still."""
    given_up = {p.part_id for p in registration.participations if _left_then(p, registration)}
    parts = [part for part in registration.event.parts if part.id in given_up]
    return any(not part.cancelled and now() < part_ends_at(part) for part in parts)


def _missed(participation: Participation) -> bool:
    """Whether a part has ended since a place in it was given up."""
    return participation.decided_at < part_ends_at(participation.part) <= now()
