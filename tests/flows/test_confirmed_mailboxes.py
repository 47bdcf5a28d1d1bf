"""A mailbox that nobody has confirmed gets one e-mail at a time, from all forms together, until its owner presses."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events import schedule
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.mailing import addresses, restraint
from s3chem_events.mailing.letters import State as MailState
from s3chem_events.mailing.models import ConfirmedMailbox
from s3chem_events.publishing import actions, queries, values
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration import invitation, links
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import (
    BASE_URL,
    CLOSED_DAY,
    FILLED,
    FILLED_WORKSHOP,
    PUBLIC_DAY,
    WORKSHOP,
    add_event,
    add_guest,
    count,
    hidden,
    register,
    soup,
    words,
)
from tests.support.desk import filled, signed_in
from tests.support.post import confirm, enrol, enrol_several, kept, rows, work

pytestmark = pytest.mark.settings(LIMITS="on", TRUSTED_PROXIES="1")
VICTIM = "victim@park.example"
FORM, ATELIER = "/en/events/conference/register", "/en/events/workshop/register"
WHEN = "Until somebody has shown that an address is read, we send at most one in 15 minutes and five a day to it"


@pytest.fixture(autouse=True)
def published(app: Flask) -> None:
    add_event(app, parts=(CLOSED_DAY, replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 90, Mode.ONLINE: None})))
    day = replace(WORKSHOP.parts[0], capacity={Mode.ON_SITE: 90})
    add_event(app, WORKSHOP, parts=(day,), opens=datetime(2026, 1, 1, 9))  # noqa: DTZ001 - local to the event's zone
    add_event(app, slug="later", opens=None)


def is_confirmed(app: Flask, address: str) -> bool:
    return bool(count(app, ConfirmedMailbox, mailbox_digest=addresses.mailbox_digest(address)))


def tick(app: Flask) -> None:
    with app.app_context():
        schedule.tick()


def pass_time(app: Flask, clock: Clock, *, minutes: int, step: int = 5) -> int:
    """Let time pass, and the worker look now and then; returns how many e-mails left."""
    sent = 0
    for _ in range(minutes // step):
        clock.advance(minutes=step)
        sent += work(app)
    return sent


def link(app: Flask, place: int = -1, what: str = "registrations") -> str:
    """Return the link that stands in an e-mail."""
    found = re.search(rf"http://localhost(/en/{what}/[\w.-]+)\n", kept(app)[place].text)
    assert found
    return found[1]


def bomb(app: Flask, clock: Clock) -> str:
    """Use every form with one stranger's address within a minute, each from another network; returns an own page."""
    people = {f"person-{n}-{k}": v for n in (1, 2) for k, v in (("given_name", f"B{n}"), ("family_name", "X"))}
    group = {**FILLED, "attends": "no", **people, "person-1-email": VICTIM, "person-2-email": "victim+2@park.example"}
    own = ""
    forms: list[tuple[str, dict[str, str]]] = [
        (FORM, FILLED | {"given_name": "One"}),
        (FORM, FILLED | {"given_name": "Two"}),
        (FORM, FILLED | {"given_name": "Three", "email": "Victim+3@Park.example"}),
        (ATELIER, FILLED_WORKSHOP | {"given_name": "Four"}),
        (f"{FORM}/group", group),
        ("/en/events/later/updates", {"language": "en"}),
        ("/en/newsletter", {"language": "en", "topics": "project"}),
        ("/en/registrations/lost-link", {}),
    ]
    client = app.test_client()
    for number, (page, typed) in enumerate(forms):
        network = {"X-Forwarded-For": f"127.0.{number}.1"}
        data = {"email": VICTIM, **{k: v for k, v in typed.items() if k != "email" or v != FILLED["email"]}}
        answer = client.post(page, data={**hidden(client, page), **data}, headers=network)
        assert answer.status_code in {200, 303}, (page, words(answer))
        own = own or answer.headers["Location"]
        work(app)
        clock.advance(seconds=4)
    assert client.post(f"{own}/code", data=hidden(client, f"{own}/code") | {"press": "send"}).status_code == 303
    work(app)
    return own


@pytest.mark.parametrize("is_guarded", [True, False])
def test_whatever_form_a_stranger_uses_one_email_comes_within_a_quarter_of_an_hour_five_in_a_day_and_all_in_the_end(
    app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    if not is_guarded:
        monkeypatch.setattr(restraint, "confirmed", set)  # as if every mailbox were
    bomb(app, clock)
    if not is_guarded:
        assert len(kept(app)) >= 5
        return
    assert len(kept(app)) == 1
    asked = len(rows(app))
    assert asked >= 8  # the code among them, which opens nothing any more when its turn comes
    assert pass_time(app, clock, minutes=13, step=1) == 0
    assert pass_time(app, clock, minutes=22 * 60, step=15) == 4
    pass_time(app, clock, minutes=3 * 24 * 60, step=60)
    left = [row.state for row in rows(app) if row.kind != "registration.code_requested"]
    assert left == [MailState.SENT] * (asked - 1)


def test_the_second_event_within_minutes_is_told_after_a_press_in_the_first_email_or_by_itself(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    shown = register(client).headers["Location"]
    assert WHEN in words(client.get(shown))
    assert work(app) == 1
    clock.advance(minutes=5)
    register(client, ATELIER, **FILLED_WORKSHOP)
    assert work(app) == 0
    mailed = link(app)
    for path in (mailed, f"{mailed}/withdrawal", f"{mailed}/change"):  # as scanners do
        client.get(path)
        client.head(path)
    assert (is_confirmed(app, FILLED["email"]), work(app)) == (False, 0)
    # Whoever filled in the form has the page too, and has shown nothing by that.
    assert "waiting" not in words(client.get(shown))
    client.post(f"{shown}/waiting-emails", data=hidden(client, f"{shown}/withdrawal"))
    client.post(f"{shown}/withdrawal", data=hidden(client, f"{shown}/withdrawal"))
    assert is_confirmed(app, FILLED["email"]) is False
    assert work(app) == 0
    page = client.get(mailed)
    assert "2 more e-mails to you are waiting" in words(page)
    assert WHEN not in words(page)
    button = soup(page).select_one("form[action$=waiting-emails]")
    assert button is not None
    assert "reload the page" in words(elsewhere := client.post(str(button["action"])))  # a form on somebody else's page
    assert (elsewhere.status_code, is_confirmed(app, FILLED["email"]), work(app)) == (400, False, 0)
    assert client.post(str(button["action"]), data=hidden(client, mailed)).headers["Location"] == mailed
    assert work(app) == 2
    assert "waiting" not in words(client.get(mailed))
    register(client, ATELIER, **FILLED_WORKSHOP | {"given_name": "Jan"})
    assert work(app) == 1  # at once from now on


def test_no_page_promises_at_once_an_email_that_waits_until_a_press_in_an_earlier_one(
    app: Flask, client: FlaskClient
) -> None:
    shown = register(client).headers["Location"]
    assert work(app) == 1
    for own, waits in ((shown, True), (link(app), False)):
        for path, sentence in (
            ("mode/day-2", "An e-mail confirms the change."),
            ("withdrawal", "An e-mail confirms it, and removes the entry from your calendar."),
        ):
            asked = words(client.get(f"{own}/{path}"))
            assert (sentence in asked, WHEN in asked) == (True, waits)
        form = filled(client.get(f"{own}/change")) | {"organisation": f"Chemiepark {waits}"}
        saved = client.post(f"{own}/change", data=form).headers["Location"]
        assert saved == f"{own}?done=change"
        assert (WHEN in words(client.get(saved)), work(app)) == (waits, 0 if waits else 2)


def test_pages_of_whoever_has_no_address_promise_no_email_and_a_delegation_reads_when_it_comes(
    app: Flask, client: FlaskClient
) -> None:
    desk = signed_in(app)
    new = "/desk/events/conference/participants/new"
    caller = {
        "given_name": "Jan",
        "family_name": "X",
        "organisation": "X",
        "phone": "+31 20 123",
        "mode-day-2": "online",
    }
    assert desk.post(new, data=filled(desk.get(new)) | caller).status_code == 303
    enrol_several(app, "Ben", "Carla", email="office@park.example")
    assert work(app) == 1
    with app.app_context():
        own, shown = links.own_page(1, 1, language="en"), links.delegation(1, 1, language="en")
        ben, carla = (one.reference for one in db.session.scalars(db.select(Registration).where(Registration.id > 1)))
    asked = words(client.get(f"{own}/withdrawal"))
    assert ("Yes, withdraw" in asked, "e-mail" in asked) == (True, False)
    for page, person, waits in ((shown, ben, True), (link(app, what="delegations"), carla, False)):
        path = f"{page}/people/{person}/withdrawal"
        before = client.get(path)
        gone = words(client.post(path, data=hidden(client, path), follow_redirects=True))
        for text in (words(before), gone.partition("The people of your delegation")[0]):
            assert ("An e-mail confirms it." in text, WHEN in text) == (True, waits)


def test_without_a_press_the_second_email_follows_by_itself(app: Flask, client: FlaskClient, clock: Clock) -> None:
    register(client)
    work(app)
    clock.advance(minutes=5)
    register(client, ATELIER, **FILLED_WORKSHOP)
    assert (work(app), pass_time(app, clock, minutes=8, step=1), pass_time(app, clock, minutes=3, step=1)) == (0, 0, 1)


def test_an_assistant_gets_one_summary_at_once_and_opens_her_mailbox_by_the_link_in_it(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    enrol_several(app, "Anna", "Ben", "Carla", email="office@park.example")
    enrol(app, email="office@park.example", given_name="Greta")
    assert work(app) == 1
    page = link(app, what="delegations")
    nameless = kept(app)[-1]
    assert [one for one in ("Anna", "Ben", "Carla") if one in nameless.text + nameless.html] == []
    assert [len(re.findall(one, nameless.text)) for one in (r"\n- S3C-\w+\n  Public", "Link to hand on:")] == [3, 3]
    assert "Nobody has confirmed this mailbox yet" in nameless.text
    assert "1 more e-mail to you is waiting" in words(client.get(page))
    client.post(f"{page}/summary")  # without the token that the page holds
    client.post(f"{page}/waiting-emails")
    assert is_confirmed(app, "office@park.example") is False
    client.post(f"{page}/waiting-emails", data=hidden(client, page))
    assert (is_confirmed(app, "office@park.example"), work(app)) == (True, 1)


def test_a_press_for_the_summary_has_it_sent_with_the_names(app: Flask, client: FlaskClient) -> None:
    enrol_several(app, "Anna", "Ben", email="office@park.example")
    assert work(app) == 1
    page = link(app, what="delegations")
    client.post(f"{page}/summary", data=hidden(client, page))
    assert work(app) == 1
    text = kept(app)[-1].text
    assert ("- Anna Amt (S3C-" in text, "- Ben Amt (S3C-" in text, "Nobody has" in text) == (True, True, False)


def test_a_link_that_a_contact_hands_on_confirms_nobody_elses_mailbox(app: Flask, client: FlaskClient) -> None:
    people = {f"person-{n}-{k}": v for n in (1, 2) for k, v in (("given_name", f"P{n}"), ("family_name", "X"))}
    emails = {"person-1-email": "victim@uni.example", "person-2-email": "victim+2@uni.example"}
    form = {
        **FILLED,
        "attends": "no",
        **hidden(client, f"{FORM}/group"),
        **people,
        **emails,
        "email": "robot@park.example",
    }
    assert client.post(f"{FORM}/group", data=form).status_code == 303
    work(app)
    summary = next(n for n, mail in enumerate(kept(app)) if "robot@park.example" in mail.envelope.to)
    page = link(app, summary)
    client.post(f"{page}/waiting-emails", data=hidden(client, page))
    assert (is_confirmed(app, "victim@uni.example"), is_confirmed(app, "robot@park.example")) == (False, False)


def test_codes_double_opt_ins_and_invitations_confirm_a_mailbox_and_the_desk_does_not_and_time_and_erasure_forget_it(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    own = register(client, **{"email": "code@park.example", "mode-day-2": "online"}).headers["Location"]
    client.post(f"{own}/code", data=hidden(client, f"{own}/code") | {"press": "send"})
    assert (work(app), pass_time(app, clock, minutes=16, step=1)) == (1, 1)  # the code lives until it can come
    code = re.search(r"\b(\d{4} \d{4})\b", kept(app)[-1].text)
    assert code
    entered = hidden(client, f"{own}/code") | {"press": "enter", "code": code[1]}
    assert client.post(f"{own}/code", data=entered).status_code == 303

    for page, what, typed in (
        ("/en/events/later/updates", "updates", {"language": "en"}),
        ("/en/newsletter", "newsletter/confirmation", {"language": "en", "topics": "project"}),
    ):
        client.post(page, data={**hidden(client, page), **typed, "email": f"{what[:4]}@park.example"})
        work(app)
        path = link(app, what=what)
        client.get(path)
        assert is_confirmed(app, f"{what[:4]}@park.example") is False
        assert client.post(path, data=hidden(client, path)).status_code == 303

    desk = signed_in(app)
    new = "/desk/events/conference/participants/new"
    caller = {"given_name": "Jan", "family_name": "X", "organisation": "X", "email": "desk@park.example"}
    assert desk.post(new, data=filled(desk.get(new)) | caller | {"mode-day-2": "online"}).status_code == 303
    assert work(app) == 1  # which nobody but an organiser can cause: it need not wait

    with app.app_context():
        path = invitation.address_of(add_guest(app, email="guest@park.example"), language="en")
    come = {**hidden(client, f"{path}/registration"), "email": "other@park.example", "parts": "day-1"}
    assert client.post(f"{path}/registration", data=FILLED | come).status_code == 303
    assert is_confirmed(app, "other@park.example") is False  # she may type any address there

    confirmed = [f"{name}@park.example" for name in ("code", "upda", "news", "desk", "guest")]
    assert [is_confirmed(app, one) for one in confirmed] == [True, True, True, False, True]
    clock.set(datetime(2027, 9, 10, tzinfo=UTC))
    confirm(app, "code@park.example", "news@park.example")
    tick(app)
    assert [is_confirmed(app, one) for one in confirmed] == [True, False, True, False, False]
    clock.set(datetime(2027, 9, 20, tzinfo=UTC))  # 90 days after the conference nobody can be reached any more
    tick(app)
    assert [is_confirmed(app, one) for one in confirmed] == [False, False, True, False, False]


def test_whoever_says_not_me_or_is_erased_has_a_mailbox_that_nobody_has_confirmed(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    enrol_several(app, "Anna", "Ben", email="office@park.example")
    for page, typed in (("/en/events/later/updates", {}), ("/en/newsletter", {"topics": "project"})):
        who = f"{page[4:8]}@park.example"
        client.post(page, data={**hidden(client, page), **typed, "language": "en", "email": who})
    work(app)
    confirm(app, "even@park.example", "news@park.example")
    for mail in kept(app):
        found = re.search(
            r"http://localhost(/en/(?:delegations/\S+/not-me|updates/\S+/leave|newsletter/leave/\S+))", mail.text
        )
        assert found
        client.post(found[1], data=hidden(client, found[1]))
    assert (len(kept(app)), count(app, ConfirmedMailbox)) == (3, 0)

    page = "/en/events/later/updates"
    for name in ("reader", "named"):
        client.post(page, data={**hidden(client, page), "language": "en", "email": f"{name}@park.example"})
        work(app)
    confirm(app, "named@park.example")
    path = link(app, next(n for n, mail in enumerate(kept(app)) if "reader@" in mail.envelope.to), what="updates")
    client.post(path, data=hidden(client, path))
    assert is_confirmed(app, "reader@park.example") is True
    clock.advance(days=8)
    tick(app)  # a stranger's question to somebody who reads her mailbox says nothing about it
    assert is_confirmed(app, "named@park.example") is True
    clock.set(datetime(2027, 6, 17, tzinfo=UTC))
    confirm(app, "reader@park.example")
    clock.set(datetime(2027, 7, 4, tzinfo=UTC))  # two weeks after it, and nothing more is to be told
    tick(app)
    assert is_confirmed(app, "reader@park.example") is False


def test_of_a_mailbox_that_nobody_confirmed_each_reminder_comes_once_and_every_change_of_the_event_is_told(
    app: Flask, clock: Clock
) -> None:
    clock.set(datetime(2027, 6, 1, tzinfo=UTC))
    for name in ("Anna", "Ben", "Carla"):
        enrol(app, email=VICTIM, given_name=name)
        enrol(app, email="office@park.example", given_name=name)
    confirm(app, "office@park.example")
    pass_time(app, clock, minutes=60)
    before = len(kept(app))
    clock.set(datetime(2027, 6, 17, 8, tzinfo=UTC))
    tick(app)
    work(app)
    pass_time(app, clock, minutes=180)
    reminders = [row for row in rows(app) if row.kind == "event.reminded"]
    told = [row.state for row in reminders if row.address == VICTIM]
    assert sorted(told) == [MailState.CANCELLED, MailState.CANCELLED, MailState.SENT]
    assert [row.state for row in reminders if row.address != VICTIM] == [MailState.SENT] * 3
    assert len(kept(app)) == before + 4
    for month in (7, 8):
        day = replace(PUBLIC_DAY, starts=date(2027, month, 1), ends=date(2027, month, 1))
        with app.app_context(), transaction():
            event = queries.event_by_slug("conference", lock=True)
            assert event is not None
            seen, becomes = event.revision, replace(values.event_facts(event), parts=(CLOSED_DAY, day))
            actions.revise_event(event, becomes, base_url=BASE_URL, by=OPERATOR)
            actions.tell(event, since=seen, by=OPERATOR)
        clock.advance(minutes=11)
        assert work(app) == 6
