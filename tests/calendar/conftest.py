"""The final conference of the samples, as an entry; each test changes what it is about."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from s3chem_events.calendar.entries import Calendar, Entry, Mailbox, Status

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SAVE_THE_DATE: dict[str, Any] = {
    "uid": "final-conference-8f2c@events.example.org",
    "sequence": 0,
    "status": Status.TENTATIVE,
    "starts": date(2020, 6, 17),
    "ends": date(2020, 6, 18),
    "zone": "Europe/Amsterdam",
    "summary": "Save the date: Final conference",
    "url": "https://events.example.org/en/events/final-conference",
    "created_at": datetime(2020, 2, 1, 8, tzinfo=UTC),
    "revised_at": datetime(2020, 2, 3, 9, 30, tzinfo=UTC),
    "organizer": Mailbox(name="S3Chem, Limburg", address="events@events.example.org"),
}
ONLINE: dict[str, Any] = SAVE_THE_DATE | {
    "sequence": 2,
    "status": Status.CONFIRMED,
    "starts": datetime(2020, 10, 21, 9, 30, tzinfo=AMSTERDAM),
    "ends": datetime(2020, 10, 22, 16, 0, tzinfo=AMSTERDAM),
    "summary": "Final conference (postponed, now online)",
    "description": "Seven regions, one chemistry.\nWhat we learned; what stays.",
    "categories": ("Conference", "Chemistry, regions"),
    "conference_url": "https://meet.example.org/final?room=1",
    "conference_label": "Join; day 2",
    "conference_lead": "Join; day 2:",
}


@pytest.fixture
def save_the_date() -> Callable[..., Entry]:
    """Make an entry without hours and place."""
    return lambda **changes: Entry(**(SAVE_THE_DATE | changes))


@pytest.fixture
def online() -> Callable[..., Entry]:
    """Make an entry with hours and a join link."""
    return lambda **changes: Entry(**(ONLINE | changes))


@pytest.fixture
def subscription() -> Calendar:
    """Return what a feed says of itself."""
    return Calendar(
        name="S3Chem, events",
        description="All events; public",
        source_url="https://events.example.org/calendar.ics?lang=en",
        page_url="https://events.example.org/en/events/",
        language="en",
    )
