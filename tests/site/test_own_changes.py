"""What a participant changes by the own link: room or screen, invitations or none, and a withdrawal taken back."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from s3chem_events import schedule
from s3chem_events.accounts.roles import Role
from s3chem_events.core.journal import Fact
from s3chem_events.core.text import Text
from s3chem_events.publishing.lifecycle import Mode, State, WaitingList
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import (
    CLOSED_DAY,
    FILLED,
    PUBLIC_DAY,
    add_event,
    count,
    hidden,
    not_me,
    register,
    revise_event,
    soup,
    words,
)
from tests.support.desk import signed_in
from tests.support.post import enrol, kept, work
from tests.support.snapshot import everything, scanned
from tests.support.statements import statements

ROOM = "https://room.example/secret"
DAY = replace(
    PUBLIC_DAY,
    starts=datetime(2026, 11, 26, 10),  # noqa: DTZ001 - local; the clock stands at 23 November, noon in UTC
    ends=datetime(2026, 11, 26, 16),  # noqa: DTZ001
    capacity={Mode.ON_SITE: 1, Mode.ONLINE: None},
    online_url=ROOM,
)


@pytest.fixture(autouse=True)
def event(app: Flask, clock: Clock) -> None:
    add_event(app, state=State.ANNOUNCED, parts=(CLOSED_DAY, DAY))


@pytest.fixture
def own(app: Flask) -> str:
    """Register somebody who joins online."""
    page = str(register(app.test_client(), **{"mode-day-2": "online"}).headers["Location"])
    assert work(app) == 1
    return page


def press(client: FlaskClient, path: str) -> int:
    return client.post(path, data=hidden(client, path)).status_code


def file(client: FlaskClient, own: str) -> Any:
    address = re.search(r"/calendar/[\w.-]+\.ics", client.get(own).get_data(as_text=True))
    assert address is not None
    return client.get(address.group())


def entry(client: FlaskClient, own: str) -> Any:
    return Calendar.from_ical(file(client, own).data).events[0]


def test_looking_changes_nothing(app: Flask, client: FlaskClient, own: str) -> None:
    before = everything(app)
    pages = ("", "/mode/day-2", "/invitations", "/answer/yes", "/answer/no", "/restoration")
    assert scanned(client, [f"{own}{page}" for page in pages]) == []
    assert everything(app) == before


def test_from_the_screen_to_a_seat_that_became_free(app: Flask, client: FlaskClient, clock: Clock, own: str) -> None:
    mode = f"{own}/mode/day-2"
    asked = hidden(client, mode)
    other = enrol(app, email="room@park.example", choices={"day-2": Mode.ON_SITE})
    work(app)
    assert "Come in person instead: full at the moment" in words(client.get(own))
    full = client.get(mode)
    assert (soup(full).select("main form"), "What you have stays as it is." in words(full)) == ([], True)
    answer = client.post(mode, data=asked)  # B9: the room is full
    assert (answer.status_code, "Nothing has changed." in words(answer)) == (409, True)
    assert len(other) == 1
    room = next(mail for mail in kept(app) if "room@park.example" in mail.envelope.to)
    link = re.search(r"http://localhost(/en/registrations/[\w.-]+)\n", room.text)
    assert link is not None
    press(client, f"{link[1]}/withdrawal")
    invited = Calendar.from_ical(kept(app)[0].calendar).events[0]
    assert client.post(mode, data=asked).status_code == 303
    assert client.post(mode, data=asked).status_code == 303
    assert work(app) == 2
    assert count(app, Fact, kind="registration.mode_changed") == 1
    mail = kept(app)[-1]
    sent = Calendar.from_ical(mail.calendar).events[0]
    assert (mail.method, sent["UID"], sent["SEQUENCE"]) == ("REQUEST", invited["UID"], 1)
    assert sent.decoded("DTSTAMP") >= invited.decoded("DTSTAMP")
    assert (str(invited["LOCATION"]), str(sent["LOCATION"])) == ("Online", "Maastricht, Netherlands")
    assert "On site" in words(client.get(own))
    late = register(app.test_client(), email="next@park.example")
    assert "You do not have a place yet." in words(client.get(late.location))
    register(app.test_client(), **{"email": "screen@park.example", "mode-day-2": "online"})
    assert work(app) == 2
    clock.set(datetime(2026, 11, 25, 9, tzinfo=UTC))
    with app.app_context():
        schedule.tick()
    assert work(app) == 2  # the link is mailed to those online alone
    reminded = {mail.envelope.to.partition("<")[2]: ROOM in mail.text + mail.html for mail in kept(app)[-2:]}
    assert reminded == {f"{FILLED['email']}>": False, "screen@park.example>": True}
    assert ROOM not in client.get(own).text


def test_from_the_line_for_a_seat_to_the_screen_and_its_offer_goes_on(app: Flask, client: FlaskClient) -> None:
    revise_event(app, waiting_list=WaitingList.OFFER)
    first, second, third = (
        str(register(app.test_client(), email=f"{name}@park.example", family_name=name).location)
        for name in ("erste", "zweite", "dritte")
    )
    assert work(app) == 3
    page = client.get(second)
    assert ("You do not have a place yet." in words(page), "Take part online instead" in words(page)) == (True, True)
    asked = words(client.get(f"{second}/mode/day-2"))
    assert "At present you are on the waiting list: On site. You then leave the waiting list and have a place." in asked
    assert "Your seat in the room goes to someone else." not in asked
    press(client, f"{first}/withdrawal")
    assert work(app) == 2
    assert "A place is free for you." in words(client.get(second))
    assert press(client, f"{second}/mode/day-2") == 303
    assert "You are registered." in words(client.get(second))
    assert "A place is free for you." in words(client.get(third))
    assert work(app) == 2
    mail = next(mail for mail in kept(app)[-2:] if "zweite@" in mail.envelope.to)
    assert "You are no longer on the waiting list: the place below is yours." in " ".join(mail.text.split())
    assert (mail.method, "Online" in mail.calendar) == ("REQUEST", True)

    press(client, f"{third}/withdrawal")
    left = words(client.get(third))
    assert ("you are no longer on the waiting list" in left, "to someone else" in left) == (True, False)


def test_link_stands_on_the_page_and_in_the_file_for_a_day_and_for_those_online_alone(
    app: Flask, client: FlaskClient, clock: Clock, own: str
) -> None:
    seated = str(register(app.test_client(), email="seat@park.example").headers["Location"])
    french = str(
        register(app.test_client(), email="fr@park.example", language="fr", **{"mode-day-2": "online"}).location
    )
    public = ("/en/events/conference", "/events/conference.ics", "/calendar.ics", "/feed.atom")
    before = entry(client, own)
    assert ROOM not in client.get(own).text
    assert "The link to join will stand here from 25 November 2026, 10:00" in words(client.get(own))
    clock.advance(days=1, hours=20, minutes=59)  # 25 November, 9:59 in Limburg; the reminder is due since nine
    assert ROOM not in client.get(own).text + file(client, own).text
    clock.advance(minutes=1)
    join = soup(client.get(own)).find("a", href=ROOM)
    assert join is not None
    assert join.get_text() == "Join online"
    after = entry(client, own)
    assert (str(before["LOCATION"]), str(after["LOCATION"]), str(after["CONFERENCE"])) == ("Online", ROOM, ROOM)
    assert f"Join online: {ROOM}" in after["DESCRIPTION"]
    assert f"Participer en ligne\N{NO-BREAK SPACE}: {ROOM}" in entry(client, french)["DESCRIPTION"]
    assert (after["UID"], after["SEQUENCE"]) == (before["UID"], before["SEQUENCE"])
    assert after.decoded("DTSTAMP") > before.decoded("DTSTAMP")
    assert ROOM not in client.get(seated).text
    assert ROOM not in file(client, seated).text
    assert [path for path in public if ROOM in client.get(path).text] == []
    press(client, f"{own}/withdrawal")
    assert ROOM not in client.get(own).text
    work(app)
    assert [str(row["STATUS"]) for row in Calendar.from_ical(kept(app)[-1].calendar).events] == ["CANCELLED"]
    assert ROOM not in kept(app)[-1].calendar + kept(app)[-1].text


def test_own_file_is_answered_with_304_until_it_changes(
    app: Flask, client: FlaskClient, clock: Clock, own: str
) -> None:
    first = file(client, own)
    assert first.headers["Cache-Control"] == "no-store"
    again = client.get(first.request.path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    revise_event(app, parts=(CLOSED_DAY, replace(DAY, cancelled=True)))
    changed = client.get(first.request.path, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert str(Calendar.from_ical(changed.data).events[0]["STATUS"]) == "CANCELLED"
    page = soup(client.get(own))
    assert [chip.get_text() for chip in page.select("main .offer .chip")] == ["Cancelled"]
    assert "What you registered for has been cancelled." in words(client.get(own))


@pytest.mark.one_database
@pytest.mark.parametrize(
    "state, said",
    [(State.CANCELLED, "This event has been cancelled."), (State.POSTPONED, "This event has been postponed.")],
)
def test_page_says_what_became_of_the_event(
    app: Flask, client: FlaskClient, clock: Clock, own: str, state: State, said: str
) -> None:
    calendar = file(client, own).request.path
    revise_event(app, state=state)
    clock.advance(days=2)
    page = client.get(own)
    assert said in words(page)
    assert ROOM not in page.text
    assert ROOM not in client.get(calendar).text
    assert soup(page).find("a", href=f"{own}/mode/day-2") is None


def test_who_wants_no_invitations_gets_none(app: Flask, client: FlaskClient, own: str) -> None:
    link = re.search(r"http://localhost(/en/registrations/[\w.-]+/invitations)", kept(app)[-1].text)
    assert link is not None
    assert [press(client, link[1]), count(app, Registration, invitations=False)] == [303, 1]
    press(client, f"{own}/mode/day-2")
    press(client, f"{own}/withdrawal")
    assert work(app) == 1  # the change of mode is not said any more: she has withdrawn
    mail = kept(app)[-1]
    assert (mail.calendar, mail.attachments) == ("", ())
    assert "As you wished, this e-mail contains no calendar invitation." in " ".join(mail.text.split())
    press(client, f"{own}/restoration")
    press(client, f"{own}/invitations")
    assert work(app) == 1
    assert kept(app)[-1].method == "REQUEST"


def test_withdrawn_by_a_link_handed_on_and_taken_back(app: Flask, client: FlaskClient, clock: Clock, own: str) -> None:
    press(client, f"{own}/withdrawal")
    work(app)
    undo = re.search(r"http://localhost(/en/registrations/[\w.-]+/restoration)\n", kept(app)[-1].text)  # C8
    assert undo is not None
    assert client.get(undo[1]).status_code == 200
    assert count(app, Registration, withdrawn_at=None) == 0
    asked = hidden(client, undo[1])
    assert [client.post(undo[1], data=asked).status_code for _ in range(2)] == [303, 303]
    assert count(app, Registration, withdrawn_at=None) == 1
    assert (work(app), kept(app)[-1].method) == (1, "REQUEST")
    press(client, f"{own}/withdrawal")  # B11: withdrawn twice, each with its day
    clock.advance(hours=24)
    assert "time in which this could be undone is over" in words(client.get(undo[1]))
    token = hidden(client, "/en/registrations/lost-link")
    assert client.post(undo[1], data=token).status_code == 410


def test_place_that_went_to_somebody_else_is_not_taken_back(app: Flask, client: FlaskClient) -> None:
    own = str(register(app.test_client()).headers["Location"])
    press(client, f"{own}/withdrawal")
    asked = hidden(client, f"{own}/restoration")
    assert register(app.test_client(), email="next@park.example").status_code == 303
    answer = client.post(f"{own}/restoration", data=asked)
    assert (answer.status_code, "No places left: Public conference (On site)." in words(answer)) == (409, True)


def test_what_an_organiser_withdrew_is_not_taken_back(app: Flask, client: FlaskClient, own: str) -> None:
    reference = soup(client.get(own)).select_one("dd.figures")
    assert reference is not None
    desk = signed_in(app)
    press(desk, f"/desk/events/conference/participants/{reference.get_text()}/withdrawal")
    work(app)
    assert "restoration" not in kept(app)[-1].text
    token = hidden(client, "/en/registrations/lost-link")
    assert client.post(f"{own}/restoration", data=token).status_code == 410


def test_organisers_hear_that_it_was_not_she_and_not_who(app: Flask, client: FlaskClient, own: str) -> None:
    add_event(app, slug="other")
    signed_in(app, Role.COORDINATOR, language="fr")
    signed_in(app, Role.PARTNER_ORGANISER, events=("conference",), language="pl")
    signed_in(app, Role.PARTNER_ORGANISER, events=("other",))
    signed_in(app, Role.DESK_HELPER, events=("conference",))
    before = len(kept(app))
    press(client, not_me(app, own))  # C5
    assert work(app) == 2
    mails = kept(app)[before:]
    assert sorted(mail.language for mail in mails) == ["fr", "pl"]
    for mail in mails:
        assert "/desk/events/conference/" in mail.text
        assert not re.search("Żaneta|Źdźbło|uczelnia|S3C-", mail.text + mail.html + str(mail.headers))


def test_own_page_asks_the_same_of_six_parts_as_of_two(app: Flask, client: FlaskClient) -> None:
    seats = {Mode.ON_SITE: 50, Mode.ONLINE: 50}
    asked = []
    for number in (2, 6):
        keys = [f"p{n}" for n in range(number)]
        parts = tuple(replace(PUBLIC_DAY, key=key, title=Text(en=key), capacity=seats) for key in keys)
        add_event(app, slug=f"with-{number}", parts=parts)
        modes = {f"mode-{key}": "on_site" for key in keys}
        own = str(register(client, f"/en/events/with-{number}/register", parts=keys, **modes).location)
        with statements(app) as seen:
            page = client.get(own)
        assert len(soup(page).select(f"a[href^='{own}/mode/']")) == number
        asked.append((len(seen), sum("UNION ALL" in one for one in seen)))
    assert asked[0] == asked[1]
