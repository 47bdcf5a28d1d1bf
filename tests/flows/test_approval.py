"""An organiser approves or rejects: who is pending holds a place, and has nothing in the calendar yet."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.core.text import Text
from s3chem_events.publishing import actions, values
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import Mode, State, Visibility, WaitingList
from s3chem_events.registration import links
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Participation, Registration
from tests.conftest import Clock
from tests.factories import (
    BASE_URL,
    CLOSED_DAY,
    FILLED_WORKSHOP,
    PUBLIC_DAY,
    WORKSHOP,
    add_event,
    hidden,
    register,
    revise_event,
    soup,
    words,
)
from tests.flows.test_waiting_list import come, press, standings, tick
from tests.flows.test_waiting_list import withdraw as leave
from tests.site.test_invited import GUEST, invite, link
from tests.site.test_invited import come as come_by
from tests.support.desk import filled, signed_in
from tests.support.post import kept, work

LIST = "/desk/events/workshop/participants"
PAGE = "/en/events/workshop"
CONFERENCE = "/en/events/conference"
FORM = f"{CONFERENCE}/register"
DAY = replace(WORKSHOP.parts[0], capacity={Mode.ON_SITE: 2}, approval=True)


def mails(app: Flask) -> list[tuple[str, str, str]]:
    """Let the worker write; returns for each e-mail what happened, to whom, and what it tells the calendar."""
    done = work(app)
    found = kept(app)[-done:] if done else []
    return sorted(
        (
            re.split(r": | until ", " ".join(mail.envelope.subject.split()))[0],
            re.sub(r".*<|@.*", "", mail.envelope.to),
            "REQUEST" if "METHOD:REQUEST" in mail.calendar else "CANCEL" if "METHOD:CANCEL" in mail.calendar else "",
        )
        for mail in found
    )


def references(app: Flask, *names: str) -> list[str]:
    with app.app_context():
        found = dict(db.session.execute(db.select(Registration.given_name, Registration.reference)).all())
        return [found[name] for name in names]


def entries(app: Flask, client: FlaskClient, name: str) -> int:
    """Return how many entries somebody's own calendar holds."""
    with app.app_context():
        number = db.session.scalars(db.select(Registration.id).filter_by(given_name=name)).one()
        found = client.get(links.calendar(number, 1, base_url=""))
    assert (found.status_code, found.mimetype) == (200, "text/calendar")
    return int(found.data.count(b"BEGIN:VEVENT"))


def undo(desk: FlaskClient, page: str) -> TestResponse:
    """Press the one button on a page that undoes, and follow where it leads."""
    form = soup(desk.get(page)).select_one(f"form[action='{LIST}/undo']")
    sent = {str(one["name"]): str(one["value"]) for one in form.select("input")} if form else {}
    return desk.post(f"{LIST}/undo", data=sent, follow_redirects=True)


def after_the_hold(app: Flask, clock: Clock) -> None:
    """Let the ten minutes go by in which a no can be undone, and the clock look after the places."""
    clock.advance(minutes=11)
    tick(app)


def decide(desk: FlaskClient, app: Flask, what: str, *names: str, **fields: str) -> TestResponse:
    token = str(soup(desk.get(LIST)).select_one('input[name="csrf_token"]')["value"])  # type: ignore[index]
    data = {"csrf_token": token, "reference": references(app, *names), **fields}
    return desk.post(f"{LIST}/{what}", data=data)


@pytest.fixture
def desk(app: Flask, client: FlaskClient, clock: Clock) -> FlaskClient:
    """Two places, both held by people who wait for a decision, and two more in line for one; mails are sent."""
    add_event(app, WORKSHOP, parts=(DAY,))
    return signed_in(app)


@pytest.fixture
def pages(app: Flask, client: FlaskClient, desk: FlaskClient) -> dict[str, str]:
    found = {name: come(client, name) for name in ("Anna", "Boris", "Carla", "Doris")}
    assert standings(app) == "A pending, B pending, C waiting, D waiting"
    assert mails(app) == [
        ("We have received your registration", "Anna", ""),
        ("We have received your registration", "Boris", ""),
        ("You are on the waiting list", "Carla", ""),
        ("You are on the waiting list", "Doris", ""),
    ]
    return found


def test_the_pages_say_before_and_after_that_somebody_decides(app: Flask, client: FlaskClient, pages: dict[str, str]):
    said = "The organisers look at each registration. You will hear from them by e-mail whether you have a place."
    assert (said in words(client.get(PAGE)), said in words(client.get(f"{PAGE}/register"))) == (True, True)
    own = words(client.get(pages["Anna"]))
    assert "We have received your registration. The organisers have not decided about it yet." in own
    assert ("Awaiting decision" in own, "Add it to your calendar" in own, "Withdraw…" in own) == (True, False, True)
    mail = kept(app)[0]
    assert "it is not confirmed yet, so please do not book a journey for it" in " ".join(mail.text.split())
    assert entries(app, client, "Anna") == 0


def test_a_yes_brings_the_invitation_and_a_no_the_reason_and_its_place_to_the_next(
    app: Flask, client: FlaskClient, clock: Clock, desk: FlaskClient, pages: dict[str, str]
):
    asked = "Workshop · Registrations wait for your decision (2)."
    assert asked in words(desk.get("/desk/"))
    event = desk.get("/desk/events/workshop/")
    assert "2 registrations wait for your decision. Decide" in words(event)
    assert "Open to everyone · Each registration has to be approved" in words(event)
    offered = [str(button.get("formaction", "")) for button in soup(desk.get(LIST)).select(".picked button")]
    assert offered == [f"{LIST}/approval", f"{LIST}/rejection", ""]  # the list of everybody decides, too
    listed = desk.get(f"{LIST}?state=pending")
    assert [row.get_text() for row in soup(listed).select("th .family")] == ["Źdźbło", "Źdźbło"]
    assert decide(desk, app, "approval", "Anna").status_code == 303
    question = words(decide(desk, app, "rejection", "Boris"))
    assert ("Reject 1 registration?" in question, "They read: English." in question) == (True, True)
    assert standings(app) == "A confirmed, B pending, C waiting, D waiting"  # asked, not done
    refused = decide(desk, app, "rejection", "Boris", reason=" ", confirmed="yes")
    assert (refused.status_code, "nobody is rejected without a reason" in words(refused)) == (422, True)
    field = soup(refused).select_one("#reason[required][aria-invalid]")
    assert (field is not None, standings(app)) == (True, "A confirmed, B pending, C waiting, D waiting")
    decide(desk, app, "rejection", "Boris", reason="Experts only.\nCome in <spring>!", confirmed="yes")
    after_the_hold(app, clock)
    assert standings(app) == "A confirmed, B rejected, C offered, D waiting"
    assert mails(app) == [
        ("A place is free for you", "Carla", ""),
        ("Your registration has been approved", "Anna", "REQUEST"),
        ("Your registration was not accepted", "Boris", ""),
    ]
    said = next(mail for mail in kept(app) if "not accepted" in mail.envelope.subject)
    assert "Experts only.\nCome in <spring>!" in said.text
    assert "Experts only.\nCome in &lt;spring&gt;!" in said.html
    assert "3 people registered" in words(desk.get("/desk/events/workshop/"))  # who is rejected counts no more
    assert [name.get_text() for name in soup(desk.get(LIST)).select("th bdi")] == [
        f"{name} Źdźbło" for name in ("Anna", "Carla", "Doris")
    ]
    assert "3 people, and 1 withdrawn or rejected" in words(desk.get(LIST))
    assert "Boris" in words(desk.get(f"{LIST}?state=all"))
    file = desk.get(f"{LIST}.csv?state=present").get_data(as_text=True)
    assert ("Boris" in file, "Doris" in file) == (False, True)
    own = words(client.get(pages["Boris"]))
    assert "Your registration was not accepted. We are sorry that we cannot offer you a place." in own
    assert ("Experts only." in own, "Withdraw…" in own, "Add it to your calendar" in own) == (True, False, False)
    decide(desk, app, "rejection", "Boris", confirmed="yes", reason="Again")  # a second press
    decide(desk, app, "approval", "Anna")
    assert (mails(app), asked in words(desk.get("/desk/"))) == ([], False)


def test_who_waited_is_put_before_the_organisers_once_there_is_a_place(
    app: Flask, client: FlaskClient, clock: Clock, desk: FlaskClient, pages: dict[str, str]
):
    leave(client, pages["Boris"])  # pending: no calendar has anything to remove
    assert standings(app) == "A pending, B withdrawn, C offered, D waiting"
    assert mails(app) == [("A place is free for you", "Carla", ""), ("Withdrawn", "Boris", "")]
    own = words(client.get(pages["Carla"]))
    assert ("Once you have accepted it, the organisers decide" in own, "do anything until then" in own) == (True, False)
    offer = next(" ".join(mail.text.split()) for mail in kept(app) if "A place is free" in mail.envelope.subject)
    assert "only after you have accepted it on that page and the organisers have agreed" in offer
    assert press(client, pages["Carla"], "accept").status_code == 303
    assert press(client, pages["Carla"], "accept").status_code == 303  # twice
    assert standings(app) == "A pending, B withdrawn, C pending, D waiting"
    revise_event(app, "workshop", waiting_list=WaitingList.AUTOMATIC)
    decide(desk, app, "rejection", "Anna", "Carla", confirmed="yes", reason="Full")
    after_the_hold(app, clock)
    assert standings(app) == "A rejected, B withdrawn, C rejected, D pending"
    assert mails(app) == [
        ("We have received your registration", "Doris", ""),
        ("Your registration was not accepted", "Anna", ""),
        ("Your registration was not accepted", "Carla", ""),
    ]
    decide(desk, app, "approval", "Doris")
    assert mails(app) == [("Your registration has been approved", "Doris", "REQUEST")]
    tick(app, 3)
    assert mails(app) == []


def test_a_no_is_revised_and_takes_no_place_of_another_without_being_asked(
    app: Flask, clock: Clock, desk: FlaskClient, pages: dict[str, str]
):
    revise_event(app, "workshop", waiting_list=WaitingList.AUTOMATIC)
    decide(desk, app, "rejection", "Boris", confirmed="yes", reason="By mistake")
    after_the_hold(app, clock)
    assert standings(app) == "A pending, B rejected, C pending, D waiting"
    mails(app)
    answer = decide(desk, app, "approval", "Boris")
    assert answer.status_code == 409
    assert "No place is left: Workshop day, On site. There would be one more than there are places." in words(answer)
    assert standings(app) == "A pending, B rejected, C pending, D waiting"
    decide(desk, app, "approval", "Boris", over="y")
    assert standings(app) == "A pending, B confirmed, C pending, D waiting"
    assert mails(app) == [("Your registration has been approved", "Boris", "REQUEST")]
    with app.app_context():
        assert set(db.session.scalars(db.select(Participation.decision_reason))) == {""}


def test_a_no_is_revised_for_no_place_that_may_be_put_back(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app, WORKSHOP, parts=(replace(DAY, capacity={Mode.ON_SITE: 1}),), waiting_list=WaitingList.OFF)
    desk = signed_in(app)
    come(client, "Anna")
    decide(desk, app, "rejection", "Anna", confirmed="yes", reason="Full")
    after_the_hold(app, clock)
    come(client, "Boris")
    decide(desk, app, "approval", "Boris")
    decide(desk, app, "withdrawal", "Boris", confirmed="yes")
    answer = decide(desk, app, "approval", "Anna")
    assert (answer.status_code, "No place is left" in words(answer)) == (409, True)
    undo(desk, LIST)
    assert standings(app) == "A rejected, B confirmed"


def test_a_no_can_be_undone_for_ten_minutes_in_which_nobody_hears_of_it_and_its_place_is_kept(
    app: Flask, client: FlaskClient, clock: Clock, desk: FlaskClient, pages: dict[str, str]
):
    assert "Until then you can undo it, and nobody hears of it." in words(decide(desk, app, "rejection", "Anna"))
    decide(desk, app, "rejection", "Anna", "Boris", confirmed="yes", reason="By mistake")
    clock.advance(minutes=9)
    tick(app)
    assert (standings(app), mails(app)) == ("A rejected, B rejected, C waiting, D waiting", [])  # the places are kept
    assert "2 registrations rejected. 2 e-mails leave at 13:10." in words(desk.get(LIST))
    said = words(undo(desk, LIST))
    assert "Undone. Everybody has the old place again, and nobody has been told." in said
    after_the_hold(app, clock)
    assert (standings(app), mails(app)) == ("A pending, B pending, C waiting, D waiting", [])
    own = words(client.get(pages["Anna"]))
    assert ("The organisers have not decided about it yet." in own, "By mistake" in own) == (True, False)
    anna = f"{LIST}/{references(app, 'Anna')[0]}"
    assert "Rejection undone" in words(desk.get(anna))
    decide(desk, app, "rejection", "Anna", confirmed="yes", reason="Experts only", **{"from": "person"})
    (other,) = references(app, "Boris")
    assert [b"1 registration rejected." in desk.get(page).data for page in (anna, f"{LIST}/{other}")] == [True, False]
    seen = undo(desk, anna)
    assert (seen.request.path, standings(app)) == (anna, "A pending, B pending, C waiting, D waiting")
    decide(desk, app, "rejection", "Anna", "Boris", confirmed="yes", reason="Experts only")
    decide(desk, app, "approval", "Anna")  # another mind within the hold: it takes the place that was kept for her
    assert "1 registration rejected." in words(desk.get(LIST))
    late = soup(desk.get(LIST)).select_one(f"form[action='{LIST}/undo']")
    after_the_hold(app, clock)
    assert standings(app) == "A confirmed, B rejected, C offered, D waiting"
    assert [(subject, to) for subject, to, _calendar in mails(app)] == [
        ("A place is free for you", "Carla"),
        ("Your registration has been approved", "Anna"),
        ("Your registration was not accepted", "Boris"),
    ]
    assert late is not None
    sent = {str(one["name"]): str(one["value"]) for one in late.select("input")}
    assert "It is too late to undo this" in words(desk.post(f"{LIST}/undo", data=sent, follow_redirects=True))
    assert b"undo" not in desk.get(LIST).data


def test_many_at_once_are_those_about_whom_there_is_something_to_decide_and_the_others_are_named(
    app: Flask, client: FlaskClient, clock: Clock, desk: FlaskClient, pages: dict[str, str]
):
    everybody = ("Anna", "Boris", "Carla", "Doris")
    waiting = "Nothing to decide: Carla Źdźbło (On the waiting list), Doris Źdźbło (On the waiting list)"
    asked = decide(desk, app, "rejection", *everybody)
    assert ("Reject 2 registrations?" in words(asked), f"{waiting}." in words(asked)) == (True, True)
    assert len(soup(asked).select(".history-list li")) == 2

    def sent(answer: TestResponse) -> str:
        assert answer.status_code == 303
        return " ".join(" ".join(one.get_text(" ").split()) for one in soup(desk.get(LIST)).select(".notice"))

    in_both = f"{LIST}/rejection", filled(asked) | {"reference": references(app, "Anna", "Boris"), "reason": "Full"}
    assert sent(decide(desk, app, "approval", *everybody)) == f"2 registrations approved. {waiting}."
    decided = "Nothing to decide: Anna Źdźbło (Confirmed), Boris Źdźbło (Confirmed)."
    assert sent(desk.post(in_both[0], data=in_both[1] | {"confirmed": "yes"})) == decided
    leave(client, pages["Anna"])
    asked = decide(desk, app, "withdrawal", "Anna", "Boris")
    gone = "Nothing to withdraw: Anna Źdźbło (Withdrawn)."
    assert ("Withdraw 1 registration?" in words(asked), gone in words(asked)) == (True, True)
    done = sent(decide(desk, app, "withdrawal", "Anna", "Boris", confirmed="yes"))
    assert done.startswith(f"1 person withdrawn. {gone} 1 person withdrawn. Boris Źdźbło")
    gone = "Nothing to withdraw: Anna Źdźbło (Withdrawn), Boris Źdźbło (Withdrawn)."
    assert gone in sent(decide(desk, app, "withdrawal", "Anna", "Boris", confirmed="yes"))
    revise_event(app, "workshop", state=State.CANCELLED)
    assert "This event takes no registration any more." in sent(decide(desk, app, "approval", "Carla"))


def test_who_has_no_address_is_called_about_what_was_decided_once_nothing_of_it_can_be_undone(
    app: Flask, clock: Clock, desk: FlaskClient, pages: dict[str, str]
):
    with app.app_context(), transaction():
        reached_by_phone = {"email": "", "address_digest": "", "phone": "+48 22 555 1234"}
        db.session.execute(db.update(Registration).where(Registration.given_name != "Boris").values(**reached_by_phone))
    event = "/desk/events/workshop/"

    def to_call() -> tuple[str, list[str]]:
        hands = [" ".join(one.get_text(" ").split()) for one in soup(desk.get("/desk/")).select(".hands li")]
        rows = soup(desk.get(event)).select("#calls li")
        said = (" ".join(row.get_text(" ").split()).removesuffix(" Called") for row in rows)
        return next((hand for hand in hands if "called" in hand), ""), [one.split(" Called ")[0] for one in said]

    def hand(number: int) -> str:
        return f"Workshop · People without an e-mail address have to be called ({number}). Call them"

    anna, carla, doris = (f"{name} Źdźbło · +48 22 555 1234 · Politechnika" for name in ("Anna", "Carla", "Doris"))
    assert to_call() == ("", [])
    call = "This person has no e-mail address, so please call: +48 22 555 1234."
    decide(desk, app, "approval", "Anna")
    assert f"1 registration approved. {call}" in words(desk.get(LIST))
    assert to_call() == (hand(1), [f"{anna} · Confirmed"])
    decide(desk, app, "withdrawal", "Anna", "Doris", confirmed="yes")
    undone = "2 people withdrawn. Nobody will get an e-mail. Until 13:10 this can be undone."
    to_be_called = "After that, 2 people without an e-mail address have to be called."
    assert f"{undone} {to_be_called}" in words(desk.get(LIST))
    assert to_call() == ("", [])
    after_the_hold(app, clock)
    offered = f"{carla} · Place offered, until 25 November 2026, 13:11 CET"
    assert to_call() == (hand(3), [f"{anna} · Withdrawn", offered, f"{doris} · Withdrawn"])
    with app.app_context(), transaction():  # she says yes, and an organiser says no
        db.session.execute(
            db.update(Participation)
            .where(Participation.standing == Standing.OFFERED)
            .values(standing=Standing.PENDING, offered_until=None)
        )
    asked = words(decide(desk, app, "rejection", "Carla"))
    assert "Until then you can undo it. After that, 1 person without an e-mail address has to be called." in asked
    decide(desk, app, "rejection", "Carla", reason="Experts only", confirmed="yes")
    after_the_hold(app, clock)
    assert to_call() == (hand(3), [f"{anna} · Withdrawn", f"{carla} · Rejected", f"{doris} · Withdrawn"])
    for form in soup(desk.get(event)).select("#calls form"):
        desk.post(str(form["action"]), data={str(one["name"]): str(one["value"]) for one in form.select("input")})
    assert to_call()[0] == ""
    assert "3 people without an e-mail address have to be called about their registrations. Called: 3" in words(
        desk.get(event)
    )


def test_a_change_is_told_to_the_pending_without_a_calendar_and_a_reminder_to_nobody_of_them(
    app: Flask, clock: Clock, desk: FlaskClient, pages: dict[str, str]
):
    decide(desk, app, "approval", "Anna")
    mails(app)
    with app.app_context(), transaction():
        event = publishing.event_by_slug("workshop", lock=True)
        assert event is not None
        later = replace(DAY, starts=datetime(2027, 8, 25, 12))  # noqa: DTZ001 - local
        facts = replace(values.event_facts(event), parts=(later,))
        actions.revise_event(event, facts, base_url=BASE_URL, by=OPERATOR)
        actions.tell(event, since=1, by=OPERATOR)
    clock.advance(minutes=11)
    assert [(to, calendar) for _subject, to, calendar in mails(app)] == [
        ("Anna", "REQUEST"),
        ("Boris", ""),
        ("Carla", ""),
        ("Doris", ""),
    ]
    clock.set(datetime(2027, 8, 24, 8, tzinfo=UTC))
    tick(app)
    assert [(subject, to) for subject, to, _calendar in mails(app)] == [("Reminder", "Anna")]


def test_who_is_approved_during_the_hold_reads_after_it_what_has_moved(
    app: Flask, clock: Clock, desk: FlaskClient, pages: dict[str, str]
):
    mails(app)
    with app.app_context(), transaction():
        event = publishing.event_by_slug("workshop", lock=True)
        assert event is not None
        later = replace(DAY, starts=datetime(2027, 8, 25, 12))  # noqa: DTZ001 - local
        actions.revise_event(event, replace(values.event_facts(event), parts=(later,)), base_url=BASE_URL, by=OPERATOR)
        actions.tell(event, since=1, by=OPERATOR)
    clock.advance(minutes=1)
    decide(desk, app, "approval", "Anna")
    assert [(to, calendar) for _subject, to, calendar in mails(app)] == [("Anna", "REQUEST")]
    clock.advance(minutes=11)
    told = [(to, calendar) for _subject, to, calendar in mails(app)]
    assert told == [("Anna", "REQUEST"), ("Boris", ""), ("Carla", ""), ("Doris", "")]


def test_a_withdrawn_request_that_is_taken_back_waits_for_the_decision_again(
    app: Flask, client: FlaskClient, clock: Clock, desk: FlaskClient
):
    page = come(client, "Anna")
    leave(client, page)
    path = f"{page}/restoration"
    assert client.post(path, data=hidden(client, path)).status_code == 303
    assert standings(app) == "A pending"
    assert [mail for mail in mails(app) if mail[2]] == []


def test_exports_and_the_history_name_the_decision(app: Flask, clock: Clock, desk: FlaskClient, pages: dict[str, str]):
    decide(desk, app, "approval", "Anna")
    decide(desk, app, "rejection", "Boris", confirmed="yes", reason="Full of experts")
    after_the_hold(app, clock)
    rows = desk.get(f"{LIST}.json").get_json()
    assert [(row["given_name"], row["state"]) for row in rows] == [
        ("Anna", "confirmed"),
        ("Boris", "rejected"),
        ("Carla", "offered"),
        ("Doris", "waiting"),
    ]
    person = words(desk.get(f"{LIST}/{references(app, 'Boris')[0]}"))
    assert ("Rejected : Workshop day ·" in person, "Reason: Full of experts" in person) == (True, True)


def test_whoever_is_entered_at_the_desk_needs_no_decision_not_even_where_she_waits_first(
    app: Flask, desk: FlaskClient
) -> None:
    def enter(name: str, **more: str) -> None:
        who = {"given_name": name, "family_name": "Ott", "organisation": "Park", "email": f"{name}@x.example"}
        typed = filled(desk.get(f"{LIST}/new")) | who | {"mode-day": "on_site"} | more
        assert desk.post(f"{LIST}/new", data=typed).status_code == 303

    enter("Olga")
    assert mails(app) == [("Your place is confirmed", "Olga", "REQUEST")]
    one = replace(DAY, capacity={Mode.ON_SITE: 1})
    revise_event(app, "workshop", waiting_list=WaitingList.AUTOMATIC, parts=(one,))
    enter("Pia", otherwise="waits")
    assert (standings(app), len(mails(app))) == ("O confirmed, P waiting", 1)
    revise_event(app, "workshop", parts=(DAY,))
    tick(app)
    assert standings(app) == "O confirmed, P confirmed"
    assert mails(app) == [("Your place is confirmed", "Pia", "REQUEST")]


@pytest.mark.one_database
def test_the_history_says_whether_each_registration_had_to_be_approved_before_and_after(
    app: Flask, desk: FlaskClient
) -> None:
    revise_event(app, "workshop", parts=(replace(DAY, approval=False),), reminds=False)
    revise_event(app, "workshop", waiting_list=WaitingList.OFF)
    shown = words(desk.get("/desk/events/workshop/"))
    told = ("Part “Workshop day”, approval of registrations: Yes → No", "Reminders: Yes → No")
    assert [line for line in told if line not in shown] == []
    assert "Waiting list: Offer free places to whoever is next, for 48 hours at most → No waiting list" in shown
    assert "wait for your decision" not in shown


MEETING = replace(CLOSED_DAY, visibility=Visibility.PUBLIC, approval=True, capacity={Mode.ON_SITE: 1})
OPEN_DAY = replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 2})
PEOPLE = "/desk/events/conference/participants"


def test_one_part_is_decided_about_while_the_other_is_simply_taken(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app, state=State.ANNOUNCED, parts=(MEETING, OPEN_DAY))
    said = "The organisers look at each registration for some parts: Working-group meeting."
    assert (said in words(client.get(CONFERENCE)), said in words(client.get(FORM))) == (True, True)
    both = {"parts": ["day-1", "day-2"], "waiting": "day-1:on_site"}
    anna, boris = (
        str(register(app.test_client(), FORM, given_name=name, email=f"{name}@x.example", **both).location)
        for name in ("Anna", "Boris")
    )
    assert standings(app) == "A pending, A confirmed, B waiting, B confirmed"
    assert mails(app) == [  # one each, and only what is sure goes into the calendar
        ("You are registered, in part on the waiting list", "Boris", "REQUEST"),
        ("You are registered, in part still without a decision", "Anna", "REQUEST"),
    ]
    own = words(client.get(anna))
    assert "You are registered. One part still waits for the organisers’ decision: see below." in own
    assert "We will write to you as soon as the organisers have decided." in own
    assert entries(app, client, "Anna") == 1
    desk = signed_in(app)
    assert "1 registration waits for your decision." in words(desk.get("/desk/events/conference/"))
    listed = words(desk.get(f"{PEOPLE}?state=pending&part=day-1"))
    assert "What you decide here concerns only: Working-group meeting." in listed
    token = str(soup(desk.get(PEOPLE)).select_one('input[name="csrf_token"]')["value"])  # type: ignore[index]
    asked = {"csrf_token": token, "part": "day-1", "reference": references(app, "Anna"), "reason": "Members only."}
    question = desk.post(f"{PEOPLE}/rejection", data=asked)
    assert "What you decide here concerns only: Working-group meeting." in words(question)
    done = desk.post(f"{PEOPLE}/rejection", data=asked | {"confirmed": "yes"})
    assert done.location == f"{PEOPLE}?state=pending&part=day-1"
    after_the_hold(app, clock)
    assert standings(app) == "A rejected, A confirmed, B offered, B confirmed"
    assert mails(app) == [
        ("A place is free for you", "Boris", ""),
        ("One part of your registration was not accepted", "Anna", ""),
    ]
    no = next(mail.text for mail in kept(app)[-2:] if "not accepted" in mail.envelope.subject)
    assert ("Members only." in no, "Public conference" in no) == (True, False)
    own = words(client.get(anna))
    assert "You are registered. One part was not accepted: see below." in own
    left = str(soup(client.get(f"{anna}/substitution")).select_one(".lead"))
    assert ("18 June 2027" in left, "17" in left) == (True, False)  # what a colleague can take over
    assert ("The organisers write: Members only." in own, "Add it to your calendar" in own) == (True, True)
    press(client, boris, "accept", "day-1")
    assert standings(app) == "A rejected, A confirmed, B pending, B confirmed"
    rows = desk.get(f"{PEOPLE}.json").get_json()
    assert [(row["given_name"], row["part"], row["state"]) for row in rows] == [
        ("Anna", "day-1", "rejected"),
        ("Anna", "day-2", "confirmed"),
        ("Boris", "day-1", "pending"),
        ("Boris", "day-2", "confirmed"),
    ]
    assert mails(app) == [("We have received your registration", "Boris", "")]
    (number,) = references(app, "Boris")
    page = soup(desk.get(f"{PEOPLE}/{number}"))
    yes = page.select_one(f'form[action="{PEOPLE}/approval"]')
    assert yes is not None
    sent = {str(tag["name"]): str(tag["value"]) for tag in yes.select("input")}
    assert desk.post(f"{PEOPLE}/approval", data=sent).location == f"{PEOPLE}/{number}"
    assert standings(app) == "A rejected, A confirmed, B confirmed, B confirmed"
    assert mails(app) == [("Your registration has been approved", "Boris", "REQUEST")]
    assert entries(app, client, "Boris") == 2
    leave(client, anna)  # what was refused before is no part of it
    assert mails(app) == [("Withdrawn", "Anna", "CANCEL")]


def test_who_was_rejected_for_one_part_may_come_to_another_and_never_asks_twice_for_the_first(
    app: Flask, client: FlaskClient, clock: Clock
):
    add_event(app, state=State.ANNOUNCED, parts=(MEETING, OPEN_DAY))
    desk = signed_in(app)

    def ask(*parts: str) -> TestResponse:
        return register(client, FORM, given_name="Anna", email="Anna@x.example", parts=list(parts))

    meeting = str(ask("day-1").location)
    token = str(soup(desk.get(PEOPLE)).select_one('input[name="csrf_token"]')["value"])  # type: ignore[index]
    anna = {"csrf_token": token, "reference": references(app, "Anna")[0]}
    desk.post(f"{PEOPLE}/rejection", data=anna | {"confirmed": "yes", "reason": "Members only."})
    assert (ask("day-1").status_code, ask("day-1", "day-2").status_code) == (409, 409)
    leave(client, str(ask("day-2").location))
    assert (ask("day-1").status_code, standings(app)) == (409, "A rejected, A withdrawn")
    day = str(ask("day-2").location)
    assert "Members only." not in words(client.get(day))  # whoever typed her name learns nothing
    desk.post(f"{PEOPLE}/approval", data=anna)
    assert standings(app) == "A confirmed, A withdrawn, A confirmed"
    leave(client, meeting)
    assert standings(app) == "A withdrawn, A withdrawn, A confirmed"


def test_a_guest_named_by_an_organiser_needs_no_yes_while_whom_a_partner_brings_does(
    app: Flask, client: FlaskClient, clock: Clock
):
    add_event(app, parts=(replace(CLOSED_DAY, approval=True), PUBLIC_DAY))
    named, handed_on = invite(app, GUEST, replace(GUEST, email="park@park.example", uses=3))
    anna = come_by(client, link(app, named), given_name="Anna")
    come_by(client, link(app, handed_on), given_name="Boris", email="boris@park.example")
    assert standings(app) == "A confirmed, A confirmed, B pending, B confirmed"
    said = "The organisers look at each registration for some parts: Working-group meeting."
    (another,) = invite(app, replace(GUEST, email="carla@park.example"))
    shown = [said in words(client.get(f"{link(app, one)}/registration")) for one in (another, handed_on)]
    assert shown == [False, True]

    full = replace(CLOSED_DAY, approval=True, capacity={Mode.ON_SITE: 2})
    revise_event(app, parts=(full, PUBLIC_DAY))
    dora = come_by(client, link(app, another), given_name="Dora", email="carla@park.example")
    assert standings(app).endswith("D waiting, D confirmed")
    leave(client, str(anna.location))
    assert standings(app).endswith("D offered, D confirmed")
    press(client, str(dora.location), "accept", "day-1")
    assert standings(app).endswith("D confirmed, D confirmed")


def test_who_has_a_place_and_waits_for_others_besides_is_written_one_e_mail(app: Flask, client: FlaskClient, clock):
    days = [replace(DAY, key=key, title=Text(en=f"Day {key}"), capacity={Mode.ON_SITE: 1}) for key in ("a", "b", "c")]
    add_event(app, WORKSHOP, parts=(replace(days[0], approval=False), days[1], replace(days[2], approval=False)))
    form = f"{PAGE}/register"
    register(client, form, **FILLED_WORKSHOP | {"email": "first@x.example", "parts": "c"})
    mails(app)
    register(client, form, **FILLED_WORKSHOP | {"parts": ["a", "b", "c"], "waiting": "c:on_site"})
    assert mails(app) == [("You are registered, in part still without a decision", "zaneta", "REQUEST")]
    (mail,) = kept(app)[-1:]
    said = " ".join(mail.text.split())
    assert re.findall(r"You are registered for|it is not confirmed yet|You are on the waiting list|- Day .", said) == [
        *("You are registered for", "- Day a"),
        *("it is not confirmed yet", "- Day b"),
        *("You are on the waiting list", "- Day c"),
    ]
    assert re.findall("Day .", mail.html.partition("</title>")[2]) == ["Day a", "Day b", "Day c"]
    assert mail.calendar.count("BEGIN:VEVENT") == 1
