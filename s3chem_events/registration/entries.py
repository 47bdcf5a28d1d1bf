"""A registration as its owner's calendar entries: one for each part, with the same UID as everybody's."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from s3chem_events.calendar.entries import Entry, Mailbox, Status
from s3chem_events.core import i18n
from s3chem_events.core.clock import now
from s3chem_events.publishing import joining
from s3chem_events.publishing.entries import part_entry
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.lifecycle import TAKING, Mode, State
from s3chem_events.publishing.models import Event, Part
from s3chem_events.publishing.queries import part_begins_at
from s3chem_events.registration import in_calendars, leaving, links, versions
from s3chem_events.registration.capacity import HOLDING, UNSCHEDULED, Standing
from s3chem_events.registration.models import Participation, Registration


def entries_of(registration: Registration, *, base_url: str, organizer: Mailbox, funding: str) -> list[Entry]:
    """Return the entries of all parts of a loaded registration; those withdrawn are marked cancelled.

    Each has the UID by which an invitation has brought it: whoever has both has it once. Who joins online finds the
    room in them, from 24 hours ahead on; DTSTAMP then is that moment, so that the calendars that go by it notice.
    """
    language = registration.language
    own = links.own_page(registration.id, registration.link_version, language=language, base_url=base_url)
    closing = manage_note(own, language)
    entries = []
    known = in_order(registration, registration.participations)
    was = leaving.stood(registration)
    never = UNSCHEDULED | {Standing.REJECTED}  # a wish is no appointment
    shown = [p for p in known if was.get(p.part_id, p.standing) not in never]
    parts = [part_of(registration, participation) for participation in shown]
    for part, participation in zip(parts, shown, strict=True):
        mode = part.mode_of(participation.mode)
        entry = attended(
            registration.event,
            part,
            mode=mode,
            language=language,
            base_url=base_url,
            organizer=organizer,
            funding=funding,
            closing=closing,
        )
        holds = participation.standing in HOLDING
        entry = replace(
            entry,
            uid=in_calendars.uids(registration, part, told=[one for one in parts if one is not part])[0],
            sequence=versions.sequence(entry.sequence, participation),
            revised_at=max(entry.revised_at, registration.changed_at),
        )
        if holds and mode is Mode.ONLINE and may_join(registration.event, part):
            entry = with_room(entry, part, language)
            entry = replace(entry, revised_at=max(entry.revised_at, joins_from(part)))
        entries.append(entry if holds else replace(entry, status=Status.CANCELLED))
    return entries


def attended(
    event: Event,
    part: Part,
    *,
    mode: Mode,
    language: str,
    base_url: str,
    organizer: Mailbox,
    funding: str,
    closing: str = "",
) -> Entry:
    """Return the entry of a part as somebody has it who comes: a save the date with a place in it is a date to keep."""
    _ = i18n.words(language)
    entry = part_entry(
        event, part, language=language, base_url=base_url, organizer=organizer, funding=funding, closing=closing
    )
    if event.state is State.SAVE_THE_DATE and entry.status is not Status.CANCELLED:
        title = i18n.joined(event.title.within(language), part.title.within(language))
        entry = replace(entry, status=Status.CONFIRMED, summary=title)
    if mode is Mode.ONLINE:
        return replace(entry, location=_("Online"))
    return entry


def with_room(entry: Entry, part: Part, language: str) -> Entry:
    """Return an entry with the link to the online room, as CONFERENCE, place and last line of the description."""
    _ = i18n.words(language)
    if not part.online_url:
        return entry
    label = _("Join online")
    lead = _("%(label)s:", label=label)
    return replace(entry, location="", conference_url=part.online_url, conference_label=label, conference_lead=lead)


def joins_from(part: Part) -> datetime:
    """Return from when on those who take part online see the link on their page and in their calendar."""
    return joining.opens_at(part_begins_at(part))


def may_join(event: Event, part: Part) -> bool:
    """Whether those who take part online see the link by now: from 24 hours ahead on, and nobody else ever."""
    return _has_room(event, part) and now() >= joins_from(part)


def is_given(event: Event, part: Part) -> bool:
    """Whether e-mails to those who take part online bring the link by now: from the reminder on at the latest."""
    given_at = joining.given_at(part_begins_at(part), part.starts_on, part.zone, reminds=event.reminds)
    return _has_room(event, part) and now() >= given_at


def _has_room(event: Event, part: Part) -> bool:
    return bool(part.online_url) and event.state in TAKING and not part.cancelled


def in_order(registration: Registration, participations: Sequence[Participation]) -> list[Participation]:
    """Return participations in the order of the event's parts."""
    order = {part.id: index for index, part in enumerate(registration.event.parts)}
    return sorted(participations, key=lambda participation: order[participation.part_id])


def part_of(registration: Registration, participation: Participation) -> Part:
    """Return the part of a participation, with its place loaded."""
    return next(part for part in registration.event.parts if part.id == participation.part_id)


def chosen(registration: Registration, participations: Sequence[Participation]) -> list[tuple[Part, Mode]]:
    """Return participations as the parts and the modes in which the person takes part, in the event's order."""
    parts = [(part_of(registration, p), p.mode) for p in in_order(registration, participations)]
    return [(part, part.mode_of(mode)) for part, mode in parts]


def ways(
    registration: Registration, participations: Sequence[Participation], before: EventFacts
) -> dict[str, tuple[Mode, Mode]]:
    """Return how somebody took part in each part by its key as the event was before, and how she does now."""
    old = {part.key: part for part in before.parts}
    found = [(part_of(registration, p), p.mode) for p in participations]
    return {
        part.key: (old[part.key].mode_of(mode) if part.key in old else part.mode_of(mode), part.mode_of(mode))
        for part, mode in found
    }


def manage_note(own_page: str, language: str) -> str:
    """Return the last paragraph of a personal entry."""
    _ = i18n.words(language)
    return _("View or withdraw your registration: %(url)s", url=own_page)
