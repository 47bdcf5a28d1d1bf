"""What registrations write to people. A composer takes facts of one kind; whose registration is gone gets nothing."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from s3chem_events.calendar import ics
from s3chem_events.calendar.entries import Entry, Mailbox
from s3chem_events.core import i18n
from s3chem_events.core.errors import Invalid
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import addresses, render
from s3chem_events.mailing.letters import Draft, Letterhead, defused, isolated
from s3chem_events.publishing.entries import page_url, place_line
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import entries, links, names, queries
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Participation, Registration

NOT_ME = "not-me"


@dataclass(frozen=True, slots=True)
class EventLines:
    """An event in words, in one language; its days and place are those of whoever comes."""

    title: str
    title_lang: str
    figures: str
    month: str
    days: str
    place: str
    url: str
    hours_open: bool


@dataclass(frozen=True, slots=True)
class PartLines:
    """A part that somebody registered for, in words."""

    title: str
    title_lang: str
    day: str
    hours: str
    where: str


@dataclass(frozen=True, slots=True)
class LinkLines:
    """One of several registrations of an address."""

    name: str
    event: EventLines
    reference: str
    url: str


def confirmed(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Say what is registered, and put it into the calendar."""
    desk = _Desk(letterhead)
    for fact, registration in _subjects(facts):
        going = [p for p in registration.participations if p.standing is Standing.CONFIRMED]
        if registration.withdrawn_at is None and going:
            yield desk.draft(fact, registration, going, method="REQUEST")


def withdrawn(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Say that a registration is withdrawn, and take it out of the calendar."""
    desk = _Desk(letterhead)
    gone = [(fact, registration) for fact, registration in _subjects(facts) if registration.withdrawn_at is not None]
    # Two people of one mailbox share its calendar: the entry stays as long as one of them comes.
    held = queries.parts_held_at_addresses(registration for _fact, registration in gone)
    for fact, registration in gone:
        kept = held.get((registration.event_id, registration.address_digest), set())
        yield desk.draft(fact, registration, registration.participations, method="CANCEL", kept=kept)


def link_requested(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Send an address the links of all its registrations."""
    desk = _Desk(letterhead)
    for fact in facts:
        found = queries.registrations_by_ids(fact.data.get("registrations", [fact.subject_id]))
        active = [r for r in found.values() if r.withdrawn_at is None]
        if not active:
            continue
        # A registration may have been given another address since: each address is told of its own alone.
        first = max(active, key=lambda r: r.id)
        mine = [r for r in active if r.address_digest == first.address_digest]
        language = render.spoken(first.language)
        yield Draft(
            kind=fact.kind,
            fact_id=fact.id,
            subject_id=first.id,
            address=first.email,
            name="",
            language=first.language,
            values={"registrations": [desk.link_lines(r, language) for r in sorted(mine, key=lambda r: r.id)]},
        )


class _Desk:
    """Writes several drafts, and works out once what they share: an event's lines and entries."""

    def __init__(self, letterhead: Letterhead) -> None:
        self.letterhead = letterhead
        self.organizer = Mailbox(letterhead.organisation, letterhead.sender)
        self.event_lines = cache(self._event_lines)
        self.part_lines = cache(self._part_lines)
        self.entry = cache(self._entry)
        self.stamp = cache(i18n.stamp)

    def draft(
        self,
        fact: Fact,
        registration: Registration,
        participations: Sequence[Participation],
        *,
        method: str,
        kept: AbstractSet[int] = frozenset(),
    ) -> Draft:
        """Write the e-mail about a registration; `kept` are parts that stay in the mailbox's calendar."""
        language = render.spoken(registration.language)
        event = registration.event
        own_page = self.own_page(registration, language)
        chosen = [(entries.part_of(registration, p), p.mode) for p in entries.in_order(registration, participations)]
        told = [(part, mode) for part, mode in chosen if part.id not in kept]
        return Draft(
            kind=fact.kind,
            fact_id=fact.id,
            subject_id=registration.id,
            address=registration.email,
            name=f"{registration.given_name} {registration.family_name}".strip(),
            language=registration.language,
            values={
                "event": self.event_lines(event, tuple(chosen), language),
                "parts": [self.part_lines(part, mode, language) for part, mode in chosen],
                "organisation": isolated(defused(registration.organisation, longest=names.LONGEST_ORGANISATION)),
                "reference": registration.reference,
                "registered_at": self.stamp(
                    registration.registered_at.replace(second=0, microsecond=0), event.zone, language
                ),
                "own_page": own_page,
                "not_me": f"{own_page}/{NOT_ME}",
                "calendar": links.calendar(
                    registration.id, registration.link_version, base_url=self.letterhead.base_url
                ),
                "kept": len(chosen) - len(told),
            },
            calendars=tuple(
                self._calendars(
                    registration, told, own_page=own_page, language=language, method=method, sent_at=fact.happened_at
                )
            ),
            method=method,
        )

    def link_lines(self, registration: Registration, language: str) -> LinkLines:
        return LinkLines(
            name=isolated(defused(f"{registration.given_name} {registration.family_name}".strip())),
            event=self.event_lines(
                registration.event,
                tuple((entries.part_of(registration, p), p.mode) for p in registration.participations),
                language,
            ),
            reference=registration.reference,
            url=self.own_page(registration, language),
        )

    def own_page(self, registration: Registration, language: str) -> str:
        return links.own_page(
            registration.id, registration.link_version, language=language, base_url=self.letterhead.base_url
        )

    def _calendars(
        self,
        registration: Registration,
        chosen: Sequence[tuple[Part, Mode]],
        *,
        own_page: str,
        language: str,
        method: str,
        sent_at: datetime,
    ) -> Iterator[bytes]:
        """Write one file for each part: RFC 5546 3.2.2 allows one UID in a REQUEST (docs/decisions/0006).

        DTSTAMP is the moment of the change, so that a later one outranks it however late the worker writes (2.1.5).
        """
        try:
            address = addresses.mailable(registration.email)
        except Invalid:
            return
        guest = Mailbox(defused(f"{registration.given_name} {registration.family_name}".strip()), address)
        write = ics.invitation if method == "REQUEST" else ics.cancellation
        note = entries.manage_note(own_page, language)
        for part, mode in chosen:
            entry = self.entry(registration.event, part, mode, language)
            answer_to = ""
            if self.letterhead.tags:
                answer_to = links.answer_address(
                    self.letterhead.sender, registration.id, part.id, registration.link_version
                )
            yield write(entry, attendee=guest, sent_at=sent_at, language=language, note=note, answer_to=answer_to)

    def _entry(self, event: Event, part: Part, mode: Mode, language: str) -> Entry:
        return entries.attended(
            event,
            part,
            mode=mode,
            language=language,
            base_url=self.letterhead.base_url,
            organizer=self.organizer,
            funding=self.letterhead.funding.within(language),
        )

    def _event_lines(self, event: Event, chosen: tuple[tuple[Part, Mode], ...], language: str) -> EventLines:
        _ = i18n.words(language)
        first = min(part.starts_on for part, mode in chosen)
        last = max(part.ends_on for part, mode in chosen)
        online = all(mode is Mode.ONLINE for part, mode in chosen)
        figures, month = i18n.day_figures(first, last, language)
        title = event.title.said(language)
        return EventLines(
            title=title.text,
            title_lang=title.lang,
            figures=figures,
            month=month,
            days=i18n.short_range(first, last, language),
            place=_("Online") if online else place_line(event.venue, language),
            url=page_url(event, language, self.letterhead.base_url),
            hours_open=all(part.starts_at is None for part in event.parts) and event.state is State.SAVE_THE_DATE,
        )

    def _part_lines(self, part: Part, mode: Mode, language: str) -> PartLines:
        _ = i18n.words(language)
        title = part.title.said(language)
        hours = ""
        if part.starts_at and part.ends_at:
            hours = i18n.hours(part.starts_at, part.ends_at, part.zone, language)
        place = place_line(part.venue, language)
        return PartLines(
            title=title.text,
            title_lang=title.lang,
            day=i18n.long_date(part.starts_on, part.ends_on, language),
            hours=hours,
            where=_("online") if mode is Mode.ONLINE else place or _("on site"),
        )


def _subjects(facts: Iterable[Fact]) -> Iterator[tuple[Fact, Registration]]:
    facts = list(facts)
    found = queries.registrations_by_ids(fact.subject_id for fact in facts)
    for fact in facts:
        if fact.subject_id in found:
            yield fact, found[fact.subject_id]
