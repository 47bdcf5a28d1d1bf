"""Parts by the own link: one that is added to what somebody is registered for, and one that is given up alone."""

import re
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from werkzeug.test import TestResponse

from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.core.text import Text
from s3chem_events.publishing.facts import PartFacts
from s3chem_events.publishing.lifecycle import Mode, State, WaitingList
from s3chem_events.publishing.models import Part
from s3chem_events.registration import approval, links, queries
from s3chem_events.registration.models import Answer, Participation, Registration
from tests.conftest import Clock
from tests.factories import (
    CLOSED_DAY,
    PUBLIC_DAY,
    add_event,
    add_question,
    count,
    hidden,
    register,
    revise_event,
    soup,
    words,
)
from tests.support.desk import signed_in
from tests.support.post import enrol, kept, rows, work
from tests.support.snapshot import everything, scanned

DINNER = PartFacts(
    key="dinner",
    title=Text(en="Dinner", fr="Dîner", de="Abendessen"),
    starts=date(2027, 6, 18),
    ends=date(2027, 6, 18),
    capacity={Mode.ON_SITE: 1},
)
PARTS = (CLOSED_DAY, PUBLIC_DAY, DINNER)


@pytest.fixture(autouse=True)
def event(app: Flask, clock: Clock) -> None:
    add_event(app, state=State.ANNOUNCED, parts=PARTS, waiting_list=WaitingList.AUTOMATIC)


@pytest.fixture
def own(app: Flask) -> str:
    page = str(register(app.test_client()).location)
    assert work(app) == 1
    return page


def press(client: FlaskClient, path: str, **typed: Any) -> TestResponse:
    return client.post(path, data=hidden(client, path) | typed)


def own_page(app: Flask, name: str) -> str:
    with app.app_context():
        found = db.session.scalar(db.select(Registration.id).filter_by(family_name=name))
        assert found is not None
        return links.own_page(found, 1, language="en")


def buttons(response: TestResponse) -> dict[str, str]:
    return {str(one["value"]): one.text for one in soup(response).select("main form button[name=how]")}


def standings(app: Flask) -> dict[str, str]:
    with app.app_context():
        query = db.select(Registration.family_name, Part.key, Participation.standing).select_from(Participation)
        found = db.session.execute(query.join(Registration).join(Part).order_by(Participation.id)).all()
        return {f"{name} {key}": standing.value for name, key, standing in found}


def calendars(app: Flask) -> list[tuple[str, str, int]]:
    """Return what the newest e-mail tells a calendar: METHOD, part, SEQUENCE."""
    with app.app_context():
        keys = {part.uid: part.key for part in db.session.scalars(db.select(Part))}
    read = [Calendar.from_ical(one) for one in rows(app)[-1].calendars]
    return [(str(one["METHOD"]), keys[str(one.events[0]["UID"])], int(one.events[0]["SEQUENCE"])) for one in read]


def test_dinner_joins_what_she_has_with_its_question_and_is_given_up_and_taken_back_alone(
    app: Flask, client: FlaskClient, own: str
) -> None:
    add_question(app, "menu", part="dinner", label="Fish or meat?", required=True)
    again = register(app.test_client(), parts=["day-2", "dinner"], **{"question-menu": "fish"})
    assert (again.status_code, own in again.text) == (409, False)
    assert "Nothing of what you have just sent was kept" in words(again)
    page, dinner = client.get(own), f"{own}/parts/dinner"
    assert [link["href"] for link in soup(page).select("main .offer a.button-second")] == [dinner]
    asked = client.get(dinner)
    assert (buttons(asked), "Fish or meat?" in words(asked)) == ({"on_site": "Take part in this too"}, True)
    before = everything(app)
    assert scanned(client, [dinner, f"{own}/parts/day-2/withdrawal"]) == []
    empty = press(client, dinner, how="on_site")
    assert (empty.status_code, "Please answer: Fish or meat?" in words(empty)) == (422, True)
    assert client.get(f"{own}/parts/day-1").status_code == 404  # a closed part is nobody's business
    online = press(client, dinner, how="online", **{"question-menu": "fish"})  # which nobody offers
    assert (online.status_code, everything(app)) == (403, before)
    typed = hidden(client, dinner) | {"how": "on_site", "question-menu": "fish"}
    assert client.post(dinner, data=typed).location == f"{own}?done=change"
    assert client.post(dinner, data=typed).status_code == 303  # pressed twice
    assert standings(app) == {"Źdźbło day-2": "confirmed", "Źdźbło dinner": "confirmed"}
    assert (count(app, Answer), work(app), calendars(app)) == (1, 1, [("REQUEST", "dinner", 0)])
    assert all(part in kept(app)[-1].text for part in ("Public conference", "Dinner"))

    gone = f"{dinner}/withdrawal"
    shown = [str(link["href"]) for link in soup(client.get(own)).select("main .offer a")]
    assert [one for one in shown if one.endswith("withdrawal")] == [f"{own}/parts/day-2/withdrawal", gone]
    typed = hidden(client, gone)
    assert client.post(gone, data=typed).location == f"{own}?done=change"
    assert client.post(gone, data=typed).status_code == 303
    assert standings(app) == {"Źdźbło day-2": "confirmed", "Źdźbło dinner": "withdrawn"}
    assert (work(app), calendars(app), "Fish or meat?" in words(client.get(own))) == (
        1,
        [("CANCEL", "dinner", 1)],
        False,
    )
    mail = kept(app)[-1]
    assert mail.envelope.subject.startswith("No longer registered for a part: Final conference")
    said = " ".join(mail.text.split())
    assert "no longer registered for this part: Final conference - Dinner" in said
    assert "Everything else stays as it is: - Public conference" in said
    mailed = re.search(r"http://localhost(/en/registrations/[\w.-]+/parts/dinner)\n", mail.text)
    assert mailed is not None
    # The last one is the whole registration, which is asked elsewhere.
    assert client.get(f"{own}/parts/day-2/withdrawal").location == f"{own}/withdrawal"

    revise_event(app, closes=datetime(2026, 11, 23, 9))  # noqa: DTZ001 - this morning
    back = press(client, mailed[1], how="on_site")
    assert (back.status_code, standings(app)["Źdźbło dinner"]) == (303, "confirmed")
    assert (work(app), calendars(app)) == (1, [("REQUEST", "dinner", 2)])
    press(client, f"{own}/withdrawal")
    assert work(app) == 1
    assert sorted(calendars(app)) == [("CANCEL", "day-2", 1), ("CANCEL", "dinner", 3)]
    with app.app_context():
        reference = db.session.scalar(db.select(Registration.reference))
    person = soup(signed_in(app).get(f"/desk/events/conference/participants/{reference}"))
    history = [one.get_text(" ", strip=True) for one in person.select(".history-list li:has(strong)")]
    named = [said.partition(" · ")[0] for said in history if "Dinner" in said]
    assert named == ["Registered : Dinner", "One part given up : Dinner", "Registered : Dinner"]


def test_a_full_part_is_waited_for_by_one_press_and_what_is_given_up_goes_to_whoever_waits(
    app: Flask, client: FlaskClient, own: str
) -> None:
    dinner = f"{own}/parts/dinner"
    free = hidden(client, dinner) | {"how": "on_site"}
    enrol(app, family_name="Erste", choices={"day-2": Mode.ONLINE, "dinner": Mode.ON_SITE})
    assert "Full, waiting list open" in words(client.get(own))
    taken = client.post(dinner, data=free)  # taken since the page was opened
    assert (taken.status_code, buttons(taken)) == (409, {"on_site wait": "Put me on the waiting list"})
    assert press(client, dinner, how="on_site wait").status_code == 303
    assert standings(app)["Źdźbło dinner"] == "waiting"
    assert work(app) == 2
    assert "You are waiting for: - Dinner" in " ".join(kept(app)[-1].text.split())
    theirs = own_page(app, "Erste")
    assert press(client, f"{theirs}/parts/dinner/withdrawal").status_code == 303
    assert (standings(app)["Erste dinner"], standings(app)["Źdźbło dinner"]) == ("withdrawn", "confirmed")
    revise_event(app, waiting_list=WaitingList.OFF)
    assert "there is no waiting list" in words(client.get(f"{theirs}/parts/dinner"))
    there = everything(app)
    assert client.post(f"{theirs}/parts/dinner", data=free | {"how": "on_site wait"}).status_code == 409
    assert everything(app) == there


def test_organisers_decide_about_a_part_that_is_added_and_not_anew_about_one_that_is_taken_back(
    app: Flask, client: FlaskClient, own: str
) -> None:
    revise_event(app, parts=(CLOSED_DAY, PUBLIC_DAY, replace(DINNER, approval=True)))
    dinner = f"{own}/parts/dinner"
    assert "The organisers decide who comes to this part" in words(client.get(dinner))
    assert press(client, dinner, how="on_site").status_code == 303
    assert (standings(app)["Źdźbło dinner"], work(app), rows(app)[-1].calendars) == ("pending", 1, [])
    assert press(client, f"{dinner}/withdrawal").status_code == 303
    assert (work(app), rows(app)[-1].calendars) == (1, [])  # it never was in the calendar
    assert press(client, dinner, how="on_site").status_code == 303
    assert standings(app)["Źdźbło dinner"] == "pending"


def test_after_registration_has_closed_what_she_gave_up_comes_back_as_she_had_it_and_nothing_else(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    typed: dict[str, Any] = {"parts": ["day-2", "dinner"], "mode-day-2": "online"}
    own = str(register(app.test_client(), **typed).location)
    day = f"{own}/parts/day-2"
    assert press(client, f"{day}/withdrawal").status_code == 303
    assert list(buttons(client.get(day))) == ["on_site", "online"]
    revise_event(app, closes=datetime(2026, 11, 23, 9))  # noqa: DTZ001 - this morning
    before = everything(app)
    assert (press(client, day, how="on_site").status_code, everything(app)) == (403, before)  # the host counts seats
    assert press(client, day, how="online").status_code == 303
    with app.app_context():
        found = db.session.execute(db.select(Part.key, Participation.mode).join(Participation.part)).all()
        assert [(key, mode) for key, mode in found if key == "day-2"] == [("day-2", Mode.ONLINE)]
    assert standings(app) == {"Źdźbło day-2": "confirmed", "Źdźbło dinner": "confirmed"}
    assert press(client, f"{day}/withdrawal").status_code == 303
    clock.advance(hours=23, minutes=59)
    assert list(buttons(client.get(day))) == ["online"]
    clock.advance(minutes=1)  # the day in which she can think better of it is over
    assert buttons(client.get(day)) == {}


@pytest.mark.parametrize("withdraws", [False, True])
def test_who_was_rejected_for_a_part_cannot_add_it_to_what_she_registers_for_afterwards(
    app: Flask, client: FlaskClient, withdraws: bool
) -> None:
    revise_event(app, parts=(CLOSED_DAY, replace(PUBLIC_DAY, approval=True), replace(DINNER, approval=True)))
    chosen = ["day-2", "dinner"] if withdraws else ["dinner"]
    first = str(register(app.test_client(), parts=chosen).location)
    with app.app_context(), transaction():
        registration = queries.registration_by_id(1, lock=True)
        assert registration is not None
        approval.reject([registration], reason="", parts=["dinner"], by=OPERATOR)
    if withdraws:
        assert press(client, f"{first}/withdrawal").status_code == 303
    own = str(register(app.test_client(), parts="day-2").location)
    revise_event(app, parts=PARTS)  # also if nobody decides about it any more
    before, typed = everything(app), hidden(client, f"{own}/withdrawal") | {"how": "on_site"}
    refused = client.post(f"{own}/parts/dinner", data=typed)
    assert (refused.status_code, buttons(refused), everything(app)) == (403, {}, before)
    assert "parts/dinner" not in client.get(own).text
