"""Counts of requests, kept by each web process where all of them can add them up.

Each process writes into a slot of its own in memory that they share, so that none can wait for another that died.
"""

import mmap
import os
import threading
from array import array
from collections.abc import Iterator

CLASSES = (1, 2, 3, 4, 5)
LIMITS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of the histogram's buckets, in seconds."""
FIELDS = len(CLASSES) + len(LIMITS) + 1
"""A slot: the requests of each class of status, those within each bound, the seconds in all (as microseconds)."""
SLOTS = 1024
_lock = threading.Lock()


class _Shared:
    memory: mmap.mmap | None = None


def share() -> None:
    """Set memory aside for the processes that are forked from here on; a page of it is taken at its first use."""
    _Shared.memory = _Shared.memory or mmap.mmap(-1, SLOTS * FIELDS * 8)


def count(method: str, route: str, status: int, seconds: float) -> None:  # noqa: ARG001 - as all notices of a request
    """Count one request."""
    share()
    with _lock, memoryview(_Shared.memory or b"") as whole, whole.cast("Q") as cells:
        start = os.getpid() % SLOTS * FIELDS
        cells[start + min(max(status // 100, 1), 5) - 1] += 1
        for place, limit in enumerate(LIMITS, start + len(CLASSES)):
            if seconds <= limit:
                cells[place] += 1
        cells[start + FIELDS - 1] += int(seconds * 1_000_000)


def requests() -> Iterator[str]:
    """Return the lines that tell of requests, all processes together, as Prometheus reads them."""
    share()
    with memoryview(_Shared.memory or b"") as whole:
        cells = array("Q", whole.tobytes())
    sums = [sum(cells[field::FIELDS]) for field in range(FIELDS)]
    yield "# HELP s3chem_requests_total Requests by the class of their status."
    yield "# TYPE s3chem_requests_total counter"
    yield from (f's3chem_requests_total{{status="{one}xx"}} {sums[one - 1]}' for one in CLASSES)
    yield "# HELP s3chem_request_seconds How long it took until an answer began."
    yield "# TYPE s3chem_request_seconds histogram"
    for limit, within in zip(LIMITS, sums[len(CLASSES) : -1], strict=True):
        yield f's3chem_request_seconds_bucket{{le="{limit}"}} {within}'
    total = sum(sums[: len(CLASSES)])
    yield f's3chem_request_seconds_bucket{{le="+Inf"}} {total}'
    yield f"s3chem_request_seconds_sum {sums[-1] / 1_000_000}"
    yield f"s3chem_request_seconds_count {total}"


def gauge(name: str, said: str, value: float) -> Iterator[str]:
    """Return the lines of one measured value."""
    yield f"# HELP {name} {said}"
    yield f"# TYPE {name} gauge"
    yield f"{name} {value}"
