"""What becomes of an event, told to those who are registered: each concerned person one e-mail for one change."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date

from s3chem_events.core import i18n
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import render
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing import telling
from s3chem_events.publishing.changes import Difference
from s3chem_events.publishing.known import Known
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import entries, queries
from s3chem_events.registration.capacity import IN_LINE, UNSCHEDULED, Standing
from s3chem_events.registration.emails.composing import Writer
from s3chem_events.registration.heard import Heard
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.registration.places import INTERESTED


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
                yield from list(drafts(event, registrations, known.since(since), fact, letterhead, heard=heard))


def drafts(
    event: Event,
    registrations: Sequence[Registration],
    announced: Difference,
    fact: Fact,
    letterhead: Letterhead,
    *,
    heard: Heard,
) -> Iterator[Draft]:
    """Write what some registered people are told; who takes part in nothing that is announced is told nothing.

    Each reads the difference to what she heard last: what was saved in silence since is news to her, too.
    """
    writer = Writer(letterhead)
    keys = {part.id: part.key for part in event.parts}
    for registration in registrations:
        going = [p for p in registration.participations if p.standing in INTERESTED]
        parts = {keys[p.part_id]: p.mode for p in going}
        if concerning(announced, event, registration, parts) is None:
            continue
        theirs = concerning(heard.news(registration.id, parts), event, registration, parts)
        if theirs:
            yield _draft(writer, fact, registration, theirs, going)


def concerning(
    difference: Difference, event: Event, registration: Registration, parts: Mapping[str, Mode]
) -> Difference | None:
    """Return what a person is told of a change, given how she takes part in what; None where nothing concerns her."""
    if not parts or registration.event_id != event.id or registration.withdrawn_at is not None:
        return None
    theirs = difference.concerning(parts.keys(), online=online_in(parts))
    return theirs.read_in(render.spoken(registration.language)) or None


def online_in(parts: Mapping[str, Mode]) -> AbstractSet[str]:
    """Return the keys of the parts that somebody takes part in online."""
    return frozenset(key for key, mode in parts.items() if mode is Mode.ONLINE)


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
    chosen = entries.chosen(registration, participations)
    gone = [(part, mode) for part, mode in chosen if part.cancelled or event.state is State.CANCELLED]
    there = [pair for pair in chosen if pair not in gone]
    unsure = {standing: _parts_in(standing, participations) for standing in UNSCHEDULED}
    queued = frozenset[int]().union(*unsure.values())
    in_line = frozenset[int]().union(*(unsure[standing] for standing in IN_LINE))
    shown = {part.id for part, _mode in chosen if part.id not in queued and difference.seen_in_calendars(part.key)}
    seen, lost = ([pair for pair in pairs if pair[0].id in shown] for pairs in (there, gone))
    own_page, is_over = writer.own_page(registration, language), event.state is State.OVER
    modes = entries.ways(registration, participations, difference.before)
    held = [(part, mode) for part, mode in there if part.id not in queued]

    def lines(pairs: Sequence[tuple[Part, Mode]]) -> list[object]:
        return [writer.part_lines(part, mode, language) for part, mode in pairs if not is_over]

    values = {
        "headline": telling.headline(difference, language),
        "told": telling.sentences(difference, language, inside=True, modes=modes),
        "reason": "" if "misled" in fact.data else difference.why(language),
        "event": writer.event_lines(event, tuple(there or chosen), language),
        "takes_place": bool(there) and event.state not in {State.POSTPONED, State.OVER},
        "parts": [writer.place_lines(event, part, mode, language) for part, mode in held if not is_over],
        "waiting": lines([pair for pair in there if pair[0].id in unsure[Standing.WAITING]]),
        "offered": lines([pair for pair in there if pair[0].id in unsure[Standing.OFFERED]]),
        "pending": lines([pair for pair in there if pair[0].id in unsure[Standing.PENDING]]),
        "only_waits": in_line >= {part.id for part, _mode in chosen},
        "moved_to": _moved_to([modes[part.key] for part, _mode in held]),
        "answers": f"{own_page}/answer" if fact.data.get("ask") and held else "",
        "answer_until": _day_written(fact.data.get("until", ""), language),
        "updates": len(seen),
        "removals": len(lost),
        **writer.choice(registration, language),
    }
    note = entries.manage_note(own_page, language)
    calendars = [
        calendar
        for method, pairs in (("REQUEST", seen), ("CANCEL", lost))
        for calendar in writer.calendars(registration, pairs, note=note, method=method, sent_at=fact.happened_at)
    ]
    method = "REQUEST" if seen else "CANCEL" if lost else ""
    return writer.written_to(registration, fact, values, calendars=calendars, method=method)


def _parts_in(standing: Standing, participations: Sequence[Participation]) -> AbstractSet[int]:
    return frozenset(p.part_id for p in participations if p.standing is standing)


def _moved_to(ways: Sequence[tuple[Mode, Mode]]) -> str:
    """Return how somebody now takes part in all of her parts who took part otherwise; `mixed` if only some are."""
    moved = {now for was, now in ways if was is not now}
    stays = any(was is now for was, now in ways)
    return "mixed" if moved and (stays or len(moved) > 1) else next(iter(moved), "")


def _day_written(day: str, language: str) -> str:
    until = date.fromisoformat(day) if day else None
    return i18n.short_range(until, until, language) if until else ""
