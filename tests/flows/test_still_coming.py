"""After a move people are asked whether they still come (D3): two links, counts at the desk, the silent reminded."""

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.accounts.roles import Role
from s3chem_events.campaigns.stages import Audience, Kind
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR, Fact
from s3chem_events.core.text import Text
from s3chem_events.desk import coming as pages
from s3chem_events.publishing import actions, queries, values
from s3chem_events.publishing.lifecycle import State
from s3chem_events.registration import coming
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import BASE_URL, add_event, count, hidden, revise_event, soup, words
from tests.flows.test_answers_of_calendars import bring, invitation, standing
from tests.support.campaigns import campaign, release
from tests.support.desk import carried, filled, signed_in
from tests.support.post import enrol, kept, rows, work
from tests.support.snapshot import everything, scanned

UNTIL = date(2026, 12, 1)
ANSWERS = "/desk/events/conference/answers"
LOST = "/en/registrations/lost-link"


@pytest.fixture
def asked(app: Flask, clock: Clock) -> list[str]:
    """Register four people, move the event and ask; returns their own pages."""
    add_event(app)
    for n, (name, language) in enumerate([("Yes", "en"), ("No", "fr"), ("Silent", "de"), ("Late", "pl")]):
        enrol(app, given_name=name, email=f"p{n}@park.example", language=language)
    work(app)
    clock.advance(days=1)
    move(app, until=UNTIL)
    clock.advance(minutes=10)
    assert work(app) == 4
    return [own_page(mail.text) for mail in kept(app)[-4:]]


def move(app: Flask, *, until: date | None) -> None:
    with app.app_context(), transaction():
        event = queries.event_by_slug("conference", lock=True)
        assert event is not None
        facts, seen = values.event_facts(event), event.revision
        later = timedelta(days=126)
        parts = tuple(replace(part, starts=part.starts + later, ends=part.ends + later) for part in facts.parts)
        actions.revise_event(event, replace(facts, parts=parts), base_url=BASE_URL, by=OPERATOR)
        actions.tell(event, since=seen, by=OPERATOR, ask_until=until)


def own_page(text: str) -> str:
    found = re.search(r"http://localhost(/\w\w/registrations/[\w.-]+)", text)
    assert found is not None
    return found[1]


def press(client: FlaskClient, path: str) -> int:
    return client.post(path, data=hidden(client, path)).status_code


def press_at(desk: FlaskClient, what: str) -> int:
    token = {"csrf_token": hidden(desk, ANSWERS)["csrf_token"]}
    return desk.post(f"{ANSWERS}/{what}", data=token).status_code


def counts(client: FlaskClient) -> list[list[str]]:
    rows = soup(client.get(ANSWERS)).select("tbody tr")
    return [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in rows]


def said(app: Flask) -> list[bool | None]:
    with app.app_context():
        return list(db.session.scalars(db.select(Registration.coming).order_by(Registration.id)))


def test_scanner_that_follows_both_links_answers_nothing(app: Flask, client: FlaskClient, asked: list[str]):
    before = everything(app)
    assert scanned(client, [f"{page}/answer/{answer}" for page in asked for answer in ("yes", "no")]) == []
    assert everything(app) == before


def test_yes_keeps_no_withdraws_and_each_is_said_once(app: Flask, client: FlaskClient, asked: list[str]):
    yes, no, *_silent = asked
    assert "1 December 2026" in words(client.get(f"{yes}/answer/yes"))
    assert [press(client, f"{yes}/answer/yes"), press(client, f"{no}/answer/no")] == [303, 303]
    assert said(app) == [True, False, None, None]
    assert work(app) == 1
    mail = kept(app)[-1]
    assert (mail.method, mail.envelope.subject.startswith("Désistement")) == ("CANCEL", True)
    token = hidden(client, f"{yes}/answer/no")
    assert client.post(f"{yes}/answer/yes", data=token).status_code == 303
    assert client.post(f"{no}/answer/no", data=token).status_code == 303
    assert work(app) == 0
    assert count(app, Fact, kind="registration.still_coming") == 1
    assert count(app, Fact, kind="registration.withdrawn") == 1
    assert "You said that you still come." in words(client.get(yes))
    assert client.post(f"{no}/answer/yes", data=token).status_code == 410


def test_who_said_yes_may_still_say_no_and_take_that_back(app: Flask, client: FlaskClient, asked: list[str]):
    page = asked[0]
    for answer, expected in (("yes", True), ("no", False)):
        press(client, f"{page}/answer/{answer}")
        assert said(app)[0] is expected
    assert press(client, f"{page}/restoration") == 303
    assert said(app)[0] is True


def test_desk_counts_and_the_silent_alone_are_reminded_once_a_day(
    app: Flask, client: FlaskClient, clock: Clock, asked: list[str]
):
    press(client, f"{asked[0]}/answer/yes")
    press(client, f"{asked[1]}/answer/no")
    work(app)
    desk = signed_in(app)
    assert counts(desk) == [["People", "1", "1", "2"], ["Public conference", "1", "1", "2"]]
    assert "Still coming? Still coming 1 · Not coming 1 · No answer 2" in words(desk.get("/desk/events/conference/"))
    assert [press_at(desk, "reminder"), press_at(desk, "reminder")] == [303, 303]
    assert work(app) == 2
    reminders = kept(app)[-2:]
    assert sorted(mail.envelope.to for mail in reminders) == [
        "Late Nowak <p3@park.example>",
        "Silent Nowak <p2@park.example>",
    ]
    assert [mail.calendar for mail in reminders] == ["", ""]
    assert own_page(reminders[0].text) in asked[2:]
    clock.advance(days=1)
    press(client, f"{asked[2]}/answer/yes")
    assert press_at(signed_in(app), "reminder") == 303
    assert work(app) == 1
    assert kept(app)[-1].envelope.to == "Late Nowak <p3@park.example>"


def test_a_message_by_answer_reaches_who_said_so_and_the_asked_who_are_silent(
    app: Flask, client: FlaskClient, clock: Clock, asked: list[str]
):
    press(client, f"{asked[3]}/answer/yes")  # to an older question
    clock.advance(days=1)
    move(app, until=UNTIL)
    clock.advance(minutes=10)
    work(app)
    press(client, f"{asked[0]}/answer/yes")
    press(client, f"{asked[1]}/answer/no")
    enrol(app, given_name="New", email="p4@park.example")
    work(app)
    for answer in ("yes", "no", "silent"):
        words_of_it = {"subject": Text(en=answer), "audience": Audience(coming=answer)}
        release(app, campaign(app, Kind.MESSAGE, about="conference", **words_of_it))
    clock.advance(minutes=11)
    work(app)
    reached: dict[str, list[tuple[str, str]]] = {}
    for row in rows(app):
        if row.kind == "registration.message":
            reached.setdefault(row.subject, []).append((row.name.split()[0], row.state))
    assert {answer: sorted(names) for answer, names in reached.items()} == {
        "yes": [("Yes", "sent")],
        "no": [("No", "sent")],
        "silent": [("Late", "sent"), ("Silent", "sent")],
    }


@pytest.mark.settings(LIMITS="on", INBOX="push")
def test_reminder_that_is_held_back_leaves_to_those_alone_who_have_not_answered_by_then(
    app: Flask, client: FlaskClient, clock: Clock, asked: list[str]
):
    late = invitation(app)
    for n in range(4):  # then the next e-mail to a mailbox that nobody has confirmed waits for a while
        client.post(LOST, data=hidden(client, LOST) | {"email": f"p{n}@park.example"})
    assert work(app) == 4
    assert press_at(signed_in(app), "reminder") == 303
    assert work(app) == 0
    press(client, f"{asked[0]}/answer/yes")  # which shows that she reads it: what is held back is let go of
    press(client, f"{asked[1]}/answer/no")
    accepted = replace(late, partstat="ACCEPTED", stamp=now()).mail("gmail")
    assert bring(app, accepted) == "done: accepted"
    work(app)
    clock.advance(minutes=16)
    work(app)
    assert [(row.name, row.state) for row in rows(app) if row.kind == "event.asked_again"] == [
        ("Yes Nowak", "cancelled"),
        ("No Nowak", "cancelled"),
        ("Silent Nowak", "sent"),
        ("Late Nowak", "cancelled"),
    ]


@pytest.mark.settings(INBOX="push")
def test_no_of_a_calendar_that_was_written_before_she_said_here_that_she_comes_takes_nothing_away(
    app: Flask, client: FlaskClient, clock: Clock, asked: list[str]
):
    late, own = invitation(app), asked[3]

    clock.advance(minutes=30)
    before = replace(late, stamp=now())
    clock.advance(minutes=30)
    assert press(client, f"{own}/answer/yes") == 303
    assert (bring(app, before.mail("gmail")), standing(app)[3][0]) == ("ignored: said_before", "confirmed")
    # What she writes afterwards holds, and what she takes back here outlasts what came before that.
    clock.advance(minutes=1)
    after = replace(late, stamp=now())
    assert bring(app, after.mail("gmail")) == "done: declined"
    assert work(app) == 1
    (back,) = re.findall(r"http://localhost(/\S+/restoration/\S+)", kept(app)[-1].text)
    clock.advance(hours=1)
    assert press(client, back) == 303
    again = replace(late, stamp=after.stamp + timedelta(minutes=1))
    assert bring(app, again.mail("gmail")) == "ignored: said_before"  # the new invitation has not left yet
    assert (standing(app)[3][0], work(app)) == ("confirmed", 1)


def test_each_question_is_answered_anew_once_it_is_told(
    app: Flask, client: FlaskClient, clock: Clock, asked: list[str]
):
    press(client, f"{asked[0]}/answer/yes")
    clock.advance(days=1)
    move(app, until=None)
    clock.advance(minutes=10)
    work(app)
    assert counts(signed_in(app))[0] == ["People", "1", "0", "3"]  # told without a question: the last one stands
    clock.advance(days=1)
    desk = signed_in(app)
    move(app, until=UNTIL)
    assert counts(desk)[0] == ["People", "1", "0", "3"]  # held back still
    clock.advance(minutes=10)
    work(app)
    assert counts(desk)[0] == ["People", "0", "0", "4"]


def test_places_of_the_silent_are_kept_until_the_day_and_then_released_by_a_press(
    app: Flask, client: FlaskClient, clock: Clock, asked: list[str]
):
    press(client, f"{asked[0]}/answer/yes")
    assert press_at(signed_in(app), "release") == 303
    assert count(app, Registration, withdrawn_at=None) == 4
    own = asked[1].replace("/fr/", "/en/")
    promise, pages = "Without an answer your place is kept until then.", (own, f"{own}/answer/yes")
    assert [promise in words(client.get(page)) for page in pages] == [True, True]
    clock.advance(days=12)
    assert [promise in words(client.get(page)) for page in pages] == [False, False]  # that day has passed
    desk = signed_in(app)
    page = words(desk.get(f"{ANSWERS}/release"))
    assert "3 registrations will be withdrawn" in page
    press(client, f"{asked[1]}/answer/yes")
    assert press(desk, f"{ANSWERS}/release") == 303
    assert count(app, Registration, withdrawn_at=None) == 2
    assert work(app) == 2
    released = next(mail for mail in kept(app)[-2:] if "p2@park.example" in mail.envelope.to)
    assert "bis zum 1. Dezember 2026 keine Antwort erhalten" in " ".join(released.text.split())
    assert press(client, f"{asked[2]}/restoration") == 303
    assert count(app, Registration, withdrawn_at=None) == 3


def test_a_press_that_is_refused_half_way_says_how_many_were_released(
    app: Flask, client: FlaskClient, clock: Clock, asked: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pages, "AT_ONCE", 1)
    release, times = coming.release, iter(range(9))

    def over_after_two(*given: Any, **more: Any) -> int:
        if next(times) == 2:
            raise coming.NothingAsked
        return release(*given, **more)

    monkeypatch.setattr(coming, "release", over_after_two)
    clock.advance(days=12)
    desk = signed_in(app)
    assert press(desk, f"{ANSWERS}/release") == 303
    assert count(app, Registration, withdrawn_at=None) == 2
    page = words(desk.get(ANSWERS))
    assert "2 registrations have been withdrawn; the people will be notified by e-mail." in page
    assert "nothing was sent" not in page


def test_one_press_releases_so_many_and_the_next_one_the_others(
    app: Flask, clock: Clock, asked: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pages, "AT_ONCE", 1)
    monkeypatch.setattr(pages, "AT_MOST", 3)
    clock.advance(days=12)
    desk = signed_in(app)
    for left in (1, 0):
        assert press(desk, f"{ANSWERS}/release") == 303
        assert count(app, Registration, withdrawn_at=None) == left


def test_nothing_is_asked_where_nothing_was_or_the_event_is_off(app: Flask, client: FlaskClient, asked: list[str]):
    revise_event(app, state=State.CANCELLED)
    assert "cancelled" in words(client.get(f"{asked[0]}/answer/yes"))
    token = hidden(client, LOST)
    assert client.post(f"{asked[0]}/answer/no", data=token).status_code == 410
    assert count(app, Registration, withdrawn_at=None) == 4
    assert "Nobody is being asked" in words(signed_in(app).get(ANSWERS))


def test_question_to_people_who_lose_their_only_part_lapses_and_is_not_offered_then(
    app: Flask, clock: Clock, asked: list[str]
):
    desk, path = signed_in(app), "/desk/events/conference/cancellation"
    preview = desk.post(path, data=filled(desk.get(path)) | {"what": "part-day-2"})
    assert "4 registered people get an e-mail" in words(preview)
    assert soup(preview).select("#ask") == []
    assert len(soup(desk.get(ANSWERS)).select("table")) == 1
    assert desk.post(path, data=carried(preview) | {"told": "yes"}).status_code == 303
    clock.advance(minutes=10)
    assert work(app) == 4
    page = desk.get(ANSWERS)
    lapsed = "The question has lapsed: nobody who was asked has a place in anything that still takes place."
    assert lapsed in words(page)
    assert [one for one in ("Everybody has answered", "Places are kept", "No answer") if one in words(page)] == []
    assert soup(page).select("table") == []
    assert "Still coming? The question has lapsed" in words(desk.get("/desk/events/conference/"))
    assert "There is nobody whose place could be released." in words(desk.get(f"{ANSWERS}/release"))


def test_after_the_event_nobody_answers_any_more(app: Flask, client: FlaskClient, clock: Clock, asked: list[str]):
    clock.advance(days=400)
    assert "There is no question open" in words(client.get(f"{asked[0]}/answer/yes"))
    token = hidden(client, LOST)
    assert client.post(f"{asked[0]}/answer/no", data=token).status_code == 410
    assert press_at(signed_in(app), "release") == 303
    assert count(app, Registration, withdrawn_at=None) == 4


def test_helper_sees_the_answers_and_changes_nothing(app: Flask, asked: list[str]):
    helper = signed_in(app, Role.DESK_HELPER, events=("conference",))
    page = helper.get(ANSWERS)
    assert (page.status_code, "Remind" in words(page)) == (200, False)
    assert helper.post(f"{ANSWERS}/reminder").status_code in {400, 403}
    assert count(app, Fact, kind="event.asked_again") == 0
