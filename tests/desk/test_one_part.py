"""What an organiser changes for somebody on the telephone: one part, or the way of taking part (B13, D13)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.publishing.lifecycle import Mode, WaitingList
from s3chem_events.publishing.models import Part
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.registration.questions import Kind
from tests.conftest import Clock
from tests.factories import CLOSED_DAY, PUBLIC_DAY, add_event, add_question, hidden, register, revise_event, soup, words
from tests.support.desk import filled, signed_in
from tests.support.post import kept, work

LIST = "/desk/events/conference/participants"
CALLER = {"family_name": "Kowalski", "organisation": "Zakład", "phone": "+48 600 700 800", "mode-day-2": "on_site"}


@pytest.fixture(autouse=True)
def event(app: Flask, clock: Clock) -> None:
    few = replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 2, Mode.ONLINE: None})
    one = replace(CLOSED_DAY, capacity={Mode.ON_SITE: 1})
    add_event(app, waiting_list=WaitingList.AUTOMATIC, parts=(one, few))


def entered(desk: FlaskClient, **typed: str) -> str:
    """Enter somebody at the desk; returns her page."""
    answer = desk.post(f"{LIST}/new", data=filled(desk.get(f"{LIST}/new")) | CALLER | typed)
    assert answer.status_code == 303
    return answer.headers["Location"].removeprefix("http://localhost")


def pressed(desk: FlaskClient, path: str, **typed: str) -> str:
    """Press what a page offers, go where it leads; returns what is said there."""
    token = hidden(desk, f"{LIST}/new")["csrf_token"]
    answer = desk.post(path, data={"csrf_token": token, **typed})
    assert answer.status_code == 303
    return words(desk.get(answer.headers["Location"]))


def stands(app: Flask, name: str) -> dict[str, tuple[str, str]]:
    with app.app_context():
        theirs = db.select(Part.key, Participation.mode, Participation.standing).join(Participation.part)
        found = db.session.execute(theirs.join(Participation.registration).where(Registration.family_name == name))
        return {key: (str(mode), str(standing)) for key, mode, standing in found}


def test_a_caller_without_e_mail_gets_a_part_changes_the_way_and_gives_it_up_by_the_organiser(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    desk = signed_in(app)
    page = entered(desk)
    links = [a["href"] for a in soup(desk.get(page)).select("main .places-held a")]
    assert links == [f"{page}/parts/day-2/mode"], "the only part is withdrawn with the whole"

    assert "Please call: +48 600 700 800" in words(desk.get(f"{page}/parts"))
    said = pressed(desk, f"{page}/parts", part="day-1", mode="on_site")
    assert "Changed. Without an e-mail address this person has to be called. +48 600 700 800" in said
    assert stands(app, "Kowalski") == {"day-1": ("on_site", "confirmed"), "day-2": ("on_site", "confirmed")}

    said = pressed(desk, f"{page}/parts/day-2/mode", mode="online")
    assert "Public conference · Online" in said
    assert pressed(desk, f"{page}/parts/day-2/mode", mode="online").startswith("Nothing was changed.")
    pressed(desk, f"{page}/parts/day-1/withdrawal")
    assert stands(app, "Kowalski") == {"day-1": ("on_site", "withdrawn"), "day-2": ("online", "confirmed")}
    assert f"{page}/parts/day-2/withdrawal" not in desk.get(page).text
    assert pressed(desk, f"{page}/parts/day-2/withdrawal").startswith("Nothing was changed.")
    work(app)
    assert list(kept(app)) == []
    with app.app_context():
        kinds = ("registration.mode_changed", "registration.part_given_up")
        facts = db.session.scalars(db.select(Fact).where(Fact.kind.in_(kinds)).order_by(Fact.id))
        assert [(one.kind, one.by.partition(":")[0]) for one in facts] == [(kind, "organiser") for kind in kinds]

    twice = desk.post(f"{LIST}/new", data=filled(desk.get(f"{LIST}/new")) | CALLER)
    assert (twice.status_code, bool(soup(twice).select(f'main a[href="{page}"]'))) == (409, True)
    reader = signed_in(app, Role.READ_ONLY, events=("conference",))
    assert "/parts" not in reader.get(page).text
    clock.set(datetime(2027, 6, 19, tzinfo=UTC))
    assert "/parts/" not in desk.get(page).text


def test_over_the_capacity_only_when_said_so_or_the_waiting_list_and_who_has_a_mailbox_is_told(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    desk = signed_in(app)
    assert register(client, **{"mode-day-2": "online"}).status_code == 303
    others = [entered(desk, family_name=name, phone=f"+48 600 700 80{at}") for at, name in enumerate(("Adam", "Bea"))]
    with app.app_context():
        page = f"{LIST}/{db.session.scalar(db.select(Registration.reference).filter_by(family_name='Źdźbło'))}"
    work(app)
    before = len(kept(app))

    mode = f"{page}/parts/day-2/mode"
    assert "All places are taken. This person would be one more" in words(desk.get(mode))
    assert "All places are taken by now. Nothing was changed" in pressed(desk, mode, mode="on_site")
    assert stands(app, "Źdźbło") == {"day-2": ("online", "confirmed")}
    assert "will be notified by e-mail" in pressed(desk, mode, mode="on_site", over="y")
    pressed(desk, f"{others[0]}/parts", part="day-1", mode="on_site")
    asked = soup(desk.get(f"{page}/parts"))
    assert [one.text for one in asked.select("main li button")] == [
        "Put on the waiting list",
        "Give one place more than there are",
    ]
    assert "All places are taken by now" in pressed(desk, f"{page}/parts", part="day-1", mode="on_site")
    pressed(desk, f"{page}/parts", part="day-1", mode="on_site", waits="y")
    assert stands(app, "Źdźbło") == {"day-1": ("on_site", "waiting"), "day-2": ("on_site", "confirmed")}
    pressed(desk, f"{page}/parts/day-1/withdrawal")
    pressed(desk, f"{page}/parts", part="day-1", mode="on_site", over="y")
    work(app)
    pressed(desk, f"{page}/parts/day-1/withdrawal")
    work(app)
    assert stands(app, "Źdźbło") == {"day-1": ("on_site", "withdrawn"), "day-2": ("on_site", "confirmed")}
    mails = [" ".join(mail.text.split()) for mail in kept(app)[before:]]
    assert "This is how you take part now: Final conference - Public conference" in mails[0]
    assert "You are no longer registered for this part: Final conference - Working-group meeting" in mails[-1]
    assert "take your place back" not in mails[-1], "that was the organisers' decision"


def test_who_waits_is_passed_over_only_when_said_so(app: Flask, client: FlaskClient, clock: Clock) -> None:
    desk, both = signed_in(app), {"mode-day-1": "on_site", "mode-day-2": ""}
    assert register(client, **{"mode-day-2": "online"}).status_code == 303
    closed = entered(desk, family_name="Closed", phone="+48 600 700 810", **both)
    for at, name in enumerate(("Adam", "Bea")):
        entered(desk, family_name=name, phone=f"+48 600 700 80{at}")
    for at, name in enumerate(("Ida", "Jan")):
        entered(desk, family_name=name, phone=f"+48 600 700 82{at}", otherwise="waits")
    waiting = {"day-2": ("on_site", "waiting")}
    assert (stands(app, "Ida"), stands(app, "Jan")) == (waiting, waiting)

    def one_more(number: int) -> None:  # and the clock has not looked yet
        revise_event(app, parts=(CLOSED_DAY, replace(PUBLIC_DAY, capacity={Mode.ON_SITE: number, Mode.ONLINE: None})))

    one_more(3)
    typed = filled(desk.get(f"{LIST}/new")) | CALLER | {"family_name": "Caller"}
    asked = desk.post(f"{LIST}/new", data=typed)
    question = "Public conference, On site: 2 people who came before keep waiting. Yes, save it Put on the waiting list"
    assert (asked.status_code, question in words(asked)) == (409, True)
    assert "No place is left" not in words(asked)
    entered(desk, family_name="Caller", confirmed="beyond")
    assert stands(app, "Caller") == {"day-2": ("on_site", "confirmed")}

    one_more(4)
    page = desk.get(f"{closed}/parts")
    assert "Public conference · On site 2 people who came before keep waiting." in words(page)
    buttons = [one.text for one in soup(page).select("main li button")]
    assert buttons == ["Put on the waiting list", "Give a place", "Add"]
    assert "Nothing was changed" in pressed(desk, f"{closed}/parts", part="day-2", mode="on_site")
    pressed(desk, f"{closed}/parts", part="day-2", mode="on_site", over="y")
    assert stands(app, "Closed")["day-2"] == ("on_site", "confirmed")

    one_more(5)
    with app.app_context():
        reference = db.session.scalar(db.select(Registration.reference).filter_by(family_name="Źdźbło"))
    mode = f"{LIST}/{reference}/parts/day-2/mode"
    assert "2 people who came before keep waiting. Give a place" in words(desk.get(mode))
    assert "Nothing was changed" in pressed(desk, mode, mode="on_site")
    pressed(desk, mode, mode="on_site", over="y")
    assert stands(app, "Źdźbło") == {"day-2": ("on_site", "confirmed")}
    assert (stands(app, "Ida"), stands(app, "Jan")) == (waiting, waiting)


def test_a_part_that_is_added_leads_to_its_questions_and_what_is_missing_is_marked_and_asked_of_the_person(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_question(app, "car", kind=Kind.TEXT, label="Number plate", part="day-1", required=True)
    add_question(app, "talk", kind=Kind.TEXT, label="Your talk", part="day-1")
    add_question(app, "wish", kind=Kind.TEXT, label="Your wish", required=True)
    desk = signed_in(app)
    own = str(register(client, **{"mode-day-2": "on_site", "question-wish": "Tea"}).location)
    with app.app_context():
        page = f"{LIST}/{db.session.scalar(db.select(Registration.reference))}"
    assert "still missing" not in words(desk.get(page))
    token = hidden(desk, f"{page}/parts")["csrf_token"]
    done = desk.post(f"{page}/parts", data={"csrf_token": token, "part": "day-1", "mode": "on_site"})
    assert (done.status_code, done.location) == (303, f"{page}/correction#questions")
    asked = desk.get(f"{page}/correction")
    assert "This part has questions of its own: enter below what the person told you" in words(asked)
    hints = {name: soup(asked).select_one(f"#question-{name}-hint") for name in ("car", "talk", "wish")}
    said = {
        name: "Must be answered, and is still missing." in (hint.text if hint else "") for name, hint in hints.items()
    }
    assert said == {"car": True, "talk": False, "wish": False}
    marked = "Number plate still missing · Enter it Number plate"
    assert marked in words(desk.get(page))
    assert "Details are missing The organisers still need answers from you." in words(client.get(own))
    sent = filled(asked) | {"reason": "By telephone"}
    assert desk.post(f"{page}/correction", data=sent).status_code == 303  # nothing must be answered here
    assert marked in words(desk.get(page))
    assert desk.post(f"{page}/correction", data=sent | {"question-car": "OP 1"}).status_code == 303
    shown = words(desk.get(page))
    assert ("still missing" in shown, "Number plate OP 1" in shown) == (False, True)
    assert "Details are missing" not in words(client.get(own))


def test_who_waits_for_a_decision_takes_part_in_another_way_and_is_decided_about_as_before(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    few = replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 1, Mode.ONLINE: None}, approval=True)
    revise_event(app, parts=(CLOSED_DAY, few))
    desk = signed_in(app)
    own = str(register(client, **{"mode-day-2": "on_site"}).location)
    register(
        app.test_client(),
        given_name="Bea",
        family_name="Beck",
        email="bea@x.example",
        **{"mode-day-2": "on_site", "waiting": "day-2:on_site"},
    )
    work(app)
    assert stands(app, "Źdźbło") == {"day-2": ("on_site", "pending")}
    with app.app_context():
        page = f"{LIST}/{db.session.scalar(db.select(Registration.reference).order_by(Registration.id))}"
    assert f"{page}/parts/day-2/mode" in desk.get(page).text
    before = len(kept(app))
    assert "will be notified by e-mail" in pressed(desk, f"{page}/parts/day-2/mode", mode="online")
    with app.app_context():
        found = db.session.execute(
            db.select(Participation.mode, Participation.standing).order_by(Participation.id)
        ).all()
    assert [(str(mode), str(standing)) for mode, standing in found] == [("online", "pending"), ("on_site", "pending")]
    assert "Way of taking part changed" in words(desk.get(page))
    work(app)
    (mine,) = (mail for mail in kept(app)[before:] if "zaneta" in mail.envelope.to)
    said = " ".join(mine.text.split())
    assert "The organisers have not decided about your registration yet. We will write to you as soon" in said
    assert ("Public conference" in said, "online" in said, "Calendar" in said, mine.calendar) == (True, True, False, "")
    assert "Calendar:" not in mine.html
    own_page = words(client.get(own))
    assert ("Awaiting decision" in own_page, "Come in person instead" in own_page) == (True, False)
    pressed(desk, f"{page}/parts/day-2/mode", mode="on_site", over="y")
    decided = {"reference": page.rpartition("/")[2]}
    pressed(desk, f"{LIST}/approval", **decided)
    assert stands(app, "Źdźbło")["day-2"] == ("on_site", "confirmed")
