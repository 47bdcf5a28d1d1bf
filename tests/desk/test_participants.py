"""The people at an event, as an organiser finds them and takes them along."""

import csv
import io
import json
from datetime import datetime

import openpyxl
import pytest
from sqlalchemy import event as sqlalchemy_event

from s3chem_events import dispatch
from s3chem_events.accounts.models import AuditEntry
from s3chem_events.accounts.roles import Role
from s3chem_events.cli import export
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR, Fact
from s3chem_events.core.text import Text
from s3chem_events.mailing.letters import State as MailState
from s3chem_events.mailing.models import OutgoingEmail, Suppression
from s3chem_events.publishing import queries
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration import actions, participants
from s3chem_events.registration.actions import Applicant
from s3chem_events.registration.models import Registration
from tests.factories import add_event, add_question, hidden, register, soup, words
from tests.support.desk import signed_in
from tests.support.post import rows, work

LIST = "/desk/events/conference/participants"
NOBODY = "Nobody will get an e-mail. Until 13:10 this can be undone."
CALL = f"{NOBODY} After that, 1 person without an e-mail address has to be called."


@pytest.fixture
def come(app, clock):
    """Return a way to register people by their names; the event is there."""
    add_event(app)

    def register(*people: str, mode: Mode = Mode.ONLINE, slug: str = "conference", **changes: str) -> list[str]:
        references = []
        for person in people:
            given, _, family = person.rpartition(" ")
            values = {
                "given_name": given,
                "family_name": family,
                "email": f"p{abs(hash(person)) % 10**6}@uczelnia.example",
                "organisation": "Politechnika",
                "organisation_type": "sme",
                "country": "PL",
                "region": "Mazovia",
                "language": "pl",
                **changes,
            }
            with app.app_context(), transaction():
                event = queries.event_by_slug(slug, lock=True)
                assert event is not None
                applicant = Applicant(**values, choices={"day-2": mode}, privacy_version="1")
                references.append(actions.register(event, applicant, by=OPERATOR).reference)
        return references

    return register


def names(response) -> list[str]:
    return [cell.get_text(" ", strip=True) for cell in soup(response).select("table.people tbody th")]


@pytest.mark.parametrize(
    "typed,found",
    [
        ("zaneta", ["Żaneta Źdźbło"]),
        ("ZDZB", ["Żaneta Źdźbło"]),
        ("munoz", ["José Muñoz"]),
        ("jose politech", ["José Muñoz"]),
        ("lukasz", ["Łukasz Ćwik"]),
        ("NFD", []),
        ("%", []),
        ("_", []),
        ("张", ["李 张伟"]),
        ("", ["Łukasz Ćwik", "José Muñoz", "Żaneta Źdźbło", "李 张伟"]),
    ],
)
def test_a_piece_of_a_name_finds_its_people_in_any_spelling(app, come, typed, found):
    come("Żaneta Źdźbło", "José Muñoz", "Łukasz Ćwik", "李 张伟")
    assert names(signed_in(app).get(LIST, query_string={"q": typed})) == found


@pytest.mark.parametrize("typed", ["o'brien", "obrien", "O’Brien", "smith o-brien", "smithobrien"])
def test_apostrophes_and_hyphens_do_not_matter(app, come, typed):
    come("Nora Smith-O’Brien", "Bert Saal")
    assert names(signed_in(app).get(LIST, query_string={"q": typed})) == ["Nora Smith-O’Brien"]


def test_what_is_searched_for_stands_in_no_address_and_pages_files_and_back_still_work(app, come):
    come(*(f"Anna {n:02}" for n in range(51)), "Bert Saal")
    client = signed_in(app)
    typed = {**hidden(client, LIST), "q": "anna", "part": "", "mode": "", "state": "present", "sort": "name"}
    found = client.post(LIST, data=typed)
    assert found.status_code == 303
    page = client.get(found.location)
    assert (len(names(page)), "anna" in found.location) == (50, False)
    links = [str(a["href"]) for a in soup(page).select("main a[href]")]
    assert [link for link in links if "anna" in link.lower()] == []
    second = next(link for link in links if "page=2" in link)
    assert len(names(client.get(second))) == 1
    assert len(names(client.get(found.location))) == 50  # the way back
    file = next(link for link in links if ".csv" in link)
    assert client.get(file).text.count("Anna") == 51
    for n in range(5):  # five searches later this one is forgotten: nothing that looks like it holds everybody
        client.post(LIST, data={**typed, "q": f"other {n}"})
    assert client.get(file).status_code == 404
    over = client.get(found.location, follow_redirects=True)
    assert "This search is no longer known" in soup(over).get_text()


def test_the_withdrawn_are_counted_apart_and_left_out_unless_asked_for(app, come):
    come("Anna Eins", "Bert Zwei")
    (gone,) = come("Carl Drei")
    client = signed_in(app)
    path = f"{LIST}/{gone}/withdrawal"
    client.post(path, data=hidden(client, path))
    page = client.get(LIST)
    assert names(page) == ["Anna Eins", "Bert Zwei"]
    assert (
        "2 people, and 1 withdrawn or rejected · "
        "The files contain the people listed here, without those who have withdrawn or were rejected." in words(page)
    )
    (link,) = [str(a["href"]) for a in soup(page).select(".exports a") if a.get_text() == "JSON"]
    assert [row["family_name"] for row in json.loads(client.get(link).data)] == ["Eins", "Zwei"]
    everybody = client.get(f"{LIST}?state=all")
    assert names(everybody) == ["Carl Drei", "Anna Eins", "Bert Zwei"]
    assert "2 people, and 1 withdrawn or rejected · The files contain the people listed here." in words(everybody)
    assert names(client.get(f"{LIST}?state=withdrawn")) == ["Carl Drei"]
    assert len(json.loads(client.get(f"{LIST}.json").data)) == 3  # asked for without a state, it is complete
    shown = app.test_cli_runner().invoke(export, ["conference", "--format", "json"])
    assert len(json.loads(shown.stdout)) == 3


def test_filters_mean_one_and_the_same_participation(app, come):
    come("Anna Online", mode=Mode.ONLINE)
    come("Bert Saal", mode=Mode.ON_SITE)
    client = signed_in(app)
    assert names(client.get(f"{LIST}?part=day-2&mode=on_site")) == ["Bert Saal"]
    assert names(client.get(f"{LIST}?state=confirmed&mode=online")) == ["Anna Online"]
    assert words(client.get(f"{LIST}?part=day-1")).count("No matches") == 1
    assert names(client.get(f"{LIST}?mode=nonsense&state=&sort=newest&page=99")) == ["Bert Saal", "Anna Online"]


def test_an_empty_list_says_what_to_do(app, come):
    page = words(signed_in(app).get(LIST))
    assert "Nobody is registered yet Share this address; everyone who registers appears here at once." in page
    (field,) = soup(signed_in(app).get(LIST)).select("input#address")
    assert field["value"] == "http://localhost/en/events/conference"


def test_pages_show_everybody_once(app, come):
    come(*(f"Anna Nummer{number:03}" for number in range(participants.PAGE + 5)))
    client = signed_in(app)
    first, second = client.get(LIST), client.get(f"{LIST}?page=2")
    assert names(first) + names(second) == [f"Anna Nummer{number:03}" for number in range(participants.PAGE + 5)]
    assert [link["href"] for link in soup(first).select("a[rel=next]")] == [f"{LIST}?page=2"]
    assert soup(second).select("a[rel=next]") == []


@pytest.mark.parametrize("path", [LIST, "/desk/events/", "/desk/events/conference/"])
def test_the_statements_do_not_grow_with_the_people(app, come, path):
    client = signed_in(app)
    counts = []
    for people in (["Anna Eins"], ["Bert Zwei", "Carl Drei"]):
        come(*people)
        client.get(path)
        counts.append(_statements(app, lambda: client.get(path)))
    assert counts[0] == counts[1] <= 18


def test_markup_in_a_name_stays_text_and_each_name_keeps_its_direction(app, come):
    (reference,) = come("<script>alert(1)</script> محمد", organisation="=HYPERLINK(1)")
    client = signed_in(app)
    for page in (client.get(LIST), client.get(f"{LIST}/{reference}")):
        assert b"<script>alert" not in page.data
        assert soup(page).select("bdi")[0].get_text(" ", strip=True) == "<script>alert(1)</script> محمد"


@pytest.mark.one_database
def test_a_workbook_holds_numbers_and_days_as_such_and_everything_else_as_text(app, client, clock):
    add_event(app)
    for key, kind in {"seats": "number", "card": "number", "arrival": "date", "firm": "text"}.items():
        add_question(app, key, kind=kind)
    told = {"seats": "2,50", "card": "007", "arrival": "2027-06-17", "firm": "=1+1"}
    assert register(client, **{f"question-{key}": answer for key, answer in told.items()}).status_code == 303
    desk = signed_in(app)
    cells = list(openpyxl.load_workbook(io.BytesIO(desk.get(f"{LIST}.xlsx").data)).active.iter_rows())[1][-4:]
    assert [(cell.value, cell.data_type) for cell in cells] == [
        (2.5, "n"),
        ("007", "s"),
        (datetime(2027, 6, 17), "d"),  # noqa: DTZ001 - a day
        ("=1+1", "s"),
    ]
    assert cells[2].number_format == "yyyy-mm-dd"
    row = list(csv.reader(io.StringIO(desk.get(f"{LIST}.csv").data.decode("utf-8-sig"))))[1]
    assert row[-4:] == ["2.50", "007", "Thursday, 17 June 2027", "'=1+1"]


def test_every_format_holds_the_same_rows_and_the_download_is_written_down(app, come):
    come("Żaneta Źdźbło", organisation="+49 GmbH")
    come("Bert Saal", mode=Mode.ON_SITE)
    client = signed_in(app)
    ids = list(participants.COLUMNS)
    from_json = json.loads(client.get(f"{LIST}.json").data)
    comma = list(csv.reader(io.StringIO(client.get(f"{LIST}.csv").data.decode("utf-8-sig"))))
    semicolon = client.get(f"{LIST}.csv?delimiter=semicolon").data.decode("utf-8-sig")
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"{LIST}.xlsx?mode=online").data)).active
    assert [list(row) for row in from_json] == [ids, ids]
    assert [row["family_name"] for row in from_json] == ["Saal", "Źdźbło"]
    assert [from_json[1][name] for name in ids[1:6]] == ["confirmed", "day-2", "online", "Żaneta", "Źdźbło"]
    assert from_json[1]["registered_at"] == "2026-11-23T12:00:00Z"
    defused = [[value.replace("+49", "'+49") for value in row.values()] for row in from_json]
    assert comma[1:] == list(csv.reader(io.StringIO(semicolon), delimiter=";"))[1:] == defused
    assert comma[0][:4] == ["Reference", "Status", "Part", "Mode"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()][1:] == [list(from_json[1].values())]
    with app.app_context():
        noted = [
            entry.data for entry in db.session.scalars(db.select(AuditEntry).filter_by(kind="participants.exported"))
        ]
    assert [(n["format"], n["rows"], n["filtered"]) for n in noted] == [
        ("json", 2, False),
        ("csv", 2, False),
        ("csv", 2, False),
        ("xlsx", 1, True),
    ]
    assert noted[0]["columns"] == ids
    assert "XLSX · 1 row" in words(client.get("/desk/events/conference/"))


def test_the_download_is_named_for_its_event_and_a_look_at_the_head_takes_nothing(app, come):
    come("Anna Eins")
    client = signed_in(app)
    answer = client.head(f"{LIST}.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="conference-participants-2026-11-23.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    with app.app_context():
        assert db.session.scalar(db.select(db.func.count(AuditEntry.id)).filter_by(kind="participants.exported")) == 0
    assert client.get(f"{LIST}.csv?delimiter=pipe").status_code == 404
    assert client.get(f"{LIST}.ods").status_code == 404


def test_the_command_line_writes_the_ids_into_a_file(app, come, tmp_path):
    come("Anna Eins")
    file = tmp_path / "list.csv"
    result = app.test_cli_runner().invoke(export, ["conference", "-o", str(file)])
    assert (result.exit_code, result.output) == (0, "")
    header, row = csv.reader(io.StringIO(file.read_bytes().decode("utf-8-sig")))
    assert (header, row[4:6]) == (list(participants.COLUMNS), ["Anna", "Eins"])
    shown = app.test_cli_runner().invoke(export, ["conference", "--format", "json"])
    assert [one["given_name"] for one in json.loads(shown.stdout)] == ["Anna"]
    assert app.test_cli_runner().invoke(export, ["nowhere"]).exit_code == 1


def test_somebody_elses_event_does_not_exist_and_a_helper_takes_no_list(app, come):
    (reference,) = come("Geheim Person")
    add_event(app, slug="other", title=Text(en="Another"))
    paths = [LIST, f"{LIST}.csv", f"{LIST}/{reference}", "/desk/events/conference/", "/desk/events/conference/edit"]
    coordinator = signed_in(app)
    assert [coordinator.get(path).status_code for path in paths] == [200] * 5  # there is something to see
    stranger = signed_in(app, Role.PARTNER_ORGANISER, events=("other",))
    for path in paths:
        answer = stranger.get(path)
        assert (answer.status_code, b"Geheim" in answer.data, b"conference" in answer.data.lower()) == (
            404,
            False,
            False,
        )
    assert stranger.get(f"/desk/events/other/participants/{reference}").status_code == 404
    helper = signed_in(app, Role.DESK_HELPER, events=("conference",))
    assert [helper.get(path).status_code for path in paths] == [200, 403, 200, 200, 403]
    assert b"participants.csv" not in helper.get(LIST).data


def test_an_organiser_withdraws_one_person_like_many_and_the_way_back_says_whom_and_what_leaves(app, come, clock):
    client = signed_in(app)

    def withdraw(reference):
        path = f"{LIST}/{reference}/withdrawal"
        asked = client.get(path)
        assert "you can undo it" in words(asked)
        answer = client.post(path, data=hidden(client, path))
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{LIST}/{reference}")
        page = client.get(answer.headers["Location"])
        assert ("please call: +48 600 700 800" in words(page)) is (reference == cleo)
        assert "Withdrawn · 23 November 2026, 13:00 CET" in words(page)
        assert [one.span.get_text() for one in soup(page).select(".places-big li")] == ["Withdrawn"]
        return banner(page)

    def banner(page):
        return " ".join(" ".join(one.get_text(" ").split()) for one in soup(page).select(".hold"))

    def undo(page):
        form = soup(client.get(page)).select_one(f"form[action='{LIST}/undo']")
        client.post(f"{LIST}/undo", data={str(one["name"]): str(one["value"]) for one in form.select("input")})
        assert (banner(client.get(page)), names(client.get(LIST))) == ("", everybody)

    anna, bert = come("Anna Eins", "Bert Zwei")
    (cleo,) = come("Cleo Drei", email="", phone="+48 600 700 800")
    work(app)
    with app.app_context(), transaction():
        gone = db.session.scalar(db.select(Registration.address_digest).filter_by(reference=bert))
        db.session.add(Suppression(address_digest=gone, reason="bounced", since=now()))
    everybody = names(client.get(LIST))
    for reference, said in ((anna, "1 e-mail leaves at 13:10."), (bert, NOBODY), (cleo, CALL)):
        assert withdraw(reference) == f"1 person withdrawn. {said} Undo"
        undo(f"{LIST}/{reference}")
    withdraw(cleo)
    withdraw(anna)
    assert banner(client.get(LIST)) == (
        f"1 person withdrawn. Cleo Drei · {CALL} Undo 1 person withdrawn. Anna Eins · 1 e-mail leaves at 13:10. Undo"
    )
    mails = len(rows(app))
    assert (work(app), clock.advance(minutes=10), work(app)) == (0, None, 1)
    assert [(row.kind, row.subject_id) for row in rows(app)[mails:]] == [("registration.withdrawn", 1)]
    assert banner(client.get(LIST)) == ""
    assert "It has already been withdrawn." in words(client.get(f"{LIST}/{anna}/withdrawal", follow_redirects=True))


def test_a_link_is_sent_again_once_in_a_while(app, come, clock):
    (reference,) = come("Anna Eins")
    client = signed_in(app)
    person = f"{LIST}/{reference}"
    for wanted in ("The personal link is on its way.", "No link was sent"):
        client.post(f"{person}/link", data=hidden(client, person))
        assert wanted in words(client.get(person))
    with app.app_context():
        facts = db.session.scalars(db.select(Fact).filter_by(kind="registration.link_requested")).all()
        assert [(fact.subject_id, fact.data) for fact in facts] == [(1, {"registrations": [1]})]


def test_an_email_that_did_not_arrive_stands_beside_its_person(app, come):
    (reference,) = come("Anna Eins")
    come("Bert Zwei")
    client = signed_in(app)
    assert "None yet; the confirmation follows within a minute." in words(client.get(f"{LIST}/{reference}"))
    with app.app_context():
        dispatch.relay()
        with transaction():
            email = db.session.scalar(db.select(OutgoingEmail).where(OutgoingEmail.subject_id == 1))
            assert email is not None
            email.state, email.last_text = MailState.FAILED, "550 no such person"
    rows = [" ".join(row.get_text(" ").split()) for row in soup(client.get(LIST)).select("tbody th")]
    assert rows == ["Anna Eins E-mail: Failed", "Bert Zwei"]
    assert f"Failed {email.subject} · 23 November 2026, 13:00 CET · 550 no such person" in words(
        client.get(f"{LIST}/{reference}")
    )


def test_buttons_that_change_people_are_not_for_readers(app, come):
    (reference,) = come("Anna Eins")
    reader = signed_in(app, Role.READ_ONLY)
    assert reader.get(f"{LIST}/{reference}").status_code == 200
    assert b"withdrawal" not in reader.get(f"{LIST}/{reference}").data
    token = hidden(reader, f"{LIST}/{reference}")
    token = token or {"csrf_token": str(soup(reader.get(LIST)).select("input[name=csrf_token]")[0]["value"])}
    for path in ("withdrawal", "link"):
        assert reader.post(f"{LIST}/{reference}/{path}", data=token).status_code == 403
    assert "Confirmed" in words(reader.get(LIST))


def _statements(app, act) -> int:
    seen: list[str] = []

    def see(_connection, _cursor, statement, *_rest) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    sqlalchemy_event.listen(engine, "before_cursor_execute", see)
    try:
        assert act().status_code == 200
    finally:
        sqlalchemy_event.remove(engine, "before_cursor_execute", see)
    return len([statement for statement in seen if not statement.startswith(("BEGIN", "PRAGMA"))])
