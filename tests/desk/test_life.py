"""An organiser leads an event through its life: each step is previewed, told after ten minutes, or undone."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.core.text import Text
from s3chem_events.publishing.facts import EventFacts, MaterialFacts
from s3chem_events.publishing.lifecycle import Mode, State
from tests.conftest import Clock
from tests.desk.test_event_editor import errors, facts_of
from tests.factories import CLOSED_DAY, CONFERENCE, PUBLIC_DAY, add_event, register, revise_event, soup, words
from tests.support.desk import carried, filled, pressed, signed_in
from tests.support.post import enrol, kept, work

EVENT = "/desk/events/conference"
OCTOBER = {
    "parts-0-starts_on": "2027-10-21",
    "parts-0-ends_on": "2027-10-21",
    "parts-1-starts_on": "2027-10-22",
    "parts-1-ends_on": "2027-10-22",
}


HOURS = {
    "parts-1-starts_time": "09:30",
    "parts-1-ends_time": "16:00",
}


@pytest.fixture
def organiser(app: Flask, clock: Clock) -> FlaskClient:
    add_event(app)
    clock.advance(days=1)
    return signed_in(app)


def step(organiser: FlaskClient, name: str, **typed: str) -> TestResponse:
    """Open the page of a step, fill it in and send it."""
    path = f"{EVENT}/{name}"
    return organiser.post(path, data=filled(organiser.get(path)) | {k.replace("__", "-"): v for k, v in typed.items()})


def decide(organiser: FlaskClient, preview: TestResponse, name: str, told: str, **also: str) -> TestResponse:
    return pressed(organiser, f"{EVENT}/{name}", preview, told, **also)


def undo(organiser: FlaskClient) -> TestResponse:
    form = soup(organiser.get(f"{EVENT}/")).select_one(f"form[action='{EVENT}/undo']")
    assert form is not None
    return organiser.post(f"{EVENT}/undo", data={str(i["name"]): str(i["value"]) for i in form.select("input")})


def in_october(facts: EventFacts = CONFERENCE) -> EventFacts:
    closed = replace(CLOSED_DAY, starts=date(2027, 10, 21), ends=date(2027, 10, 21))
    public = replace(PUBLIC_DAY, starts=date(2027, 10, 22), ends=date(2027, 10, 22))
    return replace(facts, parts=(closed, public))


def test_move_is_previewed_told_and_sent_once_after_ten_minutes(app, client, clock, organiser):
    register(client)
    register(client, given_name="Jean", email="jean@usine.example", language="fr")
    assert work(app) == 2
    preview = step(organiser, "rescheduling", **OCTOBER)
    said = words(preview)
    assert facts_of(app) == CONFERENCE  # nothing is saved by looking
    assert "New date for Final conference: 21–22 October 2027" in said
    assert "So far 18 June 2027 From now on 22 October 2027" in said
    assert "2 registered people get an e-mail" in said
    assert "The page and subscribed calendars change at once; e-mails leave after ten minutes" in said
    assert "Moved from 18 June 2027 to 22 October 2027." in said
    assert "22 octobre 2027" in said
    assert said.count("/registrations/… ") == 2  # nobody's way in is shown
    assert len(re.findall(r"/calendar/\S+", said)) == said.count("/calendar/…")
    answer = decide(organiser, preview, "rescheduling", "yes")
    assert (answer.status_code, answer.location) == (303, f"{EVENT}/")
    assert facts_of(app) == in_october()
    assert "2 people will be told at 13:10 CET." in words(organiser.get(f"{EVENT}/"))
    assert "2 people will be told at 13:10 CET." in words(organiser.get("/desk/"))
    assert work(app) == 0
    clock.advance(minutes=10)
    assert "E-mails are due since 24 Nov 2026, 13:10: 0 of 2 written." in words(organiser.get(f"{EVENT}/"))
    assert (work(app), work(app)) == (2, 0)
    page = organiser.get(f"{EVENT}/")
    assert "Written on 24 Nov 2026, 13:10: 2 of 2 e-mails kept in the mailbox." in words(page)
    link = soup(page).find("a", string="See them in the outbox")
    assert link is not None
    listed = words(organiser.get(str(link["href"])))
    assert [listed.count("New date for Final conference"), listed.count("Nouvelle date")] == [1, 1]


def test_undone_within_the_hold_nobody_hears_and_all_is_as_before(app, client, clock, organiser):
    register(client)
    work(app)
    decide(organiser, step(organiser, "rescheduling", **OCTOBER), "rescheduling", "yes")
    assert undo(organiser).status_code == 303
    said = words(organiser.get(f"{EVENT}/"))
    assert "Undone. Nobody has been told." in said
    assert "Taken back: Working-group meeting: Moved from 17 June 2027 to 21 October 2027." in said
    clock.advance(minutes=11)
    assert (work(app), facts_of(app)) == (0, CONFERENCE)


def test_undo_that_comes_too_late_says_so(app, client, clock, organiser):
    register(client)
    decide(organiser, step(organiser, "rescheduling", **OCTOBER), "rescheduling", "yes")
    form = soup(organiser.get(f"{EVENT}/")).select_one(f"form[action='{EVENT}/undo']")
    assert form is not None
    clock.advance(minutes=10)
    organiser.post(f"{EVENT}/undo", data={str(i["name"]): str(i["value"]) for i in form.select("input")})
    assert "It is too late to undo this: the e-mails are on their way." in words(organiser.get(f"{EVENT}/"))
    assert facts_of(app) == in_october()


def test_saved_without_telling_anybody_nobody_hears(app, client, clock, organiser):
    register(client)
    work(app)
    decide(organiser, step(organiser, "rescheduling", **OCTOBER), "rescheduling", "no")
    assert facts_of(app) == in_october()
    assert "will be told" not in words(organiser.get(f"{EVENT}/"))
    clock.advance(minutes=11)
    assert work(app) == 0


def test_back_to_the_form_keeps_what_was_typed(app, client, organiser):
    register(client)
    preview = step(organiser, "rescheduling", **OCTOBER, reason="The hall is taken.\r\nWe are sorry.")
    form = organiser.post(f"{EVENT}/rescheduling", data=carried(preview) | {"do": "back"})
    typed = filled(form)
    assert {name: typed[name] for name in OCTOBER} == OCTOBER
    assert str(typed["reason"]).replace("\r\n", "\n").strip() == "The hall is taken.\nWe are sorry."
    assert facts_of(app) == CONFERENCE


def test_nobody_concerned_it_is_saved_at_once(app, organiser):
    assert step(organiser, "rescheduling", **OCTOBER).status_code == 303
    assert facts_of(app) == in_october()


def test_save_without_a_difference_changes_and_tells_nothing(app, client, clock, organiser):
    assert step(organiser, "rescheduling", **OCTOBER, reason="The hall is closed.").status_code == 303
    register(client)
    work(app)
    assert step(organiser, "rescheduling").status_code == 303
    assert "Nothing was changed." in words(organiser.get(f"{EVENT}/"))
    assert words(client.get("/en/events/conference")).count("The hall is closed.") == 2  # the notice, and the history
    clock.advance(minutes=11)
    assert work(app) == 0
    decide(organiser, step(organiser, "rescheduling", **HOURS), "rescheduling", "no")
    assert words(client.get("/en/events/conference")).count("The hall is closed.") == 1  # the last change has none


def test_second_organiser_sees_at_the_preview_what_the_first_saved_and_decides_again(app, client, organiser):
    register(client)
    preview = step(organiser, "rescheduling", **OCTOBER)
    revise_event(app, region="Lombardy")
    again = decide(organiser, preview, "rescheduling", "yes")
    said = words(again)
    assert "Someone else saved while you were looking at the preview." in said
    assert "Command line: Region: Limburg → Lombardy" in said
    assert facts_of(app) == replace(CONFERENCE, region="Lombardy")
    assert decide(organiser, again, "rescheduling", "yes").status_code == 303
    assert facts_of(app) == replace(in_october(), region="Lombardy")


def test_two_who_move_the_same_day_the_second_chooses(app, client, organiser):
    register(client)
    path = f"{EVENT}/rescheduling"
    typed = filled(organiser.get(path)) | OCTOBER
    moved = replace(PUBLIC_DAY, starts=date(2027, 9, 3), ends=date(2027, 9, 3))
    revise_event(app, parts=(CLOSED_DAY, moved))
    page = organiser.post(path, data=typed)
    assert page.status_code == 409
    assert "3 September 2027" in errors(page)["parts-1-starts_on"]
    assert facts_of(app).parts[1] == moved
    preview = organiser.post(path, data=filled(page))
    assert decide(organiser, preview, "rescheduling", "yes").status_code == 303
    assert facts_of(app).parts[1].starts == date(2027, 10, 22)


def test_change_within_the_hold_is_told_with_the_first_or_not_at_all(app, client, clock, organiser):
    register(client)
    work(app)
    decide(organiser, step(organiser, "rescheduling", **OCTOBER), "rescheduling", "yes")
    preview = step(organiser, "announcement", venue__name="Chemelot Campus")
    said = words(preview)
    assert "An earlier change is held back until 24 November 2026, 13:10 CET." in said
    assert "Moved from 18 June 2027 to 22 October 2027." in said
    assert "The event has been announced." in said
    assert "undoing takes all of it back together" in said
    closes = (
        "What no e-mail says Registration closes when the first open part begins, and so moves with it. This is for "
        "you to know. So far 18 June 2027, 00:00 CEST From now on 22 October 2027, 00:00 CEST"
    )
    assert closes in said
    assert "18 June 2027 → 22 October 2027" in said  # against what people have, not against the last save
    assert soup(preview).select("button[name=told][value=no]") == []
    assert decide(organiser, preview, "announcement", "no").status_code == 200  # made by hand: it is asked again
    assert facts_of(app).state is State.SAVE_THE_DATE
    clock.advance(minutes=5)
    decide(organiser, preview, "announcement", "yes")
    hold = soup(organiser.get(f"{EVENT}/")).select_one(".hold")
    assert hold is not None
    assert "The event has been announced." in [one.get_text() for one in hold.select("li")]
    assert [one.get_text() for one in hold.select("button")] == ["Undo all"]
    clock.advance(minutes=10)
    assert work(app) == 1


def test_preview_says_what_another_organiser_saved_since_the_form_was_opened(app, client, organiser):
    register(client)
    path = f"{EVENT}/rescheduling"
    typed = filled(organiser.get(path)) | OCTOBER
    revise_event(app, region="Lombardy")
    said = words(organiser.post(path, data=typed))
    assert "Someone else saved while you were filling in the form." in said
    assert "Command line: Region: Limburg → Lombardy" in said


def test_who_has_to_be_called_stays_known_by_name_after_the_hold(app, client, clock, organiser):
    both = dict.fromkeys(("day-1", "day-2"), Mode.ON_SITE)
    enrol(app, email="", family_name="Both", choices=both, invited=("day-1",))
    enrol(app, email="", family_name="Open", choices={"day-2": Mode.ON_SITE})
    decide(organiser, step(organiser, "cancellation", what="part-day-1"), "cancellation", "yes")
    assert "Nobody will get an e-mail. Until 13:10 CET this can be undone." in words(organiser.get("/desk/"))
    assert to_call(organiser, "/desk/") == to_call(organiser) == ["Anna Both"]
    clock.advance(minutes=10)
    work(app)
    assert "1 person without an e-mail address has to be called." in words(organiser.get(f"{EVENT}/"))
    assert to_call(organiser) == ["Anna Both"]
    second = signed_in(app)
    pressed = [tick(organiser), tick(second, "Undo"), tick(second)]
    assert [called(organiser), *pressed] == ["coordinator1@s3chem.example", *["/desk/events/conference/#calls"] * 3]
    facts = [kind for kind in recorded(app) if "call" in kind]
    assert facts == ["registration.called", "registration.call_taken_back", "registration.called"]
    # Another venue, and the old one again: nobody was called in between, so that it is no news to anybody.
    decide(organiser, step(organiser, "edit", venue__name="Vrijthof Hall"), "edit", "no")
    preview = step(organiser, "edit", venue__name="")
    assert "have to be called" not in words(preview)
    assert "2 registered people are not concerned and hear nothing" in words(preview)
    decide(organiser, preview, "edit", "yes")
    assert to_call(organiser) == []
    clock.advance(minutes=10)
    decide(organiser, step(organiser, "rescheduling", **OCTOBER), "rescheduling", "yes")
    clock.advance(minutes=10)
    assert (len(to_call(organiser)), called(organiser)) == (2, "")  # they have to be called anew


def tick(organiser: FlaskClient, label: str = "Called") -> str:
    """Press a button on the list of those to be called; returns where it leads."""
    forms = soup(organiser.get(f"{EVENT}/")).select("form[action$='/call']")
    (form,) = [one for one in forms if one.get_text().strip() == label]
    sent = {str(one["name"]): str(one["value"]) for one in form.select("input")}
    return str(organiser.post(str(form["action"]), data=sent).location)


def called(organiser: FlaskClient) -> str:
    """Return who has ticked somebody off."""
    done = soup(organiser.get(f"{EVENT}/")).select_one(".callers .chip")
    return str(done.next_sibling).partition(",")[0].strip() if done else ""


def recorded(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(db.select(Fact.kind).order_by(Fact.id)))


def to_call(organiser: FlaskClient, page: str = f"{EVENT}/") -> list[str]:
    """Return the names of those who have to be called."""
    return [one.get_text() for one in soup(organiser.get(page)).select(".callers a > bdi")]


def test_question_that_is_held_back_is_seen_and_can_be_taken_out(app, client, clock, organiser):
    register(client)
    asked = {"ask": "y", "until": "2027-09-30"}
    decide(organiser, step(organiser, "rescheduling", **OCTOBER), "rescheduling", "yes", **asked)
    sentence = "1 registered person is also asked whether they still come, until 30 September 2027."
    assert sentence in words(organiser.get(f"{EVENT}/"))
    preview = step(organiser, "rescheduling", **HOURS)
    form = soup(preview)
    assert [field.get("name") for field in form.select("#ask[checked], #until[value='2027-09-30']")] == ["ask", "until"]
    decide(organiser, preview, "rescheduling", "yes", until="2027-09-30")
    assert sentence not in words(organiser.get(f"{EVENT}/"))
    clock.advance(minutes=10)
    work(app)
    assert "Will you still come?" not in kept(app)[-1].text


def test_part_that_moved_and_fell_away_within_one_hold_is_told_as_cancelled_alone(app, client, organiser):
    register(client)
    work(app)
    address = next(word for word in kept(app)[-1].text.split() if "/calendar/" in word)
    decide(organiser, step(organiser, "rescheduling", **OCTOBER), "rescheduling", "yes")
    said = words(step(organiser, "cancellation", what="part-day-2"))
    assert "This part has been cancelled." in said
    assert "Public conference: Moved" not in said
    assert "Final conference – Public conference Status confirmed → cancelled" in said
    decide(organiser, step(organiser, "cancellation", what="part-day-2"), "cancellation", "yes")
    assert "STATUS:CANCELLED" in client.get(address).text


def test_past_event_has_ended_by_the_clock(app, clock, organiser):
    clock.set(datetime.fromisoformat("2027-06-20T10:00:00+00:00"))
    organiser = signed_in(app)
    for path in (f"{EVENT}/", "/desk/events/"):
        assert [one.get_text() for one in soup(organiser.get(path)).select(".event-name .chip, td .chip")] == ["Ended"]


def test_hour_that_is_missing_or_double_is_explained_at_the_field(app, organiser):
    typed = {
        **OCTOBER,
        "parts-1-starts_on": "2027-03-28",
        "parts-1-starts_time": "02:30",
        "parts-1-ends_on": "2027-10-31",
        "parts-1-ends_time": "02:30",
    }
    page = step(organiser, "rescheduling", **typed)
    assert page.status_code == 422
    assert errors(page) == {
        "parts-1-starts_time": "On this day the clocks in Europe/Amsterdam go forward and skip 02:30. "
        "Choose another hour.",
        "parts-1-ends_time": "On this day the clocks in Europe/Amsterdam go back and show 02:30 twice. "
        "Choose another hour.",
    }
    assert facts_of(app) == CONFERENCE


def test_postponed_with_a_reason_then_given_a_new_date(app, client, clock, organiser):
    register(client)
    work(app)
    preview = step(organiser, "postponement", reason="The river is too high.\uffff")
    assert "The event has been postponed. A new date will be announced." in words(preview)
    assert f"Is this still true? Summary: “{CONFERENCE.summary['en']}” Change the texts" in words(preview)
    decide(organiser, preview, "postponement", "yes")
    clock.advance(minutes=10)
    work(app)
    assert "The river is too high." in kept(app)[-1].text
    assert "The river is too high." in words(client.get("/en/events/conference"))
    assert facts_of(app) == replace(CONFERENCE, state=State.POSTPONED, reason=Text(en="The river is too high."))
    assert str(filled(organiser.get(f"{EVENT}/rescheduling"))["reason"]).strip() == ""
    again = words(step(organiser, "rescheduling", state="announced"))
    assert ("The event takes place after all." in again, "What no e-mail says" in again) == (True, False)
    preview = step(organiser, "rescheduling", **OCTOBER, state="announced")
    assert "The new date is known." in words(preview)
    assert "So far 18 June 2027, 00:00 CEST From now on 22 October 2027, 00:00 CEST" in words(preview)
    decide(organiser, preview, "rescheduling", "yes")
    assert facts_of(app) == replace(in_october(), state=State.ANNOUNCED)
    clock.advance(minutes=10)
    work(app)
    places = (preview, organiser.get(f"{EVENT}/"), client.get("/en/events/conference"))
    said = [*map(words, places), " ".join(kept(app)[-1].text.split())]
    assert ["has been announced" in text for text in said] == [False] * 4
    assert ["The new date is known." in text for text in said] == [True, False, True, True]
    assert "The river is too high." in "".join(ET.fromstring(client.get("/feed.atom").data).itertext())


def test_summary_that_may_be_untrue_is_asked_about_at_each_step_that_was_not_about_the_summary(app, client, organiser):
    described = Text(en="**Two days** of talks in Maastricht. " + "And more. " * 39 + "End.")
    closed = replace(CLOSED_DAY, summary=Text(en="Behind closed doors."))
    revise_event(app, description=described, parts=(closed, replace(PUBLIC_DAY, summary=Text(en="Talks."))))
    beginning = ("Two days of talks in Maastricht. " + "And more. " * 40)[:300].rstrip() + "…"
    own = f"Summary: “{CONFERENCE.summary['en']}” Description: “{beginning}”"
    asked = f"Is this still true? {own} Summary of “Public conference”: “Talks.”"
    answer = step(organiser, "rescheduling", **HOURS)
    assert answer.status_code == 303  # nobody hears of it, so there is no preview
    assert asked in words(organiser.get(f"{EVENT}/"))
    register(client)
    preview = step(organiser, "edit", venue__name="Vrijthof Hall")
    assert "The venue is now: Vrijthof Hall" in words(preview)
    assert f"{asked} Change the texts" in words(preview)
    decide(organiser, preview, "edit", "no")
    assert asked not in words(organiser.get(f"{EVENT}/"))  # once is enough
    preview = step(organiser, "edit", venue__name="Town hall")
    decide(organiser, preview, "edit", "yes")
    assert f"{asked} Change the texts" in words(organiser.get(f"{EVENT}/"))  # while it can be mended in time
    assert step(organiser, "texts/en", summary="At the town hall.").status_code == 303
    assert "Summary: “" not in words(organiser.get(f"{EVENT}/"))


def test_closing_is_nothing_to_speak_of_where_registration_never_was_open(app, client, organiser):
    enrol(app)
    revise_event(app, opens=None)
    for name, typed in (("rescheduling", OCTOBER), ("announcement", {"venue__name": "Chemelot Campus", **HOURS})):
        preview = step(organiser, name, **typed)
        assert "What changes" in words(preview)
        assert "What no e-mail says" not in words(preview)
        decide(organiser, preview, name, "yes")
    assert facts_of(app).state is State.ANNOUNCED


def test_part_that_was_cancelled_and_told_is_left_out_of_what_comes_after(app, clock, organiser):
    for email, parts in (("first@park.example", ["day-1"]), ("both@park.example", ["day-1", "day-2"])):
        enrol(app, email=email, choices=dict.fromkeys(parts, Mode.ON_SITE), invited=("day-1",))
    enrol(app, email="second@park.example")
    work(app)
    preview = step(organiser, "cancellation", what="part-day-1")
    assert len(soup(preview).select("#ask")) == 1  # one of the two has the other day still
    decide(organiser, preview, "cancellation", "yes")
    clock.advance(minutes=10)
    assert work(app) == 2
    said = words(step(organiser, "postponement"))
    assert "2 registered people get an e-mail (English 2) 1 registered person is not concerned" in said
    assert "Saved earlier without telling anybody" not in said
    entries = said.partition("In people’s calendars ")[2]
    assert entries.startswith("Final conference – Public conference · On site Title ")
    assert "Working-group meeting" not in entries
    decide(organiser, step(organiser, "postponement"), "postponement", "yes")
    clock.advance(minutes=10)
    assert work(app) == 2
    assert [len(mail.attachments) for mail in kept(app)[-2:]] == [1, 1]


def test_one_part_cancelled_then_brought_back(app, client, clock, organiser):
    register(client)
    work(app)
    assert (
        decide(organiser, step(organiser, "cancellation", what="part-day-2"), "cancellation", "yes").status_code == 303
    )
    assert [part.cancelled for part in facts_of(app).parts] == [False, True]
    page = organiser.get(f"{EVENT}/")
    assert [one.get_text() for one in soup(page).select(".part-list del")] == ["Friday, 18 June 2027"]
    assert ("Public conference Cancelled" in words(page), "1 of 3" in words(page)) == (True, False)
    assert "Public conference Cancelled" in words(organiser.get("/desk/"))
    assert "17 June 2027" in words(organiser.get("/desk/events/"))
    assert "Part cancelled Public conference" in words(organiser.get(f"{EVENT}/participants"))
    clock.advance(minutes=10)
    assert work(app) == 1
    assert kept(app)[-1].method == "CANCEL"
    preview = step(organiser, "revival", what="part-day-2")
    assert "This part takes place after all." in words(preview)
    decide(organiser, preview, "revival", "yes")
    clock.advance(minutes=10)
    assert (work(app), kept(app)[-1].method) == (1, "REQUEST")
    assert facts_of(app) == CONFERENCE


def test_moved_online_the_link_is_asked_for_and_everybody_keeps_the_place(app, client, organiser):
    register(client)
    path = f"{EVENT}/mode"
    typed = filled(organiser.get(path)) | {"parts-1-online_url": "https://meet.example/room"}
    del typed["parts-1-on_site"]
    preview = organiser.post(path, data=typed)
    assert "1 person who chose “On site” will take part “Online”." in words(preview)
    assert decide(organiser, preview, "mode", "yes").status_code == 303
    assert facts_of(app).parts[1] == replace(
        PUBLIC_DAY, capacity={Mode.ONLINE: None}, online_url="https://meet.example/room"
    )


LINK = "https://us02.meet.example/w/841-77?pwd=Hx%2FQ&tk=1"


@pytest.mark.one_database
def test_link_to_join_in_words_that_everybody_reads_is_asked_about_before_it_is_saved(app, client, organiser):
    public = replace(PUBLIC_DAY, capacity={Mode.ONLINE: None, Mode.ON_SITE: None}, online_url=LINK)
    closed = replace(CLOSED_DAY, summary=Text(en=LINK))  # only its guests read it
    add_event(app, slug="other", parts=(closed, public), note=Text(en=LINK))
    other = "/desk/events/other"
    for name, path, typed in [
        ("summary", "texts/en", {"summary": "Join at us02.meet.example/w/841-77 by ten."}),
        ("description", "texts/fr", {"description": r"Ici : <HTTPS://US02.meet.example/w/841\-77/?pwd=Hx/Q>"}),
        ("parts", "edit", {"parts-1-title": f"Conference ({LINK})"}),
        ("programme", "programme", {"parts-1-items-0-on": "2027-06-18", "parts-1-items-0-title": f"Talk {LINK}"}),
        ("venue", "edit", {"venue-address": LINK}),
        ("report", "texts/de", {"report": "https://us02.meet.example:443//w/841-77?x=1&pwd=Hx%2FQ"}),
    ]:
        before = facts_of(app, "other")
        asked = organiser.post(f"{other}/{path}", data=filled(organiser.get(f"{other}/{path}")) | typed)
        assert (asked.status_code, facts_of(app, "other") == before) == (409, True), name
        assert "holds the link for taking part online in “" in words(asked), name
        assert {key: filled(asked)[key] for key in typed} == typed
        button = soup(asked).select_one("button[name=confirmed]")
        assert button is not None
        assert str(button["value"]) == f"link:{name}:day-2"
        again = organiser.post(f"{other}/{path}", data=filled(asked) | {"confirmed": str(button["value"])})
        assert again.status_code == 303, name
    for harmless in ("See meet.example/w/841-77b", "us02.meet.example", "https://us02.meet.example/w/841-77?pwd=other"):
        path = f"{other}/texts/en"
        assert organiser.post(path, data=filled(organiser.get(path)) | {"report": harmless}).status_code == 303

    register(client)
    typed = {"parts__1__online": "y", "parts__1__online_url": LINK, "reason": f"We meet at {LINK}"}
    preview = step(organiser, "mode", **typed)
    assert "“Reason for the change” holds the link for taking part online" in words(preview)
    assert facts_of(app).parts[1] == PUBLIC_DAY


def test_cancelled_for_good_nothing_more_can_be_done(app, client, organiser):
    register(client)
    preview = step(organiser, "cancellation", what="event")
    assert "Cancelling is final." in words(preview)
    decide(organiser, preview, "cancellation", "yes")
    assert facts_of(app).state is State.CANCELLED
    add_event(app, slug="later")
    order = [str(one["href"]) for one in soup(organiser.get("/desk/")).select(".next h3 a")]
    assert order == ["/desk/events/later/", "/desk/events/conference/"]
    assert "What you can do now" not in words(organiser.get(f"{EVENT}/"))
    page = organiser.get(f"{EVENT}/cancellation")
    assert "This is not possible in the event’s present state: Cancelled." in words(page)
    assert organiser.post(f"{EVENT}/postponement", data={"reason": ""}).status_code in {400, 409}


def test_over_with_report_and_material(app, client, clock, organiser):
    register(client)
    clock.set(datetime.fromisoformat("2027-06-20T10:00:00+00:00"))
    organiser = signed_in(app)
    path = f"{EVENT}/closing"
    rows = organiser.post(path, data=filled(organiser.get(path)) | {"do": "add:materials"})
    typed = {"report": "Forty came.", "materials-0-title": "Slides", "materials-0-url": "https://slides.example/1"}
    preview = organiser.post(path, data=filled(rows) | typed)
    slides = "New material: Slides (https://slides.example/1)"
    for said in (words(preview).partition("Who is told")[0], words(preview).partition("Who is told")[2]):
        assert ("The report stands on the page of the event." in said, slides in said) == (True, True)
    assert decide(organiser, preview, "closing", "yes").status_code == 303
    clock.advance(minutes=10)
    work(app)
    assert slides in kept(app)[-1].text
    assert "http://localhost/en/events/conference" in kept(app)[-1].text
    facts = facts_of(app)
    assert (facts.state, facts.report) == (State.OVER, Text(en="Forty came."))
    assert facts.materials == (MaterialFacts(Text(en="Slides"), "https://slides.example/1"),)
    assert "Slides" in words(organiser.get(f"{EVENT}/"))
    # What is added later can be told, too, and is that alone.
    rows = organiser.post(path, data=filled(organiser.get(path)) | {"do": "add:materials"})
    film = {"materials-1-title": "Film", "materials-1-url": "https://film.example/1"}
    preview = organiser.post(path, data=filled(rows) | film)
    assert soup(preview).h1.get_text() == "New material: Final conference"
    assert [one.get_text(strip=True) for one in soup(preview).select(".told li")] == [
        "New material: Film (https://film.example/1)"
    ]


def test_they_are_asked_whether_they_still_come_until_a_day(app, client, clock, organiser):
    register(client)
    work(app)
    preview = step(organiser, "rescheduling", **OCTOBER)
    asked = organiser.post(f"{EVENT}/rescheduling", data=carried(preview) | {"told": "yes", "ask": "y", "until": ""})
    assert asked.status_code == 422
    summary = soup(asked).select_one(".problem[autofocus] a")
    assert summary is not None
    assert (summary["href"], summary.get_text()) == ("#until", "Choose a day after today and no later than the event.")
    assert soup(asked).select_one(".field.has-error #until-error + #until") is not None
    assert facts_of(app) == CONFERENCE
    decide(organiser, preview, "rescheduling", "yes", ask="y", until="2027-09-01")
    clock.advance(minutes=10)
    work(app)
    assert "Please answer by 1 September 2027." in " ".join(kept(app)[-1].text.split())


def test_draft_is_published_and_the_list_of_steps_follows_the_state(app, organiser):
    add_event(app, slug="draft", state=State.DRAFT)

    def steps(slug: str) -> list[str]:
        return [link.get_text() for link in soup(organiser.get(f"/desk/events/{slug}/")).select(".steps a")]

    assert steps("draft")[0] == "Publish"
    assert steps("conference")[:5] == [
        "Announce",
        "Change days or hours",
        "Move online or on site",
        "Postpone",
        "Cancel the event or a part",
    ]
    path = "/desk/events/draft/announcement"
    typed = filled(organiser.get(path)) | {"state": "save_the_date"}
    assert organiser.post(path, data=typed).status_code == 303
    assert facts_of(app, "draft").state is State.SAVE_THE_DATE


def test_texts_in_another_language_are_no_news_but_a_new_title_is(app, client, organiser):
    register(client)
    italian = f"{EVENT}/texts/it"
    assert organiser.post(italian, data=filled(organiser.get(italian)) | {"title": "Conferenza"}).status_code == 303
    english = f"{EVENT}/texts/en"
    preview = organiser.post(english, data=filled(organiser.get(english)) | {"title": "Closing conference"})
    assert "The title is now “Closing conference”." in words(preview)
    answer = organiser.post(english, data=carried(preview) | {"told": "yes"})
    assert (answer.status_code, answer.location) == (303, f"{EVENT}/")
    assert facts_of(app).title["en"] == "Closing conference"


def test_partner_sees_the_hold_without_the_outbox_and_a_helper_without_the_undo(app, client, organiser):
    register(client)
    decide(organiser, step(organiser, "rescheduling", **OCTOBER), "rescheduling", "yes")
    helper = signed_in(app, Role.DESK_HELPER, events=("conference",))
    page = helper.get(f"{EVENT}/")
    assert "1 person will be told at 13:10 CET." in words(page)
    assert soup(page).select(f"form[action='{EVENT}/undo']") == []
    assert helper.post(f"{EVENT}/undo", data={"fact": "1"}).status_code in {400, 403}
