"""People who press at the same moment."""

import threading
from collections.abc import Callable


def at_once(*presses: Callable[[], object]) -> None:
    """Let all of it happen at the same moment, each in a thread of its own; returns when all is done."""
    barrier = threading.Barrier(len(presses))

    def run(press: Callable[[], object]) -> None:
        barrier.wait()
        press()

    threads = [threading.Thread(target=run, args=(press,)) for press in presses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
