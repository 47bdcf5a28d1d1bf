"""What both are written when a colleague comes instead: one calendar loses the entry, the other is given it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from s3chem_events.core.journal import Fact
from s3chem_events.mailing.letters import Draft, Letterhead, defused, isolated
from s3chem_events.registration import asking, heard, queries, substituting
from s3chem_events.registration.emails import confirmations
from s3chem_events.registration.emails.composing import Writer
from s3chem_events.registration.questions import NEEDS


def handed_over(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Tell who gave the places away; what somebody of the same mailbox attends stays in its calendar."""
    desk = Writer(letterhead)
    gone = queries.subjects(facts)
    held = queries.parts_held_at_addresses(registration for _fact, registration in gone)
    others = substituting.counterparts(facts)
    for fact, registration in gone:
        theirs = [p for p in registration.participations if p.part_id in fact.data["parts"]]
        theirs += heard.fallen_away(registration)
        kept = held.get((registration.event_id, registration.address_digest), set())
        draft = desk.draft(fact, registration, theirs, method="CANCEL", kept=kept)
        successor = isolated(defused(others[fact.id].full_name)) if fact.id in others else ""
        yield replace(draft, values={**draft.values, "successor": successor})


def taken_over(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Tell who comes instead, as anybody whose place is confirmed; and whose place it was."""
    others = substituting.counterparts(facts)
    asks_needs = cache(lambda event_id: any(one.kind in NEEDS for one in asking.asked_at(event_id)))
    for draft in confirmations.confirmed(facts, letterhead):
        before = others.get(draft.fact_id)
        predecessor = isolated(defused(before.full_name)) if before else ""
        values = {"predecessor": predecessor, "asks_needs": before is not None and asks_needs(before.event_id)}
        yield replace(draft, values={**draft.values, **values})
