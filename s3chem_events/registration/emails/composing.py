"""Writes e-mails about registrations: the lines they share, and the calendar files that go with them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from functools import cache

from s3chem_events.calendar import ics
from s3chem_events.calendar.entries import Entry, Mailbox
from s3chem_events.core import i18n
from s3chem_events.core.clock import now
from s3chem_events.core.errors import Invalid
from s3chem_events.core.journal import Fact
from s3chem_events.core.values import frozen
from s3chem_events.mailing import addresses, render
from s3chem_events.mailing.letters import Draft, Letterhead, defused, isolated
from s3chem_events.publishing import lines
from s3chem_events.publishing.lifecycle import TAKING, Mode, State
from s3chem_events.publishing.lines import EventLines, PartLines
from s3chem_events.publishing.models import Event, Part
from s3chem_events.publishing.places import place_line
from s3chem_events.registration import entries, in_calendars, links, places, versions
from s3chem_events.registration.models import Participation, Registration


@frozen
class LinkLines:
    """One of several registrations of an address."""

    name: str
    event: EventLines
    reference: str
    url: str


class Writer:
    """Writes several drafts, and works out once what they share: an event's lines and entries."""

    def __init__(self, letterhead: Letterhead) -> None:
        self.letterhead = letterhead
        self.organizer = Mailbox(letterhead.organisation, letterhead.sender)
        self.event_lines = cache(self._event_lines)
        self.part_lines = cache(self._part_lines)
        self.place_lines = cache(self._place_lines)
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
        chosen = entries.chosen(registration, participations)
        told = [(part, mode) for part, mode in chosen if part.id not in kept]
        note = entries.manage_note(own_page, language)

        def lines_of(part: Part, mode: Mode) -> PartLines:
            is_held = method == "REQUEST"
            return (
                self.place_lines(event, part, mode, language)
                if is_held
                else self.part_lines(event, part, mode, language)
            )

        calendars = self.calendars(registration, told, note=note, method=method, sent_at=fact.happened_at)
        values = {
            "event": self.event_lines(event, tuple(chosen), language),
            "parts": [lines_of(part, mode) for part, mode in chosen],
            "registered_at": self.stamp(
                registration.registered_at.replace(second=0, microsecond=0), event.zone, language
            ),
            "not_me": links.not_me(
                registration.id, registration.link_version, language=language, base_url=self.letterhead.base_url
            ),
            "kept": len(chosen) - len(told),
            "is_limited": places.are_limited(chosen),
            "is_postponed": event.state is State.POSTPONED,
            **self.choice(registration, language),
        }
        return self.written_to(registration, fact, values, calendars=calendars, method=method)

    def written_to(
        self,
        registration: Registration,
        fact: Fact,
        values: Mapping[str, object],
        *,
        calendars: Iterable[bytes] = (),
        method: str = "",
    ) -> Draft:
        """Write an e-mail to a participant: `values`, and what each of them may mention."""
        version, base_url = registration.link_version, self.letterhead.base_url
        return Draft(
            kind=fact.kind,
            fact_id=fact.id,
            subject_id=registration.id,
            address=registration.email,
            name=registration.full_name,
            language=registration.language,
            values={
                "reference": registration.reference,
                "handed_on": registration.via_contact,
                "own_page": self.own_page(registration, render.spoken(registration.language)),
                "calendar": links.calendar(registration.id, version, base_url=base_url),
                **values,
            },
            calendars=tuple(calendars),
            method=method,
        )

    def link_lines(self, registration: Registration, language: str) -> LinkLines:
        return LinkLines(
            name=isolated(defused(registration.full_name)),
            event=self.event_lines(
                registration.event,
                tuple(entries.chosen(registration, registration.participations)),
                language,
            ),
            reference=registration.reference,
            url=self.own_page(registration, language),
        )

    def own_page(self, registration: Registration, language: str, *, mailed_to: str = "") -> str:
        """Return the address of the own page; `mailed_to` where the e-mail goes to somebody else's address."""
        return links.own_page(
            registration.id,
            registration.link_version,
            language=language,
            base_url=self.letterhead.base_url,
            mailed_to=mailed_to or registration.email,
        )

    def choice(self, registration: Registration, language: str) -> dict[str, object]:
        """Return whether a person wants calendar invitations, and where she says so once and for all."""
        own_page = self.own_page(registration, language)
        invited = registration.invitations and not registration.via_contact
        return {"invited": invited, "no_invitations": f"{own_page}/{links.INVITATIONS}"}

    def calendars(
        self,
        registration: Registration,
        chosen: Sequence[tuple[Part, Mode]],
        *,
        note: str,
        method: str,
        sent_at: datetime,
    ) -> Iterator[bytes]:
        """Write one file for each part: RFC 5546 3.2.2 allows one UID in a REQUEST (docs/decisions/0006).

        An entry that her calendar holds under a UID which the part has handed on leaves it under that.

        DTSTAMP is the moment of the change, so that a later one outranks it however late the worker writes (2.1.5).
        Who wants no invitations is written none, whatever happens, nor a contact for those who are reached through her.
        """
        if not registration.invitations or registration.via_contact:
            return
        try:
            address = addresses.mailable(registration.email)
        except Invalid:
            return
        guest = Mailbox(defused(registration.full_name), address)
        language = render.spoken(registration.language)
        places = {place.part_id: place for place in registration.participations}
        for part, mode in chosen:
            entry = self.entry(registration.event, part, mode, language)
            entry = replace(entry, sequence=versions.sequence(entry.sequence, places[part.id]))
            if method == "REQUEST" and mode is Mode.ONLINE and entries.is_given(registration.event, part):
                entry = entries.with_room(entry, part, language)
            answer_to = ""
            if self.letterhead.tags:
                answer_to = links.answer_address(
                    self.letterhead.sender, registration.id, part.id, registration.link_version
                )
            held = in_calendars.uids(registration, part, told=[one for one, _mode in chosen if one is not part])
            steps = [(ics.cancellation, uid) for uid in held if method == "CANCEL" or uid != part.uid]
            if method == "REQUEST":
                steps.insert(0, (ics.invitation, part.uid))
            for write, uid in steps:
                step = replace(entry, uid=uid)
                yield write(step, attendee=guest, sent_at=sent_at, language=language, note=note, answer_to=answer_to)

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
        living = [(part, mode) for part, mode in chosen if not part.cancelled] or chosen
        said = lines.event_lines(event, living, language=language, base_url=self.letterhead.base_url, inside=True)
        hours_open = all(part.starts_at is None for part in event.parts) and event.state is State.SAVE_THE_DATE
        return replace(said, hours_open=hours_open)

    def _part_lines(self, event: Event, part: Part, mode: Mode, language: str) -> PartLines:
        _ = i18n.words(language)
        place = "" if event.state is State.POSTPONED else place_line(part.venue, language)
        where = _("online") if mode is Mode.ONLINE else place or _("on site")
        return lines.part_lines(event, part, where, language=language)

    def _place_lines(self, event: Event, part: Part, mode: Mode, language: str) -> PartLines:
        """Put a part into words for who holds a place in it: also from when on she finds the link to join."""
        said, opens = self.part_lines(event, part, mode, language), entries.joins_from(part)
        if mode is not Mode.ONLINE or part.starts_at is None or event.state not in TAKING or now() >= opens:
            return said
        _, moment = i18n.words(language), i18n.stamp(opens, part.zone, language)
        link = _(
            "The link to join will stand on your personal page and in your calendar from %(moment)s.", moment=moment
        )
        return replace(said, link=link)
