"""Saving an event asks before what is final, protects what people hold, and puts two organisers' changes together."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from s3chem_events.core.text import Text
from s3chem_events.publishing.facts import VenueFacts
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.publishing.models import Event, Part, Revision, Venue
from tests.desk.test_event_editor import EDIT, EVENT, SAVE_THE_DATE, errors, facts_of
from tests.factories import (
    CLOSED_DAY,
    CONFERENCE,
    PUBLIC_DAY,
    WORKSHOP,
    add_event,
    count,
    hidden,
    register,
    revise_event,
    soup,
    words,
)
from tests.support.desk import carried, confirmed, filled, signed_in


@pytest.fixture
def organiser(app, clock):
    return signed_in(app)


PAST_MIDNIGHT = "It ends before it starts. Past midnight it can go on where the part ends on the next day."


def test_a_mode_that_people_hold_places_in_goes_by_a_second_press_and_takes_them_along(app, organiser):
    add_event(app)
    assert register(app.test_client()).status_code == 303
    typed = filled(organiser.get(EDIT))
    del typed["parts-1-on_site"]
    page = organiser.post(EDIT, data=typed)
    assert "Public conference: 1 person who chose “On site” will take part “Online”." in words(page)
    assert facts_of(app) == CONFERENCE
    assert organiser.post(EDIT, data=carried(page) | {"told": "no"}).status_code == 303
    assert facts_of(app).parts[1].capacity == {Mode.ONLINE: None}
    assert "online" in organiser.get("/desk/events/conference/participants.csv").text


def test_fewer_places_than_are_held_are_saved_by_a_second_press(app, organiser):
    add_event(app)
    for number in range(2):
        register(app.test_client(), given_name=f"Person {number}", email=f"p{number}@uczelnia.example")
    page = organiser.post(EDIT, data=filled(organiser.get(EDIT)) | {"parts-1-on_site_places": "1"})
    assert page.status_code == 409
    sentence = "Public conference, On site: 2 people hold a place, more than the 1 available now."
    assert f"{sentence} Nobody loses a place; new registrations are refused, or wait." in words(page)
    assert facts_of(app) == CONFERENCE
    assert organiser.post(EDIT, data=filled(page) | confirmed(page)).status_code == 303
    assert facts_of(app).parts[1].capacity[Mode.ON_SITE] == 1
    again = organiser.post(EDIT, data=filled(organiser.get(EDIT)) | {"region": "Lombardy"})
    assert again.status_code == 303  # asked once is enough
    late = register(app.test_client(), email="p9@uczelnia.example")  # D11
    assert "You are on the waiting list." in words(app.test_client().get(late.location))
    assert "On site 2 of 1" in words(organiser.get("/desk/events/conference/"))


def test_cancelling_is_asked_for_once_more(app, organiser):
    add_event(app)
    register(app.test_client())
    page = organiser.post(EDIT, data=filled(organiser.get(EDIT)) | {"state": "cancelled"})
    assert "Cancelling is final. The page and the calendar entry stay, marked as cancelled." in words(page)
    assert facts_of(app).state is State.SAVE_THE_DATE
    assert organiser.post(EDIT, data=carried(page) | {"told": "no"}).status_code == 303
    assert facts_of(app).state is State.CANCELLED


def test_a_past_day_is_asked_for_and_an_absurd_one_refused(app, organiser):
    path = "/desk/events/new"
    past = SAVE_THE_DATE | {"first_day": "2026-06-17", "last_day": "2026-06-18", "do": "publish"}
    page = organiser.post(path, data=hidden(organiser, path) | past)
    assert page.status_code == 409
    assert "The last day, 18 June 2026, is past: visitors will see a past event." in words(page)
    assert count(app, Event) == 0
    assert organiser.post(path, data=filled(page) | confirmed(page)).status_code == 303
    assert facts_of(app, "lodz-meets-maastricht-2026").state is State.SAVE_THE_DATE
    absurd = SAVE_THE_DATE | {"first_day": "0207-06-17", "last_day": "2207-06-18"}
    page = organiser.post(path, data=hidden(organiser, path) | absurd)
    sentence = "Enter a year from 2000 to 2046."
    assert (page.status_code, errors(page)) == (422, {"first_day": sentence, "last_day": sentence})


def test_a_draft_is_deleted_with_all_that_is_its_own(app, organiser):
    add_event(app)
    assert "Only a draft can be deleted." in words(organiser.get(f"{EVENT}/deletion"))
    assert organiser.post(f"{EVENT}/deletion", data=_token(organiser)).status_code == 409
    page = organiser.post(EDIT, data=filled(organiser.get(EDIT)) | {"state": "draft"})
    assert "As a draft the event disappears from the public site" in words(page)
    assert organiser.post(EDIT, data=filled(page) | confirmed(page)).status_code == 303
    assert app.test_client().get("/en/events/conference").status_code == 404
    answer = organiser.post(f"{EVENT}/deletion", data=hidden(organiser, f"{EVENT}/deletion"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/events/")
    assert [count(app, model) for model in (Event, Part, Venue, Revision)] == [0, 0, 0, 0]


def test_nothing_is_hidden_or_deleted_that_people_registered_for(app, organiser):
    add_event(app)
    register(app.test_client())
    page = organiser.post(EDIT, data=filled(organiser.get(EDIT)) | {"state": "draft"})
    sentence = "People are registered, so the event cannot become a draft again. Postpone it or cancel it instead."
    assert (page.status_code, errors(page)) == (409, {"state": sentence})
    revise_event(app, state=State.DRAFT)  # by whoever does not know of the registration
    page = organiser.post(f"{EVENT}/deletion", data=_token(organiser))
    assert page.status_code == 409
    assert "People have registered for this event, so it cannot be deleted." in words(page)
    assert count(app, Event) == 1


def test_the_only_part_is_renamed_with_its_event_unless_it_has_a_title_of_its_own(app, organiser):
    add_event(app, WORKSHOP, parts=(replace(WORKSHOP.parts[0], title=WORKSHOP.title),))
    path = "/desk/events/workshop/edit"
    assert organiser.post(path, data=filled(organiser.get(path)) | {"title": "Renamed"}).status_code == 303
    found = facts_of(app, "workshop")
    assert found.title == found.parts[0].title == Text(en="Renamed", fr="Atelier", de="Werkstatt")
    own = filled(organiser.get(path)) | {"title": "Again", "parts-0-title": "The day"}
    assert organiser.post(path, data=own).status_code == 303
    assert facts_of(app, "workshop").parts[0].title["en"] == "The day"
    assert organiser.post(path, data=filled(organiser.get(path)) | {"title": "Third"}).status_code == 303
    assert facts_of(app, "workshop").parts[0].title["en"] == "The day"


def test_changes_of_two_at_different_places_are_put_together(app, organiser):
    add_event(app)
    typed = filled(organiser.get(EDIT)) | {"title": "Mine", "parts-1-on_site_places": "30"}
    day = replace(PUBLIC_DAY, title=Text(en="Renamed day"))
    revise_event(app, region="Lombardy", parts=(CLOSED_DAY, day), venue=VenueFacts(city="Milano", country="IT"))
    assert organiser.post(EDIT, data=typed).status_code == 303
    assert "Saved. What someone else saved in the meantime has been kept." in words(organiser.get(f"{EVENT}/"))
    assert facts_of(app) == replace(
        CONFERENCE,
        title=Text({**CONFERENCE.title, "en": "Mine"}),
        region="Lombardy",
        venue=VenueFacts(city="Milano", country="IT"),
        parts=(CLOSED_DAY, replace(day, capacity={Mode.ON_SITE: 30, Mode.ONLINE: None})),
    )


def test_what_both_changed_is_marked_at_its_field_and_saved_by_a_second_press(app, organiser):
    add_event(app)
    typed = filled(organiser.get(EDIT)) | {"title": "Mine", "parts-1-on_site_places": "30"}
    day = replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 20, Mode.ONLINE: None})
    revise_event(app, title=Text(en="Theirs"), region="Lombardy", parts=(day,))
    page = organiser.post(EDIT, data=typed)
    assert page.status_code == 409
    assert errors(page) == {
        "title": "Someone else saved this here: Theirs. Your version is shown; save again to keep it.",
        "parts-0-on_site_places": "Someone else saved this here: 20. Your version is shown; save again to keep it.",
    }
    assert "Someone else saved in the meantime You both changed the same thing." in words(page)
    assert "Region: Limburg → Lombardy" in words(page)
    assert (filled(page)["title"], filled(page)["region"]) == ("Mine", "Lombardy")
    assert facts_of(app).title == Text(en="Theirs")
    assert organiser.post(EDIT, data=filled(page)).status_code == 303  # a second press, with open eyes
    found = facts_of(app)
    assert (found.title, found.region) == (Text(en="Mine"), "Lombardy")
    assert [part.capacity for part in found.parts] == [{Mode.ON_SITE: 30, Mode.ONLINE: None}]


def test_translators_at_one_event_do_not_disturb_each_other(app, organiser):
    add_event(app)
    path = f"{EVENT}/texts/pl"
    typed = filled(organiser.get(path)) | {"title": "Konferencja końcowa"}
    revise_event(app, title=Text({**CONFERENCE.title, "it": "Conferenza finale"}))
    assert organiser.post(path, data=typed).status_code == 303
    typed = filled(organiser.get(path)) | {"title": "Konferencja"}
    revise_event(app, title=Text({**CONFERENCE.title, "pl": "Finał"}))
    page = organiser.post(path, data=typed)
    sentence = "Someone else saved this here: Finał. Your version is shown; save again to keep it."
    assert (page.status_code, errors(page)) == (409, {"title": sentence})
    assert organiser.post(path, data=filled(page)).status_code == 303
    assert facts_of(app).title == Text({**CONFERENCE.title, "pl": "Konferencja"})


def test_the_history_speaks_in_words(app, organiser):
    add_event(app)
    day = replace(
        PUBLIC_DAY,
        starts=datetime(2027, 6, 18, 9, 30),  # noqa: DTZ001
        ends=datetime(2027, 6, 18, 16),  # noqa: DTZ001
        capacity={Mode.ON_SITE: None},
    )
    revise_event(
        app,
        parts=(replace(CLOSED_DAY, starts=date(2027, 6, 16)), day),
        venue=VenueFacts(name="EC1", city="Łódź", country="PL"),
        opens=datetime(2026, 11, 1, 9),  # noqa: DTZ001
        title=Text(en="Final conference", fr="Conférence"),
    )
    (first, _added) = soup(organiser.get(f"{EVENT}/")).select("ul.changes")
    assert {" ".join(line.get_text(" ").split()) for line in first.select("li")} == {
        "Title (French): Conférence finale → Conférence",
        "Title (German): Abschlusskonferenz → none",
        "Place: Maastricht, Netherlands → EC1, Łódź, Poland",
        "Registration opens: 1 Jan 2026, 09:00 → 1 Nov 2026, 09:00",
        "Part “Working-group meeting”, days: 17 June 2027 → 16–17 June 2027",
        "Part “Public conference”, hours: none → 09:30–16:00",
        "Part “Public conference”, places on site: 3 → no limit",
        "Part “Public conference”, places online: no limit → not offered",
    }


def _token(client) -> dict[str, str]:
    """Return a token against forged posts from a page that has one."""
    return {"csrf_token": str(soup(client.get(EDIT)).select("input[name=csrf_token]")[0]["value"])}


@pytest.mark.one_database
@pytest.mark.parametrize("zone", ["2147483648", "a" * 3000, "Europe", "../etc/passwd"])
def test_a_zone_that_is_none_is_refused_at_its_field(app, organiser, zone):
    add_event(app)
    page = organiser.post(EDIT, data=filled(organiser.get(EDIT)) | {"zone": zone})
    assert (page.status_code, "zone" in errors(page)) == (422, True)
    assert facts_of(app) == CONFERENCE


def test_history_names_no_link_and_no_closed_room(app, organiser):
    add_event(app)
    room = VenueFacts(name="Secret room 42", city="Maastricht", country="NL")
    closed = replace(CLOSED_DAY, venue=room, online_url="https://meet.example/secret")
    revise_event(app, parts=(closed, PUBLIC_DAY))
    page = words(organiser.get("/desk/events/conference/"))
    assert "link for online participants" in page
    assert "secret" not in page.lower()


def test_programme_goes_over_midnight_and_over_two_places_and_is_ordered_by_buttons(app, client, organiser):
    """D12: without dragging; the page names the place of each line where a day has two."""
    night = {"starts": datetime(2027, 6, 18, 18), "ends": datetime(2027, 6, 19, 1)}  # noqa: DTZ001
    hall, boat = VenueFacts(name="Town hall", city="Maastricht"), VenueFacts(name="Boat", city="Maastricht")
    parts = (
        replace(PUBLIC_DAY, **night, venue=hall, online_url=""),
        replace(PUBLIC_DAY, **night, key="boat", title=Text(en="On the Maas"), venue=boat),
    )
    add_event(app, parts=parts)
    path = "/desk/events/conference/programme"

    def press(do: str, page, **typed: str):
        return organiser.post(
            path, data=filled(page) | {k.replace("__", "-"): v for k, v in typed.items()} | {"do": do}
        )

    page = press("add:parts-0-items", organiser.get(path))
    first = {"parts__0__items__0__title": "Dinner", "parts__0__items__0__starts": "19:00"}
    page = press("add:parts-0-items", page, **first)
    second = {"parts__0__items__1__title": "Welcome", "parts__0__items__1__starts": "18:00"}
    page = press("up:parts-0-items-1", page, **second)
    page = press("add:parts-1-items", page)
    dance = {"title": "Dance", "starts": "22:00", "ends": "01:00"}
    typed = filled(page) | {f"parts-1-items-0-{name}": value for name, value in dance.items()}
    assert organiser.post(path, data=typed).status_code == 303
    lines = [
        " ".join(line.get_text(" ").split())
        for line in soup(client.get("/en/events/conference")).select(".programme li")
    ]
    assert lines == [
        "18:00 Welcome Town hall, Maastricht",
        "19:00 Dinner Town hall, Maastricht",
        "22:00–01:00 the next day Dance Boat, Maastricht",
    ]
    typed = filled(organiser.get(path)) | {"parts-1-items-0-on": "2027-06-19", "parts-1-items-0-ends": "21:00"}
    assert errors(organiser.post(path, data=typed))["parts-1-items-0-ends"] == PAST_MIDNIGHT
