"""What becomes of an event, told to those who are registered: each concerned person one e-mail for one change."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from s3chem_events.core import i18n
from s3chem_events.core.journal import Fact
from s3chem_events.core.values import frozen
from s3chem_events.mailing import render
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.publishing import headlines, telling
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.changes import Difference, Sort
from s3chem_events.publishing.known import Known
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import entries, queries
from s3chem_events.registration.capacity import IN_LINE, UNSCHEDULED, Standing
from s3chem_events.registration.emails.composing import Writer
from s3chem_events.registration.heard import Heard
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.registration.places import INTERESTED

Pairs = Sequence[tuple[Part, Mode]]
Ways = Mapping[str, tuple[Mode, Standing]]
"""How somebody takes part in parts by their keys, and whether the place is hers."""


@frozen
class _Places:
    """Somebody's parts, each with how she takes part: which take place, where she holds a place, or is not sure of one.

    `seen` and `lost` are what changes in her calendar.
    """

    chosen: Pairs
    there: Pairs
    held: Pairs
    unsure: Mapping[Standing, Pairs]
    only_waits: bool
    seen: Pairs
    lost: Pairs


def event_changed(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Tell the registered what changed since a revision; compared with the event as it is when this is written.

    Works through thousands, fifty at a time, and passes over those whose e-mail stands in the outbox already: a worker
    that was stopped in the midst goes on where it was.
    """
    for fact in facts:
        event = publishing.event_by_id(fact.subject_id)
        if event is None or fact.data.get("called_off"):
            continue
        known, since = Known(event), fact.data["since"]
        if known.since(since):
            among = queries.misled(fact.data["misled"]) if "misled" in fact.data else None
            for registrations in queries.to_be_told(event, fact, among=among):
                heard = Heard(known, since=since, among=[one.id for one in registrations])
                yield from list(drafts(event, registrations, fact, letterhead, heard=heard))


def drafts(
    event: Event,
    registrations: Sequence[Registration],
    fact: Fact,
    letterhead: Letterhead,
    *,
    heard: Heard,
) -> Iterator[Draft]:
    """Write what some registered people are told; whom nothing concerns that is new to her is told nothing.

    Each reads the difference to what she heard last: what was saved in silence since is news to her, too.
    """
    writer = Writer(letterhead)
    keys = {part.id: part.key for part in event.parts}
    for registration in registrations:
        going = [p for p in registration.participations if p.standing in INTERESTED]
        parts = {keys[p.part_id]: (p.mode, p.standing) for p in going}
        theirs = concerning(heard.news(registration.id), event, registration, parts)
        if theirs:
            yield _draft(writer, fact, registration, theirs, going)


def concerning(difference: Difference, event: Event, registration: Registration, parts: Ways) -> Difference | None:
    """Return what a person is told of a change, given how she takes part in what; None where nothing concerns her."""
    if not parts or registration.event_id != event.id or registration.withdrawn_at is not None:
        return None
    return concerns(difference, parts).read_in(render.spoken(registration.language)) or None


def concerns(difference: Difference, parts: Ways) -> Difference:
    """Return what of a change concerns somebody who takes part in these parts in these ways."""
    online = {key for key, (mode, _standing) in parts.items() if mode is Mode.ONLINE}
    held = {key: mode for key, (mode, standing) in parts.items() if standing not in UNSCHEDULED}
    now = difference.after.parts
    joins = {part.key for part in now if part.key in held and part.mode_of(held[part.key]) is Mode.ONLINE}
    return difference.concerning(parts.keys(), online=online, joins=joins)


def _draft(
    writer: Writer,
    fact: Fact,
    registration: Registration,
    difference: Difference,
    participations: Sequence[Participation],
) -> Draft:
    """Write the e-mail that tells a participant what became of the parts that she holds a place in, or waits for.

    What takes place goes out as a REQUEST, what does not as a CANCEL, each in a file of its own; the first is the
    one that mail programs draw. Nothing of what somebody waits for, or an organiser has to approve, is in
    her calendar yet.
    """
    language, event = render.spoken(registration.language), registration.event
    places = _placed(registration, participations, difference)
    modes = entries.ways(registration, participations, difference.before)
    values = {
        "headline": headlines.headline(difference, language),
        "told": telling.sentences(difference, language, inside=True, modes=modes),
        "reasons": [] if "misled" in fact.data else difference.why(language),
        "event": writer.event_lines(event, tuple(places.there or places.chosen), language),
        "rooms": [
            (part.title.said(language), part.online_url)
            for part, mode in places.held
            if mode is Mode.ONLINE and Sort.LINK in difference.sorts(part.key)
        ],
        "moved_to": _moved_to([modes[part.key] for part, _mode in places.held]),
        "answers": f"{writer.own_page(registration, language)}/answer" if fact.data.get("ask") and places.held else "",
        "answer_until": _day_written(fact.data.get("until", ""), language),
        **_now(writer, event, places, language),
        **writer.choice(registration, language),
    }
    method = "REQUEST" if places.seen else "CANCEL" if places.lost else ""
    calendars = _calendars(writer, fact, registration, places)
    return writer.written_to(registration, fact, values, calendars=calendars, method=method)


def _now(writer: Writer, event: Event, places: _Places, language: str) -> dict[str, object]:
    """Return what is left of the event for a participant, and what her calendar is told of it."""
    is_over = event.state is State.OVER

    def unsure(standing: Standing) -> list[object]:
        return [writer.part_lines(event, part, mode, language) for part, mode in places.unsure[standing] if not is_over]

    return {
        "is_off": not places.there,
        "may_withdraw": bool(places.there) and not is_over,
        "takes_place": bool(places.there) and event.state not in {State.POSTPONED, State.OVER},
        "parts": [writer.place_lines(event, part, mode, language) for part, mode in places.held if not is_over],
        "waiting": unsure(Standing.WAITING),
        "offered": unsure(Standing.OFFERED),
        "pending": unsure(Standing.PENDING),
        "only_waits": places.only_waits,
        "updates": len(places.seen),
        "removals": len(places.lost),
    }


def _calendars(writer: Writer, fact: Fact, registration: Registration, places: _Places) -> Iterator[bytes]:
    language = render.spoken(registration.language)
    note = entries.manage_note(writer.own_page(registration, language), language)
    for method, pairs in (("REQUEST", places.seen), ("CANCEL", places.lost)):
        yield from writer.calendars(registration, pairs, note=note, method=method, sent_at=fact.happened_at)


def _placed(registration: Registration, participations: Sequence[Participation], difference: Difference) -> _Places:
    chosen = entries.chosen(registration, participations)
    is_off = registration.event.state is State.CANCELLED
    gone = [(part, mode) for part, mode in chosen if part.cancelled or is_off]
    there = [pair for pair in chosen if pair not in gone]
    standings = {one.part_id: one.standing for one in participations}
    shown = {
        part.id
        for part, _mode in chosen
        if standings[part.id] not in UNSCHEDULED and difference.seen_in_calendars(part.key)
    }
    return _Places(
        chosen=chosen,
        there=there,
        held=[pair for pair in there if standings[pair[0].id] not in UNSCHEDULED],
        unsure={one: [pair for pair in there if standings[pair[0].id] is one] for one in UNSCHEDULED},
        only_waits=all(standings[part.id] in IN_LINE for part, _mode in chosen),
        seen=[pair for pair in there if pair[0].id in shown],
        lost=[pair for pair in gone if pair[0].id in shown],
    )


def _moved_to(ways: Sequence[tuple[Mode, Mode]]) -> str:
    """Return how somebody now takes part in all of her parts who took part otherwise; `mixed` if only some are."""
    moved = {now for was, now in ways if was is not now}
    stays = any(was is now for was, now in ways)
    return "mixed" if moved and (stays or len(moved) > 1) else next(iter(moved), "")


def _day_written(day: str, language: str) -> str:
    until = date.fromisoformat(day) if day else None
    return i18n.short_range(until, until, language) if until else ""
