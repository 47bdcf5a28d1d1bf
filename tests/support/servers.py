"""The site as its users meet it: served by real processes on a real port."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

from tests.support.patience import until
from tests.support.source import ROOT

STOP_WITHIN = 60.0
"""Seconds; a supervisor kills what has not stopped after 15 by itself, and says so."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running `s3chem-events serve`, `web` or `worker`, in a session of its own."""

    url: str
    process: subprocess.Popen[str]

    def descendants(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return list(psutil.Process(self.process.pid).children(recursive=True))
        return []

    def children(self) -> list[psutil.Process]:
        """The processes right below the supervisor: web first, worker second."""
        return sorted(psutil.Process(self.process.pid).children(), key=lambda child: child.create_time())

    def stop(self, number: int = signal.SIGTERM) -> str:
        """Ask it to stop; returns what it wrote."""
        self.process.send_signal(number)
        return self.process.communicate(timeout=STOP_WITHIN)[0]

    def answers(self, path: str = "/healthz") -> bool:
        with suppress(OSError, urllib.error.URLError), urllib.request.urlopen(self.url + path, timeout=5) as response:
            return bool(response.status < 500)
        return False

    def await_answer(self) -> None:
        until(lambda: self.process.poll() is not None or self.answers())
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended:\n{self.process.communicate()[0]}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def mailing_to(port: int) -> dict[str, str]:
    """Return the settings by which e-mails go to a server of this machine."""
    return {"S3CHEM_MAIL_SERVER": "127.0.0.1", "S3CHEM_MAIL_PORT": str(port), "S3CHEM_MAIL_TLS": "none"}


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with these settings and no others."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("S3CHEM_")}
    return {**plain, **settings, "PYTHONPATH": str(ROOT)}


@contextmanager
def started(command: str, settings: Mapping[str, str], *options: str, port: int | None = None) -> Iterator[Server]:
    """Run a serving command, once it answers, until the block ends."""
    with launched(command, settings, *options, port=port) as server:
        if command != "worker":
            server.await_answer()
        yield server


@contextmanager
def launched(command: str, settings: Mapping[str, str], *options: str, port: int | None = None) -> Iterator[Server]:
    """Start a serving command that runs until the block ends; nothing of it is left behind, whatever happens inside."""
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    arguments = [] if command == "worker" else ["--port", str(port), *options]
    process = subprocess.Popen(
        [sys.executable, "-m", "s3chem_events.cli", command, *arguments],
        cwd=settings["S3CHEM_INSTANCE"],
        env=environment({**settings, "S3CHEM_BASE_URL": address}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    server = Server(address, process)
    try:
        yield server
    finally:
        left = server.descendants()
        if process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_WITHIN)
        for one in [*left, *([psutil.Process(process.pid)] if process.poll() is None else [])]:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        if process.stdout is not None:
            process.stdout.close()
