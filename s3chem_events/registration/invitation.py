"""Invitations to closed parts: personal ones, and codes that a partner hands on. What becomes of each is told here."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s3chem_events.core import signing
from s3chem_events.core.db import NEVER_AGAIN, Model, UTCDateTime
from s3chem_events.publishing.models import Event
from s3chem_events.registration.models import LONGEST_SEARCH, LONGEST_SORT_NAME

LINK = "invitation"
CODE_LENGTH = 8
LONGEST_CODE = 20
LONGEST_MESSAGE = 500
MOST_USES = 1000


class Reply(StrEnum):
    """What has become of an invitation. `opened` is known from a press alone: scanners open every link."""

    PREPARED = "prepared"
    INVITED = "invited"
    OPENED = "opened"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    UNDELIVERED = "undelivered"
    WITHDRAWN = "withdrawn"


SILENT = frozenset({Reply.INVITED, Reply.OPENED})
"""Who has been written to, and has said neither yes nor no."""


class Invitation(Model):
    """One person, or one partner who hands the code on `uses` times, invited to closed `parts` (their keys).

    Without an `email` it is a code for the telephone or for paper. Its link holds its signed number and nothing else.
    `invited_at` is empty until the organiser sends it.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        Index("ix_invitation_event", "event_id", "sort_name", "id"),
        Index("ix_invitation_address", "event_id", "address_digest"),
        NEVER_AGAIN,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    parts: Mapped[list[str]] = mapped_column(JSON)
    given_name: Mapped[str] = mapped_column(String(100), default="")
    family_name: Mapped[str] = mapped_column(String(100), default="")
    sort_name: Mapped[str] = mapped_column(String(LONGEST_SORT_NAME), default="")
    search: Mapped[str] = mapped_column(String(LONGEST_SEARCH), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    address_digest: Mapped[str] = mapped_column(String(64), default="")
    organisation: Mapped[str] = mapped_column(String(300), default="")
    language: Mapped[str] = mapped_column(String(2))
    code: Mapped[str] = mapped_column(String(LONGEST_CODE), unique=True)
    uses: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    invited_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    declined_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    message: Mapped[str] = mapped_column(String(LONGEST_MESSAGE), default="")
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    event: Mapped[Event] = relationship(lazy="raise")

    @property
    def full_name(self) -> str:
        """The name as one line; nothing where only the address is known."""
        return f"{self.given_name} {self.family_name}".strip()


class InvitationUse(Model):
    """A registration that an invitation led or added to; it may be somebody else's than was invited: the desk sees it.

    Who is invited to one closed part after the other comes by each of these invitations.
    """

    __tablename__ = "invitation_use"
    __table_args__ = (UniqueConstraint("registration_id", "invitation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id", ondelete="CASCADE"), index=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)


def address_of(invitation_id: int, *, language: str, base_url: str = "") -> str:
    """Return where an invitation is read, declined and taken up."""
    return f"{base_url}/{language}/invitations/{signing.sign(LINK, invitation_id)}"


def number_in(token: str) -> int | None:
    """Return the number of the invitation that a link opens; None for a link that is none."""
    signed = signing.read(LINK, token)
    return signed if isinstance(signed, int) else None
