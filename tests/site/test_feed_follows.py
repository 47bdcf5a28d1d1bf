"""The subscription follows an event's life: by kind and region, with few bytes and little work, whatever happens."""

import gzip
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar, Event

from s3chem_events.calendar import ics
from s3chem_events.core.db import transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.core.text import LANGUAGES, Text
from s3chem_events.publishing import actions
from s3chem_events.publishing.facts import VenueFacts
from s3chem_events.publishing.lifecycle import Kind, Mode, State, Visibility
from tests.conftest import Clock
from tests.factories import (
    BASE_URL,
    CLOSED_DAY,
    CONFERENCE,
    FILLED_WORKSHOP,
    PUBLIC_DAY,
    WORKSHOP,
    add_event,
    add_question,
    register,
    revise_event,
)
from tests.support.statements import statements

TIMED = (
    replace(CLOSED_DAY, starts=datetime(2027, 6, 17, 13), ends=datetime(2027, 6, 17, 17)),  # noqa: DTZ001 - local
    replace(PUBLIC_DAY, starts=datetime(2027, 6, 18, 9, 30), ends=datetime(2027, 6, 18, 16)),  # noqa: DTZ001
)


class Client:
    """A calendar program that replaces by UID, and forgets what the feed no longer holds."""

    def __init__(self, client: FlaskClient, path: str = "/calendar.ics") -> None:
        self.client, self.path = client, path
        self.entries: dict[str, Event] = {}

    def refresh(self) -> list[tuple[str, str, Any]]:
        """Fetch the feed; return what is shown."""
        events = Calendar.from_ical(self.client.get(self.path).data).events
        seen = {str(e["UID"]): e for e in events}
        for uid, entry in seen.items():
            if uid in self.entries and entry != self.entries[uid]:
                assert int(entry["SEQUENCE"]) > int(self.entries[uid]["SEQUENCE"]), "a client would ignore this change"
        self.entries = seen
        return [(str(e["SUMMARY"]), str(e["STATUS"]), e["DTSTART"].dt) for e in events]


def uids(client: FlaskClient, path: str = "/calendar.ics") -> set[str]:
    return {str(entry["UID"]) for entry in Calendar.from_ical(client.get(path).data).events}


def add_many(app: Flask, many: int) -> None:
    with app.app_context(), transaction():
        for n in range(many):
            first = date(2027, 1, 11) + timedelta(days=n)
            part = replace(
                WORKSHOP.parts[0],
                starts=datetime(first.year, first.month, first.day, 10, 30),  # noqa: DTZ001
                ends=datetime(first.year, first.month, first.day, 15),  # noqa: DTZ001
            )
            summary = Text(en="One day on the exchange of good practice between chemical regions. " * 2)
            facts = replace(WORKSHOP, slug=f"event-{n}", parts=(part,), summary=summary)
            actions.add_event(facts, base_url=BASE_URL, by=OPERATOR)


def test_one_entry_lives_through_the_whole_story(app: Flask, client: FlaskClient, clock: Clock) -> None:
    calendar = Client(client)  # A2, A3, A4, A5
    add_event(app)
    assert calendar.refresh() == [("Save the date: Final conference", "TENTATIVE", date(2027, 6, 17))]
    (uid,) = calendar.entries
    for changes, wanted in (
        (
            {"state": State.ANNOUNCED, "parts": TIMED},
            ("Final conference – Public conference", "CONFIRMED", datetime(2027, 6, 18, 7, 30, tzinfo=UTC)),
        ),
        (
            {"state": State.POSTPONED},
            ("Postponed: Final conference – Public conference", "TENTATIVE", datetime(2027, 6, 18, 7, 30, tzinfo=UTC)),
        ),
        (
            {
                "state": State.ANNOUNCED,
                "parts": (
                    replace(TIMED[0], cancelled=True),
                    replace(
                        TIMED[1],
                        starts=datetime(2027, 10, 22, 10),  # noqa: DTZ001
                        ends=datetime(2027, 10, 22, 12),  # noqa: DTZ001
                        capacity={Mode.ONLINE: None},
                    ),
                ),
            },
            (
                "Final conference – Public conference (now online)",
                "CONFIRMED",
                datetime(2027, 10, 22, 8, tzinfo=UTC),
            ),
        ),
        (
            {"state": State.CANCELLED},
            (
                "Cancelled: Final conference – Public conference",
                "CANCELLED",
                datetime(2027, 10, 22, 8, tzinfo=UTC),
            ),
        ),
    ):
        clock.advance(days=1)
        revise_event(app, **changes)
        assert calendar.refresh() == [wanted]
        assert set(calendar.entries) == {uid}
    clock.set(datetime(2027, 10, 23, 21, 59, tzinfo=UTC))  # the end of the day after, in Maastricht, is at 22:00 UTC
    assert len(calendar.refresh()) == 1
    clock.advance(minutes=2)
    assert calendar.refresh() == []


def test_what_was_closed_in_the_draft_and_what_opens_later_grows_up_without_doubling(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    opened = replace(CLOSED_DAY, visibility=Visibility.PUBLIC)
    hours = replace(opened, starts=datetime(2027, 6, 17, 13), ends=datetime(2027, 6, 17, 17))  # noqa: DTZ001
    for slug, first in (("draft", State.DRAFT), ("closed", State.SAVE_THE_DATE)):
        add_event(app, slug=slug, parts=(CLOSED_DAY,), state=first)
        assert uids(client) == set()
        calendar = Client(client)
        revise_event(app, slug, parts=(opened,), state=State.SAVE_THE_DATE)
        assert calendar.refresh() == [("Save the date: Final conference", "TENTATIVE", date(2027, 6, 17))]
        whole = set(calendar.entries)
        clock.advance(days=1)
        revise_event(app, slug, parts=(hours,), state=State.ANNOUNCED)
        assert [starts for _title, _status, starts in calendar.refresh()] == [datetime(2027, 6, 17, 11, tzinfo=UTC)]
        assert set(calendar.entries) == whole
        revise_event(app, slug, state=State.DRAFT)


def test_an_entry_keeps_its_title_until_the_event_is_closed_in_the_feed_and_in_its_file(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app, parts=TIMED, state=State.ANNOUNCED)
    revise_event(app, parts=(TIMED[0], replace(TIMED[1], capacity={Mode.ONLINE: None})))
    title = "Final conference – Public conference"
    for day, said, sequence in ((17, f"{title} (now online)", 1), (19, f"{title} (now online)", 1), (25, title, 2)):
        clock.set(datetime(2027, 6, day, 12, tzinfo=UTC))
        if day == 25:
            revise_event(app, state=State.OVER)
        for path in ("/calendar.ics", "/events/conference.ics"):
            (entry,) = Calendar.from_ical(client.get(path).data).events
            assert (str(entry["SUMMARY"]), entry["SEQUENCE"]) == (said, sequence), (day, path)


def test_a_second_part_has_a_uid_of_its_own_and_the_first_keeps_the_events(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app, CONFERENCE, parts=(PUBLIC_DAY,))
    (first,) = uids(client)
    visit = replace(TIMED[1], key="visit", title=Text(en="Site visit"))
    revise_event(app, parts=(TIMED[1], visit))
    both = uids(client)
    assert first in both
    assert len(both) == 2
    revise_event(app, parts=(visit, replace(TIMED[1], cancelled=True)))
    assert uids(client) == both
    feed = client.get("/calendar.ics").data
    said = {str(e["UID"]): (str(e["STATUS"]), str(e["SUMMARY"])) for e in Calendar.from_ical(feed).events}
    assert said[first] == ("CANCELLED", "Cancelled: Final conference – Public conference")
    clock.set(datetime(2027, 6, 20, 12, tzinfo=UTC))
    assert uids(client) == both - {first}
    clock.set(datetime(2028, 6, 17, 12, tzinfo=UTC))
    assert uids(client) == both - {first}
    clock.set(datetime(2028, 6, 19, 12, tzinfo=UTC))
    assert uids(client) == set()


def test_what_stays_public_keeps_its_uid_when_the_first_part_closes_if_it_was_seen_under_its_own(
    app: Flask, client: FlaskClient
) -> None:
    day = "Final conference – Public conference"
    for slug, second, title in (("seen", TIMED[1], day), ("unseen", PUBLIC_DAY, "Save the date: Final conference")):
        visit = replace(CLOSED_DAY, key="visit", title=Text(en="Site visit"), visibility=Visibility.PUBLIC)
        add_event(app, slug=slug, parts=(visit, second))
        path = f"/events/{slug}.ics"
        first = {str(e["SUMMARY"]): str(e["UID"]) for e in Calendar.from_ical(client.get(path).data).events}
        known = first.get(title) or first[f"Save the date: {title}"]
        revise_event(app, slug, parts=(replace(visit, visibility=Visibility.INVITED), TIMED[1]), state=State.ANNOUNCED)
        assert Client(client, path).refresh() == [(day, "CONFIRMED", datetime(2027, 6, 18, 7, 30, tzinfo=UTC))]
        assert uids(client, path) == {known}
        revise_event(app, slug, parts=(visit, TIMED[1]))
        assert uids(client, path) > {known}
        assert uids(client, path) >= set(first.values())


def test_a_save_the_date_has_the_days_and_the_place_of_what_takes_place(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    geleen = VenueFacts(name="Brightlands", city="Geleen", country="NL")
    add_event(app, parts=(replace(CLOSED_DAY, cancelled=True), replace(PUBLIC_DAY, venue=geleen)))
    (entry,) = Calendar.from_ical(client.get("/calendar.ics").data).events
    assert (entry["DTSTART"].dt, entry["DTEND"].dt) == (date(2027, 6, 18), date(2027, 6, 19))
    assert str(entry["LOCATION"]) == "Brightlands, Geleen, Netherlands"


def test_the_feed_is_narrowed_by_kind_and_region(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    add_event(app, WORKSHOP, region="Mazovia")
    add_event(app, WORKSHOP, slug="webinar", kind=Kind.WEBINAR, region="Mazovia", title=Text(en="Webinar"))
    found = {
        question: sorted(title for title, _status, _day in Client(client, f"/calendar.ics?{question}").refresh())
        for question in (
            "kind=workshop",
            "kind=workshop&kind=conference",
            "region=Mazovia",
            "kind=webinar&region=Mazovia&lang=en",
            "kind=&region=",
            "kind=workshop&region=Limburg",
        )
    }
    workshop, webinar, conference = (
        "Workshop – Workshop day",
        "Webinar – Workshop day",
        "Save the date: Final conference",
    )
    assert found == {
        "kind=workshop": [workshop],
        "kind=workshop&kind=conference": [conference, workshop],
        "region=Mazovia": [webinar, workshop],
        "kind=webinar&region=Mazovia&lang=en": [webinar],
        "kind=&region=": [conference, webinar, workshop],
        "kind=workshop&region=Limburg": [],
    }
    said = client.get("/calendar.ics?kind=workshop&region=Mazovia&lang=fr").get_data(as_text=True).replace("\r\n ", "")
    assert "NAME:Événements S3Chem – Atelier\\, Mazovie\r\n" in said
    assert f"SOURCE;VALUE=URI:{BASE_URL}/calendar.ics?kind=workshop&region=Mazovia&lang=fr\r\n" in said


def test_the_map_of_the_site_says_when_each_page_changed_and_nothing_else_moves_a_date_or_the_feed(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app)
    add_event(app, WORKSHOP)
    imprint = {"title": {"en": "Imprint"}, "sections": [], "version": "1"}
    for key, text in (("imprint", imprint), ("privacy", imprint)):
        with app.app_context(), transaction():
            actions.keep_document(key, text)
    clock.advance(days=2)
    revise_event(app, state=State.POSTPONED)

    def dates() -> dict[str, str | None]:
        site = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
        urls = ET.fromstring(client.get("/sitemap.xml").data).findall("s:url", site)
        said = {url.findtext("s:loc", "", site): url.findtext("s:lastmod", namespaces=site) for url in urls}
        return {
            loc.removeprefix(f"{BASE_URL}/fr"): date for loc, date in said.items() if loc.startswith(f"{BASE_URL}/fr")
        }

    first, second = "2026-11-23T12:00:00Z", "2026-11-25T12:00:00Z"
    expected = {
        **dict.fromkeys(("/", "/events/", "/events/conference"), second),
        **dict.fromkeys(("/events/workshop", "/imprint", "/privacy"), first),
        **dict.fromkeys(("/news/", "/partners", "/accessibility", "/newsletter/issues/")),
    }
    assert dates() == expected
    paths = ("/calendar.ics", "/calendar.ics?kind=workshop&lang=en", "/sitemap.xml")
    tags = {path: client.get(path).headers["ETag"] for path in paths}
    clock.advance(minutes=5)
    add_question(app)
    for n in range(4):  # until the word for the places left has changed
        register(app.test_client(), email=f"p{n}@x.example")
    with app.app_context(), transaction():
        actions.keep_document("privacy", imprint | {"version": "2"})
    assert dates() == expected | {"/privacy": "2026-11-25T12:05:00Z"}
    for path in paths[:2]:
        assert client.get(path, headers={"If-None-Match": tags[path]}).status_code == 304


@pytest.mark.one_database
@pytest.mark.parametrize("question", ["kind=ball", "region=Atlantis", "kind=workshop&kind=ball"])
def test_an_unknown_kind_or_region_is_refused_in_words(
    app: Flask, client: FlaskClient, clock: Clock, question: str
) -> None:
    add_event(app)
    answer = client.get(f"/calendar.ics?{question}")
    assert answer.status_code == 400
    assert "We could not understand that request" in answer.get_data(as_text=True)


def test_a_narrowed_feed_is_kept_and_odd_ones_are_not(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    path = "/calendar.ics?kind=conference&lang=en"
    tag = client.get(path).headers["ETag"]
    with statements(app) as seen:
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert [s for s in seen if "content.revision" not in s] == []
    kept = len(app.extensions["kept"].pages)
    for odd in ("kind=conference&kind=workshop", "lang=en&kind=conference", "kind=conference&x=1", "region="):
        assert client.get(f"/calendar.ics?{odd}").status_code == 200
    assert len(app.extensions["kept"].pages) == kept


@pytest.mark.one_database
def test_two_hundred_events_are_small_and_written_anew_one_by_one(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_many(app, 200)  # A10
    ics._WRITTEN.clear()
    first = client.get("/calendar.ics")
    assert first.data.count(b"BEGIN:VEVENT") == 200
    assert len(ics._WRITTEN) == 200
    assert len(first.data) < 300_000
    unzipped = gzip.decompress(client.get("/calendar.ics", headers={"Accept-Encoding": "gzip"}).data)
    assert unzipped == first.data

    with statements(app) as seen:
        assert client.get("/calendar.ics", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
        assert client.get("/calendar.ics").data == first.data
    assert seen == []

    for language in LANGUAGES:
        client.get(f"/calendar.ics?lang={language}")
    client.get("/calendar.ics?kind=workshop&lang=en")  # narrowed, and a person's own: neither takes another's place
    page = client.get(register(client, "/en/events/event-7/register", **FILLED_WORKSHOP).location).text
    own = re.findall(r"/calendar/[^\"]+?\.ics", page)[0]
    written = dict(ics._WRITTEN)
    assert len(written) == 200 * len(LANGUAGES)
    assert b"BEGIN:VEVENT" in client.get(own).data
    assert written == ics._WRITTEN

    clock.advance(minutes=5)
    revise_event(app, "event-7", state=State.POSTPONED)
    second = client.get("/calendar.ics")
    for language in LANGUAGES:
        client.get(f"/calendar.ics?lang={language}")
    anew = [(key[0], kept[0].url) for key, kept in ics._WRITTEN.items() if written[key] is not kept]
    assert sorted(anew) == [(language, f"{BASE_URL}/{language}/events/event-7") for language in sorted(LANGUAGES)]
    before, after = (set(data.split(b"BEGIN:VEVENT")) for data in (first.data, second.data))
    assert len(after - before) == 1
