"""The only reader of the time, so that a test (or a rehearsal) can hold it still."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def today(zone: str) -> date:
    """Return the present date in an IANA zone."""
    return now().astimezone(ZoneInfo(zone)).date()
