"""What is looked at before a newsletter leaves, and what an awkward one looks like when it has left (G7, G8, G10)."""

import email
from datetime import UTC, datetime
from email import policy

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from s3chem_events.campaigns.stages import Kind, Stage
from s3chem_events.core.db import transaction
from s3chem_events.core.guard import settings
from s3chem_events.core.text import Text
from s3chem_events.publishing import actions
from tests.conftest import Clock
from tests.factories import PUBLIC_DAY, add_event, soup
from tests.support.campaigns import campaign, newsletter, readers, release, stage
from tests.support.desk import filled, signed_in
from tests.support.post import rows, work

ONE = "/desk/newsletter/campaigns/1"
LONG = "https://partner.example/" + "a" * 276


@pytest.fixture(autouse=True)
def house(app: Flask, clock: Clock) -> None:
    add_event(app, parts=(PUBLIC_DAY,))


@pytest.mark.one_database
def test_links_to_us_are_looked_up_those_elsewhere_are_for_a_person_to_press(app: Flask):
    readers(app, en=1, de=2)
    text = (
        "[one](http://localhost/en/events/conference) [two](http://localhost/de/news/) [here]({{web_version}}) "
        "[gone](http://localhost/en/events/nowhere) [desk](http://localhost/desk/) [short](/en/events/conference) "
        "[them](https://partner.example/a?b=1&c=2) [bare](http://old.example/) [write](mailto:us@s3chem.example)"
    )
    newsletter(app, intro=Text(en=text), subject=Text(en="News", fr="Nouvelles"))
    desk = signed_in(app)
    page = desk.get(ONE)
    checks = [" ".join(one.get_text(" ").split()) for one in soup(page).select(".checks li")]
    lost = "http://localhost/en/events/nowhere http://localhost/desk/"
    assert f"✕ In the way: 2 links open no page: {lost}" in checks
    short = "1 link names no site: write the address in full, with https://. /en/events/conference"
    assert f"✕ In the way: {short}" in checks
    assert (
        "! Look: 2 links lead elsewhere: look at them. https://partner.example/a?b=1&c=2 http://old.example/" in checks
    )
    assert "! Look: 1 link is not encrypted (http:). http://old.example/" in checks
    assert "! Look: French has a subject and no text." in checks
    assert any(one.startswith("✓ Good: Size: English ") for one in checks)
    assert soup(page).select_one('form[action$="/release"]') is None
    offered = soup(desk.get(f"{ONE}/preview/en")).select("#reader option")
    assert len(offered) == 4  # nobody in particular, and all three: the Germans get it in English


@pytest.mark.one_database
def test_words_for_after_an_event_that_is_still_to_come_want_a_look(app: Flask, clock: Clock):
    campaign(app, Kind.ANNOUNCEMENT, about="conference")
    said = "It is written as after the event, and the event is still to come."
    desk = signed_in(app)
    assert said in desk.get(ONE).text
    clock.advance(days=300)
    assert said not in signed_in(app).get(ONE).text


@pytest.mark.one_database
def test_a_preview_offers_the_readers_of_its_language_alone(app: Flask):
    readers(app, en=1, de=2, fr=3)
    newsletter(app)
    desk = signed_in(app)
    shown = {
        code: len(soup(desk.get(f"{ONE}/preview/{code}")).select("#reader option")) - 1 for code in ("en", "de", "fr")
    }
    assert shown == {"en": 1, "de": 2, "fr": 3}


def test_an_awkward_newsletter_arrives_whole_light_and_untracked(app: Flask, clock: Clock):
    readers(app, fr=1)  # G7
    with app.app_context(), transaction():
        actions.keep_document("project", {"funding": {"statement": {"fr": "Financé par Interreg\u00a0Europe."}}})
    subject = "Écho de février\u00a0: « l’été catalan »"
    intro = f"Col·laboració « très\u00a0sûre »\u00a0: {LONG}\n\n[lien]({LONG})\n\nPage web\u00a0: {{{{web_version}}}}"
    release(app, newsletter(app, events=("conference",), subject=Text(fr=subject), intro=Text(fr=intro)))
    clock.advance(minutes=11)
    work(app)
    (row,) = rows(app)
    assert (row.subject, row.state) == (subject, "sent")
    with app.app_context():
        (file,) = (settings().mailbox / "new").iterdir()
    raw = file.read_bytes()
    assert max(map(len, raw.splitlines())) <= 998
    message = email.message_from_bytes(raw, policy=policy.default)
    assert message["Subject"] == subject
    plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    text, page = plain.get_content(), html.get_content()
    for part in (text, page):
        assert "Col·laboració « très\u00a0sûre »" in part
        assert LONG in part
        assert "Financé par Interreg\u00a0Europe." in part
        assert "juin 2027" in part
    assert len(page.encode()) <= 102_000
    pictures = [(str(one["src"]), str(one["alt"])) for one in BeautifulSoup(page, "html.parser").select("img")]
    assert [alt for _source, alt in pictures] == ["Emblème de l’Union européenne"]
    assert all(source.startswith("cid:") for source, _alt in pictures)
    ours = {str(one["href"]).split("/")[2] for one in BeautifulSoup(page, "html.parser").select("a[href^=http]")}
    assert ours == {"localhost", "partner.example"}


def test_nine_o_clock_on_the_day_summer_time_begins_is_nine_o_clock_once(app: Flask, clock: Clock):
    clock.set(datetime(2027, 3, 26, 12, tzinfo=UTC))  # G8
    readers(app, en=1)
    desk = signed_in(app)
    newsletter(app)
    path = f"{ONE}/content"
    hour = {"topics": "project", "on": "2027-03-28", "at": "09:00", "zone": "Europe/Brussels", "do": "save"}
    assert desk.post(path, data=filled(desk.get(path)) | hour).status_code == 303
    release(app, 1)
    for moment, sent in (("06:59", 0), ("07:00", 1), ("07:01", 1)):
        clock.set(datetime.fromisoformat(f"2027-03-28T{moment}:00+00:00"))
        work(app)
        assert len(rows(app)) == sent
    assert stage(app, 1)[0] == Stage.SENDING


def test_the_archive_is_announced_to_readers_of_feeds_and_to_search_engines(app: Flask, clock: Clock):
    readers(app, fr=1)
    release(app, newsletter(app))
    clock.advance(minutes=11)
    work(app)
    visitor = app.test_client()  # G10
    listed = visitor.get("/fr/newsletter/issues/")
    (link,) = soup(listed).select('link[type="application/atom+xml"][href^="/newsletter.atom"]')
    assert (link["rel"], link["href"]) == (["alternate"], "/newsletter.atom?lang=fr")
    issue = str(soup(listed).select(".news-item a")[0]["href"])
    assert soup(visitor.get(issue)).select_one('link[href="/newsletter.atom?lang=fr"]') is not None
    assert f"<loc>http://localhost{issue}</loc>" in visitor.get("/sitemap.xml").text
    assert soup(visitor.get("/fr/news/")).select_one('a[href$="/newsletter/issues/"]') is not None
    for page in (issue, "/newsletter.atom?lang=fr"):
        said = visitor.get(page).text
        assert "Bonnes" in said or "bonnes" in said
        assert "readers.example" not in said
        assert "/leave/" not in said
