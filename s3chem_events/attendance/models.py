"""The tables of the day itself."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from s3chem_events.core.db import Model, UTCDateTime


class GateLink(Model):
    """A way to the list for the entrance without an account, for minutes; neither list nor passphrase is kept.

    `seal` is the site's signature over the passphrase.
    """

    __tablename__ = "gate_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by: Mapped[str] = mapped_column(String(40))
    seal: Mapped[str] = mapped_column(String(16), default="")
    opened_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
