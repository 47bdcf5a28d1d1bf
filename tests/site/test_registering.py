"""The registration form: refusals in words with everything kept, one registration however often it is sent."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.publishing.lifecycle import State, WaitingList
from s3chem_events.registration.models import Consent, Participation, Registration
from tests.conftest import Clock
from tests.factories import (
    CONFERENCE,
    FILLED,
    FILLED_WORKSHOP,
    WORKSHOP,
    add_event,
    count,
    hidden,
    register,
    revise_event,
    soup,
    words,
)
from tests.support.post import work
from tests.support.snapshot import everything

FORM = "/en/events/conference/register"


@pytest.fixture(autouse=True)
def event(app: Flask, clock: Clock) -> None:
    add_event(app)


def stored(app: Flask) -> Registration:
    with app.app_context():
        found = db.session.scalars(db.select(Registration)).one()
        db.session.expunge(found)
        return found  # type: ignore[no-any-return]


def test_a_filled_form_becomes_one_registration_with_its_fact(app: Flask, client: FlaskClient) -> None:
    answer = register(client)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/en/registrations/")
    row = stored(app)
    assert {
        name: getattr(row, name) for name in ("given_name", "family_name", "email", "organisation", "region", "country")
    } == {name: FILLED[name] for name in ("given_name", "family_name", "email", "organisation", "region", "country")}
    with app.app_context():
        held = db.session.scalars(db.select(Participation)).one()
        consent = db.session.scalars(db.select(Consent)).one()
        fact = db.session.scalars(db.select(Fact).filter_by(kind="registration.confirmed")).one()
        assert (held.mode.value, held.standing.value) == ("on_site", "confirmed")
        assert (consent.subject, consent.language) == ("privacy", "en")
        assert (fact.subject_id, fact.by) == (row.id, "visitor")
        assert FILLED["email"] not in str(fact.data)


def test_the_form_asks_eight_things_at_most_and_says_what_fills_them(client: FlaskClient) -> None:
    page = soup(client.get(FORM))  # B1
    required = {field["name"] for field in page.select("main form [required]")}
    assert not required & {"given_name", "family_name"}  # who has one name uses either
    assert len(required) <= 7  # and one choice of part and mode, whose group is required as a whole
    tokens = {field["name"]: field.get("autocomplete") for field in page.select("main form input, main form select")}
    assert tokens["given_name"] == "given-name"
    assert tokens["family_name"] == "family-name"
    assert tokens["email"] == "email"
    assert tokens["organisation"] == "organization"
    assert page.find("input", {"name": "email"})["type"] == "email"  # type: ignore[index]


@pytest.mark.one_database
@pytest.mark.parametrize(
    "field, value, sentence",
    [
        ("email", "anna@firma", "The part after the @ is incomplete"),  # C4
        ("email", "two@@signs.example", "Enter one e-mail address"),
        ("email", "a@b.example, c@d.example", "Enter one e-mail address"),
        ("email", "a@b.example\nBcc: c@d.example", "Enter one e-mail address"),
        ("email", "x" * 250 + "@b.example", "at most 254"),
        ("email", None, "Enter your e-mail address"),
        ("organisation", "o" * 301, "Please use at most 300 characters"),  # C16
        ("given_name", "n" * 10_000, "Please use at most 100 characters"),  # C17
        ("given_name", "Buy at www.pills.example", "Please do not enter web addresses"),
        ("organisation_type", "made-up", "Not a valid choice"),
        ("region", "", "Choose your region"),
        ("mode-day-2", None, "Choose how you will attend"),
        ("mode-day-2", "teleport", "Choose how you will attend"),
        ("privacy", None, "Please confirm that you have read the privacy notice"),
        ("parts", None, "Choose at least one part"),
    ],
)
def test_bad_input_is_told_at_its_place_and_nothing_typed_is_lost(
    app: Flask, client: FlaskClient, field: str, value: str | None, sentence: str
) -> None:
    changes: dict[str, Any] = {field: value}
    answer = register(client, **changes)
    page = soup(answer)
    assert answer.status_code == 422
    summary = page.find(role="alert")
    assert summary is not None
    assert sentence in summary.get_text()
    if field in {"email", "organisation", "given_name"}:
        control = page.find("input", {"name": field})
        assert control is not None
        assert control["aria-invalid"] == "true"
        assert page.find(id=control["aria-describedby"].split()[-1]).get_text()
    for name in ("family_name", "given_name", "email", "organisation"):
        if name != field:
            assert page.find("input", {"name": name})["value"] == FILLED[name]  # type: ignore[index]
    assert count(app, Registration) == 0


@pytest.mark.parametrize(
    "address",
    [
        "o'brien+s3chem@example.org",
        "ANNA@Example.org",
        "jürgen@bücher.example",
        "l" * 64 + "@example.org",
        "  spaced@example.org ",
    ],
)
def test_addresses_are_kept_exactly_as_typed(app: Flask, client: FlaskClient, address: str) -> None:
    assert register(client, email=address).status_code == 303  # C14
    assert stored(app).email == address.strip()


@pytest.mark.parametrize(
    "name",
    [
        "Żaneta",
        "Núñez i Puigdemont",
        "O’Neill",
        "d'Angelo",
        "de la Cruz y Ñáñez",
        "Łukasz",
        "محمد عبد الله",
        "משה לוי",
        "张伟",
        "n" * 80,
        "\ufdfa" * 100,  # one letter that is eighteen to a search
    ],
)
def test_names_are_kept_letter_by_letter(app: Flask, client: FlaskClient, name: str) -> None:
    answer = register(client, given_name=name)  # C15
    assert stored(app).given_name == name
    assert name in words(client.get(answer.headers["Location"]))


def test_a_single_name_suffices(app: Flask, client: FlaskClient) -> None:
    assert register(client, given_name="Suharto", family_name="").status_code == 303
    assert register(client, given_name="", family_name="Madonna").status_code == 303
    assert register(client, given_name="", family_name="").status_code == 422


def test_invisible_and_control_characters_go_and_letters_stay(app: Flask, client: FlaskClient) -> None:
    register(client, given_name="Anna\u202e\u200b\x00\x07", family_name="Bcc:\r\nNowak")  # C17
    row = stored(app)
    assert (row.given_name, row.family_name) == ("Anna", "Bcc: Nowak")


def test_two_forms_of_the_same_letters_are_one_person(app: Flask, client: FlaskClient) -> None:
    register(client, given_name="Zoe\u0308", family_name="Núñez")
    assert register(client, given_name="Zoë", family_name="NÚÑEZ", email=FILLED["email"].upper()).status_code == 409
    assert stored(app).given_name == "Zoë"


def test_the_same_form_twice_answers_alike_and_stores_once(app: Flask, client: FlaskClient) -> None:
    filled = {**FILLED, **hidden(client, FORM)}  # C1
    answers = [client.post(FORM, data=filled) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert count(app, Registration) == 1
    assert count(app, Fact, kind="registration.confirmed") == 1


def test_another_form_of_the_same_person_learns_only_that_there_is_one(app: Flask, client: FlaskClient) -> None:
    register(client)  # C2
    answer = register(app.test_client(), **{"organisation": "Elsewhere", "mode-day-2": "online"})
    assert answer.status_code == 409
    text = words(answer)
    assert "already registered" in text
    assert "S3C-" not in text
    assert FILLED["organisation"] not in text
    assert count(app, Registration) == count(app, Participation) == 1


def test_who_comes_again_to_another_event_is_shown_nothing_of_the_first(app: Flask, client: FlaskClient) -> None:
    add_event(app, WORKSHOP)  # B15
    first = register(client, organisation="Politechnika Pierwsza", phone="").headers["Location"]
    path = "/en/events/workshop/register"
    told = (FILLED["given_name"], FILLED["family_name"], FILLED["email"], "Politechnika Pierwsza", "S3C-", first)
    another = {**FILLED_WORKSHOP, "given_name": "", "family_name": "", "organisation": "Elsewhere"}
    # Her own browser holds for half an hour where she is from (H6); that of a stranger who knows the address, nothing.
    for browser, known in ((client, ["Politechnika Pierwsza"]), (app.test_client(), [])):
        assert [one for one in told if one in browser.get(path).text] == known
        refused = register(browser, path, **another)
        assert (refused.status_code, [one for one in told if one in refused.text]) == (422, [FILLED["email"]])
    taken = register(client, path, **FILLED_WORKSHOP | {"organisation": "Elsewhere", "parts": "day"})
    assert taken.status_code == 303
    page = words(client.get(taken.headers["Location"]))
    assert ("Workshop" in page, "Final conference" in page, "Pierwsza" in page) == (True, False, False)


def test_one_mailbox_serves_several_people(app: Flask, client: FlaskClient) -> None:
    codes = [
        register(client, email="info@park.example", given_name=name).status_code for name in ("Anna", "Jan", "Anna")
    ]
    assert codes == [303, 303, 409]  # C13


def test_a_full_part_refuses_in_words_and_keeps_everything(app: Flask, client: FlaskClient) -> None:
    revise_event(app, waiting_list=WaitingList.OFF)
    for n in range(3):
        assert register(client, email=f"p{n}@x.example").status_code == 303
    answer = register(client, email="late@x.example")
    assert answer.status_code == 409
    assert "No places left" in words(answer)
    assert soup(answer).find("input", {"name": "email"})["value"] == "late@x.example"  # type: ignore[index]
    assert count(app, Registration) == 3
    assert register(client, **{"email": "late@x.example", "mode-day-2": "online"}).status_code == 303


@pytest.mark.parametrize("changes", [{"parts": "day-1"}, {"parts": ["day-1", "day-2"]}, {"parts": "nonsense"}])
def test_a_closed_part_is_refused_on_post(app: Flask, client: FlaskClient, changes: dict[str, Any]) -> None:
    answer = register(client, **changes)  # B5
    assert answer.status_code == 403
    assert count(app, Registration) == 0


@pytest.mark.parametrize(
    "state, status", [(State.DRAFT, 404), (State.CANCELLED, 410), (State.OVER, 410), (State.POSTPONED, 403)]
)
def test_what_is_not_open_is_refused_on_post_as_on_get(
    app: Flask, client: FlaskClient, state: State, status: int
) -> None:
    tokens = hidden(client, FORM)
    add_event(app, WORKSHOP, state=state)
    path = "/en/events/workshop/register"
    assert client.get(path).status_code == status
    assert client.post(path, data={**FILLED_WORKSHOP, **tokens}).status_code == status
    assert count(app, Registration) == 0


def test_a_form_kept_open_over_the_deadline_stores_nothing(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_event(app, WORKSHOP)
    path = "/en/events/workshop/register"
    filled = {**FILLED_WORKSHOP, **hidden(client, path)}
    clock.advance(days=400)  # A9
    before = everything(app)
    answer = client.post(path, data=filled)
    assert answer.status_code == 410
    assert "This event is over." in words(answer)
    assert everything(app) == before
    assert work(app) == 0


def test_a_form_older_than_its_token_costs_one_more_press(app: Flask, client: FlaskClient, clock: Clock) -> None:
    filled = {**FILLED, **hidden(client, FORM)}  # C7
    clock.advance(hours=5)
    answer = client.post(FORM, data=filled)
    assert answer.status_code == 422
    assert "please submit the form again" in words(answer)
    page = soup(answer)
    again = {field["name"]: field.get("value", "") for field in page.select("main form input[type=hidden]")}
    assert page.find("input", {"name": "organisation"})["value"] == FILLED["organisation"]  # type: ignore[index]
    assert client.post(FORM, data={**FILLED, **again}).status_code == 303


def test_without_cookies_the_form_says_what_is_missing(app: Flask) -> None:
    client = app.test_client(use_cookies=False)  # C23
    for path in ("/en/", "/en/events/conference", "/calendar.ics", "/events/conference.ics"):
        assert client.get(path).status_code == 200, path
    answer = register(client)
    assert answer.status_code == 422
    assert "Allow cookies for this site" in words(answer)


def test_switching_the_language_keeps_what_was_typed_and_judges_nothing(app: Flask, client: FlaskClient) -> None:
    filled = {**FILLED, **hidden(client, FORM), "email": "half@", "switch_language": "fr"}
    answer = client.post("/fr/events/conference/register", data=filled)
    page = soup(answer)
    assert answer.status_code == 200
    assert page.html["lang"] == "fr"  # type: ignore[index]
    assert page.find("input", {"name": "email"})["value"] == "half@"  # type: ignore[index]
    assert page.find(role="alert") is None
    assert count(app, Registration) == 0


def test_the_honeypot_stores_nothing(app: Flask, client: FlaskClient) -> None:
    trap = soup(client.get(FORM)).find("input", {"name": "website"})
    assert trap is not None
    assert (trap["tabindex"], trap["autocomplete"]) == ("-1", "off")
    assert trap.find_parent(attrs={"aria-hidden": "true"}) is not None
    assert register(client, website="http://spam.example").status_code == 422
    assert count(app, Registration) == 0


def test_only_the_forms_own_fields_are_bound(app: Flask, client: FlaskClient) -> None:
    register(client, id="77", reference="S3C-HACKED", standing="waiting", event_id="9", withdrawn_at="now")
    row = stored(app)
    assert row.id != 77
    assert row.reference != "S3C-HACKED"
    assert row.withdrawn_at is None


@pytest.mark.settings(LIMITS="on")
def test_an_office_of_forty_gets_through_and_a_robot_is_slowed(app: Flask, client: FlaskClient, clock: Clock) -> None:
    seen = []  # C22
    for n in range(40):
        if n % 8 == 0:
            clock.advance(minutes=1)
        seen.append(register(client, **{"email": f"w{n}@firm.example", "mode-day-2": "online"}).status_code)
    assert set(seen) == {303}
    assert b"altcha" not in client.get(FORM).data  # nor is anything asked of the next
    clock.advance(minutes=1)
    robot = [register(client, **{"email": f"r{n}@x.example", "mode-day-2": "online"}) for n in range(40)]
    assert robot[-1].status_code == 429
    assert "your entries have been kept" in words(robot[-1])
    assert sum(answer.status_code == 303 for answer in robot) == 30


def test_the_form_is_kept_nowhere(client: FlaskClient) -> None:
    for response in (client.get(FORM), register(client, email="bad")):
        assert response.headers["Cache-Control"] == "no-store"  # C3
        assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert CONFERENCE.slug in FORM


@pytest.mark.one_database
@pytest.mark.parametrize(
    "region, country, status",
    [
        ("Limburg", "", 303),
        ("Limburg", "JP", 303),
        ("Other EU", "AT", 303),
        ("Other EU", "JP", 422),
        ("Other EU", "", 422),
        ("Outside the EU", "FR", 422),
        ("Outside the EU", "CH", 303),
    ],
)
def test_country_and_region_never_contradict_each_other(
    app: Flask, client: FlaskClient, region: str, country: str, status: int
) -> None:
    assert register(client, region=region, country=country).status_code == status
    if status == 303:
        assert stored(app).country == ("NL" if region == "Limburg" else country)


def test_the_language_of_the_emails_follows_the_page_unless_it_was_chosen(client: FlaskClient) -> None:
    def switched(chosen: str) -> Any:
        filled = {**FILLED, **hidden(client, FORM), "language": chosen, "switch_language": "de"}
        page = soup(client.post("/de/events/conference/register", data=filled))
        return page.select_one("select[name=language] option[selected]")["value"]  # type: ignore[index]

    assert switched("en") == "de"
    assert switched("pl") == "pl"


def test_a_filled_honeypot_comes_back_empty_and_one_more_press_suffices(app: Flask, client: FlaskClient) -> None:
    answer = register(client, website="autofilled")
    page = soup(answer)
    assert page.find("input", {"name": "website"}).get("value", "") == ""
    assert "submit the form once more" in words(answer)
    again = {str(f["name"]): str(f.get("value", "")) for f in page.select("main form input[type=hidden]")}
    assert client.post(FORM, data={**FILLED, **again}).status_code == 303


def test_where_one_is_from_is_asked_once_in_a_session_and_at_the_same_event_of_the_next_person_anew(  # H6
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app, WORKSHOP)
    told = ["organisation", "organisation_type", "region", "country"]

    def filled(path: str) -> list[str]:
        page = soup(client.get(path))
        chosen = [page.select_one(f"main [name={name}] option[selected]") for name in told[1:]]
        organisation = page.select_one("main input[name=organisation]")
        assert organisation is not None
        return [str(organisation.get("value", "")), *(str(one["value"]) if one else "" for one in chosen)]

    workshop, said = "/en/events/workshop/register", "Filled in as you told us for the other event."
    assert filled(workshop) == ["", "", "", ""]
    assert register(client).status_code == 303
    assert filled(FORM) == ["", "", "", ""]
    for path in (workshop, f"{workshop}/group"):
        assert filled(path) == [FILLED[name] for name in told]
        page = client.get(path)
        assert (said in words(page), FILLED["email"] in page.text, FILLED["family_name"] in page.text) == (
            (True, False, False)
        )
    other = app.test_client()
    assert said not in words(other.get(workshop))  # nor does anybody else get it from what is kept of the form
    clock.advance(minutes=31)
    assert filled(workshop) == ["", "", "", ""]
