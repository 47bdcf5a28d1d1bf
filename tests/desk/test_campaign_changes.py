"""Events that change while a campaign is written, held or paused; and campaigns that are paused and stopped."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask

from s3chem_events import bulk, dispatch
from s3chem_events.campaigns import releases
from s3chem_events.campaigns.stages import Kind, Stage, Why
from s3chem_events.core.clock import now
from s3chem_events.core.db import transaction
from s3chem_events.core.text import Text
from s3chem_events.publishing import news
from s3chem_events.publishing.lifecycle import State
from tests.factories import PUBLIC_DAY, add_event, hidden, revise_event, soup, words
from tests.support.campaigns import CLARA, ONE, campaign, locked, newsletter, press, readers, release, sent_by, stage
from tests.support.desk import filled, signed_in
from tests.support.post import rows, work


@pytest.fixture(autouse=True)
def house(app: Flask, clock) -> None:
    add_event(app, parts=(PUBLIC_DAY,))


def move(day: date = date(2027, 10, 22)) -> dict[str, object]:
    return {"parts": (replace(PUBLIC_DAY, starts=day, ends=day),)}


def told(app: Flask) -> list[list[str]]:
    """Return the dates that each newsletter in the outbox tells."""
    mine = (row for row in rows(app) if row.kind == "subscriber.newsletter")
    return [re.findall(r"\d+ (?:June|October|November) 2027", row.text) for row in mine]


@pytest.mark.parametrize("looks_after", [True, False])
def test_an_event_that_moves_during_a_pause_is_written_anew_once_its_new_block_was_shown(app, clock, looks_after):
    readers(app, en=4)
    release(app, newsletter(app, events=("conference",)))
    clock.advance(minutes=11)
    with app.app_context():
        while bulk.carry_on(dispatch.FORGET):
            pass
    assert told(app) == [["18 June 2027"]] * 4
    desk = signed_in(app)
    press(desk, "pause")
    before = sent_by(desk.get(ONE), "resumption")
    revise_event(app, **move())
    if looks_after:
        work(app)
    refused = desk.post(f"{ONE}/resumption", data=before, follow_redirects=True)
    assert "An event or a piece of news in it has changed. Look at it once more" in words(refused)
    assert "22 October 2027 · Maastricht" in soup(refused).select_one('[aria-labelledby="held"]').get_text()
    revise_event(app, **move(date(2027, 11, 5)))  # again, while she reads
    again = desk.post(f"{ONE}/resumption", data=sent_by(refused, "resumption"), follow_redirects=True)
    assert "5 November 2027 · Maastricht" in soup(again).select_one('[aria-labelledby="held"]').get_text()
    work(app)
    assert told(app) == [[]] * 4
    assert "It goes on." in words(press(desk, "resumption"))
    work(app)
    assert told(app) == [["5 November 2027"]] * 4


def test_a_save_switches_the_stop_off_only_where_the_new_block_was_shown(app):
    readers(app, en=1)
    newsletter(app, events=("conference",))
    desk = signed_in(app)
    stale = filled(desk.get(f"{ONE}/texts/en"))
    revise_event(app, **move())
    stop = "“Final conference” has changed since this was saved."
    page = desk.post(f"{ONE}/texts/en", data=stale, follow_redirects=True)
    assert "22 October 2027 · Maastricht" in words(page)
    assert stop in words(desk.get(ONE))
    assert soup(desk.get(ONE)).select_one('form[action$="/release"]') is None
    desk.post(f"{ONE}/texts/en", data=filled(page))
    assert stop not in words(desk.get(ONE))
    revise_event(app, state=State.DRAFT)
    assert "An event or a piece of news in it is not public any more" in words(desk.get(ONE))
    assert soup(desk.get(ONE)).select_one('form[action$="/release"]') is None
    desk.post(f"{ONE}/content", data={**filled(desk.get(f"{ONE}/content")), "do": "save"})
    assert soup(desk.get(ONE)).select_one('form[action$="/release"]') is not None


def test_an_invitation_whose_event_is_hidden_during_the_hold_waits_for_it(app, clock):
    readers(app, en=1)
    subject = Text(en="Invitation: {{event_title}}")
    release(app, campaign(app, Kind.INVITATION, about="conference", subject=subject))
    revise_event(app, state=State.DRAFT)
    clock.advance(minutes=11)
    work(app)
    desk = signed_in(app)
    assert "An event or a piece of news in it is not public any more" in words(desk.get(ONE))
    assert "Its event is hidden or gone." in words(press(desk, "resumption"))
    revise_event(app, state=State.ANNOUNCED)
    assert "It goes on." in words(press(desk, "resumption"))
    work(app)
    assert rows(app) == []  # the clock had stopped it: it is held as at its first release
    assert "Taken back. Nobody has received anything." in words(press(desk, "taking-back"))
    release(app, 1)
    clock.advance(minutes=9)
    work(app)
    assert rows(app) == []
    clock.advance(minutes=1)
    work(app)
    assert [row.subject for row in rows(app) if row.kind.startswith("subscriber.")] == ["Invitation: Final conference"]


def test_a_part_with_another_name_stops_a_release_until_it_was_shown(app, clock):
    readers(app, en=2)
    lab = replace(PUBLIC_DAY, key="lab", title=Text(en="Talks"))
    revise_event(app, parts=(PUBLIC_DAY, lab))
    newsletter(app, events=("conference",))
    desk = signed_in(app)
    before = sent_by(desk.get(ONE), "release")
    revise_event(app, parts=(PUBLIC_DAY, replace(lab, title=Text(en="Lab alone"))))
    refused = desk.post(f"{ONE}/release", data=before, follow_redirects=True)
    assert "An event or a piece of news in it has changed. Look at it once more" in words(refused)


def test_a_piece_of_news_that_is_rewritten_or_dated_ahead_stops_its_newsletter_and_is_left_out_before_its_day(
    app, clock
):
    readers(app, en=2)
    words_of_it: dict[str, Text] = {"title": Text(en="Good yield"), "lead": Text(en="As it was."), "body": Text()}
    with app.app_context(), transaction():
        item = news.publish(slug="n", published_on=date(2026, 11, 1), event_id=None, by=CLARA, **words_of_it).id
    release(app, newsletter(app, blocks=[{"kind": "news", "id": item}]))
    desk, path = signed_in(app), f"/desk/news/{item}/en"

    def rewrite(**changes: str) -> str:
        assert desk.post(path, data=filled(desk.get(path)) | changes).status_code == 303
        clock.advance(minutes=11)
        work(app)
        assert (rows(app), stage(app, 1)) == ([], (Stage.PAUSED, Why.EVENT_CHANGED))
        return words(desk.get(ONE))

    assert "It has changed; this is how it is now: Pills Cheap." in rewrite(title="Pills", lead="Cheap.")
    before = sent_by(desk.get(ONE), "resumption")
    assert "It goes on." in words(press(desk, "resumption"))
    assert "An event or a piece of news in it is not public any more" in rewrite(published_on="2027-01-05")
    stale = desk.post(f"{ONE}/resumption", data=before, follow_redirects=True)
    assert "An event or a piece of news in it has changed. Look" in words(stale)
    assert "It goes on." in words(press(desk, "resumption"))
    clock.advance(minutes=11)
    work(app)
    assert ["Pills" in row.text or "Pills" in row.html for row in rows(app)] == [False, False]
    visitor, issue = app.test_client(), re.search(r"/en/newsletter/issues/\S+", rows(app)[0].text).group()
    assert "Pills" not in visitor.get(issue).text
    clock.advance(days=60)
    assert "“Pills” has changed since this newsletter went out." in words(visitor.get(issue))


def test_a_pause_before_the_first_email_keeps_the_chosen_hour(app, clock):
    readers(app, en=1)
    release(app, newsletter(app, wanted_at=now() + timedelta(days=3)))
    desk = signed_in(app)
    work(app)
    sent = len(rows(app))
    desk.post(f"{ONE}/pause", data=hidden(desk, ONE))
    assert "It goes on." in words(press(desk, "resumption"))
    clock.advance(hours=71)
    work(app)
    assert len(rows(app)) == sent
    clock.advance(hours=1)
    work(app)
    assert len(rows(app)) == sent + 1


def test_a_newsletter_that_is_stopped_stays_for_who_has_its_address_and_is_listed_no_more(app, clock):
    readers(app, en=1)
    release(app, newsletter(app))
    clock.advance(minutes=11)
    work(app)
    visitor, desk = app.test_client(), signed_in(app)
    listed = "/en/newsletter/issues/"
    (row,) = rows(app)[:1]
    path = re.search(r"/en/newsletter/issues/\S+", row.text).group()
    assert "News of February" in visitor.get(listed).text
    with locked(app, 1) as found:
        releases.cancel(found, by=CLARA)
    assert "News of February" not in visitor.get(listed).text
    assert "Good news from Limburg" in words(visitor.get(path))
    assert "Stopped for good." in words(desk.get(ONE))
