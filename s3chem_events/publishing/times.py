"""Local times of an event to moments and back; pure. The hour that is missing or double is refused, never shifted."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from s3chem_events.core.errors import Invalid


class NoSuchZone(Invalid):
    """No time zone has such a name."""

    code = "no_such_zone"


class HourSkipped(Invalid):
    """The clocks skip this local time: it does not exist."""

    code = "hour_skipped"


class HourTwice(Invalid):
    """The clocks show this local time twice: it does not say which one is meant."""

    code = "hour_twice"


def zone_info(zone: str, path: str = "zone") -> ZoneInfo:
    """Return the zone of an IANA name."""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise NoSuchZone(path, f"{zone!r} is not the name of a time zone, such as Europe/Amsterdam") from error


def moment(local: datetime, zone: str, path: str = "starts") -> datetime:
    """Return the moment (aware UTC) of a naive local time.

    Raises:
        HourSkipped, HourTwice: for the one hour a year that is missing, and the one that is double.

    """
    info = zone_info(zone)
    early, late = local.replace(tzinfo=info, fold=0), local.replace(tzinfo=info, fold=1)
    if early.utcoffset() != late.utcoffset():
        there = early.astimezone(UTC).astimezone(info).replace(tzinfo=None) == local
        hour, where = f"{local:%H:%M}", f"on {local:%Y-%m-%d} in {zone}; choose another hour"
        if there:
            raise HourTwice(path, f"the clocks show {hour} twice {where}")
        raise HourSkipped(path, f"the clocks skip {hour} {where}")
    return early.astimezone(UTC)


def runs(spans: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """Return first and last days as whole runs, in their order: what overlaps or follows the next day is one."""
    found: list[tuple[date, date]] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + timedelta(days=1):
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def day(value: date) -> date:
    """Return the day of something of which the hour may be known."""
    return value.date() if isinstance(value, datetime) else value


def end_of(day: date, zone: str) -> datetime:
    """Return the moment at which a local day ends."""
    return start_of(day + timedelta(days=1), zone)


def start_of(day: date, zone: str) -> datetime:
    """Return the moment at which a local day begins."""
    return datetime.combine(day, time(), zone_info(zone)).astimezone(UTC)
