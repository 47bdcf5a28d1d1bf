"""Who wants to hear of an event, or of the project, having said so twice; and what is written to many."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s3chem_events.campaigns.stages import Kind, Stage, Why
from s3chem_events.campaigns.subscriptions import Source, State
from s3chem_events.core.db import NEVER_AGAIN, Model, UTCDateTime, partial_index, stored
from s3chem_events.core.text import Text, TextColumn
from s3chem_events.publishing.models import Event

STREAM = "campaign-"
"""The beginning of the name of a campaign's stream."""


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
    """A list that an organiser brings. Its lines wait here, `packed`, between the preview and the press, and no longer.

    `made_at` is the press; before it nobody is subscribed. `undone_at`: its people have been taken off again.
    """

    __tablename__ = "subscriber_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    by: Mapped[str] = mapped_column(String(40))
    brought_at: Mapped[datetime] = mapped_column(UTCDateTime)
    packed: Mapped[bytes]
    added: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Campaign(Model):
    """What is written to many, as it is edited, looked at, released and sent.

    `blocks` are the live pieces between `intro` and `closing`: `{"kind": "event" | "news", "id": …}`. `seen` holds what
    each of them was like when an organiser looked at it last, by `blocks.key`. `version` counts the text's changes.

    `begins_at` is when the first e-mail may leave, the hold and a chosen hour included. Its readers are written down as
    rows from `started_at` to `frozen_at`; `fact_id` is the fact that its e-mails follow from.
    """

    __tablename__ = "campaign"
    __table_args__ = (Index("ix_campaign_stage", "stage"), NEVER_AGAIN)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[Kind] = mapped_column(stored(Kind))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id", ondelete="RESTRICT"), index=True)
    subject: Mapped[Text] = mapped_column(TextColumn, default=Text())
    intro: Mapped[Text] = mapped_column(TextColumn, default=Text())
    closing: Mapped[Text] = mapped_column(TextColumn, default=Text())
    blocks: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    audience: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    stage: Mapped[Stage] = mapped_column(stored(Stage), default=Stage.DRAFT)
    why: Mapped[Why] = mapped_column(stored(Why), default=Why.NOTHING)
    seen: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revised_at: Mapped[datetime] = mapped_column(UTCDateTime)
    released_by: Mapped[str] = mapped_column(String(40), default="")
    wanted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    begins_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    frozen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    frozen_to: Mapped[int] = mapped_column(default=0)
    fact_id: Mapped[int | None] = mapped_column(ForeignKey("fact.id", ondelete="RESTRICT"))

    event: Mapped[Event | None] = relationship(lazy="raise")

    @property
    def stream(self) -> str:
        """The stream of its e-mails in the outbox."""
        return f"{STREAM}{self.id}"

    @property
    def languages(self) -> list[str]:
        """The languages that it can be sent in: those with a subject and a text."""
        return [language for language in self.subject if language in self.intro]


class CampaignReader(Model):
    """One reader of a campaign, written down when it began, once. `reader_id` is a subscriber's or a registration's.

    `leased_until`: a worker is writing the e-mail; `written_at`: it is in the outbox, or `left_out` for a reason.
    """

    __tablename__ = "campaign_reader"
    __table_args__ = (
        UniqueConstraint("campaign_id", "reader_id"),
        partial_index("ix_campaign_reader_unwritten", "campaign_id", "id", where="written_at IS NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"))
    reader_id: Mapped[int]
    language: Mapped[str] = mapped_column(String(2))
    leased_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    written_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    left_out: Mapped[str] = mapped_column(String(20), default="", server_default="")
