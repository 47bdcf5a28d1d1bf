"""What is told late, in two steps, or taken back at the last moment: nobody hears twice of one thing, or of nothing."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events import dispatch
from s3chem_events.campaigns import emails as campaigns
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import relaying
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.registration.emails import changed
from tests.campaigns.test_followers import follow
from tests.conftest import Clock
from tests.desk.test_event_editor import facts_of
from tests.desk.test_life import EVENT, OCTOBER, decide, step, undo
from tests.factories import CONFERENCE, add_event, register, soup, words
from tests.support.desk import filled, signed_in
from tests.support.post import enrol, kept, relay, rows, work

PLACE = {"venue__name": "Chemelot Campus"}
MOVED = "New date for Final conference: 22 October 2027"
ANNOUNCED = "Announced: Final conference, 22 October 2027"


@pytest.fixture
def organiser(app: Flask, clock: Clock) -> FlaskClient:
    add_event(app)
    clock.advance(days=1)
    return signed_in(app)


def letters_of(app: Flask) -> list[tuple[str, str]]:
    return [(row.address, row.subject) for row in rows(app) if row.kind == "event.changed"]


def broken_off(after: int, then: Callable[[], None]) -> Callable[..., Iterator[Draft]]:
    """Return the composer of changes, which after some drafts lets something happen: what it wrote is not kept yet."""

    def composer(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
        for number, draft in enumerate(list(changed.event_changed(facts, letterhead))):
            if number == after:
                then()
            yield draft

    return composer


def test_second_change_while_the_worker_is_away_is_told_with_the_first_in_one_email(app, client, clock, organiser):
    register(client, email="anna@park.example")
    work(app)
    decide(organiser, step(organiser, "rescheduling", **OCTOBER), "rescheduling", "yes")
    clock.advance(hours=3)  # no worker
    preview = step(organiser, "announcement", **PLACE)
    said = words(preview)
    assert "should have left by 24 November 2026, 13:10 CET, and have not all left yet." in said
    assert "Moved from 18 June 2027 to 22 October 2027." in said
    assert soup(preview).select("button[name=told][value=no]") == []
    assert decide(organiser, preview, "announcement", "yes").status_code == 303
    assert work(app) == 0
    clock.advance(minutes=10)
    assert (work(app), work(app)) == (1, 0)
    assert letters_of(app) == [("anna@park.example", ANNOUNCED)]
    mail = kept(app)[-1]
    assert "Moved from 18 June 2027 to 22 October 2027." in " ".join(mail.text.split())
    assert "The event has been announced." in mail.text
    assert "Chemelot Campus" in mail.text


@pytest.fixture
def half_told(app: Flask, clock: Clock, organiser: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two people be told of a move, by a worker that is killed after the first; and then of the announcement."""
    enrol(app, 2)
    work(app)
    decide(organiser, step(organiser, "rescheduling", **OCTOBER), "rescheduling", "yes")
    clock.advance(minutes=11)

    def killed() -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(dispatch, "BATCH", 1)
        patch.setitem(dispatch.EMAILS, "event.changed", (broken_off(1, killed),))
        with pytest.raises(SystemExit):
            relay(app)
    assert letters_of(app) == [("anna0@park.example", MOVED)]
    decide(organiser, step(organiser, "announcement", **PLACE), "announcement", "yes")


def test_worker_that_broke_off_goes_on_with_both_changes_and_each_reads_what_is_news(app, clock, half_told):
    clock.advance(minutes=10)
    relay(app)
    assert letters_of(app) == [
        ("anna0@park.example", MOVED),
        ("anna0@park.example", ANNOUNCED),
        ("anna1@park.example", ANNOUNCED),
    ]
    texts = [row.text for row in rows(app) if row.kind == "event.changed"]
    assert [("Moved from" in text, "The event has been announced." in text) for text in texts] == [
        (True, False),
        (False, True),
        (True, True),
    ]


def test_both_undone_whoever_was_told_of_the_first_reads_what_holds_again(app, clock, organiser, half_told):
    assert undo(organiser).status_code == 303
    assert "Undone. 1 person who registered or was written to in the meantime is told" in words(
        organiser.get(f"{EVENT}/")
    )
    assert facts_of(app) == CONFERENCE
    clock.advance(minutes=10)
    relay(app)
    back = "New date for Final conference: 18 June 2027"
    assert letters_of(app) == [("anna0@park.example", MOVED), ("anna0@park.example", back)]


def test_followers_told_before_a_worker_broke_off_read_what_holds_again(app, clock, organiser, monkeypatch):
    for number in range(2):
        follow(app, app.test_client(), email=f"ola{number}@park.example")
    decide(organiser, step(organiser, "rescheduling", **OCTOBER), "rescheduling", "yes")
    clock.advance(minutes=11)
    composer = campaigns.changed

    def killed(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
        yield from islice(composer(facts, letterhead), 1)
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(dispatch, "BATCH", 1)
        patch.setitem(dispatch.EMAILS, "event.changed", (killed,))
        with pytest.raises(SystemExit):
            relay(app)
    told = [row.address for row in rows(app) if row.kind == "follower.told"]
    assert told == ["ola0@park.example"]
    days = {"parts-0-starts_on": "2027-06-17", "parts-1-starts_on": "2027-06-18"}
    days |= {name.replace("starts", "ends"): day for name, day in days.items()}
    path = f"{EVENT}/rescheduling"
    assert organiser.post(path, data=filled(organiser.get(path)) | days).status_code == 303
    work(app)
    mails = [(row.address, row.subject) for row in rows(app) if row.kind == "follower.told"]
    back = "New date for Final conference: 18 June 2027"
    assert mails == [("ola0@park.example", MOVED), ("ola0@park.example", back)]
    clock.advance(minutes=20)
    assert work(app) == 0


@pytest.mark.parametrize("guarded", [True, False])
def test_undo_of_the_last_second_is_followed_by_no_email(app, client, clock, organiser, monkeypatch, guarded):
    enrol(app, 3)
    work(app)
    decide(organiser, step(organiser, "rescheduling", **OCTOBER), "rescheduling", "yes")
    said: list[str] = []

    def undone() -> None:
        clock.advance(seconds=-1)
        undo(organiser)
        clock.advance(seconds=1)
        said.append(words(organiser.get(f"{EVENT}/")))

    clock.advance(minutes=10)
    monkeypatch.setitem(dispatch.EMAILS, "event.changed", (broken_off(1, undone),))
    if not guarded:
        monkeypatch.setattr(relaying, "_called_off", lambda fact_ids: set())
    relay(app)
    assert "Undone. Nobody has been told." in said[0]
    assert facts_of(app) == CONFERENCE
    assert len(letters_of(app)) == (0 if guarded else 3)
