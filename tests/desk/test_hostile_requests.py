"""Odd numbers and hostile fields at the desk: an answer in words, never a fault of ours."""

import random
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from s3chem_events.desk import rows
from tests.factories import add_event, hidden, register, soup
from tests.support.desk import signed_in

HUGE = "9" * 24
ENDLESS = "7" * 5000
ODD = (
    *("", "²", "٣", "-1", "0", HUGE, ENDLESS, "1e9", "NaN", "\ufdfa" * 900, "'", "<b>", "a" * 20_000, "Mars/Olympus"),
    *("../..", "9999-12-31", "0001-01-01", "24:00", "0001-01-01T00:00", "9999-12-31T23:59", "a\rb"),
)
FORMS = (
    "/desk/events/new",
    "/desk/events/conference/edit",
    "/desk/events/conference/programme",
    "/desk/events/conference/texts/fr",
    "/desk/organisers/new",
    "/desk/organisers/1",
    "/desk/account",
)
POSTS = (*FORMS[:-1], "/desk/account/profile", "/desk/account/password", "/desk/account/confirm", "/desk/sign-in")
KEYS = (
    *("parts-²-title", f"parts-{ENDLESS}-title", "parts-0-items-²-title", f"parts-0-items-{HUGE}-on", "parts--1-title"),
    *("parts-9999-key", "parts-0-title", "parts-0-starts_on", "parts-0-items-0-on", "do", "revision", "zone", "events"),
    *("password", "present", "new", "email", "role", "state", "kind", "country", "venue-country", "language", "opens"),
    *("parts-0-on_site_places", "starts", "ends", "starts_on", "ends_on", "title", "parts-0-visibility", "kept"),
)
ORDERS = ("remove:parts-" + ENDLESS, "up:parts-²", "add:parts-" + HUGE + "-items", "down:parts-0", "add:parts", "add:é")


@pytest.fixture
def desk(app: Flask) -> FlaskClient:
    add_event(app)
    register(app.test_client())
    return signed_in(app)


@pytest.mark.parametrize(
    "path",
    [
        *(f"/desk/{page}/{number}" for page in ("mail", "organisers") for number in (HUGE, 2**31, "²", "٣", ENDLESS)),
        *(f"/desk/mail/{HUGE}/body", f"/desk/mailbox/1.1.s3chem/attachments/{HUGE}"),
    ],
    ids=lambda path: path[:30],
)
def test_a_number_that_no_row_can_have_is_no_page(desk: FlaskClient, path: str) -> None:
    assert desk.get(path).status_code == 404


@pytest.mark.parametrize("page", ["9" * 30, ENDLESS, "²", "-5", str(2**63)], ids=lambda page: page[:10])
def test_a_page_that_no_list_has_is_an_empty_or_the_first_one(desk: FlaskClient, page: str) -> None:
    for path in ("/desk/mail/", "/desk/mailbox/", "/desk/events/conference/participants"):
        assert desk.get(path, query_string={"page": page}).status_code in {200, 308}, path


def test_fields_of_rows_that_cannot_be_are_left_out() -> None:
    typed = {"title": "A", "parts-0-title": "B", "parts-²-title": "C", f"parts-{ENDLESS}-title": "D"}
    assert dict(rows.changed(MultiDict(typed), "")) == {"title": "A", "parts-0-title": "B"}


def filled(desk: FlaskClient, page: str) -> dict[str, str]:
    """Return what a browser would send back of a page's forms."""
    fields = {}
    for field in soup(desk.get(page)).select("main form [name]"):
        chosen = field.select_one("option[selected], option") if field.name == "select" else field
        if chosen is not None and (field.get("type") not in {"radio", "checkbox"} or field.has_attr("checked")):
            fields[str(field["name"])] = str(chosen.get("value", "")) or field.text.strip()
    return fields


def hostile(seed: int, kept: dict[str, str]) -> Iterator[dict[str, str]]:
    lot = random.Random(seed)
    for _ in range(40):
        fields = {lot.choice(KEYS): lot.choice((*ODD, *ORDERS)) for _ in range(lot.randint(1, 4))}
        yield {**kept, **fields} if lot.random() < 0.8 else fields


@pytest.mark.parametrize("path", POSTS)
def test_hostile_posts_are_refused_in_words(app: Flask, desk: FlaskClient, path: str) -> None:
    app.testing = False  # a fault becomes an answer, as it would for real
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    page = path if path in FORMS else "/desk/account"
    kept = filled(desk, page)
    assert kept["csrf_token"]
    found = {(desk.post(path, data=fields).status_code, str(fields)[:300]) for fields in hostile(7, kept)}
    assert [each for each in found if each[0] >= 500] == []


def test_a_password_that_grows_is_a_wrong_password(app: Flask, client: FlaskClient) -> None:
    form = hidden(client, "/desk/sign-in") | {"email": "anna@region.example", "password": "\ufdfa" * 900}
    assert client.post("/desk/sign-in", data=form).status_code == 422
