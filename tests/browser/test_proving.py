"""After a crowd from one network: a browser calculates and sends; without JavaScript one waits and presses."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import requests
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from s3chem_events import create_app
from s3chem_events.core import config
from s3chem_events.core.db import db
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import FILLED, PUBLIC_DAY, add_event, count, hidden_in
from tests.support.axe import faults
from tests.support.visitor import SEND, Person, fill, fits

pytestmark = pytest.mark.browser
FORM = "/en/events/conference/register"
CROWD = 80


@pytest.fixture
def crowded(environ: dict[str, str], clock: Clock) -> Iterator[tuple[Flask, str]]:
    """Serve an event for which this very network has sent four groups of twenty."""
    server = make_server("127.0.0.1", 0, Flask("placeholder"), threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    app = create_app(config.load({**environ, "S3CHEM_BASE_URL": url, "S3CHEM_LIMITS": "on"}))
    server.app = app
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # Both ways to attend, so that the form asks which.
    add_event(app, parts=(replace(PUBLIC_DAY, capacity={Mode.ON_SITE: 300, Mode.ONLINE: None}),))
    for group in range(4):
        session = requests.Session()
        people = {f"person-{n}-given_name": f"N{n}" for n in range(1, 20)}
        addresses = {f"person-{n}-email": f"n{n}@g{group}.example" for n in range(1, 20)}
        contact = FILLED | {"email": f"office{group}@firm.example", "attends": "yes"}
        opened = hidden_in(session.get(f"{url}{FORM}/group", timeout=20).text)
        answer = session.post(
            f"{url}{FORM}/group", data=contact | opened | people | addresses, timeout=20, allow_redirects=False
        )
        assert answer.status_code == 303
    clock.advance(minutes=1)
    yield app, url
    server.shutdown()
    server.server_close()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_browser_calculates_and_sends_what_was_pressed_meanwhile(
    crowded: tuple[Flask, str], open_page: Callable[..., Page]
) -> None:
    app, url = crowded
    page = open_page()
    scripts: list[str] = []
    page.on("request", lambda sent: scripts.append(sent.url) if "/proof." in sent.url else None)
    page.goto(url + FORM)
    fill(page, Person("js@park.example"))
    assert scripts == []
    page.locator(SEND).click()
    box = page.get_by_role("alert")
    expect(box).to_be_focused()
    expect(box.get_by_role("heading")).to_have_text("One more press is needed")
    fits(page)
    assert (faults(page), len(scripts), count(app, Registration)) == ([], 1, CROWD)
    box.get_by_role("button", name="Register").click()
    page.wait_for_url("**/registrations/*", timeout=60_000)
    assert count(app, Registration, email="js@park.example") == 1

    page.goto(url + FORM)
    fill(page, Person("calm@park.example", given_name="Ot"))
    page.locator(SEND).click()
    expect(page.locator("#proof-state")).to_have_text(
        "The calculation is done. Please press the button.", timeout=60_000
    )
    assert count(app, Registration, email="calm@park.example") == 0
    page.locator(SEND).click()
    page.wait_for_url("**/registrations/*")
    assert count(app, Registration, email="calm@park.example") == 1


def test_without_javascript_two_minutes_and_one_press_suffice(
    crowded: tuple[Flask, str], open_page: Callable[..., Page], clock: Clock
) -> None:
    app, url = crowded
    page = open_page(javascript=False)
    page.goto(url + FORM)
    fill(page, Person("plain@park.example"))
    page.locator(SEND).click()
    expect(page.get_by_role("alert")).to_contain_text("please wait 2 minutes and press the button then")
    clock.advance(minutes=1, seconds=10)
    page.get_by_role("alert").get_by_role("button", name="Register").click()
    expect(page.get_by_role("alert")).to_contain_text("please wait 1 minute and press")
    clock.advance(seconds=50)
    page.get_by_role("alert").get_by_role("button", name="Register").click()
    page.wait_for_url("**/registrations/*")
    assert count(app, Registration, email="plain@park.example") == 1
