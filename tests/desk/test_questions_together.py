"""Questions under several hands: nothing of theirs is overwritten, hidden or lost without a word."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.core.text import Text
from s3chem_events.publishing import actions, queries, values
from s3chem_events.registration.models import Question
from tests.conftest import Clock
from tests.factories import BASE_URL, PUBLIC_DAY, add_event, add_question, count, soup, words
from tests.support.desk import filled, signed_in

EVENT = "/desk/events/conference"
LIST = f"{EVENT}/questions/"


@pytest.fixture
def desk(app: Flask, clock: Clock) -> FlaskClient:
    add_event(app)
    return signed_in(app)


def test_undoing_a_part_does_not_take_its_questions_along(app: Flask, desk: FlaskClient) -> None:
    with app.app_context(), transaction():
        event = queries.event_by_slug("conference", lock=True)
        assert event is not None
        facts, since = values.event_facts(event), event.revision
        dinner = replace(PUBLIC_DAY, key="dinner", title=Text(en="Dinner"))
        actions.revise_event(event, replace(facts, parts=(*facts.parts, dinner)), base_url=BASE_URL, by=OPERATOR)
        assert actions.tell(event, since=since, by=OPERATOR) is not None
    add_question(app, "menu", label="Menu", part="dinner")

    def undo() -> str:
        form = soup(desk.get(f"{EVENT}/")).select_one(f"form[action='{EVENT}/undo']")
        assert form is not None
        fields = {str(one["name"]): str(one["value"]) for one in form.select("input")}
        return words(desk.post(f"{EVENT}/undo", data=fields, follow_redirects=True))

    assert "Questions are asked meanwhile only of those who choose a part that this would take away." in undo()
    assert count(app, Question, key="menu") == 1
    typed = filled(desk.get(f"{LIST}menu")) | {"part": ""}
    assert desk.post(f"{LIST}menu", data=typed).status_code == 303
    assert "Undone." in undo()
    with app.app_context():
        assert db.session.scalars(db.select(Question.part_id)).all() == [None]
