"""Somebody walks in on the day itself (E2), and somebody without an e-mail address is confirmed on paper (B13)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import db
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import CONFERENCE, WORKSHOP, add_event, count, hidden, soup, words
from tests.support.desk import filled, signed_in
from tests.support.post import kept, work

NEW = "/desk/events/workshop/participants/new"
PERSON = {"family_name": "Ott", "organisation": "Park <b>", "organisation_type": "sme", "region": "Limburg"}


@pytest.fixture
def desk(app: Flask, clock: Clock) -> FlaskClient:
    add_event(app, WORKSHOP, parts=(replace(WORKSHOP.parts[0], capacity={Mode.ON_SITE: 1}),))
    clock.set(datetime(2027, 8, 25, 9, tzinfo=UTC))
    return signed_in(app)


def test_who_walks_in_is_entered_in_one_press_and_over_capacity_after_a_second(app: Flask, desk: FlaskClient):
    page = desk.get(NEW)
    assert "whoever walks in needs neither telephone nor e-mail." in words(page)
    assert soup(page).select_one('.notice a[href="/en/privacy"]') is not None
    answer = desk.post(NEW, data=filled(page) | PERSON)
    assert (answer.status_code, answer.location) == (303, NEW)
    with app.app_context():
        (reference,) = db.session.scalars(db.select(Registration.reference))
    page = desk.get(NEW)
    assert f"The reference is {reference}." in words(page)
    second = filled(page) | PERSON | {"family_name": "Über"}
    answer = desk.post(NEW, data=second)
    assert (answer.status_code, "No place is left" in words(answer)) == (409, True)
    assert count(app, Registration) == 1
    assert desk.post(NEW, data=second | {"confirmed": "beyond"}).status_code == 303
    rows = desk.get("/desk/events/workshop/participants.json").get_json()
    assert [(row["family_name"], row["region"], row["state"]) for row in rows] == [
        ("Ott", "Limburg", "confirmed"),
        ("Über", "Limburg", "confirmed"),
    ]
    assert (work(app), len(kept(app))) == (0, 0)


def test_who_walks_in_is_put_into_the_open_parts_of_the_day_and_into_a_closed_one_only_by_hand(
    app: Flask, clock: Clock, desk: FlaskClient
):
    closed, opened = CONFERENCE.parts
    add_event(app, parts=(replace(closed, starts=opened.starts, ends=opened.ends), opened))
    clock.set(datetime(2027, 6, 18, 9, tzinfo=UTC))
    desk = signed_in(app)
    path = "/desk/events/conference/participants/new"
    typed = filled(desk.get(path))
    assert {key: value for key, value in typed.items() if key.startswith("mode-")} == {
        "mode-day-1": "",
        "mode-day-2": "on_site",
    }
    assert desk.post(path, data=typed | PERSON | {"email": "ott@gmial.com"}).status_code == 303
    assert "You entered ott@gmial.com. Did you mean ott@gmail.com?" in words(desk.get(path))
    assert desk.post(path, data=typed | PERSON | {"mode-day-1": "on_site", "family_name": "Über"}).status_code == 303
    rows = desk.get("/desk/events/conference/participants.json").get_json()
    assert [(row["family_name"], row["part"]) for row in rows] == [
        ("Ott", "day-2"),
        ("Über", "day-1"),
        ("Über", "day-2"),
    ]


def test_a_helper_enters_who_walks_in_on_the_day_itself_and_nothing_more(app: Flask, clock: Clock, desk: FlaskClient):
    helper = signed_in(app, Role.DESK_HELPER, events=("workshop",))
    people = NEW.removesuffix("/new")
    assert soup(helper.get(people)).select_one(f'a[href="{NEW}"]') is not None
    first = filled(helper.get(NEW)) | PERSON
    assert helper.post(NEW, data=first).location == NEW
    second = first | {"family_name": "Über"}
    answer = helper.post(NEW, data=second)
    assert (answer.status_code, "No place is left" in words(answer)) == (409, True)
    assert helper.post(NEW, data=second | {"confirmed": "beyond"}).status_code == 303
    rows = desk.get(f"{people}.json").get_json()
    assert [row["family_name"] for row in rows] == ["Ott", "Über"]
    person = f"{people}/{rows[0]['reference']}"
    pages = (person, f"{person}/correction", f"{person}/withdrawal", f"{person}/address", f"{people}.csv")
    assert [helper.get(path).status_code for path in pages] == [200, 403, 403, 403, 403]
    clock.set(datetime(2027, 8, 26, 9, tzinfo=UTC))  # the day after
    helper = signed_in(app, Role.DESK_HELPER, events=("workshop",))
    assert soup(helper.get(people)).select_one(f'a[href="{NEW}"]') is None
    page = helper.get(NEW)
    assert (page.status_code, "on the day of the event" in words(page), filled(page)) == (200, True, {})
    late = second | hidden(helper, people) | {"family_name": "Zu", "confirmed": "beyond"}
    assert helper.post(NEW, data=late).status_code == 409
    assert count(app, Registration) == 2


def test_two_of_one_name_who_walk_in_are_told_apart_by_their_organisations(app: Flask, desk: FlaskClient):
    typed = filled(desk.get(NEW)) | PERSON | {"given_name": "Jan", "family_name": "Kowalski", "confirmed": "beyond"}
    park, town = typed | {"organisation": "Chemiepark"}, typed | {"organisation": "Miasto Warszawa"}
    assert [desk.post(NEW, data=data).status_code for data in (park, town)] == [303, 303]
    again = desk.post(NEW, data=park | {"organisation": "CHEMIEPARK"})
    assert (again.status_code, "This person is registered for the event already." in words(again)) == (409, True)
    rows = desk.get("/desk/events/workshop/participants.json").get_json()
    assert [row["organisation"] for row in rows] == ["Chemiepark", "Miasto Warszawa"]


def test_on_another_day_a_way_to_reach_somebody_is_needed(app: Flask, clock: Clock, desk: FlaskClient):
    clock.set(datetime(2027, 8, 24, 9, tzinfo=UTC))
    desk = signed_in(app)
    page = desk.get(NEW)
    assert "whoever walks in" not in words(page)
    assert soup(page).select_one('main a[href="/en/privacy"]') is not None  # at hand for who enters a caller (B13)
    answer = desk.post(NEW, data=filled(page) | PERSON | {"mode-day": "on_site"})
    assert (answer.status_code, "Enter a telephone number" in words(answer)) == (422, True)
    assert desk.post(NEW, data=filled(page) | PERSON | {"mode-day": "on_site", "phone": "12"}).status_code == 422


def test_a_confirmation_on_paper_is_whole_and_in_the_language_of_the_person(
    app: Flask, clock: Clock, desk: FlaskClient
):
    entered = filled(desk.get(NEW)) | PERSON | {"language": "fr", "given_name": "Jean"}
    assert desk.post(NEW, data=entered).status_code == 303
    with app.app_context():
        (reference,) = db.session.scalars(db.select(Registration.reference))
    person = f"/desk/events/workshop/participants/{reference}"
    assert soup(desk.get(person)).select_one(f'a[href="{person}/confirmation"]') is not None
    page = soup(desk.get(f"{person}/confirmation")).select_one("article.letter")
    assert page is not None
    said = " ".join(page.get_text(" ").split())
    assert page["lang"] == "fr"
    for part in (
        "Jean Ott",
        "Park <b>",
        "25 août 2027",
        "Atelier",
        "Journée d'atelier",
        "Votre inscription",
        reference,
        "Warszawa",
        "Comment nous utilisons vos données : http://localhost/fr/privacy",
    ):
        assert part in said, (part, said)
    assert page.select_one("img.emblem") is not None
    path = f"{person}/withdrawal"
    desk.post(path, data={"csrf_token": soup(desk.get(path)).select_one('input[name="csrf_token"]')["value"]})  # type: ignore[index]
    assert soup(desk.get(f"{person}/confirmation")).select_one("article.letter") is None
