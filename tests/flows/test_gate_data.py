"""What the gate of a site wants: asked late, of those who go there, seen by few, and gone three days after (D6)."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msoffcrypto
import openpyxl
import psutil
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from werkzeug.test import TestResponse

from s3chem_events import schedule
from s3chem_events.accounts.models import AuditEntry
from s3chem_events.accounts.roles import Role
from s3chem_events.attendance.models import GateLink
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import Fact
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.publishing.models import Document
from s3chem_events.registration.models import Answer, Registration
from tests.conftest import Clock
from tests.factories import CLOSED_DAY, PUBLIC_DAY, add_event, add_question, count, hidden, register, soup, words
from tests.support.desk import filled, pressed, signed_in
from tests.support.post import kept, work

LINK = re.compile(r"http://localhost(/en/registrations/[\w.-]+)/(?:details|letter)")
SECRET = "AB 123456"
DESK = "/desk/events/conference"
FUNDING = {"en": "Co-funded by Interreg Europe.", "nl": "Medegefinancierd door Interreg Europe."}
GATE = {"when": "afterwards", "readers": "gate", "keep_days": 3, "purpose": "The gate of the site lets nobody else in."}


@pytest.fixture(autouse=True)
def event(app: Flask, clock: Clock) -> None:
    add_event(app)
    add_question(app, "identity", label="Number of your identity card", required=True, **GATE)
    add_question(app, "plate", label="Number plate of your car", **GATE)


def come(client: FlaskClient, name: str, mode: str = "on_site") -> str:
    """Register somebody; returns the address of the own page."""
    answer = register(client, given_name=name, email=f"{name}@park.example".lower(), **{"mode-day-2": mode})
    assert answer.status_code == 303
    return answer.headers["Location"]


def tell(client: FlaskClient, own: str, step: str = "details", **typed: str) -> int:
    typed = {f"question-{key}": value for key, value in typed.items()}
    return client.post(f"{own}/{step}", data=hidden(client, f"{own}/{step}") | typed).status_code


def reference_of(app: Flask, name: str) -> str:
    with app.app_context():
        return str(db.session.scalar(db.select(Registration.reference).filter_by(given_name=name)))


def tick(app: Flask) -> None:
    with app.app_context():
        schedule.tick()
        schedule.tick()
    work(app)


def handed_out(desk: FlaskClient) -> tuple[str, str]:
    """Make a link for the entrance; returns its address and its passphrase."""
    page = desk.post(f"{DESK}/gate/link", data=hidden(desk, f"{DESK}/gate/link"))
    link, passphrase = (one.text for one in soup(page).select("main dd code"))
    assert page.headers["Cache-Control"] == "no-store"
    return link.removeprefix("http://localhost"), passphrase


def taken(client: FlaskClient, link: str, passphrase: str) -> TestResponse:
    return client.post(link, data=hidden(client, link) | {"passphrase": passphrase})


def table(app: Flask, desk: FlaskClient) -> list[list[str]]:
    """Return the list as the entrance reads it, out of the locked workbook."""
    link, passphrase = handed_out(desk)
    answer = taken(app.test_client(), link, passphrase)
    assert answer.status_code == 200, answer.status
    return unlocked(answer.data, passphrase)


def unlocked(content: bytes, passphrase: str) -> list[list[str]]:
    workbook, plain = msoffcrypto.OfficeFile(io.BytesIO(content)), io.BytesIO()
    workbook.load_key(password=passphrase, verify_password=True)
    workbook.decrypt(plain, verify_integrity=True)
    sheet = openpyxl.load_workbook(plain).active
    return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


def test_gate_data_are_asked_late_of_those_who_come_and_seen_by_few(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    assert "identity card" not in client.get("/en/events/conference/register").text
    anna, _bert, carl = come(client, "Anna"), come(client, "Bert"), come(client, "Carl", "online")
    work(app)
    wanted = (
        "The entrance still needs from you, until 16 June 2027, 14:00 CEST: “Number of your identity card”, “Number"
    )
    said = {mail.envelope.to.split("<")[-1].rstrip(">"): wanted in " ".join(mail.text.split()) for mail in kept(app)}
    assert said == {"anna@park.example": True, "bert@park.example": True, "carl@park.example": False}
    assert [len(LINK.findall(mail.html)) for mail in kept(app)] == [1, 1, 0]
    assert client.get(f"{carl}/details").location == carl

    assert tell(client, anna, plate="MA-1") == 422
    assert tell(client, anna, identity=SECRET) == 303
    own, again = client.get(anna), client.get(f"{anna}/details")
    assert (SECRET in own.text, SECRET in again.text) == (False, False)
    assert "We have your details. They are not shown here" in words(again)

    desk = signed_in(app)
    page = words(desk.get(f"{DESK}/gate"))
    assert "1 person has told everything. 1 has not." in page
    assert ("Bert Źdźbło" in page, "Anna" in page, "Carl" in page) == (True, False, False)
    assert SECRET not in desk.get(f"{DESK}/participants/{reference_of(app, 'Anna')}").text
    exports = [desk.get(f"{DESK}/participants.{form}").data for form in ("csv", "json")]
    assert [SECRET.encode() in data or b"identity" in data for data in exports] == [False, False]
    rows = table(app, desk)
    assert rows[0][-2:] == ["Number of your identity card", "Number plate of your car"]
    assert [(row[1], *row[-2:]) for row in rows[1:]] == [("Anna", SECRET, ""), ("Bert", "", "")]
    assert [row[5] for row in rows] == ["Days on site", "18 June 2027", "18 June 2027"]
    bert = f"{DESK}/participants/{reference_of(app, 'Bert')}/parts"
    desk.post(bert, data={"csrf_token": hidden(desk, bert)["csrf_token"], "part": "day-1", "mode": "on_site"})
    assert [row[5] for row in table(app, desk)] == ["Days on site", "18 June 2027", "17 and 18 June 2027"]
    with app.app_context():
        note, _second = db.session.scalars(db.select(AuditEntry).filter_by(kind="gate.exported")).all()
        assert (note.by, note.data) == (
            "visitor",
            {"event": 1, "link": 1, "rows": 2, "columns": ["identity", "plate"]},
        )
    assert signed_in(app, Role.DESK_HELPER, events=("conference",)).get(f"{DESK}/gate/link").status_code == 403


def test_who_has_not_told_the_gate_is_reminded_once_and_all_of_it_vanishes(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    anna, bert = come(client, "Anna"), come(client, "Bert")
    assert tell(client, anna, identity=SECRET) == 303
    work(app)
    before = len(kept(app))
    clock.set(datetime(2027, 6, 15, 11, 59, tzinfo=UTC))
    tick(app)
    assert len(kept(app)) == before
    clock.advance(minutes=2)
    tick(app)
    tick(app)
    assert [mail.envelope.to for mail in kept(app)[before:] if "Still needed" in mail.envelope.subject] == [
        "Bert Źdźbło <bert@park.example>"
    ]
    clock.set(datetime(2027, 6, 16, 12, 1, tzinfo=UTC))  # 14:01 in Amsterdam
    assert client.post(f"{bert}/details", data={"question-identity": "X"}).status_code == 422
    assert "can no longer be told here" in words(client.get(f"{bert}/details"))
    clock.set(datetime(2027, 6, 20, 23, tzinfo=UTC))
    tick(app)
    assert count(app, Answer) == 1
    clock.advance(hours=2)
    tick(app)
    assert count(app, Answer) == 0
    assert SECRET not in signed_in(app).get(f"{DESK}/gate").text
    with app.app_context():
        bodies = [str(row) for row in db.session.execute(db.select(OutgoingEmail.__table__))]
        assert SECRET not in "".join(bodies)
    assert not any(SECRET in mail.text + mail.html for mail in kept(app))


def test_the_list_is_handed_out_upon_a_fresh_sign_in_locked_and_once(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    tell(client, come(client, "Anna"), identity=SECRET)  # D6
    desk, guard = signed_in(app), app.test_client()
    clock.advance(minutes=11)
    for answer in (desk.get(f"{DESK}/gate/link"), desk.post(f"{DESK}/gate/link", data=hidden(desk, f"{DESK}/gate"))):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/desk/account/confirm?next=")
    assert count(app, GateLink) == 0
    desk = signed_in(app)
    link, passphrase = handed_out(desk)
    with app.app_context():
        assert passphrase not in str(db.session.execute(db.select(GateLink.__table__)).all())
        assert passphrase not in str(db.session.execute(db.select(Fact.__table__)).all())
    page = guard.get(link)
    assert (page.status_code, SECRET in page.text, page.headers["Referrer-Policy"]) == (200, False, "no-referrer")
    assert guard.head(link).status_code == 200
    for wrong in ("", passphrase[:-1], passphrase[::-1], "x" * 16, "\u00e9" * 16):
        answer = taken(guard, link, wrong)
        assert (answer.status_code, answer.mimetype) == (422, "text/html")
    assert "not opened" in words(desk.get(f"{DESK}/gate"))
    answer = taken(guard, link, f" {passphrase.replace('-', ' ').upper()}")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="conference-gate-2026-11-23.xlsx"'
    assert (SECRET.encode() in answer.data, answer.headers["Cache-Control"]) == (False, "no-store")
    assert [row[1:2] + row[-2:] for row in unlocked(answer.data, passphrase)[1:]] == [["Anna", SECRET, ""]]
    with pytest.raises(msoffcrypto.exceptions.InvalidKeyError):
        unlocked(answer.data, passphrase.upper())
    assert taken(guard, link, passphrase).status_code == 200  # the download broke off
    data = hidden(guard, link) | {"passphrase": passphrase}
    clock.advance(minutes=10)
    assert (guard.get(link).status_code, guard.post(link, data=data).status_code) == (410, 303)
    assert guard.get(f"{link}x").status_code == 410
    assert "opened 2 times, last on 23 November 2026" in words(desk.get(f"{DESK}/gate"))
    assert count(app, Fact, kind="gate_link.opened") == 2


def test_a_link_for_the_entrance_is_revoked_and_ends_with_its_event(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    tell(client, come(client, "Anna"), identity=SECRET)
    desk, guard = signed_in(app), app.test_client()
    revoked, passphrase = handed_out(desk)
    token = {"csrf_token": hidden(desk, f"{DESK}/gate")["csrf_token"]}
    assert guard.get(revoked).status_code == 200
    assert [desk.post(f"{DESK}/gate/links/{n}/revocation", data=token).status_code for n in (1, 1, 2)] == [
        303,
        303,
        404,
    ]
    assert guard.get(revoked).status_code == 410
    late, passphrase = handed_out(desk)
    clock.set(datetime(2027, 6, 18, 21, 59, tzinfo=UTC))
    asked = hidden(guard, late) | {"passphrase": passphrase}
    clock.advance(minutes=1)  # midnight in Maastricht
    assert (guard.get(late).status_code, guard.post(late, data=asked).status_code) == (410, 303)
    desk = signed_in(app)
    assert desk.post(f"{DESK}/gate/link", data=hidden(desk, f"{DESK}/gate/link")).status_code == 303
    assert count(app, GateLink) == 2
    clock.advance(days=3)
    tick(app)
    assert count(app, GateLink) == 0
    with app.app_context():
        kinds = "gate.handed_out", "gate.taken_back", "gate.exported"
        noted = db.session.scalars(db.select(AuditEntry.kind).where(AuditEntry.kind.in_(kinds)).order_by(AuditEntry.id))
        assert list(noted) == ["gate.handed_out", "gate.taken_back", "gate.taken_back", "gate.handed_out"]


@pytest.mark.one_database
def test_an_old_page_shows_none_of_what_was_typed(app: Flask, client: FlaskClient, clock: Clock) -> None:
    own = come(client, "Anna")
    data = hidden(client, f"{own}/details") | {"question-identity": SECRET}
    clock.advance(days=1)
    answer = client.post(f"{own}/details", data=data)
    assert (answer.status_code, SECRET in answer.text) == (422, False)
    assert "To protect you, what you typed was not kept" in words(answer)
    data = hidden(client, f"{own}/details")
    assert client.post(f"{own}/details", data=data | {"question-plate": "MA-1"}).text.count("MA-1") == 1


@pytest.mark.one_database
def test_what_is_asked_for_a_later_day_alone_can_be_told_until_the_working_day_before_it(
    app: Flask, client: FlaskClient
) -> None:
    add_event(app, slug="visit")
    add_question(app, "shoes", slug="visit", label="Size of your shoes", part="day-2", **GATE)
    own = str(register(client, "/en/events/visit/register").location)
    assert "The entrance still needs details from you, until 17 June 2027, 14:00 CEST" in words(client.get(own))


def test_the_site_sets_its_own_hour_and_what_was_told_is_deleted_at_once(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    own, desk = come(client, "Anna"), signed_in(app)
    token = {"csrf_token": hidden(desk, f"{DESK}/gate")["csrf_token"]}
    for typed, sentence in (
        ("yesterday", "Enter a day and an hour."),
        ("2027-03-28T02:30", "skip 02:30"),
        ("2027-06-19T10:00", "Enter an hour no later than the end of the event"),
        ("2026-01-01T10:00", "Enter an hour that is still to come."),
    ):
        answer = desk.post(f"{DESK}/gate/end", data=token | {"until": typed})
        assert (answer.status_code, sentence in words(answer)) == (422, True)
    assert desk.post(f"{DESK}/gate/end", data=token | {"until": "2027-06-14T10:00"}).status_code == 303
    assert "until 14 June 2027, 10:00" in words(client.get(own))
    assert tell(client, own, identity=SECRET) == 303
    assert client.get(f"{own}/details/erasure").status_code == 200
    assert count(app, Answer) == 1
    token = hidden(client, f"{own}/details/erasure")
    assert [client.post(f"{own}/details/erasure", data=token).status_code for _twice in "12"] == [303, 303]
    assert count(app, Answer) == 0
    clock.set(datetime(2027, 6, 14, 8, tzinfo=UTC))
    assert "can no longer be told here" in words(client.get(f"{own}/details"))


def test_the_hour_that_a_site_set_moves_along_with_its_event(app: Flask, client: FlaskClient, clock: Clock) -> None:
    own, desk = come(client, "Anna"), signed_in(app)
    token = {"csrf_token": hidden(desk, f"{DESK}/gate")["csrf_token"]}
    desk.post(f"{DESK}/gate/end", data=token | {"until": "2027-06-15T10:00"})
    page = f"{DESK}/rescheduling"
    days = {f"parts-{n}-{end}_on": f"2027-10-{21 + n}" for n in (0, 1) for end in ("starts", "ends")}
    parts = (replace(CLOSED_DAY, key="other"), replace(PUBLIC_DAY, key="last"))
    add_event(app, slug="alone", parts=parts)  # nobody is registered, so that nothing is previewed
    add_question(app, "identity", slug="alone", **GATE)
    other = DESK.replace("conference", "alone")
    desk.post(f"{other}/gate/end", data=token | {"until": "2027-06-15T10:00"})
    move = f"{other}/rescheduling"
    said = words(desk.post(move, data=filled(desk.get(move)) | days, follow_redirects=True))
    assert "Participants can give their details until 19 October 2027, 10:00 CEST." in said
    preview = desk.post(page, data=filled(desk.get(page)) | days)
    moved = "So far 15 June 2027, 10:00 CEST From now on 19 October 2027, 10:00 CEST"
    assert "moves along with the first day. This is for you to know. " + moved in words(preview)
    pressed(desk, page, preview, "yes")
    clock.advance(minutes=11)
    tick(app)
    assert "until 19 October 2027, 10:00" in words(client.get(own))
    clock.set(datetime(2027, 10, 18, 9, tzinfo=UTC))
    before = len(kept(app))
    tick(app)
    assert ["Still needed" in mail.envelope.subject for mail in kept(app)[before:]] == [True]
    clock.set(datetime(2027, 10, 19, 7, 59, tzinfo=UTC))
    assert tell(client, own, identity=SECRET) == 303


def test_a_letter_asks_for_the_passport_only_of_whom_needs_one(app: Flask, client: FlaskClient, clock: Clock) -> None:
    with app.app_context(), transaction():
        db.session.add(Document(key="project", data={"funding": {"statement": FUNDING}}, revised_at=now()))
    letter = {"when": "letter", "readers": "letter", "keep_days": 3, "purpose": "Stands in your letter."}
    add_question(app, "passport", label="Number of your passport", required=True, **letter)
    anna, bert = come(client, "Anna", "online"), come(client, "Bert", "online")
    assert client.get(f"{anna}/letter").headers["Location"] == f"{anna}/letter/request"
    assert client.get(f"{anna}/letter/request").status_code == 200
    assert count(app, Registration, letter_at=None) == 2
    pressed = client.post(f"{anna}/letter/request", data=hidden(client, f"{anna}/letter/request"))
    assert pressed.headers["Location"] == f"{anna}/letter"
    assert tell(client, anna, "letter", passport=SECRET) == 303
    desk = signed_in(app)
    path = soup(desk.get(f"{DESK}/gate")).find("a", string="Show the letter")["href"]  # type: ignore[index]
    page = soup(desk.get(str(path)))
    assert [(one["lang"], one.h1.text) for one in page.select(".letter")] == [
        ("en", "Letter of invitation"),
        ("nl", "Uitnodigingsbrief"),
    ]
    assert all(SECRET in one.text and "Żaneta" not in one.text for one in page.select(".letter"))
    assert SECRET not in desk.get(f"{DESK}/participants.json").text + str(table(app, desk))

    files = {str(one["href"]): one.text for one in page.select("main a[download]")}
    assert list(files.values()) == ["Download as PDF: English", "Download as PDF: Nederlands"]
    for (href, _name), language, heading in zip(
        files.items(), ("en", "nl"), ("Letter of invitation", "Uitnodigingsbrief"), strict=True
    ):
        taken = desk.get(href)
        assert (taken.mimetype, taken.headers["Cache-Control"]) == ("application/pdf", "no-store")
        file: Any = PdfReader(io.BytesIO(taken.data))
        tree = file.root_object["/StructTreeRoot"]["/K"][0].get_object()["/K"]
        kinds = [one.get_object()["/S"] for one in tree]
        assert (file.root_object["/Lang"], kinds[0], kinds.count("/H1")) == (language, "/Figure", 1)
        text = file.pages[0].extract_text()
        assert [word for word in (heading, SECRET, "Źdźbło", FUNDING[language]) if word not in text] == []
        fonts = [one.get_object()["/DescendantFonts"][0] for one in file.pages[0]["/Resources"]["/Font"].values()]
        assert all("/FontFile2" in font["/FontDescriptor"] for font in fonts)
    with app.app_context():
        assert db.session.query(AuditEntry).filter_by(kind="letter.taken").count() == 2
    assert desk.get(next(iter(files)).replace("-en.pdf", "-fr.pdf")).status_code == 404

    reference = reference_of(app, "Bert")
    assert client.post(f"{bert}/letter", data={"question-passport": "X"}).status_code == 303
    assert count(app, Answer) == 1  # nothing of Bert's: he has not asked
    assert "not complete yet" in words(desk.get(f"{DESK}/participants/{reference}/letter"))
    token = {"csrf_token": hidden(desk, f"{DESK}/participants/{reference}")["csrf_token"]}
    assert desk.post(f"{DESK}/participants/{reference}/letter", data=token).status_code == 303
    assert tell(client, bert, "letter", passport="李 9") == 303
    no = desk.get(f"{DESK}/participants/{reference}/letter-en.pdf", follow_redirects=True)
    assert "this letter holds others: print this page instead" in no.text
    held = [one.path for one in psutil.Process().open_files() if one.path.endswith(".ttf")]
    assert held == []  # the library leaves the files of its fonts open until it has written
    clock.set(datetime(2027, 6, 18, tzinfo=UTC) + timedelta(days=3, hours=1))
    tick(app)
    assert count(app, Answer) == 0


def test_a_letter_that_the_desk_starts_is_announced_with_the_link_and_one_asked_for_is_not(
    app: Flask, client: FlaskClient
) -> None:
    letter = {"when": "letter", "readers": "letter", "keep_days": 3, "purpose": "Stands in your letter."}
    add_question(app, "passport", label="Number of your passport", required=True, **letter)
    anna, _bert = come(client, "Anna", "online"), come(client, "Bert", "online")
    work(app)
    assert client.post(f"{anna}/letter/request", data=hidden(client, f"{anna}/letter/request")).status_code == 303
    assert work(app) == 0  # she stands before its questions
    desk = signed_in(app)
    person = f"{DESK}/participants/{reference_of(app, 'Bert')}"
    token = {"csrf_token": hidden(desk, person)["csrf_token"]}
    assert [desk.post(f"{person}/letter", data=token).status_code for _twice in "12"] == [303, 303]
    page = words(desk.get(person))
    assert "An e-mail asks the person for what the letter needs. Once it is told, you can print the letter." in page
    assert page.count("Letter of invitation asked for · ") == 1
    assert work(app) == 1
    assert kept(app)[-1].envelope.subject == "Your letter of invitation: Final conference, 18 June 2027"
    (bert,) = LINK.findall(kept(app)[-1].text)
    assert tell(client, bert, "letter", passport=SECRET) == 303
    assert "Details given for the entrance or a letter · " in words(desk.get(person))
    assert SECRET in desk.get(f"{person}/letter").text
