"""Our VTIMEZONE against tzdata, and against the clock of the machine."""

import hashlib
import os
import subprocess
import sys
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # comes with icalendar

from s3chem_events.calendar import zones

pytestmark = pytest.mark.one_database

# Years in which a country went its own way, at least in part; from the year after on the rule holds.
OWN_WAY = {
    "Asia/Nicosia": 1998,
    "Europe/Bucharest": 1996,
    "Europe/Kiev": 1996,
    "Europe/Kyiv": 1996,
    "Europe/Lisbon": 1996,
    "Europe/Riga": 2000,
    "Europe/Sofia": 1996,
    "Europe/Tallinn": 2001,
    "Europe/Vilnius": 2002,
}
CHANGES = rrulestr("FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU;BYHOUR=1", dtstart=datetime(1996, 1, 1, tzinfo=UTC))
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)


def onsets(zone: str) -> list[tuple[datetime, timedelta]]:
    """Return the moments at which the VTIMEZONE changes its offset, and the offset after each, as RFC 5545 reads it."""
    found = []
    timezone: Any = icalendar.Timezone.from_ical(zones.vtimezone(zone))
    for part in timezone.subcomponents:
        before, after = part["TZOFFSETFROM"].td, part["TZOFFSETTO"].td
        rule = rrulestr(part["RRULE"].to_ical().decode(), dtstart=part["DTSTART"].dt.replace(tzinfo=UTC))
        found += [(onset - before, after) for onset in rule.between(FIRST, LAST)]
    return sorted(found)


def moments() -> list[datetime]:
    """Return each hour and the second before it, half a day around every change of 1996 to 2040, and mid-seasons."""
    found = [datetime(year, month, 15, 12, tzinfo=UTC) for year in range(1996, 2041) for month in (1, 4, 7, 11)]
    for change in CHANGES.between(FIRST, LAST):
        hours = [change + timedelta(hours=hour) for hour in range(-12, 13)]
        found += [moment for hour in hours for moment in (hour - timedelta(seconds=1), hour)]
    return found


@pytest.mark.parametrize("zone", sorted(zones.NAMES))
def test_vtimezone_agrees_with_tzdata_from_1996_to_2040(zone: str) -> None:
    table, tz = onsets(zone), ZoneInfo(zone)
    starts = [onset for onset, _ in table]
    wrong, unsaid = set(), set()
    for moment in moments():
        local = moment.astimezone(tz)
        agrees = table[bisect_right(starts, moment) - 1][1] == local.utcoffset()
        if not agrees:
            wrong.add(moment.year)
        if zones.holds(zone, moment) != (agrees and not local.fold):
            unsaid.add(moment)
    assert unsaid == set()
    assert max(wrong, default=1995) == OWN_WAY.get(zone, 1995)


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "Europe/Lisbon", "Europe/Dublin", "Europe/Athens"])
def test_icalendar_would_write_the_same_vtimezone(zone: str) -> None:
    parsed: Any = icalendar.Timezone.from_ical(zones.vtimezone(zone))
    assert sorted(parsed.to_ical().split(b"\r\n")) == sorted(zones.vtimezone(zone).split(b"\r\n"))
    names = {part.name: str(part["TZNAME"]) for part in parsed.subcomponents}
    tz = ZoneInfo(zone)
    assert names == {
        "STANDARD": datetime(2027, 1, 1, tzinfo=tz).tzname(),
        "DAYLIGHT": datetime(2027, 7, 1, tzinfo=tz).tzname(),
    }


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York", "Atlantic/Azores", "Europe/Istanbul"])
def test_zone_outside_the_rule_never_holds(zone: str) -> None:
    assert not any(zones.holds(zone, moment) for moment in moments())


WRITE = """
import sys
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo
from s3chem_events.calendar import ics
from s3chem_events.calendar.entries import Calendar, Entry, Mailbox, Status
assert "icalendar" not in sys.modules, "imported before it is needed"
at = datetime(2020, 2, 3, 9, 30, tzinfo=UTC)
def entry(starts, ends, zone):
    return Entry(uid=f"{zone}@example.org", sequence=1, status=Status.CONFIRMED, starts=starts, ends=ends, zone=zone,
                 summary="Talk", url="https://example.org/", created_at=at, revised_at=at, categories=("b", "a"),
                 organizer=Mailbox("Office", "office@example.org"))
entries = [entry(date(2020, 6, 17), date(2020, 6, 18), "Europe/Rome")]
for zone in ("Europe/Amsterdam", "Europe/London", "Asia/Tokyo"):
    tz = ZoneInfo(zone)
    entries.append(entry(datetime(2020, 10, 24, 8, 30, tzinfo=tz), datetime(2020, 10, 25, 8, 30, tzinfo=tz), zone))
calendar = Calendar("Events", "All", "https://example.org/calendar.ics", "https://example.org/", "en")
guest = Mailbox("Anna", "anna@example.org")
out = sys.stdout.buffer
out.write(ics.feed(calendar, entries) + ics.download(entries, language="de"))
out.write(ics.invitation(entries[1], attendee=guest, sent_at=at, language="en"))
out.write(ics.cancellation(entries[2], attendee=guest, sent_at=at, language="en"))
"""


def test_zone_and_hash_seed_of_the_machine_change_nothing() -> None:
    written = []
    for number, zone in enumerate(("UTC", "Asia/Tokyo", "America/St_Johns")):
        environment = os.environ | {"TZ": zone, "PYTHONHASHSEED": str(number)}
        done = subprocess.run([sys.executable, "-c", WRITE], env=environment, capture_output=True, check=True)
        written.append(done.stdout)
    assert b"DTSTART;TZID=Europe/Amsterdam:20201024T083000\r\n" in written[0]
    assert b"DTSTART:20201023T233000Z\r\n" in written[0]
    assert len({hashlib.sha256(bytes_).hexdigest() for bytes_ in written}) == 1
