"""Local times of an event to moments and back; pure. The hour that is missing or double is refused, never shifted."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from s3chem_events.core.errors import Invalid


def zone_info(zone: str, path: str = "zone") -> ZoneInfo:
    """Return the zone of an IANA name."""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError) as error:
        raise Invalid(path, f"{zone!r} is not the name of a time zone, such as Europe/Amsterdam") from error


def moment(local: datetime, zone: str, path: str = "starts") -> datetime:
    """Return the moment (aware UTC) of a naive local time.

    Raises:
        Invalid: the clocks skip this local time, or show it twice.
    """
    info = zone_info(zone)
    early, late = local.replace(tzinfo=info, fold=0), local.replace(tzinfo=info, fold=1)
    if early.utcoffset() != late.utcoffset():
        there = early.astimezone(UTC).astimezone(info).replace(tzinfo=None) == local
        detail = (
            f"the clocks show {local:%H:%M} twice on {local:%Y-%m-%d} in {zone}"
            if there
            else f"the clocks skip {local:%H:%M} on {local:%Y-%m-%d} in {zone}"
        )
        raise Invalid(path, detail + "; choose another hour")
    return early.astimezone(UTC)


def end_of(day: date, zone: str) -> datetime:
    """Return the moment at which a local day ends."""
    return start_of(day + timedelta(days=1), zone)


def start_of(day: date, zone: str) -> datetime:
    """Return the moment at which a local day begins."""
    return datetime.combine(day, time(), zone_info(zone)).astimezone(UTC)
