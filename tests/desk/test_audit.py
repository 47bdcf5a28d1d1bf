"""The audit trail at the desk: each line in words, with the names that the trail itself does not hold."""

import ast

from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.accounts import audit, queries
from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.desk.audit import kinds
from tests.conftest import Clock
from tests.factories import add_event, hidden, soup, words
from tests.support.desk import signed_in
from tests.support.source import modules

PAGE = "/desk/organisers/audit"


def lines(client: FlaskClient, path: str = PAGE) -> list[list[str]]:
    return [[cell.get_text() for cell in row.select("th, td")][1:] for row in soup(client.get(path)).select("tbody tr")]


def test_the_trail_says_who_did_what_to_whom(app: Flask, clock: Clock) -> None:
    add_event(app)
    boss = signed_in(app)
    helper = signed_in(app, Role.DESK_HELPER, events=("conference",))
    assert helper.get(PAGE).status_code == 403
    path = "/desk/organisers/2"
    boss.post(path, data={**hidden(boss, path), "role": "partner_organiser", "events": "1"})
    assert helper.get("/desk/events/conference/participants.csv").status_code == 200
    assert helper.get(PAGE).status_code == 403
    him, her = "desk_helper1@s3chem.example", "coordinator0@s3chem.example"
    assert lines(boss)[:6] == [
        [him, "Access refused", "–"],
        [him, "List of participants exported", "Final conference · 0 rows · CSV"],
        [her, "Role or events changed", f"{him} · Desk helper → Partner organiser · Final conference"],
        [him, "Access refused", "–"],
        [him, "Signed in", "–"],
        ["Command line", "Organiser added", f"{him} · Desk helper · Final conference"],
    ]
    assert boss.get("/desk/organisers/").get_data(as_text=True).count(f'href="{PAGE}"') == 1


def test_a_long_trail_has_pages(app: Flask, clock: Clock) -> None:
    boss = signed_in(app)
    with app.app_context(), transaction():
        for _ in range(queries.AUDIT_PAGE):
            audit.note("organiser.signed_in", by=OPERATOR)
    assert len(lines(boss)) == queries.AUDIT_PAGE
    assert "Page 1 of 2" in words(boss.get(PAGE))
    assert [what for _who, what, _more in lines(boss, f"{PAGE}?page=2")] == ["Signed in", "Organiser added"]


def test_everything_that_is_noted_has_its_words(app: Flask) -> None:
    calls = [node for tree in modules().values() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    notes = [call.args[0] for call in calls if ast.unparse(call.func) in {"audit.note", "downloads.note"}]
    files = [word.value for call in calls for word in call.keywords if word.arg == "noted"]
    noted = {one.value for one in (*notes, *files) if isinstance(one, ast.Constant)}
    with app.test_request_context():
        assert set(kinds()) == noted
