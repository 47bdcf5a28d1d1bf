"""The project's final conference as it really went: announced, moved, halved, at last online; and all who followed it.

Thirty people in five languages, one without an e-mail address; two who are kept informed; three calendars that
subscribe. After each chapter everybody has had the right e-mails, and every calendar shows what is so.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from tests.conftest import Clock
from tests.factories import hidden, soup, words
from tests.support.calendars import Shown, Subscription
from tests.support.conference import Conference, Person, changed

SLUG = "final-conference-2027"
OPEN, CLOSED = "main", "working-group-meeting"
HALL, CAMPUS, CLOSED_ROOM = "Vrijthof Hall", "Brightlands", "Room behind the green door"
ROOM = "https://meet.example/closing-event"
LANGUAGES = ("en", "fr", "de", "nl", "pl")
SAVE_THE_DATE = {
    "title": "Final conference",
    "language": "en",
    "second_title": "Conférence finale",
    "second_language": "fr",
    "first_day": "2027-06-17",
    "last_day": "2027-06-18",
    "zone": "Europe/Amsterdam",
    "kind": "conference",
}
TWO_DAYS = {
    "parts__0__title": "Public conference",
    "parts__0__starts_on": "2027-06-18",
    "parts__0__starts_time": "09:30",
    "parts__0__ends_time": "16:00",
    "parts__0__on_site_places": "120",
    "parts__0__online": "y",
    "parts__1__title": "Working-group meeting",
    "parts__1__visibility": "invited",
    "parts__1__starts_on": "2027-06-17",
    "parts__1__starts_time": "13:00",
    "parts__1__ends_on": "2027-06-17",
    "parts__1__ends_time": "17:00",
    "parts__1__on_site": "y",
    "parts__1__on_site_places": "40",
    "parts__1__venue__name": CLOSED_ROOM,
    "parts__1__venue__city": "Maastricht",
    "parts__1__venue__country": "NL",
}
IN_FRENCH = {"parts__0__title": "Conférence publique", "parts__1__title": "Groupe de travail"}
IN_MAASTRICHT = {"venue__name": HALL, "venue__city": "Maastricht", "venue__country": "NL"}
IN_GELEEN = {"parts__0__venue__name": CAMPUS, "parts__0__venue__city": "Geleen", "parts__0__venue__country": "NL"}
IN_OCTOBER = {
    "parts__0__starts_on": "2027-10-22",
    "parts__0__ends_on": "2027-10-22",
    "parts__1__starts_on": "2027-10-21",
    "parts__1__ends_on": "2027-10-21",
}
MOVED = {
    "en": "New date for Final conference",
    "fr": "Nouvelle date pour Conférence finale",
    "de": "Neuer Termin für Final conference",
    "nl": "Nieuwe datum voor Final conference",
    "pl": "Nowy termin: Final conference",
}
TITLES = {
    (OPEN, "en"): "Final conference – Public conference",
    (OPEN, "fr"): "Conférence finale – Conférence publique",
    (CLOSED, "en"): "Final conference – Working-group meeting",
    (CLOSED, "fr"): "Conférence finale – Groupe de travail",
}
NOW_ONLINE = {"en": " (now online)", "fr": " (désormais en ligne)"}


@dataclass(frozen=True)
class Day:
    """A part of the conference as calendars are to show it; hours in UTC."""

    part: str
    starts: date
    ends: date
    place: str = ""
    is_now_online: bool = False

    def title(self, language: str) -> str:
        """Return its title in one of the two languages that the organisers write."""
        return TITLES[self.part, language if language == "fr" else "en"]


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of 2027, in UTC."""
    return datetime(2027, month, day, hour, minute, tzinfo=UTC)


ANNOUNCED = (
    "The event has been announced. "
    "Public conference: 18 June 2027, 09:30–16:00 CEST, Vrijthof Hall, Maastricht, Netherlands."
)
NOW_IN_TWO = (
    "Now in two parts: Working-group meeting (17 June 2027, 13:00–17:00 CEST) and Public conference (18 June 2027, "
    "09:30–16:00 CEST)."
)
TO_GELEEN = (
    "Moved from 17–18 June 2027 to 21–22 October 2027. "
    "Public conference: The venue is now: Brightlands, Geleen, Netherlands"
)
ONLINE_HEADLINE = "New hours for Final conference: 22 October 2027, 10:00–12:00 CEST"
GONE_ONLINE = (
    "Public conference: The hours on 22 October 2027 have changed from 09:30–16:00 CEST to 10:00–12:00 CEST. "
    "Public conference: It now takes place online."
)
FIRST = Day(CLOSED, at(6, 17, 11), at(6, 17, 15), CLOSED_ROOM)
SECOND = Day(OPEN, at(6, 18, 7, 30), at(6, 18, 14), HALL)
FIRST_MOVED = replace(FIRST, starts=at(10, 21, 11), ends=at(10, 21, 15))
SECOND_MOVED = replace(SECOND, starts=at(10, 22, 7, 30), ends=at(10, 22, 14))
SECOND_IN_GELEEN = replace(SECOND_MOVED, place=CAMPUS)
SECOND_ONLINE = Day(OPEN, at(10, 22, 8), at(10, 22, 10), is_now_online=True)


class Story:
    """The conference, those who come, and the calendars that are watched."""

    def __init__(self, house: Conference) -> None:
        self.house = house
        self.visitors = [_visitor(n) for n in range(20)]
        self.guests = [_guest(n) for n in range(9)]
        self.caller = Person("Caller", "nl", frozenset({CLOSED, OPEN}))
        self.followers = [Person("", "en", email="one@follows.example"), Person("", "fr", email="une@suit.example")]
        self.own: dict[Person, Subscription] = {}
        self.feeds: list[Subscription] = []
        self.uids: dict[str, str] = {}

    @property
    def invited(self) -> list[Person]:
        """Those who have a mailbox; they are the ones whom calendars are sent to."""
        return [*self.visitors, *self.guests]

    def of(self, part: str) -> list[Person]:
        """Return those with a mailbox who take part in a part."""
        return [person for person in self.invited if part in person.parts]

    def calendars_show(self, *days: Day) -> None:
        """Every calendar holds one entry for each of its owner's days, in her language, and no other."""
        for person in self.invited:
            _shows(person.calendar.shown(), self._theirs(person, days), person)
        for person, calendar in self.own.items():
            _shows(_alive(calendar.refresh()), self._theirs(person, days), person)
        self.public_calendars_show(*(day for day in days if day.part == OPEN))

    def public_calendars_show(self, day: Day) -> None:
        """Whoever follows without coming sees the open day, under the UID of the save the date."""
        uid = self.uids[OPEN]
        for follower in self.followers:
            _shows(follower.calendar.shown(), {uid: day}, follower)
        for feed, language in zip(self.feeds, ("en", "fr", "en"), strict=True):
            shown = feed.refresh()
            title = day.title(language) + (NOW_ONLINE[language] if day.is_now_online else "")
            assert [(uid, entry.title) for uid, entry in shown.items()] == [(uid, title)]
            assert (shown[uid].starts, shown[uid].ends, shown[uid].status) == (day.starts, day.ends, "CONFIRMED")
            assert day.place in shown[uid].where

    def sequences(self, person: Person, part: str) -> list[int]:
        """Return the SEQUENCE of all that her calendar has taken over of a part, in the order in which it came."""
        return [sequence for _method, uid, sequence in person.calendar.taken if uid == self.uids[part]]

    def _theirs(self, person: Person, days: Iterable[Day]) -> dict[str, Day]:
        return {self.uids[day.part]: day for day in days if day.part in person.parts}


def _shows(shown: dict[str, Shown], wanted: dict[str, Day], person: Person) -> None:
    assert {uid: (entry.title, entry.starts, entry.ends, entry.status) for uid, entry in shown.items()} == {
        uid: (day.title(person.language), day.starts, day.ends, "CONFIRMED") for uid, day in wanted.items()
    }
    if person.mode == "on_site":
        assert [entry.where for uid, entry in shown.items() if wanted[uid].place not in entry.where] == []


def _alive(shown: dict[str, Shown]) -> dict[str, Shown]:
    return {uid: entry for uid, entry in shown.items() if entry.status != "CANCELLED"}


def _visitor(n: int) -> Person:
    mode = "online" if n % 4 == 3 else "on_site"
    return Person(f"Visitor {n}", LANGUAGES[n % 5], frozenset({OPEN}), mode, f"visitor{n}@park.example")


def _guest(n: int) -> Person:
    parts = frozenset({CLOSED, OPEN} if n < 5 else {CLOSED})
    return Person(f"Guest {n}", LANGUAGES[n % 5], parts, email=f"guest{n}@region.example")


def once(people: Iterable[Person]) -> dict[Person, int]:
    """Return one e-mail for each."""
    return dict.fromkeys(people, 1)


@pytest.fixture
def story(app: Flask, clock: Clock) -> Story:
    return Story(Conference(app, clock, slug=SLUG))


@pytest.mark.slow
@pytest.mark.counted_elsewhere
def test_from_the_save_the_date_to_the_virtual_closing_event(story: Story) -> None:
    save_the_date(story, story.house)
    announced(story, story.house)
    thirty_register(story, story.house)
    moved_and_taken_back(story, story.house)
    moved(story, story.house)
    asked_whether_they_still_come(story, story.house)
    first_day_cancelled(story, story.house)
    gone_online(story, story.house)
    day_before(story, story.house)
    over(story, story.house)
    in_the_end(story, story.house)


def save_the_date(story: Story, house: Conference) -> None:
    """An organiser makes it in three minutes, without hours or place; two people want to be kept informed (D1, A1)."""
    page = "/desk/events/new"
    entries = soup(house.desk.get(page)).select("main form :is(input:not([type=hidden]), select, textarea)")
    assert len(entries) == len(SAVE_THE_DATE) == 8
    answer = house.desk.post(page, data=hidden(house.desk, page) | SAVE_THE_DATE | {"do": "publish"})
    assert (answer.status_code, answer.location) == (303, f"{house.event}/")

    story.feeds = house.subscribe()
    (uid,) = story.feeds[0].refresh()
    story.uids[OPEN] = uid
    days = (date(2027, 6, 17), date(2027, 6, 19))  # the end is not included: RFC 5545 3.6.1
    titles = (
        "Save the date: Final conference",
        "Date à retenir : Conférence finale",
        "Save the date: Final conference",
    )
    assert [feed.refresh() for feed in story.feeds] == [{uid: Shown(title, *days, "TENTATIVE")} for title in titles]
    for person in story.followers:
        house.follow(person)
    assert f"/en/events/{SLUG}/register" not in house.everything_public().decode()


def announced(story: Story, house: Conference) -> None:
    """Hours and place are known, a closed day is added; the one entry of all calendars grows up (A2, D2)."""
    house.on("2027-02-01T09:00")
    preview = house.send("edit", changed(house.fill_in("edit", do="add:parts"), TWO_DAYS))
    assert "2 people who are kept informed get an e-mail (English 1, French 1)" in words(preview)
    house.decide("edit", preview, "no")
    house.decide("texts/fr", house.fill_in("texts/fr", **IN_FRENCH), "no")
    house.clock.advance(minutes=20)
    assert house.post_comes() == {}

    preview = house.fill_in("announcement", **IN_MAASTRICHT, opens="2027-02-01T09:00")
    house.decide("announcement", preview, "yes")
    assert house.post_comes() == {}
    house.clock.advance(minutes=10)
    assert house.post_comes() == once(story.followers)
    story.public_calendars_show(SECOND)
    kept = dict(story.feeds[0].entries)
    assert house.fill_in("edit").status_code == 303  # saved again without a change, nothing rises
    story.public_calendars_show(SECOND)
    assert story.feeds[0].entries == kept
    assert house.statuses() == (["EventScheduled"], "Mixed", "")
    assert house.history()[0] == ANNOUNCED
    assert CLOSED_ROOM not in house.everything_public().decode()


def thirty_register(story: Story, house: Conference) -> None:
    """Twenty on the site; at the desk nine guests of the closed day, and a caller who has no e-mail address."""
    for person in story.visitors:
        house.register(person)
    for person in [*story.guests, story.caller]:
        house.enter(person)
    assert house.post_comes() == once(story.invited)
    (story.uids[CLOSED],) = story.guests[-1].calendar.entries
    for person in (story.visitors[0], story.visitors[3], story.visitors[4], story.guests[0], story.guests[8]):
        story.own[person] = Subscription(house.public, person.link(r"/calendar/\S+\.ics"))
    story.calendars_show(FIRST, SECOND)
    assert house.places() == {
        (OPEN, "on_site", "confirmed"): 21,
        (OPEN, "online", "confirmed"): 5,
        (CLOSED, "on_site", "confirmed"): 10,
    }


def moved_and_taken_back(story: Story, house: Conference) -> None:
    """It moves to October. The preview counts; undone within ten minutes, nobody has heard of it (D2, D8)."""
    house.on("2027-04-02T08:00")
    preview = house.fill_in("rescheduling", **IN_OCTOBER)
    said = words(preview)
    assert "29 registered people get an e-mail" in said
    assert "2 people who are kept informed get an e-mail (English 1, French 1)" in said
    assert "1 person has no e-mail address and has to be called" in said
    assert "Anna Caller · +31 43 123 45 67 · Chemiepark" in said
    by_language = said.partition("29 registered people get an e-mail (")[2].partition(")")[0].split(", ")
    assert sorted(by_language) == ["Dutch 6", "English 6", "French 6", "German 6", "Polish 5"]
    house.decide("rescheduling", preview, "yes", ask="y", until="2027-06-01")
    assert "31 people will be told at 10:10 CEST." in words(house.desk.get(f"{house.event}/"))
    story.feeds[0].refresh()
    story.feeds[2].refresh()  # it has fetched what is undone then, and must let go of it again
    house.clock.advance(minutes=9)
    assert "Undone. Nobody has been told." in house.undo()
    house.clock.advance(minutes=10)
    assert house.post_comes() == {}
    story.calendars_show(FIRST, SECOND)
    assert house.statuses() == (["EventScheduled"], "Mixed", "")
    assert house.history()[0] == ANNOUNCED


def moved(story: Story, house: Conference) -> None:
    """It moves all the same, and within the hold the open day to another town: one e-mail for both (A3, D3)."""
    house.on("2027-04-03T08:00")
    preview = house.fill_in("rescheduling", **IN_OCTOBER)
    house.decide("rescheduling", preview, "yes", ask="y", until="2027-06-01")
    house.clock.advance(minutes=3)
    preview = house.fill_in("edit", **IN_GELEEN)
    assert "An earlier change is held back until 3 April 2027, 10:10 CEST." in words(preview)
    house.decide("edit", preview, "yes", ask="y", until="2027-06-01")
    house.clock.advance(minutes=9)
    assert house.post_comes() == {}
    house.clock.advance(minutes=1)
    assert house.post_comes() == once([*story.invited, *story.followers])

    for person in story.invited:
        mail = person.mails[-1]
        assert " ".join(mail.envelope.subject.split()).startswith(MOVED[person.language])
        for part, old, new in ((OPEN, "18", "22"), (CLOSED, "17", "21")):
            assert (f" {old} " in mail.text.replace(".", " "), f" {new} " in mail.text.replace(".", " ")) == (
                part in person.parts,
                part in person.parts or person.mode == "online",  # the link to join opens on the day before
            )
        assert person.done == [("REQUEST", story.uids[part]) for part in (OPEN, CLOSED) if part in person.parts]
    story.calendars_show(FIRST_MOVED, SECOND_IN_GELEEN)
    assert house.statuses() == (["EventRescheduled"], "Mixed", "2027-06-17T13:00:00+02:00")
    assert house.history()[0] == TO_GELEEN
    assert house.history("fr")[0].startswith("Déplacé du 17–18 juin 2027 au 21–22 octobre 2027. ")
    assert house.headlines()[0] == "New date for Final conference: 21–22 October 2027"
    assert f"{CAMPUS}, Geleen" in house.page()


def asked_whether_they_still_come(story: Story, house: Conference) -> None:
    """Four say yes, one says no and loses the entry; the silent alone are reminded (D3)."""
    house.on("2027-05-20T08:00")
    no, yes = story.visitors[4], [*story.visitors[:3], story.guests[0]]
    for person in yes:
        house.press(person.link("/answer/yes"))
    house.press(no.link("/answer/no"))
    assert house.post_comes() == once([no])
    assert no.done == [("CANCEL", story.uids[OPEN])]
    no.parts = frozenset()

    said = words(house.desk.get(f"{house.event}/answers"))
    assert "People 4 1 25" in said
    assert "Anna Caller , Chemiepark no e-mail address: please call" in said
    house.press_at_desk("answers", "answers/reminder")
    silent = [person for person in story.invited if person not in [*yes, no]]
    assert house.post_comes() == once(silent)
    assert [person for person in silent if person.done] == []
    story.calendars_show(FIRST_MOVED, SECOND_IN_GELEEN)


def first_day_cancelled(story: Story, house: Conference) -> None:
    """The closed day falls away: its guests are told, and lose that entry alone (A4)."""
    house.on("2027-09-01T08:00")
    preview = house.fill_in("cancellation", what=f"part-{CLOSED}")
    assert "9 registered people get an e-mail" in words(preview)
    assert "19 registered people are not concerned and hear nothing" in words(preview)
    house.decide("cancellation", preview, "yes")
    house.clock.advance(minutes=10)
    assert house.post_comes() == once(story.guests)
    assert {tuple(person.done) for person in story.guests} == {(("CANCEL", story.uids[CLOSED]),)}
    story.calendars_show(SECOND_IN_GELEEN)
    assert house.history()[0] == "Working-group meeting: This part has been cancelled."
    assert house.statuses() == (["EventRescheduled"], "Mixed", "2027-06-17T13:00:00+02:00")


def gone_online(story: Story, house: Conference) -> None:
    """The open day goes online, at other hours; everybody keeps the place, nobody else learns the link (A4)."""
    house.on("2027-10-10T08:00")
    preview = house.fill_in("mode", parts__0__on_site=None, parts__0__online_url=ROOM)
    assert "Public conference: 20 people who chose “On site” will take part “Online”." in words(preview)
    house.decide("mode", preview, "yes")
    preview = house.fill_in("rescheduling", parts__0__starts_time="10:00", parts__0__ends_time="12:00")
    house.decide("rescheduling", preview, "yes")
    house.clock.advance(minutes=10)
    assert house.post_comes() == once([*story.of(OPEN), *story.followers])
    assert {tuple(person.done) for person in story.of(OPEN)} == {(("REQUEST", story.uids[OPEN]),)}
    story.calendars_show(SECOND_ONLINE)
    assert house.places() == {
        (OPEN, "online", "confirmed"): 25,
        (OPEN, "online", "withdrawn"): 1,
        (CLOSED, "on_site", "withdrawn"): 10,
    }
    assert "On site 0 of 40" not in words(house.desk.get(f"{house.event}/"))  # it is called off, as the page says
    assert house.statuses() == (["EventRescheduled", "EventMovedOnline"], "Online", "2027-10-22T09:30:00+02:00")
    assert house.for_search_engines()["location"]["@type"] == "VirtualLocation"
    assert house.headlines()[0] == ONLINE_HEADLINE
    assert ROOM not in house.everything_public().decode()
    assert not any(ROOM in mail.text + mail.html for person in house.people for mail in person.mails)


def day_before(story: Story, house: Conference) -> None:
    """At nine in Limburg all with a place are reminded once, with the link (D4); an hour later the own page has it."""
    house.on("2027-10-21T06:59")
    house.tick()
    assert house.post_comes() == {}
    visitor = story.visitors[0]
    links = [str(link["href"]) for link in soup(house.public.get(visitor.own_page)).select("main a[href]")]
    assert ROOM not in links
    house.clock.advance(minutes=1)
    house.tick(times=3)
    assert house.post_comes() == once(story.of(OPEN))
    house.tick()
    assert house.post_comes() == {}
    uid = story.uids[OPEN]
    assert all(ROOM in person.mails[-1].text for person in story.of(OPEN))
    assert {person.calendar.shown()[uid].where for person in story.of(OPEN)} == {ROOM}
    assert ROOM not in house.public.get(visitor.own_page).text
    house.clock.advance(hours=1)
    links = [str(link["href"]) for link in soup(house.public.get(visitor.own_page)).select("main a[href]")]
    assert ROOM in links
    story.calendars_show(SECOND_ONLINE)
    assert story.own[visitor].shown()[uid].where == ROOM
    assert story.own[story.visitors[4]].shown()[uid].where != ROOM
    assert ROOM not in house.everything_public().decode()


def over(story: Story, house: Conference) -> None:
    """It is over; who was to come is told where report and material are, and no calendar changes (A9)."""
    house.on("2027-10-23T09:00")
    house.tick()
    looking_back = {
        "report": "Seven regions looked back.",
        "materials__0__title": "Slides",
        "materials__0__url": "https://slides.example/1",
    }
    preview = house.send("closing", changed(house.fill_in("closing", do="add:materials"), looking_back))
    assert "24 registered people get an e-mail" in words(preview)
    house.decide("closing", preview, "yes")
    house.clock.advance(minutes=10)
    house.tick()
    assert house.post_comes() == once([*story.of(OPEN), *story.followers])
    assert [person for person in [*story.of(OPEN), *story.followers] if person.done] == []
    story.calendars_show(replace(SECOND_ONLINE, is_now_online=False))
    page = house.page()
    assert "This event is over. Outcomes Seven regions looked back. Material Slides" in page
    assert ROOM not in house.everything_public().decode()


def in_the_end(story: Story, house: Conference) -> None:
    """The page tells it all in plain words; each had the e-mails that were hers, and SEQUENCE only ever rose."""
    assert house.history() == [
        GONE_ONLINE,
        "Working-group meeting: This part has been cancelled.",
        TO_GELEEN,
        ANNOUNCED,
        NOW_IN_TWO,
    ]
    numbers = {person.family_name: len(person.mails) for person in story.invited}
    assert numbers == {
        **{f"Visitor {n}": 5 if n < 3 else 6 for n in range(20)},
        "Visitor 4": 3,
        **{f"Guest {n}": 7 if n < 5 else 4 for n in range(9)},
        "Guest 0": 6,
    }
    assert [len(person.mails) for person in story.followers] == [5, 5]
    invited, moved_on, went_online, reminded = story.sequences(story.visitors[0], OPEN)
    assert invited < moved_on < went_online == reminded
    invited, moved_on, cancelled = story.sequences(story.guests[8], CLOSED)
    assert invited < moved_on < cancelled < went_online
    for person in (story.visitors[0], story.visitors[4], story.guests[0]):  # an invitation that comes late is ignored
        (first, *_rest), before = person.mails, person.calendar.shown()
        assert [person.calendar.take(file.content) for file in first.attachments] == [[] for _ in first.attachments]
        assert person.calendar.shown() == before
