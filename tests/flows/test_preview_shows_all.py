"""What is sent was shown before: each wording that anybody gets, with the question, and what becomes of calendars."""

import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from flask import Flask
from werkzeug.test import TestResponse

from s3chem_events import cli
from s3chem_events.publishing import files
from s3chem_events.publishing.facts import EventFacts, VenueFacts
from s3chem_events.publishing.lifecycle import Mode, State
from tests.campaigns.test_followers import follow
from tests.conftest import Clock
from tests.desk.test_life import EVENT, OCTOBER, decide, in_october, step
from tests.factories import CLOSED_DAY, CONFERENCE, PUBLIC_DAY, add_event, soup, words
from tests.support.desk import carried, filled, signed_in
from tests.support.post import enrol, enrol_several, kept, work

OWN = re.compile(r"http://\S+|(?:Dear|Bonjour|Chère?) .*|(?<=Reference: )\S+|(?<=Référence\xa0: )\S+|\S+@\S+")
"""What is everybody's own in an e-mail."""


def shown(preview: TestResponse) -> dict[str, str]:
    """Return the e-mails of a preview by what is said above them."""
    samples = soup(preview).select(".sample")
    return {" ".join(one.summary.get_text().split()): bare(one.pre.get_text()) for one in samples}


def told(app: Flask, clock: Clock) -> list[str]:
    """Let the hold end and the worker write; returns what was sent."""
    clock.advance(minutes=10)
    done = work(app)
    return [bare(mail.text) for mail in kept(app)[-done:]]


def bare(text: str) -> str:
    return " ".join(OWN.sub("…", text).split())


def test_each_wording_that_anybody_gets_is_shown_with_how_many_get_it_and_who_they_are(app: Flask, clock: Clock):
    add_event(app, state=State.ANNOUNCED)
    for name, parts, mode in (
        ("Open", ("day-2",), Mode.ON_SITE),
        ("Other", ("day-2",), Mode.ON_SITE),
        ("Online", ("day-2",), Mode.ONLINE),
        ("Closed", ("day-1",), Mode.ON_SITE),
    ):
        choices = dict.fromkeys(parts, mode)
        enrol(app, family_name=name, email=f"{name}@park.example", choices=choices, invited=("day-1",))
    enrol(app, email="jean@usine.example", language="fr")
    enrol_several(app, "Hans")
    clock.advance(days=1)
    organiser = signed_in(app)
    work(app)
    decide(organiser, step(organiser, "cancellation", what="part-day-1"), "cancellation", "yes")
    clock.advance(minutes=1)
    preview = step(organiser, "rescheduling", **{"parts-0-starts_on": "2027-10-22", "parts-0-ends_on": "2027-10-22"})
    said = shown(preview)
    assert list(said) == [
        "English · 2 e-mails · Public conference (On site)",
        "English · 1 e-mail · Public conference (Online)",
        "English · 1 e-mail · Working-group meeting (On site)",
        "English · 1 e-mail · Public conference (Online), without calendar invitations",
        "French · 1 e-mail",
    ]
    decide(organiser, preview, "rescheduling", "yes")
    sent = told(app, clock)
    assert (len(sent), set(sent)) == (6, set(said.values()))


PRESSED = (("yes", "2027-09-01", "1 September"), ("", "2027-09-02", "2 September"), ("yes", "", ""))


def test_question_is_shown_with_its_day_before_anybody_is_asked_and_again_when_it_changes(app: Flask, clock: Clock):
    add_event(app, state=State.ANNOUNCED)
    enrol(app, 2)
    work(app)
    clock.advance(days=1)
    organiser, path = signed_in(app), f"{EVENT}/rescheduling"

    def press(page: TestResponse, told: str, until: str) -> TestResponse:
        asked = {"ask": "y", "until": until} if until else {}
        return organiser.post(path, data=carried(page) | asked | ({"told": told} if told else {}))

    preview = step(organiser, "rescheduling", **OCTOBER)
    assert "still come?" not in words(preview)
    for button, until, day in PRESSED:
        preview = press(preview, button, until)
        (text,) = shown(preview).values()
        assert ("Please answer by" in text, f"Please answer by {day} 2027." in text) == (bool(day), bool(day))
        sentence = f"2 registered people are also asked whether they still come, until {day} 2027."
        assert (sentence in words(preview)) is bool(day)
        assert ("What people are asked has changed since the preview." in words(preview)) is (button == "yes")
    preview = press(preview, "", "2027-09-03")
    assert press(preview, "yes", "2027-09-03").status_code == 303
    sent = told(app, clock)
    assert {*sent} == {*shown(preview).values()}


def test_file_that_takes_back_all_that_is_new_says_that_nobody_is_told(app: Flask, clock: Clock, tmp_path: Path):
    path = tmp_path / "event.json"

    def update(facts: EventFacts, *options: str) -> str:
        path.write_text(json.dumps(files.write(facts)))
        done = app.test_cli_runner().invoke(cli.group, ["event", "update", str(path), *options])
        return done.stdout.removeprefix("Changed conference: http://localhost/en/events/conference").strip()

    add_event(app)
    enrol(app, choices={"day-2": Mode.ON_SITE})
    work(app)
    clock.advance(days=1)
    assert update(in_october()) == ""
    assert update(replace(CONFERENCE, venue=VenueFacts(city="Geleen", country="NL")), "--tell").startswith("People are")
    assert update(CONFERENCE) == "Nobody has anything new to be told."
    clock.advance(minutes=10)
    assert work(app) == 0


def entries(preview: TestResponse) -> list[str]:
    """Return what the preview says of people's calendars."""
    return [" ".join(one.get_text(" ").split()) for one in soup(preview).select(".entry")]


def test_calendars_are_shown_as_those_have_them_who_are_written_to_by_how_they_take_part(app: Flask, clock: Clock):
    begins, ends = (datetime(2026, 11, 24, hour) for hour in (10, 16))  # noqa: DTZ001 - local
    room = "https://meet.example/s3chem"
    today = replace(PUBLIC_DAY, starts=begins, ends=ends, online_url=room)
    add_event(app, state=State.ANNOUNCED, parts=(CLOSED_DAY, today), venue=VenueFacts(city="Maastricht", country="NL"))
    enrol(app, email="hall@park.example", choices={"day-2": Mode.ON_SITE})
    enrol(app, email="home@park.example", choices={"day-2": Mode.ONLINE})
    work(app)
    organiser = signed_in(app)
    title, lined = "Final conference – Public conference", "24 November 2026, 10:00–16:00 CET"
    moved = {"parts-1-starts_time": "11:00"}
    at = f"When {lined} → {lined.replace('10:00', '11:00')}"
    assert entries(step(organiser, "rescheduling", **moved)) == [f"{title} {at}"]  # alike for both
    assert entries(step(organiser, "edit", venue__name="MECC", **moved)) == [
        f"{title} · On site {at} Where Maastricht, Netherlands → MECC, Maastricht, Netherlands",
        f"{title} · Online {at}",
    ]
    path = f"{EVENT}/mode"
    typed = filled(organiser.get(path))
    del typed["parts-1-on_site"]
    assert entries(organiser.post(path, data=typed)) == [f"{title} Where Maastricht, Netherlands → {room}"]


def test_entry_that_nobody_has_is_not_shown_where_the_followers_alone_are_told(app: Flask, clock: Clock):
    add_event(app, parts=(PUBLIC_DAY,))
    clock.advance(days=1)
    follow(app, app.test_client(), email="ola@park.example")
    organiser = signed_in(app)
    path = f"{EVENT}/edit"
    rows = organiser.post(path, data=filled(organiser.get(path)) | {"do": "add:parts"})
    new = {"title": "Dinner", "visibility": "invited", "starts_on": "2027-06-17", "ends_on": "2027-06-17"}
    typed = filled(rows) | {f"parts-1-{name}": value for name, value in new.items()} | {"parts-1-on_site": "y"}
    preview = organiser.post(path, data=typed | {"parts-0-starts_on": "2027-06-19", "parts-0-ends_on": "2027-06-19"})
    assert entries(preview) == ["Final conference – Public conference When 18 June 2027 → 19 June 2027"]
