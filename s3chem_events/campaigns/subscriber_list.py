"""What the desk and its files read of subscribers. Selects only, in a known number of statements."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from s3chem_events.campaigns import audience
from s3chem_events.campaigns.models import Subscriber
from s3chem_events.campaigns.subscriptions import State
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.core.values import frozen
from s3chem_events.mailing import suppression
from s3chem_events.registration import names

PAGE = 50
BATCH = 500
COLUMNS = ("email", "language", "topics", "state", "source", "asked_at", "confirmed_at", "basis", "basis_on")
"""The ids of the columns of the files; they stay, and new ones are added at the end."""


@frozen
class Wanted:
    """Which subscribers are asked for; empty values ask for all who have not left."""

    words: str = ""
    state: State | None = None
    language: str = ""
    topic: str = ""
    unreached: bool = False  # True leaves only those to whom nothing is sent, because their e-mails come back

    @property
    def filtered(self) -> bool:
        """Whether somebody may be left out."""
        return bool(self.words.strip() or self.state or self.language or self.topic or self.unreached)


@frozen
class Reader:
    """One line of the list."""

    id: int
    email: str
    state: State
    language: str
    topics: Sequence[str]
    since: datetime
    held_because: str


@frozen
class Page:
    """Some lines of the list, and how many there are in all."""

    rows: tuple[Reader, ...]
    total: int
    number: int

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // PAGE))


def page(wanted: Wanted, *, number: int = 1) -> Page:
    """Return one page of the subscribers by address, in two statements; past the end it is the last page."""
    total = db.session.scalar(_filtered(select(func.count(Subscriber.id)), wanted)) or 0
    number = max(1, min(number, -(-total // PAGE)))
    since = func.coalesce(Subscriber.left_at, Subscriber.confirmed_at, Subscriber.asked_at)
    columns = (Subscriber.id, Subscriber.email, Subscriber.state, Subscriber.language, Subscriber.topics)
    query = _filtered(
        select(*columns, since, func.coalesce(suppression.why_dead(Subscriber.address_digest), "")), wanted
    )
    rows = db.session.execute(query.order_by(Subscriber.search, Subscriber.id).limit(PAGE).offset((number - 1) * PAGE))
    return Page(tuple(Reader(*row) for row in rows), total, number)


def counts() -> Mapping[State, int]:
    """Return how many subscribers stand in each state."""
    rows = db.session.execute(select(Subscriber.state, func.count()).group_by(Subscriber.state))
    return {row[0]: int(row[1]) for row in rows}


def unreached_count() -> int:
    """Return to how many on the list nothing is sent, because their e-mails come back."""
    return db.session.scalar(_filtered(select(func.count(Subscriber.id)), Wanted(unreached=True))) or 0


def history(subscriber_id: int) -> list[Fact]:
    """Return what happened to a subscription, newest first; an import's own fact is about the import."""
    query = db.select(Fact).where(
        Fact.kind.startswith("subscriber."),
        ~Fact.kind.startswith("subscriber.import"),
        Fact.subject_id == subscriber_id,
    )
    return list(db.session.scalars(query.order_by(Fact.id.desc())))


def count(wanted: Wanted) -> int:
    """Return how many rows the file will have."""
    return db.session.scalar(_filtered(select(func.count(Subscriber.id)), wanted)) or 0


def rows(wanted: Wanted) -> Iterator[Sequence[tuple[str, ...]]]:
    """Yield the rows of the files in batches: never all of them in memory."""
    columns = [getattr(Subscriber, name) for name in COLUMNS]
    query = _filtered(select(*columns), wanted).order_by(Subscriber.search, Subscriber.id)
    for some in db.session.execute(query.execution_options(yield_per=BATCH)).partitions():
        yield [tuple(map(_written, row)) for row in some]


def _written(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, list):
        return " ".join(value)
    return str(value) if value is not None else ""


def _filtered(query: Any, wanted: Wanted) -> Any:
    conditions: list[ColumnElement[bool]] = [
        Subscriber.search.contains(word, autoescape=True) for word in names.sought(wanted.words).split()
    ]
    conditions.append(Subscriber.state == wanted.state if wanted.state else Subscriber.state != State.LEFT)
    if wanted.language:
        conditions.append(Subscriber.language == wanted.language)
    if wanted.topic:
        conditions.append(audience.about(wanted.topic))
    if wanted.unreached:
        conditions.append(suppression.is_dead(Subscriber.address_digest))
    return query.where(*conditions)
