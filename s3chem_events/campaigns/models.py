"""Who wants to hear of an event: nobody is on a list without having said so twice."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from s3chem_events.core.db import NEVER_AGAIN, Model, UTCDateTime


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
