"""Who wants to hear of an event, or of the project: nobody is on a list without having said so twice."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from s3chem_events.campaigns.subscriptions import Source, State
from s3chem_events.core.db import NEVER_AGAIN, Model, UTCDateTime, stored


class Follower(Model):
    """An address that wants to hear of one event.

    Asked for (`asked_at`), it waits for the owner's own word (`confirmed_at`) and is erased without. Whose owner said
    "this was not me" (`left_at`) keeps a digest alone, so that nobody enters the address again.

    The proof of the wish: which version of the privacy notice (`text_version`) stood beside the form, in which language
    (`text_language`), when it was sent and when it was confirmed.
    """

    __tablename__ = "follower"
    __table_args__ = (
        UniqueConstraint("event_id", "address_digest"),
        Index("ix_follower_asked", "asked_at"),
        NEVER_AGAIN,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(254))
    address_digest: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(2))
    text_version: Mapped[str] = mapped_column(String(40))
    text_language: Mapped[str] = mapped_column(String(2))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    mailed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    mails: Mapped[int] = mapped_column(default=1)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Subscriber(Model):
    """An address that wants the newsletter, about its `topics`, in its language.

    The proof of the wish: which version of the privacy notice (`text_version`) stood beside the form, in which language
    (`text_language`), when it was sent (`asked_at`) and confirmed (`confirmed_at`). Who was imported has the `basis`
    that an organiser stated, its day, and the import instead; `asked_at` then is when that was.

    Who left keeps this row without the address, its digest apart, so that old links go on meaning her; what keeps
    others from putting her back is mailing's NewsletterSuppression. `touched_at`: when she herself changed anything.
    """

    __tablename__ = "subscriber"
    __table_args__ = (
        Index("ix_subscriber_state", "state", "id"),
        Index("ix_subscriber_import", "import_id"),
        NEVER_AGAIN,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    address_digest: Mapped[str] = mapped_column(String(64), unique=True)
    search: Mapped[str] = mapped_column(String(300), default="")
    language: Mapped[str] = mapped_column(String(2))
    topics: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[State] = mapped_column(stored(State))
    source: Mapped[Source] = mapped_column(stored(Source))
    text_version: Mapped[str] = mapped_column(String(40), default="")
    text_language: Mapped[str] = mapped_column(String(2), default="")
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    mailed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    mails: Mapped[int] = mapped_column(default=0)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    touched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    basis: Mapped[str] = mapped_column(String(500), default="")
    basis_on: Mapped[date | None]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("subscriber_import.id", ondelete="RESTRICT"))


class SubscriberImport(Model):
    """A list that an organiser brings. Its `rows` wait here between the preview and the press, and no longer.

    `made_at` is the press; before it nobody is subscribed. `undone_at`: its people have been taken off again.
    """

    __tablename__ = "subscriber_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    by: Mapped[str] = mapped_column(String(40))
    brought_at: Mapped[datetime] = mapped_column(UTCDateTime)
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    added: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
