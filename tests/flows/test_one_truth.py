"""Two parts, one held and one waited for: pages, e-mails and calendars tell one truth, and old links lead on."""

import re
from dataclasses import replace
from datetime import datetime

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from s3chem_events.core.text import Text
from s3chem_events.mailing.maildir import KeptMail
from s3chem_events.publishing.facts import PartFacts
from s3chem_events.publishing.lifecycle import Mode
from tests.conftest import Clock
from tests.factories import WORKSHOP, add_event, hidden, register, soup, words
from tests.flows.test_waiting_list import press, standings, tick, withdraw
from tests.flows.test_withdrawn_and_back import sent, stands
from tests.site.test_own_details import change, unlock
from tests.support.post import confirm, work

PATH = "/en/events/workshop/register"
TALKS = PartFacts(
    key="talks",
    title=Text(en="Talks"),
    starts=datetime(2027, 8, 25, 9, 0),  # noqa: DTZ001 - in the event's zone
    ends=datetime(2027, 8, 25, 12, 0),  # noqa: DTZ001
    capacity={Mode.ON_SITE: 9, Mode.ONLINE: None},
)
PLANT = PartFacts(
    key="plant",
    title=Text(en="Plant tour"),
    starts=datetime(2027, 8, 25, 13, 0),  # noqa: DTZ001
    ends=datetime(2027, 8, 25, 15, 0),  # noqa: DTZ001
    capacity={Mode.ON_SITE: 1},
)
DINNER = replace(PLANT, key="dinner", title=Text(en="Dinner"), capacity={Mode.ON_SITE: None})


def come(client: FlaskClient, name: str, *parts: str, mode: str = "online") -> str:
    fields = {"given_name": name, "email": f"{name.lower()}@x.example", "parts": list(parts), "mode-talks": mode}
    answer = register(client, PATH, **fields)
    assert answer.status_code == 303, words(answer)
    return str(answer.location)


@pytest.fixture
def pages(app: Flask, client: FlaskClient, clock: Clock) -> list[str]:
    """Anna has the one place in the plant; Berta has the talks, and waits for the plant."""
    add_event(app, WORKSHOP, parts=(TALKS, PLANT, DINNER))
    found = [come(client, "Anna", "plant"), come(client, "Berta", "talks", "plant")]
    assert standings(app) == "A confirmed, B confirmed, B waiting"
    work(app)
    clock.advance(minutes=20)
    return found


def both(mail: KeptMail) -> list[str]:
    """Return an e-mail as text and as HTML reads it, in one line each."""
    return [" ".join(mail.text.split()), " ".join(BeautifulSoup(mail.html, "html.parser").get_text(" ").split())]


def entries(client: FlaskClient, address: str) -> list[tuple[str, str]]:
    found = Calendar.from_ical(client.get(address).text)
    return [(str(one["SUMMARY"]).rpartition(" – ")[2], str(one["STATUS"])) for one in found.walk("VEVENT")]


def test_who_withdraws_hears_everywhere_that_the_place_in_line_is_lost_and_can_join_its_end(
    app: Flask, client: FlaskClient, clock: Clock, pages: list[str]
) -> None:
    own = pages[1]
    asked = words(client.get(f"{own}/withdrawal"))
    assert "Your registration is then withdrawn. For a day you can take it back." in asked
    assert "You also leave the waiting list: Plant tour (On site). A place in line cannot be taken back." in asked
    withdraw(client, own)
    assert "Your place is available to someone else." not in words(client.get(own))  # it was one of no number
    assert stands(client, own) == [("Talks", "Withdrawn"), ("Plant tour", "No longer on the waiting list")]
    (mail,) = sent(app)
    assert all("The place in line is lost: Plant tour." in said for said in both(mail))
    back = soup(client.get(f"{own}/restoration"))
    said = " ".join(back.main.get_text(" ").split())
    assert "The place in line is lost: Plant tour (On site). You get back: Talks (Online)." in said
    assert "For the rest you can join the waiting list." in said
    form = hidden(client, f"{own}/restoration")
    assert client.post(f"{own}/restoration", data=form).status_code == 303
    assert stands(client, own)[1] == ("Plant tour", "No longer on the waiting list")
    (mail,) = sent(app)
    assert all("The place in line is lost: Plant tour." in said for said in both(mail))
    own = come(app.test_client(), "Dora", "talks", "plant")
    withdraw(client, own)
    form = hidden(client, f"{own}/restoration") | {"places": "wait"}
    late = come(app.test_client(), "Carla", "plant")
    assert client.post(f"{own}/restoration", data=form).status_code == 303
    assert standings(app) == "A confirmed, B confirmed, B withdrawn, D confirmed, D waiting, C waiting"
    assert "You are next in line." in words(client.get(late))
    assert "1 person is ahead of you." in words(client.get(own))
    mail = next(one for one in sent(app) if "dora" in one.envelope.to and "in part" in one.envelope.subject)
    assert all("The place in line" not in said and "You are on the waiting list" in said for said in both(mail))


def test_emails_say_of_each_part_how_it_stands(app: Flask, client: FlaskClient, clock: Clock, pages: list[str]) -> None:
    path = f"{pages[1]}/parts/talks/withdrawal"
    assert client.post(path, data=hidden(client, path)).status_code == 303
    (mail,) = sent(app)
    for said in both(mail):
        assert "Everything else stays as it is" not in said
        assert re.search(r"You are on the waiting list; this is not a place yet.* Plant tour", said)
        assert "was entered in the registration form" in said
    carla = come(app.test_client(), "Carla", "talks", "plant", "dinner")
    sent(app)
    withdraw(client, pages[0])
    press(client, pages[1], "leave", "plant")
    sent(app)
    assert press(client, carla, "accept", "plant").status_code == 303
    (mail,) = sent(app)
    for said in both(mail):
        assert re.search(r"Talks.* Plant tour.* Dinner", said)
    invited = [str(one["SUMMARY"]) for one in Calendar.from_ical(mail.calendar).walk("VEVENT")]
    assert (len(invited), "Plant tour" in invited[0], len(mail.attachments)) == (1, True, 1)
    unlock(app, client, carla)
    confirm(app, "carla@home.example")
    assert change(client, carla, email="carla@home.example").status_code == 303
    mail = next(one for one in sent(app) if "home.example" in one.envelope.to)
    assert all("This e-mail contains an invitation for each part." in said for said in both(mail))


def test_offer_that_ended_is_no_withdrawal_and_nothing_of_it_was_in_the_calendar(
    app: Flask, client: FlaskClient, clock: Clock, pages: list[str]
) -> None:
    own = pages[1]
    address = str(soup(client.get(own)).select_one('a[href^="/calendar/"]')["href"])  # type: ignore[index]
    withdraw(client, pages[0])
    clock.advance(hours=49)
    tick(app)
    assert stands(client, own) == [("Talks", "Confirmed"), ("Plant tour", "No longer on the waiting list")]
    ended = "No answer reached us by then, so it has gone to the next person"
    assert ended in words(client.get(own))
    assert ended in words(client.get(f"{own}/place/plant"))
    assert [status for _title, status in entries(client, address)] == ["CONFIRMED"]
    withdraw(client, own)
    assert [status for _title, status in entries(client, address)] == ["CANCELLED"]


def test_old_links_lead_to_how_it_stands_now(app: Flask, client: FlaskClient, clock: Clock, pages: list[str]) -> None:
    own = pages[1]
    withdraw(client, own)
    for path in ("details", "letter", "mode/talks"):
        answer = client.get(f"{own}/{path}")
        assert (answer.status_code, answer.location) == (303, own)
    assert "Take my place back" in words(client.get(own))
    come(app.test_client(), "Berta", "talks")
    page = client.get(own)
    assert [said for said in ("Take my place back", "Register again") if said in words(page)] == []
    assert "You have registered again in the meantime, so there is nothing to take back." in words(page)
    assert soup(page).select_one('main a[href="/en/registrations/lost-link"]')
    assert not soup(client.get(f"{own}/restoration")).select("main form")
