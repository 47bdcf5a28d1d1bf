"""Keep me informed, through the doors: asked twice, told once for each change, gone by one click."""

import re
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from werkzeug.test import TestResponse

from s3chem_events import intake, schedule
from s3chem_events.campaigns.models import Follower
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR, Fact
from s3chem_events.core.text import LANGUAGES, Text
from s3chem_events.mailing.letters import State as MailState
from s3chem_events.mailing.maildir import KeptMail
from s3chem_events.publishing import actions, queries
from s3chem_events.publishing.lifecycle import Mode, State, Visibility
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import (
    CLOSED_DAY,
    FILLED,
    FILLED_WORKSHOP,
    PUBLIC_DAY,
    WORKSHOP,
    add_event,
    count,
    hidden,
    not_me,
    register,
    revise_event,
    soup,
    words,
)
from tests.support.desk import filled, signed_in
from tests.support.post import kept, rows, work
from tests.support.statements import statements

ADDRESS = "anna@park.example"
PAGE = "/en/events/conference/updates"
FORM = "/en/events/conference/register"
OPENS = datetime(2026, 1, 1, 9)  # noqa: DTZ001 - local to the event's zone


@pytest.fixture(autouse=True)
def published(app: Flask, clock: Clock) -> None:
    add_event(app, opens=None)


def ask(client: FlaskClient, path: str = PAGE, **changes: str) -> TestResponse:
    return client.post(path, data={**hidden(client, path), "email": ADDRESS, "language": "en", **changes})


def link(mail: KeptMail, pattern: str) -> str:
    found = re.search(rf"http://localhost(/\w\w/updates/{pattern})(?=\s|$)", mail.text)
    assert found is not None, mail.text
    return found[1]


def confirm_link(mail: KeptMail) -> str:
    return link(mail, r"[\w.-]+")


def leave_link(mail: KeptMail) -> str:
    return link(mail, r"[\w.-]+/leave")


def follow(app: Flask, client: FlaskClient, **changes: str) -> None:
    """Ask and confirm."""
    ask(client, **changes)
    work(app)
    path = confirm_link(kept(app)[-1])
    assert client.post(path, data=hidden(client, path)).status_code == 303


def tell(app: Flask, clock: Clock, **changes: Any) -> None:
    """Change the event, tell it, and let the hold pass."""
    clock.advance(minutes=1)
    revise_event(app, **changes)
    with app.app_context(), transaction():
        event = queries.event_by_slug("conference", lock=True)
        assert event is not None
        assert actions.tell(event, since=event.revision - 1, by=OPERATOR) is not None
    clock.advance(minutes=11)
    work(app)


def followers(app: Flask) -> list[tuple[str, str, bool]]:
    with app.app_context():
        found = db.session.scalars(db.select(Follower).order_by(Follower.id))
        return [(one.email, one.language, one.confirmed_at is not None) for one in found]


def test_a_save_the_date_offers_to_keep_one_informed_in_place_of_the_form(client: FlaskClient):
    for language in LANGUAGES:  # A1
        page = BeautifulSoup(client.get(f"/{language}/events/conference").data, "html.parser")
        assert page.find("a", href=f"/{language}/events/conference/updates") is not None
        assert page.find("a", href=f"/{language}/events/conference/register") is None
        assert client.get(f"/{language}/events/conference/updates").status_code == 200


@pytest.mark.one_database
def test_a_save_the_date_that_takes_registrations_offers_both_and_once_announced_the_form_alone(
    app: Flask, client: FlaskClient, clock: Clock
):
    revise_event(app, opens=OPENS)
    page = soup(client.get("/en/events/conference"))
    assert {str(link["href"]) for link in page.select("main a[href*='/events/conference/']")} >= {PAGE, FORM}
    assert "You do not want to register yet?" in page.get_text()
    follow(app, client)
    before = len(kept(app))
    tell(app, clock, state=State.ANNOUNCED)
    assert [mail.envelope.to for mail in kept(app)[before:]] == [ADDRESS]
    assert soup(client.get("/en/events/conference")).find("a", href=PAGE) is None
    assert client.get(PAGE).status_code == 303


def test_nobody_is_on_the_list_without_a_press_on_the_page_of_the_mail(app: Flask, client: FlaskClient):
    answer = ask(client, email=" Anna@Park.example ", language="fr")  # G2
    assert (answer.status_code, "Check your inbox" in words(answer)) == (200, True)
    assert answer.headers["Cache-Control"] == "no-store"
    work(app)
    (mail,) = kept(app)
    assert (mail.envelope.to, mail.language, mail.attachments) == ("Anna@park.example", "fr", ())
    assert mail.envelope.subject == "À confirmer\xa0: nouvelles de Conférence finale"
    path = confirm_link(mail)
    before = count(app, Fact)
    for _ in range(3):
        for look in (path, leave_link(mail)):
            assert (client.get(look).status_code, client.head(look).status_code) == (200, 200)
    assert (followers(app), count(app, Fact)) == ([("Anna@Park.example", "fr", False)], before)
    assert client.post(path).status_code == 422  # without the page's token
    assert followers(app)[0][2] is False
    for _ in range(2):  # a replay
        assert client.post(path, data=hidden(client, PAGE)).status_code == 303
        assert "Vous êtes sur la liste" in words(client.get(path))
    assert followers(app) == [("Anna@Park.example", "fr", True)]
    assert count(app, Fact, kind="follower.confirmed") == 1
    assert count(app, Registration) == 0


def test_whoever_said_of_a_registration_that_it_was_not_she_is_asked_nothing(app: Flask, client: FlaskClient):
    add_event(app, WORKSHOP)
    own = register(app.test_client(), "/en/events/workshop/register", **FILLED_WORKSHOP).headers["Location"]
    client.post(not_me(app, own), data=hidden(client, not_me(app, own)))
    work(app)
    before = len(kept(app))
    answer = ask(client, email=FILLED["email"])
    assert (answer.status_code, "Check your inbox" in words(answer)) == (200, True)  # the same words for everybody
    work(app)
    assert (len(kept(app)), followers(app)) == (before, [("", "en", False)])


def test_the_proof_says_which_text_in_which_language_and_when(app: Flask, client: FlaskClient):
    with app.app_context(), transaction():
        actions.keep_document("privacy", {"version": "2026-11-23", "title": {}, "sections": []})
    follow(app, client, path="/de/events/conference/updates", language="nl")
    with app.app_context():
        (one,) = db.session.scalars(db.select(Follower))
        assert (one.text_version, one.text_language, one.language) == ("2026-11-23", "de", "nl")
        assert (one.asked_at, one.confirmed_at) == (one.mailed_at, one.asked_at)


def test_known_unknown_confirmed_and_blocked_addresses_get_the_same_answer(
    app: Flask, client: FlaskClient, clock: Clock
):
    follow(app, client)
    ask(client, email="waiting@park.example")
    ask(client, email="blocked@park.example")
    work(app)
    client.post(leave_link(kept(app)[-1]))
    clock.advance(minutes=20)
    asked = ("new", "anna", "waiting", "blocked")
    answers = [ask(client, email=f"{name}@park.example") for name in asked]
    said = {words(answer).replace(name, "…") for name, answer in zip(asked, answers, strict=True)}
    assert (len(said), {answer.status_code for answer in answers}) == (1, {200})
    work(app)
    assert [mail.envelope.to for mail in kept(app)[3:]] == ["new@park.example", "waiting@park.example"]


def test_what_it_takes_to_answer_tells_nothing_either(app: Flask, client: FlaskClient):
    follow(app, client)
    sent = hidden(client, PAGE)
    asked = []
    for address in ("anna@park.example", "new@park.example"):
        with statements(app) as seen:
            client.post(PAGE, data={**sent, "email": address, "language": "en"})
        asked.append(seen)
    assert abs(len(asked[0]) - len(asked[1])) <= 3  # a millisecond or two, lost in that of the network


def test_a_mailbox_is_asked_three_times_at_most_and_not_twice_in_a_quarter_of_an_hour(
    app: Flask, client: FlaskClient, clock: Clock
):
    for minutes in (0, 1, 20, 20, 20, 60 * 24):
        clock.advance(minutes=minutes)
        ask(client, email=ADDRESS.upper())
    work(app)
    assert len(kept(app)) == 3
    clock.advance(minutes=20)
    for n in range(9):  # all tags of one mailbox are one mailbox, and nobody asks nine times in a minute
        ask(client, email=f"victim+{n}@park.example")
    work(app)
    assert len(kept(app)) == 4


@pytest.mark.settings(LIMITS="on")
def test_a_robot_is_slowed_and_told_so(app: Flask, client: FlaskClient):
    sent = hidden(client, PAGE)
    codes = [
        client.post(PAGE, data={**sent, "email": f"n{n}@x.example", "language": "en"}).status_code for n in range(12)
    ]
    assert codes == [200] * 10 + [429] * 2
    assert len(followers(app)) == 10


def test_what_is_no_wish_is_refused_in_words(app: Flask, client: FlaskClient):
    for changes, said in (
        ({"email": ""}, "Enter your e-mail address."),
        ({"email": "two@x.example, three@x.example"}, "Enter one e-mail address"),
        ({"language": "tlh"}, "There is a problem"),
        ({"website": "http://spam.example"}, "A hidden field was filled."),
    ):
        answer = ask(client, **changes)
        assert (answer.status_code, said in words(answer)) == (422, True), changes
    assert client.post(PAGE, data={"email": ADDRESS, "language": "en"}).status_code == 422
    assert (followers(app), count(app, Fact, kind="follower.asked")) == ([], 0)


def test_the_link_dies_after_seven_days_and_all_that_was_kept_with_it(app: Flask, client: FlaskClient, clock: Clock):
    ask(client)
    work(app)
    path = confirm_link(kept(app)[-1])
    sent = hidden(client, path)
    clock.advance(days=7, seconds=-1)
    tick(app)
    assert client.get(path).status_code == 200
    clock.advance(seconds=1)
    assert client.post(path, data=sent).status_code == 404  # though the clock's duty has not run yet
    tick(app)
    work(app)
    assert (followers(app), count(app, Fact, kind="follower.erased")) == ([], 1)
    assert client.get(path).status_code == 404
    (row,) = rows(app)
    assert (row.address, row.text, row.html, row.state) == ("", "", "", MailState.SENT)


def test_who_is_entered_once_more_has_seven_days_again(app: Flask, client: FlaskClient, clock: Clock):
    for days in (0, 6.9, 6.9, 7):  # three times, and once more when the last link is over, before the clean-up
        clock.advance(days=days)
        ask(client)
        work(app)
    assert len(kept(app)) == 4
    path = confirm_link(kept(app)[-1])
    clock.advance(days=6.9)
    tick(app)
    assert client.post(path, data=hidden(client, path)).status_code == 303
    assert count(app, Fact, kind="follower.confirmed") == 1


def test_whose_address_it_was_says_so_and_is_never_asked_again(app: Flask, client: FlaskClient, clock: Clock):
    ask(client)
    work(app)
    (mail,) = kept(app)
    assert "Erase and block my address" in words(client.get(leave_link(mail)))
    for again in (client.post(leave_link(mail)), client.post(leave_link(mail)), client.get(leave_link(mail))):
        assert "Your address has been erased and is blocked" in words(again)
    assert client.get(confirm_link(mail)).status_code == 404
    clock.advance(hours=1)
    ask(client)
    work(app)
    assert (followers(app), len(kept(app))) == ([("", "en", False)], 1)
    assert rows(app)[0].address == ""


def test_each_follower_hears_of_a_change_once_in_her_language_with_the_public_calendar(
    app: Flask, client: FlaskClient, clock: Clock
):
    for language in LANGUAGES:
        follow(app, client, email=f"{language}@park.example", language=language)
    ask(client, email="waiting@park.example")
    work(app)
    before = len(kept(app))
    hours = {"starts": datetime(2027, 6, 18, 9, 30), "ends": datetime(2027, 6, 18, 16)}  # noqa: DTZ001
    tell(app, clock, state=State.ANNOUNCED, opens=OPENS, parts=(CLOSED_DAY, replace(PUBLIC_DAY, **hours)))
    mails = kept(app)[before:]
    assert [(mail.envelope.to, mail.language) for mail in mails] == [
        (f"{code}@park.example", code) for code in LANGUAGES
    ]
    english = mails[0]
    assert english.envelope.subject == "Announced: Final conference, 18 June 2027, 09:30–16:00 CEST"
    for said in ("Public conference", "09:30–16:00 CEST", "http://localhost/en/events/conference/register"):
        assert said in english.text
    assert "green door" not in english.text + english.html  # the closed part is its guests' business
    for mail in mails:
        (file,) = mail.attachments
        assert mail.method in {"", "PUBLISH"}
        (entry,) = Calendar.from_ical(file.content).events
        assert ("ATTENDEE" in entry, str(Calendar.from_ical(file.content)["METHOD"])) == (False, "PUBLISH")
        headers = dict(mail.headers)
        assert headers["List-Unsubscribe"] == f"<http://localhost{leave_link(mail)}>"
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    work(app)
    clock.advance(hours=1)
    work(app)
    assert len(kept(app)) == before + len(LANGUAGES)


def test_news_says_what_it_comes_down_to_what_was_and_what_is(app: Flask, client: FlaskClient, clock: Clock):
    follow(app, client)
    later = {"starts": date(2027, 10, 21), "ends": date(2027, 10, 21)}
    story: list[tuple[dict[str, Any], str, str]] = [
        (
            {"state": State.POSTPONED},
            "Postponed: Final conference (planned for 18 June 2027)",
            "A new date will be announced.",
        ),
        (
            {"state": State.SAVE_THE_DATE, "parts": (CLOSED_DAY, replace(PUBLIC_DAY, **later))},
            "It takes place after all: Final conference",
            "Moved from 18 June 2027 to 21 October 2027.",
        ),
        (
            {"parts": (CLOSED_DAY, replace(PUBLIC_DAY, **later, capacity={Mode.ONLINE: None}))},
            "Now online: Final conference – Public conference",
            "It now takes place online.",
        ),
        ({"state": State.CANCELLED}, "Cancelled: Final conference, 21 October 2027", "marks it as cancelled there"),
    ]
    saved = []
    for changes, subject, said in story:
        tell(app, clock, **changes)
        mail = kept(app)[-1]
        assert (mail.envelope.subject, said in " ".join(mail.text.split())) == (subject, True), mail.text
        saved += [entry for file in mail.attachments for entry in Calendar.from_ical(file.content).events]
    assert len(kept(app)) == 5
    *_, online, off = saved
    assert (str(off["STATUS"]), off["UID"], int(str(off["SEQUENCE"])) > int(str(online["SEQUENCE"]))) == (
        "CANCELLED",
        online["UID"],
        True,
    )


def test_what_is_taken_back_or_concerns_guests_alone_is_no_news(app: Flask, client: FlaskClient, clock: Clock):
    follow(app, client)
    tell(app, clock, parts=(replace(CLOSED_DAY, title=PUBLIC_DAY.title), PUBLIC_DAY))
    assert len(kept(app)) == 1


def test_who_registers_meanwhile_is_not_written_to_twice(app: Flask, client: FlaskClient, clock: Clock):
    follow(app, client)
    tell(app, clock, state=State.ANNOUNCED, opens=OPENS)
    register(client, email="ANNA@park.example")
    work(app)
    told = [row.kind for row in rows(app)]
    assert told == ["follower.asked", "follower.told", "registration.confirmed"]
    tell(app, clock, venue=None)
    assert [row.kind for row in rows(app) if row.kind.startswith("follower.")] == told[:2]


def test_follower_who_takes_part_in_one_part_hears_of_the_others_and_of_nothing_twice(
    app: Flask, client: FlaskClient, clock: Clock
):
    trip = replace(PUBLIC_DAY, key="trip", title=Text(en="Boat trip"), starts=date(2027, 6, 19), ends=date(2027, 6, 19))
    follow(app, client)
    tell(app, clock, state=State.ANNOUNCED, opens=OPENS, parts=(CLOSED_DAY, PUBLIC_DAY, trip))
    register(client, email="ANNA@park.example")
    work(app)

    def told(**changes: Any) -> list[tuple[str, bool, bool]]:
        """Change and tell: each new e-mail's kind, and whether it speaks of the conference's day and of the trip."""
        before = len(rows(app))
        tell(app, clock, **changes)
        return [
            (row.kind, "- Public conference: " in row.text, "- Boat trip: " in row.text) for row in rows(app)[before:]
        ]

    later = replace(trip, starts=date(2027, 6, 20), ends=date(2027, 6, 20))
    organiser = signed_in(app)
    path = "/desk/events/conference/rescheduling"
    typed = filled(organiser.get(path)) | {"parts-2-starts_on": "2027-06-20", "parts-2-ends_on": "2027-06-20"}
    preview = words(organiser.post(path, data=typed))
    assert "0 registered people get an e-mail" in preview
    assert "1 person who is kept informed gets an e-mail" in preview
    assert told(parts=(CLOSED_DAY, PUBLIC_DAY, later)) == [("follower.told", False, True)]
    october = [replace(one, starts=date(2027, 10, 22), ends=date(2027, 10, 22)) for one in (PUBLIC_DAY, trip)]
    assert told(parts=(CLOSED_DAY, *october)) == [("event.changed", True, False), ("follower.told", False, True)]
    assert told(parts=(CLOSED_DAY, october[0], replace(october[1], cancelled=True))) == [("follower.told", False, True)]
    assert [kind for kind, _day, _trip in told(state=State.CANCELLED)] == ["event.changed"]


def test_who_leaves_the_news_still_hears_what_becomes_of_her_own_event(app: Flask, client: FlaskClient, clock: Clock):
    follow(app, client)  # F8
    tell(app, clock, state=State.ANNOUNCED, opens=OPENS)
    path = leave_link(kept(app)[-1])
    assert client.post(path, data=hidden(client, path)).status_code in {200, 303}
    register(client, email=ADDRESS)
    work(app)
    tell(app, clock, venue=None)
    assert [(row.kind, row.state) for row in rows(app)][-2:] == [
        ("registration.confirmed", "sent"),
        ("event.changed", "sent"),
    ]


def test_who_registers_is_subscribed_to_nothing(app: Flask, client: FlaskClient):
    revise_event(app, opens=OPENS, state=State.ANNOUNCED)
    register(client)
    assert (count(app, Registration), count(app, Follower)) == (1, 0)
    answer = client.get(PAGE)  # and while one can register there is nothing to wait for
    assert (answer.status_code, answer.location) == (303, "/en/events/conference")


def test_one_click_needs_no_cookie_and_no_page_and_twice_is_harmless(app: Flask, client: FlaskClient, clock: Clock):
    follow(app, client)
    tell(app, clock, opens=datetime(2027, 2, 1, 9), state=State.ANNOUNCED)  # noqa: DTZ001
    mail = kept(app)[-1]
    assert "Registration opens on 1 February 2027, 09:00 CET." in mail.text
    program = app.test_client(use_cookies=False)  # G3
    path = leave_link(mail)
    page = program.get(path)
    assert (page.status_code, "No more e-mails about this event?" in words(page), len(followers(app))) == (200, True, 1)
    for content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        answer = program.post(path, data={"List-Unsubscribe": "One-Click"}, content_type=content_type)
        assert (answer.status_code, "Your address has been erased" in words(answer)) == (200, True)
        assert "Set-Cookie" not in answer.headers
    assert (followers(app), count(app, Fact, kind="follower.left")) == ([], 1)
    work(app)
    assert {row.address for row in rows(app)} == {""}
    tell(app, clock, venue=None)
    assert len(rows(app)) == 2
    follow(app, client)  # whoever left may come back
    assert followers(app) == [(ADDRESS, "en", True)]


@pytest.mark.settings(INBOX="push")
def test_an_empty_mail_to_the_address_in_the_header_leaves_as_well(app: Flask, client: FlaskClient, clock: Clock):
    follow(app, client)
    tell(app, clock, opens=datetime(2027, 2, 1, 9), state=State.ANNOUNCED)  # noqa: DTZ001
    ways = dict(kept(app)[-1].headers)["List-Unsubscribe"]
    found = re.fullmatch(r"<http://\S+/leave>,\s+<mailto:(events\+unsubscribe-1-\w{16}@s3chem.example)\?\S+>", ways)
    assert found is not None, ways
    verdicts = []
    for address in (found[1].replace("-1-", "-2-"), found[1].upper(), found[1]):
        raw = f"From: {ADDRESS}\r\nTo: {address}\r\nSubject: unsubscribe\r\nMessage-ID: <{address}>\r\n\r\n"
        with app.app_context():
            verdicts.append((intake.receive(raw.encode()).reason, len(followers(app))))
    assert verdicts == [("wants_out", 1), ("left_the_list", 0), ("left_the_list", 0)]


@pytest.mark.one_database
@pytest.mark.parametrize("spoil", [lambda t: t[:-3], lambda t: t + "x", lambda t: "nonsense", lambda t: t.swapcase()])
def test_a_spoilt_link_changes_nothing_and_reveals_nothing(app: Flask, client: FlaskClient, spoil):
    ask(client)
    work(app)
    (mail,) = kept(app)
    confirm, leave = (path.split("/")[3] for path in (confirm_link(mail), leave_link(mail)))
    for path in (f"/en/updates/{spoil(confirm)}", f"/en/updates/{spoil(leave)}/leave"):
        assert (client.get(path).status_code, client.post(path).status_code) == (404, 404)
    # A link for one thing never opens another.
    assert client.post(f"/en/updates/{confirm}/leave").status_code == 404
    assert client.get(f"/en/updates/{leave}").status_code == 404
    assert followers(app) == [(ADDRESS, "en", False)]


def test_followers_of_an_event_are_kept_for_its_report_and_for_two_weeks_at_most(
    app: Flask, client: FlaskClient, clock: Clock
):
    follow(app, client)
    for slug, day in (("closed", date(2027, 6, 18)), ("other", date(2028, 1, 1))):
        add_event(app, slug=slug, opens=None, parts=(replace(PUBLIC_DAY, starts=day, ends=day),))
        follow(app, client, path=f"/en/events/{slug}/updates", email=f"{slug}@park.example")

    def left_on(moment: str) -> list[str]:
        clock.set(datetime.fromisoformat(moment))
        tick(app)
        return [email for email, _language, _yes in followers(app)]

    kept = [ADDRESS, "closed@park.example", "other@park.example"]
    assert left_on("2027-06-20T09:00:00+00:00") == kept
    revise_event(app, "closed", state=State.OVER, report=Text(en="It went well."))
    assert left_on("2027-06-21T08:59:00+00:00") == kept  # so that she is told of it
    assert left_on("2027-06-21T09:00:00+00:00") == [kept[0], kept[2]]
    assert left_on("2027-07-02T23:59:00+00:00") == [kept[0], kept[2]]
    assert left_on("2027-07-03T00:00:00+00:00") == kept[2:]
    work(app)
    assert {row.address for row in rows(app)} == {"", "other@park.example"}


def test_followers_of_a_postponed_event_wait_for_its_new_date_a_year(app: Flask, client: FlaskClient, clock: Clock):
    follow(app, client)
    revise_event(app, state=State.POSTPONED)
    clock.set(datetime.fromisoformat("2028-06-17T12:00:00+00:00"))
    tick(app)
    assert len(followers(app)) == 1
    clock.advance(days=1)
    tick(app)
    assert followers(app) == []


def test_the_desk_counts_them_by_language_and_names_nobody(app: Flask, client: FlaskClient):
    follow(app, client)
    follow(app, client, email="karl@park.example", language="de")
    ask(client, email="max@park.example", language="de")
    page = signed_in(app).get("/desk/events/conference/")
    assert "2 addresses confirmed, 1 waiting for confirmation Deutsch: 1 (+1) English: 1" in words(page)
    assert "park.example" not in page.get_data(as_text=True)


def test_an_event_by_invitation_and_one_that_is_over_take_no_followers(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app, slug="closed", opens=None, parts=(replace(CLOSED_DAY, visibility=Visibility.INVITED),))
    add_event(app, slug="draft", state=State.DRAFT)
    assert client.get("/en/events/closed/updates").status_code == 303
    assert client.get("/en/events/draft/updates").status_code == 404
    assert client.get("/en/events/nowhere/updates").status_code == 404
    sent = hidden(client, PAGE)
    clock.set(datetime.fromisoformat("2027-06-20T12:00:00+00:00"))
    assert client.post(PAGE, data={**sent, "email": ADDRESS, "language": "en"}).status_code == 303
    assert followers(app) == []


def test_a_duty_that_fails_keeps_neither_the_others_nor_the_bell_from_theirs(
    app: Flask, client: FlaskClient, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(**_by: object) -> None:
        raise ValueError(ADDRESS)

    ask(client)
    clock.advance(days=8)
    monkeypatch.setattr(schedule, "DUTIES", (broken, *schedule.DUTIES))
    tick(app)
    assert followers(app) == []
    assert [record.getMessage() for record in caplog.records] == [
        "the clock's duty broken failed (ValueError); it is tried again in a minute"
    ]


def tick(app: Flask) -> None:
    with app.app_context():
        schedule.tick()
