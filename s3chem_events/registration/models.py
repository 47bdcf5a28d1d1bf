"""Who comes, to which parts."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s3chem_events.core.db import NEVER_AGAIN, Model, UTCDateTime, partial_index, stored
from s3chem_events.core.text import Text, TextColumn
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration.capacity import Said, Standing
from s3chem_events.registration.file_types import MOST_MB
from s3chem_events.registration.questions import Kind, Readers, When

# One letter may fold into many, U+FDFA into eighteen: what sorts and searches is cut here, the name itself never.
LONGEST_SORT_NAME, LONGEST_SEARCH = 420, 1500
LONGEST_PHONE, LONGEST_REASON = 40, 1000


class Registration(Model):
    """One person at one event; `person` is who it is, and empty once she may come anew (registration.anew).

    Who was entered at the desk may have no `email`, and then no `address_digest`: she is called on the `phone`.
    `coming` is what she said last when asked whether she still comes, `invitations` whether her e-mails carry any,
    `letter_at` when a letter of invitation was asked for.
    Who gave her places to somebody else is withdrawn since `handed_over_at`. Since `erased_at` nobody can be reached.
    Who came with a `delegation` and has no address of her own is written to `via_contact`: `email` is the contact's.
    """

    __tablename__ = "registration"
    __table_args__ = (
        UniqueConstraint("event_id", "person"),
        Index("ix_registration_event_sort", "event_id", "sort_name", "id"),
        Index("ix_registration_address", "address_digest"),
        partial_index("ix_registration_reachable", "event_id", "id", where="erased_at IS NULL"),
        NEVER_AGAIN,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="RESTRICT"))
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    person: Mapped[str | None] = mapped_column(String(64))
    attempt: Mapped[str] = mapped_column(String(64), default="")
    given_name: Mapped[str] = mapped_column(String(100))
    family_name: Mapped[str] = mapped_column(String(100))
    sort_name: Mapped[str] = mapped_column(String(LONGEST_SORT_NAME))
    search: Mapped[str] = mapped_column(String(LONGEST_SEARCH))
    email: Mapped[str] = mapped_column(String(254))
    address_digest: Mapped[str] = mapped_column(String(64))
    phone: Mapped[str] = mapped_column(String(LONGEST_PHONE), default="", server_default="")
    organisation: Mapped[str] = mapped_column(String(300))
    organisation_type: Mapped[str] = mapped_column(String(40))
    country: Mapped[str] = mapped_column(String(2))
    region: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(2))
    link_version: Mapped[int] = mapped_column(default=1)
    link_sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    registered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    handed_over_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    coming: Mapped[bool | None]
    coming_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    invitations: Mapped[bool] = mapped_column(default=True, server_default=true())
    letter_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    delegation_id: Mapped[int | None] = mapped_column(ForeignKey("delegation.id", ondelete="SET NULL"), index=True)
    via_contact: Mapped[bool] = mapped_column(default=False, server_default=false())
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    event: Mapped[Event] = relationship(lazy="raise")
    participations: Mapped[list["Participation"]] = relationship(
        back_populates="registration", lazy="raise", cascade="all, delete-orphan", order_by="Participation.id"
    )
    consents: Mapped[list["Consent"]] = relationship(lazy="raise", cascade="all, delete-orphan")
    delegation: Mapped["Delegation | None"] = relationship(back_populates="people", lazy="raise")

    @property
    def full_name(self) -> str:
        """The name as one line; somebody may have one name alone."""
        return f"{self.given_name} {self.family_name}".strip()


class Delegation(Model):
    """Several people whom one contact registered at once; each of them has a registration of her own.

    `attempt` is a digest of what was sent, by which the same form sent twice is known. `privacy_version` is the notice
    that the contact has read.
    """

    __tablename__ = "delegation"
    __table_args__ = (
        UniqueConstraint("event_id", "attempt"),
        Index("ix_delegation_address", "address_digest"),
        NEVER_AGAIN,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="RESTRICT"))
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    attempt: Mapped[str] = mapped_column(String(64))
    given_name: Mapped[str] = mapped_column(String(100))
    family_name: Mapped[str] = mapped_column(String(100))
    email: Mapped[str] = mapped_column(String(254))
    address_digest: Mapped[str] = mapped_column(String(64))
    organisation: Mapped[str] = mapped_column(String(300))
    organisation_type: Mapped[str] = mapped_column(String(40))
    country: Mapped[str] = mapped_column(String(2))
    region: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(2))
    privacy_version: Mapped[str] = mapped_column(String(40))
    link_version: Mapped[int] = mapped_column(default=1)
    link_sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    registered_at: Mapped[datetime] = mapped_column(UTCDateTime)

    event: Mapped[Event] = relationship(lazy="raise")
    people: Mapped[list[Registration]] = relationship(
        back_populates="delegation", lazy="raise", order_by=Registration.id, passive_deletes=True
    )

    @property
    def full_name(self) -> str:
        """The contact's name as one line."""
        return f"{self.given_name} {self.family_name}".strip()


class Participation(Model):
    """One person in one part. Rows are in order of arrival by id.

    `decided` says that organisers had their say beforehand, `decision_reason` what they wrote with the last rejection.
    `offered_until` is when the offer of a place ends, or ended without an answer.
    `answer` is what the person's calendar said last, to the invitation with that SEQUENCE, at that DTSTAMP.
    `present` is what somebody wrote down on the day: she was there, she was not, or nothing.
    `changes` is what her own SEQUENCE is above the event's (registration.versions).
    """

    __tablename__ = "participation"
    __table_args__ = (
        UniqueConstraint("registration_id", "part_id"),
        Index("ix_participation_places", "part_id", "standing", "mode"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    part_id: Mapped[int] = mapped_column(ForeignKey("part.id", ondelete="RESTRICT"))
    mode: Mapped[Mode] = mapped_column(stored(Mode))
    standing: Mapped[Standing] = mapped_column(stored(Standing))
    decided_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided: Mapped[bool] = mapped_column(default=False, server_default=false())
    decision_reason: Mapped[str] = mapped_column(String(LONGEST_REASON), default="", server_default="")
    offered_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answer: Mapped[Said] = mapped_column(stored(Said), default=Said.NOTHING, server_default=Said.NOTHING)
    answer_sequence: Mapped[int] = mapped_column(default=0, server_default="0")
    answer_dtstamp: Mapped[datetime | None] = mapped_column(UTCDateTime)
    present: Mapped[bool | None]
    changes: Mapped[int] = mapped_column(default=0, server_default="0")

    registration: Mapped[Registration] = relationship(back_populates="participations", lazy="raise")
    part: Mapped[Part] = relationship(lazy="raise")


class Consent(Model):
    """What a person agreed to or took note of: which text, in which language, when, and when it was taken back."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    subject: Mapped[str] = mapped_column(String(40))
    text_version: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(2))
    given_at: Mapped[datetime] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Question(Model):
    """What organisers ask besides. `key` stands in forms and exports and stays; `earlier` holds the older wordings.

    The oldest wordings are never lost: an answer names the version that it was given to.
    """

    __tablename__ = "question"
    __table_args__ = (UniqueConstraint("event_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    part_id: Mapped[int | None] = mapped_column(ForeignKey("part.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(40))
    position: Mapped[int]
    kind: Mapped[Kind] = mapped_column(stored(Kind))
    label: Mapped[Text] = mapped_column(TextColumn)
    help: Mapped[Text] = mapped_column(TextColumn, default=Text())
    options: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    required: Mapped[bool] = mapped_column(default=False)
    purpose: Mapped[Text] = mapped_column(TextColumn, default=Text())
    readers: Mapped[Readers] = mapped_column(stored(Readers))
    keep_days: Mapped[int]
    only_if: Mapped[str] = mapped_column(String(40), default="")
    only_is: Mapped[str] = mapped_column(String(40), default="")
    types: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    most_mb: Mapped[int] = mapped_column(default=MOST_MB, server_default=str(MOST_MB))
    when: Mapped[When] = mapped_column(stored(When), default=When.REGISTERING, server_default=When.REGISTERING)
    version: Mapped[int] = mapped_column(default=1)
    earlier: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    part: Mapped[Part | None] = relationship(lazy="raise")


class Answer(Model):
    """What one person answered to one question, in the version that was asked. A request is open until `settled_at`."""

    __tablename__ = "answer"
    __table_args__ = (
        UniqueConstraint("registration_id", "question_id"),
        Index("ix_answer_question", "question_id", "settled_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"))
    version: Mapped[int]
    value: Mapped[Any] = mapped_column(JSON)
    given_at: Mapped[datetime] = mapped_column(UTCDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    settled_by: Mapped[str] = mapped_column(String(40), default="")

    question: Mapped[Question] = relationship(lazy="raise")
    registration: Mapped[Registration] = relationship(lazy="raise")


class Details(Model):
    """Until when a gate wants its data, if organisers said so, and the first day of its event when they said it."""

    __tablename__ = "details"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    first_day: Mapped[date | None]
    reminded_of: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Change(Model):
    """What one field of a registration held before and after a change, of which the fact says when and by whom.

    `field` is a column, `question-<key>`, an organiser's `reason`, a guest's `comment`; without what few may read.
    """

    __tablename__ = "registration_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    fact_id: Mapped[int] = mapped_column(index=True)
    field: Mapped[str] = mapped_column(String(60))
    old: Mapped[Any] = mapped_column(JSON, nullable=True)
    new: Mapped[Any] = mapped_column(JSON, nullable=True)


class Code(Model):
    """A code that opens what the own page hides. It is made from this row and the site's key, and kept nowhere."""

    __tablename__ = "registration_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    salt: Mapped[str] = mapped_column(String(32))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class BlockedAddress(Model):
    """An address whose owner said "this was not me" at some event, kept out of all; only its digest is kept.

    Once it is let in again the row is history, without the digest: when, by whom, and the reason.
    """

    __tablename__ = "blocked_address"
    __table_args__ = (UniqueConstraint("event_id", "address_digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    address_digest: Mapped[str | None] = mapped_column(String(64), index=True)
    blocked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lifted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lifted_by: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(default="")


class Reminder(Model):
    """That a part's participants have been reminded of the day it begins on; another day is another reminder."""

    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("part_id", "of_day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(ForeignKey("part.id", ondelete="CASCADE"))
    of_day: Mapped[date]
    at: Mapped[datetime] = mapped_column(UTCDateTime)
