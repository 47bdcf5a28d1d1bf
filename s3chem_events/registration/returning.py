"""The way back for somebody who withdrew as a whole, or whose link somebody else pressed: all parts, or none."""

from datetime import datetime, timedelta

from sqlalchemy import select

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import CONTACT, PARTICIPANT, Actor, Fact
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.publishing.models import Part
from s3chem_events.publishing.queries import part_ends_at
from s3chem_events.registration import actions, calendar_answers, cancelled_parts, moving_up, undone, versions
from s3chem_events.registration.capacity import IN_LINE, Standing
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
    return withdrawn.by in {str(PARTICIPANT), str(CONTACT)} or "silent_until" in withdrawn.data


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


def take_back(registration: Registration, *, by: Actor) -> bool:
    """Give a person the places back that she withdrew from, all of them. Taking back again changes nothing: False.

    In a part that is cancelled she stands again as she did, so that she is told if it is held after all.

    Raises:
        calendar_answers.TooLate, calendar_answers.InvitationUsed, actions.NotOpen, actions.AlreadyRegistered,
        capacity.Full.

    """
    if registration.withdrawn_at is None:
        return False
    if not may_take_back(registration):
        raise calendar_answers.TooLate
    stood = _stood(registration)
    # Who left the line has left it, and what has ended since then is over.
    given_up = [p for p in stood if not (p.part.cancelled or stood[p] in IN_LINE or _missed(p))]
    lost = [p for p in stood if p.part.cancelled and cancelled_parts.fits(p, stood[p])]
    wanted: list[tuple[Part, Mode]] = [(p.part, p.part.mode_of(p.mode)) for p in given_up]
    if not wanted or any(mode not in part.capacities for part, mode in wanted):
        raise actions.NotOpen
    taken = moving_up.held_if_free(registration.event, wanted)
    calendar_answers.come_back(registration)
    for participation in (*given_up, *lost):
        participation.standing, participation.decided_at = stood[participation], now()
    registration.changed_at = now()
    versions.rise(registration, given_up)
    if registration.coming is False:  # she had said no
        registration.coming, registration.coming_at = True, registration.changed_at
    actions.tell_the_page(wanted, taken, by=1)
    undone.stop_notices(registration, given_up, by=by)
    journal.record("registration.restored", registration.id, by=by, event=registration.event_id)
    if parts := [p.part_id for p in given_up if p.standing is Standing.PENDING]:
        journal.record("registration.pending", registration.id, by=by, event=registration.event_id, parts=parts)
    return True


def take_back_for(registration: Registration, *, by: Actor) -> bool:
    """Give somebody the places back that the contact withdrew her from; her own decision stays hers.

    Raises:
        as take_back.

    """
    if registration.withdrawn_at is not None and not was_the_contacts(registration):
        raise calendar_answers.TooLate
    return take_back(registration, by=by)


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
