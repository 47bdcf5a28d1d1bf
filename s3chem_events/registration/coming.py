"""What follows when people are asked after a change whether they still come: kept, withdrawn, asked again, released."""

from datetime import timedelta

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.models import Event
from s3chem_events.registration import actions, inquiries, queries
from s3chem_events.registration.inquiries import Inquiry
from s3chem_events.registration.models import Registration
from s3chem_events.registration.places import SEATED

PAUSE = timedelta(days=1)
"""Between two reminders of the same question."""


class NothingAsked(Refused):
    """Nobody asks any more, or the person has no place to keep."""

    code = "nothing_asked"
    status = 410


class RemindedLately(Refused):
    """The silent were reminded less than a day ago."""

    code = "reminded_lately"
    status = 409


class NotYet(Refused):
    """The day until which places are kept without an answer has not passed."""

    code = "not_yet"
    status = 409


def may_answer(registration: Registration) -> bool:
    """Whether a person is asked now, and has something that she could keep."""
    going = [p for p in registration.participations if p.standing in SEATED and not p.part.cancelled]
    return registration.withdrawn_at is None and bool(going) and _open(registration.event) is not None


def answer(registration: Registration, *, comes: bool, by: Actor) -> bool:
    """Keep what a person says: no withdraws her. Said twice it changes nothing: False.

    Raises:
        NothingAsked: there is no question, or nothing to keep.

    """
    if registration.withdrawn_at is not None and not comes:
        return False
    inquiry = _open(registration.event)
    if inquiry is None or not may_answer(registration):
        raise NothingAsked
    if inquiries.said(registration, inquiry) is comes:
        return False
    registration.coming, registration.coming_at = comes, now()
    if comes:
        journal.record("registration.still_coming", registration.id, by=by, event=registration.event_id)
    else:
        actions.withdraw(registration, by=by)
    return True


def ask_again(event: Event, *, by: Actor) -> None:
    """Have the silent reminded, at most once a day.

    Raises:
        NothingAsked: there is no question, or nobody who could be written to is silent.
        RemindedLately.

    """
    inquiry = _open(event)
    if inquiry is None or not inquiries.silent_ids(event.id, inquiry, most=1):
        raise NothingAsked
    last = inquiries.reminded_at(event.id, inquiry)
    if last is not None and now() < last + PAUSE:
        raise RemindedLately
    journal.record("event.asked_again", event.id, by=by, inquiry=inquiry.fact_id)


def release(event: Event, *, by: Actor, most: int) -> int:
    """Withdraw the next of the silent, once their day has passed; returns how many. Who answers meanwhile stays.

    Raises:
        NothingAsked, NotYet.

    """
    inquiry = _open(event)
    if inquiry is None:
        raise NothingAsked
    if inquiry.until is None or not inquiry.is_over(event.zone):
        raise NotYet
    silent = map(queries.registration_by_id, inquiries.silent_ids(event.id, inquiry, most=most))
    return actions.withdraw_each([one for one in silent if one], by=by, silent_until=inquiry.until)


def _open(event: Event) -> Inquiry | None:
    """Return what is asked now; after the event nobody is asked any more, and the desk still sees the answers."""
    return None if publishing.is_past(event) else inquiries.current(event)
