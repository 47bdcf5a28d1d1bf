"""A postponed event keeps the days that were planned: new days come with another status, or not at all."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from s3chem_events import cli
from s3chem_events.publishing import files
from s3chem_events.publishing.lifecycle import State
from tests.conftest import Clock
from tests.desk.test_event_editor import errors, facts_of
from tests.desk.test_life import EVENT, OCTOBER, decide, in_october, step
from tests.factories import CONFERENCE, add_event, register, revise_event, words
from tests.support.desk import filled, signed_in
from tests.support.post import work

SENTENCE = "A postponed event has no new days. Leave its days as they are, or choose another status with the new ones."


def test_second_organiser_who_moves_what_the_first_has_postponed_chooses(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app, state=State.ANNOUNCED)
    clock.advance(days=1)
    organiser = signed_in(app)
    register(client)
    work(app)
    typed = {page: filled(organiser.get(f"{EVENT}/{page}")) | OCTOBER for page in ("rescheduling", "edit")}
    decide(organiser, step(organiser, "postponement"), "postponement", "yes")
    postponed = facts_of(app)
    for name, sent in typed.items():
        answer = organiser.post(f"{EVENT}/{name}", data=sent)
        assert answer.status_code == 409
        assert errors(answer) == {
            "state": "Someone else saved this here: Postponed. Your version is shown; save again to keep it."
        }
        assert "Status: Announced → Postponed" in words(answer)
        assert (filled(answer)["state"], facts_of(app)) == ("announced", postponed)
    again = organiser.post(f"{EVENT}/edit", data=filled(answer) | {"state": "postponed"})
    assert (again.status_code, errors(again), facts_of(app)) == (409, {"state": SENTENCE}, postponed)
    page = organiser.post(f"{EVENT}/rescheduling", data=typed["rescheduling"])
    preview = organiser.post(f"{EVENT}/rescheduling", data=filled(page))
    assert "Moved from 18 June 2027 to 22 October 2027." in words(preview)
    assert decide(organiser, preview, "rescheduling", "yes").status_code == 303
    assert facts_of(app) == in_october(replace(CONFERENCE, state=State.ANNOUNCED))
    assert "reviously planned" not in words(client.get("/en/events/conference"))


def test_form_and_file_that_postpone_and_move_at_once_are_refused(app: Flask, clock: Clock, tmp_path: Path):
    add_event(app, state=State.ANNOUNCED)
    register(app.test_client())
    clock.advance(days=1)
    organiser, path = signed_in(app), tmp_path / "event.json"
    answer = step(organiser, "edit", state="postponed", **OCTOBER)
    assert (answer.status_code, errors(answer)) == (409, {"state": SENTENCE})

    def update(state: State) -> str:
        path.write_text(json.dumps(files.write(replace(in_october(), state=state))))
        return app.test_cli_runner().invoke(cli.group, ["event", "update", str(path), "--tell"]).stderr.strip()

    assert update(State.POSTPONED) == f"Error: {SENTENCE}"
    still = "People are registered, so the event cannot become a draft again. Postpone it or cancel it instead."
    assert update(State.DRAFT) == f"Error: {still}"
    assert facts_of(app) == replace(CONFERENCE, state=State.ANNOUNCED)
    revise_event(app, state=State.POSTPONED)
    assert update(State.POSTPONED) == f"Error: {SENTENCE}"
    assert facts_of(app).parts[0].starts == date(2027, 6, 17)
