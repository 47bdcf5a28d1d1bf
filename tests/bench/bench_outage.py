"""Visitors register while the mail server says nothing for half a minute, and while it is away: do they notice?"""

import statistics

from tests.bench.bench_registration import A_SECOND, PEOPLE, post_office, posted_on_time, site, until
from tests.bench.figures import Figure, middle
from tests.support.post_office import At, Mail, Stall
from tests.support.servers import Server

ROUNDS = 3
SILENT = 30.0
BACK_WITHIN = 300.0
"""Seconds; a server that was in trouble rests for a minute at most between two tries."""
SAME = 1.2
WORK = f"POST at {A_SECOND}/s, p95, the mail server"


def run() -> list[Figure]:
    with post_office() as office, site(office) as server:
        posted_on_time(server, 1000)  # what is loaded first is another figure
        well = _p95(server, 10_000)
        office.answer(At.MAIL, Stall(SILENT))
        silent = _p95(server, 20_000)
        office.stop()
        away = _p95(server, 30_000)
        office.orders.clear()
        office.start()
        everybody = PEOPLE * (1 + 3 * ROUNDS)
        until(lambda: len(_written_to(office.mails)) == everybody, within=BACK_WITHIN)
        doubled = len(office.mails) - everybody
    against = "the same, the server well"
    return [
        Figure(
            work=f"{WORK} silent for {SILENT:.0f} s", measured=silent, unit="ms", goal=SAME, limit=well, against=against
        ),
        Figure(work=f"{WORK} away", measured=away, unit="ms", goal=SAME, limit=well, against=against),
        Figure(work="e-mails that came twice, once it was back", measured=doubled, unit="", goal=0),
    ]


def _p95(server: Server, first: int) -> float:
    rounds = (posted_on_time(server, first + number * 1000) for number in range(ROUNDS))
    return middle(statistics.quantiles(seconds, n=20)[-1] * 1000 for seconds in rounds)


def _written_to(mails: list[Mail]) -> set[str]:
    return {address for mail in mails for address in mail.recipients}
