"""The day before, everybody who comes is reminded once, by the clock of the event's zone."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Select

from s3chem_events import schedule
from s3chem_events.accounts.models import AuditEntry
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import CLOCK, Fact
from s3chem_events.core.text import Text
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.registration import reminding
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
from tests.flows.test_rivals import unlock
from tests.flows.test_still_coming import own_page
from tests.support.desk import signed_in
from tests.support.post import enrol, kept, relay, rows, work
from tests.support.rivals import at_once
from tests.support.statements import statements

NINE = datetime(2027, 8, 24, 7, tzinfo=UTC)
"""Nine o'clock in Warsaw, the day before the workshop."""
DAY = WORKSHOP.parts[0]
ROOM = "https://meet.example/room"


@pytest.fixture
def workshop(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app, WORKSHOP, parts=(replace(DAY, capacity={Mode.ON_SITE: 3, Mode.ONLINE: None}, online_url=ROOM),))
    clock.set(datetime(2027, 8, 1, 12, tzinfo=UTC))
    for name, mode in (("Anna", "on_site"), ("Jan", "online")):
        typed = FILLED_WORKSHOP | {"given_name": name, "email": f"{name}@park.example", "mode-day": mode}
        register(client, "/en/events/workshop/register", **typed)
    assert work(app) == 2


def tick(app: Flask, times: int = 1) -> int:
    """Let the clock look, then the worker write and send; returns how many e-mails were sent."""
    with app.app_context():
        for _ in range(times):
            schedule.tick()
    return work(app)


@pytest.fixture
def parallel(app: Flask, clock: Clock) -> None:
    """Publish an event with two parts at the same time, each in an online room of its own."""
    begins = datetime(2027, 8, 25, 8, 30)  # noqa: DTZ001 - local; the reminder comes within 24 hours of it
    online = {"capacity": {Mode.ONLINE: None}, "starts": begins, "ends": DAY.ends}
    parts = [replace(PUBLIC_DAY, key=key, title=Text(en=key), online_url=f"{ROOM}-{key}", **online) for key in "ab"]
    add_event(app, parts=tuple(parts))
    clock.set(datetime(2027, 8, 1, 12, tzinfo=UTC))


def reminders(app: Flask) -> list[tuple[str, str, list[str]]]:
    """Return to whom each reminder went, what it is called, and which rooms it names."""
    sent = [row for row in rows(app) if (row.kind, row.state) == ("event.reminded", "sent")]
    told = [(row, [key for key in "ab" if f"{ROOM}-{key}" in row.text + "".join(row.calendars)]) for row in sent]
    return [(row.name, row.subject, keys) for row, keys in told]


@pytest.mark.usefixtures("parallel")
def test_each_part_of_a_day_is_reminded_of_by_an_e_mail_that_is_named_after_it(app: Flask, clock: Clock):
    enrol(app, choices=dict.fromkeys("ab", Mode.ONLINE))
    assert work(app) == 1
    clock.set(NINE)
    assert tick(app, 2) == 2
    called = "Reminder: Final conference – {}, 25 August 2027"
    assert reminders(app) == [("Anna Nowak", called.format(key), [key]) for key in "ab"]
    assert [called.format(key) in mail.html for key, mail in zip("ab", kept(app)[-2:], strict=True)] == [True, True]


@pytest.mark.settings(LIMITS="on")
@pytest.mark.usefixtures("parallel")
def test_of_people_at_one_unconfirmed_mailbox_each_is_reminded_of_a_part_that_nobody_else_has(app: Flask, clock: Clock):
    for name, key in {"Anna": "a", "Jan": "b", "Ola": "b"}.items():
        enrol(app, given_name=name, email="pair@park.example", choices={key: Mode.ONLINE})
    for _ in range(4):
        work(app)
        clock.advance(minutes=16)
    clock.set(NINE)
    tick(app)
    for _ in range(4):
        clock.advance(minutes=16)
        work(app)
    assert [(name, keys) for name, _subject, keys in reminders(app)] == [("Anna Nowak", ["a"]), ("Jan Nowak", ["b"])]
    (left_out,) = (row for row in rows(app) if row.state == "cancelled")
    said = words(signed_in(app).get(f"/desk/mail/{left_out.id}"))
    assert "left out: somebody at this mailbox was reminded already" in said
    assert "what it tells of is over" not in said


@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize("late", [timedelta(), timedelta(hours=5)])
def test_everybody_is_reminded_once_however_often_and_late_the_clock_looks(app: Flask, clock: Clock, late: timedelta):
    clock.set(NINE - timedelta(minutes=1))
    assert tick(app) == 0
    clock.set(NINE + late)
    assert tick(app, 2) == 2
    assert tick(app) == 0
    anna, jan = kept(app)[-2:]
    assert "Wednesday, 25 August 2027, 10:30–15:00 CEST" in anna.text
    assert (ROOM in anna.text, anna.calendar) == (False, "")
    assert (ROOM in jan.text, jan.method, f"LOCATION:{ROOM}" in jan.calendar) == (True, "REQUEST", True)
    assert "not known yet" not in jan.text


@pytest.mark.usefixtures("workshop")
def test_who_was_reminded_when_stands_in_the_log_of_the_event_and_with_each_person(app: Flask, clock: Clock):
    clock.set(NINE)
    add_event(app)
    register(app.test_client(), email="ola@park.example")
    tick(app)  # D4
    organiser = signed_in(app)
    answer = organiser.get("/desk/events/workshop/mail-log.json")
    logged = [list(row.values()) for row in json.loads(answer.data)]
    assert [row[2] for row in logged] == ["registration.confirmed"] * 2 + ["event.reminded"] * 2
    sent = ["2027-08-24T07:00:00Z", "sent", "event.reminded", kept(app)[-1].envelope.subject]
    assert [row[:4] for row in logged[2:]] == [sent, sent]
    people = [["Anna", "Anna@park.example"], ["Jan", "Jan@park.example"]]
    assert [[row[5], row[7]] for row in logged[2:]] == people
    head = organiser.get("/desk/events/workshop/mail-log.csv").get_data(as_text=True).splitlines()[0]
    assert head.startswith("\ufeffSent at (UTC),Status,Kind of e-mail,Subject,Reference,")
    for asked in ("", "?part=day&state=withdrawn"):  # it belongs to the whole event, also where nobody is found
        page = soup(organiser.get(f"/desk/events/workshop/participants{asked}"))
        named = [str(link["aria-label"]) for link in page.select("a[href*='mail-log']")]
        assert named == [f"Log of e-mails as {form}" for form in ("XLSX", "CSV", "JSON")]
    person = organiser.get(f"/desk/events/workshop/participants/{logged[2][4]}")
    assert words(person).count(sent[3]) == 1
    with app.app_context():
        trail = db.session.scalar(db.select(AuditEntry.data).filter_by(kind="mail_log.exported"))
    assert trail == {"event": 1, "format": "json", "rows": 4}


@pytest.mark.usefixtures("workshop")
def test_withdrawn_cancelled_and_begun_are_left_alone(app: Flask, client: FlaskClient, clock: Clock):
    clock.set(datetime(2027, 8, 25, 8, 30, tzinfo=UTC))  # it begins
    assert tick(app) == 0
    clock.set(NINE)
    anna = own_page(next(mail.text for mail in kept(app) if "Anna" in mail.text))
    client.post(f"{anna}/withdrawal", data=hidden(client, f"{anna}/withdrawal"))
    assert work(app) == 1
    revise_event(app, "workshop", state=State.POSTPONED)
    assert tick(app) == 0
    revise_event(app, "workshop", state=State.ANNOUNCED)
    assert tick(app) == 1
    week = timedelta(days=7)
    revise_event(app, "workshop", parts=(replace(DAY, starts=DAY.starts + week, ends=DAY.ends + week),))
    clock.set(NINE + week)
    with app.app_context():
        schedule.tick()
    revise_event(app, "workshop", state=State.CANCELLED)
    assert tick(app) == 0
    assert [(row.kind, row.name) for row in rows(app)[3:]] == [("event.reminded", "Jan Źdźbło")]


@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize("late", [timedelta(hours=25, minutes=30), timedelta(days=2), timedelta(days=30)])
def test_nobody_is_reminded_once_it_has_begun_however_late_the_worker_comes(
    app: Flask, clock: Clock, late: timedelta, written: bool
):
    clock.set(NINE)
    with app.app_context():
        schedule.tick()
    if written:
        relay(app)
    clock.set(NINE + late)
    tick(app)
    assert [row.state for row in rows(app) if row.kind == "event.reminded"] == ["cancelled"] * 2 * written


@pytest.mark.both_counted
@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize("guarded", [True, pytest.param(False, marks=pytest.mark.own_app)])
def test_two_schedulers_that_look_at_the_same_moment_remind_everybody_once(
    app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch, guarded: bool
):
    found, both = reminding._coming, Barrier(2)  # D4

    def slowly(moment: datetime) -> Any:
        parts = found(moment)
        with suppress(BrokenBarrierError):  # where one waits for the other, this one goes on alone
            both.wait(0.2 if guarded else 10)
        return parts

    if not guarded:
        unlock(app, monkeypatch)
        monkeypatch.setattr(Select, "with_for_update", lambda query, **_options: query)
        allow_twice(app)
    monkeypatch.setattr(reminding, "_coming", slowly)
    clock.set(NINE + timedelta(hours=5))

    def look() -> None:
        with app.app_context(), transaction():
            reminding.remind(by=CLOCK)

    at_once(look, look)
    assert count(app, Fact, kind="event.reminded") == (1 if guarded else 2)
    if guarded:
        assert (work(app), tick(app)) == (2, 0)


def allow_twice(app: Flask) -> None:
    """Let a part's reminder be noted twice, and nobody wait for another."""
    copied = ("ALTER TABLE reminder RENAME TO kept", "CREATE TABLE reminder AS SELECT * FROM kept")
    with app.app_context(), transaction():
        (once,) = db.inspect(db.session.connection()).get_unique_constraints("reminder")
        dropped = (f"ALTER TABLE reminder DROP CONSTRAINT {once['name']}",)
        for statement in copied if db.engine.dialect.name == "sqlite" else dropped:
            db.session.execute(db.text(statement))


@pytest.mark.usefixtures("workshop")
def test_the_clock_asks_the_database_no_more_after_many_saves_than_after_one(app: Flask, clock: Clock):
    clock.set(NINE)
    assert tick(app) == 2

    def asked(saves: int) -> int:
        for number in range(saves):
            clock.advance(seconds=20)
            revise_event(app, "workshop", region=f"{number} of {saves}")
        with statements(app) as seen, app.app_context(), transaction():
            assert reminding.remind(by=CLOCK) == 0
        return len(seen)

    assert asked(1) == asked(30) > 0


@pytest.mark.usefixtures("workshop")
def test_moved_event_is_reminded_of_again_on_its_new_day(app: Flask, clock: Clock):
    clock.set(NINE)
    assert tick(app) == 2
    part = replace(DAY, starts=DAY.starts + timedelta(days=7), ends=DAY.ends + timedelta(days=7))
    revise_event(app, "workshop", parts=(part,))
    assert tick(app) == 0
    clock.set(NINE + timedelta(days=7))
    assert tick(app) == 2


@pytest.mark.usefixtures("workshop")
def test_organiser_may_do_without(app: Flask, clock: Clock):
    revise_event(app, "workshop", reminds=False)
    clock.set(NINE)
    assert tick(app) == 0


@pytest.mark.usefixtures("workshop")
def test_own_page_and_calendar_hold_the_link_from_24_hours_ahead_and_nobody_elses_do(
    app: Flask, client: FlaskClient, clock: Clock
):
    anna, jan = (next(mail for mail in kept(app) if name in mail.text) for name in ("Anna", "Jan"))
    said = "The link to join will stand on your personal page and in your calendar from 24 August 2027, 10:30 CEST."
    assert [said in " ".join(mail.text.split()) and said in mail.html for mail in (anna, jan)] == [False, True]
    calendar, own_page = (
        next(line for line in jan.text.split() if part in line).removeprefix("http://localhost")
        for part in ("/calendar/", "/registrations/")
    )

    def seen() -> list[bool]:
        return [ROOM.encode() in client.get(path).data for path in (calendar, own_page)]

    clock.set(NINE)  # with the reminder, but it begins at 10:30 only
    assert (tick(app), seen()) == (2, [False, False])
    clock.set(NINE + timedelta(minutes=89))
    assert seen() == [False, False]
    clock.set(NINE + timedelta(minutes=90))
    assert seen() == [True, True]
    for public in ("/events/workshop.ics", "/calendar.ics", "/en/events/workshop"):
        assert ROOM.encode() not in client.get(public).data
