"""The newsletter through its public doors: asked twice, chosen, left by one click, and nobody's address shown."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from s3chem_events import intake, schedule
from s3chem_events.campaigns import links
from s3chem_events.campaigns.models import Follower, Subscriber
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import Fact
from s3chem_events.core.text import LANGUAGES
from s3chem_events.mailing.maildir import KeptMail
from s3chem_events.mailing.models import NewsletterSuppression
from s3chem_events.publishing import actions
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import add_event, add_subscriber, count, hidden, register, words
from tests.support.post import kept, rows, work
from tests.support.statements import statements

ADDRESS = "anna.kowalska@park.example"
PAGE = "/en/newsletter"


def ask(client: FlaskClient, path: str = PAGE, **changes: Any) -> TestResponse:
    filled = {"email": ADDRESS, "language": "en", "topics": ["project", "region-limburg"]}
    return client.post(path, data={**hidden(client, path), **filled, **changes})


def link(mail: KeptMail, what: str) -> str:
    found = re.search(rf"http://localhost(/\w\w/newsletter/{what}/[\w.-]+)(?=\s|$)", mail.text)
    assert found is not None, mail.text
    return found[1]


def subscribed(app: Flask, client: FlaskClient, **changes: Any) -> KeptMail:
    """Ask and confirm; returns the e-mail that asked."""
    ask(client, **changes)
    work(app)
    mail = kept(app)[-1]
    path = link(mail, "confirmation")
    assert client.post(path, data=hidden(client, path)).status_code == 303
    return mail


def readers(app: Flask) -> list[tuple[str, str, str, list[str]]]:
    with app.app_context():
        found = db.session.scalars(db.select(Subscriber).order_by(Subscriber.id))
        return [(one.email, one.state.value, one.language, one.topics) for one in found]


def objections(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(db.select(NewsletterSuppression.reason)))


def facts(app: Flask) -> list[str]:
    with app.app_context():
        return list(
            db.session.scalars(db.select(Fact.kind).where(Fact.kind.startswith("subscriber.")).order_by(Fact.id))
        )


def own(app: Flask, what: Any) -> str:
    """Return an address of the only subscriber."""
    with app.app_context():
        number = db.session.scalar(db.select(Subscriber.id).order_by(Subscriber.id.desc()))
        found: str = what(number, language="en")
        return found


def test_nobody_reads_it_without_a_press_on_the_page_of_the_mail(app: Flask, client: FlaskClient, clock: Clock):
    with app.app_context(), transaction():
        actions.keep_document("privacy", {"version": "2026-11-23", "title": {}, "sections": []})
    answer = ask(client, "/fr/newsletter", email=" Anna.Kowalska@Park.example ", language="nl")  # G2
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    work(app)
    (mail,) = kept(app)
    assert (mail.envelope.to, mail.language, mail.attachments) == ("Anna.Kowalska@park.example", "nl", ())
    assert mail.envelope.subject == "Bevestig alstublieft: de nieuwsbrief van S3Chem"
    path, before = link(mail, "confirmation"), count(app, Fact)
    for _ in range(2):
        for look in (path, link(mail, "leave")):
            assert (client.get(look).status_code, client.head(look).status_code) == (200, 200)
    assert "Nieuws over het project Limburg" in words(client.get(path))
    assert client.post(path).status_code == 422  # without the page's token
    asked = ("Anna.Kowalska@Park.example", "asked", "nl", ["project", "region-limburg"])
    assert (readers(app), count(app, Fact)) == ([asked], before)
    clock.advance(hours=1)
    for _ in range(2):  # a replay
        assert client.post(path, data=hidden(client, PAGE)).status_code == 303
        assert "U ontvangt de nieuwsbrief" in words(client.get(path))
    assert facts(app) == ["subscriber.asked", "subscriber.confirmed"]
    with app.app_context():
        (one,) = db.session.scalars(db.select(Subscriber))
        assert (one.text_version, one.text_language, one.source.value) == ("2026-11-23", "fr", "form")
        proof = (datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 11, 23, 13, tzinfo=UTC))
        assert (one.asked_at, one.confirmed_at) == proof
    work(app)
    assert len(kept(app)) == 1


def test_known_unknown_refused_and_left_addresses_get_the_same_answer(app: Flask, client: FlaskClient, clock: Clock):
    subscribed(app, client, email="reads@park.example")
    ask(client, email="waits@park.example")
    ask(client, email="blocked@park.example")
    work(app)
    client.post(link(kept(app)[-1], "leave"))
    subscribed(app, client, email="left@park.example")
    client.post(own(app, links.leave_newsletter))
    clock.advance(days=1, minutes=20)
    names = ("new", "reads", "waits", "blocked", "left")
    before = len(kept(app))
    answers = [ask(client, email=f"{name}@park.example") for name in names]
    said = {words(answer).replace(f"{name}@", "…") for name, answer in zip(names, answers, strict=True)}
    assert (len(said), {answer.status_code for answer in answers}) == (1, {200})
    work(app)
    mails = {mail.envelope.to: mail for mail in kept(app)[before:]}
    assert sorted(mails) == [f"{name}@park.example" for name in ("left", "new", "reads", "waits")]
    told = mails["reads@park.example"]
    assert (told.envelope.subject, "confirmation" in told.text) == ("You already receive the S3Chem newsletter", False)
    assert client.get(link(told, "preferences")).status_code == 200
    ask(client, email="reads@park.example")  # a moment ago, as the page says
    work(app)
    assert len(kept(app)) == before + 4
    asked = []
    for name in ("reads", "other"):
        sent = {**hidden(client, PAGE), "email": f"{name}@park.example"}
        with statements(app) as seen:
            client.post(PAGE, data={**sent, "language": "en", "topics": "project"})
        asked.append(seen)
    assert abs(len(asked[0]) - len(asked[1])) <= 3  # a millisecond or two, lost in that of the network


def test_a_stranger_can_neither_flood_a_mailbox_nor_change_what_its_owner_chose(
    app: Flask, client: FlaskClient, clock: Clock
):
    for minutes in (0, 1, 20, 20, 20, 60 * 24):
        clock.advance(minutes=minutes)
        ask(client, email=ADDRESS.upper())
    work(app)
    assert len(kept(app)) == 3
    ask(client, language="de", topics="kind-webinar")  # no fourth e-mail, yet the last wish is what she confirms
    assert readers(app) == [(ADDRESS.upper(), "asked", "de", ["kind-webinar"])]
    subscribed(app, client, email="jan@park.example")
    ask(client, email="jan@park.example", language="pl", topics="kind-webinar")
    assert readers(app)[-1] == ("jan@park.example", "confirmed", "en", ["project", "region-limburg"])


def test_the_link_dies_after_seven_days_and_all_that_was_kept_with_it(app: Flask, client: FlaskClient, clock: Clock):
    ask(client)
    work(app)
    path = link(kept(app)[-1], "confirmation")
    sent = hidden(client, path)
    clock.advance(days=7, seconds=-1)
    tick(app)
    assert client.get(path).status_code == 200
    clock.advance(seconds=1)
    assert client.post(path, data=sent).status_code == 404  # though the clock's duty has not run yet
    tick(app)
    work(app)
    assert (readers(app), facts(app)) == ([], ["subscriber.asked", "subscriber.erased"])
    assert [(row.address, row.text, row.html) for row in rows(app)] == [("", "", "")]
    assert (client.get(path).status_code, objections(app)) == (404, [])


def test_each_link_lives_for_the_seven_days_that_the_page_promises(app: Flask, client: FlaskClient, clock: Clock):
    for wait in (timedelta(), timedelta(days=6, hours=23), timedelta(days=6)):
        clock.advance(seconds=wait.total_seconds())
        ask(client)
    work(app)
    assert re.search(r"The link works until 13 December 2026", kept(app)[-1].text), kept(app)[-1].text
    path = link(kept(app)[-1], "confirmation")
    clock.advance(days=7)
    assert client.get(path).status_code == 404
    ask(client)  # the clean-up has not run: a fourth e-mail, of a question that begins anew
    work(app)
    assert client.get(path).status_code == 404
    path = link(kept(app)[-1], "confirmation")
    clock.advance(days=6, hours=23)
    tick(app)
    assert client.post(path, data=hidden(client, path)).status_code == 303
    assert readers(app) == [(ADDRESS, "confirmed", "en", ["project", "region-limburg"])]


def test_what_is_no_wish_is_refused_in_words_with_everything_kept(app: Flask, client: FlaskClient):
    for changes, said in (
        ({"email": ""}, "Enter your e-mail address."),
        ({"email": "anna@firma"}, "The part after the @ is incomplete."),
        ({"topics": []}, "Choose at least one topic."),
        ({"topics": ["weather"]}, "weather"),
        ({"website": "http://spam.example"}, "A hidden field was filled."),
    ):
        answer = ask(client, **changes)
        assert (answer.status_code, said in words(answer)) == (422, True), (changes, words(answer))
    page = ask(client, email="anna@firma", topics=["kind-webinar"], language="pl").get_data(as_text=True)
    assert 'value="anna@firma"' in page
    assert re.findall(r"<input checked[^>]*value=\"([^\"]*)\"", page) == ["kind-webinar"]
    assert '<option selected value="pl">' in page
    assert client.post(PAGE, data={"email": ADDRESS, "language": "en", "topics": "project"}).status_code == 422
    assert (readers(app), facts(app)) == ([], [])


@pytest.mark.settings(LIMITS="on")
def test_a_robot_is_slowed_and_told_so(app: Flask, client: FlaskClient):
    sent = {**hidden(client, PAGE), "language": "en", "topics": "project"}
    codes = [client.post(PAGE, data={**sent, "email": f"n{n}@x.example"}).status_code for n in range(12)]
    assert codes == [200] * 10 + [429] * 2
    assert len(readers(app)) == 10


def test_registering_never_subscribes(app: Flask, client: FlaskClient):
    add_event(app)
    register(client)
    assert (count(app, Registration), count(app, Subscriber), count(app, Follower)) == (1, 0, 0)


def test_preferences_change_what_is_read_and_never_show_whose_they_are(app: Flask, client: FlaskClient):
    asked = subscribed(app, client)
    path = own(app, links.preferences)
    page = client.get(path)
    assert ("a•••@p•••.example" in words(page), "kowalska" in page.get_data(as_text=True)) == (True, False)
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    wrong = client.post(path, data={**hidden(client, path), "language": "en"})
    assert (wrong.status_code, "Choose at least one topic." in words(wrong)) == (422, True)
    assert client.post(path, data={"language": "de", "topics": "project"}).status_code == 422  # without a token
    wanted = {"language": "de", "topics": ["kind-webinar", "region-elsewhere"]}
    for _ in range(2):
        answer = client.post(path, data={**hidden(client, path), **wanted, "email": "thief@x.example"})
        assert (answer.status_code, answer.location) == (303, f"/de{path[3:]}?saved=yes")
    assert "Gespeichert." in words(client.get(answer.location))
    assert readers(app) == [(ADDRESS, "confirmed", "de", ["region-elsewhere", "kind-webinar"])]
    with app.app_context():
        (fact,) = db.session.scalars(db.select(Fact).filter_by(kind="subscriber.changed"))
        assert fact.data == {
            "old": {"language": "en", "topics": ["project", "region-limburg"]},
            "new": {"language": "de", "topics": ["region-elsewhere", "kind-webinar"]},
        }
    for other in (own(app, links.leave_newsletter), link(asked, "confirmation")):
        token = other.rpartition("/")[2]
        assert client.get(f"/en/newsletter/preferences/{token}").status_code == 404  # each link does one thing


def test_one_click_needs_no_cookie_and_no_page_and_twice_is_harmless(app: Flask, client: FlaskClient):
    mail = subscribed(app, client)  # G3
    path, program = own(app, links.leave_newsletter), app.test_client(use_cookies=False)
    assert "No more newsletters?" in words(program.get(path))
    assert readers(app)[0][1] == "confirmed"
    for _ in range(2):
        answer = program.post(path, data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, "no more newsletters" in words(answer)) == (200, True)
    assert (readers(app), objections(app)) == ([("", "left", "en", [])], ["left"])
    assert facts(app) == ["subscriber.asked", "subscriber.confirmed", "subscriber.left"]
    work(app)
    assert [(row.address, row.text) for row in rows(app)] == [("", "")]
    for dead in (own(app, links.preferences), link(mail, "confirmation"), f"{path}x"):
        assert client.get(dead).status_code == 404


def test_her_own_new_wish_brings_her_back_and_old_links_still_mean_her(app: Flask, client: FlaskClient, clock: Clock):
    first = link(subscribed(app, client), "confirmation")
    old = own(app, links.leave_newsletter)
    client.post(old)
    clock.advance(days=1)
    ask(client, topics="project")  # perhaps a stranger
    assert (readers(app)[0][1], objections(app)) == ("asked", ["left"])  # not before she has confirmed
    work(app)
    path = link(kept(app)[-1], "confirmation")
    sent = hidden(client, path)
    assert (client.get(first).status_code, client.post(first, data=sent).status_code) == (404, 404)
    assert readers(app)[0][1] == "asked"
    client.post(path, data=sent)
    assert client.get(first).status_code == 404
    assert (readers(app), objections(app)) == ([(ADDRESS, "confirmed", "en", ["project"])], [])
    assert [row.address for row in rows(app)] == ["", ADDRESS]  # what was written before stays erased
    client.post(old)
    assert (readers(app)[0][:2], objections(app)) == (("", "left"), ["left"])


def test_an_email_to_the_address_of_the_header_ends_it_too(app: Flask, client: FlaskClient):
    number = add_subscriber(app, ADDRESS)
    add_subscriber(app, "jan@park.example")
    with app.app_context():
        ways = links.ways_out(number, language="en", base_url="http://x.example", sender="events@s3chem.example")
        page, mailto = ways.split(" ")
        assert page == f"http://x.example{links.leave_newsletter(number, language='en')}"
        address = mailto.removeprefix("mailto:").partition("?")[0]
        assert address.startswith(f"events+unsubscribe-n{number:x}-")
        assert len(address.partition("@")[0]) <= 64
        # Programs that write it themselves say so: each of these signs alone would make another e-mail automatic.
        for sign in ("Auto-Submitted: auto-generated", "Auto-Submitted: no", "Return-Path: <>", "Precedence: bulk"):
            mail = f"{sign}\r\nFrom: <somebody@else.example>\r\nTo: <{address}>\r\nMessage-ID: <{len(sign)}@x>\r\n\r\n"
            assert intake.receive(mail.encode()).reason == "left_the_list"
        forged = address.replace(f"-n{number:x}-", "-n2-")
        assert intake.receive(f"From: <a@x.example>\r\nTo: <{forged}>\r\n\r\nx".encode()).needs_a_person
        assert links.leave_newsletter_by_mail("a" * 60 + "@s3chem.example", number) == ""
    assert [one[1] for one in readers(app)] == ["left", "confirmed"]


def test_whose_address_it_was_says_so_and_is_never_asked_again(app: Flask, client: FlaskClient, clock: Clock):
    ask(client)
    work(app)
    path = link(kept(app)[-1], "leave")
    assert "Was this not you?" in words(client.get(path))
    done = words(client.post(path))
    assert "Your address has been erased and is blocked" in done
    assert "Write to us if that was a mistake." in done
    assert "Subscribe again" not in done
    for again in (client.post(path), client.get(path)):
        assert words(again) == done
    clock.advance(days=2)
    ask(client)
    work(app)
    assert (readers(app), objections(app), len(kept(app))) == ([], ["not_me"], 1)


def test_who_wants_everything_erased_leaves_a_digest_alone(app: Flask, client: FlaskClient):
    subscribed(app, client)
    path = own(app, links.preferences) + "/erasure"
    page = client.get(path)
    assert ("a•••@p•••.example" in words(page), readers(app)[0][1]) == (True, "confirmed")
    assert client.post(path).status_code == 422
    assert "Everything has been erased" in words(client.post(path, data=hidden(client, path)))
    work(app)
    assert (readers(app), objections(app)) == ([], ["erased"])
    assert [(row.address, row.text) for row in rows(app)] == [("", "")]
    assert client.get(path).status_code == 404
    with app.app_context():
        journal = str([(fact.kind, fact.data) for fact in db.session.scalars(db.select(Fact))])
    assert "park.example" not in journal


@pytest.mark.one_database
def test_the_way_to_it_stands_on_each_page_and_each_page_of_it_speaks_every_language(app: Flask, client: FlaskClient):
    add_subscriber(app, ADDRESS)
    paths = {"/newsletter"} | {own(app, what)[3:] for what in (links.preferences, links.leave_newsletter)}
    for language in LANGUAGES:
        assert f'href="/{language}/newsletter"' in client.get(f"/{language}/news/").get_data(as_text=True)
        said = {words(client.get(f"/{language}{path}")) for path in paths}
        assert len(said) == 3
        assert language == "en" or not any("newsletters?" in one or "at least one" in one for one in said)


def tick(app: Flask) -> None:
    with app.app_context():
        schedule.tick()
