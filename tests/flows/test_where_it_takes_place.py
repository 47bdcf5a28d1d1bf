"""Where it takes place: one answer for each reader, on every page, in every e-mail, for every machine."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from s3chem_events.core.text import Text
from s3chem_events.publishing.facts import PartFacts, VenueFacts
from s3chem_events.publishing.lifecycle import Mode, State, Visibility
from tests.campaigns.test_followers import tell as change_and_tell
from tests.conftest import Clock
from tests.factories import add_event, soup, words
from tests.support.conference import Conference, Person

HALL_A = VenueFacts(name="Hall A", city="Warszawa", country="PL")
DAYS = {"a": date(2027, 6, 17), "b": date(2027, 6, 18)}
FIRST, SECOND = (
    PartFacts(
        key=key,
        title=Text(en=title),
        starts=datetime(2027, 6, day, 10),  # noqa: DTZ001 - local
        ends=datetime(2027, 6, day, 16),  # noqa: DTZ001
        capacity={Mode.ON_SITE: 40},
    )
    for key, title, day in (("a", "First day", 17), ("b", "Second day", 18))
)
AULA, SALA = (
    {f"parts__{n}__venue__{name}": value for name, value in place.items()}
    for n, place in enumerate(
        ({"name": "Aula", "city": "Płock", "country": "PL"}, {"name": "Sala", "city": "Łódź", "country": "PL"})
    )
)


def split_event(app: Flask, **changes: Any) -> None:
    add_event(app, state=State.ANNOUNCED, title=Text(en="Forum"), venue=HALL_A, parts=(FIRST, SECOND), **changes)


def date_alone(part: PartFacts) -> PartFacts:
    return replace(part, starts=DAYS[part.key], ends=DAYS[part.key])


def shown_at(page: TestResponse) -> str:
    """Return the place in the large date, or in the card above a form."""
    fact = soup(page).select_one("main .band-facts span")
    assert fact is not None
    return fact.get_text()


def beside(house: Conference) -> tuple[list[str], list[str]]:
    """Return what the box “Place” says, and where its maps lead."""
    page = soup(house.public.get(f"/en/events/{house.slug}"))
    maps = [str(link.extract()["href"]) for link in page.select("a[href^='geo:']")]
    box = page.select("section[aria-labelledby=place] > :not(h2)")
    return [" ".join(one.get_text(" ").split()) for one in box], maps


def tell(house: Conference, page: str, **typed: str | None) -> None:
    """Change something, tell it, and let the hold pass."""
    house.decide(page, house.fill_in(page, **typed), "yes")
    house.clock.advance(minutes=11)
    house.post_comes()


def everywhere(house: Conference, person: Person) -> dict[str, Any]:
    """Return the place as each page and machine gives it."""
    here = f"/en/events/{house.slug}"
    (row,) = soup(house.public.get("/en/events/")).select(".diary-row .diary-facts")[:1]
    location = house.for_search_engines()["location"]
    locations = location if isinstance(location, list) else [location]
    file = house.public.get(f"/events/{house.slug}.ics").data.decode().replace("\r\n ", "")
    return {
        "page": shown_at(house.public.get(here)),
        "list": row.get_text().partition(" · ")[0],
        "form": shown_at(house.public.get(f"{here}/register")),
        "own page": shown_at(house.public.get(person.own_page)),
        "machines": [one.get("name", one["@type"]) for one in locations],
        "calendars": [line for line in file.splitlines() if line.startswith("LOCATION")],
    }


def test_two_towns_are_two_towns_wherever_one_reads_of_them(app: Flask, clock: Clock) -> None:
    split_event(app)
    house, anna = Conference(app, clock, slug="conference"), Person("Both", "en", frozenset("ab"), email="a@b.example")
    house.enter(anna)
    house.post_comes()
    one = everywhere(house, anna)
    assert {one[where] for where in ("page", "list", "form", "own page")} == {"Hall A, Warszawa"}
    assert one["machines"] == ["Hall A"]
    tell(house, "edit", **AULA, **SALA)
    assert "17–18 June 2027, Aula, Płock, Poland; Sala, Łódź, Poland" in anna.mails[-1].text
    towns = dict.fromkeys(("page", "list", "form", "own page"), "Płock and Łódź")
    assert everywhere(house, anna) == towns | {
        "machines": ["Aula", "Sala"],
        "calendars": ["LOCATION:Aula\\, Płock\\, Poland", "LOCATION:Sala\\, Łódź\\, Poland"],
    }
    maps = ["geo:0,0?q=Aula%2C%20P%C5%82ock%2C%20Poland", "geo:0,0?q=Sala%2C%20%C5%81%C3%B3d%C5%BA%2C%20Poland"]
    assert beside(house) == (["Aula Płock Poland", "Sala Łódź Poland"], maps)
    house.desk.get(f"{house.event}/")
    assert "Płock, Poland; Sala, Łódź, Poland" in words(house.desk.get(f"{house.event}/"))

    # One of the days goes online: nobody is sent to its hall, and nobody is told that all of it is online.
    tell(house, "mode", parts__0__on_site=None, parts__0__online="y")
    there = dict.fromkeys(towns, "Sala, Łódź and online")
    assert everywhere(house, anna) == there | {
        "machines": ["Sala", "VirtualLocation"],
        "calendars": ["LOCATION:Online", "LOCATION:Sala\\, Łódź\\, Poland"],
    }
    assert beside(house) == (["Sala Łódź Poland"], maps[1:])
    assert "17–18 June 2027, Sala, Łódź, Poland; Online" in anna.mails[-1].text
    # Hours that are open again make one entry of the two days.
    no_hours = {f"parts__{n}__{end}_time": "" for n in (0, 1) for end in ("starts", "ends")}
    tell(house, "rescheduling", **no_hours)
    assert everywhere(house, anna)["calendars"] == ["LOCATION:Sala\\, Łódź\\, Poland\\; Online"]
    assert anna.mails[-1].envelope.subject == "Hours no longer fixed: Forum, 17–18 June 2027"


def test_where_the_public_goes_is_said_of_what_is_open_to_it(app: Flask, clock: Clock) -> None:
    room = VenueFacts(name="Green room", city="Sittard", country="NL")
    closed = replace(FIRST, visibility=Visibility.INVITED, venue=room)
    opened = replace(SECOND, venue=VenueFacts(name="Brightlands", city="Geleen", country="NL"))
    hall = VenueFacts(name="Vrijthof Hall", city="Maastricht", country="NL")
    add_event(app, title=Text(en="Forum"), venue=hall, opens=None, parts=(closed, opened))
    house = Conference(app, clock, slug="conference")
    guest, reader = Person("Guest", "en", frozenset("a"), email="g@b.example"), Person("", "pl", email="r@b.example")
    house.enter(guest)
    house.post_comes()
    house.follow(reader)
    seen = house.public.get(f"/en/events/{house.slug}")
    assert (shown_at(seen), beside(house)[0]) == ("Brightlands, Geleen", ["Brightlands Geleen Netherlands"])
    house.decide("edit", house.fill_in("edit", parts__1__on_site=None, parts__1__online="y"), "no")
    tell(house, "announcement", opens="2026-11-23T09:00")
    found = everywhere(house, guest)
    assert {found.pop(where) for where in ("page", "list", "form")} == {"Online"}
    assert found == {
        "own page": "Green room, Sittard",
        "machines": ["VirtualLocation"],
        "calendars": ["LOCATION:Online"],
    }
    assert beside(house) == (["Online"], [])
    assert house.statuses() == (["EventMovedOnline"], "Online", "")
    assert "Brightlands" not in house.everything_public().decode()
    # What she reads of are the days that she can attend.
    assert [mail.envelope.subject for mail in reader.mails[1:]] == [
        "Ogłoszone: Forum, 18 czerwca 2027, 10:00–16:00 CEST"
    ]
    assert "\n18 czerwca 2027, Online\n" in reader.mails[-1].text


def test_an_announcement_comes_first_and_says_what_is_new_alone(app: Flask, clock: Clock) -> None:
    part = replace(date_alone(FIRST), ends=DAYS["b"])
    add_event(app, title=Text(en="Forum"), venue=None, opens=None, parts=(part,))
    house, reader = Conference(app, clock, slug="conference"), Person("", "en", email="r@b.example")
    house.follow(reader)
    moved = {"parts__0__starts_on": "2027-06-18", "parts__0__online": "y"}
    house.decide("edit", house.fill_in("edit", **moved), "no")
    clock.advance(days=1)
    house.enter_desk()
    hall = {"venue__name": "Vrijthof Hall", "venue__city": "Maastricht", "venue__country": "NL"}
    hours = {"parts__0__starts_time": "09:30", "parts__0__ends_time": "16:00"}
    tell(house, "announcement", **hall, **hours, opens="2026-11-24T09:00")
    mail = reader.mails[-1]
    assert mail.envelope.subject == "Announced: Forum, 18 June 2027, 09:30–16:00 CEST"
    said = " ".join(mail.text.split())
    assert said.index("The event has been announced.") < said.index("You can now take part on site or online.")
    assert "to be announced" not in said.partition("The venue is now")[0]


NEW_PLACES = {
    "en": "New venue for Forum: Geleen and Sittard",
    "de": "Neuer Ort für Forum: Geleen und Sittard",
    "fr": "Nouveau lieu pour Forum\N{NO-BREAK SPACE}: Geleen et Sittard",
    "nl": "Nieuwe locatie voor Forum: Geleen en Sittard",
    "it": "Nuova sede per Forum: Geleen e Sittard",
    "ca": "Nou lloc de Forum: Geleen i Sittard",
    "es": "Nuevo lugar de Forum: Geleen y Sittard",
    "pl": "Nowe miejsce – Forum: Geleen i Sittard",
}


def test_a_subject_says_what_has_changed_and_to_what(app: Flask, clock: Clock) -> None:
    split_event(app)
    house = Conference(app, clock, slug="conference")
    for language in NEW_PLACES:
        house.enter(Person("Both", language, frozenset("ab"), email=f"{language}@b.example"))
    house.post_comes()

    def subjects() -> dict[str, str]:
        return {person.language: person.mails[-1].envelope.subject for person in house.people}

    geleen, sittard = (VenueFacts(name="Hall", city=city, country="NL") for city in ("Geleen", "Sittard"))
    story = [
        ({"parts": (replace(FIRST, venue=geleen), replace(SECOND, venue=sittard))}, NEW_PLACES["en"]),
        ({"parts": (replace(FIRST, venue=sittard), SECOND)}, "New venue for Forum: Sittard and Warszawa"),
        ({"parts": (FIRST, SECOND)}, "New venue for Forum – First day: Hall A, Warszawa"),
        ({"venue": None}, "Venue no longer fixed: Forum"),
        ({"venue": VenueFacts(city="Sittard", country="NL")}, "The venue of Forum: Sittard"),
        ({"venue": sittard}, "The venue of Forum: Hall, Sittard"),
        ({"venue": VenueFacts(city="Sittard", country="NL")}, "Venue no longer fixed: Forum"),
        ({"parts": (date_alone(FIRST), SECOND)}, "Hours no longer fixed: Forum – First day, 17 June 2027"),
        ({"parts": (FIRST, SECOND)}, "The hours of Forum – First day: 17 June 2027, 10:00–16:00 CEST"),
    ]
    for changes, subject in story:
        change_and_tell(app, clock, **changes)
        house.post_comes()
        found = subjects()
        assert found["en"] == subject
        assert len(set(found.values())) == len(NEW_PLACES)
        assert subject != NEW_PLACES["en"] or found == NEW_PLACES
