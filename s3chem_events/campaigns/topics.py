"""What one can subscribe to: one table of topics, pure. Their keys are stored with every subscriber and stay for ever.

An event is about its region and its kind; one topic that fits suffices to hear of it.
"""

from collections.abc import Iterable

from s3chem_events.core.errors import Invalid
from s3chem_events.core.i18n import words
from s3chem_events.publishing.lifecycle import Kind
from s3chem_events.publishing.words import kinds
from s3chem_events.registration import choices

PROJECT = "project"
ELSEWHERE = "region-elsewhere"
REGIONS: dict[str, str] = {
    "Saxony-Anhalt": "region-saxony-anhalt",
    "Limburg": "region-limburg",
    "Lombardy": "region-lombardy",
    "Catalonia": "region-catalonia",
    "Asturias": "region-asturias",
    "Wallonia": "region-wallonia",
    "Mazovia": "region-mazovia",
}
"""The seven partner regions, as events name them, and the topic of each."""
KINDS: dict[Kind, str] = {
    Kind.CONFERENCE: "kind-conference",
    Kind.WORKING_GROUP_MEETING: "kind-working-group-meeting",
    Kind.WORKSHOP: "kind-workshop",
    Kind.WEBINAR: "kind-webinar",
}
TOPICS: tuple[str, ...] = (PROJECT, *REGIONS.values(), ELSEWHERE, *KINDS.values())
USUAL = (PROJECT,)
"""What the form offers as chosen already."""


def labels(language: str) -> dict[str, str]:
    """Return the topics as people read them, in their order."""
    _ = words(language)
    return {PROJECT: _("News of the project"), **regions(language), **kinds_of_events(language)}


def regions(language: str) -> dict[str, str]:
    """Return the topics that ask for the events of a region."""
    _ = words(language)
    named = choices.regions(language)
    return {**{topic: named[region] for region, topic in REGIONS.items()}, ELSEWHERE: _("Elsewhere, or online")}


def kinds_of_events(language: str) -> dict[str, str]:
    """Return the topics that ask for the events of a kind."""
    named = kinds(language)
    return {topic: named[kind] for kind, topic in KINDS.items()}


def of_event(*, region: str, kind: Kind) -> tuple[str, ...]:
    """Return the topics that an event is about."""
    return REGIONS.get(region, ELSEWHERE), KINDS[kind]


def chosen(topics: Iterable[str]) -> list[str]:
    """Return topics as they are stored: once each, in the order of the table.

    Raises:
        Invalid: none is chosen, or one is no topic.

    """
    given = set(topics)
    if not given or not given <= set(TOPICS):
        raise Invalid("topics", "none" if not given else "unknown")
    return [topic for topic in TOPICS if topic in given]
