"""What is written upon what people do with their own link: what they changed, codes, addresses that were left."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from s3chem_events.core.db import db
from s3chem_events.core.journal import PARTICIPANT, Fact
from s3chem_events.mailing import addresses, confirming, render
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.registration import asking, changing, codes, entries, history, links, queries
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.emails.composing import Writer
from s3chem_events.registration.models import Change, Code, Registration
from s3chem_events.registration.places import INTERESTED

LEFT = "registration.address_left"
MOVED = frozenset({"registration.address_changed", "registration.address_put_back"})


def changed(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Say what is different now; to a new address with its own link and its calendar entries."""
    desk = Writer(letterhead)
    changes, found = history.by_fact([fact.id for fact in facts]), list(queries.subjects(facts))
    strange = confirming.strange(registration.email for _fact, registration in found)
    for fact, registration in found:
        there = [p for p in registration.participations if p.standing in INTERESTED]
        if registration.withdrawn_at is not None or not there:
            continue
        moved = fact.kind in MOVED
        going = {p.part_id for p in there if moved and p.standing is Standing.CONFIRMED}
        others = {p.part_id for p in there} - going
        draft = desk.draft(fact, registration, there, method="REQUEST" if going else "", kept=others)
        asked = asking.asked_at(registration.event_id, retired=True, when=None)
        if registration.via_contact:  # not even that there is such an answer is for the contact
            spoken_of = history.told_as(asked)
            asked = tuple(one for one in asked if not history.is_guarded(spoken_of[one.key]))
        language = render.spoken(registration.language)
        told = history.said(changes.get(fact.id, []), asked, language, openly=False, in_mail=True)
        if not told:
            continue
        is_strange, by_desk = registration.email in strange, fact.by != str(PARTICIPANT)
        if is_strange and not by_desk:
            told = [replace(one, hidden=True) for one in told]
        values = {
            "differences": told,
            "is_strange": is_strange,
            "by_desk": by_desk,
            "calendars": len(draft.calendars),
        }
        kind = changing.ADDRESS_CHANGED if moved else fact.kind
        yield replace(draft, kind=kind, values={**draft.values, **values})


def address_left(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Tell an address that a registration has left it, and how its owner puts it back; nothing once she has."""
    desk = Writer(letterhead)
    changes = history.by_fact([fact.id for fact in facts])
    for fact, registration in queries.subjects(facts):
        moved = next((one for one in changes.get(fact.id, []) if one.field == "email"), None)
        if moved is not None and moved.old and addresses.digest(moved.old) != registration.address_digest:
            yield _left(desk, fact, registration, moved)


def code_requested(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Send a code to the address on file, as long as it can still be entered."""
    desk = Writer(letterhead)
    for fact, registration in queries.subjects(facts):
        code = db.session.get(Code, fact.data["code"])
        if code is None or not codes.is_live(code):
            continue
        digits = codes.number(code, registration.link_version)
        until = desk.stamp(codes.ends_at(code), registration.event.zone, render.spoken(registration.language))
        values = {
            **_event(desk, registration, registration.language),
            "code": f"{digits[: codes.LENGTH // 2]} {digits[codes.LENGTH // 2 :]}",
            "until": until,
        }
        yield desk.written_to(registration, fact, values)


def _left(desk: Writer, fact: Fact, registration: Registration, moved: Change) -> Draft:
    language, base_url = render.spoken(registration.language), desk.letterhead.base_url
    undo = ""
    if fact.kind == changing.ADDRESS_CHANGED:
        undo = links.former_address(registration.id, fact.id, language=language, base_url=base_url)
    until = desk.stamp(
        changing.put_back_until(fact).replace(second=0, microsecond=0), registration.event.zone, language
    )
    return Draft(
        kind=LEFT,
        fact_id=fact.id,
        subject_id=registration.id,
        address=str(moved.old),
        name=registration.full_name,
        language=registration.language,
        values={**_event(desk, registration, language), "undo": undo, "undo_until": until},
    )


def _event(desk: Writer, registration: Registration, language: str) -> dict[str, object]:
    """Return the event in lines, and the reference."""
    spoken = render.spoken(language)
    chosen = tuple(entries.chosen(registration, registration.participations))
    return {
        "event": desk.event_lines(registration.event, chosen, spoken),
        "reference": registration.reference,
    }
