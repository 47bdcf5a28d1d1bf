"""A campaign from its release to the last reader: everybody once, in her language, and never with stale dates."""

import re
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from flask import Flask

from s3chem_events import bulk, delivering, dispatch
from s3chem_events.campaigns import looking, progress, releases, sending
from s3chem_events.campaigns.models import Campaign
from s3chem_events.campaigns.releases import EventChanged, SecondLook, Stale
from s3chem_events.campaigns.stages import HOLD, LATE, Audience, Kind, Stage, Why, WrongStage
from s3chem_events.core.db import db, transaction
from s3chem_events.core.errors import Invalid
from s3chem_events.core.guard import settings
from s3chem_events.core.text import Text
from s3chem_events.mailing import addresses, maildir, outbox
from s3chem_events.mailing.models import ConfirmedMailbox, Suppression
from s3chem_events.mailing.results import Outcome, Result
from s3chem_events.publishing.letterhead import letterhead_of
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration.models import Registration
from tests.factories import PUBLIC_DAY, add_event, count, hidden, revise_event
from tests.support.campaigns import CLARA, DIEGO, campaign, locked, newsletter, readers, release, stage, written
from tests.support.desk import signed_in
from tests.support.post import enrol, history, kept, relay, rows, states, work


def compose(app: Flask) -> None:
    """Write all that can be written, and send nothing."""
    with app.app_context():
        while bulk.carry_on(dispatch.FORGET):
            pass


def deliver(app: Flask) -> None:
    with app.app_context():
        while delivering.deliver():
            pass


def move(app: Flask) -> None:
    """Move the conference's public day to October."""
    october = date(2027, 10, 22)
    revise_event(app, parts=(replace(PUBLIC_DAY, starts=october, ends=october),))


@pytest.fixture(autouse=True)
def house(app: Flask, clock) -> None:
    add_event(app, parts=(PUBLIC_DAY,))


def test_everybody_gets_one_in_her_language_after_ten_minutes_in_which_it_can_be_taken_back(app, clock):
    readers(app, fr=4, de=6, pl=3, nl=2)
    readers(app, topics=("kind-webinar",), es=2)
    number = newsletter(app, events=("conference",), audience=Audience(topics=("project", "region-limburg")))
    release(app, number)
    assert stage(app, number) == (Stage.RELEASED, Why.NOTHING)
    work(app)
    assert rows(app) == []
    with locked(app, number) as found:
        releases.take_back(found, by=CLARA)
    clock.advance(minutes=11)
    work(app)
    assert (rows(app), stage(app, number)[0]) == ([], Stage.DRAFT)
    release(app, number)
    clock.advance(minutes=11)
    work(app)
    mails = rows(app)
    assert len({row.address for row in mails}) == len(mails) == len(kept(app)) == 15
    assert Counter((row.address[:2], row.subject, row.state) for row in mails) == {
        ("fr", "Nouvelles de février", "sent"): 4,
        ("de", "Neues im Februar", "sent"): 6,
        ("pl", "News of February", "sent"): 3,
        ("nl", "News of February", "sent"): 2,
    }
    work(app)
    assert len(rows(app)) == 15


def test_each_newsletter_says_how_to_leave_it_and_which_list_it_is_of(app, clock):
    readers(app, en=1)
    release(app, newsletter(app, events=("conference",)))
    clock.advance(minutes=11)
    work(app)
    (row,) = rows(app)
    assert (row.kind, row.list_id, row.state) == ("subscriber.newsletter", "<newsletter.localhost>", "sent")
    assert row.unsubscribe.startswith("http://localhost/en/newsletter/leave/")
    assert "Good news from **Limburg**." not in row.html
    assert "Good news from <strong>Limburg</strong>." in row.html
    assert "18 June 2027" in row.text
    assert "/en/newsletter/issues/" in row.text


def test_a_newsletter_stops_before_its_first_email_where_an_event_in_it_has_moved(app, clock):
    readers(app, en=2)
    number = newsletter(app, events=("conference",))
    release(app, number)
    move(app)
    clock.advance(minutes=11)
    work(app)
    assert (rows(app), stage(app, number)) == ([], (Stage.PAUSED, Why.EVENT_CHANGED))
    with pytest.raises(EventChanged), locked(app, number) as found:
        releases.resume(found, seen="", by=CLARA)
    with locked(app, number) as found:
        releases.resume(found, seen=looking.shown(looking.load(found)), by=CLARA)
    work(app)
    assert rows(app) == []  # ten minutes once more, in which it can be taken back
    clock.advance(minutes=11)
    work(app)
    assert ["22 October 2027" in row.text for row in rows(app)] == [True, True]


def test_hours_stand_in_a_newsletter_once_they_are_known(app, clock):
    starts, ends = (datetime.combine(date(2027, 6, 18), time(hour)) for hour in (10, 16))
    revise_event(app, parts=(replace(PUBLIC_DAY, starts=starts, ends=ends),))
    readers(app, en=1, pl=1)
    release(app, newsletter(app, events=("conference",)))
    clock.advance(minutes=11)
    work(app)
    assert ["10:00–16:00 CEST" in row.text and "10:00–16:00" in row.html for row in rows(app)] == [True, True]


def test_an_event_that_moves_in_the_midst_holds_the_rest_and_nobody_reads_the_old_date_twice(app, clock):
    readers(app, en=5)
    number = newsletter(app, events=("conference",))
    release(app, number)
    clock.advance(minutes=11)
    compose(app)
    with app.app_context(), transaction():
        first = min(row.id for row in rows(app))
        later = db.text("UPDATE outgoing_email SET state = 'sent', due_at = NULL, attempts = 1 WHERE id = :first")
        db.session.execute(later, {"first": first})
    move(app)
    with app.app_context():
        bulk.look_after()
    assert stage(app, number) == (Stage.PAUSED, Why.EVENT_CHANGED)
    assert (Counter(bool(row.text) for row in rows(app)), written(app, number)) == ({True: 1, False: 4}, (5, 1))
    with locked(app, number) as found:
        releases.resume(found, seen=looking.shown(looking.load(found)), by=DIEGO)
    work(app)
    assert Counter("22 October" in row.text for row in rows(app)) == {False: 1, True: 4}
    assert len({row.address for row in rows(app)}) == 5


def test_what_was_refused_is_tried_again_by_nobody_but_an_organiser_and_as_the_event_is_then(app, clock):
    readers(app, en=4)
    number = newsletter(app, events=("conference",))
    release(app, number)
    clock.advance(minutes=11)
    compose(app)
    answers = {550: Outcome.NEVER, 551: Outcome.NEVER, 451: Outcome.LATER}
    with app.app_context(), transaction():
        claims = outbox.claim("me", most=3)
        results = [Result(outcome, code, f"{code} no") for code, outcome in answers.items()]
        outbox.settle("me", list(zip(claims, results, strict=True)))
    tries, ids = history(app), [row.id for row in rows(app)]
    move(app)
    with app.app_context():
        bulk.look_after()
        found = db.session.get(Campaign, number)
        assert Counter(row.state for row in progress.reader_rows(found)) == {"failed": 2, "unwritten": 2}
        assert progress.progress(found).emails == {"failed": 2}
    with locked(app, number) as found:
        releases.resume(found, seen=looking.shown(looking.load(found)), by=DIEGO)
    work(app)
    assert [(row.state, row.last_code, "22 October" in row.text) for row in rows(app)] == [
        ("failed", 550, False),
        ("failed", 551, False),
        ("sent", None, True),
        ("sent", None, True),
    ]
    assert history(app)[:3] == tries
    with locked(app, number) as found:
        assert releases.send_to_the_failed(found, by=CLARA) == 2
    work(app)
    assert [(row.id, row.state, "22 October" in row.text) for row in rows(app)] == [(one, "sent", True) for one in ids]
    assert history(app)[:3] == tries


def test_what_a_lost_worker_may_have_handed_over_stays_also_where_it_was_written_anew_before(app, clock):
    readers(app, en=2)
    number = newsletter(app, events=("conference",))
    release(app, number)
    clock.advance(minutes=11)
    compose(app)
    later = Result(Outcome.LATER, 451, "451 later")

    def put_off(*, lost: int) -> None:
        with app.app_context():
            with transaction():
                assert len(outbox.claim("lost", most=lost)) == lost
            clock.advance(minutes=21)
            with transaction():
                outbox.settle("me", [(one, later) for one in outbox.claim("me", most=2)])

    def look() -> list[bool]:
        with app.app_context():
            bulk.look_after()
        found = [bool(row.text) for row in rows(app)]
        with locked(app, number) as seen:
            releases.resume(seen, seen=looking.shown(looking.load(seen)), by=DIEGO)
        compose(app)
        return found

    put_off(lost=0)
    move(app)
    assert look() == [False, False]
    put_off(lost=1)
    revise_event(app, summary=Text(en="Somewhere else."))
    assert look() == [True, False]
    assert [outcome for outcome, _code, _text in history(app)] == ["later", "later", "interrupted", "later", "later"]


def test_no_email_is_taken_or_written_that_says_what_held_before_an_event_moved(app, clock, monkeypatch):
    readers(app, en=5)
    number = newsletter(app, events=("conference",))
    release(app, number)
    clock.advance(minutes=11)
    compose(app)
    monkeypatch.setattr(delivering, "BATCH", 2)
    with app.app_context(), delivering.running(settings()) as run:
        assert run.deliver()[0] == 2
        move(app)
        assert run.deliver()[0] == 0  # the very next claim, though nobody has looked after campaigns meanwhile
    assert stage(app, number) == (Stage.PAUSED, Why.EVENT_CHANGED)
    with locked(app, number) as found:
        releases.resume(found, seen=looking.shown(looking.load(found)), by=CLARA)
    with app.app_context():
        with transaction():
            taken = sending.carry_on(number)
        drafts = list(sending.drafts(taken, letterhead_of(settings())))
        revise_event(app, summary=Text(en="Somewhere else."))  # while a slice is being written
        with transaction():
            assert (len(drafts), sending.may_go_on(taken)) == (3, False)
    assert stage(app, number) == (Stage.PAUSED, Why.EVENT_CHANGED)
    with locked(app, number) as found:
        releases.resume(found, seen=looking.shown(looking.load(found)), by=CLARA)
    with app.app_context(), transaction():
        assert not sending.may_go_on(taken)  # let go on since, but these were written before


def test_of_what_a_killed_worker_had_only_the_e_mail_that_it_was_at_keeps_the_old_date(app, clock, monkeypatch):
    readers(app, en=6)
    number = newsletter(app, events=("conference",))
    release(app, number)
    clock.advance(minutes=11)
    deliver_one = maildir.deliver

    def die_at_the_third(*mail):
        if len(kept(app)) == 2:
            raise KeyboardInterrupt
        return deliver_one(*mail)

    with monkeypatch.context() as killed:
        killed.setattr(maildir, "deliver", die_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            work(app)
    assert states(app) == ["sending"] * 6
    move(app)
    work(app)
    assert stage(app, number) == (Stage.PAUSED, Why.EVENT_CHANGED)
    assert [(row.state, row.attempts) for row in rows(app)][:3] == [("sent", 1), ("sent", 1), ("deferred", 1)]
    with app.app_context():
        bulk.look_after()
    with locked(app, number) as found:
        releases.resume(found, seen=looking.shown(looking.load(found)), by=DIEGO)
    work(app)
    assert [(row.state, "22 October" in row.text) for row in rows(app)] == [("sent", n >= 3) for n in range(6)]
    assert Counter(outcome for outcome, _code, _text in history(app)) == {"sent": 6, "interrupted": 1}


def test_a_pause_is_exact_and_a_stop_is_for_good(app, clock):
    readers(app, en=6)
    number = newsletter(app)
    release(app, number)
    clock.advance(minutes=11)
    compose(app)
    with locked(app, number) as found:
        releases.pause(found, by=CLARA)
    deliver(app)
    assert Counter(row.state for row in rows(app)) == {"queued": 6}
    with locked(app, number) as found:
        releases.resume(found, seen="", by=CLARA)
    deliver(app)
    assert Counter(row.state for row in rows(app)) == {"sent": 6}

    second = newsletter(app, subject=Text(en="Second"))
    release(app, second)
    clock.advance(minutes=11)
    compose(app)
    with locked(app, second) as found:
        releases.cancel(found, by=DIEGO)
    work(app)
    assert Counter((row.subject, row.state) for row in rows(app)) == {
        ("News of February", "sent"): 6,
        ("Second", "cancelled"): 6,
    }
    with pytest.raises(WrongStage), locked(app, second) as found:
        releases.resume(found, seen=looking.shown(looking.load(found)), by=DIEGO)


def test_a_confirmation_leaves_before_a_newsletter_that_was_due_first(app, clock):
    readers(app, en=3)
    release(app, newsletter(app))
    clock.advance(minutes=11)
    compose(app)
    clock.advance(seconds=5)
    enrol(app)
    relay(app)
    with app.app_context(), transaction():
        claims = outbox.claim("me", most=50)
    assert [claimed.letter.kind for claimed in claims] == ["registration.confirmed"]


def test_more_than_fifty_readers_want_a_second_organiser(app):
    readers(app, en=51)
    number = newsletter(app)
    with pytest.raises(SecondLook), locked(app, number) as found:
        releases.release(found, version=found.version, by=CLARA)
    with locked(app, number) as found:
        releases.ask_for_a_second_look(found, by=CLARA)
    with pytest.raises(SecondLook), locked(app, number) as found:
        releases.release(found, version=found.version, by=CLARA)
    with pytest.raises(Stale), locked(app, number) as found:
        releases.release(found, version=found.version - 1, by=DIEGO)
    with locked(app, number) as found:
        releases.release(found, version=found.version, by=DIEGO)
    assert stage(app, number) == (Stage.RELEASED, Why.NOTHING)


def test_a_campaign_that_missed_its_hour_asks_first(app, clock):
    readers(app, en=1)
    number = newsletter(app)
    release(app, number)
    clock.advance(seconds=(HOLD + LATE + timedelta(minutes=1)).total_seconds())
    work(app)
    assert (rows(app), stage(app, number)) == ([], (Stage.PAUSED, Why.LATE))
    with locked(app, number) as found:
        releases.resume(found, seen=looking.shown(looking.load(found)), by=CLARA)
    clock.advance(seconds=HOLD.total_seconds() + 1)
    work(app)
    assert len(rows(app)) == 1


def test_a_message_goes_to_those_who_have_a_place_and_speaks_to_each_by_name(app, clock):
    enrol(app, 2, given_name="{{own_link}}<b>")
    enrol(app, email="", phone="+31 43 000", given_name="Jan", choices={"day-2": Mode.ONLINE})
    relay(app)
    words = {
        "intro": Text(en="Dear {{given_name}}, see [your page]({{own_link}})."),
        "subject": Text(en="For {{name}}"),
    }
    number = campaign(app, Kind.MESSAGE, about="conference", **words)
    release(app, number)
    clock.advance(minutes=11)
    work(app)
    mine = [row for row in rows(app) if row.kind == "registration.message"]
    assert [row.address for row in mine] == ["anna0@park.example", "anna1@park.example"]
    assert (mine[0].unsubscribe, mine[0].list_id) == ("", "")
    assert 'Dear {{own_link}}&lt;b&gt;, see <a href="http://localhost/en/registrations/' in mine[0].html
    assert mine[0].subject == "For {{own_link}}<b> Nowak 0"
    page = re.search(r"http://localhost(/en/registrations/[\w.-]+)", mine[0].text)
    assert page is not None
    visitor = app.test_client()
    token = hidden(visitor, f"{page[1]}/withdrawal")
    visitor.post(f"{page[1]}/waiting-emails", data=token)  # the link came by this e-mail alone
    assert count(app, ConfirmedMailbox, mailbox_digest=addresses.mailbox_digest("anna0@park.example")) == 1


def test_who_left_since_it_began_and_whose_address_is_dead_get_nothing_more(app, clock):
    enrol(app, 3)
    relay(app)
    number = campaign(app, Kind.MESSAGE, about="conference")
    release(app, number)
    clock.advance(minutes=11)
    with app.app_context():
        bulk.carry_on(dispatch.FORGET)  # it begins
        bulk.carry_on(dispatch.FORGET)  # its readers are written down
    with app.app_context(), transaction():
        people = db.session.scalars(db.select(Registration).order_by(Registration.id)).all()
        people[0].withdrawn_at = people[0].registered_at
        db.session.add(
            Suppression(address_digest=people[1].address_digest, reason="hard", since=people[1].registered_at)
        )
    work(app)
    mine = {row.address: row.state for row in rows(app) if row.kind == "registration.message"}
    assert mine == {"anna1@park.example": "suppressed", "anna2@park.example": "sent"}
    assert written(app, number) == (3, 3)


@pytest.mark.one_database
def test_a_link_may_stand_alone_in_brackets_in_bold_or_behind_words(app):
    words = "{{leave_link}}\n\n- ({{ leave_link }})\n- **{{web_version}}**\n- <{{leave_link}}>, [x]({{leave_link}})\n"
    assert newsletter(app, intro=Text(en=words))


@pytest.mark.parametrize(
    "words, path, fault",
    [
        ({"intro": Text(en="Dear {{surname}}")}, "intro.en", "placeholder: {{surname}}"),
        ({"intro": Text(en="{{given_name}}")}, "intro.en", "placeholder: {{given_name}}"),
        (
            {"closing": Text(en="[x](https://a.example/{{leave_link}})")},
            "closing.en",
            "address: https://a.example/%7B%7Bleave_link%7D%7D",
        ),
        (
            {"intro": Text(en="Look: https://a.example/?x=({{ leave_link }}")},
            "intro.en",
            "address: https://a.example/?x=({{leave_link}}",
        ),
        (
            {"intro": Text(en="https://a.example/?x=**{{leave_link}}**")},
            "intro.en",
            "address: https://a.example/?x=**%7B%7Bleave_link%7D",
        ),
        (
            {"intro": Text(en="https://a.example/?<{{leave_link}}")},
            "intro.en",
            "address: https://a.example/?<{{leave_link}}",
        ),
        ({"intro": Text(en='[x](https://a.example "{{leave_link}}")')}, "intro.en", "address: {{leave_link}}"),
        ({"intro": Text(en="Look:\n\n[![Our *hall*](https://a.example/h.png)](/x)")}, "intro.en", "image: Our *hall*"),
        ({"subject": Text(en="a\nBcc: b@c.example")}, "subject.en", "line"),
        ({"subject": Text(en="x" * 151)}, "subject.en", "long"),
    ],
)
@pytest.mark.one_database
def test_what_could_not_be_sent_as_it_is_meant_is_refused_when_it_is_saved(app, words, path, fault):
    with pytest.raises(Invalid) as refused:
        newsletter(app, **words)
    assert (refused.value.path, refused.value.detail) == (path, fault)


def test_a_test_goes_to_the_organiser_alone_and_is_marked(app):
    signed_in(app)
    work(app)
    readers(app, fr=1)
    number = newsletter(app, events=("conference",))
    with locked(app, number) as found:
        releases.test(found, language="fr", by=CLARA)
    work(app)
    row = rows(app)[-1]
    assert (row.kind, row.address, row.subject) == (
        "campaign.tested",
        "coordinator0@s3chem.example",
        "[Test] Nouvelles de février",
    )
    assert "18 juin 2027" in row.text
    for text in (row.text, row.html):  # the end that readers see, too, and no link of anybody's own
        ends = re.findall(r"http://localhost/fr/newsletter[^\s\"<]*", text)
        assert [link.partition("/issues/")[0] for link in ends] == ["http://localhost/fr/newsletter"] * 3


def test_a_test_and_a_preview_for_nobody_in_particular_read_like_an_e_mail_to_somebody(app):
    enrol(app)
    desk, said = signed_in(app), "Dear {{name}}, see {{own_link}} and [mine]({{own_link}})."
    number = campaign(app, Kind.MESSAGE, about="conference", intro=Text(en=said), subject=Text(en="Hi {{name}}"))
    with locked(app, number) as found:
        releases.test(found, language="en", by=CLARA)
    work(app)
    row = rows(app)[-1]
    link = "http://localhost/en/registrations/lost-link"
    assert row.subject == "[Test] Hi Anna Example"
    assert f"Dear Anna Example, see {link} and mine ({link})." in " ".join(row.text.split())
    assert "You are receiving this e-mail because you are registered for “Final conference”." in row.html
    assert f"Your registration: {link}" in row.text
    preview = "/desk/newsletter/campaigns/1/preview/en"
    shown = desk.get(f"{preview}/body").text
    assert ("Hi Anna Example" in desk.get(preview).text, "Dear Anna Example, see" in shown) == (True, True)
    assert "mine ()" not in shown
    assert desk.get(link.removeprefix("http://localhost")).status_code == 200
