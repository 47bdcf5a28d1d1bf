"""The four ways into a subscription."""

import pytest

from s3chem_events.calendar.links import Links, subscription

pytestmark = pytest.mark.one_database


def test_each_calendar_gets_the_address_that_it_understands() -> None:
    assert subscription("https://events.example.org/calendar.ics?lang=fr", name="S3Chem & régions") == Links(
        plain="https://events.example.org/calendar.ics?lang=fr",
        webcal="webcal://events.example.org/calendar.ics?lang=fr",
        google=(
            "https://calendar.google.com/calendar/render"
            "?cid=webcal%3A%2F%2Fevents.example.org%2Fcalendar.ics%3Flang%3Dfr"
        ),
        outlook=(
            "https://outlook.office.com/calendar/0/addfromweb"
            "?url=https%3A%2F%2Fevents.example.org%2Fcalendar.ics%3Flang%3Dfr&name=S3Chem%20%26%20r%C3%A9gions"
        ),
        outlook_home=(
            "https://outlook.live.com/calendar/0/addfromweb"
            "?url=https%3A%2F%2Fevents.example.org%2Fcalendar.ics%3Flang%3Dfr&name=S3Chem%20%26%20r%C3%A9gions"
        ),
    )
