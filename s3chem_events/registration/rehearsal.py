"""What would become of a change if it were told: who hears of it, in which words, and what calendars would show.

Nothing is written: the event is changed in memory alone, and what was changed is thrown away.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import field
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, select, true

from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.core.values import frozen
from s3chem_events.mailing import render, rewording, samples
from s3chem_events.mailing.letters import Draft, Letter, Letterhead
from s3chem_events.mailing.samples import Alike, Sample
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.becoming import announcement, changed_to
from s3chem_events.publishing.changes import WORDED, Change, Difference, Sort
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.known import Known
from s3chem_events.publishing.lifecycle import Mode, State, Visibility
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import believed, queries
from s3chem_events.registration.capacity import UNSCHEDULED, Standing
from s3chem_events.registration.emails import changed
from s3chem_events.registration.heard import FIRST, Heard
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.registration.places import INTERESTED


@frozen
class Unreachable:
    """Somebody who is registered without an e-mail address: to be called."""

    id: int
    name: str
    organisation: str
    reference: str
    phone: str


@frozen
class Stands:
    """How somebody takes part in which parts, by their keys, and whether her e-mails carry calendar invitations."""

    ways: frozenset[tuple[str, tuple[Mode, Standing]]]
    invited: bool


@frozen
class Audience:
    """Whom a change concerns: how many get an e-mail in each language, who has to be called, whom it leaves alone.

    `known` says how many of those who are told know which revision, `entries` the same of those who are written to, by
    how they take part in parts whose entries change in their calendars, and `news` what they are told; so many of the
    e-mails `ask` whether their readers still come, where they may. `alike` are those who are written
    to, by how they stand: see `Stands`.
    """

    languages: Mapping[str, int]
    unreachable: tuple[Unreachable, ...]
    unconcerned: int
    known: Mapping[int, int] = field(default_factory=dict)
    news: AbstractSet[Change] = frozenset()
    entries: Mapping[believed.Way, Mapping[int, int]] = field(default_factory=dict)
    ask: int = 0
    alike: tuple[Alike, ...] = ()

    @property
    def emails(self) -> int:
        """How many e-mails would leave."""
        return sum(self.languages.values())


class _Reader(NamedTuple):
    language: str
    email: bool
    invitations: bool
    via_contact: bool


@frozen
class Rehearsal:
    """A change as it would be told. `letters` are real e-mails, each that differs once; `calendar` old and new entries.

    `news` is all that anybody is told; `besides` is what was saved before in silence, and is told with it to those who
    do not know it yet. `closing` is when registration, which has been open, closes from now on, where it moves along
    though nobody said so, with how many of those who are told believe which moment so far.
    """

    difference: Difference
    news: Difference
    audience: Audience
    letters: tuple[Sample, ...]
    calendar: tuple[believed.Moved, ...]
    besides: Difference
    closing: tuple[Mapping[datetime, int], datetime] | None


def rehearse(
    event: Event,
    facts: EventFacts,
    *,
    letterhead: Letterhead,
    language: str,
    until: str = "",
    since: int = 0,
) -> Rehearsal:
    """Return what would become of a loaded event if it were changed to these facts and people were told.

    `until` is the day by which they are asked whether they still come, if they are.
    `since` is the revision before all that is held back already, where that is not the newest. The session is rolled
    back: what was loaded before is read anew.

    Raises:
        PartInUse: a part that is gone is held by somebody.

    """
    since = since or event.revision
    heard = listening(event, facts, since=since)
    difference = heard.known.since(since)
    told = audience(event, difference, heard=heard)
    knowing = told.known or {since: 0}
    there = {number: believed.known(event, number, letterhead, language) for number in {since, *knowing}}
    fact = announcement(event, since=since, until=until)  # reads the event anew, with all its parts, before people's
    readers = samples.tried(told.alike)
    some = list(queries.registrations_by_ids(one.first for one in readers).values())
    wordings = rewording.in_force()

    def write(draft: Draft) -> Letter:
        return render.written(draft, letterhead, at=fact.happened_at, wordings=wordings)

    with changed_to(event, facts, letterhead.base_url):
        after, closes = believed.entries_of(event, letterhead, language), publishing.closes_at(event)
        moves = event.closes_at is None and publishing.takes_registrations_from(event) is not None
        drafts = {one.subject_id: one for one in changed.drafts(event, some, fact, letterhead, heard=heard)}
        letters = samples.samples(readers, drafts, write)
    news = heard.known.since(min(knowing)).only(told.news | {*difference.changes})
    besides = news.only(told.news - {*difference.changes})
    touched = believed.moved(there, after, _seen(difference, told, since))
    closings = believed.closing_as_known(there, knowing, closes)
    closing = (closings, closes) if closings and moves else None
    return Rehearsal(difference, news, told, letters, touched, besides, closing)


def _seen(difference: Difference, told: Audience, since: int) -> Mapping[believed.Way, Mapping[int, int]]:
    """Return whose entries change; those that nobody who is written to has stand in public calendars all the same."""
    held = {key for key, _mode in told.entries}
    public = [part.key for part in difference.after.parts if part.visibility is Visibility.PUBLIC]
    besides = [key for key in public if key not in held and difference.seen_in_calendars(key)]
    return {**{(key, Mode.ON_SITE): {since: 0} for key in besides}, **told.entries}


def listening(event: Event, facts: EventFacts, *, since: int) -> Heard:
    """Return what the people of a loaded event know, of which `facts` are to become true.

    Who has no e-mail address has been called about the changes that were told since she was entered.
    """
    known, told = Known(event, facts), _told_before(event.id, since)
    people = select(Registration.id).where(Registration.event_id == event.id, Registration.withdrawn_at.is_(None))
    entered = select(Fact.subject_id, func.min(Fact.id)).where(
        Fact.kind.in_(FIRST), Fact.subject_id.in_(people.where(Registration.email == ""))
    )
    called = {one: max(known.at(first), told) for one, first in db.session.execute(entered.group_by(Fact.subject_id))}
    return Heard(known, since=since, among=people, called=called)


def _told_before(event_id: int, since: int) -> int:
    """Return the revision of which people were told last before a change; 0 where they have not been told of any."""
    query = select(Fact.data).where(Fact.kind == "event.changed", Fact.subject_id == event_id)
    told = (data for data in db.session.scalars(query) if not data.get("called_off") and "misled" not in data)
    return max((data["revision"] for data in told if data["revision"] <= since), default=0)


def is_heard(event: Event, difference: Difference) -> bool:
    """Whether a change concerns anybody who is registered, with an address or without."""
    if {change.sort for change in difference.changes} <= WORDED | {Sort.PLACE, Sort.LINK}:  # language and mode decide
        heard = audience(event, difference)
        return bool(heard.emails or heard.unreachable)
    keys = _concerned(difference)
    query = _people(event.id).join(Part, Part.id == Participation.part_id).where(Part.key.in_(keys)).limit(1)
    return db.session.execute(query).first() is not None


def audience(
    event: Event, announced: Difference, *, among: ColumnElement[bool] | None = None, heard: Heard | None = None
) -> Audience:
    """Return whom a change of a loaded event concerns, in a fixed number of statements however many there are.

    `among` is a condition on the registrations; with `heard` each is told what is news to her, be it announced or not.
    """
    keys = {part.id: part.key for part in event.parts}
    people: dict[int, tuple[_Reader, dict[str, tuple[Mode, Standing]]]] = {}
    for registration_id, language, email, invitations, via_contact, part_id, mode, standing in db.session.execute(
        _people(event.id).where(true() if among is None else among)
    ):
        reader = _Reader(language, email, invitations, via_contact)
        people.setdefault(registration_id, (reader, {}))[1][keys[part_id]] = (mode, standing)

    @cache
    def tells(since: int | None, parts: frozenset[tuple[str, tuple[Mode, Standing]]], language: str) -> Difference:
        difference = announced if since is None or heard is None else heard.known.since(since)
        return changed.concerns(difference, dict(parts)).read_in(render.spoken(language))

    off = {part.key for part in announced.after.parts if part.cancelled or announced.after.state is State.CANCELLED}
    languages, to_call, unconcerned, ask = dict[str, int](), list[int](), 0, 0
    knowing, news, touched = Counter[int](), set[Change](), defaultdict[believed.Way, Counter[int]](Counter)
    alike = defaultdict[tuple[_Reader, int | None, frozenset[tuple[str, tuple[Mode, Standing]]]], list[int]](list)
    for registration_id, (reader, parts) in people.items():
        known = heard.number(registration_id) if heard else None
        theirs = frozenset(parts.items())
        if not (told := tells(known, theirs, reader.language)):
            unconcerned += 1
            continue
        held = {key for key, (_mode, standing) in parts.items() if standing not in UNSCHEDULED}
        news.update(told.changes)
        if known is not None:
            knowing[known] += 1
            for key in filter(told.seen_in_calendars, held if reader.email else ()):
                touched[key, parts[key][0]][known] += 1
        if reader.email:
            languages[reader.language] = languages.get(reader.language, 0) + 1
            ask += bool(held - off)
            alike[reader, known, theirs].append(registration_id)
        else:
            to_call.append(registration_id)
    readers = tuple(
        Alike(reader.language, ids[0], len(ids), Stands(theirs, reader.invitations and not reader.via_contact))
        for (reader, _known, theirs), ids in alike.items()
    )
    return Audience(languages, _unreachable(to_call), unconcerned, knowing, news, touched, ask, readers)


def audience_of(event: Event, difference: Difference, fact: Fact, *, heard: Heard | None = None) -> Audience:
    """Return whom a change that is held back will be told: who registered since has seen the event as it is."""
    return audience(event, difference, among=Registration.registered_at <= fact.happened_at, heard=heard)


def misled(event: Event, back: Difference, undone: Fact) -> int:
    """Return how many participants hold e-mails that carry what has just been undone; `back` leads back from it."""
    return audience(event, back, among=queries.misled(undone.data.get("first", undone.id))).emails


def _people(event_id: int) -> Select[int, str, bool, bool, bool, int, Mode, Standing]:
    return (
        select(
            Registration.id,
            Registration.language,
            Registration.email != "",
            Registration.invitations,
            Registration.via_contact,
            Participation.part_id,
            Participation.mode,
            Participation.standing,
        )
        .join(Participation)
        .where(
            Registration.event_id == event_id,
            Registration.withdrawn_at.is_(None),
            Registration.erased_at.is_(None),
            Participation.standing.in_(INTERESTED),
        )
        .order_by(Registration.id)
    )


def _unreachable(ids: list[int]) -> tuple[Unreachable, ...]:
    found = db.session.scalars(select(Registration).where(Registration.id.in_(ids)).order_by(Registration.sort_name))
    return tuple(
        Unreachable(one.id, one.full_name, one.organisation, one.reference, one.phone) for one in (found if ids else ())
    )


def _concerned(difference: Difference) -> set[str]:
    """Return the keys of the parts whose people hear of a change."""
    if difference.sorts():
        return {part.key for part in difference.after.parts} - difference.lost
    return {change.part for change in difference.changes}
