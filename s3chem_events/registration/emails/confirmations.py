"""What is written when a place is taken, withdrawn or changed, with its calendar; and the links of an address."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from s3chem_events.core import i18n
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import confirming, render
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration import (
    answering,
    calendar_answers,
    delegation_queries,
    entries,
    heard,
    history,
    links,
    queries,
    returning,
)
from s3chem_events.registration.answering import Answered
from s3chem_events.registration.capacity import Said, Standing
from s3chem_events.registration.emails import reminders, unanswered, waiting
from s3chem_events.registration.emails.composing import Writer
from s3chem_events.registration.models import Participation, Registration

PROMOTED = "registration.promoted"
APPROVED = "registration.approved"


def confirmed(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Say what is registered, and put it into the calendar."""
    desk = Writer(letterhead)
    subjects = [(fact, one) for fact, one in queries.subjects(facts) if not fact.data.get("handed_on")]
    registered_by = delegation_queries.contacts(facts)
    given = answering.of({registration.id for _fact, registration in subjects})
    wanted, still_wanted = reminders.gate_terms(), unanswered.still_wanted(given)
    for fact, registration in subjects:
        going = [p for p in registration.participations if p.standing is Standing.CONFIRMED]
        # What was cancelled meanwhile is no news here, and nothing to come to.
        going = [p for p in going if not entries.part_of(registration, p).cancelled] or going
        # Her calendar holds what she had before: of what was added to it, that alone is new there.
        new = [fact.data["part"]] if fact.kind == PROMOTED else fact.data.get("parts")
        old = {p.part_id for p in going if new is not None and p.part_id not in new}
        if registration.withdrawn_at is None and len(going) > len(old):
            draft = desk.draft(fact, registration, going, method="REQUEST", kept=old)
            told = history.mentionable(answering.concerning(registration, given.get(registration.id, [])))
            said = answering.in_mail(told, render.spoken(registration.language))
            more = _details(draft, registration, going, wanted, given.get(registration.id, []))
            values = {"answers": said, "gate": more, "approved": fact.kind == APPROVED}
            values |= still_wanted(draft, registration)
            is_first = fact.kind not in {PROMOTED, APPROVED}
            waits = waiting.besides(desk, registration)
            values |= waits if is_first else {"offered": waits["offered"]}
            values |= waiting.lost(registration, fact.data.get("lost", ()))
            yield replace(draft, values={**draft.values, **values, "registered_by": registered_by(fact, registration)})


def withdrawn(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Say that a registration is withdrawn, and take it out of the calendar."""
    desk = Writer(letterhead)
    gone = [
        (fact, registration) for fact, registration in queries.subjects(facts) if registration.withdrawn_at is not None
    ]
    # Two people of one mailbox share its calendar: the entry stays as long as one of them comes.
    held = queries.parts_held_at_addresses(registration for _fact, registration in gone)
    for fact, registration in gone:
        kept = held.get((registration.event_id, registration.address_digest), set())
        given_up = fact.data.get("parts")  # a place that somebody only waited for never was in the calendar
        theirs = [p for p in registration.participations if given_up is None or p.part_id in given_up]
        theirs += [p for p in heard.fallen_away(registration) if p not in theirs]
        if not theirs:  # several were taken off at once, and this one had only waited
            yield from waiting.off_the_list(desk, fact, registration)
            continue
        asked = set(fact.data.get("pending", ()))  # nobody had approved them, so nothing is in the calendar
        draft = desk.draft(fact, registration, theirs, method="CANCEL", kept=kept | asked)
        left = {p.part_id for p in registration.participations if p.decided_at == registration.withdrawn_at}
        values = {
            **waiting.lost(registration, left - {p.part_id for p in theirs}),
            "kept": sum(p.part_id in kept - asked for p in theirs),
            "was_sure": len(theirs) > len(asked),
            "reopens": bool(publishing.open_parts(registration.event)),
        }
        yield _with_way_back(desk, replace(draft, values={**draft.values, **values}), fact, registration)


def mode_changed(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Say how somebody takes part from now on, and put it into the calendar; what was changed since is not said."""
    desk, wanted = Writer(letterhead), reminders.gate_terms()
    subjects = queries.subjects(facts)
    given = answering.of({registration.id for _fact, registration in subjects})
    for fact, registration in subjects:
        for held in registration.participations:
            is_so = held.standing in {Standing.CONFIRMED, Standing.PENDING} and held.mode == fact.data["new"]
            if held.part_id != fact.data["part"] or not is_so:
                continue
            if held.standing is Standing.PENDING:  # an organiser has changed it before deciding
                draft = desk.draft(fact, registration, [held], method="", kept={held.part_id})
                said = {"room": "", "waited": False, "gate": {}, "undecided": True}
                yield replace(draft, values={**draft.values, **said})
                continue
            draft = desk.draft(fact, registration, [held], method="REQUEST")
            part = entries.part_of(registration, held)
            joins = part.mode_of(held.mode) is Mode.ONLINE and entries.is_given(registration.event, part)
            more = _details(draft, registration, [held], wanted, given.get(registration.id, []))
            said = {"room": part.online_url if joins else "", "waited": fact.data.get("waited", False), "gate": more}
            yield replace(draft, values={**draft.values, **said, "undecided": False})


def declined_by_calendar(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Say that an answer of the calendar has given a place back, and how to undo it.

    Without a calendar part: the calendar that declined shows it already, and it must not be answered.
    """
    desk = Writer(letterhead)
    for fact, registration in queries.subjects(facts):
        for participation in registration.participations:
            is_gone = participation.standing is Standing.WITHDRAWN and participation.answer is Said.DECLINED
            if participation.part_id == fact.data.get("part") and is_gone:
                yield _declined(desk, fact, registration, participation)


def link_requested(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Send an address the links of all its registrations."""
    desk = Writer(letterhead)
    for fact in facts:
        found = queries.registrations_by_ids(fact.data.get("registrations", [fact.subject_id]))
        active = [r for r in found.values() if r.withdrawn_at is None]
        if not active:
            continue
        # A registration may have been given another address since: each address is told of its own alone.
        first = max(active, key=lambda r: r.id)
        mine = [r for r in active if r.address_digest == first.address_digest]
        language = render.spoken(first.language)
        told = [desk.link_lines(r, language) for r in sorted(mine, key=lambda r: r.id)]
        if len(told) > 1 and confirming.strange([first.email]):
            told = [replace(one, name="") for one in told]
        yield Draft(
            kind=fact.kind,
            fact_id=fact.id,
            subject_id=first.id,
            address=first.email,
            name="",
            language=first.language,
            values={"registrations": told},
        )


def _details(
    draft: Draft,
    registration: Registration,
    going: Sequence[Participation],
    wanted: reminders.Wanted,
    given: Sequence[Answered],
) -> dict[str, Any]:
    terms = wanted(registration.event)
    return reminders.gate_lines(registration, going, str(draft.values["own_page"]), terms=terms, given=given)


def _declined(desk: Writer, fact: Fact, registration: Registration, participation: Participation) -> Draft:
    draft = desk.draft(fact, registration, [participation], method="", kept={participation.part_id})
    language, event = render.spoken(registration.language), registration.event
    undo = f"{draft.values['own_page']}/{links.RESTORATION}/{entries.part_of(registration, participation).key}"
    until = calendar_answers.undo_until(participation).replace(second=0, microsecond=0)
    return replace(draft, values={**draft.values, "undo": undo, "undo_until": desk.stamp(until, event.zone, language)})


def _with_way_back(desk: Writer, draft: Draft, fact: Fact, registration: Registration) -> Draft:
    """Add how a withdrawal is undone, where somebody else may have pressed, and why it was done without a press."""
    language, event = draft.language, registration.event
    until = returning.undo_until(registration).replace(second=0, microsecond=0)
    undo = f"{draft.values['own_page']}/{links.RESTORATION}" if returning.is_offered(fact, registration) else ""
    silent = date.fromisoformat(fact.data["silent_until"]) if "silent_until" in fact.data else None
    values = {
        "undo": undo,
        "undo_until": desk.stamp(until, event.zone, render.spoken(language)),
        "silent_until": i18n.short_range(silent, silent, render.spoken(language)) if silent else "",
    }
    return replace(draft, values={**draft.values, **values})
