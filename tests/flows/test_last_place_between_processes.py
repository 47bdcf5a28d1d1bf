"""The last place, pressed for in two web processes at once: no lock within one process can help there."""

from collections import Counter
from functools import partial

import pytest
import requests
from bs4 import BeautifulSoup
from flask import Flask

from s3chem_events.registration.models import Participation
from tests.factories import FILLED_WORKSHOP, WORKSHOP, add_event, count
from tests.support import servers
from tests.support.rivals import at_once

pytestmark = [pytest.mark.slow, pytest.mark.one_database, pytest.mark.counted_elsewhere]
PATH = "/en/events/workshop/register"
PEOPLE, PLACES = 16, 3


def opened(url: str, number: int) -> tuple[requests.Session, str, dict[str, str]]:
    """Open the form as one person does; each of the two processes serves every other person."""
    session = requests.Session()
    page = BeautifulSoup(session.get(url + PATH, timeout=15).content, "html.parser")
    hidden = {str(one["name"]): str(one.get("value", "")) for one in page.select("main form input[type=hidden]")}
    return session, url + PATH, {**FILLED_WORKSHOP, **hidden, "email": f"p{number}@x.example"}


def test_two_processes_sell_three_places_three_times(app: Flask, environ: dict[str, str]) -> None:
    add_event(app, WORKSHOP)  # C10
    with servers.launched("web", environ) as one, servers.launched("web", environ) as other:
        for server in (one, other):  # they load side by side
            server.await_answer()
        people = [opened((one.url, other.url)[n % 2], n) for n in range(PEOPLE)]
        codes = list[tuple[str, int]]()

        def press(session: requests.Session, url: str, filled: dict[str, str]) -> None:
            codes.append((url, session.post(url, data=filled, allow_redirects=False, timeout=30).status_code))

        at_once(*(partial(press, *person) for person in people))
    assert Counter(code for _url, code in codes) == {303: PLACES, 409: PEOPLE - PLACES}
    assert {url for url, _code in codes} == {one.url + PATH, other.url + PATH}
    assert count(app, Participation) == PLACES
