"""Who is written to within the hold for another reason hears of the change all the same: once, with its calendar."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.publishing.lifecycle import Mode
from tests.conftest import Clock
from tests.desk.test_life import OCTOBER, decide, step, undo
from tests.factories import add_event, hidden, words
from tests.flows.test_change_told import METHOD, seat
from tests.flows.test_still_coming import counts, own_page
from tests.support.desk import signed_in
from tests.support.post import enrol, kept, rows, work

NAMES = ("Asked", "Back", "Changed", "Gone")


@pytest.fixture
def organiser(app: Flask, clock: Clock) -> FlaskClient:
    add_event(app)
    clock.advance(days=1)
    return signed_in(app)


@pytest.fixture
def own(app: Flask, organiser: FlaskClient) -> dict[str, str]:
    """Register four people for both days; returns their own pages."""
    for name in NAMES:
        choices = {"day-2": Mode.ONLINE if name == "Gone" else Mode.ON_SITE}
        (number,) = enrol(app, given_name=name, email=f"{name.lower()}@park.example", choices=choices)
        seat(app, number, "day-1")
    work(app)
    return {name: own_page(mail.text) for name, mail in zip(NAMES, kept(app), strict=True)}


def press(client: FlaskClient, path: str) -> None:
    answer = client.post(path, data=hidden(client, path))
    assert answer.status_code == 303, words(answer)


def write_to_all(app: Flask, client: FlaskClient, own: dict[str, str], *, withdraws: str = "") -> None:
    """Let each do within the hold what brings her an e-mail: the confirmation again, a place back, the other mode."""
    press(client, f"{own['Asked']}/confirmation")
    press(client, f"{own['Back']}/withdrawal")
    work(app)
    press(client, f"{own['Back']}/restoration")
    if withdraws:
        press(client, f"{own[withdraws]}/withdrawal")
    else:
        press(client, f"{own['Changed']}/mode/day-2")
    work(app)


def told(app: Flask, kind: str = "event.changed") -> dict[str, tuple[str, list[str]]]:
    """Return what was written of such a kind, by name: the text, and what calendars are asked."""
    found = [row for row in rows(app) if row.kind == kind]
    by_name = {row.name.split()[0]: (row.text, [METHOD.findall(c)[0] for c in row.calendars]) for row in found}
    assert len(by_name) == len(found)
    return by_name


def test_move_and_its_question_reach_who_was_confirmed_or_came_back_or_changed_her_mode(
    app, client, clock, organiser, own
):
    decide(organiser, step(organiser, "rescheduling", **OCTOBER), "rescheduling", "yes", ask="y", until="2027-09-01")
    clock.advance(minutes=4)
    write_to_all(app, client, own)
    clock.advance(minutes=6)
    assert (work(app), work(app)) == (4, 0)
    for name, (text, calendars) in told(app).items():
        assert "Public conference: Moved from 18 June 2027 to 22 October 2027." in " ".join(text.split()), name
        assert ("/answer/yes" in text, "/answer/no" in text, calendars) == (True, True, ["REQUEST", "REQUEST"]), name
    assert counts(organiser)[0] == ["People", "0", "0", "4"]


def test_part_that_fell_away_leaves_every_calendar_whatever_was_pressed_meanwhile(app, client, clock, organiser, own):
    decide(organiser, step(organiser, "cancellation", what="part-day-1"), "cancellation", "yes")
    clock.advance(minutes=4)
    write_to_all(app, client, own, withdraws="Gone")
    gone = told(app, "registration.withdrawn")["Gone"]
    assert gone[1] == ["CANCEL", "CANCEL"]
    clock.advance(minutes=6)
    assert (work(app), work(app)) == (3, 0)
    found = told(app)
    assert list(found) == ["Asked", "Back", "Changed"]
    for text, calendars in found.values():
        assert calendars == ["CANCEL"]
        assert "Working-group meeting: This part has been cancelled." in " ".join(text.split()), text


@pytest.mark.parametrize("path", ["withdrawal", "place/day-2"])
def test_who_leaves_the_line_within_the_hold_has_the_part_that_fell_away_out_of_her_calendar(
    app, client, clock, organiser, path
):
    there = {"choices": {"day-2": Mode.ON_SITE}}
    enrol(app, 3, **there)
    wait = frozenset({("day-2", "on_site")})
    (number,) = enrol(app, given_name="Waits", email="waits@park.example", may_wait=wait, **there)
    seat(app, number, "day-1")
    work(app)
    page = own_page(kept(app)[-1].text)
    decide(organiser, step(organiser, "cancellation", what="part-day-1"), "cancellation", "yes")
    token = hidden(client, f"{page}/{path}")
    assert client.post(f"{page}/{path}", data=token | {"press": "leave"}).status_code == 303
    work(app)
    clock.advance(minutes=10)
    work(app)
    hers = [row for row in rows(app) if row.name.startswith("Waits") and row.kind != "registration.waiting"]
    assert [METHOD.findall(one)[0] for row in hers for one in row.calendars] == ["CANCEL"]
    said = " ".join(" ".join(row.text for row in hers).split())
    assert "Working-group meeting" in said


def test_undone_after_all_they_alone_are_corrected(app, client, clock, organiser, own):
    decide(organiser, step(organiser, "rescheduling", **OCTOBER), "rescheduling", "yes")
    clock.advance(minutes=4)
    write_to_all(app, client, own)
    undo(organiser)
    assert (work(app), work(app)) == (3, 0)
    found = told(app)
    assert list(found) == ["Asked", "Back", "Changed"]
    assert all("from 22 October 2027 to 18 June 2027." in " ".join(text.split()) for text, _calendars in found.values())
