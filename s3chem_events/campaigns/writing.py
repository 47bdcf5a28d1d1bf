"""A campaign in the words of one reader: her language, her placeholders, the live blocks as they are now."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from s3chem_events.campaigns import audience as subscribers
from s3chem_events.campaigns import blocks, links, readers, subjects, texts
from s3chem_events.campaigns.models import Campaign, Subscriber
from s3chem_events.campaigns.stages import TO_SUBSCRIBERS
from s3chem_events.core import markdown, placeholders
from s3chem_events.core.db import db
from s3chem_events.core.values import frozen
from s3chem_events.mailing import wording_samples
from s3chem_events.mailing.letters import Draft, Letterhead, defused, isolated
from s3chem_events.registration import links as own_links
from s3chem_events.registration import names
from s3chem_events.registration import queries as registrations
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Registration

TO_A_SUBSCRIBER = "subscriber.newsletter"
TO_A_PARTICIPANT = "registration.message"
GONE, UNWRITABLE = "gone", "unwritable"
"""Why a reader gets nothing: she has left, or the registration is no more; or the outbox cannot take the e-mail."""
Reader = Subscriber | Registration


@frozen
class Shared:
    """What all readers of one language are shown."""

    language: str
    subject: str
    intro: str
    closing: str
    blocks: Sequence[blocks.Block]
    event: Mapping[str, str]
    """The placeholders of the event."""
    web_version: str


class Writer:
    """Writes one campaign to several readers; what is the same in a language is worked out once."""

    def __init__(self, campaign: Campaign, letterhead: Letterhead) -> None:
        self.campaign, self.letterhead = campaign, letterhead
        self.loaded = blocks.load(campaign.blocks, event_id=campaign.event_id)
        self.to_subscribers = campaign.kind in TO_SUBSCRIBERS
        self.languages = campaign.languages
        self.shared = cache(self._shared)
        db.session.expunge_all()  # the caller writes in between, and a roll-back would empty what is loaded

    def drafts(self, rows: Mapping[int, int]) -> Iterator[tuple[int, Draft | None]]:
        """Yield row and e-mail of each reader; None for one who is not to be written to any more."""
        people = self._people(list(rows.values()))
        db.session.expunge_all()
        for row, number in rows.items():
            person = people.get(number)
            yield row, self.draft(person, fact_id=self.campaign.fact_id or 0) if person is not None else None

    def draft(self, person: Reader, *, fact_id: int) -> Draft:
        """Write to one reader, in the language that she is to read it in."""
        return self.draft_in(self.shared(texts.language_for(person.language, self.languages)), person, fact_id=fact_id)

    def draft_in(self, shared: Shared, person: Reader, *, fact_id: int) -> Draft:
        """Write to one reader in a language."""
        own = self._of_subscriber(person, shared) if isinstance(person, Subscriber) else self._of_person(person, shared)
        to_subscriber = isinstance(person, Subscriber)
        return Draft(
            kind=TO_A_SUBSCRIBER if to_subscriber else TO_A_PARTICIPANT,
            fact_id=fact_id,
            subject_id=person.id,
            address=person.email,
            name="" if isinstance(person, Subscriber) else person.full_name,
            language=shared.language,
            values=self.values(shared, own),
            unsubscribe=self._ways_out(person, shared.language) if isinstance(person, Subscriber) else "",
            stream=self.campaign.stream,
            list_id=self.list_id if to_subscriber else "",
        )

    def sample(self, shared: Shared, *, name: str = "") -> Draft:
        """Write to a made-up reader, or to one of this name, for those who look at it before it is sent."""
        name = name or wording_samples.NAME
        return Draft(
            kind=TO_A_SUBSCRIBER if self.to_subscribers else TO_A_PARTICIPANT,
            fact_id=0,
            subject_id=self.campaign.id,
            address="",
            name=name,
            language=shared.language,
            values=self.values(shared, self.pretended(shared, name)),
        )

    def values(self, shared: Shared, own: Mapping[str, str]) -> dict[str, Any]:
        """Return what the templates mention; every value is escaped for the part that it stands in."""
        said = {**shared.event, **own}
        return {
            "subject": subjects.filled(shared.subject, said),
            "intro": markdown.in_an_email(shared.intro, said, links=texts.LINKS),
            "intro_text": placeholders.in_text(markdown.letter(shared.intro), said),
            "closing": markdown.in_an_email(shared.closing, said, links=texts.LINKS),
            "closing_text": placeholders.in_text(markdown.letter(shared.closing), said),
            "blocks": shared.blocks,
            "web_version": shared.web_version,
            "preferences": own.get("preferences_link", ""),
            "leave": own.get("leave_link", ""),
            "own_page": own.get("own_link", ""),
            "event_title": shared.event.get("event_title", ""),
        }

    def pretended(self, shared: Shared, name: str = "") -> dict[str, str]:
        """Return what stands for a reader's own words and links where nobody is the reader: the web version, a test.

        The links lead to where anybody asks for her own.
        """
        if self.to_subscribers:
            anybodys = links.newsletter(language=shared.language, base_url=self.letterhead.base_url)
            return {"preferences_link": anybodys, "leave_link": anybodys, "web_version": shared.web_version}
        given, _, family = name.partition(" ")
        own_link = own_links.lost(language=shared.language, base_url=self.letterhead.base_url)
        own = {"given_name": given, "family_name": family, "name": name, "own_link": own_link}
        return {**own, "organisation": self.letterhead.organisation}

    @property
    def list_id(self) -> str:
        """The identity of the list (RFC 2919), which mail programs sort by."""
        host = (urlsplit(self.letterhead.base_url).hostname or "localhost").encode("idna").decode()
        return f"<newsletter.{host}>"

    def _shared(self, language: str) -> Shared:
        base_url, campaign = self.letterhead.base_url, self.campaign
        event = self.loaded.events.get(campaign.event_id or 0)
        return Shared(
            language=language,
            subject=campaign.subject.within(language),
            intro=campaign.intro.within(language),
            closing=campaign.closing.get(language, ""),
            blocks=self.loaded.written(campaign.blocks, language, base_url),
            event=subjects.of_event(event, language, base_url),
            web_version=links.web_version(campaign.slug, language=language, base_url=base_url)
            if self.to_subscribers
            else "",
        )

    def _people(self, numbers: list[int]) -> Mapping[int, Reader]:
        if self.to_subscribers:
            return subscribers.subscribers_by_ids(numbers)
        found = registrations.people_by_ids(numbers)
        return {number: one for number, one in found.items() if one.email and self._is_meant(one)}

    def _is_meant(self, person: Registration) -> bool:
        """Whether somebody still is what she was chosen for: who has withdrawn meanwhile is written to no more."""
        return person.withdrawn_at is None or Standing.WITHDRAWN in readers.standings(self.campaign)

    def _of_subscriber(self, person: Subscriber, shared: Shared) -> dict[str, str]:
        where = {"language": shared.language, "base_url": self.letterhead.base_url}
        return {
            "preferences_link": links.preferences(person.id, **where),
            "leave_link": links.leave_newsletter(person.id, **where),
            "web_version": shared.web_version,
        }

    def _of_person(self, person: Registration, shared: Shared) -> dict[str, str]:
        own = {"given_name": person.given_name, "family_name": person.family_name, "name": person.full_name}
        return {
            **{name: isolated(defused(value)) for name, value in own.items()},
            "organisation": isolated(defused(person.organisation, longest=names.LONGEST_ORGANISATION)),
            "own_link": own_links.own_page(
                person.id,
                person.link_version,
                language=shared.language,
                base_url=self.letterhead.base_url,
                mailed_to=person.email,
            ),
        }

    def _ways_out(self, person: Subscriber, language: str) -> str:
        sender = self.letterhead.sender if self.letterhead.tags else ""
        return links.ways_out(person.id, language=language, base_url=self.letterhead.base_url, sender=sender)
