"""The main job through the doors: sample content, a registration, its mail, the organiser's list, the withdrawal."""

import csv
import io
import json
import re
from typing import Any

import openpyxl
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar, Component

from s3chem_events.cli import group
from s3chem_events.mailing.maildir import KeptMail
from s3chem_events.registration.participants import COLUMNS
from tests.conftest import Clock
from tests.factories import FILLED, hidden, soup, words
from tests.support.post import kept, work
from tests.support.snapshot import everything, scanned

pytestmark = pytest.mark.both_counted

EVENT = "final-conference"
TITLE = "Conférence finale S3Chem"
LIST = f"/desk/events/{EVENT}/participants"


def operate(app: Flask, *command: str) -> str:
    """Run a command as the operator does; returns what it says."""
    result = app.test_cli_runner().invoke(group, list(command))
    assert result.exit_code == 0, result.output
    return str(result.output)


def links(mail: KeptMail) -> list[str]:
    """Return every address in a mail, of both its forms."""
    plain = re.findall(r"https?://[^\s<>\"]+", mail.text)
    rich = [str(a["href"]) for a in BeautifulSoup(mail.html, "html.parser").select("a[href^=http]")]
    return sorted(set(plain) | set(rich))


def entry(mail: KeptMail) -> tuple[str, Component]:
    """Return the method and the one entry of a mail's calendar part, whose attachment holds the same."""
    calendar = Calendar.from_ical(mail.calendar)
    (attached,) = mail.attachments
    assert attached.content.decode().splitlines() == mail.calendar.splitlines()
    (found,) = calendar.walk("VEVENT")
    assert mail.method == str(calendar["METHOD"])
    return mail.method, found


def rows_of(desk: FlaskClient, form: str) -> list[dict[str, Any]]:
    """Download the list; returns its rows by their stable ids."""
    answer = desk.get(f"{LIST}.{form}")
    assert answer.headers["Cache-Control"] == "no-store"
    if form == "json":
        return list(json.loads(answer.data))
    if form == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
        assert sheet is not None
        lines = [[str(cell or "") for cell in line] for line in sheet.iter_rows(values_only=True)]
    else:
        assert answer.data.startswith(b"\xef\xbb\xbf")  # so that Excel reads the letters right
        lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    return [dict(zip(COLUMNS, line, strict=True)) for line in lines[1:]]


@pytest.fixture
def sample(app: Flask, clock: Clock) -> str:
    return operate(app, "demo")


def find_and_register(app: Flask, visitor: FlaskClient, **changes: Any) -> str:
    """Go from the front door to the form by links alone, and register; returns the own page's address."""
    home = visitor.get("/", headers={"Accept-Language": "fr-BE,fr;q=0.9"})
    page = soup(visitor.get(home.headers["Location"]))
    event = page.select_one(f'main a[href$="/events/{EVENT}"]')
    assert event is not None
    button = soup(visitor.get(str(event["href"]))).select_one('main a[href$="/register"]')
    assert button is not None
    form = str(button["href"])
    answer = visitor.post(form, data={**FILLED, **hidden(visitor, form), "language": "fr", **changes})
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_from_the_front_door_to_the_organisers_list_and_back_out(app: Flask, client: FlaskClient, sample: str) -> None:
    assert sample == "12 events added.\n"
    assert operate(app, "demo") == "The sample content is there already.\n"
    own_page = find_and_register(app, client)
    reference = re.search(r"S3C-[A-Z0-9]{7}", words(client.get(own_page)))
    assert reference is not None
    assert work(app) == 1
    assert work(app) == 0

    (mail,) = kept(app)
    assert mail.envelope.to == f"Żaneta Źdźbło <{FILLED['email']}>"
    assert mail.language == "fr"
    assert f"Votre place est confirmée : {TITLE}" in " ".join(mail.envelope.subject.split())
    method, invited = entry(mail)
    assert method == "REQUEST"
    assert (invited["DTSTART"].to_ical(), invited["DTEND"].to_ical()) == (b"20270618", b"20270619")
    assert invited["ATTENDEE"] == f"mailto:{FILLED['email']}"
    assert TITLE in str(invited["SUMMARY"])
    (mailed,) = [one for one in links(mail) if re.fullmatch(r"http://localhost/fr/registrations/[\w.-]+", one)]
    assert reference.group() in client.get(mailed.removeprefix("http://localhost")).text
    assert reference.group() in mail.text
    assert reference.group() in mail.html

    link = re.search(r"/desk/sign-in/\S+", operate(app, "organiser", "add", "officer@s3chem.example"))
    assert link is not None
    desk = app.test_client()
    assert desk.post(link.group(), data=hidden(desk, link.group())).status_code in {302, 303}
    assert "Źdźbło" in words(desk.get(LIST))
    row = {
        "reference": reference.group(),
        "state": "confirmed",
        "part": "day-2",
        "mode": "on_site",
        **{name: FILLED[name] for name in COLUMNS if name in FILLED},
        "language": "fr",
        "registered_at": "2026-11-23T12:00:00Z",
        "phone": "",
        "waiting_position": "",
        "delegation": "",
        "present": "",
    }
    assert list(row) == list(COLUMNS)
    assert [rows_of(desk, form) for form in ("csv", "xlsx", "json")] == [[row]] * 3

    page = f"{own_page}/withdrawal"
    assert client.post(page, data=hidden(client, page)).status_code == 303
    assert client.post(page, data=hidden(client, "/fr/registrations/lost-link")).status_code == 303
    assert work(app) == 1
    method, cancelled = entry(kept(app)[1])
    assert (method, cancelled["STATUS"], cancelled["UID"]) == ("CANCEL", "CANCELLED", invited["UID"])
    assert int(str(cancelled["SEQUENCE"])) >= int(str(invited["SEQUENCE"]))
    assert rows_of(desk, "json") == [{**row, "state": "withdrawn"}]


def test_a_scanner_that_opens_every_link_of_every_mail_changes_nothing(
    app: Flask, client: FlaskClient, sample: str, clock: Clock
) -> None:
    own_page = find_and_register(app, client)  # C9
    path = "/en/registrations/lost-link"
    client.post(path, data={**hidden(client, path), "email": FILLED["email"]})
    operate(app, "organiser", "add", "officer@s3chem.example")
    clock.advance(minutes=20)
    path = "/desk/sign-in/link"
    client.post(path, data={**hidden(client, path), "email": "officer@s3chem.example"})
    work(app)
    mails = kept(app)
    assert len(mails) == 3
    addresses = [address for mail in mails for address in links(mail) if address.startswith("http://localhost")]
    assert len(addresses) > 5

    before, robot = everything(app), app.test_client(use_cookies=False)
    assert scanned(robot, addresses) == []
    assert everything(app) == before
    assert work(app) == 0

    page = f"{own_page}/withdrawal"  # the same links still do what they promise, and then it shows
    assert client.post(page, data=hidden(client, page)).status_code == 303
    assert everything(app) != before
    way_in = next(address for address in addresses if "/desk/sign-in/" in address)
    desk = app.test_client()
    assert desk.post(way_in, data=hidden(desk, way_in)).headers["Location"].endswith("/desk/")
