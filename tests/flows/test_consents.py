"""Consents: kept with text, language and time, taken back as easily as given, and the lists that hang on them (B6)."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.accounts.models import AuditEntry
from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.registration.models import Answer, Consent
from tests.conftest import Clock
from tests.factories import PUBLIC_DAY, add_event, add_question, count, hidden, register, revise_event, soup, words
from tests.support.desk import signed_in
from tests.support.post import confirm, kept, work

LISTS = "/desk/events/conference/lists"


@pytest.fixture(autouse=True)
def event(app: Flask, clock: Clock) -> None:
    add_event(app)
    add_question(app, "photo", kind="consent", label="I agree to photographs.")
    add_question(app, "list", kind="consent", label="I agree to stand in the list.", keep_days=90)
    add_question(app, "diet", kind="diet", label="Diet", readers="caterer")


def come(client: FlaskClient, name: str, *agreed: str, **typed: str) -> str:
    boxes = {f"question-{key}": "y" for key in agreed}
    address = {"given_name": name, "email": f"{name}@park.example".lower(), "organisation": f"{name} & Co"}
    answer = register(client, **address, **boxes, **typed)
    assert answer.status_code == 303
    return answer.headers["Location"]


def rows(client: FlaskClient, which: str) -> list[list[str]]:
    page = soup(client.get(f"{LISTS}/{which}"))
    table = [[cell.text for cell in row.find_all(["th", "td"])] for row in page.select("tbody tr")]
    file = list(csv.reader(io.StringIO(client.get(f"{LISTS}/{which}.csv").data.decode("utf-8-sig"))))
    assert file == [["Name", "Organisation"], *table]
    return table


def press(client: FlaskClient, path: str) -> int:
    assert client.get(path).status_code == 200
    return client.post(path, data=hidden(client, path)).status_code


def test_lists_hold_names_and_organisations_of_those_alone_whom_the_consent_lets(
    app: Flask, client: FlaskClient
) -> None:
    come(client, "Anna", "photo", "list")
    come(client, "Bert", "list")
    come(client, "Carl")
    come(client, "Dora", **{"mode-day-2": "online"})
    revise_event(app, parts=(replace(PUBLIC_DAY, approval=True),))
    come(client, "Eva", "list")  # about whom nobody has decided: she does not come yet
    desk = signed_in(app)
    assert rows(desk, "list") == [["Anna Źdźbło", "Anna & Co"], ["Bert Źdźbło", "Bert & Co"]]
    assert rows(desk, "photo") == [["Bert Źdźbło", "Bert & Co"], ["Carl Źdźbło", "Carl & Co"]]
    assert desk.head(f"{LISTS}/list.csv").status_code == 200  # which takes nothing away
    assert count(app, AuditEntry, kind="list.exported") == 2
    helper = signed_in(app, Role.DESK_HELPER, events=("conference",))
    assert [helper.get(f"{LISTS}/photo{end}").status_code for end in ("", ".csv")] == [200, 403]


def test_a_consent_is_taken_back_and_given_again_with_each_its_proof(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    own = come(client, "Anna", "list")
    work(app)
    confirm(app, "anna@park.example")
    assert [link.text for link in soup(client.get(own)).select("section[aria-labelledby=consents] a")] == [
        "I agree",
        "Take my consent back",
        "Take my consent back",  # the need's, told or not
    ]
    clock.advance(days=1)
    assert [press(client, f"{own}/consents/list/withdrawal") for _twice in "12"] == [303, 303]
    assert rows(signed_in(app), "list") == []
    assert work(app) == 1
    assert "- I agree to stand in the list.\n  before: Agreed\n  now: –\n" in kept(app)[-1].text
    clock.advance(days=1)
    french = own.replace("/en/", "/fr/")
    assert press(client, f"{french}/consents/list") == 303
    assert work(app) == 1
    assert "- I agree to stand in the list.\n  before: –\n  now: Agreed\n" in kept(app)[-1].text
    assert rows(signed_in(app), "list") == [["Anna Źdźbło", "Anna & Co"]]
    with app.app_context():
        proofs = db.session.execute(
            db.select(Consent.text_version, Consent.language, Consent.given_at, Consent.withdrawn_at)
            .filter_by(subject="question-list")
            .order_by(Consent.id)
        ).all()
    first, second, third = (datetime(2026, 11, day, 12, tzinfo=UTC) for day in (23, 24, 25))
    assert [tuple(row) for row in proofs] == [("1.1", "en", first, second), ("1.1", "fr", third, None)]
    assert client.get(f"{own}/consents/menu").status_code == 404


def test_a_need_is_deleted_with_its_consent(app: Flask, client: FlaskClient) -> None:
    add_question(app, "help", kind="access", label="Access needs", readers="accessibility")
    needs = {"question-diet": "vegan", "question-help": "wheelchair"}
    own = come(client, "Anna", **needs, **{f"{key}-consent": "y" for key in needs})
    desk, page = signed_in(app), "/desk/events/conference/access-needs"
    work(app)
    confirm(app, "anna@park.example")
    assert "If you take it back, what you wrote is deleted." in words(client.get(own))
    take = [f"{own}/consents/{key}/withdrawal" for key in ("help", "diet")]
    token = hidden(client, f"{own}/consents/photo")
    assert [client.post(path, data=token).status_code for path in take] == [403, 403]  # a link may be forwarded (C8)
    assert (count(app, Answer), "wheelchair" in words(desk.get(page)), work(app)) == (2, True, 0)
    asks = soup(client.get(take[0])).find("a", string="Get a code")
    assert asks is not None
    code = str(asks["href"])
    client.post(code, data=hidden(client, code) | {"press": "send"})
    work(app)
    found = re.search(r"^(\d{4} \d{4})$", kept(app)[-1].text, re.MULTILINE)
    assert found is not None
    entered = client.post(code, data=hidden(client, code) | {"press": "enter", "code": found[1]})
    assert entered.location == take[0]
    assert [press(client, take[0]) for _twice in "12"] == [303, 303]
    assert (count(app, Answer), work(app)) == (1, 1)
    assert "- Access needs\n  changed; not shown in e-mails\n" in kept(app)[-1].text  # B7, B10
    seen = words(desk.get(page))
    assert ("Taken back Anna Źdźbło" in seen, "wheelchair" in seen) == (True, False)
    assert (press(client, take[1]), count(app, Answer)) == (303, 0)
    assert count(app, Fact, kind="consent.withdrawn") == 2
    assert [client.get(f"{own}/consents/{key}").status_code for key in ("diet", "nothing/withdrawal")] == [404, 404]


def test_without_the_code_nobody_learns_whether_there_is_a_need(app: Flask, client: FlaskClient) -> None:
    one = come(client, "Anna", **{"question-diet": "vegan", "question-diet-consent": "y"})
    other = come(client, "Bert")

    def seen(own: str) -> list[str]:
        page, browser = soup(client.get(own)), app.test_client()
        shown = [part.get_text(" ", strip=True) for part in page.select("section[aria-labelledby=consents] li")]
        answers = [part.get_text(" ", strip=True) for part in page.select("dl.facts dd.as-typed")]
        asked = f"{own}/consents/diet/withdrawal"
        return [*shown, *answers, words(browser.get(asked)), str(press(browser, asked)), words(browser.get(asked))]

    told, untold = seen(one), seen(other)
    assert told == untold
    assert "nor whether you told us anything" in " ".join(told)
