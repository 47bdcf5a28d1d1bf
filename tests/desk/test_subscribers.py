"""Subscribers at the desk: found, shown with their proof, taken as a file, erased, and brought as a list."""

import csv
import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import Workbook
from werkzeug.test import TestResponse

from s3chem_events import schedule
from s3chem_events.accounts.models import AuditEntry
from s3chem_events.accounts.roles import Role
from s3chem_events.campaigns import audience, importing, links
from s3chem_events.campaigns.models import Subscriber, SubscriberImport
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR, Actor, Fact
from s3chem_events.mailing import addresses
from s3chem_events.mailing.models import NewsletterSuppression, Suppression
from tests.conftest import Clock
from tests.factories import add_subscriber, count, hidden, soup, words
from tests.support.desk import signed_in
from tests.support.post import kept, rows, work
from tests.support.statements import statements

LIST, IMPORT = "/desk/newsletter/subscribers/", "/desk/newsletter/import"
FILES = "/desk/newsletter/subscribers"


@pytest.fixture
def officer(app: Flask, clock: Clock) -> FlaskClient:
    """Return the browser of a communication officer, who has no other right."""
    return signed_in(app, Role.COMMUNICATION)


def shown(client: FlaskClient, **asked: str) -> list[str]:
    page = client.post(LIST, data={**hidden(client, LIST), **asked}, follow_redirects=True)
    assert page.status_code == 200
    return [row.get_text().strip() for row in soup(page).select("main tbody th")]


def readers(app: Flask) -> dict[str, tuple[str, str, list[str], str]]:
    with app.app_context():
        found = db.session.scalars(db.select(Subscriber).order_by(Subscriber.id))
        return {one.email: (one.state.value, one.language, one.topics, one.basis) for one in found}


def bounced(app: Flask, email: str) -> None:
    with app.app_context(), transaction() as session:
        at = datetime(2026, 11, 20, tzinfo=UTC)
        session.add(Suppression(address_digest=addresses.digest(email), reason="dead", since=at))


def test_the_list_finds_filters_and_counts(app: Flask, officer: FlaskClient):
    add_subscriber(app, "Żaneta.Źdźbło@uczelnia.example", language="pl", topics=["region-mazovia"])
    add_subscriber(app, "anna@park.example", language="nl", topics=["project", "region-limburg"])
    add_subscriber(app, "waits@park.example", confirmed=False)
    left = add_subscriber(app, "left@park.example")
    bounced(app, "anna@park.example")
    with app.app_context():
        path = links.leave_newsletter(left, language="en")
    officer.post(path)
    everybody = ["anna@park.example", "waits@park.example", "Żaneta.Źdźbło@uczelnia.example"]
    assert shown(officer) == everybody
    for asked, found in (
        ({"q": "zaneta zdzblo"}, everybody[2:]),
        ({"q": "PARK"}, everybody[:2]),
        ({"state": "asked"}, ["waits@park.example"]),
        ({"state": "left"}, ["(erased)"]),
        ({"state": "unreached"}, ["anna@park.example"]),
        ({"language": "pl"}, everybody[2:]),
        ({"topic": "region-limburg"}, ["anna@park.example"]),
        ({"topic": "project", "q": "uczelnia"}, []),
    ):
        assert shown(officer, **asked) == found, asked
    answer = officer.post(LIST, data={**hidden(officer, LIST), "q": "anna@park"})
    assert "anna" not in answer.location  # addresses stand in no address
    numbers = [one.get_text() for one in soup(officer.get(LIST)).select("dl.numbers dd")]
    assert numbers == ["2", "1", "1", "1"]


def test_the_list_takes_as_many_statements_for_a_hundred_as_for_one(app: Flask, officer: FlaskClient):
    add_subscriber(app, "n0@x.example")
    with statements(app) as one:
        officer.get(LIST)
    for n in range(1, 60):
        add_subscriber(app, f"n{n:02}@x.example")
    with statements(app) as many:
        page = officer.get(LIST)
    assert (len(one), len(soup(page).select("main tbody tr"))) == (len(many), 50)
    assert len(soup(officer.get(f"{LIST}?page=2")).select("main tbody tr")) == 10


def test_a_person_is_shown_with_her_proof_her_history_and_the_fate_of_her_mails(app: Flask, officer: FlaskClient):
    number = add_subscriber(app, "anna@park.example", language="fr", confirmed=False)
    with app.app_context(), transaction() as session:
        session.execute(db.update(Fact).where(Fact.kind == "subscriber.asked").values(relayed_at=None))
    work(app)
    with app.app_context():
        asked = db.session.scalar(db.select(Fact.id).filter_by(kind="subscriber.asked", subject_id=number))
        confirm = links.confirm_subscription(asked, language="fr")
    officer.post(confirm, data=hidden(officer, confirm))
    bounced(app, "anna@park.example")
    said = words(officer.get(f"{FILES}/{number}"))
    for line in (
        "Language français",
        "Topics News of the project",
        "Privacy notice version 1, read in français",
        "Entered in the form 23 November 2026, 13:00 CET",
        "Confirmed 23 November 2026, 13:00 CET",
        "Kept in the mailbox À confirmer",
        "Entered in the form, asked by e-mail",
        "its mail server says that it does not exist.",
    ):
        assert line in said, said
    path = f"{FILES}/{number}/readmission"
    answer = officer.post(path, data=hidden(officer, f"{FILES}/{number}"), follow_redirects=True)
    assert "E-mails are sent to this address again." in words(answer)
    with app.app_context():
        assert list(db.session.scalars(audience.audience(("project",)))) == [number]
    assert officer.get(f"{FILES}/{number + 1}").status_code == 404


def test_an_erased_person_leaves_a_digest_alone_and_no_list_brings_her_back(app: Flask, officer: FlaskClient):
    number = add_subscriber(app, "anna@park.example", confirmed=False)
    with app.app_context(), transaction() as session:
        session.execute(db.update(Fact).where(Fact.kind == "subscriber.asked").values(relayed_at=None))
    work(app)
    assert (len(kept(app)), [row.address for row in rows(app)]) == (1, ["anna@park.example"])
    path = f"{FILES}/{number}/erasure"
    assert "This cannot be undone." in words(officer.get(path))
    assert len(readers(app)) == 1
    assert officer.post(path, data=hidden(officer, path)).location == LIST
    work(app)
    assert (readers(app), [(row.address, row.text) for row in rows(app)]) == ({}, [("", "")])
    with app.app_context():
        (one,) = db.session.scalars(db.select(NewsletterSuppression))
        assert (one.address_digest, one.reason) == (addresses.digest("anna@park.example"), "erased")
    assert verdicts(officer, bring(officer, b"E-mail\nANNA@park.example\n")) == {
        "ANNA@park.example": "Has left the newsletter: stays away"
    }


def test_files_hold_the_list_defused_and_their_taking_is_written_down(app: Flask, officer: FlaskClient):
    add_subscriber(app, "=cmd@x.example", topics=["project", "kind-webinar"])
    add_subscriber(app, "jan@x.example", language="pl")
    answer = officer.get(f"{FILES}.csv?language=en", buffered=True)
    table = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert table[0][:4] == ["E-mail", "Language", "Topics", "Status"]
    moment = "2026-11-23T12:00:00Z"
    assert table[1:] == [["'=cmd@x.example", "en", "project kind-webinar", "confirmed", "form", moment, moment, "", ""]]
    assert [one["email"] for one in json.loads(officer.get(f"{FILES}.json").data)] == [
        "=cmd@x.example",
        "jan@x.example",
    ]
    assert officer.get(f"{FILES}.xlsx").data[:2] == b"PK"
    assert officer.get(f"{FILES}.csv?delimiter=tab").status_code == 404
    with app.app_context():
        noted = db.session.scalars(db.select(AuditEntry).filter_by(kind="subscribers.exported")).all()
        assert [(one.data["format"], one.data["rows"], one.data["filtered"]) for one in noted] == [
            ("csv", 1, True),
            ("json", 2, False),
            ("xlsx", 2, False),
        ]
        assert "x.example" not in str([one.data for one in noted])
    brought = bring(officer, officer.get(f"{FILES}.csv").data, basis="")  # our own file is read again
    assert verdicts(officer, brought) == dict.fromkeys(["=cmd@x.example", "jan@x.example"], "On the list already")


def bring(client: FlaskClient, data: bytes, **changes: Any) -> TestResponse:
    """Send a file and return the preview."""
    filled = {"basis": "Signed sheet, Magdeburg", "basis_on": "2026-02-12", "language": "en", "topics": ["project"]}
    filled |= hidden(client, IMPORT) | changes
    form = {name: value for name, value in filled.items() if value != ""}
    return client.post(
        IMPORT, data={**form, "file": (io.BytesIO(data), "people.csv")}, follow_redirects=True, buffered=True
    )


def verdicts(client: FlaskClient, page: TestResponse) -> dict[str, str]:
    assert page.status_code == 200, words(page)
    lines = soup(page).select(".table.stacked tbody tr")
    return {line.th.get_text(): line.select("td")[1].get_text() for line in lines if line.th}


def press(client: FlaskClient, page: TestResponse, what: str = "") -> TestResponse:
    path = page.request.path
    return client.post(f"{path}{what}", data=hidden(client, path), follow_redirects=True)


def test_each_row_of_a_list_has_its_verdict_and_nobody_is_subscribed_before_the_press(app: Flask, officer: FlaskClient):
    add_subscriber(app, "known@x.example")  # D9
    add_subscriber(app, "other@x.example", language="pl")
    add_subscriber(app, "waits@x.example", confirmed=False)
    left = add_subscriber(app, "left@x.example")
    bounced(app, "dead@x.example")
    with app.app_context():
        out = links.leave_newsletter(left, language="en")
    officer.post(out)
    before = readers(app)
    book = Workbook()
    sheet = book.active
    for row in (
        ("E-Mail", "Sprache", "Themen", "Datum der Grundlage"),
        ("new@x.example", "de-AT", "kind-workshop region-limburg", datetime(2025, 3, 1)),  # noqa: DTZ001
        ("plain@x.example", "", "", "1.4.2025"),
        ("NEW@x.example",),
        ("known@x.example", "English"),
        ("other@x.example", "en"),
        ("waits@x.example",),
        ("left@x.example",),
        ("dead@x.example",),
        ("anna@firma",),
        ("", "de"),
        ("topic@x.example", "de", "weather; Limburg"),
        ("named@x.example", "pl", "Neues aus dem Projekt, Elsewhere, or online; kind-webinar"),
        ("late@x.example", "", "", "2027-01-01"),
        ("twice@x.example", "", "weather"),
        ("Twice@x.example", "de"),
    ):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    page = bring(officer, file.getvalue())
    assert verdicts(officer, page) == {
        "new@x.example": "New",
        "plain@x.example": "New",
        "NEW@x.example": "Twice in this list",
        "known@x.example": "On the list already",
        "other@x.example": "On the list already, in another language, which stays",
        "waits@x.example": "Has been asked and has not confirmed: left to the person",
        "left@x.example": "Has left the newsletter: stays away",
        "dead@x.example": "E-mails to it come back: not taken",
        "anna@firma": "Not an e-mail address",
        "–": "No address",
        "topic@x.example": "Unknown topic: weather",
        "named@x.example": "New",
        "late@x.example": "The date of the basis is still to come: not taken",
        "twice@x.example": "Unknown topic: weather",
        "Twice@x.example": "New",
    }
    assert readers(app) == before
    done = press(officer, page)
    assert "4 addresses imported." in words(done)
    basis = "Signed sheet, Magdeburg"
    assert readers(app) == before | {
        "new@x.example": ("confirmed", "de", ["region-limburg", "kind-workshop"], basis),
        "plain@x.example": ("confirmed", "en", ["project"], basis),
        "named@x.example": ("confirmed", "pl", ["project", "region-elsewhere", "kind-webinar"], basis),
        "Twice@x.example": ("confirmed", "de", ["project"], basis),
    }
    with app.app_context():
        one = audience.subscriber_at(addresses.digest("new@x.example"))
        assert one is not None
        assert (str(one.basis_on), one.source.value, one.confirmed_at) == ("2025-03-01", "import", None)
        (fact,) = db.session.scalars(db.select(Fact).filter_by(kind="subscriber.imported"))
        (brought,) = db.session.scalars(db.select(SubscriberImport))
        assert (fact.data, fact.subject_id, brought.packed, brought.by) == ({"added": 4}, brought.id, b"", fact.by)
        number = one.id
    assert "Basis Signed sheet, Magdeburg Date of the basis 2025-03-01" in words(officer.get(f"{FILES}/{number}"))
    work(app)
    assert len(kept(app)) == 0  # an import writes to nobody


@pytest.mark.one_database
def test_no_language_and_no_date_of_a_row_are_made_up(app: Flask, officer: FlaskClient):
    said = {"German": "de", "POLNISCH": "pl", "Spanish (ES)": "es", "français": "fr", "Alemán": "de", "CA-es": "ca"}
    rows = [f"{code}{n}@x.example;{cell}" for n, (cell, code) in enumerate(said.items())]
    rows += ["pt@x.example;pt", "own@x.example;en;Signed in Bonn;;2019-05-01", "when@x.example;;;12 May"]
    rows += ["ahead@x.example;;Signed in Bonn;2099-01-01", "both@x.example;nl;Signed in Bonn;2019-05-01"]
    head = "E-mail;Language;Basis;Date of the basis;Date;Remark;E-mail\n"
    page = bring(officer, (head + "\n".join(rows) + "\n").encode(), language="it")
    seen = verdicts(officer, page)
    assert {seen.pop(row.partition(";")[0]) for row in rows[: len(said)]} == {"New"}
    assert seen == {
        "pt@x.example": "New Unknown language “pt”: italiano is taken.",
        "own@x.example": "No readable date of the basis: not taken",
        "when@x.example": "No readable date of the basis: not taken",
        "ahead@x.example": "The date of the basis is still to come: not taken",
        "both@x.example": "New",
    }
    assert "Columns that were not understood, and are left out: Date Row by row" in words(page)
    assert soup(page).select_one(".table.stacked tbody th").get_text() == "pt@x.example"
    press(officer, page)
    with app.app_context():
        found = {one.email: one for one in db.session.scalars(db.select(Subscriber))}
    assert {email[:2]: one.language for email, one in found.items()} == {
        **{code: code for code in said.values()},
        "pt": "it",
        "bo": "nl",
    }
    assert (found["both@x.example"].basis, str(found["both@x.example"].basis_on)) == ("Signed in Bonn", "2019-05-01")
    page = bring(officer, b"a@x.example;German\n")
    assert "Columns that were not understood, and are left out: B" in words(page)


def test_an_import_is_taken_back_in_ten_minutes_or_while_nobody_has_felt_it(
    app: Flask, officer: FlaskClient, clock: Clock
):
    def undo() -> str:
        form = soup(officer.get(LIST)).select_one("section.hold form")
        assert form is not None
        answer = officer.post(str(form["action"]), data=hidden(officer, LIST), follow_redirects=True)
        return words(answer)

    press(officer, bring(officer, b"E-mail\na@x.example\nb@x.example\n"))
    assert sorted(readers(app)) == ["a@x.example", "b@x.example"]
    assert "Undone." in undo()
    assert (readers(app), count(app, Fact, kind="subscriber.import_undone")) == ({}, 1)
    press(officer, bring(officer, b"E-mail\na@x.example\nb@x.example\n"))
    with app.app_context():
        one = audience.subscriber_at(addresses.digest("a@x.example"))
        assert one is not None
        mine = links.preferences(one.id, language="en")
    clock.advance(minutes=5)
    officer.post(mine, data={**hidden(officer, mine), "language": "de", "topics": "project"})
    page = soup(officer.get(LIST)).select_one("section.hold form")
    assert page is not None
    clock.advance(minutes=6)  # somebody has chosen for herself, and ten minutes are over
    assert soup(officer.get(LIST)).select_one("section.hold") is None
    late = officer.post(str(page["action"]), data=hidden(officer, LIST), follow_redirects=True)
    assert "It is too late to undo this" in words(late)
    press(officer, bring(officer, b"E-mail\nc@x.example\n"))
    clock.advance(minutes=20)
    assert "Undone." in undo()  # nobody of it has felt it
    assert sorted(readers(app)) == ["a@x.example", "b@x.example"]


def test_who_leaves_between_the_preview_and_the_press_is_not_brought_back(app: Flask, officer: FlaskClient):
    page = bring(officer, b"E-mail\nanna@x.example\njan@x.example\n")
    number = add_subscriber(app, "anna@x.example")
    with app.app_context():
        out = links.leave_newsletter(number, language="en")
    officer.post(out)
    assert "1 address imported." in words(press(officer, page))
    assert sorted(readers(app)) == ["", "jan@x.example"]
    with app.app_context():
        (brought,) = db.session.scalars(db.select(SubscriberImport))
        again = page.request.path
    assert "already been imported" in words(officer.post(again, data=hidden(officer, LIST), follow_redirects=True))
    assert (len(readers(app)), brought.added) == (2, 1)


def test_a_press_that_is_cut_off_in_the_midst_comes_to_its_end_once_and_brings_nobody_back_who_left(
    app: Flask, officer: FlaskClient, clock: Clock
):
    people = [f"p{n}@x.example" for n in range(2 * importing.SLICE + 20)]
    page = bring(officer, "\n".join(["E-mail", *people]).encode())
    with app.app_context():
        with transaction():
            importing.press(1, by=Actor("organiser", 1))
        first, _second, third = importing.slices(1)
        with transaction():
            importing.add(1, first)
    assert (len(readers(app)), count(app, Fact, kind="subscriber.imported")) == (importing.SLICE, 0)  # killed here
    officer.post(f"{page.request.path}/discard", data=hidden(officer, page.request.path))
    clock.advance(days=2)
    with app.app_context():
        schedule.tick()  # what is pressed for is no list that waits
    number = add_subscriber(app, people[-1])
    with app.app_context():
        out = links.leave_newsletter(number, language="en")
    officer.post(out)
    work(app)
    assert sorted(readers(app)) == sorted(["", *people[:-1]])
    with app.app_context(), transaction():
        (fact,) = db.session.scalars(db.select(Fact).filter_by(kind="subscriber.imported"))
        brought = db.session.get_one(SubscriberImport, 1)
        assert (fact.data, brought.added, brought.packed) == ({"added": len(people) - 1}, len(people) - 1, b"")
        with pytest.raises(importing.AlreadyMade):
            importing.press(1, by=OPERATOR)
        importing.undo(brought, by=OPERATOR)
    with app.app_context(), transaction():
        importing.add(1, third)  # a slow other press
        assert importing.finish(1, by=OPERATOR) == 0
    assert (list(readers(app)), count(app, Fact, kind="subscriber.imported")) == ([""], 1)


def test_what_is_no_list_is_refused_in_words_with_everything_kept(app: Flask, officer: FlaskClient):
    for data, changes, said in (
        (b"Name\nAnna\n", {}, "No column holds e-mail addresses."),
        (b"\x89PNG\r\n\x1a\n\0\0", {}, "This is no table that can be read here."),
        (b"E-mail\na@x.example\n", {"basis_on": ""}, "Say since when this basis has existed."),
        (b"E-mail\na@x.example\n", {"basis_on": "2026-11-24"}, "This day is still to come."),
    ):
        page = bring(officer, data, **changes)
        assert (page.status_code, said in words(page)) == (422, True), words(page)
        assert 'value="Signed sheet, Magdeburg"' in page.text
    answer = officer.post(IMPORT, data={**hidden(officer, IMPORT), "language": "en", "topics": "project"})
    assert (answer.status_code, "Choose a file." in words(answer)) == (422, True)
    page = bring(officer, b"a@x.example\n", basis="", basis_on="")
    assert verdicts(officer, page) == {"a@x.example": "No basis with a date: not taken"}
    assert re.search(r"Subscribe \d", words(page)) is None
    assert "nobody has been subscribed" in words(press(officer, page, "/discard"))
    assert (count(app, SubscriberImport), readers(app)) == (0, {})


def test_a_list_that_nobody_presses_for_is_erased_after_a_day(app: Flask, officer: FlaskClient, clock: Clock):
    page = bring(officer, b"E-mail\nanna@x.example\n")
    clock.advance(hours=25)
    with app.app_context():
        schedule.tick()
        assert importing.undoable() == []
    assert (count(app, SubscriberImport), signed_in(app).get(page.request.path).status_code) == (0, 404)


def test_an_officer_has_the_newsletter_and_no_participants_a_helper_neither(app: Flask, officer: FlaskClient):
    helper = signed_in(app, Role.DESK_HELPER)
    assert [officer.get(path).status_code for path in (LIST, f"{FILES}.csv", IMPORT)] == [200, 200, 200]
    assert [helper.get(path).status_code for path in (LIST, f"{FILES}.csv", IMPORT)] == [403, 403, 403]
    places = [one.get_text() for one in soup(officer.get(LIST)).select(".side-open .side-list a")]
    assert places[:3] == ["Overview", "Events", "Newsletter"]


def test_the_desk_says_why_an_address_is_not_on_the_list_and_lets_the_form_write_to_it_again(
    app: Flask, officer: FlaskClient, clock: Clock
):
    number = add_subscriber(app, "anna@park.example", confirmed=False)
    left = add_subscriber(app, "jan@park.example")
    with app.app_context():
        ways = [links.leave_newsletter(one, language="en") for one in (number, left)]
    for way in ways:
        officer.post(way)

    def sought(email: str) -> TestResponse:
        return officer.post(LIST, data={**hidden(officer, LIST), "q": email}, follow_redirects=True)

    assert "This address has left the newsletter." in words(sought("JAN@park.example"))
    page = sought("anna@park.example")
    assert "said that the wish was not theirs" in words(page)
    assert "theirs" not in words(sought("nobody@park.example"))
    path = f"{FILES}/let-in"
    for email, said in (("jan@park.example", "Nothing was changed."), ("anna@park.example", "writes to this address")):
        answer = officer.post(path, data={**hidden(officer, LIST), "email": email}, follow_redirects=True)
        assert said in words(answer)
    clock.advance(days=1)
    add_subscriber(app, "anna@park.example")
    assert sorted(readers(app)) == ["", "anna@park.example"]
