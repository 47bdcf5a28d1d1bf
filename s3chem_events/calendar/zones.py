"""The VTIMEZONE that all clients read right: one rule for every zone that changes its clocks with the European Union.

icalendar's own `add_missing_timezones()` writes lists of dates with a wrong onset, which shows events an hour late in
Thunderbird and Nextcloud: docs/decisions/0004-own-vtimezone.md.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Names(NamedTuple):
    """The hours that a zone's winter time lies ahead of UTC, and what winter and summer are called there."""

    hours: int
    winter: str
    summer: str


ZONES: dict[Names, tuple[str, ...]] = {
    Names(0, "WET", "WEST"): ("Atlantic/Canary", "Atlantic/Faroe", "Atlantic/Madeira", "Europe/Lisbon"),
    Names(0, "GMT", "BST"): ("Europe/Guernsey", "Europe/Isle_of_Man", "Europe/Jersey", "Europe/London"),
    Names(0, "GMT", "IST"): ("Europe/Dublin",),
    Names(1, "CET", "CEST"): (
        *("Africa/Ceuta", "Arctic/Longyearbyen", "Europe/Amsterdam", "Europe/Andorra", "Europe/Belgrade"),
        *("Europe/Berlin", "Europe/Bratislava", "Europe/Brussels", "Europe/Budapest", "Europe/Busingen"),
        *("Europe/Copenhagen", "Europe/Gibraltar", "Europe/Ljubljana", "Europe/Luxembourg", "Europe/Madrid"),
        *("Europe/Malta", "Europe/Monaco", "Europe/Oslo", "Europe/Paris", "Europe/Podgorica", "Europe/Prague"),
        *("Europe/Rome", "Europe/San_Marino", "Europe/Sarajevo", "Europe/Skopje", "Europe/Stockholm"),
        *("Europe/Tirane", "Europe/Vaduz", "Europe/Vatican", "Europe/Vienna", "Europe/Warsaw", "Europe/Zagreb"),
        "Europe/Zurich",
    ),
    Names(2, "EET", "EEST"): (
        *("Asia/Nicosia", "Europe/Athens", "Europe/Bucharest", "Europe/Helsinki", "Europe/Kiev", "Europe/Kyiv"),
        *("Europe/Mariehamn", "Europe/Riga", "Europe/Sofia", "Europe/Tallinn", "Europe/Vilnius"),
    ),
}
NAMES: dict[str, Names] = {zone: names for names, zones in ZONES.items() for zone in zones}
# Directive 2000/84/EC; October has been the common end of summer since 1996.
FIRST_YEAR = 1996

# 29 March and 25 October 1970 were the last Sundays of their months: each DTSTART is an instance of its own RRULE.
# BYDAY and a STANDARD part must stand, and nothing but RRULEs: Outlook reads no other form.
VTIMEZONE = """\
BEGIN:VTIMEZONE
TZID:{zone}
X-LIC-LOCATION:{zone}
BEGIN:DAYLIGHT
DTSTART:19700329T{spring:02}0000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZNAME:{summer}
TZOFFSETFROM:+{winter_hours:02}00
TZOFFSETTO:+{summer_hours:02}00
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19701025T{autumn:02}0000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZNAME:{winter}
TZOFFSETFROM:+{summer_hours:02}00
TZOFFSETTO:+{winter_hours:02}00
END:STANDARD
END:VTIMEZONE
"""


def local(moment: datetime, zone: str) -> datetime:
    """Return a moment by the clocks of its place."""
    return moment.astimezone(ZoneInfo(zone))


def holds(zone: str, moment: datetime) -> bool:
    """Tell whether local time with our VTIMEZONE names this very moment.

    It does not for a zone outside the rule, for years before the rule, for the second pass of the doubled hour (RFC
    5545 3.3.5: a local time that occurs twice means the first), and wherever tzdata comes to say something else.
    """
    names = NAMES.get(zone)
    if names is None or moment.year < FIRST_YEAR:
        return False
    here = local(moment, zone)
    return here.fold == 0 and here.utcoffset() == timedelta(hours=names.hours + _is_summer(moment.astimezone(UTC)))


@cache
def vtimezone(zone: str) -> bytes:
    """Return the VTIMEZONE of a zone that follows the rule."""
    hours, winter, summer = NAMES[zone]
    text = VTIMEZONE.format(
        zone=zone,
        winter=winter,
        summer=summer,
        winter_hours=hours,
        summer_hours=hours + 1,
        spring=hours + 1,
        autumn=hours + 2,
    )
    return text.replace("\n", "\r\n").encode()


def _is_summer(moment: datetime) -> bool:
    return _change(moment.year, 3) <= moment < _change(moment.year, 10)


@cache
def _change(year: int, month: int) -> datetime:
    """Return 01:00 UTC on the last Sunday of a month, when all clocks of the Union change at once."""
    end = date(year, month, monthrange(year, month)[1])
    sunday = end - timedelta(days=(end.weekday() + 1) % 7)
    return datetime(sunday.year, sunday.month, sunday.day, 1, tzinfo=UTC)
