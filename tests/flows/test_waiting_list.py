"""Full, and what follows: the waiting list, its offers, their end, and the place that moves on once."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from s3chem_events import schedule
from s3chem_events.core.db import db
from s3chem_events.publishing.lifecycle import Mode, State, WaitingList
from s3chem_events.registration.models import Participation, Registration
from tests.conftest import Clock
from tests.factories import (
    FILLED_WORKSHOP,
    PUBLIC_DAY,
    WORKSHOP,
    add_event,
    count,
    hidden,
    register,
    revise_event,
    soup,
    words,
)
from tests.support.desk import signed_in
from tests.support.post import kept, work
from tests.support.statements import statements

PATH = "/en/events/workshop/register"
DAY = WORKSHOP.parts[0]
BEGINS = datetime(2027, 8, 25, 8, 30, tzinfo=UTC)


def places(number: int) -> dict[str, object]:
    return {"parts": (replace(DAY, capacity={Mode.ON_SITE: number}),)}


def come(client: FlaskClient, name: str) -> str:
    """Register somebody, by whatever the form offers; returns the own page's path."""
    answer = register(client, PATH, **FILLED_WORKSHOP | {"given_name": name, "email": f"{name}@x.example"})
    assert answer.status_code == 303
    return str(answer.location)


def standings(app: Flask) -> str:
    """Return how everybody stands, by the first letter of the name: `A confirmed, B waiting`."""
    with app.app_context():
        rows = db.session.execute(
            db.select(Registration.given_name, Participation.standing)
            .join(Participation.registration)
            .order_by(Registration.id, Participation.id)
        )
        return ", ".join(f"{name[0]} {standing}" for name, standing in rows)


def press(client: FlaskClient, own_page: str, do: str, key: str = "day") -> TestResponse:
    token = hidden(client, "/en/registrations/lost-link")["csrf_token"]  # as from a page that was open before
    return client.post(f"{own_page}/place/{key}", data={"csrf_token": token, "press": do})


def withdraw(client: FlaskClient, own_page: str) -> None:
    path = f"{own_page}/withdrawal"
    assert client.post(path, data=hidden(client, path)).status_code == 303


def tick(app: Flask, times: int = 1) -> None:
    with app.app_context():
        for _ in range(times):
            schedule.tick()


def subjects(app: Flask) -> list[str]:
    """Let the worker write; returns the subjects of what it sent, shortened to what happened and to whom."""
    done = work(app)
    mails = kept(app)[-done:] if done else []
    shown = (" ".join(mail.envelope.subject.split()) for mail in mails)
    return sorted(re.sub(r": Workshop.*\((\w)\w*.*\)", r" \1", subject) for subject in shown)


@pytest.fixture
def three(app: Flask, client: FlaskClient, clock: Clock) -> list[str]:
    """Anna has the one place, Boris and Carla wait in this order; their mails are sent."""
    add_event(app, WORKSHOP, **places(1))
    pages = [come(client, name) for name in ("Anna", "Boris", "Carla")]
    assert standings(app) == "A confirmed, B waiting, C waiting"
    assert subjects(app) == [
        "You are on the waiting list B",
        "You are on the waiting list C",
        "Your place is confirmed A",
    ]
    return pages


def test_full_while_typing_is_kept_and_one_press_joins_the_list(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app, WORKSHOP, **places(1))
    typed = {**FILLED_WORKSHOP, "given_name": "Boris", "email": "b@x.example", **hidden(client, PATH)}
    come(app.test_client(), "Anna")
    answer = client.post(PATH, data=typed)  # C11
    assert answer.status_code == 409
    assert "No places left: Workshop day (On site)." in words(answer)
    page = soup(answer)
    assert page.find("input", {"name": "email"})["value"] == "b@x.example"  # type: ignore[index]
    assert {button.get_text() for button in page.select("main button[type=submit]")} == {"Put me on the waiting list"}
    assert count(app, Registration) == 1
    again = {tag["name"]: tag.get("value", "") for tag in page.select("main form#registration input[type=hidden]")}
    answer = client.post(PATH, data=typed | again)
    assert answer.status_code == 303
    own = client.get(answer.location)
    assert "You are next in line." in words(own)
    assert "confirmed" not in words(own).lower()
    assert client.post(PATH, data=typed | again).location == answer.location  # pressed twice
    assert subjects(app) == ["You are on the waiting list B", "Your place is confirmed A"]
    mail = next(mail for mail in kept(app) if "waiting list" in mail.envelope.subject)
    assert (mail.method, mail.calendar, mail.attachments) == ("", "", ())
    assert "confirmed" not in mail.text.lower()


def test_a_form_opened_when_full_says_so_and_offers_the_list_at_once(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app, WORKSHOP, **places(1))
    come(client, "Anna")
    event_page = client.get("/en/events/workshop")
    assert "Full, waiting list open" in words(event_page)
    assert "Join the waiting list" in words(event_page)
    form = words(client.get(PATH))
    assert ("Waiting list" in form, "Put me on the waiting list" in form) == (True, True)
    come(client, "Boris")
    assert "1 person is ahead of you." in words(client.get(come(client, "Carla")))
    dora = words(client.get(come(client, "Dora")))
    assert "You are on the waiting list. You do not have a place yet." in dora
    assert "2 people are ahead of you." in dora


def test_some_parts_full_and_others_free_is_never_split_in_silence(app: Flask, client: FlaskClient, clock: Clock):
    second = replace(DAY, key="dinner", title=PUBLIC_DAY.title, capacity={Mode.ON_SITE: 40})
    add_event(app, WORKSHOP, parts=(replace(DAY, capacity={Mode.ON_SITE: 1}), second))
    typed = {**FILLED_WORKSHOP, "given_name": "Boris", "email": "b@x.example", **hidden(client, PATH)}
    typed |= {"parts": ["day", "dinner"]}  # type: ignore[dict-item]
    come(app.test_client(), "Anna")
    answer = client.post(PATH, data=typed)
    assert answer.status_code == 409
    assert "With one press you register for Public conference and join the waiting list for the rest." in words(answer)
    assert "Register, and put me on the waiting list" in words(answer)
    assert count(app, Registration) == 1
    again = {
        tag["name"]: tag.get("value", "") for tag in soup(answer).select("main form#registration input[type=hidden]")
    }
    assert client.post(PATH, data=typed | again).status_code == 303
    assert standings(app) == "A confirmed, B waiting, B confirmed"
    assert subjects(app) == [
        "You are registered, in part on the waiting list B",
        "Your place is confirmed A",
    ]
    mail = next(m for m in kept(app) if "Boris" in m.text)
    assert mail.text.splitlines()[2] == "You are registered, in part on the waiting list."
    assert "place is confirmed" not in mail.text + mail.html
    assert ("Workshop day" in mail.text, mail.calendar.count("BEGIN:VEVENT")) == (True, 1)


def test_a_place_given_back_is_offered_to_the_first_and_never_taken_by_a_look(
    app: Flask, client: FlaskClient, clock: Clock, three: list[str]
):
    anna, boris, _carla = three
    withdraw(client, anna)  # B11
    assert standings(app) == "A withdrawn, B offered, C waiting"
    assert [s.partition(" until")[0] for s in subjects(app)] == ["A place is free for you", "Withdrawn A"]
    offer = next(mail for mail in kept(app)[-2:] if "is free for you" in mail.envelope.subject)
    assert (offer.method, offer.calendar) == ("", "")
    path = re.search(r"http://localhost(/en/registrations/\S+/place/day)", offer.text)
    assert path is not None
    for _ in range(3):  # C9
        assert "Would you like this place?" in words(client.get(path[1]))
    assert standings(app) == "A withdrawn, B offered, C waiting"
    assert "Full, waiting list open" in words(client.get("/en/events/workshop"))  # it is held
    withdraw(client, anna)
    assert press(client, boris, "accept").location == boris
    assert press(client, boris, "accept").status_code == 303
    assert standings(app) == "A withdrawn, B confirmed, C waiting"
    assert subjects(app) == ["Your place is confirmed B"]
    mail = kept(app)[-1]
    assert (mail.method, "UID" in mail.calendar) == ("REQUEST", True)
    tick(app, 2)
    assert (standings(app), subjects(app)) == ("A withdrawn, B confirmed, C waiting", [])


def test_an_offer_that_ends_goes_on_once_however_long_the_clock_slept(
    app: Flask, client: FlaskClient, clock: Clock, three: list[str]
):
    withdraw(client, three[0])
    subjects(app)
    clock.advance(hours=47, minutes=59)
    tick(app)
    assert standings(app) == "A withdrawn, B offered, C waiting"
    clock.advance(minutes=1)
    late = press(client, three[1], "accept")
    assert (late.status_code, "The time of this offer is over" in words(late)) == (410, True)
    clock.advance(hours=6)
    tick(app, 2)
    assert standings(app) == "A withdrawn, B withdrawn, C offered"
    assert [s.partition(" until")[0] for s in subjects(app)] == [
        "A place is free for you",
        "No longer on the waiting list B",
    ]
    late = press(client, three[1], "accept")
    assert (late.status_code, "so it has gone to the next person" in words(late)) == (
        410,
        True,
    )
    clock.advance(hours=47)
    assert press(client, three[2], "accept").status_code == 303
    tick(app, 2)
    assert standings(app) == "A withdrawn, B withdrawn, C confirmed"


def test_declining_and_leaving_are_one_press_and_pass_on(
    app: Flask, client: FlaskClient, clock: Clock, three: list[str]
):
    dora = come(client, "Dora")
    withdraw(client, three[0])
    assert press(client, three[2], "leave").location == three[2]
    assert standings(app) == "A withdrawn, B offered, C withdrawn, D waiting"
    assert press(client, three[1], "leave").status_code == 303
    assert standings(app) == "A withdrawn, B withdrawn, C withdrawn, D offered"
    assert press(client, dora, "leave").status_code == 303
    tick(app)
    assert standings(app) == "A withdrawn, B withdrawn, C withdrawn, D withdrawn"  # it comes back to nobody
    sent = subjects(app)
    assert [s for s in sent if "confirmed" in s] == []
    assert [s for s in sent if s.startswith("No longer")] == [f"No longer on the waiting list {n}" for n in "BCD"]
    assert "Register for" in words(client.get("/en/events/workshop"))


def test_near_the_beginning_an_offer_lasts_half_of_what_is_left_and_then_none_is_made(
    app: Flask, client: FlaskClient, clock: Clock, three: list[str]
):
    clock.set(BEGINS - timedelta(hours=10))
    withdraw(client, three[0])
    with app.app_context():
        until = db.session.scalar(
            db.select(Participation.offered_until).where(Participation.offered_until.is_not(None))
        )
        assert until == BEGINS - timedelta(hours=5)
    clock.set(BEGINS - timedelta(hours=1, minutes=59))
    tick(app)
    assert standings(app) == "A withdrawn, B withdrawn, C waiting"  # the list is closed: nobody could answer in time


def test_automatic_promotion_confirms_with_an_invitation(
    app: Flask, client: FlaskClient, clock: Clock, three: list[str]
):
    revise_event(app, "workshop", waiting_list=WaitingList.AUTOMATIC)
    withdraw(client, three[0])
    assert standings(app) == "A withdrawn, B confirmed, C waiting"
    assert subjects(app) == ["Withdrawn A", "Your place is confirmed B"]


def test_places_that_are_added_go_to_those_who_wait_before_anybody_new(
    app: Flask, client: FlaskClient, clock: Clock, three: list[str]
):
    revise_event(app, "workshop", **places(2))
    come(client, "Dora")  # within the minute in which nobody has looked
    assert standings(app) == "A confirmed, B waiting, C waiting, D waiting"
    tick(app, 2)
    assert standings(app) == "A confirmed, B offered, C waiting, D waiting"


def test_a_cancelled_event_tells_those_who_wait_and_offers_nothing_more(
    app: Flask, client: FlaskClient, clock: Clock, three: list[str]
):
    withdraw(client, three[0])
    subjects(app)
    revise_event(app, "workshop", state=State.CANCELLED)  # A5
    assert press(client, three[1], "accept").status_code == 403
    clock.advance(days=4)
    tick(app, 2)
    assert standings(app) == "A withdrawn, B offered, C waiting"
    assert subjects(app) == []


def test_a_person_on_the_list_has_nothing_in_her_calendar(
    app: Flask, client: FlaskClient, clock: Clock, three: list[str]
):
    own = soup(client.get(three[1]))
    assert own.find(string=re.compile("Add it to your calendar")) is None
    withdraw(client, three[1])
    (mail,) = [kept(app)[-1]] if subjects(app) == ["No longer on the waiting list B"] else [None]
    assert mail is not None
    assert (mail.method, mail.calendar) == ("", "")


def test_staff_give_a_place_out_of_turn_and_over_capacity_only_after_a_second_press(
    app: Flask, client: FlaskClient, clock: Clock, three: list[str]
):
    desk = signed_in(app)
    page = desk.get("/desk/events/workshop/participants")
    assert ("number 1 in line" in words(page), "number 2 in line" in words(page)) == (True, True)
    link = next(a["href"] for a in soup(page).select("th a") if "Carla" in a.get_text())
    place = f"{link}/place/day"
    asked = desk.get(place)
    assert "All places are taken: 1 of 1. This person would be one more than there are places." in words(asked)
    assert desk.post(place, data=hidden(desk, place)).location == place  # not without the second press
    assert standings(app) == "A confirmed, B waiting, C waiting"
    assert desk.post(place, data={**hidden(desk, place), "over": "y"}).status_code == 303
    assert standings(app) == "A confirmed, B waiting, C confirmed"
    assert subjects(app) == ["Your place is confirmed C"]
    with statements(app) as asked_for:
        export = desk.get("/desk/events/workshop/participants.json").get_json()
    (read,) = [one for one in asked_for if "registration.reference" in one]
    assert (read.count("row_number()"), read.count("count(")) == (1, 0)  # in one pass, not once for each who waits
    assert [(row["given_name"], row["state"], row["waiting_position"]) for row in export] == [
        ("Anna", "confirmed", ""),
        ("Boris", "waiting", "1"),
        ("Carla", "confirmed", ""),
    ]
    withdraw(client, three[0])  # two hold one place: nobody moves up yet
    assert standings(app) == "A withdrawn, B waiting, C confirmed"


def test_who_takes_a_place_back_comes_after_those_who_wait_for_one_that_is_new(
    app: Flask, client: FlaskClient, clock: Clock, three: list[str]
):
    withdraw(client, three[0])
    assert standings(app) == "A withdrawn, B offered, C waiting"
    revise_event(app, "workshop", **places(2))  # the clock has not looked yet
    path = f"{three[0]}/restoration"
    token = hidden(client, "/en/registrations/lost-link")["csrf_token"]
    assert client.post(path, data={"csrf_token": token}).status_code == 409
    tick(app)
    assert standings(app) == "A withdrawn, B offered, C offered"


def accept_page(client: FlaskClient, own_page: str) -> str:
    return words(client.get(f"{own_page}/place/day"))


@pytest.mark.parametrize("off", [{"state": State.POSTPONED}, {"parts": (replace(DAY, cancelled=True),)}])
def test_an_offer_stands_still_while_there_is_nothing_to_come_to_and_is_made_anew_afterwards(
    app: Flask, client: FlaskClient, clock: Clock, three: list[str], off: dict[str, object]
):
    withdraw(client, three[0])
    subjects(app)
    clock.advance(hours=1)
    revise_event(app, "workshop", **off)
    assert press(client, three[1], "accept").status_code == 403
    kept_for_her = "We are keeping this place for you. If it takes place after all, we will offer it to you anew."
    page = accept_page(client, three[1])
    assert (kept_for_her in page, "Yes, accept the place" in page, "Leave the waiting list" in page) == (
        True,
        False,
        True,
    )
    clock.advance(days=5)
    tick(app)
    clock.advance(days=5)
    assert (standings(app), subjects(app)) == ("A withdrawn, B offered, C waiting", [])
    revise_event(app, "workshop", state=State.ANNOUNCED, **places(1))
    clock.advance(minutes=1)
    tick(app, 2)
    assert standings(app) == "A withdrawn, B offered, C waiting"
    assert subjects(app) == ["A place is free for you until 5 December 2026, 14:01 CET B"]
    clock.advance(hours=47)
    tick(app)
    assert press(client, three[1], "accept").status_code == 303
    assert standings(app) == "A withdrawn, B confirmed, C waiting"


def test_the_end_of_an_offer_follows_a_new_date_and_is_said_again(
    app: Flask, client: FlaskClient, clock: Clock, three: list[str]
):
    withdraw(client, three[0])
    subjects(app)
    begins = datetime(2026, 11, 24, 12)  # noqa: DTZ001 - local
    moved = replace(DAY, starts=begins, ends=begins + timedelta(hours=4), capacity={Mode.ON_SITE: 1})
    clock.advance(minutes=1)
    revise_event(app, "workshop", parts=(moved,))  # in 23 hours: half of them
    clock.advance(minutes=1)
    tick(app, 2)
    assert subjects(app) == ["A place is free for you until 24 November 2026, 00:31 CET B"]
    clock.advance(hours=11, minutes=40)
    late = press(client, three[1], "accept")
    assert (late.status_code, "The time of this offer is over" in words(late)) == (410, True)
    tick(app)
    assert standings(app) == "A withdrawn, B withdrawn, C offered"
    clock.set(begins.replace(hour=11, tzinfo=UTC) - timedelta(minutes=30))  # half an hour before the beginning
    assert press(client, three[2], "accept").status_code == 410
    subjects(app)
    revise_event(app, "workshop", parts=(replace(moved, starts=begins.replace(day=29), ends=begins.replace(day=30)),))
    assert press(client, three[2], "accept").status_code == 303  # and before the clock has looked
    assert standings(app) == "A withdrawn, B withdrawn, C confirmed"
