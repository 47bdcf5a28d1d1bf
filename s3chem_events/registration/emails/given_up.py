"""What is written when somebody gives one part up, or is taken off it, and keeps the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from s3chem_events.core.journal import PARTICIPANT, Fact
from s3chem_events.mailing import render
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.registration import entries, giving_up, queries, returning
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.emails import waiting
from s3chem_events.registration.emails.composing import Writer
from s3chem_events.registration.links import PARTS


def part_given_up(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Say which part is given up, take it out of the calendar, and tell whoever pressed herself the way back.

    Nothing is written of one that was taken back meanwhile: the e-mail about that says how things are. Who only waits
    for it since, or for a decision, has it out of her calendar by this one alone.
    """
    desk, subjects = Writer(letterhead), queries.subjects(facts)
    # Two people of one mailbox share its calendar: the entry stays as long as one of them comes.
    at_address = queries.parts_held_at_addresses(registration for _fact, registration in subjects)
    for fact, registration in subjects:
        number, was_sure = fact.data["part"], fact.data["was"] == Standing.CONFIRMED
        gone = [one for one in registration.participations if one.part_id == number]
        stands = gone[0].standing if gone else Standing.CONFIRMED
        if stands is Standing.CONFIRMED or (stands is not Standing.WITHDRAWN and not was_sure):
            continue
        kept = at_address.get((registration.event_id, registration.address_digest), set()) & {number}
        draft = desk.draft(fact, registration, gone, method="CANCEL", kept=kept if was_sure else {number})
        language, event = render.spoken(registration.language), registration.event
        there = [p for p in registration.participations if p.part_id != number and p.standing is Standing.CONFIRMED]
        rest = [pair for pair in entries.chosen(registration, there) if not pair[0].cancelled]
        until = (fact.happened_at + returning.UNDO).replace(second=0, microsecond=0)
        back = f"{draft.values['own_page']}/{PARTS}/{entries.part_of(registration, gone[0]).key}"
        values = {
            **waiting.besides(desk, registration),
            "was_sure": was_sure,
            "still": [desk.part_lines(event, part, mode, language) for part, mode in rest],
            "undo": back if fact.by == str(PARTICIPANT) and giving_up.may_come_back(registration, gone[0]) else "",
            "undo_until": desk.stamp(until, event.zone, language),
        }
        yield replace(draft, values={**draft.values, **values})
