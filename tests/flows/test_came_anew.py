"""Who came anew after a cancelled day has two registrations, and is one person (decision 0020)."""

from dataclasses import replace

from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.db import db
from s3chem_events.publishing.lifecycle import State, Visibility
from s3chem_events.registration import links
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import CLOSED_DAY, PUBLIC_DAY, add_event, register, revise_event, soup, words
from tests.site.test_invited import GUEST, invite, link, press
from tests.support.desk import filled, signed_in

FORM = "/en/events/conference/register"
LIST = "/desk/events/conference/participants"
MEETING = replace(CLOSED_DAY, visibility=Visibility.PUBLIC)


def come(app: Flask, name: str, part: str) -> str:
    """Register somebody for a part; returns the page that the form leads to."""
    return str(register(app.test_client(), FORM, given_name=name, email="anna@x.example", parts=[part]).location)


def mailed_pages(app: Flask) -> list[tuple[str, str]]:
    """Return each registration's reference, and its page by the link of an e-mail."""
    with app.app_context():
        return [
            (one.reference, links.own_page(one.id, one.link_version, language="en", mailed_to=one.email))
            for one in db.session.scalars(db.select(Registration).order_by(Registration.id))
        ]


def test_both_registrations_name_each_other_to_their_owner_and_count_as_one_person(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app, state=State.ANNOUNCED, parts=(MEETING, PUBLIC_DAY))
    come(app, "Anna", "day-1")
    come(app, "Boris", "day-1")  # of the same mailbox
    revise_event(app, parts=(replace(MEETING, cancelled=True), PUBLIC_DAY))
    by_form = come(app, "Anna", "day-2")
    desk = signed_in(app)
    (first, first_page), (_boris, boris_page), (second, second_page) = mailed_pages(app)
    for is_held in (False, True):  # and after the day is held after all
        revise_event(app, parts=(replace(MEETING, cancelled=not is_held), PUBLIC_DAY))
        for page, other, title, leads in (
            (first_page, second, "Public conference", second_page),
            (second_page, first, "Working-group meeting", first_page),
        ):
            shown = client.get(page)
            assert f"You have another registration for this event, {other}: {title}." in words(shown)
            assert [a["href"] for a in soup(shown).select("a") if a.text == "Open the other registration"] == [leads]
        assert "another registration" not in words(client.get(by_form))  # whoever typed her name learns nothing
        assert "another registration" not in words(client.get(boris_page))
        listed = [" ".join(row.get_text(" ").split()) for row in soup(desk.get(LIST)).select("tbody th")]
        assert listed == [
            f"Anna Źdźbło also registered as {second}",
            f"Anna Źdźbło also registered as {first}",
            "Boris Źdźbło",
        ]
        for asked, said in (("", "2 people"), ("?state=all", "2 people"), ("?part=day-2", "1 person")):
            status = soup(desk.get(f"{LIST}{asked}")).select_one("p.quiet[role=status]")
            assert status is not None
            assert status.text.startswith(f"{said} ·")
        assert f"also registered as {second}" in words(desk.get(f"{LIST}/{first}"))
        assert "2 people registered" in words(desk.get("/desk/events/conference/"))
        rows = desk.get(f"{LIST}.json").get_json()
        there = [(row["reference"], row["part"]) for row in rows if row["given_name"] == "Anna"]
        assert there == [(first, "day-1"), (second, "day-2")]


def test_an_invitation_adds_no_part_that_the_former_registration_holds(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app, state=State.ANNOUNCED, parts=(MEETING, PUBLIC_DAY))
    come(app, "Anna", "day-1")
    revise_event(app, parts=(replace(MEETING, cancelled=True), PUBLIC_DAY))
    come(app, "Anna", "day-2")
    revise_event(app, parts=(CLOSED_DAY, PUBLIC_DAY))  # held after all, for guests alone
    (guest,) = invite(app, replace(GUEST, email="anna@x.example", family_name="Źdźbło"))
    press(client, link(app, guest), press="join")
    desk = signed_in(app)
    rows = desk.get(f"{LIST}.json").get_json()
    assert sorted((row["part"], row["state"]) for row in rows) == [("day-1", "confirmed"), ("day-2", "confirmed")]


def test_namesakes_without_an_address_are_as_many_people_as_have_telephones(app: Flask, clock: Clock) -> None:
    add_event(app, state=State.ANNOUNCED, parts=(MEETING, PUBLIC_DAY))
    desk, jan = signed_in(app), {"given_name": "Jan", "family_name": "Nowak", "organisation": "Park"}

    def enter(phone: str, **chosen: str) -> str:
        new = f"{LIST}/new"
        answer = desk.post(new, data=filled(desk.get(new)) | jan | {"phone": phone} | chosen)
        assert answer.status_code == 303
        return str(answer.location)

    enter("+48 600 700 801", **{"mode-day-1": "on_site"})
    revise_event(app, parts=(replace(MEETING, cancelled=True), PUBLIC_DAY))
    again, _other = (enter(phone, **{"mode-day-2": "on_site"}) for phone in ("+48 600 700 801", "+48 600 700 802"))
    assert "2 people ·" in words(desk.get(LIST))
    press(desk, f"{again}/withdrawal")  # what he had before is his still, should it be held after all
    assert "2 people, and 1 withdrawn or rejected ·" in words(desk.get(LIST))
