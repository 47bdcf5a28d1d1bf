"""How an operator watches over the site: metrics that add up, and a log that machines read and that names nobody."""

import json
import re
import urllib.request

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events import schedule
from tests.factories import FILLED, add_event, register
from tests.support import servers
from tests.support.post import work

pytestmark = pytest.mark.one_database
SAMPLE = re.compile(r'^([a-z_0-9]+)(\{[a-z]+="[^"]+"\})? (\S+)$')


def measured(text: str) -> dict[str, float]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    found = [SAMPLE.fullmatch(line) for line in lines]
    assert None not in found, lines
    return {f"{one[1]}{one[2] or ''}": float(one[3]) for one in found if one}


def test_metrics_are_nowhere_unless_they_are_switched_on(client: FlaskClient) -> None:
    assert client.get("/metrics", follow_redirects=True).status_code == 404


@pytest.mark.settings(METRICS="on")
def test_metrics_tell_of_the_outbox_the_queue_and_the_clock(app: Flask, client: FlaskClient) -> None:
    add_event(app)
    before = measured(client.get("/metrics", base_url="http://10.0.0.7:8000").text)  # asked by its address
    told = ('s3chem_emails{state="sent"}', "s3chem_emails_held", "s3chem_last_tick_seconds", "s3chem_queue_up")
    assert [before[name] for name in told] == [0, 0, 0, 1]
    register(client)
    with app.app_context():
        schedule.tick()
    ringing = measured(client.get("/metrics").text)
    assert (ringing["s3chem_queue_pending"], ringing["s3chem_last_tick_seconds"] > 1_700_000_000) == (1, True)
    work(app)
    after = measured(client.get("/metrics").text)
    assert after['s3chem_emails{state="sent"}'] == 1
    assert after['s3chem_requests_total{status="3xx"}'] - before['s3chem_requests_total{status="3xx"}'] == 1
    counts = [value for name, value in after.items() if name.startswith("s3chem_request_seconds_bucket")]
    assert counts == sorted(counts)
    assert counts[-1] == after["s3chem_request_seconds_count"]


@pytest.mark.slow
@pytest.mark.settings(METRICS="on", LOG_FORMAT="json")
def test_all_web_processes_count_together_and_each_access_is_one_object(app: Flask, environ: dict[str, str]) -> None:
    add_event(app)
    own = register(app.test_client()).headers["Location"]
    token = own.rpartition("/")[2]
    calendar = re.search(r"/calendar/([\w.-]+)\.ics", app.test_client().get(own).text)
    assert calendar is not None
    with servers.started("web", environ, "--workers", "2") as server:
        asked = [
            own,
            calendar[0],
            "/en/events/conference",
            "/static/css/site.css",
            f"/en/?q={FILLED['email']}",
        ]
        for _ in range(4):
            assert all(server.answers(path) for path in asked)
        with urllib.request.urlopen(server.url + "/metrics") as answer:
            counted = measured(answer.read().decode())
        said = server.stop()
    assert counted['s3chem_requests_total{status="2xx"}'] == 4 * len(asked) + 1  # and the one that awaited the start
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    seen = [line for line in lines if line["from"] == "s3chem_events.access"]
    assert {line["route"] for line in seen} == {
        "/en/registrations/<token>",
        "/calendar/<token>.ics",
        "/en/events/conference",
        "/static/css/site.css",
        "/en/",
        "/healthz",
        "/metrics",
    }
    assert all(line["method"] == "GET" and line["status"] == 200 and line["ms"] >= 0 for line in seen)
    assert [secret for secret in (token, calendar[1], FILLED["email"]) if secret in said] == []
