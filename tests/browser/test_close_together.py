"""What belongs together stands together on a phone, and apart from the rest."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page

from s3chem_events import create_app
from s3chem_events.core import config
from s3chem_events.core.db import db
from s3chem_events.publishing.lifecycle import Mode, Visibility
from s3chem_events.registration import links
from s3chem_events.registration.models import Delegation, Registration
from tests.factories import CLOSED_DAY, PUBLIC_DAY, add_event
from tests.support import servers
from tests.support.post import enrol, enrol_several

pytestmark = pytest.mark.browser
WAYS = {Mode.ON_SITE: 1, Mode.ONLINE: None}


@pytest.fixture
def served(environ: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Serve somebody who waits for a seat in the room, and somebody of a delegation who has two places."""
    port = servers.free_port()
    environ = {**environ, "S3CHEM_BASE_URL": f"http://127.0.0.1:{port}"}
    app = create_app(config.load(environ))
    days = (replace(CLOSED_DAY, visibility=Visibility.PUBLIC, capacity=WAYS), replace(PUBLIC_DAY, capacity=WAYS))
    add_event(app, parts=days)
    seat = {"day-2": Mode.ON_SITE}
    enrol(app, choices=seat)
    enrol(app, choices=seat, email="waits@park.example", may_wait=frozenset({("day-2", "on_site")}))
    enrol_several(app, "Carla", parts=("day-1", "day-2"))
    with servers.started("web", environ, "--workers", "1", port=port) as server:
        yield _pages(app, server.url)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _pages(app: Flask, url: str) -> tuple[str, str]:
    with app.app_context():
        waits = db.session.scalars(db.select(Registration).filter_by(email="waits@park.example")).one()
        group = db.session.scalars(db.select(Delegation)).one()
        return (
            links.own_page(waits.id, waits.link_version, language="en", base_url=url),
            links.delegation(group.id, group.link_version, language="en", base_url=url),
        )


def test_a_button_stands_apart_from_its_neighbours_and_a_status_with_its_own_part(
    served: tuple[str, str], open_page: Callable[..., Page]
) -> None:
    own, delegation = served
    page = open_page(width=390)
    page.goto(own)
    lines = page.locator("main .offer").first.locator("> *")
    gaps = _gaps(lines)
    button = lines.evaluate_all("all => all.findIndex(one => one.matches('form'))")
    assert button > 0
    assert gaps[button - 1 : button + 1] == [12, 12]
    page.goto(delegation)
    places = page.locator("main .offer li")
    assert (places.count(), places.locator(".chip").count(), _gaps(places)) == (2, 2, [12])


def _gaps(boxes: Locator) -> list[int]:
    """Return how much room there is between each and the next one, from top to bottom."""
    edges = boxes.evaluate_all("all => all.map(e => e.getBoundingClientRect()).map(box => [box.top, box.bottom])")
    return [round(low[0] - high[1]) for high, low in pairwise(edges)]
