"""Kept answers: made once per revision, 304 without database work, new as soon as anything changed."""

import gzip
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from random import Random
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.clock import now
from s3chem_events.core.config import Settings
from s3chem_events.core.db import transaction
from s3chem_events.core.text import LANGUAGES, Text
from s3chem_events.publishing import actions, queries
from s3chem_events.publishing.lifecycle import State
from s3chem_events.site.kept import MOST
from tests.conftest import Clock
from tests.factories import WORKSHOP, add_event, register, revise_event, words
from tests.support.applications import own
from tests.support.statements import statements

pytestmark = pytest.mark.both_counted

PAGES = (
    "/en/",
    "/en/events/",
    "/en/events/conference",
    "/en/news/",
    "/calendar.ics",
    "/events/conference.ics?lang=fr",
    "/sitemap.xml",
)


@pytest.mark.parametrize("path", PAGES)
def test_the_second_answer_costs_no_database_work(app: Flask, client: FlaskClient, clock: Clock, path: str) -> None:
    add_event(app)  # A10
    first = client.get(path)
    with statements(app) as seen:
        second = client.get(path)
        third = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, second.status_code, third.status_code) == (200, 200, 304)
    assert second.data == first.data
    assert third.data == b""
    assert third.headers["ETag"] == first.headers["ETag"]
    assert [s for s in seen if "content.revision" not in s] == []
    assert len(seen) <= 1  # PostgreSQL is asked for the revision at most once a second


def test_a_change_is_seen_at_once_and_has_another_tag(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    before = client.get("/en/events/conference")
    clock.advance(seconds=5)
    revise_event(app, title=Text(en="Renamed"))
    after = client.get("/en/events/conference", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "Renamed" in words(after)
    assert after.headers["ETag"] != before.headers["ETag"]


def test_two_changes_at_once_are_two_revisions(app: Flask) -> None:
    add_event(app)

    def change() -> None:
        with app.app_context(), transaction():
            actions.touch()

    other = Thread(target=change)
    with app.app_context():
        before = queries.content()[0]
        with transaction():
            actions.touch()
            other.start()
            other.join(0.3)  # it waits: this change is not committed yet
        other.join()
        assert queries.content()[0] == before + 2


@pytest.mark.parametrize("path", ["/en/", "/en/events/", "/calendar.ics"])
def test_the_statements_do_not_grow_with_the_events(app: Flask, client: FlaskClient, path: str) -> None:
    add_event(app)
    client.get("/en/partners")  # the first request of all makes the tables of the session known
    with statements(app) as for_one:
        client.get(path)
    add_event(app, slug="second")
    add_event(app, slug="third")
    with statements(app) as for_three:
        assert b"/events/third" in client.get(path).data
    # PostgreSQL is asked for the revision besides, at most once a second.
    one, three = ([s for s in seen if "content.revision" not in s] for seen in (for_one, for_three))
    assert len(three) == len(one) > 0


def test_if_none_match_wins_over_the_date_and_an_old_date_gets_the_page(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app)
    assert "Last-Modified" not in client.get("/calendar.ics").headers  # within this second there may be others
    clock.advance(seconds=3)
    page = client.get("/calendar.ics")
    modified = page.headers["Last-Modified"]
    unchanged = client.get("/calendar.ics", headers={"If-Modified-Since": modified})
    assert (unchanged.status_code, unchanged.headers["Last-Modified"]) == (304, modified)
    assert (
        client.get("/calendar.ics", headers={"If-Modified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"}).status_code == 200
    )
    assert client.get("/calendar.ics", headers={"If-Modified-Since": "rubbish"}).status_code == 200
    both = {"If-None-Match": '"other"', "If-Modified-Since": modified}
    assert client.get("/calendar.ics", headers=both).status_code == 200


@pytest.mark.one_database  # another process learns of a change on PostgreSQL by a clock that no test can move
def test_no_two_bodies_have_one_date_whatever_changes_them_and_whichever_process_answers(
    app: Flask, settings: Settings, clock: Clock
) -> None:
    add_event(app, WORKSHOP, closes=datetime(2027, 8, 24, 12))  # noqa: DTZ001
    add_event(app, WORKSHOP, slug="off", state=State.CANCELLED)
    clock.set(datetime(2027, 8, 24, 9, 59, 50, tzinfo=UTC))  # registration closes at ten
    chance, paths = Random(3), ("/calendar.ics", "/en/events/workshop", "/en/events/", "/sitemap.xml")
    bodies: dict[tuple[str, str], bytes] = {}
    statuses: Counter[tuple[str, int]] = Counter()
    with own(settings) as other:
        servers = (app.test_client(), other.test_client())
        for step in range(300):
            match chance.randrange(12):
                case 0:
                    title = chance.choice(("Renamed", "Renamed again"))  # what it was before comes back
                    revise_event(app, "workshop", title=Text(en=title))
                case 1 | 2 | 3:
                    clock.advance(seconds=chance.choice((0.1, 0.3, 0.7, 1, 3)))
                case 4 if step % 9 == 0:  # the day after what is cancelled, and midnights
                    clock.advance(hours=chance.choice((1, 7)))
            path, server = chance.choice(paths), chance.choice(servers)
            known = [date for found, date in bodies if found == path]
            asked = {"If-Modified-Since": chance.choice(known[-3:])} if known else {}
            answer = server.get(path, headers=asked)
            date, truth = answer.headers.get("Last-Modified", ""), server.get(f"{path}?x=1").data
            statuses[path, answer.status_code] += 1
            if answer.status_code == 304:
                assert bodies[path, asked["If-Modified-Since"]] == truth, (step, path)
            else:
                assert answer.data == truth
            if date:
                assert parsedate_to_datetime(date) <= now()
                assert bodies.setdefault((path, date), truth) == truth, (step, path)
    assert min(statuses[path, status] for path in paths for status in (200, 304)) > 3


def test_who_asks_by_the_date_alone_gets_what_the_clock_changed(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app, WORKSHOP, closes=datetime(2027, 8, 24, 12))  # noqa: DTZ001
    add_event(app, WORKSHOP, slug="off", state=State.CANCELLED)
    client.get("/en/")  # this process has seen the revision
    for path, moments in (
        ("/en/events/workshop", (datetime(2027, 8, 24, 9, tzinfo=UTC), datetime(2027, 8, 24, 11, tzinfo=UTC))),
        ("/calendar.ics", (datetime(2027, 8, 26, 12, tzinfo=UTC), datetime(2027, 8, 27, 12, tzinfo=UTC))),
    ):
        clock.set(moments[0])
        before = client.get(path)
        clock.set(moments[1])
        after = client.get(path, headers={"If-Modified-Since": before.headers["Last-Modified"]})
        assert (after.status_code, after.data != before.data) == (200, True), path


def test_the_date_stays_while_the_bytes_do(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    client.get("/calendar.ics")
    clock.advance(seconds=3)
    date = client.get("/calendar.ics").headers["Last-Modified"]
    clock.advance(days=3)
    assert client.get("/calendar.ics", headers={"If-Modified-Since": date}).status_code == 304


def test_zipped_and_plain_are_two_strong_tags_of_the_same_words(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    plain = client.get("/en/events/conference")
    zipped = client.get("/en/events/conference", headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data
    assert zipped.headers["ETag"] != plain.headers["ETag"]
    assert zipped.headers["Vary"] == "Accept-Encoding"
    again = client.get(
        "/en/events/conference", headers={"Accept-Encoding": "gzip", "If-None-Match": zipped.headers["ETag"]}
    )
    assert again.status_code == 304


def test_the_clock_alone_changes_a_page(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app, WORKSHOP)
    assert "Register for 25 August" in words(client.get("/en/events/workshop"))
    clock.set(clock_of(app).replace(microsecond=0) + timedelta(hours=2))
    assert "This event is over." in words(client.get("/en/events/workshop"))


def clock_of(app: Flask) -> Any:
    from s3chem_events.publishing import queries

    with app.app_context():
        found = queries.event_by_slug("workshop")
        assert found is not None
        return queries.ends_at(found)


def test_a_registration_changes_the_page_only_when_the_word_for_places_does(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app)
    before = client.get("/en/events/conference").headers["ETag"]
    register(client, **{"email": "a@x.example", "mode-day-2": "online"})
    assert client.get("/en/events/conference").headers["ETag"] == before
    for n in range(3):
        register(client, email=f"b{n}@x.example")
    page = client.get("/en/events/conference")
    assert page.headers["ETag"] != before
    assert "On site: Full, waiting list open · Online: Places available" in words(page)


def test_head_has_the_headers_and_no_body(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    full = client.get("/en/events/conference")
    head = client.head("/en/events/conference")
    assert head.data == b""
    assert head.headers["Content-Length"] == str(len(full.data))


def test_strange_questions_are_answered_but_not_kept(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    client.get("/en/events/conference")
    kept = len(app.extensions["kept"].pages)
    for n in range(20):
        assert client.get(f"/en/events/conference?x={n}").status_code == 200
    assert len(app.extensions["kept"].pages) == kept


def test_a_blank_form_is_rendered_once_and_each_visitor_gets_values_of_their_own(app: Flask, clock: Clock) -> None:
    add_event(app)
    address = "/en/events/conference/register"
    pages = [app.test_client().get(address)]
    with statements(app) as seen:
        pages += [app.test_client().get(address) for _ in range(2)]
    assert [s for s in seen if "content.revision" not in s] == []
    own = [re.findall(r'name="(?:csrf_token|attempt)"[^>]* value="([^"]{32,})"', page.text) for page in pages]
    assert [len(values) for values in own] == [2, 2, 2]
    assert len({value for values in own for value in values}) == 6
    blank = {
        page.text.replace(token, "").replace(attempt, "") for page, (token, attempt) in zip(pages, own, strict=True)
    }
    assert len(blank) == 1
    assert {page.headers["Cache-Control"] for page in pages} == {"no-store"}
    assert all("Set-Cookie" in page.headers for page in pages)
    revise_event(app, title=Text(en="Renamed"))
    assert "Renamed" in words(app.test_client().get(address))


def test_a_blank_form_ends_with_the_hour_of_closing(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app, WORKSHOP, closes=datetime(2027, 1, 1, 12))  # noqa: DTZ001
    address = "/en/events/workshop/register"
    assert [client.get(address).status_code for _ in range(2)] == [200, 200]
    clock.advance(days=400)
    assert client.get(address).status_code == 410


def test_copies_of_a_page_under_other_addresses_are_not_kept(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    store = app.extensions["kept"]
    for query in ("", *(f"?lang={language}" for language in LANGUAGES), "?x=1"):
        assert client.get(f"/en/events/conference{query}").status_code == 200
    assert list(store.pages) == ["/en/events/conference?"]
    client.get("/calendar.ics?lang=fr")
    assert list(store.pages) == ["/en/events/conference?", "/calendar.ics?lang=fr"]


def test_when_all_is_taken_the_oldest_page_makes_room(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app)
    client.get("/en/")
    store = app.extensions["kept"]
    page = next(iter(store.pages.values()))
    for number in range(MOST):
        store.keep(f"/{number}?", page, store.held[0])
    client.get("/en/events/conference")
    assert (len(store.pages), "/en/?" in store.pages, "/en/events/conference?" in store.pages) == (MOST, False, True)
