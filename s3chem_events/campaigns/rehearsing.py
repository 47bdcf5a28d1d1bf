"""What a change would tell followers: how many of them, in which languages, and in which words. Nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass

from s3chem_events.campaigns import emails, queries
from s3chem_events.mailing import render, rewording
from s3chem_events.mailing.letters import Letter, Letterhead
from s3chem_events.publishing.becoming import announcement, changed_to
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.known import Known
from s3chem_events.publishing.models import Event


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How many followers would hear of a change, by language, and a real e-mail for each language."""

    languages: Mapping[str, int]
    letters: Mapping[str, Letter]


def rehearse(event: Event, facts: EventFacts, *, letterhead: Letterhead, since: int) -> Rehearsal:
    """Return what followers would be told if a loaded event were changed to these facts; the session is rolled back."""
    known = Known(event, facts)
    hearers = queries.hearers(event.id, known.since(since), known)
    if not hearers:
        return Rehearsal({}, {})
    fact, followers, desk = announcement(event, since=since), queries.samples(hearers), emails.Desk(letterhead)
    wordings = rewording.in_force()
    with changed_to(event, facts, letterhead.base_url):
        drafts = list(emails.news(desk, fact, event, known=known, followers=followers))
        letters = {
            draft.language: render.written(draft, letterhead, at=fact.happened_at, wordings=wordings)
            for draft in drafts
        }
    return Rehearsal(queries.by_language(hearers.values()), letters)
