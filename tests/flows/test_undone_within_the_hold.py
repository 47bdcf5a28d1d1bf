"""What somebody gives up and has back, while an unconfirmed mailbox waits for its next e-mail, is not told at all."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from s3chem_events import delivering, dispatch
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import PARTICIPANT, Actor, Fact
from s3chem_events.core.text import Text
from s3chem_events.mailing.letters import State as Sent
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import Mode, State, WaitingList
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import actions, batches, giving_up, links, queries, waiting
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import CLOSED_DAY, FILLED, PUBLIC_DAY, WORKSHOP, add_event, hidden, register, revise_event
from tests.flows.test_approval import references
from tests.flows.test_put_back import LIST, undo, withdraw
from tests.site.test_own_parts import DINNER, press
from tests.support.desk import signed_in
from tests.support.post import enrol, enrol_several, relay, rows, work

pytestmark = pytest.mark.settings(LIMITS="on")
ORGANISER = Actor("organiser", 1)
Told = tuple[str, list[tuple[str, str, int]]]


@pytest.fixture
def own(app: Flask, clock: Clock) -> str:
    add_event(app, state=State.ANNOUNCED, parts=(CLOSED_DAY, PUBLIC_DAY, DINNER), waiting_list=WaitingList.AUTOMATIC)
    page = str(register(app.test_client(), parts=["day-2", "dinner"]).location)
    assert work(app) == 1
    clock.advance(minutes=2)
    return page


@pytest.fixture
def unheard(app: Flask, clock: Clock) -> str:
    """Register somebody whose mailbox has just been written to of something else: her confirmation waits."""
    add_event(app, state=State.ANNOUNCED, parts=(CLOSED_DAY, PUBLIC_DAY, DINNER), waiting_list=WaitingList.AUTOMATIC)
    add_event(app, WORKSHOP, opens=datetime(2026, 1, 1, 9))  # noqa: DTZ001 - local to the event's zone
    enrol(app, slug="workshop", email=FILLED["email"], choices={"day": Mode.ON_SITE})
    assert work(app) == 1
    page = str(register(app.test_client(), parts=["day-2", "dinner"]).location)
    assert work(app) == 0
    return page


def told(app: Flask, clock: Clock) -> list[Told]:
    """Let an hour pass; returns what the mailbox is sent after its first e-mail, by kind, with what calendars hear."""
    for _ in range(12):
        clock.advance(minutes=5)
        work(app)
    with app.app_context():
        keys = {part.uid: part.key for part in db.session.scalars(db.select(Part))}
    hers = [row for row in rows(app) if row.address == FILLED["email"] and row.state == Sent.SENT][1:]
    read = [(row.kind, [Calendar.from_ical(one) for one in row.calendars]) for row in hers]
    return [
        (kind, sorted((str(c["METHOD"]), keys[str(c.events[0]["UID"])], int(c.events[0]["SEQUENCE"])) for c in found))
        for kind, found in read
    ]


def test_part_that_is_had_back_is_confirmed_with_a_sequence_that_has_risen(
    app: Flask, client: FlaskClient, clock: Clock, own: str
) -> None:
    assert press(client, f"{own}/parts/dinner/withdrawal").status_code == 303
    assert work(app) == 0
    assert press(client, f"{own}/parts/dinner", how="on_site").status_code == 303
    assert told(app, clock) == [("registration.confirmed", [("REQUEST", "dinner", 2)])]


def test_registration_that_is_had_back_is_confirmed_and_what_was_given_up_before_stays_told(
    app: Flask, client: FlaskClient, clock: Clock, own: str
) -> None:
    assert press(client, f"{own}/parts/dinner/withdrawal").status_code == 303
    assert work(app) == 0
    clock.advance(minutes=1)
    assert press(client, f"{own}/withdrawal").status_code == 303
    assert work(app) == 0
    assert press(client, f"{own}/restoration").status_code == 303
    assert told(app, clock) == [
        ("registration.part_given_up", [("CANCEL", "dinner", 1)]),
        ("registration.restored", [("REQUEST", "day-2", 2)]),
    ]


def test_who_only_waits_for_what_she_gave_up_has_it_out_of_her_calendar(
    app: Flask, client: FlaskClient, clock: Clock, own: str
) -> None:
    assert press(client, f"{own}/parts/dinner/withdrawal").status_code == 303
    assert work(app) == 0
    enrol(app, choices={"dinner": Mode.ON_SITE})
    assert press(client, f"{own}/parts/dinner", how="on_site wait").status_code == 303
    assert told(app, clock) == [
        ("registration.part_given_up", [("CANCEL", "dinner", 1)]),
        ("registration.waiting", []),
    ]


@pytest.mark.parametrize("wants", ["nothing", "to wait"])
@pytest.mark.parametrize("all_of_it", [False, True])
def test_what_does_not_come_back_leaves_the_calendar_though_no_worker_wrote_before_the_rest_was_back(
    app: Flask, client: FlaskClient, clock: Clock, own: str, wants: str, all_of_it: bool
) -> None:
    page = f"{own}/withdrawal" if all_of_it else f"{own}/parts/dinner/withdrawal"
    assert press(client, page).status_code == 303
    enrol(app, choices={"dinner": Mode.ON_SITE})
    last = list[Told]()
    if all_of_it:
        last = [("registration.restored", [("REQUEST", "day-2", 2)])]
        typed = {"places": "wait"} if wants == "to wait" else {}
        assert press(client, f"{own}/restoration", **typed).status_code == 303
    elif wants == "to wait":
        last = [("registration.waiting", [])]
        assert press(client, f"{own}/parts/dinner", how="on_site wait").status_code == 303
    rises = 2 if wants == "to wait" else 1  # a newcomer's count begins above what her mailbox holds
    assert told(app, clock) == [("registration.part_given_up", [("CANCEL", "dinner", rises)]), *last]
    (gone,) = (row.text for row in rows(app) if row.kind == "registration.part_given_up")
    named = 2 if wants == "to wait" else 1  # as what is given up, and as what she waits for
    assert [gone.count(title) for title in ("Public conference", "Dinner")] == [1, named]


def test_who_has_to_be_decided_about_anew_has_what_she_gave_up_out_of_her_calendar(
    app: Flask, client: FlaskClient, clock: Clock, own: str
) -> None:
    revise_event(app, parts=(CLOSED_DAY, PUBLIC_DAY, replace(DINNER, approval=True)))
    with app.app_context(), transaction():
        assert publishing.event_by_slug("conference", lock=True) is not None
        one = queries.registration_by_id(1)
        assert one is not None
        giving_up.give_up(one, part_key="dinner", by=ORGANISER)
    relay(app)  # the mail server is away: nothing leaves
    assert press(client, f"{own}/parts/dinner", how="on_site").status_code == 303
    assert told(app, clock) == [
        ("registration.part_given_up", [("CANCEL", "dinner", 2)]),
        ("registration.pending", []),
    ]


def test_confirmation_that_waits_names_nothing_that_was_given_up_since(
    app: Flask, client: FlaskClient, clock: Clock, unheard: str
) -> None:
    clock.advance(minutes=1)
    assert press(client, f"{unheard}/parts/dinner/withdrawal").status_code == 303
    assert work(app) == 0
    assert told(app, clock) == [
        ("registration.confirmed", [("REQUEST", "day-2", 0)]),
        ("registration.part_given_up", [("CANCEL", "dinner", 1)]),
    ]
    said = [row.text for row in rows(app) if (row.kind, row.subject_id) == ("registration.confirmed", 2)]
    assert [("Public conference" in text, "Dinner" in text) for text in said] == [(True, False)]


def test_who_withdraws_before_she_was_told_of_anything_is_confirmed_nothing_unless_she_is_back(
    app: Flask, client: FlaskClient, clock: Clock, unheard: str
) -> None:
    clock.advance(minutes=1)
    assert press(client, f"{unheard}/withdrawal").status_code == 303
    assert [kind for kind, _calendars in told(app, clock)] == ["registration.withdrawn"]
    assert press(client, f"{unheard}/restoration").status_code == 303
    assert [kind for kind, _calendars in told(app, clock)] == ["registration.withdrawn", "registration.restored"]


def test_confirmation_of_whom_organisers_took_off_for_the_time_being_is_never_thrown_away(
    app: Flask, client: FlaskClient, clock: Clock, unheard: str
) -> None:
    clock.advance(minutes=1)
    assert press(client, f"{unheard}/parts/dinner/withdrawal").status_code == 303
    clock.advance(minutes=10)
    with app.app_context(), transaction():
        assert publishing.event_by_slug("conference", lock=True) is not None
        one = queries.registration_by_id(2)
        assert one is not None
        assert batches.withdraw([one], by=ORGANISER) == 1
    clock.advance(minutes=5)
    work(app)
    with app.app_context(), transaction():
        event = publishing.event_by_slug("conference", lock=True)
        assert event is not None
        batches.undo(event.id, batches.held(event.id)[0].key, by=ORGANISER)
    kinds = [kind for kind, _calendars in told(app, clock)]
    assert "registration.confirmed" in kinds


def test_summary_that_waits_lists_nobody_as_coming_who_was_cancelled_since_and_is_never_lost(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    office = "office@park.example"
    add_event(app, state=State.ANNOUNCED, parts=(CLOSED_DAY, PUBLIC_DAY))
    add_event(app, WORKSHOP, opens=datetime(2026, 1, 1, 9))  # noqa: DTZ001 - local to the event's zone
    enrol(app, slug="workshop", email=office, choices={"day": Mode.ON_SITE})
    assert work(app) == 1
    enrol_several(app, "Anna", "Ben", "Carl", email=office)
    assert work(app) == 0
    with app.app_context():
        page, people = links.delegation(1, 1, language="en"), db.session.scalars(db.select(Registration)).all()
        numbers = {one.given_name: one.reference for one in people if one.delegation_id}
    clock.advance(minutes=1)
    for gone in ("Ben", "Carl"):
        assert press(client, f"{page}/people/{numbers[gone]}/withdrawal").status_code == 303
    assert press(client, f"{page}/people/{numbers['Carl']}/return").status_code == 303
    clock.advance(minutes=15)
    with app.app_context():
        delivering.deliver()  # a worker that is killed before it writes anything anew
    assert [row.state for row in rows(app) if row.kind == "delegation.registered"] == ["cancelled"]
    for _two_workers in range(2):
        relay(app)
    assert work(app) == 1
    (summary,) = (row for row in rows(app) if row.kind == "delegation.registered")
    standing = re.findall(r"Public conference \(Online\), 18 June 2027: ([a-z ]+)", summary.text)
    assert (summary.state, standing) == ("sent", ["confirmed", "withdrawn", "confirmed"])


def test_what_organisers_decide_is_never_contradicted_by_what_waited_while_they_could_undo_it(
    app: Flask, clock: Clock
) -> None:
    lunch, talks = (replace(DINNER, key=key, title=Text(en=key.title())) for key in ("lunch", "talks"))
    parts = (CLOSED_DAY, PUBLIC_DAY, DINNER, lunch, replace(talks, approval=True, capacity={Mode.ON_SITE: 9}))
    add_event(app, state=State.ANNOUNCED, parts=parts, waiting_list=WaitingList.AUTOMATIC)
    room = (replace(WORKSHOP.parts[0], capacity={Mode.ON_SITE: 9}),)
    add_event(app, WORKSHOP, opens=datetime(2026, 1, 1, 9), parts=room)  # noqa: DTZ001 - local to the event's zone
    desk, office = signed_in(app), "office@park.example"
    wants = {"Ann": "day-2", "Bea": "talks", "Cid": "talks", "Dot": "dinner", "Eva": "lunch", "Flo": "day-2"}
    enrol(app, choices={"dinner": Mode.ON_SITE, "lunch": Mode.ON_SITE}, email="first@x.example")
    for address in (*(f"{name}@x.example" for name in wants), office):
        enrol(app, slug="workshop", email=address, choices={"day": Mode.ON_SITE})
    assert work(app) == len(wants) + 2
    for name, part in wants.items():
        how = {"waiting": f"{part}:on_site"} if part in {"dinner", "lunch"} else {f"mode-{part}": "on_site"}
        here = register(app.test_client(), given_name=name, email=f"{name}@x.example", parts=[part], **how)
        assert here.status_code == 303
    enrol_several(app, "Gil", "Hal", email=office)
    assert work(app) == 0
    clock.advance(minutes=1)
    withdraw(desk, app, "Flo")
    undo(desk)
    withdraw(desk, app, "Ann", "Eva", "Gil")
    for name, decision in (("Bea", "rejection"), ("Cid", "approval")):
        typed = hidden(desk, LIST) | {"reference": references(app, name), "confirmed": "yes", "reason": "Full"}
        assert desk.post(f"{LIST}/{decision}", data=typed).status_code == 303
    with app.app_context(), transaction():
        number = db.session.scalars(db.select(Registration.id).filter_by(given_name="Dot")).one()
        assert publishing.event_by_slug("conference", lock=True) is not None
        dot = queries.registration_by_id(number, lock=True)
        assert dot is not None
        assert waiting.give_place(dot, part_key="dinner", by=ORGANISER, over_capacity=True)
    for _ in range(12):
        clock.advance(minutes=3)
        work(app)
    sent = sorted((row for row in rows(app) if row.sent_at), key=lambda row: (row.sent_at, row.id))
    read = {name: [row.kind for row in sent if row.address == f"{name}@x.example"][1:] for name in wants}
    assert read == {
        "Ann": ["registration.withdrawn"],
        "Bea": ["registration.rejected"],
        "Cid": ["registration.approved"],
        "Dot": ["registration.promoted"],
        "Eva": ["registration.left_waiting_list"],
        "Flo": ["registration.confirmed"],
    }
    (summary,) = (row.text for row in sent if row.kind == "delegation.registered")
    assert re.findall(r"Public conference \(Online\), 18 June 2027: (\w+)", summary) == ["withdrawn", "confirmed"]


def test_part_that_stays_gone_leaves_the_calendar_though_one_given_up_with_it_is_had_back(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    parts = (CLOSED_DAY, PUBLIC_DAY, DINNER, replace(DINNER, key="lunch", title=Text(en="Lunch")))
    add_event(app, state=State.ANNOUNCED, parts=parts, waiting_list=WaitingList.OFF)
    own = str(register(app.test_client(), parts=["day-2", "dinner", "lunch"]).location)
    assert work(app) == 1
    clock.advance(minutes=2)
    assert press(client, f"{own}/withdrawal").status_code == 303
    assert work(app) == 0
    (first, _second) = (
        enrol(app, choices={part: Mode.ON_SITE}, family_name=part, email=f"{part}@x.example")[0]
        for part in ("dinner", "lunch")
    )
    assert press(client, f"{own}/restoration").status_code == 303
    with app.app_context(), transaction():
        assert publishing.event_by_slug("conference", lock=True) is not None
        one = queries.registration_by_id(first, lock=True)
        assert one is not None
        assert actions.withdraw(one, by=PARTICIPANT)
    assert press(client, f"{own}/parts/dinner", how="on_site").status_code == 303
    assert told(app, clock) == [
        ("registration.withdrawn", [("CANCEL", "day-2", 1), ("CANCEL", "dinner", 1), ("CANCEL", "lunch", 1)]),
        ("registration.restored", [("REQUEST", "day-2", 2), ("REQUEST", "dinner", 2)]),
        ("registration.confirmed", [("REQUEST", "dinner", 2)]),
    ]


def test_clock_that_lags_behind_what_has_happened_has_nothing_written_over_and_over(
    app: Flask, client: FlaskClient, clock: Clock, unheard: str
) -> None:
    clock.advance(minutes=1)
    assert press(client, f"{unheard}/parts/dinner/withdrawal").status_code == 303
    with app.app_context(), transaction():
        fact, event = db.session.scalars(db.select(Fact).order_by(Fact.id.desc())).first(), db.session.get(Event, 1)
        assert fact is not None
        assert event is not None
        fact.happened_at = event.revised_at = datetime(2027, 6, 17, 12, tzinfo=UTC)
    clock.advance(minutes=15)
    with app.app_context():
        passes = [bool(dispatch.relay() + delivering.deliver()) for _ in range(9)]
    assert passes == [True] + [False] * 8
    assert told(app, clock)[0] == ("registration.confirmed", [("REQUEST", "day-2", 0), ("REQUEST", "dinner", 0)])
