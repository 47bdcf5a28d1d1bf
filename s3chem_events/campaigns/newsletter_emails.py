"""What is written about a subscription itself: the question whether it is wanted, and the way to one's preferences."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from s3chem_events.campaigns import audience, links, topics
from s3chem_events.campaigns.models import Subscriber
from s3chem_events.campaigns.subscriptions import TIME_TO_CONFIRM, ZONE
from s3chem_events.core import i18n
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import render
from s3chem_events.mailing.letters import Draft, Letterhead


def asked(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Ask the owner of an address whether the newsletter is wanted. Nothing in it is a stranger's."""
    for fact, subscriber in _each(facts, audience.waiting_by_ids([fact.subject_id for fact in facts])):
        language = render.spoken(subscriber.language)
        yield _draft(
            fact,
            subscriber,
            letterhead,
            asked_at=i18n.stamp(subscriber.asked_at, ZONE, language),
            until=i18n.stamp(subscriber.asked_at + TIME_TO_CONFIRM, ZONE, language),
            confirm=links.confirm_subscription(fact.id, language=language, base_url=letterhead.base_url),
        )


def link_requested(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Show who is on the list already, and was entered again, the way to her preferences."""
    for fact, subscriber in _each(facts, audience.subscribers_by_ids([fact.subject_id for fact in facts])):
        language = render.spoken(subscriber.language)
        preferences = links.preferences(subscriber.id, language=language, base_url=letterhead.base_url)
        yield _draft(fact, subscriber, letterhead, preferences=preferences)


def _each(facts: Sequence[Fact], found: Mapping[int, Subscriber]) -> Iterator[tuple[Fact, Subscriber]]:
    db.session.expunge_all()  # the caller writes in between
    for fact in facts:
        if fact.subject_id in found:
            yield fact, found[fact.subject_id]


def _draft(fact: Fact, subscriber: Subscriber, letterhead: Letterhead, **values: Any) -> Draft:
    language = render.spoken(subscriber.language)
    labels = topics.labels(language)
    leave = links.leave_newsletter(subscriber.id, language=language, base_url=letterhead.base_url)
    return Draft(
        kind=fact.kind,
        fact_id=fact.id,
        subject_id=subscriber.id,
        address=subscriber.email,
        name="",
        language=subscriber.language,
        values={**values, "topics": [labels[topic] for topic in subscriber.topics], "leave": leave},
    )
