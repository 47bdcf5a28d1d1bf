"""What calendars are served: the perfect objects, one identity for life, nothing of closed parts."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from s3chem_events.core.text import Text
from s3chem_events.publishing.facts import VenueFacts
from s3chem_events.publishing.lifecycle import State
from tests.conftest import Clock
from tests.factories import CLOSED_DAY, CONFERENCE, PUBLIC_DAY, WORKSHOP, add_event, revise_event, soup, words


def lines(data: bytes) -> list[str]:
    """Unfold a file into its content lines."""
    return data.decode().replace("\r\n ", "").split("\r\n")


def entries(data: bytes) -> list[dict[str, Any]]:
    return [
        {
            "uid": str(entry["UID"]),
            "sequence": int(entry["SEQUENCE"]),
            "starts": entry["DTSTART"].dt,
            "ends": entry["DTEND"].dt,
            "status": str(entry["STATUS"]),
        }
        for entry in Calendar.from_ical(data).events
    ]


def test_a_save_the_date_is_one_tentative_entry_of_whole_days(app: Flask, client: FlaskClient, clock: Clock) -> None:
    clock.set(datetime(2020, 3, 1, 12, tzinfo=UTC))  # A1
    days = (
        replace(CLOSED_DAY, starts=date(2020, 6, 17), ends=date(2020, 6, 17)),
        replace(PUBLIC_DAY, starts=date(2020, 6, 18), ends=date(2020, 6, 18)),
    )
    add_event(app, CONFERENCE, opens=None, parts=days)
    response = client.get("/events/conference.ics?lang=fr")
    said = lines(response.data)
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="conference.ics"'
    assert said.count("BEGIN:VEVENT") == 1
    for line in (
        "METHOD:PUBLISH",
        "DTSTART;VALUE=DATE:20200617",
        "DTEND;VALUE=DATE:20200619",
        "STATUS:TENTATIVE",
        "TRANSP:TRANSPARENT",
        "SEQUENCE:0",
        "DTSTAMP:20200301T120000Z",
    ):
        assert line in said, line
    assert not any(line.startswith(("ATTENDEE", "VALARM", "BEGIN:VTIMEZONE", "UID:conference@")) for line in said)
    assert "LOCATION:" not in said
    assert response.data.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in response.data.split(b"\r\n"))


def test_it_grows_up_without_a_second_entry(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    (before,) = entries(client.get("/calendar.ics").data)
    clock.advance(days=1)
    hours = (
        replace(CLOSED_DAY, starts=datetime(2027, 6, 17, 13), ends=datetime(2027, 6, 17, 17)),  # noqa: DTZ001
        replace(PUBLIC_DAY, starts=datetime(2027, 6, 18, 9, 30), ends=datetime(2027, 6, 18, 16)),  # noqa: DTZ001
    )
    revise_event(app, state=State.ANNOUNCED, parts=hours)
    (after,) = entries(client.get("/calendar.ics").data)
    assert after["uid"] == before["uid"]
    assert after["sequence"] == before["sequence"] + 1
    assert after["starts"].astimezone(UTC) == datetime(2027, 6, 18, 7, 30, tzinfo=UTC)
    assert after["status"] == "CONFIRMED"
    assert b"Working-group" not in client.get("/calendar.ics").data
    clock.advance(days=1)
    revise_event(app, state=State.ANNOUNCED)
    assert entries(client.get("/calendar.ics").data) == [after]


def test_days_that_lie_apart_are_an_entry_each_and_keep_it_for_ever(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    june = replace(
        PUBLIC_DAY, key="meeting", title=Text(en="Meeting"), starts=date(2027, 6, 17), ends=date(2027, 6, 17)
    )
    add_event(app, parts=(june, PUBLIC_DAY))
    (whole,) = entries(client.get("/calendar.ics").data)
    clock.advance(days=1)
    autumn = replace(PUBLIC_DAY, starts=date(2027, 10, 22), ends=date(2027, 10, 22))
    revise_event(app, parts=(june, autumn))
    first, second = apart = entries(client.get("/calendar.ics").data)
    assert first == whole | {"sequence": 1, "starts": date(2027, 6, 17), "ends": date(2027, 6, 18)}
    assert second == first | {"uid": second["uid"], "starts": date(2027, 10, 22), "ends": date(2027, 10, 23)}
    assert first["uid"] != second["uid"]
    assert entries(client.get("/events/conference.ics").data) == apart
    said = lines(client.get("/events/conference.ics").data)
    assert "SUMMARY:Save the date: Final conference – Public conference" in said
    page = words(client.get("/en/events/conference"))
    assert "Thursday, 17 June and Friday, 22 October 2027 17 Jun, 22 Oct 2027 Final conference" in page
    assert "Register for 17 June and 22 October 2027" in page
    assert "17 Jun – 22 Oct" not in page
    assert "jeudi 17 juin et vendredi 22 octobre 2027" in words(client.get("/fr/events/conference"))
    timed = replace(autumn, starts=datetime(2027, 10, 22, 10), ends=datetime(2027, 10, 22, 12))  # noqa: DTZ001
    revise_event(app, parts=(replace(june, cancelled=True), timed))
    grown = entries(client.get("/calendar.ics").data)
    assert [(entry["uid"], entry["status"]) for entry in grown] == [
        (first["uid"], "CANCELLED"),
        (second["uid"], "TENTATIVE"),
    ]


def test_days_of_one_month_that_lie_apart_stand_each_by_itself_and_go_each_into_a_web_calendar(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    days = [
        replace(PUBLIC_DAY, key=f"day-{n}", title=Text(en=f"Day {n}"), starts=date(2027, 10, n), ends=date(2027, 10, n))
        for n in (20, 22)
    ]
    add_event(app, parts=tuple(days), state=State.ANNOUNCED)
    page = soup(client.get("/en/events/conference"))
    assert [one.get_text() for one in page.select(".band .date-days, .band .date-month")] == ["20, 22", "October 2027"]
    assert page.select(".band .button")[0].get_text() == "Register for 20 and 22 October 2027"
    links = page.select(".event-side a[href*='calendar.google.com'], .event-side a[href*='outlook.office.com']")
    assert [link.get_text() for link in links] == [
        f"{where}: {n} October, Day {n}" for n in (20, 22) for where in ("Google Calendar", "Outlook on the web")
    ]
    assert [re.findall(r"2027-?10-?2\d", str(link["href"]))[0][-2:] for link in links] == ["20", "20", "22", "22"]
    long = words(client.get("/pl/events/conference"))
    assert "środa, 20 i piątek, 22 października 2027" in long


def test_moments_follow_summer_time(app: Flask, client: FlaskClient, clock: Clock) -> None:
    day = WORKSHOP.parts[0]  # A6
    for slug, when, moment in (
        ("winter", datetime(2027, 10, 31, 8, 30), datetime(2027, 10, 31, 7, 30, tzinfo=UTC)),  # noqa: DTZ001
        ("summer", datetime(2027, 10, 30, 8, 30), datetime(2027, 10, 30, 6, 30, tzinfo=UTC)),  # noqa: DTZ001
    ):
        part = replace(day, starts=when, ends=when.replace(hour=10))
        add_event(app, WORKSHOP, slug=slug, zone="Europe/Amsterdam", parts=(part,))
        (entry,) = entries(client.get(f"/events/{slug}.ics").data)
        assert entry["starts"].astimezone(UTC) == moment
    feed = client.get("/calendar.ics").data
    assert feed.count(b"BEGIN:VTIMEZONE") == 1
    assert b"TZID=Europe/Amsterdam" in feed


def test_a_cancelled_event_stays_marked_until_the_day_after(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app, WORKSHOP)
    revise_event(app, "workshop", state=State.CANCELLED)
    (entry,) = entries(client.get("/calendar.ics").data)
    assert entry["status"] == "CANCELLED"
    clock.set(datetime(2027, 8, 27, 12, tzinfo=UTC))
    assert entries(client.get("/calendar.ics").data) == []


def test_the_place_is_named_as_far_as_it_is_known(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    assert "LOCATION:Maastricht (venue to be announced)" in lines(client.get("/events/conference.ics").data)
    revise_event(app, venue=VenueFacts(name="Vrijthof Hall", city="Maastricht", country="NL"))
    assert r"LOCATION:Vrijthof Hall\, Maastricht\, Netherlands" in lines(client.get("/events/conference.ics").data)


def test_the_subscription_names_itself_in_the_language_asked_for(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    said = lines(client.get("/calendar.ics?lang=de").data)
    assert any(line.endswith("Abschlusskonferenz") for line in said if line.startswith("SUMMARY"))
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT4H" in said
    assert not any(line.startswith("UID:") for line in said[: said.index("BEGIN:VEVENT")])
    assert client.get("/calendar.ics?lang=xx").status_code == 200


def test_hostile_titles_stay_inside_their_line(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app, title=Text(en="Evil\r\nATTENDEE:mailto:x@y.example\x07; \\, \U0001f9ea" + "é" * 90))
    data = client.get("/events/conference.ics").data
    assert not any(line.startswith("ATTENDEE") for line in lines(data))
    assert b"\x07" not in data
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    data.decode("utf-8")


@pytest.mark.one_database
@pytest.mark.parametrize("path", ["/events/nothing.ics", "/calendar/nonsense.ics"])
def test_what_is_not_there_is_not_served(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_an_event_by_invitation_alone_is_in_no_public_calendar(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app, CONFERENCE, parts=(CLOSED_DAY,))
    assert client.get("/en/events/conference").status_code == 200
    assert client.get("/events/conference.ics").status_code == 404
    assert b"Final conference" not in client.get("/calendar.ics").data
