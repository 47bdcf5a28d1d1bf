"""A contact registers several people: all or nobody, each reachable, one gone and the others stay (B2, B3, B4, C13)."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from werkzeug.test import TestResponse

from s3chem_events.core.db import db, transaction
from s3chem_events.core.text import Text
from s3chem_events.publishing.lifecycle import Mode, Visibility, WaitingList
from s3chem_events.registration.models import Answer, BlockedAddress, Code, Delegation, Participation, Registration
from tests.conftest import Clock
from tests.factories import (
    FILLED,
    PUBLIC_DAY,
    add_event,
    add_question,
    count,
    hidden,
    hidden_in,
    not_me,
    register,
    revise_event,
    soup,
    words,
)
from tests.support.post import confirm, kept, relay, rows, work
from tests.support.puzzles import solved
from tests.support.statements import statements

GROUP = "/en/events/conference/register/group"
CONTACT = FILLED | {"given_name": "Greta", "family_name": "Amt", "email": "office@park.example", "attends": "no"}
FIVE = (
    ("Anna", "Nowak", "anna@park.example"),
    ("Ben", "Okafor", "ben@park.example"),
    ("Carla", "Puig", ""),
    ("Dirk", "de Vries", ""),
    ("Ewa", "Żak", ""),
)


@pytest.fixture(autouse=True)
def event(app: Flask, clock: Clock) -> None:
    add_event(app, parts=(replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 40, Mode.ONLINE: None}),))


def filled(client: FlaskClient, people: Any = FIVE, path: str = GROUP, **changes: Any) -> dict[str, Any]:
    """Return the form as a browser would send it; a change to None leaves the field out."""
    fields = {**CONTACT, **hidden(client, path)}
    for number, (given, family, email) in enumerate(people, start=1):
        fields |= {
            f"person-{number}-given_name": given,
            f"person-{number}-family_name": family,
            f"person-{number}-email": email,
        }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def delegate(client: FlaskClient, people: Any = FIVE, **changes: Any) -> TestResponse:
    return client.post(GROUP, data=filled(client, people, **changes))


def standings(app: Flask) -> list[tuple[str, str, str]]:
    """Return name, address and state of everybody, in the order of arrival."""
    with app.app_context():
        found = db.session.execute(
            db.select(Registration.given_name, Registration.email, Participation.standing)
            .join(Participation)
            .order_by(Participation.id)
        )
        return [(name, email, standing.value) for name, email, standing in found]


def own_links(text: str) -> list[str]:
    return re.findall(r"http://localhost(/en/registrations/[\w.-]+)\n", text)


def sent_again(page: TestResponse, form: str = "registration") -> dict[str, Any]:
    """Return what a browser would send of the page's form as it stands."""
    found: dict[str, Any] = {}
    for one in soup(page).select(f"form#{form} :is(input, select)"):
        if one.name == "select":
            chosen = one.select_one("option[selected]") or one.select_one("option")
            assert chosen is not None
            found[str(one["name"])] = str(chosen["value"])
        elif one.get("type") not in {"checkbox", "radio"} or one.has_attr("checked"):
            found[str(one["name"])] = str(one.get("value", ""))
    return found


def test_five_people_each_with_a_place_and_a_link_and_one_gone_leaves_four(app: Flask, client: FlaskClient) -> None:
    answer = delegate(client)  # B2
    assert answer.status_code == 303, words(answer)
    page = answer.headers["Location"]
    assert page.startswith("/en/delegations/")
    assert standings(app) == [(given, email or "office@park.example", "confirmed") for given, _f, email in FIVE]
    assert work(app) == 3
    mails = {mail.envelope.to: mail for mail in kept(app)}
    assert set(mails) == {
        "Greta Amt <office@park.example>",
        "Anna Nowak <anna@park.example>",
        "Ben Okafor <ben@park.example>",
    }
    summary = mails["Greta Amt <office@park.example>"]
    assert summary.envelope.subject == "Your delegation: Final conference, 18 June 2027"
    assert summary.calendar == ""
    handed_on = own_links(summary.text)
    assert len(handed_on) == 3
    shown = [words(client.get(link)) for link in handed_on]
    for mine, (given, family, _email) in zip(shown, FIVE[2:], strict=True):
        assert f"{given} {family}" in mine
        assert [other for other, _f, _e in FIVE if other != given and other in mine] == []
    guest = mails["Anna Nowak <anna@park.example>"]
    assert "Greta Amt registered you for this event." in guest.text
    assert "http://localhost/en/privacy" in guest.text
    assert Calendar.from_ical(guest.calendar)["METHOD"] == "REQUEST"
    seen = words(client.get(page))
    assert [name for given, family, _e in FIVE if (name := f"{given} {family}") not in seen] == []
    assert "18 June 2027" in seen
    carla = soup(client.get(page)).find("a", string="Withdraw Carla Puig…")
    assert carla is not None
    ask = str(carla["href"])
    assert "Withdraw Carla Puig?" in words(client.get(ask))
    assert standings(app)[2][2] == "confirmed"  # GET asks
    assert "Yes, take Carla Puig off" in words(client.get(ask))
    done = client.post(ask, data=hidden(client, ask)).headers["Location"]
    assert done.startswith(f"{page}?gone=")
    after = client.get(done)
    assert "Carla Puig is no longer registered. An e-mail confirms it." in words(after)
    back = soup(after).find("a", string="Take the place of Carla Puig back…")
    assert back is not None
    assert "Take your place back?" in words(client.get(str(back["href"])))
    assert [standing for _n, _a, standing in standings(app)].count("confirmed") == 4
    assert client.post(ask, data=hidden(client, page)).headers["Location"] == done
    assert work(app) == 1  # and a second press writes to nobody
    gone = kept(app)[-1]
    assert gone.envelope.subject.endswith("(Carla Puig)")
    assert "office@park.example" in gone.envelope.to
    assert "who has no e-mail address of their own here" in " ".join(gone.text.split())
    why = "because the registration of Carla Puig for “Final conference” was withdrawn, and you are the contact."
    assert (why in " ".join(gone.text.split()), "your place" in gone.text) == (True, False)
    assert gone.calendar == ""


def test_one_bad_address_costs_nothing_typed_and_the_next_press_stores_exactly_five(
    app: Flask, client: FlaskClient
) -> None:
    bad = [*FIVE[:3], ("Dirk", "de Vries", "dirk@firma"), FIVE[4]]  # B3
    answer = delegate(client, bad)
    page = soup(answer)
    assert answer.status_code == 422
    assert count(app, Registration) == count(app, Delegation) == 0
    summary = page.find(role="alert")
    assert summary is not None
    assert summary.has_attr("autofocus")
    (link,) = summary.select("a")
    assert link["href"] == "#person-4-email"
    assert link.get_text().startswith("Person 4: Dirk de Vries – The part after the @ is incomplete")
    field = page.find(id="person-4-email")
    assert field is not None
    assert field["aria-invalid"] == "true"
    again = sent_again(answer)
    assert {name: again[name] for name in filled(client, bad) if name not in {"csrf_token", "attempt"}} == {
        name: value for name, value in filled(client, bad).items() if name not in {"csrf_token", "attempt"}
    }
    assert client.post(GROUP, data=again | {"person-4-email": ""}).status_code == 303
    assert [name for name, _a, _s in standings(app)] == [given for given, _f, _e in FIVE]


def test_the_same_form_twice_is_one_delegation_and_an_edited_one_is_told_who_is_there(
    app: Flask, client: FlaskClient
) -> None:
    form = filled(client)
    answers = [client.post(GROUP, data=form) for _press in range(3)]
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert (count(app, Delegation), count(app, Registration)) == (1, 5)
    edited = client.post(GROUP, data=form | {"person-1-given_name": "Zoë", "person-1-email": "zoe@x.example"})
    assert edited.status_code == 409
    summary = soup(edited).find(role="alert")
    assert summary is not None
    assert [a["href"] for a in summary.select("a")] == [f"#person-{n}-email" for n in (2, 3, 4, 5)]
    assert "Person 2: Ben Okafor – Nobody can be registered with this name and this address" in summary.get_text()
    assert "S3C-" not in words(edited)
    assert count(app, Registration) == 5


def test_places_for_four_of_five_are_an_explicit_choice_and_never_a_silent_split(
    app: Flask, client: FlaskClient
) -> None:
    revise_event(app, parts=(replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 4, Mode.ONLINE: None}),))  # B4
    answer = delegate(client)
    assert answer.status_code == 409
    text = words(answer)
    assert "Public conference (On site): places left: 4." in text
    assert "With a place: Anna Nowak, Ben Okafor, Carla Puig, Dirk de Vries" in text
    assert "On the waiting list: Ewa Żak: Public conference (On site)" in text
    buttons = {str(b["value"]): b.get_text() for b in soup(answer).select("button[name=places]")}
    assert buttons == {
        "first": "Register 4, 1 on the waiting list",
        "all_wait": "Put all of them on the waiting list",
    }
    assert "name" not in soup(answer).select("button[form=registration]")[0].attrs  # Enter in a field chooses nothing
    assert count(app, Registration) == 0
    again = sent_again(answer)
    unshown = again | {"split": "", "places": "all_wait"}  # nobody was told what is full
    assert client.post(GROUP, data=unshown).status_code == 409
    assert count(app, Registration) == 0
    assert register(client, email="quick@x.example").status_code == 303
    moved = client.post(GROUP, data=again | {"places": "first"})
    assert moved.status_code == 409  # the one who was to wait was named; a second one was not
    assert "On the waiting list: Dirk de Vries: Public conference (On site); Ewa Żak" in words(moved)
    assert count(app, Registration) == 1
    assert client.post(GROUP, data=sent_again(moved) | {"places": "first"}).status_code == 303
    assert [s for _n, _a, s in standings(app)] == ["confirmed"] * 4 + ["waiting"] * 2
    work(app)
    summary = next(mail for mail in kept(app) if "delegation" in mail.envelope.subject)
    assert "Public conference (On site), 18 June 2027: on the waiting list" in " ".join(summary.text.split())


def test_where_one_part_is_short_everybody_has_the_others_and_the_choice_says_so(
    app: Flask, client: FlaskClient
) -> None:
    boat = replace(PUBLIC_DAY, key="boat", title=Text(en="Boat trip"), capacity={Mode.ON_SITE: 1})
    revise_event(app, parts=(replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 50}), boat))  # B4
    form = filled(client) | {"parts": "day-2"}
    for n in (1, 2, 3):
        form |= {f"person-{n}-parts": ["day-2", "boat"], f"person-{n}-mode-day-2": "on_site"}
    answer = client.post(GROUP, data=form)
    said = words(answer)
    assert answer.status_code == 409
    assert (
        "Boat trip (On site): places left: 1. Public conference (On site): a place for everybody who chose it." in said
    )
    assert "With a place: Anna Nowak On the waiting list: Ben Okafor: Boat trip (On site); Carla Puig" in said
    assert {str(b["value"]): b.get_text() for b in soup(answer).select("button[name=places]")} == {
        "first": "Register everybody, and let 2 wait for what is full",
        "all_wait": "Register everybody, and let all of these wait together",
    }
    assert count(app, Registration) == 0


def test_all_wait_keeps_them_together_and_without_a_list_only_the_list_can_change(
    app: Flask, client: FlaskClient
) -> None:
    small = replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 4, Mode.ONLINE: None})
    revise_event(app, parts=(small,), waiting_list=WaitingList.OFF)
    answer = delegate(client)
    assert answer.status_code == 409
    assert soup(answer).select("button[name=places]") == []
    assert client.post(GROUP, data=sent_again(answer) | {"places": "all_wait"}).status_code == 409
    revise_event(app, waiting_list=WaitingList.OFFER)
    asked = client.post(GROUP, data=sent_again(answer))
    online = {"person-5-parts": "day-2", "person-5-mode-day-2": "online"}
    assert client.post(GROUP, data=sent_again(asked) | online).status_code == 303  # four places suffice now
    others = [(given, family, f"{given}@other.example") for given, family, _e in FIVE[:2]]
    revise_event(app, parts=(replace(small, capacity={Mode.ON_SITE: 5, Mode.ONLINE: None}),))
    asked = delegate(client, others, email="second@x.example")
    assert client.post(GROUP, data=sent_again(asked) | {"places": "all_wait"}).status_code == 303
    assert [s for _n, _a, s in standings(app)] == ["confirmed"] * 5 + ["waiting"] * 2


def test_adding_and_removing_keeps_everything_typed_and_moves_the_focus(app: Flask, client: FlaskClient) -> None:
    added = client.post(GROUP, data=filled(client, FIVE[:2]) | {"add": "1"})
    assert added.status_code == 200
    assert [f["id"] for f in soup(added).select("[autofocus]")] == ["person-3-given_name"]
    typed = sent_again(added)
    assert (typed["person-2-given_name"], typed["person-3-given_name"], typed["email"]) == ("Ben", "", CONTACT["email"])
    assert typed["parts"] == "day-2"
    removed = client.post(GROUP, data=typed | {"remove": "1"})
    assert "Removed from your list: Person 1: Anna Nowak" in words(removed)
    assert [f["id"] for f in soup(removed).select("[autofocus]")] == ["person-1-given_name"]
    assert sent_again(removed)["person-1-given_name"] == "Ben"
    full = client.post(GROUP, data=sent_again(removed) | {"add": "5"})
    for _press in range(5):
        full = client.post(GROUP, data=sent_again(full) | {"add": "5"})
    assert len(soup(full).select("fieldset.person")) == 20
    assert soup(full).select("button[name=add]") == []
    assert len(full.data) < 100_000
    assert client.post(GROUP, data=sent_again(full)).status_code == 303  # whoever was left blank is nobody
    assert standings(app) == [("Ben", "ben@park.example", "confirmed")]
    crowd = [("N", str(n), f"n{n}@x.example") for n in range(21)]
    assert "at most" in words(delegate(client, crowd, email="crowd@x.example"))
    for pressed in ("add=1", "add=0", "remove=1", "remove=\u0661", "person-\u0661-given_name=x&add=1"):  # of nobody
        bare = client.post(GROUP, data=pressed.encode(), content_type="application/x-www-form-urlencoded")
        assert (bare.status_code, len(soup(bare).select("fieldset.person"))) == (200, 1), pressed
    assert "Enter at least one person" in words(delegate(client, []))
    assert count(app, Registration) == 1


def test_the_contact_comes_along_with_one_entry_and_may_choose_differently_for_somebody(
    app: Flask, client: FlaskClient
) -> None:
    special = {
        "attends": "yes",
        "person-3-organisation": "Elsewhere GmbH",
        "person-3-language": "de",
        "person-3-parts": "day-2",
        "person-3-mode-day-2": "online",
    }
    assert delegate(client, **special).status_code == 303
    with app.app_context():
        rows_of = db.session.scalars(db.select(Registration).order_by(Registration.id)).all()
        assert [(r.given_name, r.organisation, r.language, r.region, r.via_contact) for r in rows_of] == [
            ("Greta", "Politechnika", "en", "Mazovia", False),
            ("Anna", "Politechnika", "en", "Mazovia", False),
            ("Ben", "Politechnika", "en", "Mazovia", False),
            ("Carla", "Elsewhere GmbH", "de", "Mazovia", True),
            ("Dirk", "Politechnika", "en", "Mazovia", True),
            ("Ewa", "Politechnika", "en", "Mazovia", True),
        ]
        modes = db.session.scalars(db.select(Participation.mode).order_by(Participation.id)).all()
        assert [mode.value for mode in modes] == ["on_site"] * 3 + ["online"] + ["on_site"] * 2
    work(app)
    mine = [mail for mail in kept(app) if "office@park.example" in mail.envelope.to]
    assert sum(bool(mail.calendar) for mail in mine) == 1
    assert not any("Greta Amt registered you" in mail.text for mail in mine)
    (told,) = [mail for mail in kept(app) if "anna@" in mail.envelope.to.casefold()]
    assert "Greta Amt registered you" in told.text
    revise_event(
        app,
        parts=(replace(PUBLIC_DAY, starts=PUBLIC_DAY.starts.replace(day=19), ends=PUBLIC_DAY.ends.replace(day=19)),),
    )


def test_one_mailbox_serves_several_people_and_knows_who_is_there(app: Flask, client: FlaskClient) -> None:
    box = {"email": "info@park.example"}  # C13
    assert register(client, given_name="Anna", family_name="Nowak", **box).status_code == 303
    jan = [("Jan", "Nowak", "info@park.example"), ("Anna", "Nowak", "")]
    answer = delegate(client, jan, **box)
    assert answer.status_code == 409
    assert "Person 2: Anna Nowak – Nobody can be registered with this name and this address" in words(answer)
    assert delegate(client, [*jan[:1], ("Jan", "Nowak", "")], **box).status_code == 409
    assert count(app, Registration) == 1
    assert delegate(client, jan[:1], **box).status_code == 303
    assert register(client, given_name="Anna", family_name="Nowak", **box).status_code == 409
    assert count(app, Registration) == 2


def test_a_strangers_mailbox_hears_once_however_often_it_was_named(app: Flask, client: FlaskClient) -> None:
    victims = [(f"N{n}", "Buy at", f"victim+{n}@x.example") for n in range(20)]
    assert delegate(client, victims).status_code == 303
    assert work(app) == 2
    assert sorted(row.kind for row in rows(app)) == ["delegation.registered", "registration.confirmed"]
    summary = kept(app)[-1] if "office" in kept(app)[-1].envelope.to else kept(app)[0]
    assert len(own_links(summary.text)) == 19


def test_who_says_not_me_goes_alone_and_the_contact_takes_those_along_whom_only_she_reaches(
    app: Flask, client: FlaskClient
) -> None:
    delegate(client)
    work(app)
    anna = next(mail for mail in kept(app) if "anna@" in mail.envelope.to)
    link = re.search(r"http://localhost(/en/registrations/\S+/not-me)", anna.text)
    assert link
    client.post(link[1], data=hidden(client, link[1]))  # C5
    assert [name for name, _a, _s in standings(app)] == ["Ben", "Carla", "Dirk", "Ewa"]
    summary = next(mail for mail in kept(app) if "office@" in mail.envelope.to)
    link = re.search(r"http://localhost(/en/delegations/\S+/not-me)", summary.text)
    assert link
    assert client.get(link[1]).status_code == 200
    page = re.search(r"http://localhost(/en/delegations/[^\s/]+)\n", summary.text)
    assert page
    by_page = client.post(f"{page[1]}/not-me", data=hidden(client, link[1]))
    assert (by_page.status_code, count(app, Delegation)) == (404, 1)  # the page is open to who filled in the form, too
    assert client.post(link[1], data=hidden(client, link[1])).status_code == 303
    assert standings(app) == [("Ben", "ben@park.example", "confirmed")]
    assert (count(app, Delegation), count(app, BlockedAddress)) == (0, 2)
    relay(app)
    assert [row.kind for row in rows(app) if "office@park.example" in row.address] == []
    assert client.get(link[1]).status_code == 404
    assert delegate(client, FIVE[2:]).status_code == 409


def test_no_summary_names_whoever_said_not_me_neither_one_that_was_sent_nor_one_that_waits(
    app: Flask, client: FlaskClient
) -> None:
    confirm(app, CONTACT["email"])
    page = delegate(client).headers["Location"]
    work(app)

    def disown(name: str) -> list[tuple[str, bool]]:
        mail = next(mail for mail in kept(app) if f"{name}@" in mail.envelope.to)
        link = re.search(r"http://localhost(/en/registrations/\S+/not-me)", mail.text)
        assert link
        assert client.post(link[1], data=hidden(client, link[1])).status_code == 303
        work(app)
        return [(row.state, bool(row.text)) for row in rows(app) if row.kind == "delegation.registered"]

    assert "Anna Nowak" in next(mail for mail in kept(app) if "office@" in mail.envelope.to).text
    assert disown("anna") == [("sent", False), ("sent", True)]
    client.post(f"{page}/summary", data=hidden(client, page))
    relay(app)
    assert disown("ben") == [("sent", False), ("sent", False), ("cancelled", False), ("sent", True)]
    told = kept(app)[-1].text
    assert [name for name in ("Anna", "Ben", "Carla Puig", "Ewa Żak") if name in told] == ["Carla Puig", "Ewa Żak"]
    assert len(own_links(told)) == 3


def test_the_contact_adds_one_more_and_has_the_summary_sent_again_and_finds_the_way_back(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    page = delegate(client).headers["Location"]
    work(app)
    form = f"{page}/people"
    more = {**hidden(client, form), "person-1-given_name": "Fatou", "person-1-parts": "day-2"}
    assert client.post(form, data=more).status_code == 422
    more |= {"person-1-mode-day-2": "on_site"}
    assert [client.post(form, data=more).status_code for _press in range(2)] == [303, 303]
    assert standings(app)[5:] == [("Fatou", "office@park.example", "confirmed")]
    assert work(app) == 1
    assert len(own_links(kept(app)[-1].text)) == 4
    token = hidden(client, page)
    assert client.post(f"{page}/summary", data=token).headers["Location"].endswith("?summary=sent")
    assert client.post(f"{page}/summary", data=token).headers["Location"].endswith("?summary=later")
    assert work(app) == 1
    clock.advance(hours=1)
    lost = "/en/registrations/lost-link"
    client.post(lost, data=hidden(client, lost) | {"email": "office@park.example"})
    assert work(app) == 1
    found = re.search(r"http://localhost(/en/delegations/[\w.-]+)\n", kept(app)[-1].text)
    assert found
    assert "Fatou" in words(client.get(found[1]))


def test_the_contact_takes_back_what_she_withdrew_and_nobody_elses_decision(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    page = delegate(client, FIVE[:2]).headers["Location"]
    work(app)
    with app.app_context():
        found = db.session.execute(db.select(Registration.given_name, Registration.reference))
        people = {row.given_name: row.reference for row in found}
    anna, ben = (f"{page}/people/{people[name]}" for name in ("Anna", "Ben"))
    assert client.get(f"{anna}/return").status_code == 303  # she is there
    assert client.post(f"{anna}/withdrawal", data=hidden(client, f"{anna}/withdrawal")).status_code == 303
    mine = next(mail for mail in kept(app) if "ben@park.example" in mail.envelope.to)
    own = own_links(mine.text)[0].removeprefix("http://localhost")
    assert client.post(f"{own}/withdrawal", data=hidden(client, f"{own}/withdrawal")).status_code == 303
    links = [str(link["href"]) for link in soup(client.get(page)).select("main li a") if "back…" in link.text]
    assert links == [f"{anna}/return"]  # nobody's own link
    assert "Take the place of Anna Nowak back?" in words(client.get(links[0]))
    assert [name for name, _email, standing in standings(app) if standing == "confirmed"] == []
    token = hidden(client, links[0])
    assert [client.post(links[0], data=token).status_code for _twice in "12"] == [303, 303]
    assert [name for name, _email, standing in standings(app) if standing == "confirmed"] == ["Anna"]
    assert (client.get(f"{ben}/return").status_code, client.post(f"{ben}/return", data=token).status_code) == (404, 410)
    work(app)
    assert "anna@park.example" in kept(app)[-1].envelope.to
    assert client.post(f"{anna}/withdrawal", data=token).status_code == 303
    clock.advance(days=1)
    assert client.get(f"{anna}/return").status_code == 404


@pytest.mark.settings(LIMITS="on")
def test_form_of_a_group_tells_nobody_who_is_registered_whose_address_is_blocked_or_entered_too_often(
    app: Flask, client: FlaskClient
) -> None:
    who = ("Anna", "Nowak", "anna@park.example")

    def said() -> tuple[int, list[str]]:
        answer = delegate(client, [who])
        return answer.status_code, [
            error.get_text(" ", strip=True) for error in soup(answer).select(".error, [role=alert]")
        ]

    own = register(client, given_name=who[0], family_name=who[1], email=who[2]).location
    registered = said()
    assert client.post(not_me(app, own), data=hidden(client, not_me(app, own))).status_code == 303
    assert said() == registered
    with app.app_context(), transaction():
        db.session.execute(db.delete(BlockedAddress))
    for number in range(8):
        register(client, given_name=f"N{number}", email=who[2], **{"mode-day-2": "online"})
    assert said() == registered
    assert (registered[0], "Anna Nowak – Nobody can be registered" in registered[1][0]) == (409, True)


@pytest.mark.settings(LIMITS="on")
@pytest.mark.one_database
def test_one_network_writes_to_a_hundred_and_twenty_mailboxes_an_hour_by_groups_and_to_no_more(
    app: Flask, client: FlaskClient
) -> None:
    revise_event(app, parts=(replace(PUBLIC_DAY, capacity={Mode.ONLINE: None}),))
    codes = []
    for group in range(7):
        people = [(f"N{n}", f"G{group}", f"n{n}@g{group}.example") for n in range(19)]
        typed = filled(client, people, email=f"office@g{group}.example", family_name=f"G{group}")
        answer = client.post(GROUP, data=typed)
        codes.append(answer.status_code)
        if puzzle := hidden_in(answer.get_data(as_text=True)).get("altcha"):
            codes.append(client.post(GROUP, data=typed | {"altcha": solved(puzzle)}).status_code)
    assert codes == [303] * 4 + [429, 303] * 2 + [429, 429]  # after eighty mailboxes each group brings its proof
    assert count(app, Registration) == 6 * 19


@pytest.mark.counted_elsewhere
@pytest.mark.settings(LIMITS="on")
def test_nobody_adds_strangers_without_end_by_withdrawing_them(app: Flask, client: FlaskClient, clock: Clock) -> None:
    page = delegate(client, FIVE[:1]).headers["Location"]
    form = f"{page}/people"

    def add(number: int, email: str) -> TestResponse:
        typed = {"given_name": f"N{number}", "family_name": "X", "email": email, "parts": "day-2"}
        fields = {f"person-1-{name}": value for name, value in typed.items()} | {"person-1-mode-day-2": "online"}
        answer = client.post(form, data=hidden(client, form) | fields)
        if answer.status_code == 303:
            with app.app_context():
                one = db.session.scalar(db.select(Registration.reference).filter_by(given_name=f"N{number}"))
            away = f"{page}/people/{one}/withdrawal"
            assert client.post(away, data=hidden(client, away)).status_code == 303
        return answer

    assert [add(number, "one@else.example").status_code for number in range(11)] == [303] * 10 + [409]
    clock.advance(hours=2)
    assert [add(number, f"n{number}@else.example").status_code for number in range(20, 30)] == [303] * 9 + [409]
    assert [one["href"] for one in soup(client.get(page)).select("main a") if one["href"].endswith("/people")] == []
    clock.advance(hours=2)
    assert [add(number, f"n{number}@else.example").status_code for number in range(31)] == [409] * 30 + [429]


def test_details_are_said_to_be_missing_and_never_what_they_are(app: Flask, client: FlaskClient) -> None:
    add_question(app, "badge", label="Which badge?", required=True)
    add_question(app, "diet", label="Any dietary needs?", kind="diet", readers="caterer")
    page = delegate(client, FIVE[:1]).headers["Location"]
    seen = words(client.get(page))
    assert "Details are missing" in seen
    assert "badge" not in seen.lower()


def test_a_colleague_entered_with_the_contacts_mailbox_is_reached_through_the_contact(
    app: Flask, client: FlaskClient
) -> None:
    page = delegate(client, FIVE[2:3]).headers["Location"]
    work(app)
    own = own_links(kept(app)[-1].text)[0]
    offered = words(client.get(own))
    assert ("A colleague comes instead" in offered, " code" in offered) == (True, False)  # there is no mailbox for one
    path = f"{own}/substitution"
    colleague = {"given_name": "Piotr", "family_name": "Lis", "email": CONTACT["email"], "agreed": "y"}
    answer = client.post(path, data=sent_again(client.get(path), "successor") | FILLED | colleague)
    assert answer.status_code == 303, words(answer)
    with app.app_context():
        piotr = db.session.scalars(db.select(Registration).filter_by(given_name="Piotr")).one()
        assert piotr.via_contact
    assert "Piotr Lis" in words(client.get(page))
    work(app)
    piotrs = next(link for link in own_links(kept(app)[-1].text) if link != own)
    refused = client.post(f"{piotrs}/code", data=hidden(client, f"{piotrs}/substitution") | {"press": "send"})
    assert (refused.status_code, count(app, Code)) == (409, 0)


def test_twenty_people_cost_as_many_statements_as_two(app: Flask, client: FlaskClient) -> None:
    def cost(number: int) -> int:
        people = [("N", f"{number}-{n}", f"n{number}-{n}@x.example") for n in range(number)]
        form = filled(client, people, email=f"c{number}@x.example", **{"mode-day-2": "online"})
        with statements(app) as seen:
            assert client.post(GROUP, data=form).status_code == 303
        return len(seen)

    cost(1)
    assert cost(20) == cost(2)


def test_pages_are_private_and_a_wrong_link_is_none(client: FlaskClient) -> None:
    page = delegate(client).headers["Location"]
    for response in (client.get(page), client.get(f"{page}/people"), client.get(GROUP)):
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    for path in (page[:-1], f"{page[:-1]}/people", f"{page}/not-me"):
        assert client.get(path).status_code == 404
    assert client.get(f"{page}/people/S3C-NOBODY2/withdrawal").status_code == 404
    assert BeautifulSoup(client.get(page).data, "html.parser").title.get_text().startswith("Your delegation: Final")


def test_who_has_no_address_of_her_own_completes_her_details_and_nothing_of_them_opens_for_the_contact(
    app: Flask, client: FlaskClient
) -> None:
    add_question(app, "lunch", kind="yes_no", required=True)
    add_question(app, "diet", kind="diet", readers="caterer", label="Diet")
    page = delegate(client).headers["Location"]
    work(app)
    summary = next(mail for mail in kept(app) if "office@park.example" in mail.envelope.to)
    own = own_links(summary.text)[0]
    seen = words(client.get(own))
    assert ("Details are missing" in seen, "none of your own: we write to the contact" in seen) == (True, True)
    assert ("office@park.example" in seen, "calendar invitations" in seen) == (False, False)
    assert client.get(f"{own}/invitations").headers["Location"] == f"{own}#calendar"
    form = client.get(f"{own}/change")
    assert "We have no e-mail address of your own" in words(form)
    typed = sent_again(form, "details") | {"question-lunch": "yes"}
    typed |= {"question-diet": "coeliac", "question-diet-consent": "y"}
    assert client.post(f"{own}/change", data=typed).status_code == 303
    assert work(app) == 1
    assert "Do you stay for lunch?" in kept(app)[-1].text
    assert [mail.envelope.to for mail in kept(app) if "Diet" in mail.text + mail.html] == []
    seen = words(client.get(own))
    assert ("Details are missing" in seen, "coeliac" in seen, "Show what is hidden" in seen) == (False, False, False)
    untold, form = (client.get(f"{link}/change") for link in (own_links(summary.text)[1], own))
    fields = [[one["id"] for one in soup(page).select("[name^=question-diet]")] for page in (untold, form)]
    assert (fields[0] == fields[1], "coeliac" in form.text) == (True, False)
    typed = sent_again(form, "details") | {"organisation": "Elsewhere"}
    assert (typed["question-diet"], client.post(f"{own}/change", data=typed).status_code) == ("", 303)
    with app.app_context():
        assert {"coeliac", "yes"} == {str(one.value) for one in db.session.scalars(db.select(Answer))}  # left as it was
    assert work(app) == 1
    typed = sent_again(client.get(f"{own}/change"), "details")
    typed |= {"question-diet": "vegan", "question-diet-consent": "y"}
    assert (client.post(f"{own}/change", data=typed).status_code, work(app)) == (303, 0)  # no word of it to the contact
    with app.app_context():
        assert "vegan" in {str(one.value) for one in db.session.scalars(db.select(Answer))}
    cards = [" ".join(one.text.split()) for one in soup(client.get(page)).select("li.offer")]
    assert [("Details complete" in one, "Details are missing" in one) for one in cards] == [
        (False, True),
        (False, True),
        (True, False),
        (False, True),
        (False, True),
    ]
    refused = client.post(f"{own}/code", data=hidden(client, f"{own}/substitution") | {"press": "send"})
    assert (refused.status_code, "We have no e-mail address of yours" in words(refused)) == (409, True)
    assert (count(app, Code), work(app)) == (0, 0)


def test_one_more_person_hears_which_part_is_full_and_waits_for_that_alone(app: Flask, client: FlaskClient) -> None:
    boat = replace(PUBLIC_DAY, key="boat", title=Text(en="Boat trip"), capacity={Mode.ON_SITE: 1})
    closed = replace(boat, key="board", title=Text(en="Board"), starts=date(2027, 6, 16), visibility=Visibility.INVITED)
    day = replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 1, Mode.ONLINE: None})
    revise_event(app, parts=(closed, day, boat), waiting_list=WaitingList.AUTOMATIC)
    page = str(delegate(client, FIVE[:1], **{"parts": ["day-2", "boat"], "mode-day-2": "on_site"}).headers["Location"])
    form = client.get(f"{page}/people")
    assert [one.label.get_text() for one in soup(form).select(".offer .choice:has(.chip)")] == [
        "On site Waiting list",
        soup(form).select_one('.choice:has([value="boat"]) label').get_text(),
    ]
    assert ("16" in soup(form).select_one(".ticket").get_text(), "18 June 2027" in words(form)) == (False, True)
    asked = sent_again(form, "person") | {"person-1-given_name": "Zoe", "person-1-parts": ["day-2", "boat"]}
    asked |= {"person-1-mode-day-2": "online"}
    answer = client.post(f"{page}/people", data=asked)
    assert (answer.status_code, count(app, Registration)) == (409, 1)
    assert (
        "No places left: Boat trip (On site). Nobody has been added yet, and everything you typed has been kept. "
        "With one press you register this person for Public conference, and they wait for the rest. "
        "Or choose differently."
    ) in words(answer)
    assert 'value="Zoe"' in answer.text
    button = soup(answer).find("button", string="Register this person, and put them on the waiting list")
    assert button is not None
    both = asked | sent_again(answer, "person") | {"person-1-parts": ["day-2", "boat"], button["name"]: button["value"]}
    assert client.post(f"{page}/people", data=both).status_code == 303
    assert [one[2] for one in standings(app)] == ["confirmed", "confirmed", "confirmed", "waiting"]
    revise_event(app, parts=(closed, day, boat), waiting_list=WaitingList.OFF)
    eva = {"person-1-given_name": "Eva", "person-1-parts": "boat", "person-1-waiting": asked["person-1-waiting"]}
    alone = sent_again(client.get(f"{page}/people"), "person") | eva | {"places": "all_wait"}
    refused = client.post(f"{page}/people", data=alone)
    assert "Choose another part or another way to attend, and submit the form again." in words(refused)
    assert (refused.status_code, soup(refused).select('[name="places"]'), count(app, Registration)) == (409, [], 2)
