"""An event's own questions in its file: added, shown and changed as the rest of it."""

import json
from io import BytesIO
from typing import Any

from flask import Flask
from flask.testing import FlaskCliRunner

from s3chem_events.cli_events import event
from s3chem_events.core.db import db
from s3chem_events.registration.models import Question

FILE: dict[str, Any] = {
    "slug": "lunch",
    "kind": "workshop",
    "state": "announced",
    "title": {"en": "Lunch"},
    "zone": "Europe/Warsaw",
    "parts": [{"key": "day", "title": {"en": "Day"}, "starts": "2027-08-25", "ends": "2027-08-25"}],
    "questions": [
        {"key": "lunch", "kind": "yes_no", "label": {"en": "Lunch?"}, "purpose": {"en": "Meals"}, "required": True},
        {
            "key": "menu",
            "kind": "one_of",
            "label": {"en": "Menu"},
            "purpose": {"en": "Meals"},
            "options": [{"key": "fish", "label": {"en": "Fish", "fr": "Poisson"}}],
            "part": "day",
            "only_if": "lunch",
            "only_is": "yes",
        },
        {"key": "diet", "kind": "diet", "label": {"en": "Diet"}, "purpose": {"en": "Meals"}, "keep_days": 3},
        {
            "key": "identity",
            "kind": "text",
            "label": {"en": "Number of your identity card"},
            "purpose": {"en": "The gate of the site"},
            "readers": "gate",
            "keep_days": 3,
            "when": "afterwards",
        },
    ],
}


def run(runner: FlaskCliRunner, command: str, data: dict[str, Any]) -> Any:
    return runner.invoke(event, [command, "-"], input=BytesIO(json.dumps(data).encode()))


def test_a_file_carries_the_questions_there_and_back(app: Flask) -> None:
    runner = app.test_cli_runner()
    assert run(runner, "add", FILE).exit_code == 0
    shown = json.loads(runner.invoke(event, ["show", "lunch"]).stdout)
    defaults = {"readers": "organisers", "keep_days": 30}
    expected = [defaults | one for one in FILE["questions"]]
    expected[2]["readers"] = "caterer"
    assert shown["questions"] == expected
    assert "Nothing was changed." in run(runner, "update", shown).stdout
    shown["details_until"] = "2027-08-20T12:30"
    assert "Changed lunch" in run(runner, "update", shown).stdout
    again = json.loads(runner.invoke(event, ["show", "lunch"]).stdout)
    assert again == shown | {"revision": again["revision"]}
    assert "Nothing was changed." in run(runner, "update", shown).stdout
    shown = again
    shown["questions"][1]["label"]["en"] = "Main dish"
    assert "Changed lunch" in run(runner, "update", shown).stdout
    with app.app_context():
        versions = db.session.execute(db.select(Question.key, Question.version).order_by(Question.position)).all()
        assert dict(versions) == {"lunch": 1, "menu": 2, "diet": 1, "identity": 1}


def test_a_question_that_does_not_hold_together_is_refused_with_its_path_and_nothing_is_added(app: Flask) -> None:
    runner = app.test_cli_runner()
    for wrong, path in (({"kind": "hologram"}, "questions[0].kind"), ({"labels": {}}, "questions[0].labels")):
        answer = run(runner, "add", FILE | {"questions": [FILE["questions"][0] | wrong]})
        assert (answer.exit_code, path in answer.stderr) == (1, True), answer.output
    with app.app_context():
        assert db.session.scalar(db.select(db.func.count(Question.id))) == 0
