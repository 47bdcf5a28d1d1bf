"""Twenty people whom one contact registers in one press: what it costs the web server."""

import statistics
import time
from urllib.parse import urlencode

from tests.bench import rig
from tests.bench.figures import Figure
from tests.support.servers import Server, started

PRESSES, WARM, PEOPLE = 20, 3, 20
FORM = f"{rig.FORM}/group"


def run() -> list[Figure]:
    with rig.prepared() as settings, started("serve", settings, "--workers", "1") as server:
        for number in range(WARM):
            _press(server, number)
        visitors = [_opened(server) for _ in range(PRESSES)]
        before, seconds = rig.cpu_seconds(server)["web"], []
        for number, visitor in enumerate(visitors, start=WARM):
            began = time.perf_counter()
            _send(visitor, number)
            seconds.append(time.perf_counter() - began)
        spent = (rig.cpu_seconds(server)["web"] - before) * 1000 / PRESSES
    note = f"answered after {statistics.median(seconds) * 1000:.0f} ms"
    return [Figure(work="a delegation of 20, one POST, CPU", measured=spent, unit="ms", goal=150, note=note)]


def _press(server: Server, number: int) -> None:
    _send(_opened(server), number)


def _opened(server: Server) -> rig.Visitor:
    visitor = rig.Visitor(server.url)
    visitor.open(FORM)
    return visitor


def _send(visitor: rig.Visitor, number: int) -> None:
    filled = {
        "given_name": "Greta",
        "family_name": f"Amt {number}",
        "email": f"office{number}@uni.example",
        "organisation": "Universitat",
        "organisation_type": "higher_education_research",
        "country": "ES",
        "region": "Catalonia",
        "language": "en",
        "parts": "day",
        "attends": "no",
        "privacy": "y",
    }
    for person in range(1, PEOPLE + 1):
        filled |= {
            f"person-{person}-given_name": f"Ana {number}",
            f"person-{person}-family_name": f"Núñez {person}",
            f"person-{person}-email": f"p{number}-{person}@uni.example",
        }
    body = urlencode(visitor.hidden | filled)
    status, page = visitor.ask("POST", FORM, body, {"Content-Type": "application/x-www-form-urlencoded"})
    assert status == 303, page
