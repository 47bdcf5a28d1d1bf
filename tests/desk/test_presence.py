"""Who was there, through the desk: from the day on, by three choices a person, by helpers too, and long afterwards."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from s3chem_events.accounts.roles import Role
from s3chem_events.core.journal import Fact
from s3chem_events.publishing.lifecycle import State
from tests.conftest import Clock
from tests.factories import add_event, count, revise_event, soup, words
from tests.support.desk import signed_in
from tests.support.post import enrol, kept, work
from tests.support.statements import statements

PAGE = "/desk/events/conference/presence"
DAY = datetime(2027, 6, 18, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def house(app: Flask, clock: Clock) -> None:
    add_event(app)
    for name in ("Żaneta", "Anna", "Łukasz"):
        enrol(app, family_name=name, email=f"{ord(name[0])}@park.example")


def send(client: FlaskClient, shown: TestResponse, **choices: str) -> TestResponse:
    """Choose for some people, by family name, on a page of the list, and press."""
    form = soup(shown).select_one("form[action*='/presence/day-2']")
    assert form is not None, words(shown)
    fields = {str(one["name"]): str(one["value"]) for one in form.select("input[type=hidden], input[checked]")}
    for row in form.select("tbody tr"):
        family = row.select_one(".family")
        radio = row.select_one("input[type=radio]")
        assert family is not None
        assert radio is not None
        if choice := choices.get(family.get_text()):
            fields[str(radio["name"])] = choice
    return client.post(str(form["action"]), data=fields, follow_redirects=True)


def present(client: FlaskClient) -> dict[str, str]:
    rows = client.get("/desk/events/conference/participants.json").get_json()
    assert list(rows[0])[-1] == "present"
    return {row["family_name"]: row["present"] for row in rows}


def names(page: TestResponse) -> list[str]:
    return [one.get_text() for one in soup(page).select(".presence .family")]


def test_presence_is_written_down_from_the_day_on_and_put_right_by_another_press(app: Flask, clock: Clock):
    desk = signed_in(app)
    work(app)
    letters = len(kept(app))
    assert "From 18 June 2027 on you can write down here who is there" in words(desk.get(f"{PAGE}?part=day-2"))
    early = desk.get("/desk/events/conference/participants")
    assert soup(early).select_one(f'a[href="{PAGE}"]') is None
    token = soup(early).select_one("[name=csrf_token]")
    assert token is not None
    refused = desk.post(f"{PAGE}/day-2", data={"csrf_token": token["value"]}, follow_redirects=True)
    assert "Presence can be written down from the first day of the part on." in words(refused)

    clock.set(DAY)
    desk = signed_in(app)
    page = desk.get(PAGE)
    assert (names(page), "0 there · 0 not there · 3 unknown" in words(page)) == (["Anna", "Łukasz", "Żaneta"], True)
    saved = send(desk, page, Anna="yes", Łukasz="no")
    assert "Saved for 2 people." in words(saved)
    assert "1 there · 1 not there · 1 unknown" in words(desk.get("/desk/events/conference/"))
    assert present(desk) == {"Anna": "yes", "Łukasz": "no", "Żaneta": ""}
    assert "Nothing was changed." in words(send(desk, desk.get(PAGE)))
    send(desk, desk.get(PAGE), Anna="unknown", Łukasz="yes")
    assert present(desk) == {"Anna": "", "Łukasz": "yes", "Żaneta": ""}
    assert (work(app), len(kept(app))) == (0, letters)
    link = soup(desk.get(PAGE)).select(".presence th a")[1]["href"]
    history = words(desk.get(str(link)))
    assert "Public conference: unknown → not there" in history
    assert "Public conference: not there → yes" not in history
    assert "Public conference: not there → there" in history


def test_two_helpers_with_the_same_page_never_undo_each_other(app: Flask, clock: Clock):
    clock.set(DAY)
    one = signed_in(app, Role.DESK_HELPER, events=("conference",))
    other = signed_in(app, Role.DESK_HELPER, events=("conference",))
    mine, theirs = one.get(PAGE), other.get(PAGE)
    send(one, mine, Anna="yes")
    assert "Saved for 1 person." in words(send(other, theirs, Żaneta="no"))
    desk = signed_in(app)
    assert present(desk) == {"Anna": "yes", "Łukasz": "", "Żaneta": "no"}
    assert count(app, Fact, kind="registration.presence_noted") == 2
    assert signed_in(app, Role.READ_ONLY).get(PAGE).status_code == 403
    add_event(app, slug="foreign")
    assert one.get("/desk/events/foreign/presence").status_code == 404


def test_after_the_event_presence_is_still_added_and_found_by_any_spelling(app: Flask, clock: Clock):
    clock.set(DAY)
    revise_event(app, state=State.OVER)
    clock.advance(days=200)  # A9
    desk = signed_in(app)
    page = desk.get(PAGE)
    token = soup(page).select_one("[name=csrf_token]")
    assert token is not None
    sought = {"csrf_token": str(token["value"]), "part": "day-2", "q": "zaneta"}
    found = desk.post(PAGE, data=sought, follow_redirects=True)
    assert (names(found), "zaneta" in found.request.url) == (["Żaneta"], False)
    again = send(desk, found, Żaneta="yes")
    assert names(again) == ["Żaneta"]
    assert present(desk) == {"Anna": "", "Łukasz": "", "Żaneta": "yes"}


def test_a_thousand_are_turned_over_a_hundred_at_a_time_in_as_many_statements(app: Flask, clock: Clock):
    add_event(app, slug="small")
    enrol(app, slug="small")
    enrol(app, 120)
    clock.set(DAY)
    desk = signed_in(app)
    desk.get(PAGE)
    with statements(app) as few:
        assert len(names(desk.get("/desk/events/small/presence"))) == 1
    with statements(app) as many:
        first = desk.get(PAGE)
    assert (len(names(first)), len(many)) == (100, len(few))
    last = desk.get(f"{PAGE}?part=day-2&page=2")
    assert len(names(last)) == 23
    assert "page=2" in send(desk, last, Żaneta="yes").request.url
