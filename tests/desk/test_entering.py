"""People entered, withdrawn and put back by an organiser; an event copied; the command line."""

import json
import re
from dataclasses import replace
from datetime import date

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events import cli, schedule
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR, Fact
from s3chem_events.publishing import actions, files, queries
from s3chem_events.publishing.facts import PartFacts
from s3chem_events.publishing.lifecycle import Mode, State, WaitingList
from s3chem_events.registration import actions as withdrawing
from s3chem_events.registration import queries as registrations
from s3chem_events.registration.models import Answer, Consent, Registration
from tests.conftest import Clock
from tests.desk.test_event_editor import errors, facts_of
from tests.factories import (
    CONFERENCE,
    FILLED,
    PUBLIC_DAY,
    add_event,
    add_question,
    count,
    hidden,
    register,
    revise_event,
    soup,
    words,
)
from tests.support.desk import carried, confirmed, filled, signed_in
from tests.support.post import enrol, kept, rows, work
from tests.support.statements import statements

EVENT = "/desk/events/conference"
NEW = f"{EVENT}/participants/new"
LIST = f"{EVENT}/participants"
CALLER = {
    "given_name": "Jan",
    "family_name": "Kowalski",
    "organisation": "Zakład",
    "phone": "+48 600 700 800",
    "mode-day-2": "on_site",
}


@pytest.fixture
def organiser(app: Flask, clock: Clock) -> FlaskClient:
    add_event(app)
    clock.advance(days=1)
    return signed_in(app)


def enter(organiser: FlaskClient, **typed: str):
    return organiser.post(NEW, data=filled(organiser.get(NEW)) | CALLER | typed)


def withdraw(organiser: FlaskClient, references: list[str]):
    token = str(soup(organiser.get(LIST)).select_one("input[name=csrf_token]")["value"])  # type: ignore[index]
    asked = organiser.post(f"{LIST}/withdrawal", data={"csrf_token": token, "reference": references})
    assert f"Withdraw {len(references)} registration" in words(asked)
    return organiser.post(f"{LIST}/withdrawal", data={"csrf_token": token, "reference": references, "confirmed": "yes"})


def places(app: Flask) -> list[tuple[str, str | None, list[str]]]:
    with app.app_context():
        found = db.session.scalars(
            db.select(Registration).options(db.selectinload(Registration.participations)).order_by(Registration.id)
        )
        return [(r.family_name, r.person, [str(p.standing) for p in r.participations]) for r in found]


def test_a_caller_without_e_mail_is_on_the_list_in_the_files_and_to_be_called(app, client, clock, organiser):
    answer = enter(organiser)
    assert answer.status_code == 303
    page = words(organiser.get(str(answer.location)))
    assert "Without an e-mail address this person has to be called when something changes." in page
    assert "Telephone +48 600 700 800" in page
    assert work(app) == 0
    assert "To be called: +48 600 700 800" in words(organiser.get(LIST))
    (row,) = json.loads(organiser.get(f"{LIST}.json").text)
    assert (row["email"], row["phone"], row["mode"]) == ("", "+48 600 700 800", "on_site")
    register(client)
    work(app)
    path = f"{EVENT}/rescheduling"
    typed = filled(organiser.get(path)) | {"parts-1-starts_on": "2027-10-22", "parts-1-ends_on": "2027-10-22"}
    preview = organiser.post(path, data=typed)
    said = words(preview)
    assert "1 registered person gets an e-mail (English 1) 1 person has no e-mail address and has to be called" in said
    assert "To be called Jan Kowalski · +48 600 700 800 · Zakład" in said
    organiser.post(path, data=carried(preview) | {"told": "yes"})
    assert "1 person without an e-mail address has to be called." in words(organiser.get(f"{EVENT}/"))
    to_call = "People without an e-mail address have to be called (1). Call them"
    assert to_call not in words(organiser.get("/desk/"))  # it can be undone still
    clock.advance(minutes=10)
    assert work(app) == 1
    assert to_call in words(organiser.get("/desk/"))


def test_to_change_something_for_a_caller_says_to_call_with_the_number_and_promises_no_e_mail(app, organiser):
    call = "This person has no e-mail address, so please call: +48 600 700 800."
    person = str(enter(organiser).location)
    pages = {path: organiser.get(f"{person}/{path}") for path in ("correction", "withdrawal")}
    typed = filled(pages["correction"]) | {"organisation": "Park", "reason": "She called"}
    changed = organiser.post(f"{person}/correction", data=typed, follow_redirects=True)
    gone = organiser.post(f"{person}/withdrawal", data=hidden(organiser, f"{person}/withdrawal"), follow_redirects=True)
    for said in map(words, (*pages.values(), changed, gone)):
        assert (call in said, "by e-mail" in said, "tell the person" in said) == (True, False, False)
    assert "1 person withdrawn. Nobody will get an e-mail. Until 13:10 this can be undone." in words(gone)
    assert "After that, 1 person without an e-mail address has to be called." in words(gone)


def test_the_same_caller_is_one_person_however_the_number_is_written(app, organiser):
    enter(organiser)
    again = enter(organiser, phone="+48-600-700-800", family_name="KOWALSKI")
    assert (again.status_code, errors(again)) == (
        409,
        {"family_name": "This person is registered for the event already."},
    )
    assert enter(organiser, given_name="Anna").status_code == 303
    assert count(app, Registration) == 2


def test_with_an_e_mail_the_confirmation_goes_there_and_a_closed_part_is_open_to_the_desk(app, organiser):
    answer = enter(organiser, email="jan@zaklad.example", phone="", language="pl", **{"mode-day-1": "on_site"})
    assert (answer.status_code, "Did you mean" in words(organiser.get(str(answer.location)))) == (303, False)
    assert work(app) == 1
    assert kept(app)[-1].language == "pl"
    refused = enter(organiser, email="ewa@gmial.com", family_name="")  # a hint, which stops nobody
    assert (refused.status_code, "Did you mean ewa@gmail.com?" in words(refused)) == (422, True)
    entered = enter(organiser, email="ewa@gmial.com")
    said = words(organiser.get(str(entered.location)))
    assert "You entered ewa@gmial.com. Did you mean ewa@gmail.com?" in said
    assert (work(app), rows(app)[-1].address) == (1, "ewa@gmial.com")


def test_over_the_capacity_only_after_a_second_press(app, organiser):
    enrol(app, 3, choices={"day-2": Mode.ON_SITE})
    page = enter(organiser)
    assert page.status_code == 409
    assert "No place is left: Public conference, On site." in words(page)
    assert count(app, Registration) == 3
    first = soup(page).select("button[form=editor], form#editor button")[0]
    assert (first.attrs.get("name"), first.find_parent("section")) == (None, None)  # Enter in a field says no yes
    assert organiser.post(NEW, data=filled(page) | confirmed(page)).status_code == 303
    assert count(app, Registration) == 4


def test_what_a_caller_tells_is_taken_down_with_her_and_corrected_later(app, client, clock, organiser):  # D6
    add_question(app, "firm", label="Which firm?", required=True)
    add_question(app, "diet", kind="diet", readers="caterer", label="Dietary needs")
    add_question(app, "pass", label="Number of the pass", when="afterwards", readers="gate", required=True)
    typed = {"question-firm": "Zakład", "question-diet": "no nuts", "question-pass": "XA1"}
    refused = enter(organiser, **typed)
    assert (refused.status_code, [*errors(refused)]) == (422, ["question-diet-consent"])
    entered = str(enter(organiser, **typed, **{"question-diet-consent": "y"}).location)
    page = words(organiser.get(entered))
    assert "Which firm? Zakład Dietary needs no nuts" in page
    assert "“question-diet”, version 1.1, told to an organiser" in page
    assert "XA1" not in page
    assert "1 person has told everything. 0 have not." in words(organiser.get(f"{EVENT}/gate"))

    enter(organiser, given_name="Ewa")  # who tells nothing is entered as well, and is called
    gate = organiser.get(f"{EVENT}/gate")
    assert "Ewa Kowalski · Zakład · +48 600 700 800 · Enter the answers Ewa Kowalski" in words(gate)
    path = str(soup(gate).select_one("a[href$='#questions']")["href"])  # type: ignore[index]
    form = filled(organiser.get(path)) | {"question-pass": "XB2", "reason": "She called."}
    assert organiser.post(path, data=form).status_code == 303
    assert "2 people have told everything. 0 have not." in words(organiser.get(f"{EVENT}/gate"))
    again = organiser.get(path)
    assert "Told already, and not shown here. Left empty, it stays." in words(again)
    assert "XB2" not in again.text
    assert organiser.post(path, data=filled(again) | {"question-firm": "Fabryka", "reason": "B"}).status_code == 303
    history = words(organiser.get(path.partition("/correction")[0]))
    assert "Reason: B Which firm?: – → Fabryka" in history
    assert "Reason: She called. Number of the pass: changed" in history
    assert "2 people have told everything." in words(organiser.get(f"{EVENT}/gate"))


def test_a_caller_for_a_full_part_is_put_on_the_waiting_list_and_called_about_an_offer(app, organiser):
    add_question(app, "pass", label="Number of the pass", when="afterwards", readers="gate", required=True)
    first, *_others = enrol(app, 3, choices={"day-2": Mode.ON_SITE})
    page = enter(organiser, **{"question-pass": "XA1"})
    assert [one.get_text() for one in soup(page).select("[role=alert] button")] == [
        "Yes, save it",
        "Put on the waiting list",
    ]
    entered = organiser.post(NEW, data=filled(page) | {"otherwise": "waits"})
    said = words(organiser.get(str(entered.location)))
    assert "On the waiting list. This person has to be called when a place becomes free." in said
    assert "On the waiting list Public conference · On site · number 1 in line" in said
    assert count(app, Answer) == 0  # nobody goes to the entrance who only waits
    with app.app_context(), transaction():
        leaving = registrations.registration_by_id(first, lock=True)
        assert leaving is not None
        withdrawing.withdraw(leaving, by=OPERATOR)
    assert "Place offered" in words(organiser.get(str(entered.location)))
    asks = words(organiser.get(f"{entered.location}/place/day-2"))
    assert ("please call: +48 600 700 800." in asks, "notified by e-mail" in asks) == (True, False)
    said = "1 person without an e-mail address has to be called about their registration."
    overview = organiser.get(f"{EVENT}/")
    until = "Place offered, until 26 November 2026, 13:00 CET"
    assert f"{said} Jan Kowalski · +48 600 700 800 · Zakład · {until}" in words(overview)
    assert "People without an e-mail address have to be called (1). Call them" in words(organiser.get("/desk/"))
    form = soup(overview).select_one("form[action$='/call']")
    assert form is not None
    sent = {str(one["name"]): str(one["value"]) for one in form.select("input")}
    for about, noted in (("1", 0), (sent["about"], 1), (sent["about"], 1)):  # nothing but what she is to be told of
        assert organiser.post(str(form["action"]), data=sent | {"about": about}).status_code == 303
        assert count(app, Fact, kind="registration.called") == noted
    assert f"{said} Called: 1" in words(organiser.get(f"{EVENT}/"))
    assert "have to be called" not in words(organiser.get("/desk/"))
    revise_event(app, waiting_list=WaitingList.OFF)
    full = enter(organiser, given_name="Ewa", **{"mode-day-2": "on_site"})
    assert [one.get_text() for one in soup(full).select("[role=alert] button")] == ["Yes, save it"]


def test_what_is_missing_is_said_at_its_field(app, organiser):
    page = enter(organiser, phone="", family_name="", **{"mode-day-2": ""})
    assert page.status_code == 422
    assert errors(page) == {
        "family_name": "Please fill in: Family name.",
        "phone": "Enter a telephone number, or an e-mail address below.",
        "mode-day-1": "Choose at least one part.",
    }


def test_twenty_withdrawn_by_mistake_are_put_back_in_their_order_and_no_mail_left(app, clock, organiser):
    revise_event(app, waiting_list=WaitingList.AUTOMATIC)  # D8: three seats, and three who wait for one
    enrol(app, 14)
    on_site = {"choices": {"day-2": Mode.ON_SITE}, "may_wait": frozenset({("day-2", "on_site")})}
    for name in ("Ada", "Bo", "Cy", "Di", "Ed", "Flo"):
        enrol(app, given_name=name, email=f"{name}@park.example", **on_site)
    work(app)
    before, mails = places(app), len(rows(app))
    assert [standings for *_who, standings in before] == [["confirmed"]] * 17 + [["waiting"]] * 3
    with app.app_context():
        references = list(db.session.scalars(db.select(Registration.reference).order_by(Registration.id)))
    assert withdraw(organiser, references).status_code == 303
    assert {tuple(standings) for _name, _person, standings in places(app)} == {("withdrawn",)}
    page = organiser.get(LIST)
    assert "20 people withdrawn. 20 e-mails leave at 13:10." in words(page)
    assert work(app) == 0
    form = soup(page).select_one(f"form[action='{LIST}/undo']")
    assert form is not None
    undo = {str(i["name"]): str(i["value"]) for i in form.select("input")}
    clock.advance(minutes=9)
    organiser.post(f"{LIST}/undo", data=undo)
    assert places(app) == before
    clock.advance(minutes=5)
    assert (work(app), len(rows(app))) == (0, mails)
    organiser.post(f"{LIST}/undo", data=undo)
    assert "It is too late to undo this" in words(organiser.get(LIST))
    for free, standings in ((14, ["confirmed", "waiting", "waiting"]), (15, ["confirmed", "confirmed", "waiting"])):
        withdraw(organiser, [references[free]])
        clock.advance(minutes=10)
        with app.app_context():
            schedule.tick()
        assert [standing for *_who, (standing,) in places(app)[17:]] == standings


def test_places_that_may_be_put_back_are_given_to_another_only_beyond_the_capacity(app, client, organiser):
    revise_event(app, parts=(CONFERENCE.parts[0], replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 2})))
    enrol(app, 2, choices={"day-2": Mode.ON_SITE})
    with app.app_context():
        references = list(db.session.scalars(db.select(Registration.reference)))
    withdraw(organiser, references)
    asked = enter(organiser)
    assert asked.status_code == 409
    said = words(asked)
    assert "No place is left: Public conference, On site." in said
    assert "The places of people who have just been taken off count until that can no longer be undone." in said
    assert len(places(app)) == 2
    undo = soup(organiser.get(LIST)).select_one(f"form[action='{LIST}/undo']")
    organiser.post(f"{LIST}/undo", data={str(i["name"]): str(i["value"]) for i in undo.select("input")})
    assert [standings for _name, _person, standings in places(app)] == [["confirmed"], ["confirmed"]]
    withdraw(organiser, references)
    assert enter(organiser, **confirmed(asked)).status_code == 303  # the organiser has been told, and wants it so
    assert [standings for _name, _person, standings in places(app)] == [["withdrawn"], ["withdrawn"], ["confirmed"]]
    undo = soup(organiser.get(LIST)).select_one(f"form[action='{LIST}/undo']")
    organiser.post(f"{LIST}/undo", data={str(i["name"]): str(i["value"]) for i in undo.select("input")})
    said = words(organiser.get(LIST))
    assert "Undone. Everybody has the old place again" in said
    assert "Public conference, On site: 3 people hold a place, more than the 2 available now." in said
    assert [standings for _name, _person, standings in places(app)] == [["confirmed"]] * 3


def test_page_and_form_say_alike_that_places_are_kept_while_people_may_be_put_back(app, client, clock, organiser):
    revise_event(app, parts=(CONFERENCE.parts[0], replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 2})))
    enrol(app, 2, choices={"day-2": Mode.ON_SITE})
    with app.app_context():
        references = list(db.session.scalars(db.select(Registration.reference)))

    def full() -> list[bool]:
        page, form = client.get("/en/events/conference"), client.get("/en/events/conference/register")
        return ["Full, waiting list open" in words(page), "Put me on the waiting list" in words(form)]

    assert full() == [True, True]
    withdraw(organiser, references)
    assert full() == [True, True]
    clock.advance(minutes=10, seconds=1)
    assert full() == [False, False]


def test_withdrawn_and_not_undone_each_is_told_once(app, clock, organiser):
    enrol(app, 2)
    work(app)
    with app.app_context():
        references = list(db.session.scalars(db.select(Registration.reference)))
    withdraw(organiser, references)
    clock.advance(minutes=10)
    assert (work(app), work(app)) == (2, 0)
    assert {mail.method for mail in kept(app)[-2:]} == {"CANCEL"}


def test_a_copy_asks_for_the_day_warns_of_weekdays_and_takes_nobody_along(app, client, organiser):
    add_question(app, "diet", kind="diet", label="Diet", readers="caterer")
    register(client, **{"question-diet": "vegan", "question-diet-consent": "y"})
    assert (work(app), count(app, Consent)) == (1, 2)
    path = f"{EVENT}/copy"
    page = organiser.post(path, data=filled(organiser.get(path)) | {"first_day": "2028-06-17"})
    assert page.status_code == 409
    assert "Thursday, 17 – Friday, 18 June 2027 becomes Saturday, 17 – Sunday, 18 June 2028." in words(page)
    answer = organiser.post(path, data=filled(page) | confirmed(page))
    assert answer.location == "/desk/events/final-conference-2028/"
    copied = facts_of(app, "final-conference-2028")
    assert (copied.state, [part.starts for part in copied.parts]) == (
        State.DRAFT,
        [date(2028, 6, 17), date(2028, 6, 18)],
    )
    assert (work(app), len(rows(app)), count(app, Registration), count(app, Consent)) == (0, 1, 1, 2)
    with app.app_context():
        old, new = queries.event_by_slug("conference"), queries.event_by_slug("final-conference-2028")
        assert old is not None
        assert new is not None
        assert not {old.uid, *(p.uid for p in old.parts)} & {new.uid, *(p.uid for p in new.parts)}
    same_weekdays = organiser.post(path, data=filled(organiser.get(path)) | {"first_day": "2027-06-24"})
    assert same_weekdays.location == "/desk/events/final-conference-2027/"


def test_a_leap_day_is_not_copied_to_a_year_without_one(app, organiser):
    day = PartFacts("day", PUBLIC_DAY.title, date(2028, 2, 29), date(2028, 2, 29))
    add_event(app, slug="leap", parts=(day,))
    path = "/desk/events/leap/copy"
    assert "29 February exists in leap years only." in words(organiser.get(path))
    page = organiser.post(path, data=filled(organiser.get(path)) | {"first_day": "2029-02-29"})
    assert errors(page) == {"first_day": "There is no 29 February in that year. Choose another day."}


def test_a_file_never_overwrites_in_silence_what_was_saved_since_it_was_written(
    app, client, clock, organiser, tmp_path
):
    def run(*arguments: str) -> Result:
        done: Result = app.test_cli_runner().invoke(cli.group, ["event", *arguments])
        return done

    register(client)
    work(app)
    path = tmp_path / "event.json"
    shown = json.loads(run("show", "conference").stdout)
    path.write_text(json.dumps({**shown, "region": "Lombardy"}))
    moved = replace(PUBLIC_DAY, starts=date(2027, 10, 22), ends=date(2027, 10, 22))
    with app.app_context(), transaction():  # told at the desk, and held back still
        event = queries.event_by_slug("conference", lock=True)
        assert event is not None
        changed = replace(CONFERENCE, parts=(CONFERENCE.parts[0], moved))
        actions.revise_event(event, changed, base_url="http://localhost", by=OPERATOR)
        actions.tell(event, since=1, by=OPERATOR)
    add_question(app)
    refused = run("update", str(path), "--tell")
    assert refused.exit_code == 1
    assert refused.exit_code == 1
    assert refused.stderr.splitlines() == [
        "Error: conference was saved since this file was written, and nothing was changed. What is different:",
        "  24 Nov 2026, 12:00 UTC: Part “Public conference”, days: 18 June 2027 → 22 October 2027",
        "  what the event asks",
        "Write the file anew with event show, or add --overwrite to go on and lose that.",
    ]
    assert facts_of(app) == changed
    fresh = json.loads(run("show", "conference").stdout)
    path.write_text(json.dumps({**fresh, "region": "Lombardy"}))
    done = run("update", str(path))
    (now,) = re.findall(r"Its revision is now (3-\w{12})\.", done.stdout)
    assert (done.exit_code, done.stderr, json.loads(run("show", "conference").stdout)["revision"]) == (0, "", now)
    assert facts_of(app) == replace(changed, region="Lombardy")
    path.write_text(json.dumps({**shown, "revision": "soon"}))
    assert run("update", str(path)).stderr == "Error: revision: leave it as event show wrote it\n"
    path.write_text(json.dumps(shown))
    done = run("update", str(path), "--overwrite", "--tell")
    assert (done.exit_code, done.stderr) == (0, "")
    assert facts_of(app) == CONFERENCE
    clock.advance(minutes=10)
    assert work(app) == 0  # what was held is as it was: nobody hears of it
    link = "https://meet.example/w/841"
    parts = [shown["parts"][0], {**shown["parts"][1], "online_url": link}]
    path.write_text(json.dumps({**shown, "slug": "again", "parts": parts, "summary": {"en": f"Join at {link}"}}))
    given_away = (
        "Error: Everybody could read the link to join 'day-2' in '{}'.\n"
        "Nothing was changed. Add --public-link if that is meant.\n"
    )
    refused = run("add", str(path))
    assert (refused.exit_code, refused.stderr, run("show", "again").exit_code) == (1, given_away.format("summary"), 1)
    done = run("add", str(path), "--public-link")  # a file that was shown is one to add, too
    assert (done.exit_code, done.stderr) == (0, "")
    again = json.loads(run("show", "again").stdout)
    path.write_text(json.dumps({**again, "region": "Lombardy", "description": {"en": f"Also: {link}"}}))
    assert run("update", str(path)).stderr == given_away.format("description")
    assert facts_of(app, "again").region == CONFERENCE.region
    assert run("update", str(path), "--public-link").exit_code == 0
    again = json.loads(run("show", "again").stdout)
    path.write_text(json.dumps({**again, "region": "Limburg"}))
    assert run("update", str(path)).stderr == ""  # it was asked about


def test_an_event_is_updated_from_a_file_and_told(app, client, clock, organiser, tmp_path):
    register(client)
    work(app)
    path = tmp_path / "event.json"
    moved = replace(PUBLIC_DAY, starts=date(2027, 10, 22), ends=date(2027, 10, 22))
    path.write_text(json.dumps(files.write(replace(CONFERENCE, parts=(CONFERENCE.parts[0], moved)))))

    def update(*options: str) -> tuple[int, str]:
        done = app.test_cli_runner().invoke(cli.group, ["event", "update", str(path), *options])
        return done.exit_code, done.output

    page = "http://localhost/en/events/conference"
    unknown = "The file names no revision, so nobody could tell whether it overwrote what others saved.\n"
    assert update("--tell") == (0, f"Changed conference: {page} People are told at 12:10 UTC.\n{unknown}")
    assert update("--tell") == (0, "Nothing was changed.\n")
    clock.advance(minutes=10)
    assert work(app) == 1
    file = files.write(replace(CONFERENCE, region="Lombardy", parts=(CONFERENCE.parts[0], moved)))
    path.write_text(json.dumps(file))
    assert update("--tell") == (0, f"Changed conference: {page} There is nothing to tell.\n{unknown}")
    path.write_text(json.dumps({**file, "parts": [{**file["parts"][0], "starts": "soon"}]}))
    assert update() == (1, "Error: parts[0].starts: a local time like 2027-06-18T09:30 is expected\n")
    path.write_text(json.dumps({**file, "slug": "nowhere"}))
    assert update() == (1, "Error: There is no event 'nowhere'.\n")


def test_who_was_taken_off_and_may_come_back_keeps_the_place_from_newcomers_for_ten_minutes(
    app, client, clock, organiser
):
    parts = tuple(replace(one, capacity=dict.fromkeys(one.capacity, 2)) for one in CONFERENCE.parts)
    revise_event(app, parts=parts, waiting_list=WaitingList.OFF)
    assert [register(client, **FILLED | {"given_name": name}).status_code for name in ("Anna", "Boris")] == [303, 303]
    with app.app_context():
        references = list(db.session.scalars(db.select(Registration.reference)))
    withdraw(organiser, references)
    newcomer = {**FILLED, "given_name": "Nora", "email": "nora@x.example"}
    assert register(client, **newcomer).status_code == 409
    undo = soup(organiser.get(LIST)).select_one(f"form[action='{LIST}/undo']")
    organiser.post(f"{LIST}/undo", data={str(i["name"]): str(i["value"]) for i in undo.select("input")})
    assert [standings.count("confirmed") for _name, _person, standings in places(app)] == [1, 1]
    withdraw(organiser, references)
    clock.advance(minutes=10)
    assert register(client, **newcomer).status_code == 303


def test_undoing_ends_before_the_worker_could_read_what_a_press_still_writes(app, clock, organiser):
    enrol(app, 2)
    work(app)
    with app.app_context():
        references = list(db.session.scalars(db.select(Registration.reference)))
    withdraw(organiser, references)
    undo = soup(organiser.get(LIST)).select_one(f"form[action='{LIST}/undo']")
    clock.advance(minutes=9, seconds=55)
    with statements(app) as asked:
        organiser.post(f"{LIST}/undo", data={str(i["name"]): str(i["value"]) for i in undo.select("input")})
    with app.app_context():
        locks = db.engine.dialect.name == "postgresql"
    assert any("FROM fact" in one and "FOR UPDATE" in one for one in asked) is locks
    assert "It is too late to undo this" in words(organiser.get(LIST))
    assert {tuple(standings) for _name, _person, standings in places(app)} == {("withdrawn",)}


def test_desk_speaks_of_emails_before_a_withdrawal_only_where_somebody_has_an_address(
    app: Flask, organiser: FlaskClient
) -> None:
    enter(organiser)
    enrol(app)
    with app.app_context():
        without, reached = db.session.scalars(db.select(Registration.reference).order_by(Registration.id)).all()
    for chosen, is_written in (([without], False), ([without, reached], True)):
        typed = hidden(organiser, LIST) | {"reference": chosen}
        asked = words(organiser.post(f"{LIST}/withdrawal", data=typed))
        assert ("The e-mails leave" in asked, "after ten minutes" in asked) == (is_written, True)
