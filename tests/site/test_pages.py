"""What a reader finds: dates with their year, states in words, nothing of closed rooms, no cookie."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.db import transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.core.text import LANGUAGES, Text
from s3chem_events.publishing import actions, news
from s3chem_events.publishing.facts import VenueFacts
from s3chem_events.publishing.lifecycle import State
from s3chem_events.sample import load
from tests.conftest import Clock
from tests.factories import BASE_URL, CONFERENCE, PUBLIC_DAY, WORKSHOP, add_event, register, revise_event, soup, words
from tests.support.post import kept, work


def test_save_the_date_in_french_says_days_year_and_that_the_rest_follows(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app, opens=None)  # A1
    page = client.get("/fr/events/conference")
    text = words(page)
    assert "17–18" in text
    assert "juin 2027" in text
    assert "Lieu et programme suivront." in text
    assert soup(page).find("a", href=lambda href: bool(href) and href.endswith("/register")) is None
    assert soup(page).find("a", href="/fr/events/conference/updates") is not None
    assert soup(page).html["lang"] == "fr"  # type: ignore[index]
    assert soup(page).select(".places") == []  # nobody can take one yet


@pytest.mark.one_database
def test_a_part_of_several_days_names_each_day_once_on_its_pages_and_in_the_mail(
    app: Flask, client: FlaskClient
) -> None:
    hours = {"starts": datetime(2027, 3, 27, 9, 30), "ends": datetime(2027, 3, 29, 16)}  # noqa: DTZ001 - local
    add_event(app, parts=(replace(PUBLIC_DAY, **hours),))
    when = "Saturday, 27 March 2027, 09:30 CET – Monday, 29 March 2027, 16:00 CEST"
    assert f"When {when}" in words(client.get("/en/events/conference"))
    assert "samedi 27 mars 2027, 09:30 CET – lundi 29 mars 2027, 16:00 CEST" in words(
        client.get("/fr/events/conference")
    )
    own = register(client).location
    assert when in words(client.get(own))
    assert work(app) == 1
    assert when in " ".join(kept(app)[-1].text.split())


def test_a_missing_translation_falls_back_in_sight(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app, title=Text(en="Only in English"))
    heading = soup(client.get("/de/events/conference")).find("h1")
    assert heading is not None
    assert heading.find("span", lang="en") is not None
    assert "Only in English" in heading.get_text()


def test_a_notice_that_falls_back_says_so_and_is_read_aloud_in_its_own_language(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    with app.app_context(), transaction():
        load.sample_content(base_url=BASE_URL, by=OPERATOR)
        body = {"en": "Who stands behind it.", "fr": "Qui le publie."}
        imprint = {"title": {"en": "Imprint"}, "sections": [{"id": "who", "title": {"en": "Who"}, "body": body}]}
        actions.keep_document("imprint", imprint)
    page = soup(client.get("/pl/imprint"))
    assert [section.get("lang") for section in page.select("main section")] == ["en"]
    assert page.select_one("h1 span[lang=en]") is not None
    for language in LANGUAGES:
        notice = soup(client.get(f"/{language}/privacy"))
        assert (len(notice.select("main section")), notice.select("main [lang]")) == (14, [])
        assert "{" not in notice.main.get_text()


def test_closed_rooms_stand_in_no_public_place(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)  # B5
    for address in (
        "/en/",
        "/en/events/",
        "/en/events/conference",
        "/calendar.ics",
        "/events/conference.ics",
        "/sitemap.xml",
    ):
        assert b"green door" not in client.get(address).data, address
    form = client.get("/en/events/conference/register").get_data(as_text=True)
    assert "green door" not in form
    assert 'value="day-1"' not in form
    assert "Working-group meeting" not in form


@pytest.mark.one_database
@pytest.mark.parametrize(
    "state, chip",
    [
        (State.ANNOUNCED, "Registration open"),
        (State.POSTPONED, "Postponed"),
        (State.CANCELLED, "Cancelled"),
        (State.OVER, "Ended"),
    ],
)
def test_each_state_is_said_in_words(app: Flask, client: FlaskClient, clock: Clock, state: State, chip: str) -> None:
    add_event(app, WORKSHOP, state=state)
    assert chip in words(client.get("/en/events/workshop"))


def test_a_postponed_event_whose_old_days_have_passed_waits_for_its_new_ones(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app, WORKSHOP, state=State.POSTPONED)
    add_event(app, parts=(replace(PUBLIC_DAY, starts=date(2029, 6, 18), ends=date(2029, 6, 18)),))
    clock.set(datetime(2028, 1, 10, 12, tzinfo=UTC))
    page = client.get("/en/events/workshop")
    text = words(page)
    assert all(said in text for said in ("Postponed", "A new date will be announced.", "previously planned for"))
    assert "Ended" not in text
    assert soup(page).find("a", href="/en/events/workshop/updates") is not None
    assert client.get("/en/events/workshop/updates").status_code == 200
    form = client.get("/en/events/workshop/register")
    assert (form.status_code, "This event has been postponed." in words(form)) == (403, True)
    assert "add the date to your calendar" not in words(form)
    home = soup(client.get("/en/"))  # what has a date comes first
    assert [link.get("href") for link in home.select(".band-title a, .diary h3 a")] == [
        "/en/events/conference",
        "/en/events/workshop",
    ]
    assert home.select(".diary-past") == soup(client.get("/en/events/")).select(".diary-past") == []
    clock.advance(days=300)  # nobody expects a new date any more
    text = words(client.get("/en/events/workshop"))
    assert "Postponed" in text
    assert "Ended" not in text
    assert "Keep me informed" not in text
    assert client.get("/en/events/workshop/updates").status_code == 303
    assert len(soup(client.get("/en/events/")).select(".diary-past")) == 1


def test_a_draft_is_nowhere(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app, state=State.DRAFT)
    assert client.get("/en/events/conference").status_code == 404
    assert client.get("/events/conference.ics").status_code == 404
    assert client.get("/en/events/conference/register").status_code == 404
    assert b"conference" not in client.get("/sitemap.xml").data


def test_an_event_over_the_year_prints_both_years(app: Flask, client: FlaskClient, clock: Clock) -> None:
    part = WORKSHOP.parts[0]
    starts, ends = datetime(2027, 12, 30, 9), datetime(2028, 1, 2, 12)  # noqa: DTZ001 - local
    moved = type(part)(key=part.key, title=part.title, starts=starts, ends=ends)
    add_event(app, WORKSHOP, parts=(moved,))
    text = words(client.get("/en/events/workshop"))
    assert "2027" in text
    assert "2028" in text


def test_a_past_event_shows_its_report(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app, WORKSHOP, state=State.OVER, report=Text(en="What was **done**."))
    page = soup(client.get("/en/events/workshop"))
    assert page.find("strong", string="done") is not None
    assert "/register" not in str(page.find("main"))


def test_search_engines_get_the_event_and_no_room(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    with app.app_context(), transaction():
        actions.keep_document("project", {"name": "Chemistry in Seven Regions"})
    script = soup(client.get("/en/events/conference")).find("script", type="application/ld+json")
    assert script is not None
    data = json.loads(script.get_text())
    assert (data["@type"], data["startDate"], data["endDate"]) == ("Event", "2027-06-17", "2027-06-18")
    assert data["eventAttendanceMode"] == "https://schema.org/MixedEventAttendanceMode"
    assert data["organizer"]["name"] == "Chemistry in Seven Regions"


def test_every_page_names_its_other_languages_and_the_funding(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    for path in ("/", "/events/", "/events/conference", "/news/", "/partners"):
        page = soup(client.get(f"/en{path}"))
        codes = {link["hreflang"] for link in page.select("link[rel=alternate][hreflang]")}
        assert codes == set(LANGUAGES), path
        assert page.find("img", alt="Emblem of the European Union") is not None, path


def test_hostile_titles_appear_as_typed_and_act_nowhere(app: Flask, client: FlaskClient, clock: Clock) -> None:
    nasty = '"><img src=x onerror=alert(1)> {{7*7}} {0.__class__} <script>'
    add_event(app, title=Text(en=nasty), description=Text(en="[x](javascript:alert(1)) <b onclick=x>y</b>"))
    page = client.get("/en/events/conference")
    assert nasty in words(page)
    assert soup(page).find("img", src="x") is None
    assert "javascript:" not in str(soup(page).select("a"))
    assert soup(page).find(onclick=True) is None


def test_readers_get_no_cookie_and_strict_headers(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    for path in ("/en/", "/en/events/conference", "/calendar.ics"):
        assert client.get(path).headers["Vary"] == "Accept-Encoding", path
    for path in ("/", "/en/", "/en/events/conference", "/calendar.ics", "/en/nothing"):
        response = client.get(path)
        assert "Set-Cookie" not in response.headers, path
        policy = response.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_another_host_is_refused(app: Flask, client: FlaskClient) -> None:
    assert client.get("/en/", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/healthz", headers={"Host": "10.0.0.7"}).status_code == 200


def test_a_venue_that_becomes_known_is_on_the_page_at_once(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    assert "venue to be announced" in words(client.get("/en/events/conference"))
    revise_event(app, venue=VenueFacts(name="Vrijthof Hall", address="Vrijthof 1", city="Maastricht", country="NL"))
    assert "Vrijthof Hall" in words(client.get("/en/events/conference"))


def test_the_front_door_speaks_the_visitors_language(client: FlaskClient) -> None:
    response = client.get("/", headers={"Accept-Language": "pl,en;q=0.5"})
    assert (response.status_code, response.headers["Location"]) == (302, "/pl/")
    assert client.get("/", headers={"Accept-Language": "ja"}).headers["Location"] == "/en/"


def test_an_empty_site_says_so(app: Flask, client: FlaskClient) -> None:
    assert client.get("/en/").status_code == 200
    assert "No event" in words(client.get("/en/events/"))
    assert CONFERENCE.slug not in words(client.get("/en/"))


def test_the_news_can_be_followed_in_each_language(app: Flask, client: FlaskClient, clock: Clock) -> None:
    with app.app_context(), transaction():
        news.publish(
            slug="moved",
            title=Text(en="The conference & the <date>", fr="La conférence"),
            lead=Text(en="It moves."),
            body=Text(en="To **October**."),
            published_on=date(2026, 8, 3),
            event_id=None,
            by=OPERATOR,
        )
    link = soup(client.get("/fr/news/")).find("link", type="application/atom+xml")
    response = client.get(link["href"])  # type: ignore[index]
    feed = ET.fromstring(response.data)
    atom = {"a": "http://www.w3.org/2005/Atom"}
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert feed.findtext("a:entry/a:title", namespaces=atom) == "La conférence"
    assert feed.findtext("a:entry/a:content", namespaces=atom) == "<p>To <strong>October</strong>.</p>\n"
    english = ET.fromstring(client.get("/feed.atom").data)
    assert english.findtext("a:entry/a:title", namespaces=atom) == "The conference & the <date>"
    assert client.get("/feed.atom?lang=fr", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


def test_news_of_a_day_to_come_waits_for_it_everywhere(app: Flask, client: FlaskClient, clock: Clock) -> None:
    day = date(2026, 11, 24)
    with app.app_context(), transaction():
        for slug, published_on in (("early", day), ("today", date(2026, 11, 23))):
            title = Text(en=slug.capitalize())
            news.publish(
                slug=slug, title=title, lead=title, body=title, published_on=published_on, event_id=None, by=OPERATOR
            )
    everywhere = ("/en/", "/en/news/", "/feed.atom", "/sitemap.xml")
    for path in everywhere:
        page = client.get(path).text.lower()
        assert ("today" in page, "early" in page) == (True, False), path
    assert client.get("/en/news/early").status_code == 404
    clock.advance(days=1)
    for path in everywhere:  # kept answers included
        assert "early" in client.get(path).text.lower(), path
    assert client.get("/en/news/early").status_code == 200
