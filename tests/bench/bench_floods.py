"""What the longest e-mails to read that a stranger can send take of a processor."""

import time

from s3chem_events.mailing import arrivals, reading
from tests.bench.figures import Figure
from tests.support.floods import FLOODS


def run() -> list[Figure]:
    return [Figure(work="the worst e-mail, read", measured=max(map(_taken, FLOODS)), unit="s", goal=1)]


def _taken(raw: bytes) -> float:
    """Return the seconds of a processor."""
    began = time.process_time()
    arrivals.read(raw)
    arrivals.digest(raw)
    reading.text(reading.parsed(raw))
    return time.process_time() - began
