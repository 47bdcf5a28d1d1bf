"""Dietary and access needs, and answers in exports: who sees them, who does not, and what the kitchen is told."""

import csv
import io
import json
import re
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events import dispatch
from s3chem_events.accounts.roles import Role
from s3chem_events.cli import export
from s3chem_events.core.db import db
from s3chem_events.core.text import Text
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration import diets
from s3chem_events.registration.models import Answer, Registration
from s3chem_events.registration.participants import COLUMNS
from s3chem_events.registration.questions import Option
from tests.conftest import Clock
from tests.factories import FILLED, PUBLIC_DAY, add_event, add_question, hidden, register, revise_event, soup, words
from tests.support.desk import signed_in
from tests.support.post import kept, rows, work

EVENT = "/desk/events/conference"
EVENING = replace(PUBLIC_DAY, key="evening", title=Text(en="Evening"))
AGREED = {"question-diet-consent": "y", "question-access-consent": "y"}


@pytest.fixture(autouse=True)
def event(app: Flask, clock: Clock) -> None:
    add_event(app)
    add_question(app, "diet", kind="diet", label="Diet", readers="caterer")
    add_question(app, "access", kind="access", label="Access", readers="accessibility")
    add_question(app, "menu", kind="one_of", label="Menu", options=(Option("fish", Text(en="Fish", fr="Poisson")),))


def come(client: FlaskClient, name: str, **typed: str) -> None:
    answer = register(
        client,
        given_name=name,
        email=f"{name}@uczelnia.example",
        **{f"question-{k}": v for k, v in typed.items()},
        **AGREED,
    )
    assert answer.status_code == 303


def table(page: Any) -> list[list[str]]:
    return [[cell.text for cell in row.find_all(["th", "td"])] for row in soup(page).select("tbody tr")]


def test_the_caterer_is_told_numbers_and_no_name(app: Flask, client: FlaskClient) -> None:
    come(client, "Anna", diet="coeliac")
    come(client, "Bert", diet="Gluten-free")
    come(client, "Carl", diet="vegan, and a severe sesame allergy")
    desk = signed_in(app)
    page = desk.get(f"{EVENT}/catering")
    assert table(page) == [
        ["Public conference", "Diet", "gluten-free", "2"],
        ["Public conference", "Diet", "vegan, and a severe sesame allergy", "1"],
    ]
    rows = list(csv.reader(io.StringIO(desk.get(f"{EVENT}/catering.csv").data.decode("utf-8-sig"))))
    assert rows[:2] == [["Part", "Question", "Answer", "People"], ["day-2", "Diet", "gluten-free", "2"]]
    assert not any(name in page.text + str(rows) for name in ("Anna", "Bert", "Carl"))
    for change in ({"capacity": {Mode.ONLINE: None}}, {"cancelled": True}):  # A4: nobody eats there any more
        revise_event(app, parts=(replace(PUBLIC_DAY, **change), EVENING))
        assert table(desk.get(f"{EVENT}/catering")) == []
        assert len(desk.get(f"{EVENT}/catering.csv").text.splitlines()) == 1


@pytest.mark.one_database
@pytest.mark.parametrize(
    "text, said",
    [
        ("coeliac", ("gluten_free",)),
        ("Zöliakie", ("gluten_free",)),
        ("senza glutine", ("gluten_free",)),
        ("wegetarianka", ("vegetarian",)),
        ("Vegan, gluten-free", ("gluten_free", "vegan")),
        ("no vegan", ()),
        ("vegan and a severe sesame allergy", ()),
        ("nuts", ()),
        ("", ()),
    ],
)
def test_a_diet_is_known_by_its_names_and_only_if_nothing_else_is_said(text: str, said: tuple[str, ...]) -> None:
    assert diets.known(text) == said


def test_an_access_need_is_an_open_item_until_it_is_answered(app: Flask, client: FlaskClient) -> None:
    come(client, "Anna", access="sign language")
    desk = signed_in(app)
    assert "Final conference · Access needs wait for an answer (1)." in words(desk.get("/desk/"))
    page = desk.get(f"{EVENT}/access-needs")
    assert ("sign language" in page.text, "mailto:Anna%40uczelnia.example" in page.text) == (True, True)
    with app.app_context():
        number = db.session.scalars(db.select(Answer.id)).one()
    path = f"{EVENT}/access-needs/{number}/answer"
    token = hidden(desk, f"{EVENT}/access-needs")["csrf_token"]
    for _press in range(2):
        desk.post(path, data={"csrf_token": token})
    assert "Access needs wait" not in words(desk.get("/desk/"))
    assert "Answered by" in words(desk.get(f"{EVENT}/access-needs"))


def test_the_access_need_of_whoever_has_no_part_left_is_no_open_item(app: Flask, client: FlaskClient) -> None:
    revise_event(app, parts=(replace(PUBLIC_DAY, approval=True), EVENING))
    come(client, "Anna", access="sign language")
    desk, people, waits = signed_in(app), f"{EVENT}/participants", "Access needs wait for an answer (1)."
    with app.app_context():
        reference = db.session.scalar(db.select(Registration.reference))
    decided = hidden(desk, f"{people}?state=all") | {"reference": reference, "confirmed": "yes", "reason": "Full"}
    seen = [waits in words(desk.get("/desk/"))]
    for decision in ("rejection", "approval"):
        assert desk.post(f"{people}/{decision}", data=decided).status_code == 303
        shown = "sign language" in desk.get(f"{EVENT}/access-needs").text
        assert shown is (waits in words(desk.get("/desk/")))
        seen.append(shown)
    revise_event(app, parts=(replace(PUBLIC_DAY, approval=True, cancelled=True), EVENING))
    seen.append(waits in words(desk.get("/desk/")))
    assert seen == [True, False, True, False]


def test_those_responsible_are_written_to_without_a_detail(app: Flask, client: FlaskClient) -> None:
    signed_in(app)
    signed_in(app, Role.PARTNER_ORGANISER, events=("conference",), language="de")
    signed_in(app, Role.DESK_HELPER, events=("conference",))
    come(client, "Anna", access="sign language")
    with app.app_context():
        dispatch.relay()
        mails = list(db.session.scalars(db.select(OutgoingEmail).filter_by(kind="access.asked")))
        assert [mail.address for mail in mails] == ["partner_organiser1@s3chem.example"]
        said = mails[0].subject + mails[0].text + mails[0].html
    assert "/desk/events/conference/access-needs" in said
    assert [word for word in ("sign language", "Anna", "uczelnia") if word in said] == []


def test_who_words_a_need_anew_writes_to_nobody_while_it_waits_and_thrice_a_day_who_deletes_it_in_between(
    app: Flask, client: FlaskClient
) -> None:
    desk = signed_in(app, Role.PARTNER_ORGANISER, events=("conference",))
    told = {"question-access-consent": "y"}
    own = register(client, **{"question-access": "a ramp"}, **told).headers["Location"]
    assert client.post(f"{own}/code", data=hidden(client, f"{own}/code") | {"press": "send"}).status_code == 303
    work(app)
    code = re.search(r"\b(\d{4} \d{4})\b", next(mail.text for mail in kept(app) if "code" in mail.envelope.subject))
    assert code is not None
    client.post(f"{own}/code", data=hidden(client, f"{own}/code") | {"press": "enter", "code": code[1]})

    def tell(need: str) -> int:
        page = f"{own}/change"
        data = {**FILLED, **hidden(client, page), **({"question-access": need} | told if need else {})}
        assert client.post(page, data=data).status_code == 303
        work(app)
        return [row.kind for row in rows(app)].count("access.asked")

    assert [tell(f"ramp {n}") for n in range(5)] == [1] * 5
    with app.app_context():
        assert db.session.scalars(db.select(Answer.value).filter_by(question_id=2)).one() == "ramp 4"
        number = db.session.scalars(db.select(Answer.id).filter_by(question_id=2)).one()
    page = f"{EVENT}/access-needs"
    desk.post(f"{page}/{number}/answer", data={"csrf_token": hidden(desk, page)["csrf_token"]})
    assert tell("a lift, too") == 2  # the answer was to something else
    assert [tell(need) for need in ("", "a lift", "", "a lift", "", "a lift")] == [2, 3, 3, 3, 3, 3]


def test_a_helper_meets_no_need_anywhere(app: Flask, client: FlaskClient) -> None:
    come(client, "Anna", diet="coeliac", access="sign language", menu="fish")
    own = {"events": ("conference",)}
    organiser, helper = signed_in(app, Role.PARTNER_ORGANISER, **own), signed_in(app, Role.DESK_HELPER, **own)
    link = soup(organiser.get(f"{EVENT}/participants")).select_one("table a")["href"]  # type: ignore[index]
    needs = ("sign language", "coeliac", "question-access", "Fish")
    assert [word in organiser.get(link).text for word in needs] == [True, True, True, True]
    for path in (link, f"{EVENT}/participants", f"{EVENT}/", "/desk/"):
        assert [word for word in (*needs, "Access needs") if word in helper.get(path).text] == []


def test_exports_end_in_the_questions_and_hold_needs_for_coordinators_alone(app: Flask, client: FlaskClient) -> None:
    add_question(app, "born", label=Text(en="Country", fr="Pays"))
    add_question(app, "second", label="Menu")
    come(client, "Anna", diet="=coeliac", access="sign language", menu="fish")
    french, partner = signed_in(app, language="fr"), signed_in(app, Role.PARTNER_ORGANISER, events=("conference",))

    def lines(desk: FlaskClient) -> list[list[str]]:
        data = desk.get(f"{EVENT}/participants.csv").data.decode("utf-8-sig")
        return [line[len(COLUMNS) :] for line in csv.reader(io.StringIO(data))]

    assert lines(french) == [
        ["Diet", "Access", "Menu", "Pays (2)", "Menu (2)"],
        ["'=coeliac", "sign language", "Poisson", "", ""],
    ]
    assert lines(partner) == [["Menu", "Country (2)", "Menu (2)"], ["Fish", "", ""]]
    (row,) = json.loads(french.get(f"{EVENT}/participants.json").data)
    assert list(row)[len(COLUMNS) :] == [
        *("question-diet", "question-access", "question-menu", "question-born", "question-second"),
    ]
    assert row["question-menu"] == "fish"
    sheet = openpyxl.load_workbook(io.BytesIO(french.get(f"{EVENT}/participants.xlsx").data)).worksheets[0]
    assert [cell.value for cell in sheet[1]][len(COLUMNS) :] == lines(french)[0]
    answer = app.test_cli_runner().invoke(export, ["conference"])
    assert answer.stdout.splitlines()[0].endswith(",question-menu,question-born,question-second")
