"""A participant's own pages: GET asks, POST does, once; a wrong link tells nothing."""

import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.registration.models import BlockedAddress, Registration
from tests.conftest import Clock
from tests.factories import FILLED, FILLED_WORKSHOP, WORKSHOP, add_event, count, hidden, not_me, register, soup, words
from tests.support.desk import filled, signed_in
from tests.support.post import confirm, kept, work
from tests.support.statements import statements


@pytest.fixture(autouse=True)
def event(app: Flask, clock: Clock) -> None:
    add_event(app)


@pytest.fixture
def own(app: Flask) -> str:
    """Register with one browser; the test looks with another."""
    return str(register(app.test_client()).headers["Location"])


def press(client: FlaskClient, path: str) -> int:
    return client.post(path, data=hidden(client, path)).status_code


def test_the_own_page_says_what_was_stored_and_what_happens_now(client: FlaskClient, own: str) -> None:
    page = client.get(own)
    text = words(page)
    for value in (
        "You are registered.",
        "S3C-",
        "Żaneta Źdźbło",
        FILLED["email"],
        "Friday",
        "18 June 2027",
        "On site",
        "What happens next",
    ):
        assert value in text, value
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_the_own_calendar_holds_the_own_parts_only(client: FlaskClient, own: str) -> None:
    address = re.search(r"/calendar/[\w.-]+\.ics", client.get(own).get_data(as_text=True))
    assert address is not None
    response = client.get(address.group())
    parsed = Calendar.from_ical(response.data)
    assert [str(entry["SUMMARY"]) for entry in parsed.events] == ["Final conference – Public conference"]
    assert response.headers["Cache-Control"] == "no-store"
    token = address.group().removeprefix("/calendar/").removesuffix(".ics")
    assert client.get(f"/en/registrations/{token}").status_code == 404  # it opens nothing else


def test_looking_never_changes_anything(app: Flask, client: FlaskClient, own: str) -> None:
    before = (count(app, Registration, withdrawn_at=None), count(app, Fact))
    for _ in range(3):  # C9
        for path in (own, f"{own}/withdrawal", not_me(app, own), "/en/registrations/lost-link"):
            for method in (client.get, client.head):
                assert method(path).status_code == 200
    assert (count(app, Registration, withdrawn_at=None), count(app, Fact)) == before


def test_withdrawing_frees_the_place_once(app: Flask, client: FlaskClient, own: str) -> None:
    assert press(client, f"{own}/withdrawal") == 303  # B10, B11
    assert "Your registration was withdrawn on" in words(client.get(own))
    tokens = hidden(client, "/en/registrations/lost-link")
    assert client.post(f"{own}/withdrawal", data=tokens).status_code == 303
    assert count(app, Fact, kind="registration.withdrawn") == 1
    pages = [register(client, email=f"n{n}@x.example").location for n in range(4)]
    waits = ["You do not have a place yet." in words(client.get(page)) for page in pages]
    assert waits == [False, False, False, True]


def test_a_press_without_the_pages_token_changes_nothing(app: Flask, client: FlaskClient, own: str) -> None:
    answer = client.post(f"{own}/withdrawal")
    assert answer.status_code == 422
    assert "Please try again" in words(answer)
    assert client.post(not_me(app, own)).status_code == 422
    assert count(app, Registration, withdrawn_at=None) == 1


def test_whoever_withdrew_may_come_back(app: Flask, client: FlaskClient, own: str) -> None:
    press(client, f"{own}/withdrawal")
    assert register(client).status_code == 303
    assert count(app, Registration) == 2


def test_this_was_not_me_removes_the_data_and_keeps_the_address_out_of_all_events(
    app: Flask, client: FlaskClient, own: str
) -> None:
    add_event(app, WORKSHOP)
    asked = hidden(client, not_me(app, own))
    assert "blocks your address for all our events" in words(client.get(not_me(app, own)))
    # Whoever filled in the form has the own page, and not the mailbox.
    assert [client.get(f"{own}/not-me").status_code, client.post(f"{own}/not-me", data=asked).status_code] == [404, 404]
    assert (count(app, Registration), count(app, BlockedAddress)) == (1, 0)
    answer = client.post(not_me(app, own), data=asked)  # C5
    assert answer.status_code == 303
    for _ in range(2):
        removed = words(client.get(answer.headers["Location"]))
        assert "The registration has been removed" in removed
        assert "nobody can use your address to register for any of our events" in removed
    assert count(app, Registration) == 0
    assert count(app, BlockedAddress) == 1
    assert client.get(own).status_code == 404
    for path, typed in (("conference", FILLED), ("workshop", FILLED_WORKSHOP)):
        answer = register(client, f"/en/events/{path}/register", **typed)
        assert answer.status_code == 403
        assert "cannot be used at the moment" in words(answer)
    desk = signed_in(app)
    entry = filled(desk.get("/desk/events/workshop/participants/new"))
    typed = {"given_name": "Jan", "family_name": "Nowak", "organisation": "Uni", "email": FILLED["email"]}
    answer = desk.post(
        "/desk/events/workshop/participants/new",
        data=entry | typed | {"phone": "+48 600 700 800", "mode-day": "on_site"},
    )
    assert (answer.status_code, count(app, Registration)) == (303, 1), words(answer)  # she wrote to the organisers


def test_not_me_asks_for_the_code_once_the_mailbox_is_confirmed_and_removes_nothing_after_the_event(
    app: Flask, client: FlaskClient, own: str, clock: Clock
) -> None:
    work(app)
    path = not_me(app, own)
    asked = hidden(client, path)
    confirm(app, FILLED["email"])
    page = client.get(path)
    leads = {link.text: str(link["href"]) for link in soup(page).select("main a")}
    assert ("this link alone therefore removes nothing" in words(page), soup(page).select("main form")) == (True, [])
    assert "Yes, withdraw" in words(client.get(leads["Withdraw instead…"]))
    answer = client.post(path, data=asked)  # whoever was forwarded the confirmation
    assert (answer.status_code, count(app, Registration), count(app, BlockedAddress)) == (403, 1, 0)
    clock.set(datetime(2027, 6, 20, 10, tzinfo=UTC))
    over = client.get(path)
    said = "This event is over, and who was registered for it is kept as proof."
    assert (said in words(over), soup(over).select("main form")) == (True, [])
    assert (client.post(path, data=asked).status_code, count(app, Registration)) == (403, 1)
    clock.set(datetime(2026, 11, 23, 12, 5, tzinfo=UTC))
    code = leads["Get a code"]
    client.post(code, data=hidden(client, code) | {"press": "send"})
    work(app)
    found = re.search(r"^\d{4} \d{4}$", kept(app)[-1].text, re.MULTILINE)
    assert found is not None
    entered = client.post(code, data=hidden(client, code) | {"press": "enter", "code": found.group()})
    assert entered.location == path
    assert (press(client, path), count(app, Registration), count(app, BlockedAddress)) == (303, 0, 1)


def test_coordinator_lets_an_address_in_again_with_a_reason_and_nobody_can_read_which_are_kept_out(
    app: Flask, client: FlaskClient, own: str
) -> None:
    page = "/desk/blocked-addresses"
    assert client.post(not_me(app, own), data=hidden(client, not_me(app, own))).status_code == 303
    desk = signed_in(app)
    typed = hidden(desk, page) | {"email": FILLED["email"].replace("@uczelnia", "@UCZELNIA"), "reason": "She rang"}
    shown = words(desk.get(page))
    assert ("1 address is kept out at the moment" in shown, "uczelnia" in shown) == (True, False)
    for spoilt in ({"email": "other@park.example"}, {"reason": " "}, {"email": "\u00e9@"}):
        assert desk.post(page, data=typed | spoilt).status_code == 422
    assert register(client).status_code == 403
    assert desk.post(page, data=typed).status_code == 303
    back = register(client)
    assert back.status_code == 303
    with app.app_context():
        fact = db.session.scalars(db.select(Fact).filter_by(kind="address.let_in")).one()
        assert (fact.by, fact.data) == ("organiser:1", {"event": 1})
    shown = words(desk.get(page))
    assert "coordinator0@s3chem.example" in shown
    assert "Final conference Reason: She rang" in shown
    assert (desk.post(page, data=typed).status_code, "No address is kept out at the moment." in shown) == (422, True)
    again = not_me(app, back.location)  # the owner may change her mind, at the same event, too
    assert client.post(again, data=hidden(client, again)).status_code == 303
    assert register(client).status_code == 403


@pytest.mark.one_database
@pytest.mark.parametrize("spoil", [lambda t: t[:-3], lambda t: t + "x", lambda t: "nonsense", lambda t: t.swapcase()])
def test_a_spoilt_link_offers_a_new_one_and_reveals_nothing(client: FlaskClient, own: str, spoil) -> None:
    head, _slash, token = own.rpartition("/")
    answer = client.get(f"{head}/{spoil(token)}")  # C6
    assert answer.status_code == 404
    assert soup(answer).find("a", href="/en/registrations/lost-link") is not None
    assert "Żaneta" not in words(answer)


def test_known_and_unknown_addresses_get_the_same_answer(app: Flask, client: FlaskClient, own: str) -> None:
    path = "/en/registrations/lost-link"
    answers = [
        client.post(path, data={**hidden(client, path), "email": address})
        for address in (FILLED["email"], "no@body.example")
    ]
    assert words(answers[0]) == words(answers[1])
    assert {answer.status_code for answer in answers} == {200}
    assert count(app, Fact, kind="registration.link_requested") == 1


def test_what_it_takes_to_answer_tells_nothing_either(app: Flask, client: FlaskClient, own: str) -> None:
    path = "/en/registrations/lost-link"  # C6
    asked = []
    for address in (FILLED["email"], "no@body.example"):
        sent = {**hidden(client, path), "email": address}
        with statements(app) as seen:
            client.post(path, data=sent)
        asked.append(seen)
    assert abs(len(asked[0]) - len(asked[1])) <= 3  # a millisecond or two, lost in that of the network


def test_a_mailbox_is_not_flooded_with_links(app: Flask, client: FlaskClient, own: str, clock: Clock) -> None:
    path = "/en/registrations/lost-link"
    for minutes in (0, 1, 20, 20, 20, 20):
        clock.advance(minutes=minutes)
        client.post(path, data={**hidden(client, path), "email": FILLED["email"].upper()})
    assert count(app, Fact, kind="registration.link_requested") == 3


def test_the_link_of_a_removed_registration_never_opens_the_next_one(app: Flask, client: FlaskClient, own: str) -> None:
    press(client, not_me(app, own))
    assert register(client, email="next@x.example").status_code == 303
    assert client.get(own).status_code == 404
