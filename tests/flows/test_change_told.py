"""An organiser changes an event and tells people: each concerned person hears of it once, after the hold."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from s3chem_events import cli
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.guard import settings
from s3chem_events.core.journal import OPERATOR, Fact
from s3chem_events.core.text import LANGUAGES, Text
from s3chem_events.mailing.maildir import KeptMail
from s3chem_events.publishing import actions, changes, files, queries, telling, values
from s3chem_events.publishing.facts import EventFacts, ItemFacts, PartFacts, VenueFacts
from s3chem_events.publishing.letterhead import letterhead_of
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.publishing.models import Part
from s3chem_events.registration import rehearsal
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Participation
from tests.conftest import Clock
from tests.factories import BASE_URL, CLOSED_DAY, CONFERENCE, PUBLIC_DAY, add_event, register, revise_event, soup, words
from tests.support.desk import filled, signed_in
from tests.support.post import enrol, kept, rows, work
from tests.support.statements import statements

HOLD = {"minutes": 10}
METHOD = re.compile(r"METHOD:(\w+)")


@pytest.fixture(autouse=True)
def published(app: Flask, clock: Clock) -> None:
    add_event(app)
    clock.advance(days=1)


def change(app: Flask, to: Callable[[EventFacts], EventFacts], *, tell: bool = True) -> Fact | None:
    """Change the conference as an organiser does, and tell people of it or not."""
    with app.app_context(), transaction():
        event = queries.event_by_slug("conference", lock=True)
        assert event is not None
        seen = event.revision
        actions.revise_event(event, to(values.event_facts(event)), base_url=BASE_URL, by=OPERATOR)
        return actions.tell(event, since=seen, by=OPERATOR) if tell else None


def moved(days: int) -> Callable[[EventFacts], EventFacts]:
    return lambda facts: replace(facts, parts=tuple(_moved(part, days) for part in facts.parts))


def _moved(part: PartFacts, days: int) -> PartFacts:
    return replace(part, starts=part.starts + timedelta(days=days), ends=part.ends + timedelta(days=days))


def vevent(mail: KeptMail) -> Any:
    return Calendar.from_ical(mail.calendar).events[0]


def seat(app: Flask, registration_id: int, key: str) -> None:
    """Give somebody a place in a part by invitation."""
    with app.app_context(), transaction() as session:
        part_id = session.scalar(db.select(Part.id).filter_by(key=key))
        session.add(
            Participation(
                registration_id=registration_id,
                part_id=part_id,
                mode=Mode.ON_SITE,
                standing=Standing.CONFIRMED,
                decided_at=now(),
            )
        )


def in_room(room: VenueFacts) -> Callable[[EventFacts], EventFacts]:
    return lambda facts: replace(facts, parts=(replace(CLOSED_DAY, venue=room), PUBLIC_DAY))


def undo(app: Flask) -> None:
    with app.app_context(), transaction():
        event = queries.event_by_slug("conference", lock=True)
        assert event is not None
        actions.undo(event, base_url=BASE_URL, by=OPERATOR)


def event(app: Flask) -> tuple[EventFacts, int, int]:
    """Return the conference as plain values, its SEQUENCE and its revision."""
    with app.app_context():
        found = queries.event_by_slug("conference")
        assert found is not None
        return values.event_facts(found), found.sequence, found.revision


def test_move_is_told_once_after_ten_minutes_in_the_readers_language(app: Flask, client: FlaskClient, clock: Clock):
    register(client, language="fr")
    assert work(app) == 1
    invited = vevent(kept(app)[-1])
    change(app, moved(126))
    assert work(app) == 0
    clock.advance(**HOLD)
    assert (work(app), work(app)) == (1, 0)
    mail = kept(app)[-1]
    assert "17–18 juin" not in mail.text  # the closed day is none of hers
    assert "18 juin 2027" in mail.text
    assert "22 octobre 2027" in mail.text
    again = vevent(mail)
    assert (mail.method, again["UID"], again["SEQUENCE"]) == ("REQUEST", invited["UID"], invited["SEQUENCE"] + 1)
    assert again.decoded("DTSTART") == date(2027, 10, 22)


def test_undone_within_the_hold_nobody_hears_of_it(app: Flask, client: FlaskClient, clock: Clock):
    register(client)
    work(app)
    change(app, moved(126))
    undo(app)
    clock.advance(**HOLD)
    assert (work(app), len(kept(app))) == (0, 1)
    facts, sequence, revision = event(app)
    assert (facts, sequence, revision) == (CONFERENCE, 2, 3)


def test_what_somebody_else_saved_meanwhile_survives_the_undo(app: Flask):
    change(app, moved(126))
    revise_event(app, region="Saxony-Anhalt")
    undo(app)
    assert event(app)[0] == replace(CONFERENCE, region="Saxony-Anhalt")


def test_undo_asks_the_database_no_more_for_many_changes_than_for_one(app: Flask, clock: Clock):
    def asked(changes: int) -> int:
        for _ in range(changes):
            clock.advance(seconds=20)
            change(app, moved(1))
        with statements(app) as seen:
            undo(app)
        assert event(app)[0].parts == CONFERENCE.parts
        return len(seen)

    assert asked(1) == asked(12) > 0


def test_what_was_saved_between_two_held_changes_survives_their_undo(app: Flask):
    change(app, moved(126))
    places = (CLOSED_DAY, replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 77, Mode.ONLINE: None}))
    saved = replace(CONFERENCE, parts=places, region="Saxony-Anhalt")
    revise_event(app, region="Saxony-Anhalt", parts=moved(126)(saved).parts)
    change(app, lambda facts: replace(facts, title=Text(en="Last conference")))
    undo(app)
    assert event(app)[0] == saved
    with app.app_context():
        found = queries.event_by_slug("conference")
        assert found is not None
        kept = queries.revisions(found.id)
    assert [one.number for one in kept if one.undone] == [5, 4, 2]
    assert "region" in kept[2].changes


def test_after_the_hold_it_is_too_late_to_undo(app: Flask, clock: Clock):
    change(app, moved(126))
    clock.advance(**HOLD)
    with pytest.raises(actions.TooLate):
        undo(app)


def test_two_changes_within_the_hold_are_told_in_one_e_mail(app: Flask, client: FlaskClient, clock: Clock):
    register(client)
    work(app)
    change(app, moved(126))
    clock.advance(minutes=5)
    change(app, lambda facts: replace(facts, state=State.ANNOUNCED))
    clock.advance(minutes=5)
    assert work(app) == 0
    clock.advance(minutes=5)
    assert work(app) == 1
    text = kept(app)[-1].text
    assert "Moved from 18 June 2027 to 22 October 2027." in text
    assert "The event has been announced." in text


@pytest.mark.parametrize("to", [lambda facts: facts, lambda facts: replace(facts, region="Asturias")])
def test_change_without_a_difference_to_the_registered_tells_nobody(app: Flask, client: FlaskClient, clock: Clock, to):
    register(client)
    work(app)
    assert change(app, to) is None
    clock.advance(**HOLD)
    assert work(app) == 0


def test_saved_without_telling_nobody_hears_of_it_but_the_calendar_feed(app: Flask, client: FlaskClient, clock: Clock):
    register(client)
    work(app)
    change(app, moved(126), tell=False)
    clock.advance(**HOLD)
    assert work(app) == 0
    assert b"DTSTART;VALUE=DATE:20271021" in client.get("/calendar.ics").data


def test_one_part_cancelled_the_other_online_each_hears_of_her_own(app: Flask, clock: Clock):
    in_the_hall = {"day-2": Mode.ON_SITE}
    closed_alone, both = enrol(app, 1), enrol(app, 1, given_name="Bea", choices=in_the_hall)
    public = enrol(app, 1, given_name="Cleo", choices=in_the_hall)
    enrol(app, 1, given_name="Dora")  # online before and after: nothing of it is news to her
    for one in (*closed_alone, *both):
        seat(app, one, "day-1")
    with app.app_context(), transaction() as session:
        public_day = session.scalar(db.select(Part.id).filter_by(key="day-2"))
        session.execute(db.delete(Participation).filter_by(registration_id=closed_alone[0], part_id=public_day))
    work(app)
    before = len(kept(app))
    change(
        app,
        lambda facts: replace(
            facts,
            parts=(replace(CLOSED_DAY, cancelled=True), replace(PUBLIC_DAY, capacity={Mode.ONLINE: None})),
        ),
    )
    clock.advance(**HOLD)
    assert work(app) == 3
    assert len(kept(app)) == before + 3
    told = {row.subject_id: [METHOD.findall(c)[0] for c in row.calendars] for row in rows(app)[-3:]}
    assert told == {closed_alone[0]: ["CANCEL"], both[0]: ["REQUEST", "CANCEL"], public[0]: ["REQUEST"]}


def test_who_registers_after_the_change_is_not_told_of_it(app: Flask, client: FlaskClient, clock: Clock):
    change(app, moved(126))
    clock.advance(minutes=1)
    register(client)
    assert work(app) == 1
    clock.advance(**HOLD)
    assert work(app) == 0


def test_rehearsal_shows_who_would_hear_what_and_changes_nothing(app: Flask, client: FlaskClient):
    register(client)
    register(client, given_name="Jean", email="jean@usine.example", language="fr")
    with app.test_request_context():
        loaded = queries.event_by_slug("conference")
        assert loaded is not None
        facts = moved(126)(values.event_facts(loaded))
        seen = rehearsal.rehearse(loaded, facts, letterhead=letterhead_of(settings()), language="en")
    assert (seen.audience.languages, seen.audience.unreachable) == ({"en": 1, "fr": 1}, ())
    (french,) = (one.letter.subject for one in seen.letters if one.language == "fr")
    assert french == "Nouvelle date pour Conférence finale\u00a0: 22 octobre 2027"
    assert [(one.before.starts, one.after.starts, one.after.sequence) for one in seen.calendar if one.before] == [
        (date(2027, 6, 18), date(2027, 10, 22), 1),
    ]
    assert event(app) == (CONFERENCE, 0, 1)


def test_who_registers_within_the_hold_is_corrected_after_an_undo(app: Flask, client: FlaskClient, clock: Clock):
    organiser = signed_in(app)
    register(client)
    work(app)
    clock.advance(minutes=5)
    change(app, moved(126))
    clock.advance(minutes=1)
    register(client, given_name="Jean", email="jean@usine.example", language="fr")
    assert work(app) == 1
    held = vevent(kept(app)[-1])
    page = organiser.get("/desk/events/conference/")
    assert "1 person will be told" in words(page)
    form = soup(page).select_one("form[action$='/undo']")
    assert form is not None
    organiser.post("/desk/events/conference/undo", data={str(i["name"]): str(i["value"]) for i in form.select("input")})
    assert "Undone. 1 person who registered or was written to in the meantime is told what holds again." in words(
        organiser.get("/desk/events/conference/")
    )
    assert (work(app), work(app)) == (1, 0)
    mail = kept(app)[-1]
    again = vevent(mail)
    assert "jean@usine.example" in mail.envelope.to
    assert (mail.method, again["UID"], again["SEQUENCE"] > held["SEQUENCE"]) == ("REQUEST", held["UID"], True)
    assert (held.decoded("DTSTART"), again.decoded("DTSTART")) == (date(2027, 10, 22), date(2027, 6, 18))
    assert "22 octobre 2027" in mail.text
    clock.advance(**HOLD)
    assert work(app) == 0


def assert_jean_alone_is_corrected(app: Flask, clock: Clock) -> None:
    """He was told of October; it is June again, and nobody else ever hears of it."""
    assert (work(app), work(app)) == (1, 0)
    mail = kept(app)[-1]
    assert "jean@usine.example" in mail.envelope.to
    assert (mail.method, vevent(mail).decoded("DTSTART")) == ("REQUEST", date(2027, 6, 18))
    clock.advance(**HOLD)
    assert work(app) == 0


def test_who_registers_within_the_hold_is_corrected_after_a_change_back_by_hand(
    app: Flask, client: FlaskClient, clock: Clock
):
    organiser = signed_in(app)
    register(client)
    work(app)
    change(app, moved(126))
    clock.advance(minutes=1)
    register(client, given_name="Jean", email="jean@usine.example", language="fr")
    assert work(app) == 1
    path = "/desk/events/conference/rescheduling"
    june = {"parts-0-starts_on": "2027-06-17", "parts-1-starts_on": "2027-06-18"}
    june |= {name.replace("starts", "ends"): day for name, day in june.items()}
    assert organiser.post(path, data=filled(organiser.get(path)) | june).status_code == 303
    assert_jean_alone_is_corrected(app, clock)


@pytest.mark.parametrize("options", [["--tell"], []])
def test_who_registers_within_the_hold_is_corrected_after_a_file_that_takes_it_back(
    app: Flask, client: FlaskClient, clock: Clock, tmp_path: Path, options: list[str]
):
    path = tmp_path / "event.json"

    def update(facts: EventFacts, *options: str) -> str:
        path.write_text(json.dumps(files.write(facts)))
        done = app.test_cli_runner().invoke(cli.group, ["event", "update", str(path), *options])
        return done.stdout.removeprefix("Changed conference: http://localhost/en/events/conference").strip()

    register(client)
    work(app)
    october = moved(126)(CONFERENCE)
    assert update(october, "--tell") == "People are told at 12:10 UTC."
    register(client, given_name="Jean", email="jean@usine.example", language="fr")
    assert work(app) == 1
    clock.advance(minutes=2)
    renamed = replace(october, title=Text({**october.title, "fr": "Journée de clôture"}))
    assert update(renamed) == "People are told at 12:12 UTC. What was held back already is told with it."
    noted, still = (
        replace(renamed, note=Text(en="Bring a badge.")),
        "What was held back already is still told at 12:12 UTC.",
    )
    assert update(noted, *options) == f"There is nothing new to tell. {still}"
    assert update(CONFERENCE, *options) == "Who was told something else meanwhile is told at once."
    assert_jean_alone_is_corrected(app, clock)


def test_other_clock_moves_an_event_that_has_hours(app: Flask, client: FlaskClient, clock: Clock):
    timed = replace(PUBLIC_DAY, starts=datetime(2027, 6, 18, 10, 30), ends=datetime(2027, 6, 18, 15))  # noqa: DTZ001 - local
    change(app, lambda facts: replace(facts, parts=(CLOSED_DAY, timed)), tell=False)
    register(client)
    work(app)
    assert change(app, lambda facts: replace(facts, zone="Europe/Lisbon")) is not None
    clock.advance(**HOLD)
    assert work(app) == 1
    assert re.findall(r"10:30.15:00 (\w+)", kept(app)[-1].text)[:2] == ["CEST", "WEST"]


def test_title_in_one_language_is_told_to_those_who_read_it_there(app: Flask, client: FlaskClient, clock: Clock):
    register(client)
    register(client, given_name="Jean", email="jean@usine.example", language="fr")
    work(app)

    def in_french(facts: EventFacts) -> EventFacts:
        return replace(facts, title=Text({**facts.title, "fr": "Journée de clôture"}))

    with app.test_request_context():
        loaded = queries.event_by_slug("conference")
        assert loaded is not None
        facts = in_french(values.event_facts(loaded))
        seen = rehearsal.rehearse(loaded, facts, letterhead=letterhead_of(settings()), language="en")
    assert (seen.audience.languages, [one.language for one in seen.letters]) == ({"fr": 1}, ["fr"])
    change(app, in_french)
    clock.advance(**HOLD)
    assert work(app) == 1
    mail = kept(app)[-1]
    assert "jean@usine.example" in mail.envelope.to
    assert "Avant : Conférence finale" in mail.text.replace("\u00a0", " ")
    assert "Journée de clôture" in mail.text


def test_guests_of_a_closed_day_read_its_new_room_and_nobody_else_does(app: Flask, clock: Clock):
    (guest,) = enrol(app, 1)
    enrol(app, 1, given_name="Bea", email="bea@park.example")
    seat(app, guest, "day-1")
    work(app)
    rooms = [VenueFacts(name=name, city="Maastricht", country="NL") for name in ("Green room", "Blue room")]
    for room in rooms:
        change(app, in_room(room))
        clock.advance(**HOLD)
        assert work(app) == 1
    text = kept(app)[-1].text
    assert "Before: Green room, Maastricht, Netherlands" in text
    assert "Now: Blue room, Maastricht, Netherlands" in text
    assert " room" not in words(app.test_client().get("/en/events/conference"))
    with app.app_context():
        before, after = (replace(CONFERENCE, parts=(replace(CLOSED_DAY, venue=room), PUBLIC_DAY)) for room in rooms)
        (told,) = telling.sentences(changes.compare(before, after), "en")
    assert "room" not in told.text + told.old + told.new


def test_hours_over_two_days_name_each_day_once_and_a_programme_has_no_old_and_new_hall(app: Flask):
    hours = {"starts": datetime(2027, 6, 18, 9, 30), "ends": datetime(2027, 6, 19, 16)}  # noqa: DTZ001 - local
    item = ItemFacts(on=date(2027, 6, 18), title=Text(en="Welcome"))
    part = replace(PUBLIC_DAY, **hours, programme=(item,))
    before = replace(CONFERENCE, parts=(PUBLIC_DAY,))
    after = replace(before, venue=VenueFacts(name="Hall", city="Geleen", country="NL"), parts=(part,))
    with app.app_context():
        told = telling.sentences(changes.compare(before, after), "en")
    days = "18 June 2027, 09:30 – 19 June 2027, 16:00 CEST"
    assert [(one.text, one.old, one.new) for one in told] == [
        (f"Moved from 18 June 2027 to {days}.", "18 June 2027", days),
        ("The venue is now: Hall, Geleen, Netherlands", "Maastricht, Netherlands", "Hall, Geleen, Netherlands"),
        ("The programme has been updated.", "", ""),
    ]


def test_nothing_more_is_said_of_a_part_that_was_cancelled_before(app: Flask):
    before = replace(CONFERENCE, parts=(replace(CLOSED_DAY, cancelled=True), PUBLIC_DAY))
    with app.app_context():
        told = telling.sentences(changes.compare(before, moved(126)(before)), "en")
    assert [one.old for one in told] == ["18 June 2027"]


def test_who_is_moved_to_the_screen_reads_so_and_who_was_there_hears_nothing_of_it(app: Flask, clock: Clock):
    hall = {Mode.ON_SITE: 10, Mode.ONLINE: None}

    def offered(capacity: dict[Mode, int | None]) -> Callable[[EventFacts], EventFacts]:
        return lambda facts: replace(facts, parts=(CLOSED_DAY, replace(PUBLIC_DAY, capacity=capacity)))

    change(app, offered(hall), tell=False)
    enrol(app, 1, choices={"day-2": Mode.ON_SITE})
    enrol(app, 1, choices={"day-2": Mode.ONLINE}, email="online@park.example")
    work(app)
    said = []
    for capacity, concerned in (({Mode.ONLINE: None}, 1), (hall, 1), ({Mode.ON_SITE: 10}, 2)):
        change(app, offered(capacity))
        clock.advance(**HOLD)
        assert work(app) == concerned
        mails = sorted(kept(app)[-concerned:], key=lambda mail: "online@" in mail.envelope.to)
        said += [
            (
                "you now take part online." in mail.text,
                "you now take part on site." in mail.text,
                "Your registration stays as it is:" in mail.text,
                "Before:" in mail.text,
            )
            for mail in mails
        ]
    moved_online, moved_on_site, stays = (True, False, False), (False, True, False), (False, False, True)
    assert said == [
        (*moved_online, True),
        (*moved_on_site, True),
        (*stays, False),
        (*moved_on_site, True),
    ]


def test_title_with_a_colon_is_set_off_by_a_dash(app: Flask):
    before = replace(CONFERENCE, parts=(CLOSED_DAY, replace(PUBLIC_DAY, title=Text(en="Day 2: Results"))))
    with app.app_context():
        told = telling.sentences(changes.compare(before, moved(1)(before)), "en")
    assert "Day 2: Results – Moved from 18 June 2027 to 19 June 2027." in [one.text for one in told]


def test_two_reasons_within_the_hold_are_both_told(app: Flask, client: FlaskClient, clock: Clock):
    register(client)
    work(app)
    change(app, lambda facts: replace(moved(126)(facts), reason=Text(en="The hall is taken.")))
    clock.advance(minutes=5)
    change(app, lambda facts: replace(facts, state=State.POSTPONED, reason=Text(en="The river is high.")))
    clock.advance(**HOLD)
    assert work(app) == 1
    text = kept(app)[-1].text
    assert "The hall is taken.\n\nThe river is high." in text.replace("\r", "")


@pytest.mark.one_database
def test_a_subject_names_the_part_where_one_of_several_has_moved_in_each_language(app: Flask, clock: Clock):
    for language in LANGUAGES:
        (number,) = enrol(app, email=f"{language}@x.example", language=language)
        seat(app, number, "day-1")
    work(app)
    change(app, lambda facts: replace(facts, parts=(facts.parts[0], _moved(facts.parts[1], 7))))
    clock.advance(**HOLD)
    assert work(app) == len(LANGUAGES)
    told = {row.language: row.subject for row in rows(app) if row.kind == "event.changed"}
    assert told["en"] == "New date for Final conference – Public conference: 25 June 2027"
    assert told["fr"] == "Nouvelle date pour Conférence finale – Conférence publique\xa0: 25 juin 2027"
    assert {language for language, said in told.items() if " – " in said and "25" in said} == set(LANGUAGES)
    change(app, moved(28))
    clock.advance(**HOLD)
    work(app)
    whole = {row.language: row.subject for row in rows(app) if row.kind == "event.changed"}
    assert whole["en"] == "New date for Final conference: 15 and 23 July 2027"
    assert whole["fr"] == "Nouvelle date pour Conférence finale\xa0: 15 et 23 juillet 2027"
