"""What is sent was shown before: each wording that anybody gets, with the question, and what becomes of calendars."""

import json
import re
from dataclasses import replace
from pathlib import Path

from flask import Flask
from werkzeug.test import TestResponse

from s3chem_events import cli
from s3chem_events.publishing import files
from s3chem_events.publishing.facts import EventFacts, VenueFacts
from s3chem_events.publishing.lifecycle import Mode, State
from tests.conftest import Clock
from tests.desk.test_life import EVENT, OCTOBER, decide, in_october, step
from tests.factories import CONFERENCE, add_event, soup, words
from tests.support.desk import carried, signed_in
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
