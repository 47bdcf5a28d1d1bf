"""What the gate of a site or a letter of invitation wants of those who come: asked late, deleted early.

Nobody is asked before the place is confirmed, and for the gate nobody but those who come there (domain: "ask late").
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.core.values import frozen
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing import times
from s3chem_events.publishing.lifecycle import TAKING, Mode
from s3chem_events.publishing.models import Event
from s3chem_events.registration import answering, asking, entries, history, questions, uploads
from s3chem_events.registration.answering import Answered
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Answer, Consent, Details, Participation, Question, Registration
from s3chem_events.registration.questions import Asked, Given, Kind, When

HOUR = time(14)
"""When a gate closes its list, on the working day before, unless organisers say otherwise."""
SATURDAY = 5


class NotAsked(Refused):
    """Nothing is asked of this person, or not any more."""

    code = "not_asked"
    status = 409


@frozen
class Terms:
    """What an event's gate wants, and until when; `until` is nothing where nobody comes to a place."""

    asked: tuple[Asked, ...]
    until: datetime | None
    is_set: bool = False

    @property
    def are_open(self) -> bool:
        """Whether it can still be told."""
        return self.until is not None and now() < self.until


def terms(event: Event) -> Terms:
    """Return what the gate of a loaded event wants; two statements."""
    row = db.session.get(Details, event.id)
    said = end_of(row, event) if row is not None else None
    asked = asking.asked_at(event.id, when=When.AFTERWARDS)
    return Terms(asked, said or usual_end(event, asked), said is not None)


def end_of(row: Details, event: Event) -> datetime | None:
    """Return the hour that organisers set for the gate: it has moved along with the first day of the event."""
    if row.until is None or row.first_day is None:
        return row.until
    return days_on(row.until, first_day(event) - row.first_day, event.zone)


def days_on(moment: datetime, by: timedelta, zone: str) -> datetime:
    """Return the same local hour so many days on."""
    return (moment.astimezone(times.zone_info(zone)) + by).astimezone(UTC)


def first_day(event: Event) -> date:
    """Return the first day of what takes place of an event."""
    return min(part.starts_on for part in event.live_parts)


def usual_end(event: Event, asked: Iterable[Asked]) -> datetime | None:
    """Return two in the afternoon of the working day before the first day on site that its gate asks for.

    Holidays are not known here.
    """
    keys = {question.part for question in asked}
    asks_for_all = not keys or "" in keys
    live = [part for part in event.parts if part.on_site and not part.cancelled]
    days = [part.starts_on for part in live if asks_for_all or part.key in keys]
    if not days:
        return None
    day = min(days) - timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day -= timedelta(days=1)
    return times.moment(datetime.combine(day, HOUR), event.zone)


def asked_of(
    registration: Registration, asked: Iterable[Asked], *, before: Mapping[str, Any], only: Iterable[int] | None = None
) -> tuple[Asked, ...]:
    """Return which of these questions somebody is asked; `before` are her answers so far, by key.

    `only` the places of some participations count where it is given.
    """
    places = set(only) if only is not None else {one.id for one in registration.participations}
    held = [one for one in registration.participations if _is_held(registration, one) and one.id in places]
    parts = {entries.part_of(registration, one).key for one in held}
    on_site = {entries.part_of(registration, one).key for one in held if _comes(registration, one)}
    if registration.withdrawn_at is not None:
        return ()
    asked = tuple(asked)
    together = {question.key for question in asked}
    now_or_before = [one for one in asked if one.only_if in together or questions.condition_holds(one, before)]
    wants_letter = registration.letter_at is not None or any(
        one.only_if and one.only_if not in together for one in now_or_before
    )
    return tuple(
        one
        for one in now_or_before
        if (there := parts if one.when is When.LETTER else on_site)
        and (not one.part or one.part in there)
        and (one.when is not When.LETTER or wants_letter)
    )


def unheard(registration: Registration, terms: Terms, *, only: Iterable[int] | None = None) -> set[int]:
    """Return the participations for which the gate may still miss something: once it is closed, in what is to come."""
    places = set(only) if only is not None else {one.id for one in registration.participations}
    if terms.are_open:
        return places
    if registration.event.state not in TAKING:
        return set()
    parts = {one.id: entries.part_of(registration, one) for one in registration.participations}
    return {number for number in places if now() < publishing.part_ends_at(parts[number])}


def is_complete(asked: Iterable[Asked], answers: Mapping[str, Any]) -> bool:
    """Whether all that must be answered has been, and something at all."""
    asked = tuple(asked)
    due = [one for one in asked if one.required and questions.condition_holds(one, answers)]
    return all(one.key in answers for one in due) and (bool(due) or any(one.key in answers for one in asked))


def given_by(registration_id: int, *, shown_at: When | None = None) -> dict[str, Any]:
    """Return somebody's answers by key; where it is `shown_at` the page of a step, those that it may go by."""
    given = answering.of([registration_id]).get(registration_id, [])
    return known(given) if shown_at is None else shown(given, at=shown_at)


def known(given: Iterable[Answered]) -> dict[str, Any]:
    """Return answers by key."""
    return {one.question.key: one.value for one in given}


def shown(given: Sequence[Answered], *, at: When) -> dict[str, Any]:
    """Return the answers by which a page may ask whoever has the link alone: none that would tell what is hidden."""
    told = history.mentionable(given, within=at)
    return known(one for one in told if one.question.when is at or not history.is_guarded(one.question))


def fill(registration: Registration, given: Sequence[Given], *, when: When, by: Actor, openly: bool = True) -> None:
    """Keep what the gate or the letter wants, in place of what was told before; of what was asked `openly` or not.

    A file stays where no other one comes.

    Raises:
        NotAsked: nothing is asked of her, or its time is over.

    """
    before = given_by(registration.id, shown_at=None if openly else when)
    asked = asked_of(registration, asking.asked_at(registration.event_id, when=when), before=before)
    if not asked or not is_open(registration.event, when):
        raise NotAsked
    ids = {question.id for question in asked}
    stays = {one.question.id for one in given if one.question.kind is Kind.FILE and one.value is None}
    _forget(registration.id, [one for one in asked if one.id not in stays])
    answering.keep(registration, [one for one in given if one.question.id in ids], by=by)
    journal.record("details.filled", registration.id, by=by, event=registration.event_id, when=when)


def is_open(event: Event, when: When) -> bool:
    """Whether it can still be told: for the gate until its hour, for a letter until the event is over."""
    if when is When.AFTERWARDS:
        return terms(event).are_open
    return event.state in TAKING and not publishing.is_past(event)


def erase(registration: Registration, *, when: When, by: Actor, file: str = "") -> bool:
    """Delete at once what somebody told the gate or for a letter, or one `file` of it (its question's key).

    False where there is nothing.
    """
    asked = asking.asked_at(registration.event_id, retired=True, when=when)
    gone = _forget(registration.id, [one for one in asked if not file or (one.key, one.kind) == (file, Kind.FILE)])
    if when is When.LETTER and not file and registration.letter_at is not None:
        registration.letter_at, gone = None, gone + 1
    if gone:
        journal.record("details.erased", registration.id, by=by, event=registration.event_id, when=when)
    return bool(gone)


def ask_for_letter(registration: Registration, *, by: Actor) -> bool:
    """Open the questions of a letter of invitation for somebody; False where they are open already.

    Raises:
        NotAsked: she has no place, or the event writes no letters.

    """
    if registration.letter_at is not None:
        return False
    writes = bool(asking.asked_at(registration.event_id, when=When.LETTER))
    held = any(_is_held(registration, one) for one in registration.participations)
    if not writes or not held or not is_open(registration.event, When.LETTER):
        raise NotAsked
    registration.letter_at = now()
    journal.record("letter.asked", registration.id, by=by, event=registration.event_id)
    return True


def may_ask_for_letter(registration: Registration) -> bool:
    """Whether somebody has a place at an event that writes letters of invitation."""
    held = registration.withdrawn_at is None and any(_is_held(registration, p) for p in registration.participations)
    return (
        held
        and is_open(registration.event, When.LETTER)
        and bool(asking.asked_at(registration.event_id, when=When.LETTER))
    )


def expected(event: Event, wanted: Terms) -> list[tuple[Registration, bool]]:
    """Return who is asked by the gate of a loaded event, by name, and whether it is complete; three statements."""
    if not wanted.asked:
        return []
    people = confirmed_people(event)
    said: dict[int, dict[str, Any]] = {}
    rows = db.session.execute(
        db.select(Answer.registration_id, Question.key, Answer.value)
        .join(Question)
        .where(Question.event_id == event.id)
    )
    for number, key, value in rows:
        said.setdefault(number, {})[key] = value
    found = []
    for person in people:
        theirs = said.get(person.id, {})
        if asked := asked_of(person, wanted.asked, before=theirs):
            found.append((person, is_complete(asked, theirs)))
    return found


def untold_among(people: Mapping[int, Registration], event_id: int, *, until: str) -> set[int]:
    """Return which of some people, by their ids, have not told the gate of an event all; nobody at another hour."""
    theirs = [one for one in people.values() if one.event_id == event_id]
    wanted = terms(theirs[0].event) if theirs else None
    if wanted is None or wanted.until is None or not wanted.are_open or wanted.until.isoformat() != until:
        return set()
    given = answering.of([one.id for one in theirs])
    said = {one.id: known(given.get(one.id, ())) for one in theirs}
    asked = {one.id: asked_of(one, wanted.asked, before=said[one.id]) for one in theirs}
    return {number for number, wants in asked.items() if wants and not is_complete(wants, said[number])}


def confirmed_people(event: Event) -> list[Registration]:
    """Return who holds a place at a loaded event, by name."""
    query = (
        db.select(Registration)
        .filter_by(event_id=event.id, withdrawn_at=None)
        .where(Registration.participations.any(Participation.standing == Standing.CONFIRMED))
        .options(selectinload(Registration.participations).joinedload(Participation.part))
        .order_by(Registration.sort_name, Registration.id)
    )
    people = list(db.session.scalars(query))
    for person in people:
        set_committed_value(person, "event", event)
    return people


def _forget(registration_id: int, asked: Iterable[Asked]) -> int:
    asked = tuple(asked)
    ids = [one.id for one in asked]
    uploads.let_go(registration_id, ids)
    mine = Answer.registration_id == registration_id, Answer.question_id.in_(ids)
    gone = db.session.execute(db.delete(Answer).where(*mine).returning(Answer.id)).all()
    subjects = [questions.field_name(one.key) for one in asked]
    db.session.execute(
        db.delete(Consent).where(Consent.registration_id == registration_id, Consent.subject.in_(subjects))
    )
    return len(gone)


def _is_held(registration: Registration, held: Participation) -> bool:
    return held.standing is Standing.CONFIRMED and not entries.part_of(registration, held).cancelled


def _comes(registration: Registration, held: Participation) -> bool:
    return entries.part_of(registration, held).mode_of(held.mode) is Mode.ON_SITE
