"""Campaigns at the desk: written, looked at, released by a second organiser, followed to the last reader."""

import re
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from s3chem_events import bulk, dispatch
from s3chem_events.accounts.roles import Role
from s3chem_events.campaigns import releases, subscribing
from s3chem_events.campaigns.models import Campaign, Subscriber
from s3chem_events.campaigns.sending import SLICE
from s3chem_events.campaigns.stages import Kind
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import VISITOR
from s3chem_events.core.text import Text
from s3chem_events.publishing.lifecycle import State
from tests.factories import PUBLIC_DAY, add_event, hidden, revise_event, soup, words
from tests.support.campaigns import CAMPAIGNS, DIEGO, ONE, campaign, locked, newsletter, press, readers, release
from tests.support.desk import filled, signed_in
from tests.support.post import enrol, relay, rows, work
from tests.support.statements import statements

PAST = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def house(app: Flask, clock) -> None:
    add_event(app, parts=(PUBLIC_DAY,))


def begin(client: FlaskClient, kind: str = "newsletter", event: str = "") -> TestResponse:
    path = f"{CAMPAIGNS}new"
    return client.post(path, data={**hidden(client, path), "kind": kind, "event": event})


def figures(page: TestResponse) -> dict[str, int]:
    """Return how many e-mails a campaign's page counts in each state."""
    lines = soup(page).select(".figure-list li")
    return {line.a.get_text(): int(line.strong.get_text()) for line in lines if line.a and line.strong}


def write(client: FlaskClient, language: str, **texts: str) -> TestResponse:
    path = f"{ONE}/texts/{language}"
    return client.post(path, data={**filled(client.get(path)), **texts}, follow_redirects=True)


def test_a_newsletter_from_its_first_word_to_its_last_reader(app, clock):
    readers(app, fr=30, de=20, pl=10)
    clara, diego = signed_in(app, Role.COMMUNICATION), signed_in(app)
    assert begin(clara).location.endswith("/1/texts/en")
    write(clara, "en", subject="News", intro="Good **news**, see {{web_version}}.")
    write(clara, "fr", subject="Nouvelles", intro="Bonnes **nouvelles**.", closing="À bientôt")
    path = f"{ONE}/content"
    clara.post(path, data={**filled(clara.get(path)), "topics": ["project"], "add": "event:1", "do": "add"})
    assert "Final conference" in words(clara.get(path))

    page = words(clara.get(ONE))
    assert "60 readers." in page
    assert "German 20, Polish 10 → English" in page
    assert "More than 50 readers: a second organiser releases it." in page
    assert soup(clara.get(ONE)).select_one('form[action$="/release"]') is None
    shown = clara.get(f"{ONE}/preview/fr")
    assert "À bientôt" in shown.text
    assert "18 juin 2027" in shown.text
    assert "<strong>nouvelles</strong>" in clara.get(f"{ONE}/preview/fr/body").text
    press(clara, "test", language="fr")
    work(app)
    assert rows(app)[-1].subject == "[Test] Nouvelles"
    press(clara, "test", language="en")
    work(app)
    assert re.search(r"Good news, see http://localhost/en/newsletter/issues/\S+\.\n", rows(app)[-1].text)

    press(clara, "review")
    assert soup(clara.get(ONE)).select_one('form[action$="/release"]') is None
    assert "Nothing leaves for ten minutes" in words(press(diego, "release"))
    assert "Take it back" in words(diego.get(ONE))
    clock.advance(minutes=11)
    work(app)
    page = words(diego.get(ONE))
    assert "60 of 60" in page
    for path in (ONE, f"{ONE}/readers", CAMPAIGNS):
        assert soup(diego.get(path)).select(".chip")[0].get_text() == "Sent", path
    listed = words(diego.get(f"{ONE}/readers?state=sent"))
    assert "60 readers." in listed
    assert "fr0@readers.example" in listed
    assert "60 of 60" in words(diego.get(CAMPAIGNS))
    assert [step for step in ("begun", "second look asked for", "released", "the first e-mails left") if step in page]


def test_readers_who_come_during_the_hold_want_a_second_organiser_before_the_first_email(app, clock):
    readers(app, en=1)
    clara, diego = signed_in(app), signed_in(app)
    newsletter(app)
    press(clara, "release")
    readers(app, de=60)
    clock.advance(minutes=11)
    work(app)
    page = words(clara.get(ONE))
    assert "so many since its release that a second organiser has to look" in page
    assert "a colleague has to release it" in words(press(clara, "resumption"))
    work(app)
    assert rows(app) == []
    assert "It goes on." in words(press(diego, "resumption"))
    clock.advance(minutes=10)
    work(app)
    assert len(rows(app)) == 61


def test_an_invitation_is_called_everywhere_what_its_emails_call_it(app, clock):
    readers(app, en=1, fr=1)
    subject = Text(en="Invitation: {{event_title}},\u00a0{{ event_dates }}", fr="Venez : {{event_title}}")
    campaign(app, Kind.INVITATION, about="conference", subject=subject, intro=Text(en="Come.", fr="Venez."))
    message = Text(en="{{given_name}}, a word on {{event_title}}")
    campaign(app, Kind.MESSAGE, about="conference", subject=message)
    en, fr = "Invitation: Final conference,\u00a018 June 2027", "Venez : Conférence finale"
    desk, visitor = signed_in(app), app.test_client()
    with locked(app, 1) as found:
        releases.ask_for_a_second_look(found, by=DIEGO)
    said = [desk.get(path).text for path in ("/desk/", CAMPAIGNS, ONE, "/desk/events/conference/")]
    assert [en in one for one in said] == [True, True, True, False]
    assert ["a word on Final conference" in one for one in said] == [False, True, False, True]
    press(desk, "release")
    clock.advance(minutes=11)
    work(app)
    assert {row.subject for row in rows(app) if row.kind == "subscriber.newsletter"} == {en, fr}
    said += [visitor.get(path).text for path in ("/pl/newsletter/issues/", "/newsletter.atom?lang=en")]
    issue = visitor.get(re.search(r"/en/newsletter/issues/\S+", rows(app)[0].text + rows(app)[1].text).group()).text
    assert (en in said[-2], f'<title xml:lang="en">{en}</title>' in said[-1], issue.count(en)) == (True, True, 3)
    assert fr in visitor.get("/newsletter.atom?lang=fr").text
    assert [one for one in (*said, issue) if "{{" in one] == []
    with statements(app) as one:
        visitor.get("/fr/newsletter/issues/")
    for _ in range(2):
        release(app, campaign(app, Kind.INVITATION, about="conference", subject=subject))
    clock.advance(minutes=11)
    work(app)
    with statements(app) as three:
        listed = visitor.get("/fr/newsletter/issues/")
    asked = [sum("FROM content" not in line for line in each) for each in (one, three)]  # how fresh kept pages are
    assert (len(soup(listed).select(".news-item")), asked[1]) == (3, asked[0])


def test_it_is_read_on_the_web_by_everybody_with_what_holds_now_and_no_cookie(app, clock):
    readers(app, en=1)
    visitor = app.test_client()
    assert "No newsletter has gone out yet." in words(visitor.get("/en/newsletter/issues/"))
    intro = Text(en="News. {{web_version}}", fr="De bonnes nouvelles. Page web : {{web_version}}")
    release(app, newsletter(app, events=("conference",), intro=intro, closing=Text(fr="À **bientôt**")))
    assert "No newsletter has gone out yet." in words(visitor.get("/en/newsletter/issues/"))
    clock.advance(minutes=11)
    work(app)
    listed = soup(visitor.get("/fr/newsletter/issues/")).select_one(".news-item a")
    assert listed is not None
    page = visitor.get(str(listed["href"]))
    assert f"De bonnes nouvelles. Page web : http://localhost{listed['href']}" in words(page)
    assert "18 juin 2027" in words(page)
    polish = str(listed["href"]).replace("/fr/", "/pl/")
    assert f"News. http://localhost{polish}" in words(
        visitor.get(polish)
    )  # English words, and yet no way out of Polish
    assert "readers.example" not in page.text
    assert page.headers.get("Set-Cookie") is None
    assert visitor.get(str(listed["href"]), headers={"If-None-Match": page.headers["ETag"]}).status_code == 304
    feed = visitor.get("/newsletter.atom?lang=fr").text
    assert '<title xml:lang="fr">Nouvelles de février</title>' in feed
    assert f"De bonnes nouvelles. Page web : http://localhost{listed['href']}</summary>" in feed
    content = feed.partition("<content")[2]
    told = [words in content for words in ("De bonnes nouvelles.", "18 juin 2027", "&lt;strong&gt;bientôt")]
    assert told == [True, True, True]
    october = date(2027, 10, 22)
    revise_event(app, parts=(replace(PUBLIC_DAY, starts=october, ends=october),))
    page = words(visitor.get(str(listed["href"])))
    assert "22 octobre 2027" in page
    assert "depuis" in page


def test_an_event_that_moves_stops_it_and_the_desk_says_so(app, clock):
    readers(app, en=1)
    release(app, newsletter(app, events=("conference",)))
    october = date(2027, 10, 22)
    revise_event(app, parts=(replace(PUBLIC_DAY, starts=october, ends=october),))
    clock.advance(minutes=11)
    work(app)
    desk = signed_in(app)
    held = soup(desk.get(ONE)).select_one('[aria-labelledby="held"]')
    assert "An event or a piece of news in it has changed since you looked at it." in held.get_text()
    assert "22 October 2027 · Maastricht, Netherlands" in held.get_text()
    assert "It goes on." in words(press(desk, "resumption"))
    clock.advance(minutes=10)
    work(app)
    (row,) = (row for row in rows(app) if row.kind == "subscriber.newsletter")
    assert "22 October 2027" in row.text
    assert "paused: an event or a piece of news in it had changed" in words(desk.get(ONE))


def test_an_invitation_begins_with_its_event_and_nobody_is_invited_to_what_is_over_or_cancelled(app, clock):
    add_event(app, slug="past", title=Text(en="Past"), parts=(replace(PUBLIC_DAY, starts=PAST, ends=PAST),))
    add_event(app, slug="off", title=Text(en="Off"), parts=(PUBLIC_DAY,))
    revise_event(app, "off", state=State.CANCELLED)
    readers(app, en=1)
    desk = signed_in(app)
    offered = [option["value"] for option in soup(desk.get(f"{CAMPAIGNS}new")).select("#event option")]
    assert (offered[:2], sorted(offered[2:])) == (["", "conference"], ["off", "past"])
    for slug in ("off", "past"):
        refused = begin(desk, "invitation", slug)
        assert refused.status_code == 422
        assert "This event is over or does not take place" in soup(refused).select_one("#event-error").get_text()
    begin(desk, "invitation", "conference")
    write(desk, "en", subject="Come", intro="Good news")
    path = f"{ONE}/content"
    desk.post(path, data={**filled(desk.get(path)), "topics": ["project"], "do": "save"})
    warned = "It invites to an event that is over or does not take place."
    assert warned not in words(desk.get(ONE))
    press(desk, "release")
    clock.advance(minutes=11)
    work(app)
    (row,) = rows(app)
    assert ("Final conference" in row.html, "Final conference\n18 June 2027" in row.text) == (True, True)
    clock.advance(days=300)
    campaign(app, Kind.INVITATION, about="conference")
    assert warned in words(signed_in(app).get(f"{CAMPAIGNS}2"))


def test_two_who_write_at_once_see_each_other(app):
    newsletter(app)
    one, other = signed_in(app), signed_in(app)
    path = f"{ONE}/texts/en"
    mine = filled(one.get(path))
    write(other, "en", intro="Theirs")
    refused = one.post(path, data={**mine, "intro": "Mine"})
    assert refused.status_code == 409
    assert "Theirs" in words(refused)
    assert filled(refused)["intro"] == "Mine"
    assert one.post(path, data=filled(refused)).status_code == 303


@pytest.mark.one_database
def test_the_line_that_nobody_would_receive_it_leads_to_where_readers_are_chosen(app):
    clara = signed_in(app, Role.COMMUNICATION)
    begin(clara)
    page = soup(clara.get(ONE))
    (line,) = [one for one in page.select(".check-bad") if "Nobody would receive it." in one.get_text()]
    assert [link["href"] for link in line.select("a")] == [f"{ONE}/content"]


def test_a_name_that_is_no_placeholder_is_said_at_the_field(app):
    newsletter(app)
    desk = signed_in(app)
    wrong = {"subject": "News for {{town}}", "intro": "Dear {{surname}}"}
    refused = desk.post(f"{ONE}/texts/en", data={**filled(desk.get(f"{ONE}/texts/en")), **wrong})
    assert refused.status_code == 422
    for name, placeholder in (("subject", "town"), ("intro", "surname")):
        said = soup(refused).select_one(f"#{name}-error").get_text()
        assert f"“{{{{{placeholder}}}}}” is no placeholder that can be used here." in said
        assert filled(refused)[name] == wrong[name]
    for broken in ("{{web_version}", "{web_version}}", "{{{web_version}}}", "{{ web_version", "{web_version}"):
        text = {"closing": f"Read it at {broken} today, {{whoever}} you are."}
        refused = desk.post(f"{ONE}/texts/en", data={**filled(desk.get(f"{ONE}/texts/en")), **text})
        assert f"“{broken}” is no placeholder" in soup(refused).select_one("#closing-error").get_text()
    linked = {"subject": "News: {{preferences_link}}", "intro": "Choose: {{preferences_link}}"}
    refused = desk.post(f"{ONE}/texts/en", data={**filled(desk.get(f"{ONE}/texts/en")), **linked})
    assert "“{{preferences_link}}” is an address." in soup(refused).select_one("#subject-error").get_text()
    assert soup(refused).select_one("#intro-error") is None


def test_a_message_to_participants_is_for_those_who_may_see_them(app, clock):
    enrol(app, 2)
    relay(app)
    desk = signed_in(app)
    begin(desk, "message", "conference")
    write(desk, "en", subject="Before you come", intro="Dear {{given_name}}")
    chosen = soup(desk.get(f"{ONE}/preview/en")).select("#reader option")[1]["value"]
    assert "Dear Anna" in desk.get(f"{ONE}/preview/en?reader={chosen}").text
    officer = signed_in(app, Role.COMMUNICATION)
    assert officer.get(ONE).status_code == 404
    assert "Before you come" not in words(officer.get(CAMPAIGNS))
    assert begin(officer, "message", "conference").status_code == 422
    press(desk, "release")
    clock.advance(minutes=11)
    work(app)
    assert sorted(row.address for row in rows(app) if row.kind == "registration.message") == [
        "anna0@park.example",
        "anna1@park.example",
    ]


def test_whoever_gets_nothing_is_named_with_the_reason(app, clock):
    readers(app, en=4)
    release(app, newsletter(app))
    desk = signed_in(app)
    clock.advance(minutes=11)
    with app.app_context():
        while bulk.carry_on(dispatch.FORGET):
            pass
    press(desk, "pause")
    for page in ("/desk/mail/", "/desk/mail/1"):
        shown = words(desk.get(page))
        assert ("not before its campaign goes on" in shown, "as soon as possible" in shown) == (True, False)
    stopped = next(row.id for row in rows(app) if row.address == "en2@readers.example")
    desk.post(f"/desk/mail/{stopped}/cancellation", data=hidden(desk, f"/desk/mail/{stopped}"))
    with app.app_context(), transaction():
        left, erased, *_more = db.session.scalars(db.select(Subscriber).order_by(Subscriber.id))
        subscribing.leave(left, by=VISITOR)
        subscribing.erase(erased, by=DIEGO)
    press(desk, "resumption")
    work(app)
    lines = [
        [cell.get_text(" ", strip=True) for cell in line.select("th, td")]
        for line in soup(desk.get(f"{ONE}/readers")).select("tbody tr")
    ]
    gone = "Stopped stopped: who was to read it has left, or was erased"
    assert [(line[0], line[2]) for line in lines] == [
        ("(left)", gone),
        ("(erased)", gone),
        ("en2@readers.example", "Stopped stopped by an organiser"),
        ("en3@readers.example", "Kept in the mailbox"),
    ]
    emptied = [row.id for row in rows(app) if not row.address]
    assert [gone in words(desk.get(f"/desk/mail/{number}")) for number in emptied] == [True, True]


def test_pause_go_on_and_stop_say_what_they_do(app, clock):
    readers(app, en=SLICE + 2)
    release(app, newsletter(app))
    desk = signed_in(app)
    clock.advance(minutes=11)
    with app.app_context():
        for _step in ("begin", "write the readers down", "know that all are", "write the first e-mails"):
            assert bulk.carry_on(dispatch.FORGET)
    assert figures(desk.get(ONE)) == {"Waiting": SLICE, "To be written": 2}
    assert "Paused." in words(press(desk, "pause"))
    assert "It goes on." in words(press(desk, "resumption"))
    asked = words(desk.get(f"{ONE}/cancellation"))
    assert f"0 of {SLICE + 2} have it already and keep it." in asked
    desk.post(f"{ONE}/cancellation", data=hidden(desk, f"{ONE}/cancellation"))
    assert "Stopped for good." in words(desk.get(ONE))
    work(app)
    assert {row.state for row in rows(app) if row.stream} == {"cancelled"}
    assert f"0 of {SLICE + 2}" in words(desk.get(ONE))
    assert [bar["value"] for bar in soup(desk.get(ONE)).select("progress")] == ["0"]
    assert figures(desk.get(ONE)) == {"Stopped": SLICE, "Not written to": 2}
    for state, number in (("cancelled", SLICE), ("left_out", 2), ("unwritten", 0)):
        assert f"{number} readers." in words(desk.get(f"{ONE}/readers?state={state}"))
    assert "Not written to" in soup(desk.get(f"{ONE}/readers?state=left_out")).select_one("td .chip").get_text()


def test_pieces_are_ordered_by_buttons_and_an_hour_that_does_not_exist_is_refused(app):
    add_event(app, slug="second", parts=(PUBLIC_DAY,))
    newsletter(app, events=("conference", "second"))
    desk = signed_in(app)
    path = f"{ONE}/content"
    moved = desk.post(path, data={**filled(desk.get(path)), "do": "down-0"}, follow_redirects=True)
    assert [one["value"] for one in soup(moved).select("[autofocus]")] == ["up-1"]
    with app.app_context():
        assert [block["id"] for block in db.session.get(Campaign, 1).blocks] == [2, 1]
    skipped = {"on": "2027-03-28", "at": "02:30", "zone": "Europe/Brussels"}
    refused = desk.post(path, data={**filled(desk.get(path)), **skipped, "do": "save"})
    assert refused.status_code == 422
    assert "skip 02:30" in words(refused)
    desk.post(path, data={**filled(desk.get(path)), **skipped, "at": "09:00", "do": "save"})
    with app.app_context():
        wanted = db.session.get(Campaign, 1).wanted_at
        assert wanted.isoformat() == "2027-03-28T07:00:00+00:00"
    assert "It begins on 28 March 2027, 09:00 CEST." in words(desk.get(ONE))


def test_a_release_is_taken_back_within_ten_minutes_and_after_that_only_held_or_stopped(app, clock):
    readers(app, en=2)  # G9
    newsletter(app)
    desk = signed_in(app)
    press(desk, "release")
    clock.advance(minutes=9)
    assert "Taken back. Nobody has received anything." in words(press(desk, "taking-back"))
    clock.advance(minutes=5)
    work(app)
    assert [row for row in rows(app) if row.stream] == []
    press(desk, "release")
    clock.advance(minutes=11)
    work(app)
    assert len([row for row in rows(app) if row.stream]) == 2
    assert soup(desk.get(ONE)).select_one('form[action$="/taking-back"]') is None
