"""What happens, for feed readers: the news, and what becomes of events."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5

from markupsafe import escape

from s3chem_events.core.clock import now
from s3chem_events.core.guard import settings
from s3chem_events.core.values import frozen
from s3chem_events.publishing import headlines, queries
from s3chem_events.publishing.actions import HOLD
from s3chem_events.publishing.history import Passage
from s3chem_events.publishing.models import Event
from s3chem_events.site import story
from s3chem_events.site.frame import Translated
from s3chem_events.site.kept import keep_until
from s3chem_events.site.pages import news_view

MOST = 100
REMEMBERED = timedelta(days=365)
SOON = timedelta(minutes=1)
"""When it is looked again whether the e-mails of a change are written."""


@frozen
class Happening:
    """One entry of the feed; its id stays the same in every language and for ever."""

    id: str
    url: str
    title: Translated
    summary: Translated
    content: Translated
    published_at: datetime
    updated_at: datetime


def entries(lang: str) -> list[Happening]:
    """Return the entries of the feed, newest first."""
    found = [*_news(lang), *_changes(lang)]
    return sorted(found, key=lambda entry: entry.published_at, reverse=True)[:MOST]


def _news(lang: str) -> Iterator[Happening]:
    base = settings().base_url
    for item in queries.news(latest=MOST):
        view = news_view(item, lang)
        day = datetime.combine(item.published_on, time(), UTC)
        yield Happening(
            id=f"{base}/en/news/{item.slug}",
            url=f"{base}{view.url}",
            title=view.title,
            summary=view.lead,
            content=view.body_html,
            published_at=day,
            updated_at=max(item.revised_at, day),
        )


def _changes(lang: str) -> Iterator[Happening]:
    """A change is told once nothing becomes of it any more: what a feed reader has fetched stays there.

    One that people are told waits until their e-mails are written: until then it is undone, or told with the next.
    """
    since = now() - REMEMBERED
    events = [event for event in queries.listed_events() if event.revised_at > since]
    passages, unwritten = queries.passages(events), queries.unwritten_tellings()
    for event in events:
        held = unwritten.get(event.id)
        for passage in passages[event.id]:
            told_at = passage.at + HOLD
            if held is not None and passage.number > held.data["since"]:
                keep_until(max(held.due_at or told_at, now() + SOON))
            elif told_at > now():
                keep_until(told_at)
            elif passage.at > since:
                yield _change(event, passage, lang)


def _change(event: Event, passage: Passage, lang: str) -> Happening:
    said = story.sentences(passage.difference, lang)
    paragraphs = "".join(f"<p>{escape(sentence)}</p>\n" for sentence in said)
    at = passage.at.astimezone(UTC)
    return Happening(
        id=uuid5(NAMESPACE_URL, f"{event.uid}#{passage.number}").urn,
        url=f"{settings().base_url}/{lang}/events/{event.slug}",
        title=Translated(headlines.headline(passage.difference, lang), lang),
        summary=Translated(" ".join(said), lang),
        content=Translated(paragraphs, lang),
        published_at=at,
        updated_at=at,
    )
