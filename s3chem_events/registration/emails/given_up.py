"""What is written when somebody gives one part up, or is taken off it, and keeps the rest."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from s3chem_events.core.journal import PARTICIPANT, Fact
from s3chem_events.mailing import render
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.registration import entries, giving_up, news, places, queries, returning
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.emails.composing import Writer
from s3chem_events.registration.links import PARTS
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.registration.places import SEATED


def part_given_up(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Say which part is given up, take it out of the calendar, and tell whoever pressed herself the way back.

    Nothing is written of one that was taken back meanwhile, or of which nobody has told her: the e-mail about that says
    how things are.
    """
    desk, subjects = Writer(letterhead), queries.subjects(facts)
    # Two people of one mailbox share its calendar: the entry stays as long as one of them comes.
    at_address = queries.parts_held_at_addresses(registration for _fact, registration in subjects)
    unheard = news.unheard([registration for _fact, registration in subjects])
    for fact, registration in subjects:
        number = fact.data["part"]
        gone = [one for one in registration.participations if one.part_id == number and one.standing not in SEATED]
        if not gone or number in unheard[registration.id]:
            continue
        held = at_address.get((registration.event_id, registration.address_digest), set())
        asked = set() if fact.data["was"] == Standing.CONFIRMED else {number}
        for draft in lost(desk, fact, registration, gone, held=held, asked=asked):
            back = f"{draft.values['own_page']}/{PARTS}/{entries.part_of(registration, gone[0]).key}"
            may_undo = fact.by == str(PARTICIPANT) and giving_up.may_come_back(registration, gone[0])
            until = (fact.happened_at + returning.UNDO).replace(second=0, microsecond=0)
            moment = desk.stamp(until, registration.event.zone, render.spoken(registration.language))
            yield replace(draft, values={**draft.values, "undo": back if may_undo else "", "undo_until": moment})


def lost(
    desk: Writer,
    fact: Fact,
    registration: Registration,
    gone: Sequence[Participation],
    *,
    held: AbstractSet[int],
    asked: AbstractSet[int],
) -> Iterator[Draft]:
    """Say what somebody no longer has who keeps something else; nothing where all is there.

    What is `held` by others of her mailbox stays in its calendar; what she had only `asked` for never was there.
    """
    if not gone:
        return
    draft = desk.draft(fact, registration, gone, method="CANCEL", kept=held | asked)
    language, event = render.spoken(registration.language), registration.event
    there = [one for one in registration.participations if one.standing in places.INTERESTED and one not in gone]
    rest = [pair for pair in entries.chosen(registration, there) if not pair[0].cancelled]
    values = {
        "kept": sum(one.part_id in held - asked for one in gone),
        "was_sure": any(one.part_id not in asked for one in gone),
        "still": [desk.part_lines(event, part, mode, language) for part, mode in rest],
        "undo": "",
    }
    yield replace(draft, kind=giving_up.KIND, values={**draft.values, **values})
