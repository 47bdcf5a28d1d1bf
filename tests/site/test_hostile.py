"""What nobody sends by mistake: it costs little, is answered in words, and leaves nothing behind."""

from io import BytesIO
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s3chem_events.core.errors import Invalid
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import CONFERENCE, FILLED, add_event, count, hidden, register, revise_event
from tests.support.patience import ends

FORM = "/en/events/conference/register"
PUBLIC_FORMS = (FORM, "/en/registrations/lost-link", "/desk/sign-in", "/desk/sign-in/link")


@pytest.fixture(autouse=True)
def event(app: Flask, clock: Clock) -> None:
    add_event(app)


def test_a_flood_of_combining_marks_costs_nothing(app: Flask, client: FlaskClient) -> None:
    flood = "a" + "\u0301\u0323" * 30_000
    filled = {**FILLED, **hidden(client, FORM)}
    with ends():
        codes = [
            client.post(FORM, data={**filled, name: flood}).status_code
            for name in ("given_name", "organisation", "email")
        ]
    assert codes == [303, 303, 422]


@pytest.mark.one_database
@pytest.mark.parametrize("path", [*PUBLIC_FORMS, f"{FORM}/group"])
def test_a_body_that_is_dear_to_take_apart_is_not_taken_apart(app: Flask, client: FlaskClient, path: str) -> None:
    def send(body: bytes) -> tuple[int, bool]:
        answer = client.post(path, data=body, content_type="application/x-www-form-urlencoded")
        return answer.status_code, "What you sent is larger than this page can accept." in answer.text

    assert send(urlencode(hidden(client, path)).encode() + b"&a" * 19_000)[0] in {200, 303, 422}
    assert send(b"a&" * 20_000) == (413, True)
    assert send(b"a=" + b"x" * 1_000_000) == (413, True)
    assert send(b"%" * 3_000)[0] == 400


@pytest.mark.one_database
@pytest.mark.parametrize("path", PUBLIC_FORMS)
@pytest.mark.parametrize("body", ["[1]", "1", '"x"', '{"csrf_token": 1}', '{"email": {"a": 1}}', "[" * 50_000])
def test_json_is_no_form(client: FlaskClient, path: str, body: str) -> None:
    assert client.post(path, data=body, content_type="application/json").status_code == 415


def test_a_file_is_no_name(app: Flask, client: FlaskClient) -> None:
    filled = {**FILLED, **hidden(client, FORM)}
    filled["given_name"] = (BytesIO(b"x"), "x.txt")  # type: ignore[assignment]
    assert client.post(FORM, data=filled, content_type="multipart/form-data").status_code == 400
    assert count(app, Registration) == 0


@pytest.mark.parametrize(
    "path",
    [
        "/en/events/a%00b",
        "/en/events/%00/register",
        "/events/%00.ics",
        "/en/news/%00",
        "/en/?lang=%00",
        "/en/registrations/%00",
    ],
)
def test_nul_in_an_address_is_refused(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 400


@pytest.mark.parametrize(
    "name", ["attempt", "email", "parts", "mode-day-2", "region", "language", "csrf_token", "shown_in"]
)
def test_nul_in_a_field_is_no_fault_of_ours(app: Flask, client: FlaskClient, name: str) -> None:
    filled = {**FILLED, **hidden(client, FORM)}
    assert client.post(FORM, data={**filled, name: f"{filled.get(name, '')}\0"}).status_code in {303, 403, 422}


def test_a_foreign_attempt_number_is_not_compared(client: FlaskClient) -> None:
    register(client)
    assert register(client, attempt="é").status_code == 409


@pytest.mark.parametrize(
    "since", ["Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 10000 00:00:00 GMT", "-1", "\x7f"]
)
def test_an_impossible_date_gets_the_page(client: FlaskClient, since: str) -> None:
    client.get("/en/events/conference")
    assert client.get("/en/events/conference", headers={"If-Modified-Since": since}).status_code == 200


def test_gzip_declined_is_not_sent(client: FlaskClient) -> None:
    for accepted, zipped in (("gzip;q=0", False), ("gzip; q=0.0, br", False), ("br, gzip;q=0.5", True), ("gzip", True)):
        response = client.get("/en/events/conference", headers={"Accept-Encoding": accepted})
        assert ("Content-Encoding" in response.headers) is zipped, accepted


@pytest.mark.parametrize("year", [1, 27, 1989, 2201, 9999])
def test_no_year_takes_the_site_down(app: Flask, year: int) -> None:
    part = CONFERENCE.parts[1]
    moved = type(part)(
        key=part.key, title=part.title, starts=part.starts.replace(year=year), ends=part.ends.replace(year=year)
    )
    with pytest.raises(Invalid, match="a year from 1990 to 2200"):
        revise_event(app, parts=(moved,))


HOSTILE = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    [
        "'",
        '"><svg onload=1>',
        "{{7*7}}",
        "%s%n",
        "../../etc/passwd",
        "\r\nBcc: x@y.example",
        "=1+1",
        "\u202e",
        "٣",
        "²",
        "9" * 400,
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.dictionaries(
        st.sampled_from([*FILLED, "attempt", "website", "x"]), HOSTILE | st.lists(HOSTILE, max_size=3)
    )
)
def test_no_filling_of_the_form_breaks_it(client: FlaskClient, fields: dict[str, str]) -> None:
    token = {"csrf_token": hidden(client, FORM)["csrf_token"]}
    response = client.post(FORM, data={**FILLED, **fields, **token})
    assert response.status_code in {200, 303, 403, 409, 422}
    assert b"<svg onload" not in response.data
