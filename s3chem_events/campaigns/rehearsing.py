"""What a change would tell followers: how many of them, in which languages, and in which words. Nothing is written."""

from collections.abc import Mapping

from s3chem_events.campaigns import emails, queries
from s3chem_events.core.values import frozen
from s3chem_events.mailing import render, rewording, samples
from s3chem_events.mailing.letters import Draft, Letter, Letterhead
from s3chem_events.mailing.samples import Sample
from s3chem_events.publishing.becoming import announcement, changed_to
from s3chem_events.publishing.changes import Difference
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.known import Known
from s3chem_events.publishing.models import Event


@frozen
class Rehearsal:
    """How many followers would hear of a change, by language, and real e-mails, each that differs once.

    `news` is all that any of them is told; `besides` is what was saved before in silence, and is told with it to those
    who do not know it yet.
    """

    languages: Mapping[str, int]
    letters: tuple[Sample, ...]
    news: Difference
    besides: Difference


def rehearse(event: Event, facts: EventFacts, *, letterhead: Letterhead, since: int) -> Rehearsal:
    """Return what followers would be told if a loaded event were changed to these facts; the session is rolled back."""
    known = Known(event, facts)
    announced = known.since(since)
    hearers = queries.hearers(event.id, announced, known)
    oldest = min((one.since for one in hearers.values() if one.since), default=since)
    news = known.since(oldest).only({change for one in hearers.values() for change in one.difference.changes})
    besides = news.only({*news.changes} - {*announced.changes})
    if not hearers:
        return Rehearsal({}, (), news, besides)
    readers = samples.tried(queries.alike(hearers))
    followers = queries.followers_by_ids(one.first for one in readers)
    fact, desk, wordings = announcement(event, since=since), emails.Desk(letterhead), rewording.in_force()

    def write(draft: Draft) -> Letter:
        return render.written(draft, letterhead, at=fact.happened_at, wordings=wordings)

    with changed_to(event, facts, letterhead.base_url):
        drafts = {one.subject_id: one for one in emails.news(desk, fact, event, known=known, followers=followers)}
        letters = samples.samples(readers, drafts, write)
    return Rehearsal(queries.by_language(one.language for one in hearers.values()), letters, news, besides)
