"""One registration from opening the form to the delivered e-mail: what it costs, and how long a visitor waits."""

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.bench import rig
from tests.bench.figures import Figure
from tests.support.post_office import PostOffice
from tests.support.servers import Server, started

PEOPLE = 200
WARM = 20
A_SECOND = 20
MAIL_WITHIN = 60.0


def run() -> list[Figure]:
    with post_office() as office, site(office) as server:
        _register_all(server, range(WARM))
        until(lambda: len(office.mails) >= WARM)
        return [_cost(server, office), _waiting(server)]


def _cost(server: Server, office: PostOffice) -> Figure:
    """Add up the processor's time of all processes of the site until the last of the e-mails has been accepted."""
    before, mails = rig.cpu_seconds(server), len(office.mails)
    _register_all(server, range(1000, 1000 + PEOPLE))
    until(lambda: len(office.mails) >= mails + PEOPLE)
    after = rig.cpu_seconds(server)
    each = {name: (after[name] - before[name]) * 1000 / PEOPLE for name in after}
    note = ", ".join(f"{name} {spent:.1f}" for name, spent in each.items())
    return Figure(
        work="one registration, its mail included, CPU", measured=sum(each.values()), unit="ms", goal=25, note=note
    )


def _waiting(server: Server) -> Figure:
    seconds = posted_on_time(server, 5000)
    p50, p95 = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
    return Figure(
        work=f"POST at {A_SECOND}/s, p95", measured=p95 * 1000, unit="ms", goal=300, note=f"p50 {p50 * 1000:.0f}"
    )


def posted_on_time(server: Server, first: int) -> list[float]:
    """Post on time, whether or not the one before has been answered, as visitors do; returns how long each waited."""
    seconds: list[float] = []
    visitors = [_visitor(server) for _ in range(PEOPLE)]
    start = time.perf_counter()

    def press(number: int) -> None:
        time.sleep(max(start + number / A_SECOND - time.perf_counter(), 0))
        began = time.perf_counter()
        assert visitors[number].register(first + number) == 303
        seconds.append(time.perf_counter() - began)

    threads = [threading.Thread(target=press, args=(number,)) for number in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seconds) == PEOPLE
    return seconds


def _register_all(server: Server, numbers: range) -> None:
    for number in numbers:
        visitor = _visitor(server)
        assert visitor.register(number) == 303
        visitor.close()


def _visitor(server: Server) -> rig.Visitor:
    visitor = rig.Visitor(server.url)
    visitor.open_form()
    return visitor


def until(done: Callable[[], bool], *, within: float = MAIL_WITHIN) -> None:
    deadline = time.monotonic() + within
    while not done():
        assert time.monotonic() < deadline, "the e-mails did not come"
        time.sleep(0.05)


@contextmanager
def post_office() -> Iterator[PostOffice]:
    office = PostOffice()
    office.start()
    try:
        yield office
    finally:
        office.stop()


@contextmanager
def site(office: PostOffice) -> Iterator[Server]:
    mail = rig.prepared(MAIL_SERVER=office.host, MAIL_PORT=str(office.port), MAIL_TLS="none")
    with mail as settings, started("serve", settings, "--workers", "2") as server:
        yield server
