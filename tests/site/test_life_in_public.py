"""What the public sees of an event's life: its history in words, what is cancelled, what it leaves behind."""

import json
import time
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.db import transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.core.text import LANGUAGES, Text
from s3chem_events.publishing import actions, queries, values
from s3chem_events.publishing.facts import MaterialFacts, VenueFacts
from s3chem_events.publishing.lifecycle import Mode, State
from tests.conftest import Clock
from tests.factories import (
    BASE_URL,
    CLOSED_DAY,
    FILLED_WORKSHOP,
    PUBLIC_DAY,
    WORKSHOP,
    add_event,
    hidden,
    register,
    revise_event,
    soup,
    words,
)
from tests.support.post import work
from tests.support.snapshot import everything

HALL = VenueFacts(name="Vrijthof Hall", address="Vrijthof 1", city="Maastricht", country="NL")
IN_THE_HALL = "Vrijthof Hall, Vrijthof 1, Maastricht, Netherlands"
LINK = "https://meet.example/secret-room"
ATOM = {"a": "http://www.w3.org/2005/Atom"}
OCTOBER = (
    replace(CLOSED_DAY, starts=date(2027, 10, 21), ends=date(2027, 10, 21)),
    replace(PUBLIC_DAY, starts=date(2027, 10, 22), ends=date(2027, 10, 22)),
)


def history(client: FlaskClient, path: str = "/en/events/conference") -> list[str]:
    """Return the history on a page, line by line."""
    return [" ".join(line.get_text(" ").split()) for line in soup(client.get(path)).select(".history li")]


def data_of(client: FlaskClient, path: str = "/en/events/conference") -> dict[str, Any]:
    """Return what search engines read of a page."""
    script = soup(client.get(path)).find("script", type="application/ld+json")
    assert script is not None
    found: dict[str, Any] = json.loads(script.get_text())
    return found


def preview(client: FlaskClient, language: str) -> list[str]:
    """Return title and description of the workshop's page as a link to it is shown elsewhere."""
    page = soup(client.get(f"/{language}/events/workshop"))
    found = [page.select(f"meta[property='og:{name}']")[0] for name in ("title", "description")]
    said = [str(tag["content"]) for tag in found]
    assert page.select("title")[0].get_text().startswith(said[0])
    return said


def test_reason_of_a_public_part_that_is_cancelled_stands_wherever_that_is_said(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    boat = replace(PUBLIC_DAY, key="boat", title=Text(en="Boat trip"), reason=Text())
    add_event(app, parts=(boat, PUBLIC_DAY, CLOSED_DAY), state=State.ANNOUNCED)
    own = str(register(client, parts=["boat", "day-2"], **{"mode-boat": "online"}).location)
    why, secret = "The ship has to be repaired.", "The minister comes earlier."
    off = replace(boat, cancelled=True, reason=Text(en=why))
    closed = replace(CLOSED_DAY, cancelled=True, reason=Text(en=secret))
    revise_event(app, parts=(off, PUBLIC_DAY, closed))
    page = soup(client.get("/en/events/conference"))
    assert why in page.select("#boat")[0].get_text()
    assert why in history(client)[0]
    assert why in words(client.get(own))
    assert secret not in page.get_text() + client.get("/feed.atom").get_data(as_text=True)


def test_moved_to_october_is_told_in_words_in_each_language(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)  # A3
    clock.set(datetime(2027, 3, 2, 9, tzinfo=UTC))
    revise_event(app, state=State.ANNOUNCED, venue=HALL)
    clock.set(datetime(2027, 4, 3, 22, 30, tzinfo=UTC))  # in Maastricht it is the fourth already
    revise_event(app, parts=OCTOBER)
    assert history(client) == [
        "Moved from 17–18 June 2027 to 21–22 October 2027. Announced on 4 April 2027",
        f"The event has been announced. Public conference: 18 June 2027, {IN_THE_HALL}. Announced on 2 March 2027",
    ]
    assert history(client, "/fr/events/conference")[0] == (
        "Déplacé du 17–18 juin 2027 au 21–22 octobre 2027. Annoncé le 4 avril 2027"
    )
    assert history(client, "/de/events/conference")[0] == (
        "Verlegt vom 17.–18. Juni 2027 auf den 21.–22. Oktober 2027. Bekannt gegeben am 4. April 2027"
    )
    assert len({history(client, f"/{lang}/events/conference")[0] for lang in LANGUAGES}) == len(LANGUAGES)
    for path in ("/en/", "/en/events/", "/en/events/conference"):
        page = soup(client.get(path))
        assert [struck.get_text() for struck in page.select("main s")] == ["17–18 June 2027"], path
    data = data_of(client)
    assert data["eventStatus"] == "https://schema.org/EventRescheduled"
    assert (data["previousStartDate"], data["startDate"], data["endDate"]) == ("2027-06-17", "2027-10-21", "2027-10-22")


def test_one_that_becomes_two_is_told_once_in_each_language(app: Flask, client: FlaskClient, clock: Clock) -> None:
    visit = replace(PUBLIC_DAY, key="visit", title=Text(en="Visit"), starts=date(2027, 6, 17), ends=date(2027, 6, 17))
    for slug, state in (("one", State.ANNOUNCED), ("other", State.SAVE_THE_DATE)):
        add_event(app, slug=slug, parts=(replace(PUBLIC_DAY, starts=visit.starts),), state=state)
        clock.advance(days=1)
        revise_event(app, slug, parts=(PUBLIC_DAY, visit), state=State.ANNOUNCED)
    (split,), (told,) = (history(client, f"/en/events/{slug}") for slug in ("one", "other"))
    assert split.startswith(
        "Now in two parts: Visit (17 June 2027) and Public conference (18 June 2027). Announced on "
    )
    assert told.startswith(
        "The event has been announced. Public conference: 18 June 2027, Maastricht, Netherlands. "
        "Visit: 17 June 2027, Maastricht, Netherlands. Announced on "
    )
    assert len({history(client, f"/{lang}/events/one")[0] for lang in LANGUAGES}) == len(LANGUAGES)
    revise_event(app, "one", parts=(PUBLIC_DAY, replace(visit, title=Text(en="Visit", de="Besuch"))))
    assert history(client, "/de/events/one")[0].startswith("Jetzt in zwei Teilen: Besuch (17. Juni 2027) und ")


def test_one_part_that_moves_is_named(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    revise_event(app, parts=(CLOSED_DAY, OCTOBER[1]))
    assert history(client) == [
        "Public conference: Moved from 18 June 2027 to 22 October 2027. Announced on 23 November 2026"
    ]


def test_another_place_is_told_and_a_hall_that_becomes_known_is_not(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app)
    revise_event(app, venue=HALL)
    room = VenueFacts(name="Another closed room", city="Maastricht", country="NL")
    revise_event(app, parts=(replace(CLOSED_DAY, venue=room), PUBLIC_DAY))
    assert history(client) == []
    revise_event(app, venue=VenueFacts(name="Brightlands", city="Geleen", country="NL"))
    moved = "Public conference: The venue is now: Brightlands, Geleen, Netherlands Announced on 23 November 2026"
    assert history(client) == [moved]
    revise_event(app, parts=(replace(CLOSED_DAY, venue=replace(room, city="Geleen")), PUBLIC_DAY))
    assert history(client) == [moved]  # where a closed part takes place is for its guests (B5)
    room = VenueFacts(name="Openroom", city="Sittard", country="NL")
    revise_event(app, parts=(CLOSED_DAY, replace(PUBLIC_DAY, venue=room)))
    assert "Public conference: The venue is now: Openroom, Sittard" in history(client)[0]
    revise_event(app, state=State.POSTPONED)
    revise_event(app, state=State.ANNOUNCED)
    opened = replace(CLOSED_DAY, visibility=PUBLIC_DAY.visibility)
    revise_event(app, parts=(opened, replace(PUBLIC_DAY, venue=room, visibility=CLOSED_DAY.visibility)))
    clock.advance(minutes=10)
    for path in ("/en/events/conference", "/feed.atom", "/events/conference.ics"):
        source = client.get(path).get_data(as_text=True)
        assert [word for word in ("Openroom", "Sittard", "Another closed room") if word in source] == [], path
    assert history(client) == [
        "The event takes place after all. Announced on 23 November 2026",
        "The event has been postponed. A new date will be announced. Announced on 23 November 2026",
    ]


def test_why_is_said_where_it_was_told(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    why = Text(en="Travelling is not possible.", de="Reisen ist nicht möglich.")
    revise_event(app, state=State.POSTPONED, reason=why)
    clock.advance(days=2)
    revise_event(app, state=State.SAVE_THE_DATE, parts=OCTOBER, reason=Text())
    back, away = history(client)
    assert back == (
        "The event takes place after all. Moved from 17–18 June 2027 to 21–22 October 2027. "
        "Announced on 25 November 2026"
    )
    assert away == (
        "The event has been postponed. A new date will be announced. Travelling is not possible. "
        "Announced on 23 November 2026"
    )
    assert "Reisen ist nicht möglich." in history(client, "/de/events/conference")[1]
    assert "Travelling" not in history(client, "/fr/events/conference")[1]


def test_what_was_undone_never_happened(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    with app.app_context(), transaction():
        event = queries.event_by_slug("conference", lock=True)
        assert event is not None
        since = event.revision
    revise_event(app, parts=OCTOBER)
    assert len(history(client)) == 1
    with app.app_context(), transaction():
        event = queries.event_by_slug("conference", lock=True)
        assert event is not None
        actions.tell(event, since=since, by=OPERATOR)
        actions.undo(event, base_url=BASE_URL, by=OPERATOR)
    clock.advance(hours=1)
    assert history(client) == []
    assert soup(client.get("/en/events/conference")).select("main s") == []
    assert data_of(client)["eventStatus"] == "https://schema.org/EventScheduled"
    assert ET.fromstring(client.get("/feed.atom").data).findall("a:entry", ATOM) == []


def test_it_goes_online_and_its_first_day_falls_away(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app, opens=None)  # A4
    revise_event(app, state=State.ANNOUNCED, venue=HALL, parts=OCTOBER)
    clock.set(datetime(2027, 10, 10, 9, tzinfo=UTC))
    online = replace(
        OCTOBER[1],
        starts=datetime(2027, 10, 22, 10),  # noqa: DTZ001 - local
        ends=datetime(2027, 10, 22, 12),  # noqa: DTZ001
        capacity={Mode.ONLINE: None},
        online_url=LINK,
    )
    revise_event(app, parts=(replace(OCTOBER[0], cancelled=True), online))
    page = client.get("/en/events/conference")
    told = soup(page)
    assert history(client)[0] == (
        "Working-group meeting: This part has been cancelled. Public conference: It now takes place online. "
        "Announced on 10 October 2027"
    )
    assert told.select_one(".band .date-days").get_text() == "22"
    assert "Cancelled: Working-group meeting" in told.select_one(".band").get_text()
    assert told.select_one(".band-facts").get_text(" ").split() == ["Online", "10:00–12:00", "CEST"]
    cancelled = told.select_one("#day-1.is-cancelled")
    assert cancelled is not None
    assert cancelled.select_one(".chip-cancelled").get_text() == "Cancelled"
    assert "Cancelled: Working-group meeting" in words(client.get("/en/events/"))
    data = data_of(client)
    assert data["eventStatus"] == ["https://schema.org/EventRescheduled", "https://schema.org/EventMovedOnline"]
    assert data["eventAttendanceMode"] == "https://schema.org/OnlineEventAttendanceMode"
    assert data["location"] == {"@type": "VirtualLocation", "url": f"{BASE_URL}/en/events/conference"}
    assert data["startDate"] == "2027-10-22T10:00:00+02:00"
    feed = client.get("/calendar.ics").data.replace(b"\r\n ", b"")
    assert b"SUMMARY:Final conference \xe2\x80\x93 Public conference (now online)" in feed
    for address in ("/en/", "/en/events/", "/en/events/conference", "/calendar.ics", "/events/conference.ics"):
        answer = client.get(address).data.replace(b"\r\n ", b"")
        assert b"meet.example" not in answer, address
        assert b"green door" not in answer, address
    assert b"meet.example" not in client.get("/feed.atom").data


@pytest.mark.one_database
@pytest.mark.parametrize(
    "changes, statuses, mode",
    [
        ({}, "EventScheduled", "Offline"),
        ({"state": State.POSTPONED}, "EventPostponed", "Offline"),
        ({"state": State.CANCELLED}, "EventCancelled", "Offline"),
        ({"parts": (replace(WORKSHOP.parts[0], capacity={Mode.ONLINE: None}),)}, "EventMovedOnline", "Online"),
        (
            {"parts": (replace(WORKSHOP.parts[0], capacity={Mode.ONLINE: None, Mode.ON_SITE: 3}),)},
            "EventScheduled",
            "Mixed",
        ),
    ],
)
def test_search_engines_read_how_an_event_stands(
    app: Flask, client: FlaskClient, clock: Clock, changes: dict[str, Any], statuses: str, mode: str
) -> None:
    add_event(app, WORKSHOP, summary=Text(en="A day of work."))
    if changes:
        revise_event(app, "workshop", **changes)
    data = data_of(client, "/en/events/workshop")
    assert data["eventStatus"] == f"https://schema.org/{statuses}"
    assert data["eventAttendanceMode"] == f"https://schema.org/{mode}EventAttendanceMode"
    fits_schema(data)


def test_an_hour_that_moves_has_its_old_hour(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app, WORKSHOP)
    part = replace(WORKSHOP.parts[0], starts=datetime(2027, 11, 3, 9), ends=datetime(2027, 11, 3, 12))  # noqa: DTZ001
    revise_event(app, "workshop", parts=(part,))
    data = data_of(client, "/en/events/workshop")
    assert (data["previousStartDate"], data["startDate"]) == ("2027-08-25T10:30:00+02:00", "2027-11-03T09:00:00+01:00")
    fits_schema(data)


STATUSES = {"EventScheduled", "EventPostponed", "EventRescheduled", "EventMovedOnline", "EventCancelled"}
SHAPES: dict[str, set[str]] = {
    "Event": {
        *("@context", "name", "description", "startDate", "endDate", "previousStartDate", "eventStatus"),
        *("eventAttendanceMode", "url", "inLanguage", "isAccessibleForFree", "organizer", "location"),
    },
    "Organization": {"name", "url"},
    "Place": {"name", "address"},
    "PostalAddress": {"streetAddress", "addressLocality", "addressCountry"},
    "VirtualLocation": {"url"},
}
"""Of schema.org's types, the properties that we use; each stands so in the type's documentation."""
NEEDED = {"Event": {"name", "startDate", "location"}, "Place": {"name"}, "VirtualLocation": {"url"}}
"""What search engines need besides; previousStartDate belongs to EventRescheduled (schema.org/previousStartDate)."""


def fits_schema(thing: dict[str, Any]) -> None:
    """Hold an object, and all in it, to schema.org's shape."""
    kind = thing["@type"]
    assert set(thing) - {"@type"} <= SHAPES[kind], thing
    assert NEEDED.get(kind, set()) <= set(thing), thing
    for value in thing.values():
        for one in value if isinstance(value, list) else [value]:
            assert one not in ("", [], None), thing
            if isinstance(one, dict):
                fits_schema(one)
    if kind == "Event":
        statuses = thing["eventStatus"] if isinstance(thing["eventStatus"], list) else [thing["eventStatus"]]
        assert {status.removeprefix("https://schema.org/") for status in statuses} <= STATUSES
        assert ("previousStartDate" in thing) == ("https://schema.org/EventRescheduled" in statuses)
        for name in ("startDate", "endDate", "previousStartDate"):
            datetime.fromisoformat(thing.get(name, "2027-01-01"))


def test_a_postponed_event_has_no_day_to_put_into_a_calendar(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app, WORKSHOP)
    revise_event(app, "workshop", state=State.POSTPONED)
    page = soup(client.get("/en/events/workshop"))
    assert page.select("a[href*='calendar.google.com'], a[href*='outlook.office.com']") == []
    assert "10:30" not in page.main.get_text()
    assert preview(client, "en") == [
        "Postponed: Workshop, previously planned for Wednesday, 25 August 2027",
        "Postponed: Workshop",
    ]
    assert history(client, "/en/events/workshop") == [
        "The event has been postponed. A new date will be announced. Announced on 23 November 2026"
    ]
    assert "SUMMARY:Postponed: Workshop" in client.get("/calendar.ics").get_data(as_text=True)


def test_a_cancelled_event_keeps_its_page_and_takes_nobody(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app, WORKSHOP)  # A5
    typed = FILLED_WORKSHOP | hidden(client, "/en/events/workshop/register")
    revise_event(app, "workshop", state=State.CANCELLED)
    page = client.get("/en/events/workshop")
    assert history(client, "/en/events/workshop") == ["The event has been cancelled. Announced on 23 November 2026"]
    assert "This event has been cancelled." in words(page)
    assert preview(client, "en") == ["Cancelled: Workshop, Wednesday, 25 August 2027", "Cancelled: Workshop"]
    assert [said.partition(" ")[0] for said in preview(client, "pl")] == ["Odwołane:", "Odwołane:"]
    before = everything(app)
    for answer in (client.get("/en/events/workshop/register"), client.post("/en/events/workshop/register", data=typed)):
        assert (answer.status_code, "This event has been cancelled." in words(answer)) == (410, True)
    assert everything(app) == before
    assert "STATUS:CANCELLED" in client.get("/calendar.ics").get_data(as_text=True)


def test_nobody_waits_for_the_hours_of_a_cancelled_event(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    assert "times to be announced" in words(client.get("/en/events/conference"))
    revise_event(app, state=State.CANCELLED)
    assert "times to be announced" not in words(client.get("/en/events/conference"))


def test_a_past_event_leaves_report_and_material(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app, WORKSHOP)  # A9
    clock.set(datetime(2027, 8, 26, 9, tzinfo=UTC))
    slides = MaterialFacts(Text(en="Slides", de="Folien"), "https://example.org/slides.pdf")
    revise_event(app, "workshop", state=State.OVER, report=Text(en="What was done."), materials=(slides,))
    page = soup(client.get("/de/events/workshop"))
    link = page.select_one(".material a")
    assert link is not None
    assert (link["href"], link["rel"], link.get_text()) == (slides.url, ["noopener"], "Folien")
    assert "What was done." in page.main.get_text()
    assert history(client, "/en/events/workshop") == []
    assert client.get("/en/events/workshop/register").status_code in {403, 410}


def test_an_event_over_new_year_stands_in_both_years(app: Flask, client: FlaskClient, clock: Clock) -> None:
    part = replace(WORKSHOP.parts[0], starts=date(2027, 12, 30), ends=date(2028, 1, 2))  # A8
    add_event(app, WORKSHOP, parts=(part,))
    page = soup(client.get("/en/events/"))
    assert [year.get_text() for year in page.select(".year")] == ["2027", "2028"]
    assert [link["href"] for link in page.select(".diary a")] == ["/en/events/workshop"] * 2
    assert "30 Dec – 2 Jan" in words(client.get("/en/events/"))
    assert "2027–2028" in words(client.get("/en/events/"))


def test_a_long_list_is_narrowed_by_kind_and_region(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    assert soup(client.get("/en/events/")).select("form.narrow") == []
    for slug in ("a", "b", "c", "d"):
        add_event(app, WORKSHOP, slug=slug, region="Mazovia")
    form = soup(client.get("/en/events/")).select_one("form.narrow")
    assert form is not None
    assert [option["value"] for option in form.select("option")] == [
        *("", "conference", "workshop"),
        *("", "Limburg", "Mazovia"),
    ]
    path = "/en/events/?kind=conference&region="
    page = soup(client.get(path))
    assert [link["href"] for link in page.select(".diary a")] == ["/en/events/conference"]
    assert [option["value"] for option in page.select("option[selected]")] == ["conference"]
    copied = page.select_one("#all-events-address")
    assert copied is not None
    assert copied["value"] == f"{BASE_URL}/calendar.ics?kind=conference&lang=en"
    canonical = page.select_one("link[rel=canonical]")
    assert canonical is not None
    assert canonical["href"] == f"{BASE_URL}/en/events/"
    assert client.get("/en/events/?kind=ball").status_code == 400


def test_the_feed_tells_changes_once_they_stand(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    clock.advance(days=1)
    revise_event(app, parts=OCTOBER)
    assert ET.fromstring(client.get("/feed.atom").data).findall("a:entry", ATOM) == []
    clock.advance(minutes=10)
    english, french = (
        ET.fromstring(client.get(f"/feed.atom?lang={lang}").data).findall("a:entry", ATOM) for lang in ("en", "fr")
    )
    (entry,), (other,) = english, french
    assert entry.findtext("a:title", namespaces=ATOM) == "New date for Final conference: 21–22 October 2027"
    assert entry.findtext("a:content", namespaces=ATOM) == (
        "<p>Moved from 17–18 June 2027 to 21–22 October 2027.</p>\n"
    )
    assert entry.findtext("a:updated", namespaces=ATOM) == "2026-11-24T12:00:00Z"
    assert entry.find("a:link", ATOM).get("href") == f"{BASE_URL}/en/events/conference"
    number = entry.findtext("a:id", namespaces=ATOM)
    assert number is not None
    assert number.startswith("urn:uuid:")
    assert other.findtext("a:id", namespaces=ATOM) == number
    revise_event(app, title=Text(en="Closing conference"))
    clock.advance(minutes=30)
    (again,) = ET.fromstring(client.get("/feed.atom").data).findall("a:entry", ATOM)
    assert ET.tostring(again) == ET.tostring(entry)


def test_what_the_feed_has_told_stays_also_where_the_worker_was_away_and_the_next_move_is_told_with_it(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    def move(month: int) -> None:
        clock.advance(minutes=15)
        parts = [replace(p, starts=p.starts.replace(month=month), ends=p.ends.replace(month=month)) for p in OCTOBER]
        with app.app_context(), transaction():
            event = queries.event_by_slug("conference", lock=True)
            assert event is not None
            seen, facts = event.revision, values.event_facts(event)
            actions.revise_event(event, replace(facts, parts=tuple(parts)), base_url=BASE_URL, by=OPERATOR)
            actions.tell(event, since=seen, by=OPERATOR)

    def feed() -> list[tuple[str, str]]:
        found = ET.fromstring(client.get("/feed.atom").data).findall("a:entry", ATOM)
        return [(one.findtext("a:title", "", ATOM), one.findtext("a:id", "", ATOM)) for one in found]

    add_event(app)
    move(10)
    clock.advance(minutes=15)
    assert feed() == []  # due, and no worker is there
    move(11)
    clock.advance(minutes=15)
    assert feed() == []
    work(app)
    clock.advance(minutes=1)
    (first,) = feed()
    assert first[0] == "New date for Final conference: 21–22 November 2027"
    move(9)
    assert feed() == [first]
    clock.advance(minutes=10)
    work(app)
    clock.advance(minutes=1)
    (second, again) = feed()
    assert (second[0], again) == ("New date for Final conference: 21–22 September 2027", first)


def test_every_page_names_the_feed_in_its_language(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    for path in ("/", "/events/", "/events/conference", "/news/", "/partners"):
        link = soup(client.get(f"/fr{path}")).select_one("link[type='application/atom+xml']")
        assert link is not None, path
        assert link["href"] == "/feed.atom?lang=fr"


def test_the_servers_zone_changes_nothing_anywhere(
    app: Flask, client: FlaskClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts, ends = datetime(2027, 10, 31, 8, 30), datetime(2027, 10, 31, 10)  # noqa: DTZ001 - A6, local
    add_event(app, WORKSHOP, zone="Europe/Amsterdam", parts=(replace(WORKSHOP.parts[0], starts=starts, ends=ends),))
    seen = []
    for zone in ("UTC", "Asia/Tokyo"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        app.extensions["kept"].pages.clear()
        seen.append([client.get(path).data for path in ("/en/events/workshop", "/calendar.ics", "/feed.atom")])
    monkeypatch.undo()
    time.tzset()
    assert seen[0] == seen[1]
    page = seen[0][0].decode()
    assert "08:30–10:00 CET" in page
    assert 'data-starts="2027-10-31T07:30:00Z"' in page
    assert 'data-zone="Europe/Amsterdam"' in page


def test_a_save_the_date_that_grows_parts_has_not_moved(app: Flask, client: FlaskClient, clock: Clock) -> None:
    whole = replace(PUBLIC_DAY, starts=date(2027, 6, 17), capacity={Mode.ON_SITE: None})  # A2
    add_event(app, parts=(whole,))
    public = replace(PUBLIC_DAY, starts=datetime(2027, 6, 18, 9, 30), ends=datetime(2027, 6, 18, 16))  # noqa: DTZ001
    revise_event(app, state=State.ANNOUNCED, parts=(CLOSED_DAY, public))
    assert [line for line in history(client) if "Moved" in line] == []
    data = data_of(client)
    assert (data["eventStatus"], "previousStartDate" in data) == ("https://schema.org/EventScheduled", False)
    revise_event(app, parts=(replace(CLOSED_DAY, starts=date(2027, 6, 16), ends=date(2027, 6, 16)), public))
    assert data_of(client)["eventStatus"] == "https://schema.org/EventRescheduled"
