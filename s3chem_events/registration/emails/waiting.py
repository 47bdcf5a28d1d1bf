"""The e-mails of those who wait: for a place, or for a decision; they have nothing in the calendar yet.

A yes goes out with its invitation (confirmations).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from s3chem_events.core.journal import Fact
from s3chem_events.core.values import frozen
from s3chem_events.mailing import render
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.publishing.lines import PartLines
from s3chem_events.registration import answering, delegation_queries, entries, heard, queries
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.emails import unanswered
from s3chem_events.registration.emails.composing import Writer
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.registration.places import INTERESTED
from s3chem_events.registration.waiting import PLACE


@frozen
class OfferLines:
    """A place that is offered: until when, where it is accepted, and whether organisers decide afterwards."""

    part: PartLines
    until: str
    place: str
    decided: bool


def besides(desk: Writer, registration: Registration) -> dict[str, object]:
    """Return for what else somebody waits, whose first e-mail says something better: no second one is written."""
    language = render.spoken(registration.language)

    def lines_of(standing: Standing) -> list[PartLines]:
        theirs = [p for p in registration.participations if p.standing is standing]
        chosen = entries.chosen(registration, theirs)
        return [
            desk.part_lines(registration.event, part, mode, language) for part, mode in chosen if not part.cancelled
        ]

    asked, queued = lines_of(Standing.PENDING), lines_of(Standing.WAITING)
    return {"asked": asked, "queued": queued, "offered": _offered(desk, registration)}


def _offered(desk: Writer, registration: Registration) -> list[OfferLines]:
    """Return the places that are offered to somebody: whatever else is confirmed, there is something to do."""
    language, found = render.spoken(registration.language), []
    for held in entries.in_order(registration, registration.participations):
        part = entries.part_of(registration, held)
        if held.standing is Standing.OFFERED and held.offered_until and not part.cancelled:
            said = desk.part_lines(registration.event, part, part.mode_of(held.mode), language)
            until, place = _stamp(desk, registration, held.offered_until), _place(desk, registration, held)
            found.append(OfferLines(said, until, place, part.approval))
    return found


def lost(registration: Registration, part_ids: Collection[int]) -> dict[str, object]:
    """Return in which lines somebody has lost her place, by giving up all that she had."""
    gone = [p for p in _concerned(registration, part_ids) if p.standing is Standing.WITHDRAWN]
    language, chosen = render.spoken(registration.language), entries.chosen(registration, gone)
    return {"lost": ", ".join(part.title.within(language) for part, _mode in chosen if not part.cancelled)}


def waiting(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Say that somebody is on the waiting list, for which parts, and that this is no place yet."""
    desk = Writer(letterhead)
    registered_by = delegation_queries.contacts(facts)
    subjects = queries.subjects(facts)
    still_wanted = unanswered.still_wanted(answering.of({one.id for _fact, one in subjects}))
    for fact, registration in subjects:
        queued = [p for p in registration.participations if p.standing is Standing.WAITING]
        queued = [p for p in queued if p.part_id in fact.data.get("parts", [p.part_id])]
        if queued and not fact.data.get("handed_on"):
            draft = _without_calendar(desk, fact, registration, queued)
            values = {"registered_by": registered_by(fact, registration), **still_wanted(draft, registration)}
            yield replace(draft, values={**draft.values, **values})


def place_offered(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Offer a place until a moment; an offer that is over, accepted, declined or made anew meanwhile is not made."""
    desk = Writer(letterhead)
    for fact, registration in queries.subjects(facts):
        for participation in _concerned(registration, [fact.data["part"]]):
            until = participation.offered_until
            if participation.standing is Standing.OFFERED and until and _is_said(until, fact):
                draft = _without_calendar(desk, fact, registration, [participation])
                place, said = _place(desk, registration, participation), _stamp(desk, registration, until)
                decided = entries.part_of(registration, participation).approval
                yield replace(draft, values={**draft.values, "place": place, "until": said, "decided": decided})


def _is_said(until: datetime, fact: Fact) -> bool:
    """Whether a fact speaks of this offer: one that was made anew has a fact of its own."""
    return str(fact.data["until"]) == f"{until:%Y-%m-%dT%H:%M:%SZ}"


def left(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Say that somebody is off the waiting list: by a press, or because an offer ended without an answer.

    With it goes, out of her calendar, what she had in a part that fell away and of which she has not been told yet.
    """
    desk = Writer(letterhead)
    for fact, registration in queries.subjects(facts):
        parts = fact.data["parts"] if "parts" in fact.data else [fact.data["part"]]
        off = [p for p in _concerned(registration, parts) if p.standing is Standing.WITHDRAWN]
        if off:
            draft = _without_calendar(desk, fact, registration, off)
            until = fact.data.get("until")
            ended = _stamp(desk, registration, datetime.fromisoformat(until)) if until else ""
            keeps = registration.withdrawn_at is None
            draft = replace(draft, values={**draft.values, "ended": ended, "keeps": keeps})
            yield _with_what_fell_away(desk, draft, fact, registration)


def _with_what_fell_away(desk: Writer, draft: Draft, fact: Fact, registration: Registration) -> Draft:
    had = {int(part_id) for part_id, was in fact.data.get("off", {}).items() if was == Standing.CONFIRMED}
    fallen = [p for p in heard.fallen_away(registration) if p.part_id in had] if had else []
    if not fallen:
        return draft
    there = queries.parts_held_at_addresses([registration]).get((registration.event_id, registration.address_digest))
    gone = desk.draft(fact, registration, fallen, method="CANCEL", kept=there or set())
    values = {**draft.values, "fallen": gone.values["parts"]}
    return replace(draft, values=values, calendars=gone.calendars, method=gone.method)


def off_the_list(desk: Writer, fact: Fact, registration: Registration) -> Iterator[Draft]:
    """Say to somebody who had only waited that she is off the list, where the fact speaks of a withdrawal."""
    if registration.participations:
        draft = _without_calendar(desk, fact, registration, registration.participations)
        yield replace(
            draft, kind="registration.left_waiting_list", values={**draft.values, "ended": "", "keeps": False}
        )


def _without_calendar(
    desk: Writer, fact: Fact, registration: Registration, participations: Sequence[Participation]
) -> Draft:
    return desk.draft(fact, registration, participations, method="", kept={p.part_id for p in participations})


def _place(desk: Writer, registration: Registration, held: Participation) -> str:
    own_page = desk.own_page(registration, render.spoken(registration.language))
    return f"{own_page}/{PLACE}/{entries.part_of(registration, held).key}"


def _stamp(desk: Writer, registration: Registration, moment: datetime) -> str:
    language = render.spoken(registration.language)
    return desk.stamp(moment.replace(second=0, microsecond=0), registration.event.zone, language)


def _concerned(registration: Registration, part_ids: Collection[int]) -> list[Participation]:
    return [p for p in registration.participations if p.part_id in part_ids]


def pending(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Say that a registration has come, and that an organiser decides about it; nothing is for the calendar yet."""
    desk, subjects = Writer(letterhead), queries.subjects(facts)
    still_wanted = unanswered.still_wanted(answering.of({one.id for _fact, one in subjects}))
    for fact, registration in subjects:
        asked = _decided(fact, registration, Standing.PENDING)
        if asked and not fact.data.get("handed_on"):  # whose link is in a contact's summary
            draft = _without_calendar(desk, fact, registration, asked)
            values = {**besides(desk, registration), "asked": (), **still_wanted(draft, registration)}
            yield replace(draft, values={**draft.values, **values})


def rejected(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Say no, and why where an organiser has said it; who was approved meanwhile hears that instead."""
    desk = Writer(letterhead)
    for fact, registration in queries.subjects(facts):
        if refused := _decided(fact, registration, Standing.REJECTED):
            draft = _without_calendar(desk, fact, registration, refused)
            keeps = any(one.standing in INTERESTED for one in registration.participations)
            values = {"reason": refused[0].decision_reason, "keeps": keeps}
            yield replace(draft, values={**draft.values, **values})


def _decided(fact: Fact, registration: Registration, standing: Standing) -> list[Participation]:
    if registration.withdrawn_at is not None:
        return []
    parts = fact.data.get("parts")
    theirs = [one for one in registration.participations if parts is None or one.part_id in parts]
    return [one for one in theirs if one.standing is standing]
