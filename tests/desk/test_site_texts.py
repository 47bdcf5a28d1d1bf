"""The texts of the site at the desk: filled in, approved, translated, and a newer one taken over."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.publishing import audited
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Document
from s3chem_events.sample import load
from tests.conftest import Clock
from tests.factories import PUBLIC_DAY, add_event, hidden, soup, words
from tests.support.desk import filled, signed_in

IMPRINT, PRIVACY, PROJECT = (f"/desk/site-texts/{key}/en" for key in ("imprint", "privacy", "project"))


@pytest.fixture(autouse=True)
def content(app: Flask, clock: Clock) -> None:
    with app.app_context(), transaction():
        load.sample_content(base_url="http://localhost", by=OPERATOR)


def stored(app: Flask, key: str) -> dict[str, Any]:
    with app.app_context():
        found = db.session.get(Document, key)
        assert found is not None
        return found.data


def test_a_notice_is_approved_once_its_gaps_are_filled_in(app: Flask, clock: Clock) -> None:
    desk, visitor = signed_in(app), app.test_client()
    listed = words(desk.get("/desk/site-texts/"))
    assert "Waits for approval" in listed
    assert "The organisers have not yet approved this wording." in words(visitor.get("/en/imprint"))
    early = desk.post(IMPRINT, data=filled(desk.get(IMPRINT)) | {"approved": "y"})
    assert (early.status_code, "First fill in what stands in square brackets: English, German" in words(early)) == (
        422,
        True,
    )
    for code in ("en", "de", "fr", "nl", "it", "ca", "es", "pl"):
        path = f"/desk/site-texts/imprint/{code}"
        entered = {"publisher-body": "Chemiepark e. V., Parkweg 1", "content-body": "Der Vorstand"}
        form = filled(desk.get(path)) | entered
        answer = desk.post(path, data=form | ({"approved": "y"} if code == "pl" else {}))
        assert answer.status_code == 303, words(answer)
    assert "Is approved" in words(desk.get("/desk/site-texts/"))
    read = words(visitor.get("/de/imprint"))
    assert "Chemiepark e. V., Parkweg 1" in read
    assert "approved this wording" not in words(visitor.get("/en/imprint"))
    assert stored(app, "imprint")["version"] == "2026-11-23 (9)"  # each change of words has a version of its own


def test_sections_come_and_go_and_the_program_s_text_comes_back(app: Flask, clock: Clock) -> None:
    desk, visitor = signed_in(app), app.test_client()
    form = filled(desk.get(PRIVACY)) | {"new-title": "Pictures", "new-body": "Who is on them is asked."}
    assert desk.post(PRIVACY, data=form).status_code == 303
    page = soup(visitor.get("/en/privacy"))
    assert [one["id"] for one in page.select("section.prose h2")][-1] == "section-1"
    french = words(visitor.get("/fr/privacy"))
    assert "Pictures" in french  # until somebody translates it
    desk.post(PRIVACY, data=filled(desk.get(PRIVACY)) | {"section-1-title": "", "section-1-body": ""})
    assert "Pictures" not in words(visitor.get("/en/privacy"))

    desk.post(PRIVACY, data=filled(desk.get(PRIVACY)) | {"title": "Your data"})
    assert stored(app, "privacy")["version"] == "2026-11-23 (3)"  # what consents name
    assert "Your text differs from the one" in words(desk.get(PRIVACY))
    original = "/desk/site-texts/privacy/original"
    assert "Take over the program’s text?" in words(desk.get(original))
    assert (
        desk.post(original, data=hidden(desk, original) | {"seen": "long ago"}, follow_redirects=True).status_code
        == 200
    )
    assert stored(app, "privacy")["title"]["en"] == "Your data"
    done = desk.post(original, data=filled_in(desk, original), follow_redirects=True)
    assert "Taken over." in words(done)
    assert "Your text differs" not in words(done)
    assert {**stored(app, "privacy"), "version": ""} == {**load.text_of_the_site("privacy"), "version": ""}
    assert desk.get("/desk/site-texts/project/original").status_code == 404


def test_the_project_s_contact_and_audit_date_are_entered_and_the_second_writer_is_told(
    app: Flask, clock: Clock
) -> None:
    desk, visitor = signed_in(app), app.test_client()
    wrong = desk.post(
        PROJECT, data=filled(desk.get(PROJECT)) | {"address": "nobody", "social-linkedin": "javascript:x"}
    )
    said = [one.get_text(" ", strip=True) for one in soup(wrong).select("form .error")]
    assert (wrong.status_code, said) == (
        422,
        ["Error: This is not an e-mail address.", "Error: Please enter an address that starts with https://."],
    )
    opened = filled(desk.get(PROJECT))
    clock.advance(minutes=1)
    entered = {"address": "office@region.example", "social-linkedin": "https://social.example/s3chem"}
    form = filled(desk.get(PROJECT)) | entered | {"audit_until": "2029-12-31", "approved": "y", "claim": "We learn"}
    assert desk.post(PROJECT, data=form).status_code == 303
    home = visitor.get("/en/")
    assert "office@region.example" in words(home)
    assert "We learn" in words(home)
    assert soup(home).select_one('a[href="https://social.example/s3chem"]')
    assert "31 December 2029" in words(visitor.get("/en/privacy"))
    with app.app_context():
        assert str(audited.until()) == "2029-12-31"
    assert "The funding statement needs approval" not in words(desk.get("/desk/"))
    late = desk.post(PROJECT, data=opened | {"claim": "Another"})
    assert (late.status_code, "We learn" in words(late), filled(late)["claim"]) == (409, True, "Another")


def filled_in(desk: FlaskClient, path: str) -> dict[str, str]:
    form = soup(desk.get(path)).select_one("main form.one-button")
    assert form is not None
    return {str(one["name"]): str(one["value"]) for one in form.select("input")}


def test_link_to_join_in_a_text_of_the_site_is_asked_about_before_everybody_can_read_it(
    app: Flask, clock: Clock
) -> None:
    link = "https://meet.example/j/99887766?pwd=Ab12"
    add_event(app, parts=(replace(PUBLIC_DAY, capacity={Mode.ONLINE: None}, online_url=link),))
    desk, visitor = signed_in(app), app.test_client()
    asked = desk.post(IMPRINT, data=filled(desk.get(IMPRINT)) | {"publisher-body": f"Join at {link}"})
    assert (asked.status_code, "holds the link for taking part online in “" in words(asked)) == (409, True)
    assert "99887766" not in visitor.get("/en/imprint").get_data(as_text=True)
    button = soup(asked).select_one("button[name=confirmed]")
    assert button is not None
    assert desk.post(IMPRINT, data=filled(asked) | {"confirmed": str(button["value"])}).status_code == 303
    assert "99887766" in visitor.get("/en/imprint").get_data(as_text=True)
