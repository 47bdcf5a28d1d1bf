"""A reason holds for the change that it was given for, and goes with the next one: everywhere that it was told."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.text import Text
from s3chem_events.publishing.lifecycle import Mode, State
from tests.conftest import Clock
from tests.desk.test_event_editor import facts_of
from tests.desk.test_life import EVENT, decide, step
from tests.factories import PUBLIC_DAY, add_event, soup
from tests.support.desk import confirmed, filled, signed_in
from tests.support.post import enrol, kept, work

pytestmark = pytest.mark.one_database
WHY = "The minister has fallen ill."


def flat(calendar: str) -> str:
    return calendar.replace("\r\n ", "").replace("\n ", "")


def test_reason_of_a_cancelled_part_goes_when_it_takes_place_after_all_and_stays_out_of_a_copy(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app, state=State.ANNOUNCED)
    organiser = signed_in(app)
    enrol(app, email="guest@park.example", choices={"day-1": Mode.ON_SITE}, invited=("day-1",))
    decide(organiser, step(organiser, "cancellation", what="part-day-1", reason=WHY), "cancellation", "yes")
    clock.advance(minutes=11)
    work(app)
    assert [part.reason for part in facts_of(app).parts] == [Text(en=WHY), Text()]
    assert WHY in kept(app)[-1].text

    form = filled(organiser.get(f"{EVENT}/copy")) | {"first_day": "2028-06-17"}
    asked = organiser.post(f"{EVENT}/copy", data=form)
    copied = organiser.post(f"{EVENT}/copy", data=filled(asked) | confirmed(asked))
    parts = facts_of(app, str(copied.location).rstrip("/").rsplit("/", 1)[-1]).parts
    assert [(part.cancelled, part.reason) for part in parts] == [(False, Text()), (False, Text())]

    decide(organiser, step(organiser, "revival", what="part-day-1"), "revival", "yes")
    clock.advance(minutes=11)
    work(app)
    mail = kept(app)[-1]
    assert "takes place after all" in mail.text
    assert "METHOD:REQUEST" in mail.calendar
    assert WHY not in mail.text + flat(mail.calendar)
    assert [(part.cancelled, part.reason) for part in facts_of(app).parts] == [(False, Text()), (False, Text())]


def test_reason_of_a_postponement_goes_on_the_edit_page_with_the_postponement_and_with_nothing_else(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    boat = replace(PUBLIC_DAY, key="boat", title=Text(en="Boat trip"))
    add_event(app, parts=(boat, PUBLIC_DAY), state=State.ANNOUNCED)
    organiser = signed_in(app)

    def says() -> list[bool]:
        page = soup(client.get("/en/events/conference"))
        assert WHY in page.select(".history")[0].get_text()  # what was is told for ever
        noticed = " ".join(notice.get_text() for notice in page.select("main .notice-changed"))
        return [WHY in noticed, WHY in flat(client.get("/calendar.ics").get_data(as_text=True))]

    assert step(organiser, "postponement", reason=WHY).status_code == 303
    assert says() == [True, True]
    assert step(organiser, "edit", **{"parts-0-title": "Boat tour", "closes": "2027-06-01T12:00"}).status_code == 303
    assert (says(), facts_of(app).parts[0].title) == ([True, True], Text(en="Boat tour"))
    assert step(organiser, "edit", state="announced").status_code == 303
    assert (says(), facts_of(app).state, facts_of(app).reason) == ([False, False], State.ANNOUNCED, Text())
