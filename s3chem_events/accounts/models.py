"""Organisers, their ways in, and what is kept of their doings."""

from datetime import datetime
from typing import Any

from flask_security import AsaList, UserMixin, WebAuthnMixin
from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import Model, UTCDateTime, stored


class Organiser(Model, UserMixin):
    """Somebody who signs in at the desk. Without a password the way in is a link by e-mail or a passkey.

    Columns that begin with fs_, tf_ and mf_ are Flask-Security's names. A new `fs_uniquifier` ends every session.
    """

    __tablename__ = "organiser"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(2), default="en")
    role: Mapped[Role] = mapped_column(stored(Role))
    active: Mapped[bool] = mapped_column(default=True)
    password: Mapped[str | None] = mapped_column(String(255))
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    fs_webauthn_user_handle: Mapped[str] = mapped_column(String(64), unique=True)
    tf_primary_method: Mapped[str | None] = mapped_column(String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(String(255))
    tf_phone_number: Mapped[str | None] = mapped_column(String(128))
    tf_last_counter: Mapped[int | None]
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(AsaList()))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    signed_in_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    webauthn: Mapped[list["Passkey"]] = relationship(  # type: ignore[assignment] # a list of our own kind
        back_populates="organiser", cascade="all, delete-orphan"
    )
    own_events: Mapped[list["OwnEvent"]] = relationship(cascade="all, delete-orphan")

    @property
    def event_ids(self) -> frozenset[int]:
        """The events that a bound role is good for."""
        return frozenset(own.event_id for own in self.own_events)


class OwnEvent(Model):
    """An event that a partner organiser or a helper works for."""

    __tablename__ = "organiser_event"

    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id", ondelete="CASCADE"), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True, index=True)


class Passkey(Model, WebAuthnMixin):
    """A passkey or security key. The names of the columns are Flask-Security's."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column("organiser_id", ForeignKey("organiser.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1024), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(AsaList()))
    backup_state: Mapped[bool]
    device_type: Mapped[str] = mapped_column(String(64))
    extensions: Mapped[str | None] = mapped_column(String(255))
    usage: Mapped[str] = mapped_column(String(64))
    lastuse_datetime: Mapped[datetime] = mapped_column(UTCDateTime)

    organiser: Mapped[Organiser] = relationship(back_populates="webauthn")


class OrganiserSession(Model):
    """A signed-in browser. The key is in its cookie, here is the digest; without this row the cookie opens nothing."""

    __tablename__ = "organiser_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id", ondelete="CASCADE"), index=True)
    key_digest: Mapped[str] = mapped_column(String(64), unique=True)
    browser: Mapped[str] = mapped_column(String(60), default="")
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)

    organiser: Mapped[Organiser] = relationship(lazy="raise")


class SignInLink(Model):
    """A way in for one time; only its digest is kept.

    It is good for half an hour from `made_at`; that of an invitation, which is good for longer, lies ahead.
    """

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class AuditEntry(Model):
    """Something that must be answered for: a sign-in, a refusal, an export, a change of rights. Only ever added.

    Holds ids and counts, never a name or an address.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_kind_at", "kind", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    kind: Mapped[str] = mapped_column(String(60))
    by: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
