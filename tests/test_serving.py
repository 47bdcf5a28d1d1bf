"""Web and worker as one thing: it starts, comes back after a kill -9, stops at once and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import psutil
import pytest

from tests.support import servers

pytestmark = [pytest.mark.slow, pytest.mark.one_database]
AGAIN = pytest.mark.counted_elsewhere


AT_ONCE = 5.0  # seconds; some 0.6 on an idle machine. A TERM that a process does not hear costs it ten


def until(true: Callable[[], object], *, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def gone(processes: list[psutil.Process]) -> bool:
    return until(lambda: not any(one.is_running() and one.status() != "zombie" for one in processes), seconds=5)


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=AGAIN)], ids=["TERM", "Ctrl-C"])
def test_one_signal_stops_web_and_worker_quickly_and_leaves_no_process(environ, number):
    with servers.started("serve", environ) as server:
        assert until(lambda: len(server.descendants()) >= 4)  # web with two processes, and the worker
        family = server.descendants()
        asked = time.monotonic()
        written = server.stop(number)
        assert (server.process.returncode, time.monotonic() - asked < AT_ONCE, gone(family)) == (0, True, True), written
        assert "Traceback" not in written


FORKS = """
import sys, time
from s3chem_events import serving

def swallowed():
    child = serving.Child("web", time.sleep, (30,))
    child.start()
    child.process.terminate()
    child.process.join(float(sys.argv[2]))
    child.process.kill()
    child.process.join()
    return child.process.exitcode != -serving.signal.SIGTERM

serving.signal.signal(serving.signal.SIGTERM, lambda *_: None)  # as the supervisor and granian's main process do
if sys.argv[1] == "guarded":
    serving._hear_from_the_first_moment()
print(sum(swallowed() for _ in range(3)))
"""


@AGAIN
@pytest.mark.parametrize("guard, patience, unheard", [("guarded", "5", [0]), ("none", "0.3", [1, 2, 3])])
def test_a_process_hears_a_signal_from_its_first_moment(guard, patience, unheard):
    line = [sys.executable, "-c", FORKS, guard, patience]
    run = subprocess.run(line, env=servers.environment({}), capture_output=True, text=True, check=False)
    assert int(run.stdout) in unheard, run.stderr


@AGAIN
@pytest.mark.parametrize("moment", [0.02, 0.1, 0.25])
def test_a_signal_while_it_starts_stops_it_as_quickly(environ, moment):
    with servers.launched("serve", environ) as server:
        assert until(lambda: len(server.children()) >= 1)  # the supervisor has forked, and hears
        time.sleep(moment)
        family = server.descendants()
        asked = time.monotonic()
        written = server.stop()
        assert (time.monotonic() - asked < AT_ONCE, gone(family)) == (True, True), written


@pytest.mark.parametrize("which", [0, pytest.param(1, marks=AGAIN)], ids=["web", "worker"])
def test_a_killed_process_is_started_again_and_the_site_answers(environ, which):
    with servers.started("serve", environ) as server:
        assert until(lambda: len(server.children()) == 2)
        victim = server.children()[which]
        below = victim.children(recursive=True)
        victim.kill()
        assert until(lambda: len(server.children()) == 2 and victim not in server.children())
        assert gone([victim, *below])
        assert until(server.answers)


@AGAIN
def test_killed_web_processes_come_back_again_and_again(environ):
    with servers.started("serve", environ) as server:
        for _ in range(3):
            assert until(lambda: len(server.descendants()) >= 4)
            web = server.children()[0] if len(server.children()[0].children()) else server.children()[1]
            for process in web.children():
                process.kill()
            time.sleep(0.5)
        assert until(server.answers, seconds=15)


@AGAIN
def test_nothing_outlives_a_killed_supervisor(environ):
    with servers.started("serve", environ) as server:
        assert until(lambda: len(server.descendants()) >= 4)
        family = server.descendants()
        os.kill(server.process.pid, signal.SIGKILL)
        assert gone(family)


@pytest.mark.parametrize("command", ["serve", "web"])
def test_a_taken_port_is_said_in_one_sentence(environ, command):
    with servers.started("web", environ, "--workers", "1") as first:
        port = first.url.rpartition(":")[2]
        line = [sys.executable, "-m", "s3chem_events.cli", command, "--port", port]
        second = subprocess.run(line, env=servers.environment(environ), capture_output=True, text=True, check=False)
        assert (second.returncode, second.stderr) == (
            1,
            f"Error: Cannot listen on 127.0.0.1:{port}: address already in use.\n",
        )


@AGAIN
def test_static_files_come_from_the_served_site(environ):
    with servers.started("web", environ, "--workers", "1") as server:
        assert server.answers("/static/css/site.css")
