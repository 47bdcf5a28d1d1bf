"""The e-mails of an invitation. They bring nothing for the calendar: who has not said yes holds no place."""

from collections.abc import Iterator, Sequence
from functools import cache

from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.core.values import frozen
from s3chem_events.mailing import render
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Event
from s3chem_events.registration import guest_list, invitation, inviting
from s3chem_events.registration.emails.composing import Writer
from s3chem_events.registration.invitation import Invitation

REGRETS = "regrets"
CODES = "invitations"


@frozen
class Reading:
    """A fact and the invitation that it is about."""

    fact_id: int
    kind: str
    invitation: Invitation


def written(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Invite, or remind; whoever has answered, or was taken off the list meanwhile, is left alone."""
    there = guest_list.by_ids(fact.subject_id for fact in facts)
    done = guest_list.answered(there)
    db.session.expunge_all()
    readings = [
        Reading(fact.id, fact.kind, there[fact.subject_id])
        for fact in facts
        if fact.subject_id in there and fact.subject_id not in done and not fact.data.get("called_off")
    ]
    yield from drafts(readings, letterhead)


def drafts(readings: Sequence[Reading], letterhead: Letterhead) -> Iterator[Draft]:
    """Write the e-mails of some invitations; the desk shows them beforehand by the same words."""
    writer, event_of = Writer(letterhead), cache(_event)
    for reading in readings:
        event = event_of(reading.invitation.event_id)
        if event is not None and inviting.is_open(event):
            yield _draft(writer, event, reading)


def _draft(writer: Writer, event: Event, reading: Reading) -> Draft:
    one, base_url = reading.invitation, writer.letterhead.base_url
    language = render.spoken(one.language)
    parts = [part for part in event.parts if part.key in one.parts and not part.cancelled]
    chosen = [(part, Mode.ON_SITE if part.on_site else Mode.ONLINE) for part in parts]
    link = invitation.address_of(one.id, language=language, base_url=base_url)
    until = publishing.closes_at(event, of=parts)
    return Draft(
        kind=reading.kind,
        fact_id=reading.fact_id,
        subject_id=one.id,
        address=one.email,
        name=one.full_name,
        language=one.language,
        values={
            "event": writer.event_lines(event, tuple(chosen), language),
            "parts": [writer.part_lines(event, part, mode, language) for part, mode in chosen],
            "until": writer.stamp(until.replace(second=0, microsecond=0), event.zone, language),
            "invitation": link,
            "regrets": f"{link}/{REGRETS}",
            "code": one.code,
            "codes": f"{base_url}/{language}/{CODES}/",
        },
    )


def _event(event_id: int) -> Event | None:
    event = publishing.event_by_id(event_id)
    db.session.expunge_all()
    return event
