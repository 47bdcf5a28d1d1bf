"""How long a test waits, so that a slow machine fails nothing: for what must come to pass, and for what must end."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 120.0
"""Seconds; what is waited for takes one or two. How quick it is, is measured in tests/bench."""
RUNAWAY = 60.0
"""Seconds of a processor; what is held against it takes one at most, and minutes where its guard is out."""


def tries() -> Iterator[None]:
    """Yield as often as there is time to try once more."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        yield
        time.sleep(0.02)


def until(true: Callable[[], object]) -> None:
    """Wait for something to come to pass."""
    assert any(true() for _ in tries()), f"it did not come to pass within {PATIENCE:.0f} s"


@contextmanager
def ends() -> Iterator[None]:
    """Stop what runs away: the block fails instead of keeping the suite for minutes or hours."""

    def stop(*_: object) -> None:
        raise AssertionError(f"it runs away: still at it after {RUNAWAY:.0f} s of a processor")

    assert threading.current_thread() is threading.main_thread(), "a signal is heard there alone"
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, RUNAWAY)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
