"""The event page and the calendar from memory, beside a bare Flask view on the same server in the same run."""

import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from s3chem_events.serving import THREADS
from tests.bench import load, rig
from tests.bench.bare import ETAG
from tests.bench.figures import Figure
from tests.support.servers import environment, free_port, started
from tests.support.source import ROOT

ROUNDS = 3
WORKERS = 2
PATHS = {"event page": f"/en/events/{rig.EVENT['slug']}", "calendar.ics": "/calendar.ics"}


def run() -> list[Figure]:
    with rig.prepared() as settings, started("web", settings, "--workers", str(WORKERS)) as site:
        return [figure for name, path in PATHS.items() for figure in _both(name, site.url + path)]


def _both(name: str, url: str) -> list[Figure]:
    with urllib.request.urlopen(url) as answer:
        body, etag = answer.read(), answer.headers["ETag"]
    with bare_view(body) as limit:
        fresh = [(load.rate(url), load.rate(limit)) for _ in range(ROUNDS)]
        same, same_bare = {"If-None-Match": etag}, {"If-None-Match": ETAG}
        unchanged = [(load.rate(url, same, expect=304), load.rate(limit, same_bare, expect=304)) for _ in range(ROUNDS)]
    return [_figure(f"{name}, 200", fresh, 0.6), _figure(f"{name}, 304", unchanged, 0.8)]


def _figure(work: str, pairs: list[tuple[float, float]], goal: float) -> Figure:
    """Both medians; the ratio of two neighbouring runs is what noise touches least, so the middle pair counts."""
    ours, limit = sorted(pairs, key=lambda pair: pair[0] / pair[1])[len(pairs) // 2]
    return Figure(
        work=work,
        measured=ours,
        unit="req/s",
        goal=goal,
        at_least=True,
        limit=limit,
        against=f"bare Flask view, {load.client()}",
    )


@contextmanager
def bare_view(body: bytes) -> Iterator[str]:
    """Serve the same bytes by a Flask application that does nothing else, on the same server."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "page").write_bytes(body)
        command = f"granian --interface wsgi --factory --port {port} --workers {WORKERS} --blocking-threads {THREADS}"
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                *command.split(),
                "--log-level",
                "error",
                "--backlog",
                "2048",
                "tests.bench.bare:application",
            ],
            cwd=ROOT,
            env=environment({"BARE_FOLDER": folder}),
        )
        try:
            yield _answering(f"http://127.0.0.1:{port}/page", process)
        finally:
            process.terminate()
            process.wait(10)


def _answering(url: str, process: "subprocess.Popen[bytes]") -> str:
    for _ in range(400):
        assert process.poll() is None, "the bare view ended"
        try:
            urllib.request.urlopen(url).close()
        except OSError:
            time.sleep(0.05)
        else:
            return url
    raise AssertionError("the bare view does not answer")
