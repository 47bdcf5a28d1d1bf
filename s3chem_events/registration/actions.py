"""What people do with registrations. Places are decided here, inside the door's transaction, under its lock."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, select

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.core.values import frozen
from s3chem_events.mailing import addresses
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.publishing.models import Event, Part
from s3chem_events.publishing.queries import open_parts
from s3chem_events.registration import anew, answering, crowds, derived, moving_up, names, places, versions
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.crowds import Crowds
from s3chem_events.registration.models import (
    BlockedAddress,
    Consent,
    Registration,
)
from s3chem_events.registration.questions import Given, When

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters and digits that nobody confuses on the telephone."""


class NotOpen(Refused):
    """The event, or a part that was asked for, takes no registration from this person now."""

    code = "not_open"


class NothingChosen(Refused):
    """No part was chosen, or a mode that the part does not offer."""

    code = "nothing_chosen"
    status = 422


class AlreadyRegistered(Refused):
    """The person is registered for the event already."""

    code = "already_registered"
    status = 409


class AddressBlocked(Refused):
    """The owner of this address does not want to be registered for this event by others."""

    code = "address_blocked"


@frozen
class Applicant:
    """A filled form. `choices` maps part keys to modes; `attempt` is the form's own random number.

    Who is entered at the desk may have a `phone` and no e-mail, and has read no notice: `privacy_version` is None.
    `may_wait` are parts and modes for which the person agreed to wait; `invited` closed parts that an invitation opens;
    `opened_at` is when the form was opened.
    """

    given_name: str
    family_name: str
    email: str
    organisation: str
    organisation_type: str
    country: str
    region: str
    language: str
    choices: dict[str, Mode]
    privacy_version: str | None
    attempt: str = ""
    phone: str = ""
    answers: tuple[Given, ...] = ()
    may_wait: frozenset[tuple[str, str]] = frozenset()
    invited: frozenset[str] = frozenset()
    opened_at: datetime | None = None


def register(event: Event, applicant: Applicant, *, by: Actor, decided: bool = False) -> Registration:
    """Register a person for the chosen parts of a locked event, all of them or none.

    The same form sent again answers with the registration that it made the first time. Who was `decided` about by an
    organiser beforehand needs no approval.

    Raises:
        NotOpen, NothingChosen, AddressBlocked, AlreadyRegistered, capacity.Full.

    """
    chosen = chosen_parts(event, applicant)
    there = _in_the_way(event, applicant, chosen, decided=decided)
    if there is not None:
        if applicant.attempt and secrets.compare_digest(there.attempt, applicant.attempt):
            return there
        raise AlreadyRegistered
    digest = addresses.digest(applicant.email)
    if db.session.scalar(_BLOCKED, {"digest": digest}):
        raise AddressBlocked
    crowd, waiting = moving_up.places_for(event, chosen, may_wait=applicant.may_wait)
    return _put_down(event, applicant, chosen, crowd, by=by, waiting=waiting, decided=decided)


def enter(event: Event, applicant: Applicant, *, by: Actor, beyond: bool = False) -> Registration:
    """Put somebody down on a locked event's list on behalf, closed parts and times included.

    `beyond` the capacity, or past those who wait, only where the organiser has said so. What the entrance wants is kept
    of who goes there alone.

    Raises:
        NotOpen, NothingChosen, AlreadyRegistered, capacity.Full.

    """
    parts = {part.key: part for part in event.parts if not part.cancelled}
    if event.state in {State.DRAFT, State.CANCELLED} or applicant.choices.keys() - parts.keys():
        raise NotOpen
    chosen = [(part, applicant.choices[key]) for key, part in parts.items() if key in applicant.choices]
    if not chosen or any(mode not in part.capacities for part, mode in chosen):
        raise NothingChosen
    if (there := _in_the_way(event, applicant, chosen)) is not None:
        raise AlreadyRegistered(reference=there.reference)
    crowd, waiting = moving_up.places_for(event, chosen, may_wait=applicant.may_wait, beyond=beyond)
    going = {part.key for part, mode in chosen if mode is Mode.ON_SITE and (part.key, mode) not in waiting}
    answers = (one for one in applicant.answers if one.question.when is When.REGISTERING or _goes(going, one))
    told = replace(applicant, answers=tuple(answers))
    return _put_down(event, told, chosen, crowd, by=by, waiting=waiting, decided=True)


def _goes(going: Collection[str], given: Given) -> bool:
    return bool(given.question.part in going if given.question.part else going)


def _in_the_way(
    event: Event, applicant: Applicant, chosen: list[tuple[Part, Mode]], *, decided: bool = False
) -> Registration | None:
    person, digest = names.person_of(applicant), addresses.digest(applicant.email) if applicant.email else ""
    return anew.make_way(event.id, {person: [part.id for part, _mode in chosen]}, [digest], decided=decided).get(person)


def _put_down(
    event: Event,
    applicant: Applicant,
    chosen: list[tuple[Part, Mode]],
    there: Crowds,
    *,
    by: Actor,
    waiting: Collection[tuple[str, str]] = (),
    decided: bool = False,
) -> Registration:
    """Write down who comes; where organisers want to approve, she is pending, unless one of them `decided`."""
    registration = new_registration(event, applicant)
    before = versions.first(event.id, registration.address_digest)
    registration.participations = moving_up.participations(
        chosen, waiting, moment=registration.registered_at, before=before, decided=decided
    )
    db.session.add(registration)
    db.session.flush()
    answering.keep(registration, applicant.answers, by=by)
    crowds.tell_the_page(event, there)
    record_places(registration, by=by)
    return registration


def record_places(registration: Registration, *, by: Actor, added: Collection[int] = ()) -> None:
    """Write down that somebody came, once, or that parts were `added`; to what else is read where it is told."""
    theirs = (p for p in registration.participations if not added or p.part_id in added)
    standings, event = {one.standing for one in theirs}, registration.event_id
    parts: dict[str, Any] = {"parts": list(added)} if added else {}
    if Standing.CONFIRMED in standings:
        journal.record("registration.confirmed", registration.id, by=by, event=event, **parts)
    elif Standing.PENDING in standings:
        journal.record("registration.pending", registration.id, by=by, event=event, **parts)
    elif Standing.WAITING in standings:
        journal.record("registration.waiting", registration.id, by=by, event=event, **parts)


def withdraw(registration: Registration, *, by: Actor) -> bool:
    """Take a person off all parts; the places are free at once. Withdrawing again changes nothing: False."""
    return bool(withdraw_each([registration], by=by))


def withdraw_each(
    registrations: Sequence[Registration],
    *,
    by: Actor,
    silent_until: date | None = None,
    due_at: datetime | None = None,
    batch: str = "",
) -> int:
    """Take people of one locked event off all parts, and pass on what they leave; returns how many were still there.

    From a part that was cancelled nobody withdraws; what she had there goes with the rest, for it may be held after
    all, and the fact keeps it (registration.returning). `silent_until` says that she did not answer by that day whether
    she still comes. The e-mail of a `batch` waits until `due_at`, and its fact keeps what has to be put back
    (registration.batches).
    """
    there = [one for one in registrations if may_withdraw(one)]
    if not there:
        return 0
    event, before, moment = there[0].event, crowds.of(there[0].event_id), now()
    details: dict[str, Any] = {"silent_until": silent_until.isoformat()} if silent_until else {}
    for registration in there:
        standings = {p: p.standing for p in registration.participations}
        end(registration, moment)
        versions.rise(registration, (p for p in standings if not p.part.cancelled))
        if batch:
            details |= {"batch": batch, "standings": {str(p.id): standing for p, standing in standings.items()}}
        moving_up.record_withdrawal(registration, standings, by=by, due_at=due_at, **details)
    moving_up.pass_on(event, before)
    return len(there)


def end(registration: Registration, moment: datetime) -> None:
    """Let a registration be withdrawn as a whole; its person may register anew."""
    for participation in registration.participations:
        if participation.standing not in places.OVER:  # what was declined or refused before keeps its moment
            participation.standing, participation.decided_at = Standing.WITHDRAWN, moment
    registration.withdrawn_at = registration.changed_at = moment
    registration.person = None


def may_withdraw(registration: Registration) -> bool:
    """Whether somebody has, or waits for, a place in a part that takes place: there is something to withdraw from."""
    is_there = registration.withdrawn_at is None and registration.erased_at is None
    return is_there and bool(places.parts_ahead(registration))


_BLOCKED = select(BlockedAddress.id).where(BlockedAddress.address_digest == bindparam("digest")).limit(1)


def chosen_parts(event: Event, applicant: Applicant) -> list[tuple[Part, Mode]]:
    choices = applicant.choices
    offered = open_parts(event, invited=applicant.invited, opened_at=applicant.opened_at)
    parts = {part.key: part for part in offered}
    if not parts or choices.keys() - parts.keys():
        raise NotOpen
    if not choices or any(mode not in parts[key].capacities for key, mode in choices.items()):
        raise NothingChosen
    return [(part, choices[key]) for key, part in parts.items() if key in choices]


def new_registration(event: Event, applicant: Applicant) -> Registration:
    """Return a registration of somebody that is not put down yet, without any places."""
    moment = now()
    fields = (
        *("given_name", "family_name", "email", "phone"),
        *("organisation", "organisation_type", "country", "region", "language"),
    )
    registration = Registration(
        event_id=event.id,
        reference="S3C-" + "".join(secrets.choice(ALPHABET) for _ in range(7)),
        attempt=applicant.attempt,
        registered_at=moment,
        changed_at=moment,
        consents=[
            Consent(
                subject="privacy",
                text_version=applicant.privacy_version,
                language=applicant.language,
                given_at=moment,
            )
        ]
        if applicant.privacy_version is not None
        else [],
        **{name: getattr(applicant, name) for name in fields},
    )
    derived.follow(registration)
    return registration
