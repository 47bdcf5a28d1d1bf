"""What the privacy notice says of erasure is done: 90 days after the event, and after the audit date (F5)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events import dispatch, schedule
from s3chem_events.core.clock import now
from s3chem_events.core.db import Model, db, transaction
from s3chem_events.core.guard import settings
from s3chem_events.core.journal import CLOCK, PARTICIPANT, Fact
from s3chem_events.mailing import emptying, outbox, relaying, render, rewording
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.publishing import actions as publishing
from s3chem_events.publishing import queries
from s3chem_events.publishing.letterhead import letterhead_of
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.registration import disowning, erasing
from s3chem_events.registration import queries as registrations
from s3chem_events.registration.emails import confirmations
from s3chem_events.registration.invitation import Invitation
from s3chem_events.registration.models import Answer, Consent, Delegation, Registration
from tests.conftest import Clock
from tests.factories import (
    CLOSED_DAY,
    PUBLIC_DAY,
    add_event,
    add_guest,
    add_question,
    count,
    hidden,
    register,
    revise_event,
    soup,
    words,
)
from tests.support.desk import filled, signed_in
from tests.support.post import enrol, enrol_several, kept, work
from tests.support.statements import statements

NEW = "/desk/events/conference/participants/new"
LIST = "/desk/events/conference/participants"
LAST_DAY_BEFORE = datetime(2027, 9, 15, 23, tzinfo=UTC)
ERASED_ON = datetime(2027, 9, 16, 1, tzinfo=UTC)
"""90 days after 18 June."""


def tick(app: Flask) -> None:
    with app.app_context():
        schedule.tick()
    work(app)


def everything(app: Flask) -> str:
    """Return what the whole database says, but of the organisers."""
    with app.app_context():
        tables = [table for table in Model.metadata.sorted_tables if table.name not in {"organiser", "session"}]
        return "\n".join(f"{table.name} {row}" for table in tables for row in db.session.execute(db.select(table)))


def people(app: Flask) -> list[tuple[str, str, str, bool]]:
    with app.app_context():
        found = db.session.scalars(db.select(Registration).order_by(Registration.id))
        return [(one.full_name, one.organisation, one.email, one.erased_at is not None) for one in found]


def facts(app: Flask, *kinds: str) -> list[tuple[str, dict[str, object], str]]:
    with app.app_context():
        found = db.session.scalars(db.select(Fact).where(Fact.kind.in_(kinds)).order_by(Fact.id))
        return [(one.kind, one.data, one.by) for one in found]


def reference_of(app: Flask, name: str) -> str:
    with app.app_context():
        return str(db.session.scalar(db.select(Registration.reference).filter_by(family_name=name)))


def come(client: FlaskClient, **changes: str) -> str:
    """Register somebody; returns the address of the own page."""
    return register(client, **changes).headers["Location"].removeprefix("http://localhost")


def test_ninety_days_after_the_event_nobody_can_be_reached_and_who_had_no_place_is_gone(
    app: Flask, client: FlaskClient, clock: Clock
):
    add_event(app)
    add_question(app, "why", label="Why do you come?", keep_days=365)
    own = come(client, **{"question-why": "To learn"})
    left = come(client, family_name="Weg", email="gone@weg.example", **{"question-why": "Nothing stays"})
    desk = signed_in(app)
    caller = {"family_name": "Ott", "organisation": "Park", "phone": "+32 470 111 222", "mode-day-2": "on_site"}
    desk.post(NEW, data=filled(desk.get(NEW)) | caller)
    enrol_several(app, "Piet", "Jan")
    work(app)
    come(client, family_name="Mol", email="typo@mol.example", **{"mode-day-2": "online"})
    here = f"{LIST}/{reference_of(app, 'Mol')}"
    desk.post(f"{here}/address", data=hidden(desk, f"{here}/address") | {"email": "right@mol.example"})
    client.post(f"{left}/withdrawal", data=hidden(client, f"{left}/withdrawal"))
    work(app)
    revise_event(app, venue=CLOSED_DAY.venue)
    work(app)
    clock.set(LAST_DAY_BEFORE)
    tick(app)
    before, letters = everything(app), len(kept(app))
    marks = ("zaneta@", "gone@weg", "office@park", "typo@mol", "right@mol", "Greta", "470 111 222", "Nothing stays")
    assert [mark for mark in (*marks, "Weg") if mark not in before] == []
    assert len(people(app)) == 6
    clock.set(ERASED_ON)
    tick(app)
    after = everything(app)
    assert [mark for mark in (*marks, "Weg", "uczelnia.example", "Your registration") if mark in after] == []
    assert people(app) == [
        ("Żaneta Źdźbło", "Politechnika", "", True),
        ("Ott", "Park", "", True),
        ("Piet Amt", "Chemiepark", "", True),
        ("Jan Amt", "Chemiepark", "", True),
        ("Żaneta Mol", "Politechnika", "", True),
    ]
    told = [("registration.erased", {"event": 1}, "clock")] * 6 + [("delegation.erased", {"event": 1}, "clock")]
    assert facts(app, "registration.erased", "delegation.erased") == told
    assert (count(app, Consent, subject="privacy"), count(app, Delegation), count(app, Answer)) == (2, 0, 1)
    tick(app)
    assert (everything(app), len(kept(app))) == (after, letters)
    answer = client.get(own)
    assert (answer.status_code, "we will gladly send you a new link" in words(answer)) == (404, True)


def test_the_desk_sees_that_somebody_is_erased_and_asks_nobody_to_call(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app)
    come(client)
    work(app)
    clock.set(ERASED_ON)
    tick(app)
    desk = signed_in(app)
    here = f"{LIST}/{reference_of(app, 'Źdźbło')}"
    said = words(desk.get(here))
    assert "E-mail Erased on 16 September 2027, 03:00 CEST, 90 days after the event." in said
    assert "E-mail address and e-mails erased" in said
    assert [
        word for word in ("To be called", "Send the personal link", "Correct the address", "Withdraw…") if word in said
    ] == []
    row = words(desk.get(LIST))
    assert ("E-mail erased" in row, "To be called" in row) == (True, False)
    assert "No matches" in words(desk.get(f"{LIST}?email=none"))
    assert [one["email"] for one in desk.get(f"{LIST}.json").get_json()] == [""]
    before = everything(app)
    typed = hidden(desk, f"{here}/address")
    for path, form, status in (
        ("address", {"email": "new@x.example"}, 409),
        ("link", {}, 303),
        ("withdrawal", {}, 303),
    ):
        assert desk.post(f"{here}/{path}", data=typed | form).status_code == status
    assert everything(app) == before


def test_the_days_count_from_the_last_that_takes_place_and_a_postponed_event_is_awaited_for_a_year(
    app: Flask, client: FlaskClient, clock: Clock
):
    """A part that is cancelled does not count, unless the whole event is."""
    days = (replace(PUBLIC_DAY, cancelled=False), replace(CLOSED_DAY, starts=date(2027, 7, 1), ends=date(2027, 7, 1)))
    add_event(app, parts=days)
    add_event(app, slug="off", parts=tuple(replace(one, key=f"{one.key}-off") for one in days))
    add_event(app, slug="later")
    enrol(app)
    enrol(app, slug="off", choices={"day-2-off": Mode.ONLINE})
    add_question(app, "allergy", slug="later", kind="diet", label="Diet", readers="caterer", keep_days=3)
    health = {"question-allergy": "coeliac", "question-allergy-consent": "y"}
    register(client, "/en/events/later/register", email="later@x.example", **health)
    add_guest(app, slug="later", email="guest@x.example")
    with app.app_context(), transaction():
        for slug, state in (("off", State.CANCELLED), ("later", State.POSTPONED)):
            event = queries.event_by_slug(slug, lock=True)
            assert event is not None
            event.state = state
    revise_event(app, parts=(days[0], replace(days[1], cancelled=True)))
    reached = []
    old_day = datetime(2028, 6, 17, 1, tzinfo=UTC)  # a year after 18 June 2027
    days_on = [old_day + timedelta(days=days) for days in (2, 3, 29, 30, 89, 90)]
    for moment in (LAST_DAY_BEFORE, ERASED_ON, ERASED_ON + timedelta(days=13), *days_on):
        clock.set(moment)
        tick(app)
        there = [email != "" for _name, _organisation, email, _erased in people(app)]
        reached.append(
            (*there, count(app, Answer), count(app, Consent, subject="question-allergy"), count(app, Invitation))
        )
    assert reached == [
        (True, True, True, 1, 1, 1),
        (False, True, True, 1, 1, 1),
        *[(False, False, True, 1, 1, 1)] * 2,
        *[(False, False, True, 0, 0, 1)] * 2,
        *[(False, False, True, 0, 0, 0)] * 2,
        (False, False, False, 0, 0, 0),
    ]


def test_some_at_a_time_in_so_many_statements_and_a_failure_repeats_cleanly(
    app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    add_event(app)
    enrol(app, 5)
    work(app)
    monkeypatch.setattr(erasing, "AT_ONCE", 2)
    clock.set(ERASED_ON)
    asked = []
    for _time in range(4):
        with app.app_context(), transaction(), statements(app) as seen:
            erasing.erase_outlived(by=CLOCK)
        asked.append(len(seen))
    assert asked == [9, 9, 9, 2]  # one as many as two, and next to nothing where nobody is left
    assert len(facts(app, "registration.erased")) == 5

    def broken(*_given: object) -> int:
        raise RuntimeError

    with monkeypatch.context() as patch, app.app_context():
        patch.setattr(emptying, "forget", broken)
        with pytest.raises(RuntimeError):
            dispatch.relay()
    assert "anna0@park.example" in everything(app)
    work(app)
    assert "park.example" not in everything(app)


def test_what_was_on_its_way_to_somebody_who_was_erased_meanwhile_is_not_written(app: Flask, clock: Clock):
    add_event(app)
    enrol(app)
    with app.app_context():
        letterhead = letterhead_of(settings())
        confirmed = [fact for fact in relaying.waiting(most=9) if fact.kind == "registration.confirmed"]
        (draft,) = confirmations.confirmed(confirmed, letterhead)
        letter = render.written(draft, letterhead, at=now(), wordings=rewording.in_force())
        late = [replace(letter, kind=kind) for kind in ("registration.confirmed", "event.changed", "details.due")]
        assert relaying.still_wanted(late, dispatch.FORGET) == late
        clock.set(ERASED_ON)
        schedule.tick()
        assert relaying.still_wanted(late, dispatch.FORGET) == []
        others = [replace(letter, kind=kind) for kind in ("follower.told", "delegation.registered")]
        assert relaying.still_wanted(others, dispatch.FORGET) == others


def test_who_says_that_it_was_not_she_has_the_emails_about_changes_erased_as_well(app: Flask, clock: Clock):
    add_event(app)
    (number,) = enrol(app)
    with app.app_context(), transaction():
        letterhead = letterhead_of(settings())
        confirmed = [fact for fact in relaying.waiting(most=9) if fact.kind == "registration.confirmed"]
        (draft,) = confirmations.confirmed(confirmed, letterhead)
        letter = render.written(draft, letterhead, at=now(), wordings=rewording.in_force())
        outbox.post([replace(letter, kind=kind) for kind in ("event.changed", "event.reminded", "details.due")])
    assert count(app, OutgoingEmail, address="anna0@park.example") == 3
    with app.app_context(), transaction():
        registration = registrations.registration_by_id(number, lock=True)
        assert registration is not None
        disowning.disown(registration, by=PARTICIPANT)
    work(app)
    assert "anna0@park.example" not in everything(app)


def test_after_the_audit_date_names_go_and_the_counts_stay(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app)
    come(client)
    work(app)
    reference = reference_of(app, "Źdźbło")
    with app.app_context(), transaction():
        publishing.keep_document("project", {"name": "S3Chem", "audit_until": "2028-12-31"})
    desk = signed_in(app)
    held = desk.get(f"{LIST}.json").get_json()
    clock.set(datetime(2028, 12, 31, 23, tzinfo=UTC))
    tick(app)
    assert people(app) == [("Żaneta Źdźbło", "Politechnika", "", True)]
    clock.set(datetime(2029, 1, 1, 1, tzinfo=UTC))
    tick(app)
    assert people(app) == [("", "", "", True)]
    assert [mark for mark in ("aneta", "Politechnika", "politechnika") if mark in everything(app)] == []
    assert facts(app, "registration.name_erased") == [("registration.name_erased", {"event": 1}, "clock")]
    desk = signed_in(app)
    kept_columns = ("reference", "state", "part", "mode", "organisation_type", "country", "region", "registered_at")
    (now,) = desk.get(f"{LIST}.json").get_json()
    assert {name: now[name] for name in kept_columns} == {name: held[0][name] for name in kept_columns}
    page = soup(desk.get(f"{LIST}/{reference}"))
    assert page.select_one("main h1").get_text() == "(erased)"
    assert "1 person" in words(desk.get(f"{LIST}?q={reference.lower()}"))
