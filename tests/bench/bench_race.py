"""200 people press at the same moment for 50 places: who gets one, and how long it takes until all are answered."""

import threading
import time
from collections import Counter

from tests.bench import rig
from tests.bench.figures import Figure
from tests.support import postgres
from tests.support.servers import started

PEOPLE = 200


def run() -> list[Figure]:
    figures = _race("SQLite", workers=2)
    with postgres.running() as server:
        url = server.create()
        try:
            figures += _race("PostgreSQL", workers=4, DATABASE_URL=url)
        finally:
            server.drop(url)
    return figures


def _race(database: str, *, workers: int, **settings: str) -> list[Figure]:
    with (
        rig.prepared(places=rig.PLACES, **settings) as given,
        started("serve", given, "--workers", str(workers)) as server,
    ):
        visitors = [rig.Visitor(server.url) for _ in range(PEOPLE)]
        for visitor in visitors:
            visitor.open_form()
        before = rig.cpu_seconds(server)
        statuses, seconds = _press(visitors)
        spent = sum(rig.cpu_seconds(server).values()) - sum(before.values())
        held = sum(row["state"] == "confirmed" for row in rig.participations(given))
    counted = Counter(statuses)
    refused, errors = counted[409], PEOPLE - counted[303] - counted[409]
    exact = held == counted[303] == rig.PLACES and refused == PEOPLE - rig.PLACES
    what = f"{PEOPLE} at once on {rig.PLACES} places, {database}, {workers} processes"
    return [
        Figure(
            work=what,
            measured=PEOPLE - rig.PLACES - refused if exact else max(abs(held - rig.PLACES), errors, 1),
            unit="wrong",
            goal=0,
            note=f"{held} confirmed, {refused} refused, {errors} errors",
        ),
        Figure(work=f"{what}: all answered", measured=seconds, unit="s", goal=10, note=f"CPU {spent:.1f} s"),
    ]


def _press(visitors: list[rig.Visitor]) -> tuple[list[int], float]:
    barrier, statuses = threading.Barrier(len(visitors) + 1), []

    def press(number: int) -> None:
        barrier.wait()
        try:
            statuses.append(visitors[number].register(number))
        except OSError:
            statuses.append(0)

    threads = [threading.Thread(target=press, args=(number,)) for number in range(len(visitors))]
    for thread in threads:
        thread.start()
    barrier.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return statuses, time.perf_counter() - began
