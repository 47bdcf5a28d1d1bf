"""Several people put down on an event's list at once: all of them or nobody, decided under the event's lock."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select

from s3chem_events.core import journal
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.core.values import frozen
from s3chem_events.mailing import addresses
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import actions, anew, capacity, crowds, delegation_queries, moving_up, names
from s3chem_events.registration.actions import Applicant
from s3chem_events.registration.capacity import Standing, Which
from s3chem_events.registration.crowds import Crowds
from s3chem_events.registration.models import BlockedAddress, Delegation, Participation, Registration
from s3chem_events.registration.versions import first_of

CONTACT_PLACE = 0
Wait = tuple[int, str, str]
"""Whose place in the form (0 is the contact), the key of a part, a mode."""


class Shortage(StrEnum):
    """What a contact chose where there are fewer places than people."""

    FIRST = "first"
    ALL_WAIT = "all_wait"


class PeopleRefused(Refused):
    """Somebody of the delegation cannot be registered; `faults` maps places in the form to codes."""

    code = "people_refused"
    status = 409

    def __init__(self, faults: Mapping[int, str]) -> None:
        """Keep who it is, and why."""
        super().__init__()
        self.faults = dict(faults)


class PlacesShort(Refused):
    """There are fewer places than people, and the contact has not chosen what is to be done about it.

    `waits` says for each person, in the form's order, for what she would have to wait; `closed` is what nobody can wait
    for, `left` how many places there are.
    """

    code = "places_short"
    status = 409

    def __init__(
        self, waits: Mapping[int, frozenset[Which]], *, left: Mapping[Which, int], closed: frozenset[Which]
    ) -> None:
        """Keep what the choice is about."""
        super().__init__()
        self.waits, self.left, self.closed = dict(waits), dict(left), closed


@frozen
class Agreed:
    """What the contact chose, and what she was shown when she did: nobody waits who was not named beforehand."""

    choice: Shortage | None = None
    shown: frozenset[Wait] = frozenset()


def admit(
    event: Event, delegation: Delegation, wanted: Mapping[int, Applicant], agreed: Agreed, *, by: Actor
) -> list[Registration]:
    """Put people down on a locked event's list, in the order of the form; the number of statements is always the same.

    Raises:
        NotOpen, actions.NothingChosen, PeopleRefused, PlacesShort.

    """
    chosen = {place: actions.chosen_parts(event, one) for place, one in wanted.items()}
    people = {place: one if one.email else replace(one, email=delegation.email) for place, one in wanted.items()}
    _check_people(event, delegation, people, chosen)
    waits, there = _shared_out(event, chosen, agreed)
    db.session.add(delegation)
    db.session.flush()
    before = list(db.session.scalars(select(Registration).filter_by(delegation_id=delegation.id)))
    registered = [actions.new_registration(event, one) for one in people.values()]
    for registration in registered:
        registration.via_contact = delegation_queries.is_reached_through(delegation, registration)
        registration.delegation_id = delegation.id
    registered = _inserted(registered)
    versions = first_of(event.id, [one.address_digest for one in registered])
    held = [
        place
        for one, where in zip(registered, people, strict=True)
        for place in _places(one, chosen[where], waits[where], versions.get(one.address_digest, {}))
    ]
    db.session.execute(insert(Participation), [_row(place) for place in held])
    crowds.tell_the_page(event, there)
    _record(registered, held, handed_on(delegation, [*before, *registered]), by=by)
    return registered


def _check_people(
    event: Event,
    delegation: Delegation,
    people: Mapping[int, Applicant],
    chosen: Mapping[int, Sequence[tuple[Part, Mode]]],
) -> None:
    """Refuse who is there already, was entered twice, or whose address wants nothing to do with us."""
    persons = {place: names.person_of(one) for place, one in people.items()}
    digests = {place: addresses.digest(one.email) for place, one in people.items()}
    wanted = {person: [part.id for part, _mode in chosen[place]] for place, person in persons.items()}
    there = anew.make_way(event.id, wanted, set(digests.values()))
    blocked = set(
        db.session.scalars(
            select(BlockedAddress.address_digest).where(
                BlockedAddress.address_digest.in_({delegation.address_digest, *digests.values()}),
            )
        )
    )
    faults, seen = dict[int, str](), set[str]()
    if delegation.address_digest in blocked:
        faults[CONTACT_PLACE] = "address_blocked"
    for place, person in persons.items():
        if person in there:
            faults[place] = "already_registered"
        elif digests[place] in blocked:
            faults[place] = "address_blocked"
        elif person in seen:
            faults[place] = "entered_twice"
        seen.add(person)
    if faults:
        raise PeopleRefused(faults)


def _shared_out(
    event: Event, chosen: Mapping[int, Sequence[tuple[Part, Mode]]], agreed: Agreed
) -> tuple[dict[int, frozenset[Which]], Crowds]:
    """Return for what each person waits, as was agreed, and who was there before.

    Raises:
        PlacesShort: nothing was agreed, or something else.

    """
    every = {(part.key, mode): (part, mode) for parts in chosen.values() for part, mode in parts}
    crowd, before, lists = moving_up.before_newcomers(event, list(every.values()))
    left = {which: None if most is None else max(most - there, 0) for which, (most, there) in before.items()}
    wanted = {place: [(part.key, mode.value) for part, mode in parts] for place, parts in chosen.items()}
    waits = dict(zip(wanted, capacity.allot(list(wanted.values()), left), strict=True))
    short = frozenset[Which]().union(*waits.values())
    if not short:
        return waits, crowd
    shown = frozenset((key, mode) for _place, key, mode in agreed.shown)
    if not short - lists:
        if agreed.choice is Shortage.ALL_WAIT and short <= shown:
            return {place: short & frozenset(places) for place, places in wanted.items()}, crowd
        if agreed.choice is Shortage.FIRST and agreed.shown.issuperset(
            (place, key, mode) for place, places in waits.items() for key, mode in places
        ):
            return waits, crowd
    raise PlacesShort(waits, left={which: left[which] or 0 for which in short}, closed=short - lists)


def _inserted(registrations: Sequence[Registration]) -> list[Registration]:
    """Write registrations in one statement, which SQLAlchemy would do one by one; returns them in the same order."""
    rows = [_row(one) for one in registrations]
    made = db.session.scalars(insert(Registration).returning(Registration), rows)
    by_reference = {one.reference: one for one in made}
    found = [by_reference[one.reference] for one in registrations]
    for one, typed in zip(found, registrations, strict=True):
        for consent in typed.consents:
            consent.registration_id = one.id
            db.session.add(consent)
    return found


def _places(
    one: Registration,
    chosen: Sequence[tuple[Part, Mode]],
    waits: frozenset[Which],
    before: Mapping[int, int],
) -> list[Participation]:
    made = moving_up.participations(chosen, waits, moment=one.registered_at, before=before, decided=False)
    for place in made:
        place.registration_id = one.id
    return made


def _row(made: Registration | Participation) -> dict[str, Any]:
    """Return the columns of a row that have been given a value."""
    return {name: value for name, value in vars(made).items() if name in made.__table__.columns}


def handed_on(delegation: Delegation, people: Sequence[Registration]) -> set[int]:
    """Return who of a delegation, by id, is sent no confirmation of her own: her link is in the contact's summary.

    One mailbox gets one, whoever was entered with it: nobody has confirmed that it is theirs.
    """
    written, found = {addresses.mailbox_digest(delegation.email)}, set[int]()
    for one in sorted(people, key=lambda person: person.id):
        mailbox = addresses.mailbox_digest(one.email)
        if mailbox in written and not delegation_queries.is_contact(delegation, one):
            found.add(one.id)
        written.add(mailbox)
    return found


def _record(
    registered: Sequence[Registration], held: Sequence[Participation], quiet: Collection[int], *, by: Actor
) -> None:
    """Write down who came: each of them once."""
    details = {
        one.id: {"event": one.event_id, "delegation": one.delegation_id, "handed_on": one.id in quiet}
        for one in registered
    }
    told = set[int]()

    def those(standing: Standing) -> dict[int, dict[str, Any]]:
        found = {place.registration_id for place in held if place.standing is standing} - told
        told.update(found)
        return {number: details[number] for number in sorted(found)}

    journal.record_each("registration.confirmed", those(Standing.CONFIRMED), by=by)
    journal.record_each("registration.pending", those(Standing.PENDING), by=by)
    journal.record_each("registration.waiting", those(Standing.WAITING), by=by)
