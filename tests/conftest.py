"""What every test can ask for: a fresh database, the application, a post office, a served site, a browser, the clock.

S3CHEM_TEST_DATABASE chooses where they keep their rows: `sqlite` (unless set), `postgresql` or `both` (`make test`).
"""

import gc
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import coverage
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core import config
from s3chem_events.core.config import Settings
from tests.support import applications, catalogues, chromium, databases, imap, postgres, servers
from tests.support.applications import Applications
from tests.support.databases import Database
from tests.support.imap import Imap, Mailbox
from tests.support.post_office import PostOffice
from tests.support.postgres import Postgres
from tests.support.quick import QUICK
from tests.support.servers import Server

COUNTING = "COVERAGE_PROCESS_CONFIG"
"""By this variable of the environment coverage finds into the processes that tests start."""
CHOICES = {"sqlite": ["sqlite"], "postgresql": ["postgresql"], "both": ["sqlite", "postgresql"]}


def pytest_configure(config: pytest.Config) -> None:
    """Let TERM end a run as Ctrl-C does: fixtures stop their servers (PostgreSQL would outlive us)."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    catalogues.compile_changed()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what touches the database once on each chosen database."""
    if "database" not in metafunc.fixturenames:
        return
    chosen = CHOICES[os.environ.get("S3CHEM_TEST_DATABASE") or "sqlite"]
    if metafunc.definition.get_closest_marker("postgres"):
        chosen = ["postgresql"]
    elif any(metafunc.definition.get_closest_marker(name) for name in ("one_database", "browser")):
        chosen = chosen[:1]
    metafunc.parametrize("database", chosen, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with what takes long, so that no process waits in the end; skip browser tests where there is none.

    What needs applications of its own comes together: after each of them those that tests share are made anew.
    """
    items[:] = [item for item in items if not (_second_database(item) and item.get_closest_marker("one_database"))]
    items.sort(key=lambda item: (item.get_closest_marker("slow") is None, not _is_alone(item)))
    if chromium.executable() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine: " + chromium.HOW))


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over all that stays for the whole run: the program, the tests, pytest."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Count lines where a test runs them first, and its processes' with them: a counted line takes twice as long."""
    counting = coverage.Coverage.current()
    if counting is None or _is_counted(item):
        return (yield)
    counting.stop()
    told = os.environ.pop(COUNTING, None)
    try:
        return (yield)
    finally:
        if told is not None:
            os.environ[COUNTING] = told
        counting.start()


def _is_counted(item: pytest.Item) -> bool:
    """Say whether a test can run lines that no other has run; to count too little only makes the sum smaller."""
    if any(item.get_closest_marker(name) for name in ("counted_elsewhere", "browser")):
        return False
    both = any(item.get_closest_marker(name) for name in ("both_counted", "postgres"))
    return both or "postgresql" not in _second_database(item)


def _second_database(item: pytest.Item) -> set[object]:
    """Return the database of a test, if the run has another one before it."""
    chosen = CHOICES[os.environ.get("S3CHEM_TEST_DATABASE") or "sqlite"]
    callspec = getattr(item, "callspec", None)
    return {callspec.params.get("database", chosen[0])} - {chosen[0]} if callspec else set()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say aloud that the browser tests did not run."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if "no Chromium" in str(report.longrepr)]
    if skipped:
        terminalreporter.section("NO BROWSER TESTS", red=True)
        terminalreporter.line(f"{len(skipped)} browser tests were SKIPPED, for want of Chromium: {chromium.HOW}.")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Callable[[], Postgres]]:
    """Return a way to the real PostgreSQL of this run, which starts when it is first asked for."""
    with ExitStack() as stack:
        running: list[Postgres] = []

        def server() -> Postgres:
            if not running:
                running.append(stack.enter_context(postgres.running()))
            return running[0]

        yield server


@pytest.fixture(scope="session")
def templates(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: Callable[[], Postgres]
) -> Callable[[str], str]:
    """Return a way to the empty database of each kind: a file for SQLite, an address for PostgreSQL."""
    made: dict[str, str] = {}

    def template(name: str) -> str:
        if name not in made:
            folder = tmp_path_factory.mktemp("template")
            place = str(folder / "s3chem.sqlite") if name == "sqlite" else postgres_server().create()
            databases.make_tables(folder, f"sqlite:///{place}" if name == "sqlite" else place)
            made[name] = place
        return made[name]

    return template


@pytest.fixture(scope="session")
def shared() -> Iterator[tuple[Applications, Path]]:
    """Give the applications that tests share, and the one folder where they stand in turn."""
    with TemporaryDirectory(prefix="s3chem-shared-", dir=QUICK) as folder:
        yield Applications(), Path(folder) / "instance"


def _is_alone(item: pytest.Item) -> bool:
    changed = item.get_closest_marker("settings")
    return item.get_closest_marker("own_app") is not None or (changed is not None and "LIMITS" in changed.kwargs)


@pytest.fixture
def alone(request: pytest.FixtureRequest) -> bool:
    """Whether this test needs an application of its own; the limits count for a whole process."""
    return _is_alone(request.node)


@pytest.fixture
def instance(tmp_path: Path, shared: tuple[Applications, Path], alone: bool) -> Path:
    """Return the empty instance folder of this test."""
    folder = tmp_path / "instance" if alone else shared[1]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


@pytest.fixture
def database(
    request: pytest.FixtureRequest,
    instance: Path,
    templates: Callable[[str], str],
    postgres_server: Callable[[], Postgres],
) -> Iterator[Database]:
    """Give an empty database of this test's own."""
    with databases.from_template(request.param, instance, templates(request.param), postgres_server) as fresh:
        yield fresh


@pytest.fixture
def environ(request: pytest.FixtureRequest, instance: Path, database: Database) -> dict[str, str]:
    """Return the environment that the settings are read from; `@pytest.mark.settings(MAIL_RATE="60")` adds to it."""
    marker = request.node.get_closest_marker("settings")
    return {
        "S3CHEM_INSTANCE": str(instance),
        "S3CHEM_DATABASE_URL": database.url,
        "S3CHEM_BASE_URL": "http://localhost",
        "S3CHEM_SECRET_KEY": "a key for tests alone, as long as a key has to be",
        "S3CHEM_MAIL_SENDER": "events@s3chem.example",
        "S3CHEM_LIMITS": "off",
        **{f"S3CHEM_{name}": value for name, value in (marker.kwargs if marker else {}).items()},
    }


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    """Return the settings of this test."""
    return config.load(environ)


@pytest.fixture
def app(settings: Settings, shared: tuple[Applications, Path], alone: bool) -> Iterator[Flask]:
    """Give an application like new. No context is pushed: use `with app.app_context():`."""
    with applications.own(settings) if alone else shared[0].lend(settings) as app:
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a browser without a screen: keeps cookies, follows nothing by itself."""
    return app.test_client()


@pytest.fixture
def smtp_server() -> Iterator[PostOffice]:
    """Run a real SMTP server that keeps its mails and misbehaves on order."""
    office = PostOffice()
    office.start()
    yield office
    office.stop()


@pytest.fixture(scope="session")
def imap_server() -> Iterator[Imap]:
    """Run a real IMAP server once."""
    with imap.running() as server:
        yield server


@pytest.fixture
def mailbox(imap_server: Imap) -> Iterator[Mailbox]:
    """Give an empty mailbox on a real IMAP server."""
    with imap_server.lent() as box:
        yield box


@pytest.fixture
def live_server(environ: dict[str, str]) -> Iterator[Server]:
    """Serve the site from one real web process, on this test's database."""
    with servers.started("web", environ, "--workers", "1") as server:
        yield server


class Clock:
    """The time of a test; it stands still until it is moved."""

    def __init__(self, travel: time_machine.Traveller) -> None:
        self._travel = travel

    def set(self, moment: datetime) -> None:
        self._travel.move_to(moment)

    def advance(self, **by: float) -> None:
        self._travel.shift(timedelta(**by))


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Hold the time still, at noon UTC of 23 November 2026."""
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False) as travel:
        yield Clock(travel)
