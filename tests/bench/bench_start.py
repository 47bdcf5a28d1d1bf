"""How long a process takes to be ready, how much memory a web worker holds, and how soon all stops."""

import subprocess
import sys
import tempfile
import time
import urllib.request

import psutil

from tests.bench import rig
from tests.bench.figures import Figure, middle
from tests.support.servers import Server, environment, started

ROUNDS = 7
WORKERS = 2
READY = "import s3chem_events; s3chem_events.create_app()"
STACK = "import flask_sqlalchemy, flask_security, flask_babel, flask_limiter, flask_wtf, huey"
"""What a start needs of others; Flask-Migrate and Flask-Mail are loaded by who migrates and sends."""
PATHS = ("/en/", "/fr/events/", f"/de/events/{rig.EVENT['slug']}", rig.FORM, "/calendar.ics", "/desk/sign-in")


def run() -> list[Figure]:
    return [_start(), *_memory_and_stop()]


def _start() -> Figure:
    with tempfile.TemporaryDirectory() as instance:
        environ = rig.compiled(environment({"S3CHEM_INSTANCE": instance}))
        _seconds(READY, environ)  # compiles, and reads the files into memory
        pairs = [(_seconds(READY, environ), _seconds(STACK, environ)) for _ in range(ROUNDS)]
    ours, stack = (middle(values) for values in zip(*pairs, strict=True))
    return Figure(
        work="import and create_app", measured=ours, unit="s", goal=0.9, note=f"its extensions alone {stack:.2f} s"
    )


def _seconds(code: str, environ: dict[str, str]) -> float:
    """Return how long some code takes in a new process, without the interpreter's own start."""
    timed = f"import time; t = time.perf_counter()\n{code}\nprint(time.perf_counter() - t)"
    return float(subprocess.run([sys.executable, "-c", timed], env=environ, capture_output=True, check=True).stdout)


def _memory_and_stop() -> list[Figure]:
    with rig.prepared() as settings, started("serve", settings, "--workers", str(WORKERS)) as server:
        for path in PATHS * 20:
            urllib.request.urlopen(server.url + path).close()
        most = max(process.memory_info().rss for process in web_workers(server)) / 1e6
        asked = time.monotonic()
        server.stop()
        stopped = time.monotonic() - asked
    return [
        Figure(work="resident memory of a web worker", measured=most, unit="MB", goal=110),
        Figure(work="serve: from a TERM to its end", measured=stopped, unit="s", goal=2),
    ]


def web_workers(server: Server) -> list[psutil.Process]:
    """The processes that answer requests: the children of granian's main process."""
    web = server.children()[0]
    return list(web.children())
