"""What a campaign is called, as its readers get it: its subject, with the words of its event filled in."""

from collections.abc import Mapping, Sequence

from s3chem_events.campaigns import blocks, texts
from s3chem_events.campaigns.models import Campaign
from s3chem_events.core import placeholders
from s3chem_events.core.text import Said
from s3chem_events.publishing.models import Event


def subjects(several: Sequence[Campaign], language: str) -> dict[int, Said]:
    """Return the subjects of several campaigns by their numbers, in a known number of statements.

    In a language, or the one that its readers get one in. A reader's own words become nothing, as nobody is the reader.
    """
    filled_in = {one.event_id for one in several if any(map(placeholders.used, one.subject.values()))}
    events = blocks.load([{"kind": "event", "id": number} for number in filled_in if number is not None]).events
    return {one.id: _subject(one, events, language) for one in several}


def filled(subject: str, said: Mapping[str, str]) -> str:
    """Fill a subject, which is one line."""
    return placeholders.in_text(subject, {name: " ".join(value.split()) for name, value in said.items()})


def of_event(event: Event | None, language: str, base_url: str) -> dict[str, str]:
    """Return what the placeholders of an event stand for in a language."""
    if event is None:
        return {}
    told = blocks.event_block(event, language, base_url)
    return {
        "event_title": told.title,
        "event_dates": told.days,
        "event_place": told.place,
        "event_link": told.url,
        "report_link": told.url + _outcome(event),
    }


def _subject(campaign: Campaign, events: Mapping[int, Event], language: str) -> Said:
    said = campaign.subject.said(texts.language_for(language, campaign.languages or list(campaign.subject)))
    if not placeholders.used(said.text):
        return said
    return Said(filled(said.text, of_event(events.get(campaign.event_id or 0), said.lang, "")), said.lang)


def _outcome(event: Event) -> str:
    """Return the place on the event's page where its report stands, else its material."""
    return "#report" if event.report else "#material" if event.materials else ""
