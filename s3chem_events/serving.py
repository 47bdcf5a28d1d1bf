"""Web and worker as one thing that starts, stays up and stops: what `s3chem-events serve` does.

Three kinds of processes, each in a session of its own so that Ctrl-C reaches the first alone:
the supervisor, which only watches; the web server (granian's main process and its workers); the worker.
"""

import gc
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

import click
from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from s3chem_events import create_app
from s3chem_events.core import logs, metrics
from s3chem_events.core.later import Later

if TYPE_CHECKING:
    from s3chem_events import working
else:  # the web server's processes are forked from this one, and hold in memory whatever it loads
    working = Later("s3chem_events.working")

log = logging.getLogger(__name__)

THREADS = 64  # a web process: few do the work, most wait for slow clients' bodies; fifty may meet in one
GRACE = 15.0  # seconds for requests and an e-mail in flight, before a process is killed
QUICK = 5.0  # a process that lives shorter than this died of its start
TRIES = 5  # so many quick deaths by its own hand, one after the other, and there is no use in trying again
PACE = 0.25  # seconds between a death and the next start; doubled at each quick one
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
ORPHAN_CHECK = 0.5  # seconds between two looks at whether the parent still lives


class CannotServe(Exception):
    """The server could not start or could not stay up; the text says why, in a sentence."""


@dataclass(slots=True)
class Child:
    """One supervised process, and how often it has died right after its start."""

    name: str
    target: Callable[..., None]
    args: tuple[Any, ...] = ()
    process: BaseProcess | None = None
    started: float = 0.0
    quick_deaths: int = 0
    next_start: float = field(default=0.0)

    def start(self) -> None:
        context = multiprocessing.get_context()
        self.process = context.Process(target=_own_session, args=(self.target, *self.args), name=self.name)
        self.process.start()
        self.started = time.monotonic()
        log.info("%s runs as process %s", self.name, self.process.pid)

    def bury(self) -> None:
        """Note a death, end what the dead left behind and say when to start anew.

        Raises CannotServe where it ended by itself, right after its start, too often.
        """
        assert self.process is not None  # noqa: S101  for the type checker: only a started child dies
        self.signal(signal.SIGTERM)  # granian's workers outlive a kill -9 of their main process
        self.process.join()
        code = self.process.exitcode or 0
        lived = time.monotonic() - self.started
        self.quick_deaths = self.quick_deaths + 1 if lived < QUICK else 0
        if (
            self.quick_deaths >= TRIES and code >= 0
        ):  # a negative code is a signal from outside: always worth a new start
            raise CannotServe(
                f"The {self.name} ended {TRIES} times right after its start (exit code {code}); see the log above."
            )
        self.next_start = time.monotonic() + min(PACE * 2 ** max(self.quick_deaths - 1, 0), 2.0)
        self.process = None
        log.warning("%s ended (exit code %s) and is started again", self.name, code)

    def signal(self, number: int) -> None:
        """Signal the process and what it started."""
        if self.process is not None and self.process.pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


def serve(host: str = "127.0.0.1", port: int = 8000, *, workers: int = 2, before: Callable[[], object] = bool) -> int:
    """Run web and worker until TERM, INT or HUP; a process that dies is started again. Returns the exit code.

    `before` is called once the address is known to be free.
    """
    _hear_from_the_first_moment()
    try:
        _check_free(host, port)
        before()
        gc.collect()  # what made all ready: the processes that are forked from here would hold it, too
        gc.freeze()
        click.echo(f"S3Chem Events runs on http://{host}:{port}/ - Ctrl-C stops it.")
        _supervise([Child("web", _serve_web, (host, port, workers)), Child("worker", _work)])
    except CannotServe as reason:
        click.echo(f"Error: {reason}", err=True)
        return 1
    return 0


def web(host: str = "127.0.0.1", port: int = 8000, *, workers: int = 2) -> int:
    """Run the web server alone, in this process and `workers` more. Returns the exit code."""
    _hear_from_the_first_moment()
    try:
        _check_free(host, port)
    except CannotServe as reason:
        click.echo(f"Error: {reason}", err=True)
        return 1
    _serve_web(host, port, workers)
    return 0


def worker() -> int:
    """Run the worker alone until TERM or INT. Returns the exit code."""
    _work()
    return 0


def application() -> Flask:
    """Make the application in one of the web server's processes."""
    # Ctrl-C reaches the workers of `web`, too, and granian ends them by TERM: of two signals before it serves, the
    # second would hang it for good (2.8.7).
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    _end_with_parent()
    app = create_app()
    logs.configure(app.extensions["s3chem"].log_format)
    gc.freeze()  # to look through what stays takes 60 to 90 ms each time, perhaps with the database locked
    return app


def _serve_web(host: str, port: int, workers: int) -> None:
    """Serve from `workers` processes."""
    metrics.share()
    server = Granian(
        "s3chem_events.serving:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        blocking_threads=THREADS,
        backlog=2048,
        respawn_failed_workers=True,
        workers_kill_timeout=int(GRACE) - 5,
        websockets=False,
        log_level=LogLevels.error,  # it would warn of the number of threads, which is meant
        log_dictconfig={"loggers": {"_granian": {"handlers": [], "propagate": True}}},  # written as all else is
    )
    server.serve()


def _work() -> None:
    working.work(grace=GRACE)


def _check_free(host: str, port: int) -> None:
    """Raise CannotServe where the address is taken or forbidden: granian would say it in a traceback."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotServe(f"Cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}.") from error


def _supervise(children: list[Child]) -> None:
    stop = threading.Event()
    woken, waker = socket.socketpair()  # a signal that arrives while wait() sleeps writes here
    waker.settimeout(0)
    previous = {number: signal.signal(number, lambda *_: stop.set()) for number in STOP_SIGNALS}
    wakeup_before = signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    try:
        while not stop.is_set():
            _watch(children, woken)
    finally:
        _stop_all(children)
        signal.set_wakeup_fd(wakeup_before)
        for number, handler in previous.items():
            signal.signal(number, handler)
        woken.close()
        waker.close()


def _watch(children: list[Child], woken: socket.socket) -> None:
    """Start what is due, then sleep until a process dies, a signal comes or the next start is due."""
    now = time.monotonic()
    for child in children:
        if child.process is None and child.next_start <= now:
            child.start()
    living = {child.process.sentinel: child for child in children if child.process is not None}
    due = [max(child.next_start - now, 0.01) for child in children if child.process is None]
    for ready in wait([*living, woken], timeout=min(due, default=None)):
        if isinstance(ready, int):
            living[ready].bury()


def _stop_all(children: list[Child]) -> None:
    deadline = time.monotonic() + GRACE
    running = [child.process for child in children if child.process is not None]
    for process in running:
        process.terminate()  # the first of each group: granian ends its workers itself, after what is in flight
    for process in running:
        process.join(max(deadline - time.monotonic(), 0.1))
        if process.is_alive():
            log.warning("%s is killed: it has not stopped within %.0f s", process.name, GRACE)
    for child in children:
        child.signal(signal.SIGKILL)  # what is left of its group after the grace


def _hear_from_the_first_moment() -> None:
    """Let every process that is forked from here on die of a TERM until it sets a handler of its own.

    With the handlers that it inherits a child swallows the signal, and is killed only after the grace: stopped within
    0.2 s of its start, `serve` took 11 s in 7 of 60 tries. No signal is heard over the fork itself: it waits.
    """

    def begin() -> None:
        signal.set_wakeup_fd(-1)
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        hear()

    def hear() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def wait() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)

    os.register_at_fork(before=wait, after_in_parent=hear, after_in_child=begin)


def _own_session(target: Callable[..., None], *args: Any) -> None:
    """Begin a supervised process: a session of its own, no life after the supervisor's."""
    os.setsid()
    _end_with_parent()
    with suppress(KeyboardInterrupt):
        target(*args)


def _end_with_parent() -> None:
    """Send this process TERM when the one that started it is gone: after a kill -9 nobody else would."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        while os.getppid() == parent.pid:
            time.sleep(ORPHAN_CHECK)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE)
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()
