"""News at the desk: written, looked at, translated, dated ahead, taken off."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.core.text import Text
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import NewsItem
from tests.conftest import Clock
from tests.factories import PUBLIC_DAY, add_event, hidden, soup, words
from tests.support.desk import filled, signed_in

NEW = "/desk/news/new"
MOVED = {
    "title": "The conference moves",
    "lead": "To October.",
    "body": "New **dates**.\n\n- 21\n- 22 <script>",
    "event_id": "",
}


def test_a_piece_of_news_is_looked_at_written_translated_and_read(app: Flask, clock: Clock) -> None:
    add_event(app)
    desk, visitor = signed_in(app, Role.COMMUNICATION), app.test_client()
    assert "There is no news yet." in words(desk.get("/desk/news/"))
    form = hidden(desk, NEW) | MOVED | {"published_on": "2026-11-23", "event_id": "1"}
    looked = desk.post(NEW, data=form | {"do": "preview"})
    sample = soup(looked).select_one("section.sample")
    assert sample is not None
    assert (looked.status_code, str(sample.select_one(".prose strong"))) == (200, "<strong>dates</strong>")
    assert "Nothing is saved yet." in sample.get_text()
    assert not sample.select("script")
    assert filled(looked).items() >= {**MOVED, "event_id": "1"}.items()  # what was typed stays
    assert "There is no news yet." in words(desk.get("/desk/news/"))

    for _once_and_again in range(2):  # the second press makes no second piece
        saved = desk.post(NEW, data=form)
        assert (saved.status_code, saved.location) == (303, "/desk/news/1/en")
    assert "Saved. Its words in further languages can follow." in words(desk.get(saved.location))
    french = "/desk/news/1/fr"
    desk.post(
        french, data=filled(desk.get(french)) | {"title": "La conférence déplacée", "body": "De nouvelles dates."}
    )
    assert "Missing: Deutsch, Nederlands" not in words(visitor.get("/en/news/the-conference-moves"))
    assert "Missing: Deutsch, Nederlands, italiano, català, español, polski" in " ".join(
        words(desk.get("/desk/news/")).replace(" , ", ", ").split()
    )
    read = {code: words(visitor.get(f"/{code}/news/the-conference-moves")) for code in ("en", "fr", "de")}
    assert "New dates ." in read["en"]
    assert "La conférence déplacée" in read["fr"]
    assert "To October." in read["fr"]  # not translated yet
    assert "The conference moves" in read["de"]
    assert "The conference moves" in visitor.get("/feed.atom?lang=en").get_data(as_text=True)
    assert "Final conference" in read["en"]


@pytest.mark.one_database
def test_what_does_not_fit_is_said_at_its_place_and_what_is_dated_ahead_waits_for_its_day(
    app: Flask, clock: Clock
) -> None:
    desk, visitor = signed_in(app), app.test_client()
    refused = desk.post(NEW, data=hidden(desk, NEW) | MOVED | {"title": " ", "published_on": "1926-11-23"})
    said = [one.get_text(" ", strip=True) for one in soup(refused).select("form .error")]
    assert (refused.status_code, said) == (
        422,
        ["Error: Please fill in: Title.", "Error: Enter a year from 2000 to 2046."],
    )
    assert filled(refused)["body"] == MOVED["body"]
    desk.post(NEW, data=hidden(desk, NEW) | MOVED | {"published_on": "2026-11-25"})
    assert "Still to appear" in words(desk.get("/desk/news/"))
    assert "It appears on the site on its day." in words(desk.get("/desk/news/1/en"))
    assert visitor.get("/en/news/the-conference-moves").status_code == 404
    clock.set(datetime(2026, 11, 25, 0, 0, 1, tzinfo=UTC))
    assert visitor.get("/en/news/the-conference-moves").status_code == 200
    desk = signed_in(app)  # two days later
    emptied = desk.post("/desk/news/1/en", data=filled(desk.get("/desk/news/1/en")) | {"title": ""})
    assert (emptied.status_code, "Please fill in: Title." in words(emptied)) == (422, True)
    assert desk.get("/desk/news/1/xx").status_code == 404
    assert desk.get("/desk/news/2/en").status_code == 404


def test_the_second_of_two_who_save_sees_what_the_first_wrote_and_decides(app: Flask, clock: Clock) -> None:
    first, second = signed_in(app), signed_in(app, Role.COMMUNICATION)
    first.post(NEW, data=hidden(first, NEW) | MOVED | {"published_on": "2026-11-23"})
    opened = filled(second.get("/desk/news/1/en"))
    clock.advance(minutes=1)
    first.post("/desk/news/1/en", data=filled(first.get("/desk/news/1/en")) | {"lead": "To autumn."})
    late = second.post("/desk/news/1/en", data=opened | {"title": "It moves"})
    assert (late.status_code, "To autumn." in words(late)) == (409, True)
    assert filled(late)["title"] == "It moves"
    again = second.post("/desk/news/1/en", data=filled(late))
    assert again.status_code == 303
    with app.app_context():
        item = db.session.get(NewsItem, 1)
        assert item is not None
        assert (item.title, item.lead, item.slug) == (
            Text(en="It moves"),
            Text(en="To October."),
            "the-conference-moves",
        )
        assert item.published_on == date(2026, 11, 23)
        facts = db.session.scalars(db.select(Fact).where(Fact.kind.like("news.%")).order_by(Fact.id))
        assert [(one.kind, one.by, one.data.get("changed")) for one in facts] == [
            ("news.published", "organiser:1", None),
            ("news.revised", "organiser:1", ["lead"]),
            ("news.revised", "organiser:2", ["lead", "title"]),
        ]


def test_a_piece_is_taken_off_after_a_question(app: Flask, clock: Clock) -> None:
    desk, visitor = signed_in(app), app.test_client()
    desk.post(NEW, data=hidden(desk, NEW) | MOVED | {"published_on": "2026-11-23"})
    asked = desk.get("/desk/news/1/removal")
    assert "This cannot be undone." in words(asked)
    assert visitor.get("/en/news/the-conference-moves").status_code == 200
    done = desk.post("/desk/news/1/removal", data=hidden(desk, "/desk/news/1/removal"), follow_redirects=True)
    assert "It is taken off the site." in words(done)
    assert visitor.get("/en/news/the-conference-moves").status_code == 404
    assert "The conference moves" not in words(visitor.get("/en/news/"))
    assert desk.post("/desk/news/1/removal", data=hidden(desk, NEW)).status_code == 404  # the second press


LINK = "https://meet.example/j/99887766?pwd=Ab12"


@pytest.mark.one_database
@pytest.mark.parametrize(
    "given_away",
    [
        LINK,
        "Join\nmeet.example/j/99887766 now",
        "https&#58;//meet&period;example/j/99887766?x=1&amp;pwd=Ab12",
        "https://you:me@meet.example/j/99887766",
        "[here](HTTPS://meet.example./j/./99887766?reg=1&pwd=Ab12)",
        "meet\u00ad.example/%256A/9988\u200b77\\66",
    ],
)
def test_link_to_join_in_a_piece_of_news_is_asked_about_before_everybody_can_read_it(
    app: Flask, clock: Clock, given_away: str
) -> None:
    add_event(app, parts=(replace(PUBLIC_DAY, capacity={Mode.ONLINE: None}, online_url=LINK),))
    desk, visitor = signed_in(app), app.test_client()
    form = hidden(desk, NEW) | MOVED | {"published_on": "2026-11-23"}
    asked = desk.post(NEW, data=form | {"lead": given_away})
    assert (asked.status_code, "“In short” holds the link for taking part online in “" in words(asked)) == (409, True)
    assert visitor.get("/en/news/the-conference-moves").status_code == 404
    button = soup(asked).select_one("button[name=confirmed]")
    assert button is not None
    harmless = "Ask at.meet@meet.example, or see https://meet.example/j/998877667 and meet.example."
    assert desk.post(NEW, data=filled(asked) | {"lead": harmless}).status_code == 303
    page = "/desk/news/1/en"
    again = desk.post(page, data=filled(desk.get(page)) | {"body": given_away})
    assert (again.status_code, filled(again)["body"].split()) == (409, given_away.split())
    said = {"confirmed": str(button["value"])}
    assert desk.post(page, data=filled(again) | said).status_code == 303
    assert desk.post(page, data=filled(desk.get(page)) | {"title": "Now"}).status_code == 303  # it was asked about
