"""The outbox: a row for each e-mail, the history of its tries, and who wants none.

Addresses stand here, never in facts.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, mapped_column

from s3chem_events.core.db import Model, UTCDateTime, partial_index, stored
from s3chem_events.mailing.letters import Flow, State


class OutgoingEmail(Model):
    """One e-mail to one person. A fact says one thing about one subject to one address once: restarts are harmless.

    Two people who share an address each get theirs, since `subject_id` is the registration; `kind` says whose number
    that is, where one fact writes to participants and to followers.

    `due_at` says when somebody may take the e-mail up: while it waits the time of the next try, while it is being sent
    the end of the lease, and nothing once it is settled or waits for a person.

    `stream` names what is written to many at once (see streams); it is empty for what concerns one person.

    `mailbox_digest` stands where strangers can cause the e-mail, and on reminders, to count what goes to one mailbox
    (see restraint).
    """

    __tablename__ = "outgoing_email"
    __table_args__ = (
        UniqueConstraint("fact_id", "kind", "subject_id", "address_digest"),
        partial_index("ix_outgoing_email_due", "stream", "due_at", "id", where="due_at IS NOT NULL"),
        Index("ix_outgoing_email_state", "state", "id"),
        Index("ix_outgoing_email_stream", "stream", "state"),
        Index("ix_outgoing_email_subject", "subject_id", "kind"),
        Index("ix_outgoing_email_address", "address_digest"),
        Index("ix_outgoing_email_mailbox", "mailbox_digest", "sent_at"),
        Index("ix_outgoing_email_sent", "sent_at"),
        Index("ix_outgoing_email_message", "message_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    fact_id: Mapped[int] = mapped_column(ForeignKey("fact.id", ondelete="RESTRICT"))
    kind: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[int]
    address: Mapped[str] = mapped_column(String(320))
    address_digest: Mapped[str] = mapped_column(String(64))
    mailbox_digest: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(250))
    language: Mapped[str] = mapped_column(String(2))
    subject: Mapped[str] = mapped_column(String(500))
    text: Mapped[str] = mapped_column(LongText)
    html: Mapped[str] = mapped_column(LongText)
    calendars: Mapped[list[str]] = mapped_column(JSON)
    method: Mapped[str] = mapped_column(String(10))
    sender: Mapped[str] = mapped_column(String(320))
    sender_name: Mapped[str] = mapped_column(String(200))
    reply_to: Mapped[str] = mapped_column(String(320))
    message_id: Mapped[str] = mapped_column(String(300))
    unsubscribe: Mapped[str] = mapped_column(String(500), default="")
    stream: Mapped[str] = mapped_column(String(40), default="", server_default="")
    list_id: Mapped[str] = mapped_column(String(200), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(12), default=State.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    owner: Mapped[str | None] = mapped_column(String(120), index=True)
    last_code: Mapped[int | None]
    last_text: Mapped[str] = mapped_column(String(500), default="")
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ConfirmedMailbox(Model):
    """A mailbox whose owner has shown that she reads it, and when she did last (see confirming); its digest alone."""

    __tablename__ = "confirmed_mailbox"

    mailbox_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    confirmed_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class DeliveryAttempt(Model):
    """One try to hand an e-mail over, and what the server said."""

    __tablename__ = "delivery_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    email_id: Mapped[int] = mapped_column(ForeignKey("outgoing_email.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    outcome: Mapped[str] = mapped_column(String(12))
    code: Mapped[int | None]
    text: Mapped[str] = mapped_column(String(500), default="")


class Wording(Model):
    """An organiser's own words for one kind of e-mail in one language, as far as they differ from the original.

    `original` holds the original as it was when they were saved, so that the desk sees when the program says otherwise.
    """

    __tablename__ = "wording"
    __table_args__ = (UniqueConstraint("kind", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(2))
    passages: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    original: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    version: Mapped[int]
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Suppression(Model):
    """An address that gets nothing any more; only its digest is kept."""

    __tablename__ = "suppression"

    address_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[str] = mapped_column(String(40))
    since: Mapped[datetime] = mapped_column(UTCDateTime)


class NewsletterSuppression(Model):
    """An address that gets no newsletter any more, from no list; only its digest is kept. Other e-mails still go."""

    __tablename__ = "newsletter_suppression"

    address_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[str] = mapped_column(String(40))
    since: Mapped[datetime] = mapped_column(UTCDateTime)


class Undelivered(Model):
    """An e-mail that came back, or was refused for good: how much that counts against its address, a digest as ever.

    One that `counts` no more belongs to an address that an organiser has let in again.
    """

    __tablename__ = "undelivered"
    __table_args__ = (Index("ix_undelivered_address", "address_digest", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email_id: Mapped[int] = mapped_column(ForeignKey("outgoing_email.id", ondelete="CASCADE"), unique=True)
    address_digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    weight: Mapped[str] = mapped_column(String(8))
    status: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(300))
    counts: Mapped[bool] = mapped_column(default=True)


class MailServerState(Model):
    """How a mail server fares: its troubles in a row, until when it is left alone, what it was given in a minute."""

    __tablename__ = "mail_server"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    troubles: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str] = mapped_column(String(500), default="")
    troubled_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    rests_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    grants: Mapped[list[list[Any]]] = mapped_column(JSON, default=list)


class MailConnection(Model):
    """A place at a mail server that one run of a worker holds until its lease ends (see places)."""

    __tablename__ = "mail_connection"

    owner: Mapped[str] = mapped_column(String(120), primary_key=True)
    server: Mapped[str] = mapped_column(String(300), index=True)
    until: Mapped[datetime] = mapped_column(UTCDateTime)


class MailStream(Model):
    """What is written to many at once, and whether it may flow."""

    __tablename__ = "mail_stream"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    flow: Mapped[Flow] = mapped_column(stored(Flow))
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)


class RelayFailure(Model):
    """A fact that could not be turned into its e-mails; it is tried again a few times, and never blocks the others."""

    __tablename__ = "relay_failure"

    fact_id: Mapped[int] = mapped_column(ForeignKey("fact.id", ondelete="CASCADE"), primary_key=True)
    tries: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(500), default="")
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Arrival(Model):
    """One e-mail that came to us, once however often it is brought. `raw` is kept while a person has to read it."""

    __tablename__ = "arrival"
    __table_args__ = (Index("ix_arrival_state", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(60))
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class InboxPlace(Model):
    """How far a mailbox has been read: every message up to `last_uid`; of those below `unseen_below` only the unseen.

    UIDs count anew when the server changes `uid_validity` (RFC 9051 2.3.1.1).
    """

    __tablename__ = "inbox_place"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    uid_validity: Mapped[int] = mapped_column(BigInteger)
    last_uid: Mapped[int] = mapped_column(BigInteger)
    unseen_below: Mapped[int] = mapped_column(BigInteger)
    trouble: Mapped[str] = mapped_column(String(500), default="")
    troubled_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
