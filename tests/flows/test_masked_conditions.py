"""What is asked only upon an answer that few may read tells that answer: the link alone shows neither (C8)."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.text import Text
from s3chem_events.registration.models import Answer
from s3chem_events.registration.questions import Option
from tests.conftest import Clock
from tests.factories import add_event, add_question, count, hidden, register, words
from tests.site.test_own_details import change, unlock
from tests.support.post import kept, work

MEALS = (Option("meat", Text(en="Meat")), Option("halal", Text(en="Halal")))
TOLD = ("Halal", "Which slaughter", "Ritual", "Prayer room")
UPON_IT = {"only_if": "meal", "only_is": "halal"}
PERHAPS = "Perhaps more is asked of you"

pytestmark = pytest.mark.one_database


def told(page: str) -> list[str]:
    return [word for word in TOLD if word in page]


def test_what_hangs_on_a_hidden_answer_is_hidden_with_it_until_a_code_is_entered(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app)
    add_question(app, "meal", label="Which meal", kind="one_of", readers="caterer", options=MEALS)
    add_question(app, "why", label="Which slaughter", **UPON_IT)
    gate = {"readers": "gate", "when": "afterwards"}
    add_question(app, "prayer", label="Prayer room", **UPON_IT, **gate)
    answers = {"question-meal": "halal", "question-why": "Ritual"}
    own = str(register(client, **answers).location)
    meat = str(register(client, given_name="Bea", email="bea@x.example", **{"question-meal": "meat"}).location)
    work(app)
    stranger = app.test_client()
    for page in ("", "/details", "/change"):
        assert told(words(stranger.get(f"{own}{page}"))) == []
    seen = words(stranger.get(f"{own}/details"))
    assert (PERHAPS in seen, seen) == (True, words(stranger.get(f"{meat}/details")))
    assert [told(mail.text) for mail in kept(app)] == [[], []]
    unlock(app, client, own)
    assert told(words(client.get(own))) == ["Halal", "Which slaughter", "Ritual"]
    assert told(words(client.get(f"{own}/details"))) == ["Prayer room"]
    typed = hidden(client, f"{own}/details") | {"question-prayer": "East"}
    assert client.post(f"{own}/details", data=typed).status_code == 303
    assert change(client, own, **{"question-why": "None"}).status_code == 303
    work(app)
    assert (told(kept(app)[-1].text), "Which meal" in kept(app)[-1].text) == ([], True)
    add_question(app, "plate", label="Number plate", **gate)
    seen = words(stranger.get(f"{own}/details"))
    assert ("Number plate" in seen, PERHAPS in seen, told(seen)) == (True, True, [])
    typed = hidden(stranger, f"{own}/details") | {"question-plate": "NL-1"}
    assert stranger.post(f"{own}/details", data=typed).status_code == 303
    assert count(app, Answer) == 5  # what the page did not show it did not take away
