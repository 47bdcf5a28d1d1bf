"""The guest list at the desk: brought from a spreadsheet, sent after a hold, the silent reminded, taken along."""

import csv
import io
import re
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.accounts.models import AuditEntry
from s3chem_events.accounts.roles import Role
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import Fact
from s3chem_events.core.text import Text
from s3chem_events.mailing import addresses
from s3chem_events.mailing.models import Suppression
from s3chem_events.registration import guest_list
from s3chem_events.registration.invitation import Invitation
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import (
    CLOSED_DAY,
    PUBLIC_DAY,
    add_event,
    count,
    hidden,
    register,
    revise_event,
    soup,
    words,
)
from tests.support.desk import filled, signed_in
from tests.support.post import kept, rows, work
from tests.support.statements import statements

EVENT = "/desk/events/conference"
LIST = f"{EVENT}/invitations"
NEW, IMPORT = f"{LIST}/new", f"{LIST}/import"


@pytest.fixture
def organiser(app: Flask, clock: Clock) -> FlaskClient:
    add_event(app)
    return signed_in(app)


def token(client: FlaskClient, path: str = LIST) -> str:
    found = soup(client.get(path)).select_one("input[name=csrf_token]")
    assert found is not None
    return str(found["value"])


def post(client: FlaskClient, path: str, **typed: Any):
    return client.post(path, data={"csrf_token": token(client, "/desk/events/"), **typed})


def add(client: FlaskClient, **typed: Any):
    return post(client, NEW, **{"parts": "day-1", "language": "en", "uses": "1", **typed})


def bring(client: FlaskClient, data: bytes, name: str = "guests.xlsx"):
    typed = {"csrf_token": token(client, IMPORT), "parts": "day-1", "language": "en", "file": (io.BytesIO(data), name)}
    return client.post(IMPORT, data=typed, content_type="multipart/form-data")


def carried(page) -> dict[str, Any]:
    form = soup(page).select_one("main form[enctype]")
    assert form is not None
    fields = {str(one["name"]): str(one["value"]) for one in form.select("input")}
    return fields | {"rows": form.select_one("textarea").get_text().removeprefix("\n"), "do": "add"}


def workbook(*lines: tuple[Any, ...]) -> bytes:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def states(client: FlaskClient, query: str = "") -> dict[str, str]:
    page = soup(client.get(LIST + query))
    return {
        row.select_one("th a").text: row.select("td")[2].select_one(".chip").text
        for row in page.select("table.people tbody tr")
    }


def sent(app: Flask, kind: str) -> int:
    return sum(row.kind == kind for row in rows(app))


def test_a_list_of_sixty_is_judged_row_by_row_and_added_by_a_second_press(app: Flask, client, organiser):
    register(client, email="guest0@um.example")  # D9: for the open day alone, so that the closed one is news
    entry = f"{EVENT}/participants/new"
    there = {"family_name": "There", "organisation": "UM", "email": "registered@um.example", "mode-day-1": "on_site"}
    assert organiser.post(entry, data=filled(organiser.get(entry)) | there).status_code == 303
    add(organiser, email="invited@um.example")
    with app.app_context(), transaction():
        digest = addresses.digest("gone@um.example")
        db.session.add(Suppression(address_digest=digest, reason="bounced", since=now()))
    people: list[tuple[Any, ...]] = [("Nom", "Prénom", "E-mail", "Organisation", "Langue", "Depuis")]
    people += [(f"Family {n}", "Anna", f"guest{n}@um.example", "UM", "Deutsch", "12.02.2020") for n in range(45)]
    people += [("Twin", "Anna", f"GUEST{n}@um.example", "UM", "de", 43873) for n in range(5)]
    people += [("Nobody", "Jan", None, "UM", "nl", None), ("Nobody", "Eva", " ", "UM", "nl", None)]
    people += [("A", "B", f"{who}@um.example", "UM", "en", None) for who in ("registered", "invited", "gone")]
    people += [
        ("Broken", "Mail", "not an address", "UM", "en", None),
        ("@cmd", "X", "formula@um.example", "", "xx", None),
    ]
    people += [("Żak", "Łucja", f"pl{n}@uw.example", "UW", "polski", None) for n in range(3)]
    assert len(people) == 61
    preview = bring(organiser, workbook(*people))
    assert preview.status_code == 200
    page = soup(preview)
    figures = [item.get_text(" ", strip=True) for item in page.select(".figure-list li")]
    assert figures == [
        "49 Will be added",
        "5 Stands in the file already",
        "1 Invited already",
        "1 Registered already",
        "1 Gets no e-mails any more",
        "2 Without an e-mail address",
        "1 No valid e-mail address",
    ]
    table = [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in page.select("tbody tr")]
    assert len(table) == 60
    assert table[0] == ["2", "Will be added", "Anna Family 0", "guest0@um.example", "UM", "de"]
    assert table[-4] == ["58", "Will be added", "X @cmd", "formula@um.example", "", "en instead of “xx”"]
    assert table[-1] == ["61", "Will be added", "Łucja Żak", "pl2@uw.example", "UW", "pl"]
    assert (count(app, Invitation), work(app)) == (1, 2)  # nobody before the press; the mails are the registrations'
    answer = organiser.post(IMPORT, data=carried(preview), content_type="multipart/form-data")
    assert answer.status_code == 303
    said = words(organiser.get(LIST))
    assert "49 people added to the list; nobody has been written to yet." in said
    assert (count(app, Invitation), work(app)) == (50, 0)
    again = organiser.post(IMPORT, data=carried(preview), content_type="multipart/form-data")
    assert (again.status_code, count(app, Invitation)) == (303, 50)


@pytest.mark.one_database
def test_a_pasted_list_and_files_that_are_none_are_answered_at_their_field(app: Flask, organiser):
    pasted = post(
        organiser, IMPORT, parts="day-1", language="pl", pasted="Nowak, Anna;anna@park.example\n;<jan@park.example>"
    )
    assert [item.get_text(" ", strip=True) for item in soup(pasted).select(".figure-list li")] == ["2 Will be added"]
    assert "Anna Nowak" in words(pasted)
    for data, sentence in (
        (b"%PDF-1.7\x00", "This is not a table that can be read."),
        (b"PK\x03\x04broken", "The file is damaged and cannot be read."),
        (b"a@b.example\n" * 2001, "Please bring at most 2000 rows at once."),
        (b"", "Choose a file, or paste some rows."),
    ):
        refused = bring(organiser, data)
        assert (refused.status_code, sentence in words(refused)) == (422, True), sentence
        assert soup(refused).select_one("#file-error") is not None
    nothing = post(organiser, IMPORT, language="en", pasted="a@b.example")
    assert "Choose at least one closed part that takes place." in words(nothing)
    assert soup(nothing).select_one("textarea").get_text(strip=True) == "a@b.example"
    elsewhere = organiser.post(NEW, data={"file": (io.BytesIO(b"x"), "x.csv")}, content_type="multipart/form-data")
    assert elsewhere.status_code == 400


def test_who_is_invited_to_one_closed_part_is_invited_to_another_too_and_comes_by_both(
    app: Flask, client, clock, organiser
):
    lab = replace(CLOSED_DAY, key="lab", title=Text(en="Laboratory"))
    revise_event(app, parts=(CLOSED_DAY, lab, PUBLIC_DAY))
    zed = {"email": "zed@um.example", "given_name": "Zed", "family_name": "Zet", "organisation": "UM"}
    assert add(organiser, **zed).status_code == 303
    pasted = "Zed;Zet;zed@um.example\nAnna;Nowak;anna@um.example"
    preview = post(organiser, IMPORT, parts="lab", language="en", pasted=pasted)
    found = soup(preview).select("tbody tr")
    table = [[cell.get_text(" ", strip=True) for cell in row.select("td")][:2] for row in found]
    assert table == [["Invited to this part as well", "Zed Zet"], ["Will be added", "Anna Nowak"]]
    added = organiser.post(IMPORT, data=carried(preview), content_type="multipart/form-data")
    assert (added.status_code, "2 people added to the list" in words(organiser.get(LIST))) == (303, True)
    for parts in (["lab"], ["day-1", "lab"]):
        assert add(organiser, **zed, parts=parts).status_code == 409
    again = post(organiser, IMPORT, parts="lab", language="en", pasted=pasted)
    figures = [item.get_text(" ", strip=True) for item in soup(again).select(".figure-list li")]
    assert figures == ["2 Invited already"]

    post(organiser, f"{LIST}/sending")
    clock.advance(minutes=11)
    assert work(app) == 3
    links = [re.search(r"/en/invitations/\S+", mail.text) for mail in kept(app) if "zed@" in mail.envelope.to]
    first, second = (found[0] for found in links if found)
    named = [("Laboratory" in mail.text, "Working-group meeting" in mail.text) for mail in kept(app)]
    assert sorted(named) == [(False, True), (True, False), (True, False)]
    assert register(client, f"{first}/registration", **zed, parts=["day-1"]).status_code == 303
    assert client.post(second, data=hidden(client, second) | {"press": "join"}).status_code == 303
    with app.app_context():
        (person,) = db.session.scalars(db.select(Registration).options(db.selectinload(Registration.participations)))
        assert [one.standing.value for one in person.participations] == ["confirmed", "confirmed"]
        there = db.session.scalars(db.select(Invitation).order_by(Invitation.email.desc(), Invitation.id)).all()
        assert [guest_list.line(one).state.value for one in there] == ["accepted", "accepted", "invited"]
        clock.advance(days=4)
        assert [one.email for one in guest_list.silent(person.event_id)] == ["anna@um.example"]


def test_invitations_leave_after_a_hold_once_each_and_the_silent_are_reminded_after_three_days(
    app: Flask, client, clock, organiser
):
    for name, language in (("anna", "fr"), ("jan", "de"), ("eva", "de")):
        add(organiser, email=f"{name}@park.example", given_name=name.title(), language=language)
    assert "It is typed here: http://localhost/fr/invitations/" in words(organiser.get(f"{LIST}/1"))
    preview = soup(organiser.get(f"{LIST}/sending"))
    assert [one.get_text(" ", strip=True) for one in preview.select(".sample summary")] == [
        "German · 2 e-mails",
        "French · 1 e-mail",
    ]
    assert (count(app, Fact, kind="invitation.sent"), "/invitations/…" in preview.text) == (0, True)
    with app.app_context():
        codes = db.session.scalars(db.select(Invitation.code).order_by(Invitation.id)).all()
    assert [code for code in codes if code in preview.text] == []
    post(organiser, f"{LIST}/sending")
    assert "3 e-mails leave at 13:10" in words(organiser.get(LIST))
    (batch,) = soup(organiser.get(LIST)).select("input[name=batch]")
    assert work(app) == 0
    post(organiser, f"{LIST}/undo", batch=batch["value"])
    clock.advance(minutes=11)
    assert work(app) == 0
    assert states(organiser) == {"Anna": "Not sent yet", "Eva": "Not sent yet", "Jan": "Not sent yet"}
    post(organiser, f"{LIST}/sending")
    post(organiser, f"{LIST}/sending")
    assert "There is nobody to write to at the moment." in words(organiser.get(LIST))
    clock.advance(minutes=10)
    assert (work(app), work(app), sent(app, "invitation.sent")) == (3, 0, 3)
    late = post(organiser, f"{LIST}/undo", batch=batch["value"])
    assert late.status_code == 303
    assert "It is too late to undo this" in words(organiser.get(LIST))
    post(organiser, f"{LIST}/reminder")
    assert "There is nobody to write to at the moment." in words(organiser.get(LIST))
    mails = {re.search(r"Anna|Jan|Eva", mail.text)[0]: mail for mail in kept(app)}  # type: ignore[index]
    regrets = re.search(r"http://localhost(\S+/regrets)", mails["Anna"].text)[1]  # type: ignore[index]
    client.post(regrets, data=hidden(client, regrets) | {"message": "On leave"})
    page = re.search(r"http://localhost(\S+/de/invitations/[^/\s]+|/de/invitations/[^/\s]+)\n", mails["Jan"].text)[1]  # type: ignore[index]
    assert register(client, f"{page}/registration", parts=["day-1"]).status_code == 303
    assert states(organiser) == {"Anna": "Declined", "Eva": "Invited", "Jan": "Accepted"}
    clock.advance(days=3)
    organiser = signed_in(app)
    post(organiser, f"{LIST}/reminder")
    clock.advance(minutes=10)
    work(app)
    assert [row.address for row in rows(app) if row.kind == "invitation.reminded"] == ["eva@park.example"]
    post(organiser, f"{LIST}/reminder")
    assert "There is nobody to write to at the moment." in words(organiser.get(LIST))
    assert states(organiser, "?state=declined") == {"Anna": "Declined"}
    assert "Message On leave" in words(organiser.get(f"{LIST}/1"))


def test_who_answers_during_the_hold_is_not_written_to(app: Flask, client, clock, organiser):
    add(organiser, email="anna@park.example")
    post(organiser, f"{LIST}/1/sending")
    work(app)
    clock.advance(days=4)
    post(signed_in(app), f"{LIST}/reminder")
    regrets = re.search(r"http://localhost(\S+/regrets)", kept(app)[-1].text)[1]  # type: ignore[index]
    client.post(regrets, data=hidden(client, regrets))
    clock.advance(minutes=10)
    work(app)
    assert (sent(app, "invitation.sent"), sent(app, "invitation.reminded")) == (1, 0)


def test_an_address_that_is_dead_shows_as_not_delivered_and_is_not_reminded(app: Flask, clock, organiser):
    add(organiser, email="anna@park.example")
    post(organiser, f"{LIST}/1/sending")
    work(app)
    with app.app_context(), transaction():
        db.session.add(Suppression(address_digest=addresses.digest("anna@park.example"), reason="dead", since=now()))
    clock.advance(days=4)
    organiser = signed_in(app)
    assert states(organiser) == {"anna@park.example": "Not delivered"}
    post(organiser, f"{LIST}/reminder")
    assert "There is nobody to write to at the moment." in words(organiser.get(LIST))


def test_a_code_for_a_partner_and_what_is_missing_is_said_at_its_field(app: Flask, organiser):
    made = add(organiser, organisation="OVGU", uses="5", language="de")
    assert made.status_code == 303
    page = words(organiser.get(str(made.location)))
    assert ("Invited to Working-group meeting" in page, "0 of 5" in page) == (True, True)
    for typed, field in (
        ({"email": "no address"}, "email"),
        ({}, "organisation"),
        ({"email": "a@b.example", "uses": "2"}, "uses"),
        ({"email": "a@b.example", "parts": "day-2"}, "parts"),
        ({"email": "a@b.example", "uses": "0"}, "uses"),
    ):
        refused = add(organiser, **typed)
        assert (refused.status_code, bool(soup(refused).select_one(f"#{field}-error"))) == (422, True), typed
    assert add(organiser, email="a@b.example").status_code == 303
    twice = add(organiser, email="A@B.example", given_name="Kept")
    assert (twice.status_code, "This address is invited to the event already." in words(twice)) == (409, True)
    assert soup(twice).select_one("#given_name")["value"] == "Kept"  # type: ignore[index]


def test_a_withdrawn_invitation_stays_on_the_list_and_opens_nothing(app: Flask, client, organiser):
    add(organiser, email="anna@park.example")
    assert "Withdraw the invitation?" in words(organiser.get(f"{LIST}/1/withdrawal"))
    assert states(organiser) == {"anna@park.example": "Not sent yet"}
    post(organiser, f"{LIST}/1/withdrawal")
    assert states(organiser) == {"anna@park.example": "Invitation withdrawn"}
    post(organiser, f"{LIST}/1/sending")
    assert (work(app), sent(app, "invitation.sent")) == (0, 0)
    assert add(organiser, email="anna@park.example").status_code == 303  # may be invited anew


def test_the_list_as_a_file_is_defused_and_its_download_written_down(app: Flask, organiser):
    add(organiser, email="anna@park.example", family_name="=cmd|'/c calc'!A1", organisation="+1")
    add(organiser, organisation="OVGU", uses="3")
    table = list(csv.reader(io.StringIO(organiser.get(f"{LIST}.csv").get_data(as_text=True).removeprefix("\ufeff"))))
    assert table[0][:9] == [
        *("Given name", "Family name", "E-mail", "Organisation", "Language", "Invited to", "Code"),
        *("How many can use it", "Status"),
    ]
    assert [(row[1], row[2], row[3], row[5], row[7], row[8]) for row in table[1:]] == [
        ("'=cmd|'/c calc'!A1", "anna@park.example", "'+1", "day-1", "1", "prepared"),
        ("", "", "OVGU", "day-1", "3", "invited"),
    ]
    book = openpyxl.load_workbook(io.BytesIO(organiser.get(f"{LIST}.xlsx?state=invited").data), read_only=True)
    assert [row[3] for row in book.active.iter_rows(values_only=True)] == ["Organisation", "OVGU"]
    organiser.head(f"{LIST}.csv")
    with app.app_context():
        found = db.session.scalars(db.select(AuditEntry).filter_by(kind="invitations.exported")).all()
        assert [(one.data["format"], one.data["rows"]) for one in found] == [("csv", 2), ("xlsx", 1)]
    assert "Guest list exported" in words(organiser.get("/desk/organisers/audit"))


def test_the_list_costs_the_same_number_of_statements_for_one_and_for_three(app: Flask, organiser):
    add(organiser, email="a@b.example")
    with statements(app) as few:
        organiser.get(LIST)
    for name in ("c", "d"):
        add(organiser, email=f"{name}@b.example")
    with statements(app) as many:
        organiser.get(LIST)
    assert len(few) == len(many)


def test_helpers_and_readers_change_nothing_and_an_event_without_closed_parts_says_so(app: Flask, organiser):
    add_event(app, slug="open", parts=(PUBLIC_DAY,))
    add(organiser, email="anna@park.example")
    reader, helper = signed_in(app, Role.READ_ONLY), signed_in(app, Role.DESK_HELPER, events=("conference",))
    add(organiser, organisation="OVGU", uses="2")
    assert states(reader) == {"anna@park.example": "Not sent yet", "OVGU": "Invited"}
    with app.app_context():
        codes = db.session.scalars(db.select(Invitation.code).order_by(Invitation.id)).all()
    shown = {
        path: [code[:4] in client.get(path).text for client in (organiser, reader)]
        for path in (LIST, f"{LIST}/2")
        for code in codes[1:]
    }
    assert shown == {LIST: [True, False], f"{LIST}/2": [True, False]}  # a code lets whoever reads it in
    assert [reader.get(path).status_code for path in (NEW, IMPORT, f"{LIST}/sending", f"{LIST}.csv")] == [403] * 4
    assert helper.get(LIST).status_code == 403
    assert "This event has no closed part" in words(organiser.get("/desk/events/open/invitations"))


def test_searching_finds_a_guest_in_any_spelling(app: Flask, organiser):
    add(organiser, email="l@uw.example", given_name="Łucja", family_name="Żak")
    add(organiser, email="o@ovgu.example", family_name="Müller")
    found = post(organiser, LIST, q="zak luc")
    assert "zak" not in str(found.location)
    assert list(states(organiser, str(found.location).removeprefix(LIST))) == ["Łucja Żak"]
