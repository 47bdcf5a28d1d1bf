"""A reminder that waits for the mail server reaches nobody who does not come any more (A5)."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events import create_app, schedule
from s3chem_events.core import config
from s3chem_events.core.db import db
from s3chem_events.core.text import Text
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.registration import reminding
from tests.conftest import Clock
from tests.factories import PUBLIC_DAY, add_event, add_question, hidden, register, words
from tests.flows.test_change_told import change, undo
from tests.flows.test_gate_data import GATE, tell
from tests.flows.test_reminded_within_the_hold import NINE
from tests.flows.test_reminders import ROOM, tick
from tests.flows.test_still_coming import move, own_page, press, press_at
from tests.support.desk import signed_in
from tests.support.post import enrol, rows, work
from tests.support.post_office import PostOffice
from tests.support.servers import free_port, mailing_to

TOUR, SUPPER = replace(PUBLIC_DAY, key="tour"), replace(PUBLIC_DAY, key="supper")
DINNER = replace(PUBLIC_DAY, key="dinner", starts=date(2027, 6, 19), ends=date(2027, 6, 19))


@pytest.fixture
def office() -> PostOffice:
    """Give a mail server that is not running."""
    return PostOffice(port=free_port())


@pytest.fixture
def app(environ: dict[str, str], office: PostOffice) -> Iterator[Flask]:
    app = create_app(config.load(environ | mailing_to(office.port)))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def delivered(app: Flask, office: PostOffice, clock: Clock, *, minutes: int = 12) -> dict[str, list[str]]:
    """Let the server come back, and look three times; returns whose e-mails came, by their subjects up to the colon."""
    office.mails.clear()
    office.start()
    try:
        for _ in range(3):
            clock.advance(minutes=minutes)
            work(app)
    finally:
        office.stop()
    found = defaultdict[str, list[str]](list)
    for mail in office.mails:
        found[mail.recipients[0].partition("@")[0]].append(mail.message["Subject"].partition(":")[0])
    return dict(found)


def rearranged(facts: EventFacts) -> EventFacts:
    """Call the tour off, and move the supper."""
    public, tour, supper, dinner = facts.parts
    moved = replace(supper, starts=date(2027, 6, 20), ends=date(2027, 6, 20))
    return replace(facts, parts=(public, replace(tour, cancelled=True), dinner, moved))


@pytest.mark.parametrize("guarded", [True, False])
def test_reminder_that_waited_reaches_those_alone_who_still_come(
    app: Flask, client: FlaskClient, clock: Clock, office: PostOffice, monkeypatch: pytest.MonkeyPatch, guarded: bool
):
    if not guarded:
        monkeypatch.setattr(reminding, "outlived", lambda claims: set())
    late = [] if guarded else ["Reminder"]
    add_event(app, state=State.ANNOUNCED, parts=(PUBLIC_DAY, TOUR, SUPPER, DINNER))
    keys = {"anna": "day-2", "bea": "tour", "carl": "supper", "dora": "day-2", "emil": "dinner"}
    for name, key in keys.items():
        enrol(app, given_name=name, email=f"{name}@park.example", choices={key: Mode.ON_SITE})
    assert set(delivered(app, office, clock)) == set(keys)
    anna = own_page(rows(app)[0].text)
    clock.set(NINE)
    tick(app)
    press(client, f"{anna}/withdrawal")
    change(app, rearranged)
    clock.advance(minutes=10)
    assert delivered(app, office, clock) == {
        "anna": [*late, "Withdrawn"],
        "bea": [*late, "One part is cancelled"],
        "carl": [*late, "New date for Final conference – Public conference"],
        "dora": ["Reminder"],
    }
    clock.set(NINE + timedelta(days=1))
    tick(app)
    change(app, lambda facts: replace(facts, state=State.CANCELLED))
    clock.advance(minutes=10)
    assert delivered(app, office, clock)["emil"] == [*late, "Cancelled"]
    assert len(stopped(app)) == (4 if guarded else 0)
    if guarded:
        assert "stopped: what it tells of is over" in words(signed_in(app).get(f"/desk/mail/{stopped(app)[0]}"))


def test_reminder_that_a_slip_has_stopped_follows_once_to_those_it_had_not_reached(
    app: Flask, clock: Clock, office: PostOffice
):
    add_event(app, state=State.ANNOUNCED, parts=(PUBLIC_DAY, TOUR))
    for name, key in {"anna": "day-2", "bea": "tour"}.items():
        enrol(app, given_name=name, email=f"{name}@park.example", choices={key: Mode.ON_SITE})
    assert set(delivered(app, office, clock)) == {"anna", "bea"}
    clock.set(NINE)
    tick(app)  # both wait for the mail server
    change(app, lambda facts: replace(facts, parts=(PUBLIC_DAY, replace(TOUR, cancelled=True))))
    clock.advance(minutes=8)
    work(app)
    assert len(stopped(app)) == 1
    undo(app)
    tick(app)
    assert delivered(app, office, clock) == {"anna": ["Reminder"], "bea": ["Reminder"]}
    # Nor does one that had not been written yet get lost with the whole event, and who has hers gets no other.
    enrol(app, given_name="carl", email="carl@park.example", choices={"tour": Mode.ON_SITE})
    for _ in range(2):
        with app.app_context():
            schedule.tick()
        change(app, lambda facts: replace(facts, state=State.CANCELLED))
        clock.advance(minutes=8)
        undo(app)
    tick(app)
    assert delivered(app, office, clock) == {"carl": ["Reminder", "Your place is confirmed"]}
    assert len(stopped(app)) == 1


def test_of_several_parts_that_a_reminder_waits_for_those_alone_are_told_that_stand_and_a_slip_loses_none(
    app: Flask, client: FlaskClient, clock: Clock, office: PostOffice
):
    add_event(
        app,
        state=State.ANNOUNCED,
        parts=tuple(replace(one, title=Text(en=one.key)) for one in (PUBLIC_DAY, TOUR, SUPPER)),
    )
    for name, keys in {"anna": ("day-2", "tour", "supper"), "bea": ("tour",)}.items():
        enrol(app, given_name=name, email=f"{name}@park.example", choices=dict.fromkeys(keys, Mode.ON_SITE))
    assert set(delivered(app, office, clock)) == {"anna", "bea"}
    clock.set(NINE)
    tick(app)
    press(client, f"{own_page(rows(app)[0].text)}/parts/supper/withdrawal")
    change(
        app,
        lambda facts: replace(facts, parts=(facts.parts[0], replace(facts.parts[1], cancelled=True), facts.parts[2])),
    )
    clock.advance(minutes=2)
    assert told_of(app, office, clock, minutes=2) == {"anna": ["day-2"]}
    undo(app)
    tick(app)
    assert told_of(app, office, clock) == {"anna": ["tour"], "bea": ["tour"]}


def test_reminder_that_waited_says_what_is_so_by_then(app: Flask, clock: Clock, office: PostOffice):
    add_event(app, state=State.ANNOUNCED, parts=(PUBLIC_DAY,))
    enrol(app, email="anna@park.example", choices={"day-2": Mode.ON_SITE})
    assert set(delivered(app, office, clock)) == {"anna"}
    move(app, until=date(2027, 1, 8))
    clock.advance(minutes=10)
    assert set(delivered(app, office, clock)) == {"anna"}
    clock.advance(days=1)
    assert press_at(signed_in(app), "reminder") == 303
    work(app)  # it waits for the mail server
    clock.advance(minutes=1)
    change(app, lambda facts: at_two_online(facts, online_url=ROOM))
    clock.advance(minutes=10)
    changed, asked = "Now online", "Will you still come? Final conference, 22 October 2027"
    assert sorted(delivered(app, office, clock)["anna"]) == sorted([changed, asked])
    assert [("14:00–16:00" in text, "On site" in text) for text in texts(office)] == [(True, False)] * 2
    clock.set(datetime(2027, 10, 21, 12, tzinfo=UTC))
    tick(app)
    clock.advance(minutes=1)
    change(app, lambda facts: at_two_online(facts, online_url=f"{ROOM}-2"), tell=False)
    assert delivered(app, office, clock) == {"anna": ["Reminder"]}
    assert [f"{ROOM}-2" in text for text in texts(office)] == [True]
    assert [row.state for row in rows(app) if row.kind != "event.changed"] == ["sent"] * 3


def test_what_the_entrance_lacks_is_asked_of_those_alone_who_have_not_told_it_meanwhile(
    app: Flask, client: FlaskClient, clock: Clock, office: PostOffice
):
    add_event(app, state=State.ANNOUNCED, parts=(PUBLIC_DAY,))
    add_question(app, "identity", required=True, **GATE)
    for name in ("anna", "bea", "carl"):
        enrol(app, given_name=name, email=f"{name}@park.example", choices={"day-2": Mode.ON_SITE})
    assert set(delivered(app, office, clock)) == {"anna", "bea", "carl"}
    anna, bea, _carl = (own_page(row.text) for row in rows(app))
    clock.set(datetime(2027, 6, 16, 12, 1, tzinfo=UTC))
    tick(app)
    assert tell(client, anna, identity="AB 123456") == 303
    assert press(client, f"{bea}/mode/day-2") == 303
    assert delivered(app, office, clock) == {
        "bea": ["How you take part"],
        "carl": ["Still needed for the entrance"],
    }
    desk = signed_in(app)
    for hour in ("10:00", "11:00"):  # by which the entrance wants it, too late for the first e-mail to be true
        token = {"csrf_token": hidden(desk, "/desk/events/conference/gate")["csrf_token"]}
        typed = token | {"until": f"2027-06-17T{hour}"}
        assert desk.post("/desk/events/conference/gate/end", data=typed).status_code == 303
        tick(app)
    assert delivered(app, office, clock) == {"carl": ["Still needed for the entrance"]}
    assert "17 June 2027, 11:00" in texts(office)[0]


@pytest.mark.settings(LIMITS="on")
def test_who_shares_a_mailbox_with_somebody_who_withdraws_is_reminded_in_her_stead(
    app: Flask, client: FlaskClient, clock: Clock, office: PostOffice
):
    add_event(app, state=State.ANNOUNCED, parts=(PUBLIC_DAY,))
    pair = {
        name: str(register(client, given_name=name, email="pair@park.example").location) for name in ("Anna", "Jan")
    }
    assert delivered(app, office, clock, minutes=16) == {"pair": ["Your place is confirmed"] * 2}
    clock.set(NINE)
    for _ in range(4):  # for her first, then for him; the server is away
        tick(app)
        clock.advance(minutes=16)
    assert press(client, f"{pair['Anna']}/withdrawal") == 303
    assert delivered(app, office, clock, minutes=16) == {"pair": ["Reminder", "Withdrawn"]}
    (reminder,) = (mail for mail in office.mails if mail.message["Subject"].startswith("Reminder"))
    assert "Dear Jan" in reminder.message.get_body(("plain",)).get_content()


def at_two_online(facts: EventFacts, *, online_url: str) -> EventFacts:
    """Let it be online alone, at two in the afternoon."""
    (part,) = facts.parts
    day = datetime(part.starts.year, part.starts.month, part.starts.day)  # noqa: DTZ001 - local
    hours = {"starts": day.replace(hour=14), "ends": day.replace(hour=16)}
    return replace(facts, parts=(replace(part, capacity={Mode.ONLINE: None}, online_url=online_url, **hours),))


def texts(office: PostOffice) -> list[str]:
    """Return what the e-mails say that came last."""
    return [mail.message.get_body(("plain",)).get_content() for mail in office.mails]


def told_of(app: Flask, office: PostOffice, clock: Clock, *, minutes: int = 12) -> dict[str, list[str]]:
    """Let the server come back; returns of which parts whom the reminders tell that came."""
    delivered(app, office, clock, minutes=minutes)
    found = defaultdict[str, list[str]](list)
    for mail in office.mails:
        if mail.message["Subject"].startswith("Reminder"):
            text = mail.message.get_body(("plain",)).get_content()
            found[mail.recipients[0].partition("@")[0]] += re.findall(r"^- (.*?)\r?$", text, re.MULTILINE)
    return dict(found)


def stopped(app: Flask) -> list[int]:
    """Return the reminders that will not leave."""
    return [row.id for row in rows(app) if row.kind == "event.reminded" and row.state == "cancelled"]
