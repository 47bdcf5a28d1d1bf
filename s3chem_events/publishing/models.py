"""Events and news as the public sees them."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s3chem_events.core.db import NEVER_AGAIN, Model, UTCDateTime, stored
from s3chem_events.core.text import Text, TextColumn
from s3chem_events.publishing import times
from s3chem_events.publishing.lifecycle import Kind, Mode, State, Visibility, WaitingList, mode_now

LONGEST_UID = 200


class Venue(Model):
    """A place that can be gone to."""

    __tablename__ = "venue"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(300), default="")
    address: Mapped[str] = mapped_column(String(500), default="")
    city: Mapped[str] = mapped_column(String(120), default="")
    country: Mapped[str] = mapped_column(String(2), default="")


class Event(Model):
    """One event, with one UID for the life of it and a SEQUENCE that rises with each visible change.

    `grace` are the minutes after the closing within which a form that was opened before it is still taken.
    """

    __tablename__ = "event"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[Kind] = mapped_column(stored(Kind))
    state: Mapped[State] = mapped_column(stored(State), default=State.DRAFT)
    title: Mapped[Text] = mapped_column(TextColumn)
    summary: Mapped[Text] = mapped_column(TextColumn, default=Text())
    description: Mapped[Text] = mapped_column(TextColumn, default=Text())
    report: Mapped[Text] = mapped_column(TextColumn, default=Text())
    zone: Mapped[str] = mapped_column(String(60))
    region: Mapped[str] = mapped_column(String(120), default="")
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id"))
    opens_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    note: Mapped[Text] = mapped_column(TextColumn, default=Text())
    reason: Mapped[Text] = mapped_column(TextColumn, default=Text(), server_default="{}")
    materials: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")
    reminds: Mapped[bool] = mapped_column(default=True, server_default=true())
    waiting_list: Mapped[WaitingList] = mapped_column(
        stored(WaitingList), default=WaitingList.OFFER, server_default=WaitingList.OFFER
    )
    grace: Mapped[int] = mapped_column(default=0, server_default="0")
    uid: Mapped[str] = mapped_column(String(LONGEST_UID), unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revised_at: Mapped[datetime] = mapped_column(UTCDateTime)

    venue: Mapped[Venue | None] = relationship(lazy="raise", cascade="all, delete-orphan", single_parent=True)
    parts: Mapped[list["Part"]] = relationship(
        back_populates="event", order_by="Part.position", lazy="raise", cascade="all, delete-orphan"
    )
    revisions: Mapped[list["Revision"]] = relationship(
        lazy="raise", order_by="Revision.number", cascade="all, delete-orphan"
    )

    @property
    def live_parts(self) -> list["Part"]:
        """The parts that take place; all of them where none does, so that the event still has its days."""
        return [part for part in self.parts if not part.cancelled] or self.parts


class Part(Model):
    """One part of an event: its own dates, place, publics and places. Without `starts_at` the hours are not known.

    With `approval` an organiser decides about each registration for it. `former_uids` it has handed on, each with the
    last revision of the event in which it was its own: calendars may hold it still (registration.in_calendars).
    """

    __tablename__ = "part"
    __table_args__ = (UniqueConstraint("event_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(default=0)
    title: Mapped[Text] = mapped_column(TextColumn)
    summary: Mapped[Text] = mapped_column(TextColumn, default=Text())
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    zone: Mapped[str] = mapped_column(String(60))
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id"))
    online_url: Mapped[str] = mapped_column(String(500), default="")
    visibility: Mapped[Visibility] = mapped_column(stored(Visibility), default=Visibility.PUBLIC)
    on_site: Mapped[bool] = mapped_column(default=True)
    on_site_capacity: Mapped[int | None]
    online: Mapped[bool] = mapped_column(default=False)
    online_capacity: Mapped[int | None]
    approval: Mapped[bool] = mapped_column(default=False, server_default=false())
    cancelled: Mapped[bool] = mapped_column(default=False, server_default=false())
    reason: Mapped[Text] = mapped_column(TextColumn, default=Text(), server_default="{}")
    uid: Mapped[str] = mapped_column(String(LONGEST_UID), unique=True)
    former_uids: Mapped[list[tuple[int, str]]] = mapped_column(JSON, default=list, server_default="[]")

    event: Mapped[Event] = relationship(back_populates="parts", lazy="raise")
    venue: Mapped[Venue | None] = relationship(lazy="raise", cascade="all, delete-orphan", single_parent=True)
    programme: Mapped[list["ProgrammeItem"]] = relationship(
        lazy="raise", order_by="ProgrammeItem.on, ProgrammeItem.position", cascade="all, delete-orphan"
    )

    @property
    def capacities(self) -> dict[Mode, int | None]:
        """The modes offered, each with its places; None is without limit."""
        offered = {
            Mode.ON_SITE: (self.on_site, self.on_site_capacity),
            Mode.ONLINE: (self.online, self.online_capacity),
        }
        return {mode: places for mode, (there, places) in offered.items() if there}

    def mode_of(self, chosen: Mode) -> Mode:
        """How somebody takes part in it now who chose a mode."""
        return mode_now(chosen, self.capacities)


class ProgrammeItem(Model):
    """One line of the programme; its hours may be missing and its speaker to be confirmed. Times are local."""

    __tablename__ = "programme_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(ForeignKey("part.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    on: Mapped[date]
    starts: Mapped[time | None]
    ends: Mapped[time | None]
    title: Mapped[Text] = mapped_column(TextColumn)
    abstract: Mapped[Text] = mapped_column(TextColumn, default=Text())
    speaker: Mapped[str] = mapped_column(String(300), default="")
    speaker_tbc: Mapped[bool] = mapped_column(default=False)


class Revision(Model):
    """What changed in an event, when and by whom. What was `undone`, and the undoing, is no part of its history.

    What lies between the revision `told_since` and this one was told at once: nobody heard of the steps.
    """

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("event_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))
    changes: Mapped[dict[str, Any]] = mapped_column(JSON)
    undone: Mapped[bool] = mapped_column(default=False, server_default=false())
    told_since: Mapped[int | None]


class NewsItem(Model):
    """One piece of news."""

    __tablename__ = "news_item"
    __table_args__ = (Index("ix_news_item_published_on", "published_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[Text] = mapped_column(TextColumn)
    lead: Mapped[Text] = mapped_column(TextColumn, default=Text())
    body: Mapped[Text] = mapped_column(TextColumn, default=Text())
    published_on: Mapped[date]
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id", ondelete="SET NULL"))
    revised_at: Mapped[datetime] = mapped_column(UTCDateTime)

    event: Mapped[Event | None] = relationship(lazy="raise")


class Document(Model):
    """A text of the site that belongs to no event: the project, its partners, the notices."""

    __tablename__ = "document"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    revised_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Content(Model):
    """One row: the revision of all that the public sees. Kept pages and feeds are good for one revision."""

    __tablename__ = "content"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


def runs_of(parts: Iterable[Part]) -> list[tuple[date, date]]:
    """Return the days of some parts, each run of them by its first and its last: parts may lie months apart."""
    return times.runs((part.starts_on, part.ends_on) for part in parts)


def is_one_entry(event: Event) -> bool:
    """Whether calendars hold an event as one entry: its hours are not known yet, and its days are one run."""
    return all(part.starts_at is None for part in event.parts) and len(runs_of(event.parts)) == 1
