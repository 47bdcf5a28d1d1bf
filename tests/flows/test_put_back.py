"""Taken off by mistake and put back (D8): the places, the order and one truth, also for whoever came anew meanwhile."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.text import Text
from s3chem_events.publishing.lifecycle import Mode, Visibility, WaitingList
from tests.conftest import Clock
from tests.factories import CLOSED_DAY, PUBLIC_DAY, add_event, add_question, hidden, register, revise_event, soup, words
from tests.flows.test_approval import after_the_hold, mails, references
from tests.flows.test_waiting_list import standings
from tests.site.test_invited import GUEST, invite, link
from tests.site.test_invited import come as come_by
from tests.support.desk import signed_in
from tests.support.post import rows, work

EVENT = "/desk/events/conference"
LIST = f"{EVENT}/participants"
FIRST = replace(CLOSED_DAY, visibility=Visibility.PUBLIC, capacity={Mode.ON_SITE: 2})
SECOND = replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 2})
TOLD = {
    "question-diet": "vegan",
    "question-diet-consent": "y",
    "question-access": "sign language",
    "question-access-consent": "y",
}
THIRD = replace(SECOND, key="day-3", title=Text(en="Third day"))
WAITS = {"waiting": "day-1:on_site day-2:on_site"}
UNDONE = "Undone. Everybody has the old place again, and nobody has been told."


@pytest.fixture
def desk(app: Flask, clock: Clock) -> FlaskClient:
    add_event(app, parts=(FIRST, SECOND), waiting_list=WaitingList.AUTOMATIC)
    return signed_in(app)


def come(app: Flask, name: str, *parts: str, **typed: Any) -> str:
    """Register somebody; returns the own page's path."""
    chosen = {"parts": list(parts), **{f"mode-{part}": "on_site" for part in parts}}
    answer = register(app.test_client(), given_name=name, email=f"{name}@x.example", **chosen, **typed)
    assert answer.status_code == 303
    return str(answer.location)


def withdraw(desk: FlaskClient, app: Flask, *names: str) -> None:
    typed = hidden(desk, f"{LIST}?state=all") | {"reference": references(app, *names), "confirmed": "yes"}
    assert desk.post(f"{LIST}/withdrawal", data=typed).status_code == 303


def undo(desk: FlaskClient) -> str:
    """Press the first button that undoes; returns what the page says then."""
    form = soup(desk.get(LIST)).select_one(f"form[action='{LIST}/undo']")
    sent = {str(one["name"]): str(one["value"]) for one in form.select("input")} if form else {}
    page = soup(desk.post(f"{LIST}/undo", data=sent, follow_redirects=True))
    return " ".join(" ".join(one.get_text(" ").split()) for one in page.select(".notice"))


def test_who_registered_again_meanwhile_has_the_first_place_back_and_one_email_says_so(
    app: Flask, client: FlaskClient, clock: Clock, desk: FlaskClient
) -> None:
    add_question(app, "diet", kind="diet", label="Diet", readers="caterer")
    add_question(app, "access", kind="access", label="Access", readers="accessibility")
    add_question(app, "menu", label="Menu")
    first = come(app, "Ann", "day-1", "day-2", **TOLD)
    come(app, "Bea", "day-1", "day-2")
    come(app, "Cid", "day-1", "day-2", **WAITS)
    mails(app)
    withdraw(desk, app, "Ann", "Bea")
    revise_event(app, parts=(FIRST, replace(SECOND, capacity={Mode.ON_SITE: 5})))
    second = come(app, "Ann", "day-1", "day-2", **WAITS, **{"question-menu": "Soup"})
    before = "A withdrawn, A withdrawn, B withdrawn, B withdrawn, C waiting, C waiting, "
    assert standings(app) == f"{before}A waiting, A confirmed"
    assert [mail[1] for mail in mails(app)] == ["Ann"]
    assert undo(desk) == (
        f"{UNDONE} 1 person had registered again in the meantime: the older registration counts, with whatever is "
        "better in the newer one. An e-mail says how it stands now."
    )
    assert soup(desk.get(LIST)).select(f"form[action='{LIST}/undo']") == []
    held = "A confirmed, A confirmed, B confirmed, B confirmed, C waiting, C "
    assert mails(app) == [("Your place is confirmed", "Ann", "REQUEST")]
    after_the_hold(app, clock)
    assert standings(app) == f"{held}confirmed, A withdrawn, A withdrawn"
    assert mails(app) == [("Your place is confirmed", "Cid", "REQUEST")]
    own = words(client.get(first))
    assert [said in own for said in ("Public conference", "Working-group meeting", "Soup")] == [True] * 3
    assert "sign language" in desk.get(f"{EVENT}/access-needs").text
    assert "vegan" in desk.get(f"{EVENT}/catering").text
    ended = soup(desk.get(f"{LIST}?state=withdrawn")).select("tbody th a")
    assert "Ended: the registration before it counts again" in words(desk.get(str(ended[0]["href"])))
    assert "withdrawn" in words(client.get(second))


def test_what_is_better_in_the_newer_registration_is_kept_and_nobody_is_passed_over(
    app: Flask, clock: Clock, desk: FlaskClient
) -> None:
    for name in ("Ann", "Bea"):
        come(app, name, "day-1")
    come(app, "Cid", "day-1", "day-2", **WAITS)
    mails(app)
    withdraw(desk, app, "Cid")
    come(app, "Dot", "day-1", **WAITS)
    come(app, "Cid", "day-1", "day-2", **WAITS)
    undo(desk)
    revise_event(app, parts=(replace(FIRST, capacity={Mode.ON_SITE: 3}), SECOND))
    after_the_hold(app, clock)
    assert standings(app) == "A confirmed, B confirmed, C confirmed, C confirmed, D waiting, C withdrawn, C withdrawn"


def test_an_invitation_lets_in_no_more_than_it_is_for_also_by_an_undoing(app: Flask, clock: Clock) -> None:
    add_event(app, parts=(CLOSED_DAY, SECOND))
    desk = signed_in(app)
    (one,) = invite(app, replace(GUEST, uses=2))
    way = link(app, one)
    for name in ("Anna", "Eva"):
        come_by(app.test_client(), way, given_name=name, email=f"{name}@park.example", parts="day-1")
    come(app, "Cid", "day-2")
    mails(app)
    withdraw(desk, app, "Anna", "Cid")
    come_by(app.test_client(), way, given_name="Boris", email="boris@else.example", parts="day-1")
    said = undo(desk)
    assert said.startswith(
        "Not undone: Anna Źdźbło. Somebody else has come by the same invitation in the meantime. "
        "Take that person off first, and then undo it once more. "
        "Undone for the others: they have the old place again, and nobody has been told. 1 person withdrawn."
    )
    assert standings(app) == "A withdrawn, E confirmed, C confirmed, B confirmed"
    withdraw(desk, app, "Boris")
    assert UNDONE in undo(desk)
    assert standings(app) == "A confirmed, E confirmed, C confirmed, B withdrawn"
    assert "Not undone: Boris Źdźbło." in undo(desk)
    clock.advance(minutes=11)
    assert [mail[1:] for mail in mails(app)] == [("boris", "CANCEL")]


def test_an_undoing_speaks_only_of_the_parts_that_it_overbooks(app: Flask, clock: Clock) -> None:
    add_event(app, parts=(FIRST, replace(SECOND, approval=True)))
    desk = signed_in(app)
    for name in ("Ann", "Bea"):
        come(app, name, "day-1", "day-2")
    revise_event(app, parts=(replace(FIRST, capacity={Mode.ON_SITE: 1}), replace(SECOND, approval=True)))
    typed = hidden(desk, f"{LIST}?state=all") | {"reference": references(app, "Ann"), "confirmed": "yes"}
    desk.post(f"{LIST}/rejection", data=typed | {"part": "day-2", "reason": "Full"})
    desk.get(LIST)
    assert undo(desk) == UNDONE
    withdraw(desk, app, "Ann")
    desk.get(LIST)
    assert undo(desk).startswith(f"{UNDONE} Working-group meeting, On site: 2 people hold a place, more than the 1 ")


@pytest.mark.settings(LIMITS="on")
def test_nothing_that_waits_of_the_registration_that_has_ended_leaves_but_what_her_calendar_must_lose(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app, parts=(FIRST, SECOND, THIRD), waiting_list=WaitingList.AUTOMATIC)
    desk = signed_in(app)
    come(app, "Ann", "day-1", "day-2")
    assert work(app) == 1
    clock.advance(minutes=20)
    withdraw(desk, app, "Ann")
    second = come(app, "Ann", "day-1", "day-2", "day-3")
    assert work(app) == 1
    for press in ("day-3/withdrawal", "day-1/withdrawal", "day-2/withdrawal", "day-2"):
        path = f"{second}/parts/{press}"
        assert client.post(path, data=hidden(client, path) | {"how": "on_site"}).status_code == 303
        assert work(app) == 0
    assert UNDONE in undo(desk)
    for _ in range(15):
        clock.advance(minutes=5)
        work(app)
    sent = sorted((row for row in rows(app) if row.sent_at), key=lambda row: (row.sent_at, row.id))
    assert [(row.kind, row.subject_id) for row in sent] == [
        ("registration.confirmed", 1),
        ("registration.confirmed", 2),
        ("registration.restored", 1),
        ("registration.part_given_up", 2),
    ]
    assert ("Third day" in sent[-1].text, "METHOD:CANCEL" in sent[-1].calendars[0]) == (True, True)
