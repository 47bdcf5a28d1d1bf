"""A conference as people live it: an organiser at the desk, guests at their mailboxes and calendars, the public.

Everything goes through a door. The worker and the clock run when the story lets time pass.
"""

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from s3chem_events import schedule
from s3chem_events.core.guard import settings
from s3chem_events.mailing import maildir
from s3chem_events.mailing.maildir import KeptMail
from tests.conftest import Clock
from tests.factories import FILLED, hidden, soup, words
from tests.support.calendars import CautiousSubscription, GuestCalendar, Subscription
from tests.support.desk import filled, pressed, signed_in
from tests.support.post import work

ATOM = {"a": "http://www.w3.org/2005/Atom"}
CALENDARS = {"text/calendar", "application/ics"}
SCHEMA = "https://schema.org/"
ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+")


@dataclass(eq=False)
class Person:
    """Somebody with a mailbox and a calendar; without an `email` with a telephone alone."""

    family_name: str
    language: str
    parts: frozenset[str] = frozenset()
    mode: str = "on_site"
    email: str = ""
    mails: list[KeptMail] = field(default_factory=list)
    calendar: GuestCalendar = field(default_factory=GuestCalendar)
    done: list[tuple[str, str]] = field(default_factory=list)
    """What the last e-mail did to the calendar."""

    def link(self, pattern: str) -> str:
        """Return the newest address in her mailbox that ends so."""
        for mail in reversed(self.mails):
            found = re.findall(rf"http://localhost(\S*{pattern})(?=\s|$)", mail.text)
            if found:
                return str(found[0])
        raise AssertionError(pattern)

    @property
    def own_page(self) -> str:
        """The address of her registration."""
        return self.link(r"/registrations/[^/\s]+")


class Conference:
    """The house with all who come to it."""

    def __init__(self, app: Flask, clock: Clock, *, slug: str) -> None:
        self.app, self.clock, self.slug = app, clock, slug
        self.public = app.test_client()
        self.desk = signed_in(app)
        self.people: list[Person] = []
        self.read: set[str] = set()

    # The desk

    @property
    def event(self) -> str:
        """The address of the event at the desk."""
        return f"/desk/events/{self.slug}"

    def enter_desk(self) -> None:
        """Sign in, as organisers do anew after a while."""
        self.desk = signed_in(self.app)

    def fill_in(self, page: str, **typed: str | None) -> TestResponse:
        """Open a page of the desk, fill in its form and send it; `a__b` names the field `a-b`, None empties it."""
        return self.send(page, changed(self.desk.get(f"{self.event}/{page}"), typed))

    def send(self, page: str, typed: dict[str, Any]) -> TestResponse:
        """Send the form of a page of the desk."""
        return self.desk.post(f"{self.event}/{page}", data=typed)

    def decide(self, page: str, preview: TestResponse, told: str, **also: str) -> None:
        """Press a button of the preview."""
        answer = pressed(self.desk, f"{self.event}/{page}", preview, told, **also)
        assert answer.status_code == 303, words(answer)

    def undo(self) -> str:
        """Press “Undo”; returns what the desk says."""
        form = soup(self.desk.get(f"{self.event}/")).select_one(f"form[action='{self.event}/undo']")
        assert form is not None
        typed = {str(one["name"]): str(one["value"]) for one in form.select("input")}
        assert self.desk.post(f"{self.event}/undo", data=typed).status_code == 303
        return words(self.desk.get(f"{self.event}/"))

    def press_at_desk(self, page: str, action: str) -> None:
        """Press a button on a page of the desk."""
        token = hidden(self.desk, f"{self.event}/{page}")["csrf_token"]
        assert self.desk.post(f"{self.event}/{action}", data={"csrf_token": token}).status_code == 303

    def enter(self, person: Person) -> None:
        """Put somebody down at the desk, as after a telephone call."""
        path = f"{self.event}/participants/new"
        typed = filled(self.desk.get(path)) | {
            "given_name": "Anna",
            "family_name": person.family_name,
            "organisation": "Chemiepark",
            "organisation_type": "sme",
            "email": person.email,
            "phone": "" if person.email else "+31 43 123 45 67",
            "language": person.language,
            **{f"mode-{part}": person.mode for part in person.parts},
        }
        answer = self.desk.post(path, data=typed)
        assert answer.status_code == 303, words(answer)
        self.people.append(person)

    def places(self) -> Counter[tuple[str, str, str]]:
        """Return how many stand in the list that is exported: by part, mode and state."""
        rows = json.loads(self.desk.get(f"{self.event}/participants.json").data)
        return Counter((row["part"], row["mode"], row["state"]) for row in rows)

    # The public site

    def register(self, person: Person) -> None:
        """Register on the public site, in the person's language."""
        (part,) = person.parts
        path = f"/{person.language}/events/{self.slug}/register"
        typed = FILLED | {
            "family_name": person.family_name,
            "email": person.email,
            "language": person.language,
            "parts": part,
            f"mode-{part}": person.mode,
        }
        answer = self.public.post(path, data=typed | hidden(self.public, path))
        assert answer.status_code == 303, words(answer)
        self.people.append(person)

    def follow(self, person: Person) -> None:
        """Ask to be kept informed, and confirm by the link in the e-mail."""
        path = f"/{person.language}/events/{self.slug}/updates"
        typed = hidden(self.public, path) | {"email": person.email, "language": person.language}
        assert self.public.post(path, data=typed).status_code == 200
        self.people.append(person)
        assert self.post_comes() == {person: 1}
        self.press(person.link(r"/updates/[\w.-]+"))

    def press(self, path: str) -> None:
        """Open a link and press the button of its page."""
        assert self.public.post(path, data=hidden(self.public, path)).status_code == 303

    def page(self, language: str = "en") -> str:
        """Return the words of the event's page."""
        return words(self.public.get(f"/{language}/events/{self.slug}"))

    def history(self, language: str = "en") -> list[str]:
        """Return what the page tells of what has changed, newest first."""
        lines = soup(self.public.get(f"/{language}/events/{self.slug}")).select(".history li > div")
        return [" ".join(line.get_text(" ").split()) for line in lines]

    def for_search_engines(self) -> dict[str, Any]:
        """Return the page's JSON-LD."""
        script = soup(self.public.get(f"/en/events/{self.slug}")).find("script", type="application/ld+json")
        assert script is not None
        return dict(json.loads(script.get_text()))

    def statuses(self) -> tuple[list[str], str, str]:
        """Return how search engines are told that it stands: statuses, attendance mode, previous start."""
        data = self.for_search_engines()
        statuses = data["eventStatus"] if isinstance(data["eventStatus"], list) else [data["eventStatus"]]
        mode = data["eventAttendanceMode"].removeprefix(SCHEMA).removesuffix("EventAttendanceMode")
        return [status.removeprefix(SCHEMA) for status in statuses], mode, data.get("previousStartDate", "")

    def headlines(self) -> list[str]:
        """Return the titles of the Atom feed, newest first."""
        entries = ET.fromstring(self.public.get("/feed.atom").data).findall("a:entry", ATOM)
        return [entry.findtext("a:title", "", ATOM) for entry in entries]

    def everything_public(self) -> bytes:
        """Return all that anybody can read of the event, long lines of calendars unfolded."""
        pages = [f"/{lang}{page}" for lang in ("en", "fr") for page in ("/", "/events/", f"/events/{self.slug}")]
        feeds = ["/calendar.ics", "/calendar.ics?lang=fr", f"/events/{self.slug}.ics", "/feed.atom", "/sitemap.xml"]
        return b"".join(self.public.get(path).data.replace(b"\r\n ", b"") for path in pages + feeds)

    def subscribe(self) -> list[Subscription]:
        """Subscribe to the public calendar in two languages, and with a program that keeps what is not newer."""
        return [
            Subscription(self.public, "/calendar.ics?lang=en"),
            Subscription(self.public, "/calendar.ics?lang=fr"),
            CautiousSubscription(self.public, "/calendar.ics"),
        ]

    # The clock and the mailboxes

    def on(self, moment: str) -> None:
        """Go on with the story at a moment (UTC), with the organiser at the desk."""
        self.clock.set(datetime.fromisoformat(moment).replace(tzinfo=UTC))
        self.enter_desk()

    def tick(self, times: int = 1) -> None:
        """Let the clock look after its duties."""
        with self.app.app_context():
            for _ in range(times):
                schedule.tick()

    def post_comes(self) -> dict[Person, int]:
        """Let the worker write and send; everybody opens the mailbox. Returns who got how many e-mails.

        Each is written in its reader's language, and what calendars it brings goes into the reader's calendar.
        """
        work(self.app)
        assert work(self.app) == 0
        owners = {person.email: person for person in self.people if person.email}
        found: Counter[Person] = Counter()
        for mail in self._new_mails():
            (address,) = ADDRESS.findall(mail.envelope.to)
            person = owners[address]
            assert mail.language == person.language
            person.mails.append(mail)
            person.done = [
                deed
                for file in mail.attachments
                if file.content_type in CALENDARS
                for deed in person.calendar.take(file.content)
            ]
            found[person] += 1
        return dict(found)

    def _new_mails(self) -> list[KeptMail]:
        with self.app.app_context():
            folder = settings().mailbox
            names = {path.name for path in folder.glob("new/*")} - self.read
            self.read |= names
            mails = [maildir.opened(folder, name) for name in sorted(names, key=lambda name: int(name.split(".")[1]))]
        return [mail for mail in mails if mail is not None]


def changed(page: TestResponse, typed: Mapping[str, str | None]) -> dict[str, Any]:
    """Return what a form sends after some of its fields were changed, and boxes unticked (None)."""
    named = {name.replace("__", "-"): value for name, value in typed.items()}
    sent = filled(page) | named
    return {name: value for name, value in sent.items() if value is not None}
