"""An organiser makes an event and changes it, without a script and without losing a word."""

import json
from dataclasses import replace
from datetime import date, datetime, time

import pytest
from bs4 import Tag

from s3chem_events import cli
from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.core.text import Text
from s3chem_events.publishing import files, queries, values
from s3chem_events.publishing.facts import EventFacts, ItemFacts, PartFacts
from s3chem_events.publishing.lifecycle import Kind, Mode, State
from s3chem_events.registration import asking
from s3chem_events.registration.models import Question
from s3chem_events.registration.questions import Kind as QuestionKind
from tests.factories import (
    CLOSED_DAY,
    CONFERENCE,
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
from tests.support.desk import filled, signed_in
from tests.support.post import enrol

EVENT = "/desk/events/conference"
EDIT = f"{EVENT}/edit"
SAVE_THE_DATE = {
    "title": "Łódź meets Maastricht",
    "language": "en",
    "second_title": "Łódź trifft Maastricht",
    "second_language": "de",
    "first_day": "2027-06-17",
    "last_day": "2027-06-18",
    "zone": "Europe/Amsterdam",
    "kind": "conference",
}
OPENING = ItemFacts(
    on=date(2027, 6, 18), title=Text(en="Opening", fr="Ouverture"), starts=time(9, 30), abstract=Text(de="Worte")
)
CLOSING = ItemFacts(on=date(2027, 6, 18), title=Text(en="Closing", fr="Clôture"), speaker="N. N.", speaker_tbc=True)


@pytest.fixture
def organiser(app, clock):
    return signed_in(app)


def facts_of(app, slug: str = "conference") -> EventFacts:
    with app.app_context():
        event = queries.event_by_slug(slug)
        assert event is not None
        return values.event_facts(event)


def errors(page) -> dict[str, str]:
    """Return the sentences at the fields, by the fields' names."""
    found = {}
    for wrong in soup(page).select(".has-error"):
        control, sentence = wrong.select_one("input, select, textarea"), wrong.select_one(".error")
        assert isinstance(control, Tag)
        assert isinstance(sentence, Tag)
        found[str(control["name"])] = " ".join(sentence.get_text(" ").split()).removeprefix("Error: ")
    return found


def test_a_save_the_date_is_made_with_eight_entries(app, organiser):
    form = organiser.get("/desk/events/new")
    entries = [
        field["name"] for field in soup(form).select("main form :is(input:not([type=hidden]), select, textarea)")
    ]
    assert sorted(map(str, entries)) == sorted(SAVE_THE_DATE)
    token = hidden(organiser, "/desk/events/new")
    answer = organiser.post("/desk/events/new", data={**token, **SAVE_THE_DATE, "do": "publish"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/events/lodz-meets-maastricht-2027/")
    title = Text(en="Łódź meets Maastricht", de="Łódź trifft Maastricht")
    part = PartFacts("main", title, date(2027, 6, 17), date(2027, 6, 18), capacity={Mode.ON_SITE: None})
    assert facts_of(app, "lodz-meets-maastricht-2027") == EventFacts(
        slug="lodz-meets-maastricht-2027",
        kind=Kind.CONFERENCE,
        state=State.SAVE_THE_DATE,
        title=title,
        zone="Europe/Amsterdam",
        parts=(part,),
    )
    page = words(organiser.get("/desk/events/lodz-meets-maastricht-2027/"))
    assert "English 1 text missing Deutsch 1 text missing français 3 texts missing" in page
    again = organiser.post("/desk/events/new", data={**token, **SAVE_THE_DATE, "do": "draft"})
    assert again.headers["Location"] == "/desk/events/lodz-meets-maastricht-2027-2/"
    assert facts_of(app, "lodz-meets-maastricht-2027-2").state is State.DRAFT


def test_a_new_event_keeps_what_was_typed_when_it_is_refused(app, organiser):
    wrong = {**SAVE_THE_DATE, "title": "", "last_day": "2027-06-16", "second_language": "en"}
    page = organiser.post("/desk/events/new", data={**hidden(organiser, "/desk/events/new"), **wrong, "do": "publish"})
    assert page.status_code == 422
    assert errors(page) == {
        "title": "Please fill in: Title.",
        "last_day": "It ends before it starts.",
        "second_language": "Choose a language other than the first.",
    }
    assert {name: value for name, value in filled(page).items() if name in wrong} == wrong


def test_saving_without_a_change_changes_nothing(app, organiser):
    add_event(app)
    answer = organiser.post(EDIT, data=filled(organiser.get(EDIT)))
    assert answer.status_code == 303
    assert "Nothing was changed." in words(organiser.get(EVENT + "/"))
    assert facts_of(app) == CONFERENCE


def test_facts_and_parts_are_changed_and_the_history_tells(app, organiser):
    add_event(app)
    typed = filled(organiser.get(EDIT)) | {
        "title": "Closing conference",
        "state": "announced",
        "venue-name": "Chemelot  Campus\u200b",
        "parts-1-starts_time": "09:30",
        "parts-1-ends_time": "16:00",
        "parts-1-on_site_places": "",
        "closes": "2027-06-10T12:00",
    }
    assert organiser.post(EDIT, data=typed).status_code == 303
    assert "Registration is closed by this" not in words(organiser.get(EVENT + "/"))
    wanted = facts_of(app)
    assert wanted.title == Text(en="Closing conference", fr="Conférence finale", de="Abschlusskonferenz")
    assert (wanted.state, wanted.closes) == (State.ANNOUNCED, datetime(2027, 6, 10, 12))  # noqa: DTZ001
    assert wanted.venue is not None
    assert wanted.venue.name == "Chemelot Campus"
    day = wanted.parts[1]
    assert (day.starts, day.ends) == (datetime(2027, 6, 18, 9, 30), datetime(2027, 6, 18, 16))  # noqa: DTZ001
    assert day.capacity == {Mode.ON_SITE: None, Mode.ONLINE: None}
    assert wanted.parts[0] == CLOSED_DAY
    history = words(organiser.get(EVENT + "/"))
    assert "Revision 2 · 23 November 2026, 13:00 CET · coordinator0@s3chem.example" in history
    assert "Status: Save the date → Announced" in history
    typed = filled(organiser.get(EDIT)) | {"closes": "2026-11-01T12:00"}
    assert organiser.post(EDIT, data=typed).status_code == 303
    assert "Registration is closed by this: its hour has passed." in words(organiser.get(EVENT + "/"))


def focused(page) -> list[str]:
    """Return where the page opens: a row, or the button that moves it on."""
    return [str(one.get("value") or one.get("id")) for one in soup(page).select("[autofocus]")]


def test_parts_are_added_moved_and_removed_with_buttons_alone(app, organiser):
    add_event(app)
    page = organiser.post(EDIT, data=filled(organiser.get(EDIT)) | {"title": "Half-written", "do": "add:parts"})
    assert page.status_code == 200
    typed = filled(page)
    assert (typed["title"], typed["parts-2-title"]) == ("Half-written", "")
    assert focused(page) == ["parts-2"]
    assert facts_of(app) == CONFERENCE  # nothing is saved yet
    typed |= {
        "parts-2-title": "Boat trip",
        "parts-2-starts_on": "2027-06-19",
        "parts-2-ends_on": "2027-06-19",
        "parts-2-on_site": "y",
        "parts-2-on_site_places": "60",
    }
    page = organiser.post(EDIT, data=typed | {"do": "up:parts-2"})
    assert focused(page) == ["up:parts-1"]
    assert focused(organiser.post(EDIT, data=filled(page) | {"do": "up:parts-1"})) == ["down:parts-0"]
    assert focused(organiser.post(EDIT, data=filled(page) | {"do": "down:parts-1"})) == ["up:parts-2"]
    assert focused(organiser.post(EDIT, data=filled(page) | {"do": "remove:parts-2"})) == ["parts-1"]
    typed = filled(page)
    assert [typed[f"parts-{n}-title"] for n in range(3)] == ["Working-group meeting", "Boat trip", "Public conference"]
    page = organiser.post(EDIT, data=typed | {"do": "remove:parts-0"})
    assert focused(page) == ["parts-1"]
    typed = filled(page)
    assert organiser.post(EDIT, data=typed).status_code == 303
    parts = facts_of(app).parts
    assert [part.key for part in parts] == ["boat-trip", "day-2"]
    assert parts[0].capacity == {Mode.ON_SITE: 60}
    assert parts[1] == PUBLIC_DAY


def test_a_part_that_people_or_public_calendars_hold_is_cancelled_and_never_removed(app, organiser, tmp_path):
    first = replace(PUBLIC_DAY, key="day-0", starts=date(2027, 6, 16), ends=date(2027, 6, 16))
    parts = (first, CLOSED_DAY, PUBLIC_DAY)
    add_event(app, parts=parts, state=State.DRAFT)
    typed = filled(organiser.post(EDIT, data=filled(organiser.get(EDIT)) | {"do": "remove:parts-0"}))
    assert organiser.post(EDIT, data=typed).status_code == 303
    assert facts_of(app).parts == parts[1:]  # no calendar knows a draft
    revise_event(app, parts=parts, state=State.SAVE_THE_DATE)
    enrol(app, 1, choices={"day-1": "on_site"}, invited=frozenset({"day-1"}))
    for number in (0, 1):
        asked = organiser.post(EDIT, data=filled(organiser.get(EDIT)) | {"do": f"remove:parts-{number}"})
        page = organiser.post(EDIT, data=filled(asked))
        assert page.status_code == 409
        assert "for a part that you removed, or have it in their calendars. Restore it and cancel it" in words(page)
        assert soup(page).select_one(f"main p > a[href='{EVENT}/cancellation']") is not None
        assert facts_of(app).parts == parts
    file = tmp_path / "event.json"
    file.write_text(json.dumps(files.write(replace(facts_of(app), parts=parts[1:]))))
    done = app.test_cli_runner().invoke(cli.group, ["event", "update", str(file)])
    assert (done.exit_code, "the part 'day-0': cancel it instead" in done.output) == (1, True)
    late = datetime(2027, 12, 1, 10)  # noqa: DTZ001 - local to the event's zone
    file.write_text(json.dumps(files.write(replace(facts_of(app), closes=late))))
    done = app.test_cli_runner().invoke(cli.group, ["event", "update", str(file)])
    assert (done.exit_code, "registration closes after the event" in done.output) == (1, True)


@pytest.mark.one_database
def test_a_part_of_which_something_is_asked_is_removed_only_after_its_questions(app, organiser, tmp_path):
    add_event(app)
    add_question(app, "visit", kind=QuestionKind.YES_NO, part="day-1")
    add_question(app, "shoes", required=True, only_if="visit", only_is="yes")
    removed = filled(organiser.post(EDIT, data=filled(organiser.get(EDIT)) | {"do": "remove:parts-0"}))
    page = organiser.post(EDIT, data=removed)
    assert (page.status_code, "then ask these questions no more, or of everybody" in words(page)) == (409, True)
    file = tmp_path / "event.json"
    file.write_text(json.dumps(files.write(replace(facts_of(app), parts=(PUBLIC_DAY,)))))
    done = app.test_cli_runner().invoke(cli.group, ["event", "update", str(file)])
    assert (done.exit_code, "for the part 'day-1': ask them no more" in done.output) == (1, True)
    assert (len(facts_of(app).parts), count(app, Question)) == (2, 2)
    with app.app_context(), transaction():
        for row in db.session.scalars(db.select(Question).order_by(Question.id.desc())):
            asking.retire_question(row, by=OPERATOR)
    assert organiser.post(EDIT, data=removed).status_code == 303
    assert [part.key for part in facts_of(app).parts] == ["day-2"]


@pytest.mark.one_database
@pytest.mark.parametrize(
    "changes,wanted",
    [
        ({"title": " "}, {"title": "Please fill in: Title."}),
        ({"parts-1-ends_on": "2027-06-17"}, {"parts-1-ends_on": "It ends before it starts."}),
        (
            {"parts-1-starts_time": "09:30"},
            {"parts-1-ends_time": "Enter both times, or neither if they are not known yet."},
        ),
        ({"closes": "2025-01-01T09:00"}, {"closes": "Registration closes before it opens."}),
        (
            {"closes": "2027-09-01T09:00"},
            {"closes": "Enter an hour no later than the end of the event, 19 June 2027, 00:00 CEST."},
        ),
        (
            {"parts-1-online_url": "javascript:alert(1)"},
            {"parts-1-online_url": "Please enter an address that starts with https://."},
        ),
        ({"parts-1-on_site_places": "many"}, {"parts-1-on_site_places": "Not a valid integer value."}),
        (
            {"opens": "2027-03-28T02:30"},
            {
                "opens": "On this day the clocks in Europe/Amsterdam go forward and skip 02:30. Choose another hour.",
            },
        ),
        (
            {
                "parts-1-starts_on": "2027-10-31",
                "parts-1-ends_on": "2027-10-31",
                "parts-1-starts_time": "02:30",
                "parts-1-ends_time": "09:00",
            },
            {
                "parts-1-starts_time": "On this day the clocks in Europe/Amsterdam go back and show 02:30 twice. "
                "Choose another hour."
            },
        ),
    ],
)
def test_what_does_not_fit_is_said_at_its_field_and_everything_typed_is_kept(app, organiser, changes, wanted):
    add_event(app)
    typed = filled(organiser.get(EDIT)) | changes
    page = organiser.post(EDIT, data=typed)
    assert page.status_code == 422
    assert errors(page) == wanted
    kept = filled(page)
    assert {name: kept[name] for name in changes} == {name: value.strip() for name, value in changes.items()}
    summary = soup(page).select(".problem a")
    assert [str(link["href"])[1:] for link in summary] == list(wanted)
    assert facts_of(app) == CONFERENCE


def test_a_public_address_stays_and_a_taken_one_is_refused(app, organiser):
    add_event(app)
    add_event(app, slug="draft", state=State.DRAFT)
    assert "slug" not in filled(organiser.get(EDIT))
    path = "/desk/events/draft/edit"
    typed = filled(organiser.get(path))
    page = organiser.post(path, data=typed | {"slug": "conference"})
    assert (page.status_code, errors(page)) == (409, {"slug": "Another event has this address already."})
    assert organiser.post(path, data=typed | {"slug": "new-name"}).headers["Location"] == "/desk/events/new-name/"


def test_states_offer_only_the_moves_that_may_follow(app, organiser):
    add_event(app, state=State.ANNOUNCED)
    options = [option["value"] for option in soup(organiser.get(EDIT)).select("#state option")]
    assert options == ["draft", "announced", "postponed", "cancelled", "over"]


def test_texts_are_written_language_by_language_beside_the_first(app, organiser):
    add_event(app, parts=(CLOSED_DAY, _with_programme()))
    path = f"{EVENT}/texts/pl"
    page = organiser.get(path)
    assert "Texts: Polish" in words(page)
    assert "Final conference" in soup(page).select(".source")[0].get_text(" ", strip=True)
    typed = filled(page) | {
        "title": "Konferencja końcowa",
        "description": "Pierwszy\r\n\r\n**drugi**",
        "parts-1-title": "Dzień otwarty",
        "parts-1-items-0-title": "Otwarcie",
    }
    assert organiser.post(path, data=typed).status_code == 303
    wanted = facts_of(app)
    assert wanted.title["pl"] == "Konferencja końcowa"
    assert wanted.description == Text(pl="Pierwszy\n\n**drugi**")
    assert wanted.parts[1].title["pl"] == "Dzień otwarty"
    assert wanted.parts[1].programme[0] == ItemFacts(
        on=OPENING.on,
        title=Text(en="Opening", fr="Ouverture", pl="Otwarcie"),
        starts=OPENING.starts,
        abstract=OPENING.abstract,
    )
    assert organiser.post(path, data=typed | {"revision": "2", "title": ""}).status_code == 303
    assert facts_of(app).title == CONFERENCE.title
    main = f"{EVENT}/texts/en"
    emptied = organiser.post(main, data=filled(organiser.get(main)) | {"title": ""})
    assert (emptied.status_code, errors(emptied)) == (422, {"title": "Please fill in: Title."})
    assert organiser.get(f"{EVENT}/texts/xx").status_code == 404


def test_lines_of_the_programme_are_moved_with_their_translations(app, organiser):
    add_event(app, parts=(CLOSED_DAY, _with_programme()))
    path = f"{EVENT}/programme"
    typed = filled(organiser.post(path, data=filled(organiser.get(path)) | {"do": "down:parts-1-items-0"}))
    typed = filled(organiser.post(path, data=typed | {"do": "add:parts-1-items"}))
    assert typed["parts-1-items-2-on"] == "2027-06-18"  # the day of its part is proposed
    typed |= {"parts-1-items-2-title": "Farewell", "parts-1-items-2-starts": "15:00", "parts-1-items-2-ends": "15:30"}
    assert organiser.post(path, data=typed).status_code == 303
    farewell = ItemFacts(date(2027, 6, 18), Text(en="Farewell"), time(15), time(15, 30))
    assert facts_of(app).parts[1].programme == (CLOSING, OPENING, farewell)


def test_a_line_outside_its_part_or_backwards_is_refused(app, organiser):
    add_event(app, parts=(CLOSED_DAY, _with_programme()))
    path = f"{EVENT}/programme"
    typed = filled(organiser.get(path)) | {"parts-1-items-0-on": "2027-06-20", "parts-1-items-0-ends": "09:00"}
    page = organiser.post(path, data=typed)
    assert page.status_code == 422
    assert errors(page) == {
        "parts-1-items-0-on": "This day is not one of the days of this part.",
        "parts-1-items-0-ends": "It ends before it starts. "
        "Past midnight it can go on where the part ends on the next day.",
    }


def test_the_event_is_given_as_a_file_that_can_be_read_again(app, organiser):
    add_event(app, parts=(CLOSED_DAY, _with_programme()))
    answer = organiser.get(f"{EVENT}/event.json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="conference.json"'
    assert files.read(json.loads(answer.data)) == facts_of(app)


def test_the_list_shows_own_events_alone_and_what_they_lack(app, organiser):
    add_event(app)
    add_event(app, slug="other", title=Text(en="Another"))
    register(app.test_client())
    row = " ".join(soup(organiser.get("/desk/events/")).select("tbody tr")[0].get_text(" ").split())
    assert row == "Final conference 17–18 June 2027 Save the date 1 NL IT CA ES PL"
    partner = signed_in(app, Role.PARTNER_ORGANISER, events=("other",))
    assert [cell.get_text(strip=True) for cell in soup(partner.get("/desk/events/")).select("tbody th")] == ["Another"]
    assert partner.get("/desk/events/new").status_code == 403


def test_a_reader_sees_the_event_and_cannot_change_it(app, organiser):
    add_event(app)
    reader = signed_in(app, Role.READ_ONLY)
    assert "Final conference" in words(reader.get(f"{EVENT}/"))
    for page in ("edit", "programme", "texts/en"):
        assert b"/" + page.encode() not in reader.get(f"{EVENT}/").data
        assert reader.get(f"{EVENT}/{page}").status_code == 403
    token = {"csrf_token": str(soup(reader.get(f"{EVENT}/")).select("input[name=csrf_token]")[0]["value"])}
    typed = filled(organiser.get(EDIT)) | {"title": "Changed"}
    assert reader.post(EDIT, data=typed | token).status_code == 403
    assert facts_of(app) == CONFERENCE


def _with_programme() -> PartFacts:
    return replace(PUBLIC_DAY, programme=(OPENING, CLOSING))
