"""News as the desk has it: all pieces of it, adding one, rewriting it, taking it off."""

from datetime import date

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Actor
from s3chem_events.core.text import Text
from s3chem_events.publishing.actions import SlugTaken, Stale, touch
from s3chem_events.publishing.models import NewsItem


def publish(
    *, slug: str, title: Text, lead: Text, body: Text, published_on: date, event_id: int | None, by: Actor
) -> NewsItem:
    """Add a piece of news; what is dated ahead appears on its day.

    Raises:
        SlugTaken.

    """
    if db.session.scalar(db.select(NewsItem.id).filter_by(slug=slug)) is not None:
        raise SlugTaken(slug=slug)
    item = NewsItem(
        slug=slug, title=title, lead=lead, body=body, published_on=published_on, event_id=event_id, revised_at=now()
    )
    db.session.add(item)
    db.session.flush()
    touch()
    journal.record("news.published", item.id, by=by)
    return item


def revise(item: NewsItem, *, seen: str, by: Actor, **values: Text | date | int | None) -> None:
    """Rewrite a piece of news; its address stays. `seen` is the `version` that the writer started from.

    Raises:
        Stale.

    """
    if seen != version(item):
        raise Stale
    changed = sorted(name for name, value in values.items() if getattr(item, name) != value)
    if not changed:
        return
    for name in changed:
        setattr(item, name, values[name])
    item.revised_at = now()
    touch()
    journal.record("news.revised", item.id, by=by, changed=changed)


def take_off(item: NewsItem, *, by: Actor) -> None:
    """Delete a piece of news; newsletters that have gone out keep what they said of it."""
    db.session.delete(item)
    touch()
    journal.record("news.removed", item.id, by=by, slug=item.slug)


def every() -> list[NewsItem]:
    """Return all news, newest first, also what is dated ahead."""
    return list(db.session.scalars(db.select(NewsItem).order_by(NewsItem.published_on.desc(), NewsItem.id)))


def by_id(number: int, *, lock: bool = False) -> NewsItem | None:
    """Return one piece of news; `lock` keeps other writers of it waiting."""
    return db.session.get(NewsItem, number, with_for_update=lock, populate_existing=lock)


def twin(*, title: Text, body: Text, published_on: date, **_others: object) -> NewsItem | None:
    """Return the piece that says the same under the same date: the form was sent twice."""
    return next(
        (one for one in every() if (one.title, one.body, one.published_on) == (title, body, published_on)), None
    )


def version(item: NewsItem) -> str:
    """Return what differs after each rewriting."""
    return item.revised_at.isoformat()
