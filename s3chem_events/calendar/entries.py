"""What a calendar knows of an event: plain values, no table, no file format."""

from datetime import UTC, date, datetime
from enum import StrEnum

from s3chem_events.core.values import frozen


class Status(StrEnum):
    """How sure an event is, in the words of RFC 5545 3.8.1.11."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@frozen
class Mailbox:
    """A person or an office as calendars name it; the address as SMTP takes it (domain in IDNA)."""

    name: str
    address: str


@frozen
class Entry:
    """One event or part of an event, in one language, as it shall stand in a calendar.

    A plain date says that the hours are not known yet; `ends` then is the last day, included. Moments are aware and
    are kept in UTC: two moments of one zone are equal to Python even when one lies in the doubled hour of October, and
    entries serve as cache keys. Both ends are of one kind, and the end lies after the start.

    `summary` is written as it is shown: whoever makes the entry knows its language and puts "Save the date: " or
    "Cancelled: " in front, and makes of `conference_label` the `conference_lead` that stands before the address in the
    description, with the language's own colon. `sequence` rises with each change that a guest must notice;
    `revised_at` with each change.
    """

    uid: str
    sequence: int
    status: Status
    starts: date | datetime
    ends: date | datetime
    zone: str
    summary: str
    url: str
    created_at: datetime
    revised_at: datetime
    location: str = ""
    description: str = ""
    organizer: Mailbox | None = None
    categories: tuple[str, ...] = ()
    conference_url: str = ""
    conference_label: str = ""
    conference_lead: str = ""

    def __post_init__(self) -> None:
        """Refuse what no calendar can show right: naive moments, mixed ends, an end before the start."""
        for name in ("starts", "ends", "created_at", "revised_at"):
            moment = getattr(self, name)
            if isinstance(moment, datetime):
                object.__setattr__(self, name, _in_utc(moment, name))
        timed = isinstance(self.starts, datetime)
        if timed != isinstance(self.ends, datetime):
            message = "an entry starts and ends with hours, or without"
            raise ValueError(message)
        if self.ends < self.starts or (timed and self.ends == self.starts):
            message = "an entry ends after it starts"
            raise ValueError(message)


@frozen
class Calendar:
    """A subscription as a whole: where it comes from, and where its page is."""

    name: str
    description: str
    source_url: str
    page_url: str
    language: str


def _in_utc(moment: datetime, name: str) -> datetime:
    if moment.tzinfo is None:
        message = f"{name} needs a time zone"
        raise ValueError(message)
    return moment.astimezone(UTC)
