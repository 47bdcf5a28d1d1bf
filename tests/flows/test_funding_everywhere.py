"""Who pays for it is said everywhere, in the reader's language, with the emblem: pages, mails, calendars."""

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from bs4.filter import SoupStrainer
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from s3chem_events.accounts import actions as accounts
from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.core.text import LANGUAGES
from s3chem_events.sample import load
from tests.conftest import Clock
from tests.factories import FILLED, hidden
from tests.support.post import kept, work

pytestmark = pytest.mark.one_database
PROJECT = json.loads((Path(load.__file__).parent / "project.json").read_text(encoding="utf-8"))
FUNDING = {language: " ".join(said.split()) for language, said in PROJECT["funding"]["statement"].items()}
"""The statement in each language, its spaces plain and single."""
SEEN = SoupStrainer(["footer", "img"])
FORM = "/events/final-conference/register"


@pytest.fixture(autouse=True)
def sample(app: Flask, clock: Clock) -> None:
    with app.app_context(), transaction():
        load.sample_content(base_url="http://localhost", by=OPERATOR)


def addresses(client: FlaskClient) -> list[str]:
    """Return the path of every page in the map of the site."""
    return re.findall(r"<loc>http://localhost([^<]+)</loc>", client.get("/sitemap.xml").get_data(as_text=True))


def missing(html: str, language: str) -> list[str]:
    """Return what a page lacks of the funding block."""
    page = BeautifulSoup(html, "html.parser", parse_only=SEEN)
    emblem = page.select_one('footer img[src*="eu-emblem"]')
    lacks = []
    if FUNDING[language] not in " ".join(page.select_one("footer").get_text(" ").split()):
        lacks.append("statement")
    if emblem is None or not emblem.get("alt") or int(str(emblem["width"])) < 96:
        lacks.append("emblem")
    others = [img for img in page.select("img") if img is not emblem and int(str(img.get("height") or 0)) > 64]
    return lacks + [f"a larger picture: {img}" for img in others]


def test_the_eight_statements_differ() -> None:
    assert set(FUNDING) == set(LANGUAGES)
    assert len(set(FUNDING.values())) == len(LANGUAGES)


def test_every_page_says_who_pays_in_its_language(client: FlaskClient) -> None:
    pages = addresses(client)  # H1
    assert len(pages) >= 8 * 25
    unlisted = (FORM, "/registrations/lost-link", "/registrations/mistyped", "/nowhere")
    pages += [f"/{language}{path}" for language in LANGUAGES for path in unlisted]
    lacking = {}
    for path in pages:
        answer = client.get(path)
        assert answer.status_code == (404 if path.endswith(("/mistyped", "/nowhere")) else 200), path
        if lacks := missing(answer.get_data(as_text=True), path[1:3]):
            lacking[path] = lacks
    assert lacking == {}


def test_every_calendar_says_who_pays_in_its_language(client: FlaskClient) -> None:
    slugs = sorted({path.rpartition("/")[2] for path in addresses(client) if re.match(r"/en/events/.", path)})
    assert len(slugs) >= 10
    files = [f"/events/{slug}.ics" for slug in slugs if client.get(f"/events/{slug}.ics").status_code == 200]
    assert len(files) >= 2
    for path in ["/calendar.ics", *files]:
        for language in LANGUAGES:
            entries = Calendar.from_ical(client.get(f"{path}?lang={language}").data).walk("VEVENT")
            assert entries, path
            for entry in entries:
                assert FUNDING[language] in " ".join(str(entry["DESCRIPTION"]).split()), (path, language)


@pytest.mark.counted_elsewhere
def test_every_mail_says_who_pays_in_its_language(app: Flask) -> None:
    for language in LANGUAGES:
        client, address = app.test_client(), f"{language}@park.example"
        filled = {**FILLED, **hidden(client, f"/en{FORM}"), "email": address, "language": language}
        own = client.post(f"/en{FORM}", data=filled).headers["Location"]
        path = f"/{language}/registrations/lost-link"
        client.post(path, data={**hidden(client, path), "email": address})
        work(app)
        client.post(f"{own}/withdrawal", data=hidden(client, f"{own}/withdrawal"))
        with app.app_context(), transaction():
            accounts.add(f"desk-{address}", role=Role.COORDINATOR, by=OPERATOR, language=language)
            accounts.request_link(f"desk-{address}")
        work(app)
    mails = kept(app)
    assert len(mails) == 4 * len(LANGUAGES)
    for mail in mails:
        statement = FUNDING[mail.language]
        assert statement in " ".join(mail.text.split()), mail.envelope
        page = BeautifulSoup(mail.html, "html.parser")
        assert statement in " ".join(page.get_text(" ").split()), mail.envelope
        emblem = page.select_one("img[alt]:not([alt=''])")
        assert emblem is not None, mail.envelope
        if mail.calendar:
            (entry,) = Calendar.from_ical(mail.calendar).walk("VEVENT")
            assert statement in " ".join(str(entry["DESCRIPTION"]).split()), mail.envelope
