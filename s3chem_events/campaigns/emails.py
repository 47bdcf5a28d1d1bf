"""What followers are written: the question whether they want to be, and the news of an event."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from s3chem_events.calendar import ics
from s3chem_events.calendar.entries import Mailbox
from s3chem_events.campaigns import links, queries
from s3chem_events.campaigns.models import Follower
from s3chem_events.core import i18n
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import render
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.publishing import headlines, lines, telling
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.changes import MODES, Difference, Sort
from s3chem_events.publishing.entries import public_entries
from s3chem_events.publishing.known import Known
from s3chem_events.publishing.lifecycle import LISTED, State, Visibility
from s3chem_events.publishing.lines import EventLines, PartLines
from s3chem_events.publishing.models import Event, Part
from s3chem_events.publishing.places import place_line
from s3chem_events.registration import crowds
from s3chem_events.registration.openness import Openness, openness

SAYS_ALL = MODES | {Sort.RESCHEDULED, Sort.HOURS, Sort.PLACE, Sort.PART_ADDED}
"""What names the new day, hours or place of a part: they are not said once more."""


def asked(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Ask the owner of an address whether the wish is theirs. Nothing in it is a stranger's: no name, no file."""
    desk = Desk(letterhead)
    waiting = queries.waiting_by_ids([fact.subject_id for fact in facts])
    db.session.expunge_all()
    for fact in facts:
        follower = waiting.get(fact.subject_id)
        event = desk.event(follower.event_id) if follower else None
        if follower is None or event is None:
            continue
        language = render.spoken(follower.language)
        yield Draft(
            kind="follower.asked",
            fact_id=fact.id,
            subject_id=follower.id,
            address=follower.email,
            name="",
            language=follower.language,
            values={
                "event": desk.lines(event, language),
                "asked_at": i18n.stamp(follower.asked_at, event.zone, language),
                "until": i18n.stamp(follower.asked_at + queries.TIME_TO_CONFIRM, event.zone, language),
                "confirm": links.confirm(follower.id, language=language, base_url=letterhead.base_url),
                "not_me": links.leave(follower.id, language=language, base_url=letterhead.base_url),
            },
        )


def changed(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Tell followers what became of their event; of the parts that they take part in they hear from another room.

    What has been taken back meanwhile, and what concerns invited guests alone, is no news.
    """
    desk = Desk(letterhead)
    for fact in facts:
        event = None if fact.data.get("called_off") else desk.event(fact.subject_id)
        if event is not None:
            known = Known(event)
            followers = queries.to_be_told(event.id, fact)
            db.session.expunge_all()  # the caller writes in between, and a roll-back would empty what is loaded
            yield from news(desk, fact, event, known=known, followers=followers)


def news(desk: "Desk", fact: Fact, event: Event, *, known: Known, followers: Sequence[Follower]) -> Iterator[Draft]:
    """Write what some followers are told: the difference to what each of them heard last, where that is news."""
    announced = known.since(fact.data["since"])
    heard = queries.last_heard([follower.id for follower in followers]) if announced else {}
    there = queries.attended(event.id) if announced else {}

    @cache
    def read(since: int, language: str, parts: frozenset[str]) -> Difference:
        return queries.public(known.since(since), but=parts).read_in(language)

    for follower in followers if announced else ():
        language, parts = render.spoken(follower.language), there.get(follower.id, frozenset())
        last = known.at(heard[follower.id]) if follower.id in heard else fact.data["since"]
        difference = read(last, language, parts)
        if difference:
            values = {
                "headline": headlines.headline(difference, language),
                "told": telling.sentences(difference, language),
                "reasons": [] if "misled" in fact.data else difference.why(language),
            }
            said = frozenset(change.part for change in difference.changes if change.sort in SAYS_ALL)
            yield desk.news(fact, follower, event, values, said=said)


class Desk:
    """Writes several drafts, and works out once for each language what they share."""

    def __init__(self, letterhead: Letterhead) -> None:
        self.letterhead = letterhead
        self.event = cache(self._event)
        self.lines = cache(self._lines)
        self.parts = cache(self._parts)
        self.calendars = cache(self._calendars)

    def news(
        self, fact: Fact, follower: Follower, event: Event, values: Mapping[str, object], *, said: frozenset[str]
    ) -> Draft:
        """Write what happened, and how the parts stand of which that has not `said` so."""
        language = render.spoken(follower.language)
        leave = links.leave(follower.id, language=language, base_url=self.letterhead.base_url)
        takes_place = event.state not in {State.CANCELLED, State.POSTPONED, State.OVER}
        return Draft(
            kind=queries.TOLD,
            fact_id=fact.id,
            subject_id=follower.id,
            address=follower.email,
            name="",
            language=follower.language,
            values={
                **values,
                "event": self.lines(event, language),
                "parts": self.parts(event, language, said) if takes_place else (),
                "takes_place": takes_place,
                "is_cancelled": event.state is State.CANCELLED,
                "has_calendar": bool(self.calendars(event, language)),
                "leave": leave,
            },
            calendars=self.calendars(event, language),
            method="PUBLISH",
            unsubscribe=self.ways_out(leave, follower),
        )

    def ways_out(self, leave: str, follower: Follower) -> str:
        """Return where a mail program may ask to leave: a page, and an address where somebody reads the post."""
        address = links.leave_by_mail(self.letterhead.sender, follower.id) if self.letterhead.tags else ""
        return f"{leave} mailto:{address}?subject=unsubscribe" if address else leave

    def _event(self, event_id: int) -> Event | None:
        event = publishing.event_by_id(event_id)
        db.session.expunge_all()
        return event if event is not None and event.state in LISTED else None

    def _lines(self, event: Event, language: str) -> EventLines:
        said = lines.public_lines(event, language=language, base_url=self.letterhead.base_url)
        how = openness(event, crowds.of(event.id))
        opens = how is Openness.LATER and event.opens_at
        return replace(
            said,
            register_url=f"{said.url}/register" if how is Openness.OPEN else "",
            opens=i18n.stamp(opens, event.zone, language) if opens else "",
        )

    def _parts(self, event: Event, language: str, but: frozenset[str]) -> tuple[PartLines, ...]:
        """Return the public parts but some: what happens behind closed doors is its guests' business."""
        public = (part for part in event.live_parts if part.visibility is Visibility.PUBLIC)
        shown = [part for part in public if part.key not in but]
        return tuple(_part(event, part, language) for part in shown)

    def _calendars(self, event: Event, language: str) -> tuple[bytes, ...]:
        """Return the public file (METHOD:PUBLISH), an invitation to nobody; what is over needs none.

        What is cancelled is marked so in calendars that have saved it (RFC 5545, section 3.8.1.11).
        """
        if event.state is State.OVER:
            return ()
        shown = public_entries(
            event,
            language=language,
            base_url=self.letterhead.base_url,
            organizer=Mailbox(self.letterhead.organisation, self.letterhead.sender),
            funding=self.letterhead.funding.within(language),
        )
        return (ics.download(shown, language=language),) if shown else ()


def _part(event: Event, part: Part, language: str) -> PartLines:
    _ = i18n.words(language)
    where = [place_line(part.venue or event.venue, language) or _("on site")] if part.on_site else []
    where += [_("online")] if part.online else []
    return lines.part_lines(event, part, ", ".join(where), language=language)
