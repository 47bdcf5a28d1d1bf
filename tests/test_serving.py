"""Web and worker as one thing: it starts, comes back after a kill -9, stops at once and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tests.support import servers
from tests.support.patience import until

pytestmark = [pytest.mark.slow, pytest.mark.one_database]
AGAIN = pytest.mark.counted_elsewhere


def gone(processes: list[psutil.Process]) -> bool:
    """Whether nothing is left of them: what has just been told to end may take its moment."""
    until(lambda: not any(one.is_running() and one.status() != "zombie" for one in processes))
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=AGAIN)], ids=["TERM", "Ctrl-C"])
def test_one_signal_stops_web_and_worker_and_leaves_no_process(environ, number):
    with servers.started("serve", environ) as server:
        until(lambda: len(server.descendants()) >= 4)  # web with two processes, and the worker
        family = server.descendants()
        written = server.stop(number)
        assert (server.process.returncode, gone(family)) == (0, True), written
        assert ("Traceback" in written, "is killed" in written) == (False, False), written


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
def test_a_signal_while_it_starts_stops_it_as_well(environ, moment):
    with servers.launched("serve", environ) as server:
        until(lambda: len(server.children()) >= 1)  # the supervisor has forked, and hears
        time.sleep(moment)
        family = server.descendants()
        written = server.stop()
        assert (gone(family), "is killed" in written) == (True, False), written


@pytest.mark.parametrize("which", [0, pytest.param(1, marks=AGAIN)], ids=["web", "worker"])
def test_a_killed_process_is_started_again_and_the_site_answers(environ, which):
    with servers.started("serve", environ) as server:
        until(lambda: len(server.children()) == 2)
        victim = server.children()[which]
        below = victim.children(recursive=True)
        victim.kill()
        until(lambda: len(server.children()) == 2 and victim not in server.children())
        assert gone([victim, *below])
        until(server.answers)


@AGAIN
def test_killed_web_processes_come_back_again_and_again(environ):
    with servers.started("serve", environ) as server:
        for _ in range(3):
            until(lambda: len(server.descendants()) >= 4)
            web = server.children()[0] if len(server.children()[0].children()) else server.children()[1]
            for process in web.children():
                process.kill()
            time.sleep(0.5)
        until(server.answers)


@AGAIN
def test_nothing_outlives_a_killed_supervisor(environ):
    with servers.started("serve", environ) as server:
        until(lambda: len(server.descendants()) >= 4)
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
