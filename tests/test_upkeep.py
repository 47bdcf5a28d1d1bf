"""The operator's commands: what is wrong is said in words, and a backup counts once it is restored."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events import create_app
from s3chem_events.core import config, tasks
from s3chem_events.core.clock import now
from s3chem_events.core.environment import WrongSetting
from s3chem_events.core.text import Text
from tests.conftest import Clock
from tests.factories import BASE_URL, add_event, register, revise_event, words
from tests.support.servers import free_port
from tests.support.source import ROOT

pytestmark = pytest.mark.one_database


def command(environ: dict[str, str], *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-m", "s3chem_events.cli", *words]
    return subprocess.run(
        run, env={"PATH": "/usr/bin:/bin", **environ}, input=typed, capture_output=True, text=True, check=False
    )


@pytest.fixture
def fresh(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Return the environment of an installation that has no database yet."""
    elsewhere = {**environ, "S3CHEM_INSTANCE": str(tmp_path / "fresh")}
    del elsewhere["S3CHEM_DATABASE_URL"]
    return elsewhere


def test_a_backup_restored_elsewhere_opens_the_same_links(
    app: Flask, client: FlaskClient, environ: dict[str, str], fresh: dict[str, str], tmp_path: Path, clock: Clock
) -> None:
    add_event(app)
    own = register(client).headers["Location"]
    file = tmp_path / "backup.tar.gz"
    made = command(environ, "backup", str(file))
    assert made.returncode == 0, made.stderr
    assert file.stat().st_mode & 0o077 == 0
    again = command(environ, "backup", str(file))
    assert (again.returncode, "overwrites nothing" in again.stderr) == (1, True)

    assert command(fresh, "restore", str(file)).returncode == 0
    twice = command(fresh, "restore", str(file))
    assert (twice.returncode, "empty instance folder" in twice.stderr) == (1, True)
    assert (tmp_path / "fresh" / "s3chem.sqlite").stat().st_mode & 0o077 == 0
    with sqlite3.connect(tmp_path / "fresh" / "s3chem.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    elsewhere = create_app(config.load(fresh)).test_client()
    assert "You are registered." in words(elsewhere.get(own))


def test_a_database_named_without_a_folder_lies_in_the_instance_folder_for_backup_and_pages_alike(
    fresh: dict[str, str], tmp_path: Path
) -> None:
    odd = tmp_path / "50% #1?a=b"  # signs that mean something in an address
    environ = {**fresh, "S3CHEM_INSTANCE": str(odd), "S3CHEM_DATABASE_URL": "sqlite:///ours.sqlite"}
    nothing = command(environ, "backup", str(tmp_path / "nothing"))
    assert (nothing.returncode, "nothing to back up" in nothing.stderr) == (1, True)
    assert command(environ, "setup").returncode == 0
    assert (odd / "ours.sqlite").exists()
    app = create_app(config.load(environ))
    add_event(app)
    page = app.test_client().get("/en/events/conference")
    revise_event(app, title=Text(en="Renamed"))
    assert "Renamed" not in words(page)
    assert "Renamed" in words(app.test_client().get("/en/events/conference"))
    assert len(app.extensions["kept"].pages) == 1

    assert command(environ, "backup", str(tmp_path / "backup")).returncode == 0
    assert command(fresh, "restore", str(tmp_path / "backup")).returncode == 0
    with closing(sqlite3.connect(tmp_path / "fresh" / "s3chem.sqlite")) as database:
        assert database.execute("SELECT slug FROM event").fetchall() == [("conference",)]


def test_what_is_no_backup_is_refused(fresh: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "rubbish").write_text("rubbish")
    answer = command(fresh, "restore", str(tmp_path / "rubbish"))
    said = f"Error: {tmp_path / 'rubbish'} is not a backup of S3Chem Events (it is no tar file).\n"
    assert (answer.returncode, answer.stderr) == (1, said)


def test_doctor_finds_all_well_and_names_what_is_not(fresh: dict[str, str]) -> None:
    environ = {**fresh, "S3CHEM_BASE_URL": "https://events.s3chem.example", "S3CHEM_LIMITS": "on"}
    assert command(environ, "setup").returncode == 0
    well = command(environ, "doctor")
    assert (well.returncode, "WRONG" in well.stdout) == (0, False), well.stdout
    ill = command({**environ, "S3CHEM_MAIL_SERVER": "127.0.0.1", "S3CHEM_MAIL_PORT": "1"}, "doctor")
    assert ill.returncode == 1
    assert "The mail server 127.0.0.1:1 does not take us" in ill.stdout


def test_doctor_sees_a_worker_that_stopped_and_limits_that_do_not_hold(fresh: dict[str, str]) -> None:
    environ = {**fresh, "S3CHEM_BASE_URL": "https://events.s3chem.example", "S3CHEM_LIMITS": "on"}
    assert command(environ, "setup").returncode == 0
    well = command(environ, "doctor")
    assert (well.returncode, "No worker has run yet" in well.stdout, "in the memory of each" in well.stdout) == (
        0,
        True,
        True,
    )
    with create_app(config.load(environ)).app_context():
        tasks.note_tick(now() - timedelta(minutes=6))
    ill = command({**environ, "S3CHEM_LIMITS": "off"}, "doctor")
    assert (ill.returncode, ill.stdout.count("WRONG")) == (1, 2)
    assert "WRONG  The worker last looked at the clock at " in ill.stdout
    assert "WRONG  S3CHEM_LIMITS is off" in ill.stdout


def test_doctor_speaks_where_the_queue_is_gone_or_redis_is_not_installed(fresh: dict[str, str]) -> None:
    assert command(fresh, "setup").returncode == 0
    gone = command({**fresh, "S3CHEM_QUEUE_URL": f"postgresql://s3chem@127.0.0.1:{free_port()}/none"}, "doctor")
    assert (gone.returncode, "WRONG  The queue does not answer" in gone.stdout) == (1, True)
    assert "Traceback" not in gone.stderr
    for name in () if find_spec("redis") else ("QUEUE_URL", "LIMITS_URL"):
        without = command({**fresh, f"S3CHEM_{name}": "redis://127.0.0.1"}, "doctor")
        said = f"Error: S3CHEM_{name} asks for Redis: install its client with pip install 's3chem-events[redis]'.\n"
        assert (without.returncode, without.stderr) == (1, said)


def test_doctor_names_an_address_where_nobody_listens_and_what_others_can_read(fresh: dict[str, str]) -> None:
    port = free_port()
    environ = {**fresh, "S3CHEM_BASE_URL": f"http://127.0.0.1:{port}"}
    assert command(environ, "setup").returncode == 0
    instance = Path(environ["S3CHEM_INSTANCE"])
    written = [instance, *instance.rglob("*")]
    assert len(written) > 1
    assert [str(path) for path in written if path.stat().st_mode & 0o077] == []
    instance.chmod(0o755)
    assert "The instance folder is" in command(environ, "doctor").stdout
    (instance / "s3chem.sqlite").chmod(0o644)
    ill = command(environ, "doctor")
    assert ill.returncode == 1
    assert f"WRONG  Nobody listens at http://127.0.0.1:{port}" in ill.stdout
    assert f"WRONG  Others on this machine can read s3chem.sqlite in {instance}" in ill.stdout


def test_commands_print_links_to_where_the_site_was_served_last(instance: Path) -> None:
    environ = {"S3CHEM_INSTANCE": str(instance)}
    assert config.load(environ).base_url == "http://127.0.0.1:8000"
    config.keep_address(config.load({**environ, "PORT": "8302"}))
    assert config.load(environ).base_url == "http://127.0.0.1:8302"
    assert config.load({**environ, "PORT": "8303"}).base_url == "http://127.0.0.1:8303"
    told = {**environ, "S3CHEM_BASE_URL": "https://events.s3chem.example"}
    assert config.load(told).base_url == "https://events.s3chem.example"


def test_an_event_goes_in_and_out_as_the_same_file(fresh: dict[str, str]) -> None:
    environ = fresh
    assert command(environ, "setup").returncode == 0
    event = {
        "slug": "workshop",
        "kind": "workshop",
        "state": "announced",
        "title": {"en": "Workshop", "fr": "Atelier"},
        "zone": "Europe/Amsterdam",
        "parts": [
            {
                "key": "day",
                "title": {"en": "The day"},
                "starts": "2027-06-18T09:30",
                "ends": "2027-06-18T16:00",
                "visibility": "public",
                "capacity": {"on_site": 50, "online": None},
            }
        ],
    }
    added = command(environ, "event", "add", "-", typed=json.dumps(event))
    assert added.returncode == 0, added.stderr
    assert f"{BASE_URL}/en/events/workshop" in added.stdout
    shown = command(environ, "event", "show", "workshop")
    file = json.loads(shown.stdout)
    assert file.pop("revision").startswith("1-")  # by which `update` notices what was saved since
    assert file == event
    assert command(environ, "event", "add", "-", typed=json.dumps(event)).returncode == 1
    assert command(environ, "event", "show", "nothing").returncode == 1
    wrong = {**event, "slug": "other", "parts": [{**event["parts"][0], "capacity": {"on_sight": 1}}]}  # type: ignore[index]
    refused = command(environ, "event", "add", "-", typed=json.dumps(wrong))
    assert refused.returncode == 1
    assert "parts[0].capacity.on_sight: unknown key" in refused.stderr


def test_flask_knows_our_commands_too(fresh: dict[str, str]) -> None:
    def flask(*words: str, **more: str) -> tuple[int, str, str]:
        run = [sys.executable, "-m", "flask", "--app", "app", *words]
        environ = {"PATH": "/usr/bin:/bin", **fresh, **more}
        done = subprocess.run(run, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    missing = flask("event", "show", "workshop")
    assert (missing[0], missing[2].startswith("Error: the database refuses (OperationalError)")) == (1, True)
    assert flask("setup")[:2] == (0, "The database is ready.\n")
    assert flask("event", "show", "workshop") == (1, "", "Error: There is no event 'workshop'.\n")
    code, _, said = flask("setup", S3CHEM_MAIL_PORT="x")
    assert (code, said.startswith("Error: S3CHEM_MAIL_PORT"), said.count("\n")) == (1, True, 1)


@pytest.mark.parametrize(
    "name, value",
    [
        ("BASE_URL", "example.org"),
        ("SECRET_KEY", "short"),
        ("MAIL_TLS", "maybe"),
        ("TRUSTED_PROXIES", "-1"),
        ("BASE_URL", "https://example.org/events"),
        ("MAIL_PORT", "70000"),
        ("MAIL_RATE", "0"),
        ("MAIL_CONNECTIONS", "0"),
        ("DKIM_SELECTOR", "two words"),
        ("DKIM_KEY", "/nowhere.pem"),
        ("DKIM_KEY", __file__),
        ("MAIL_SENDER", "S3Chem <events@example.org>"),
        ("COLOUR", "red"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_sentence(instance: Path, name: str, value: str) -> None:
    with pytest.raises(WrongSetting, match=f"^S3CHEM_{name}[^\\n]*$"):
        config.load({"S3CHEM_INSTANCE": str(instance), f"S3CHEM_{name}": value})


def test_commands_say_that_sentence_and_nothing_else(instance: Path) -> None:
    answer = command({"S3CHEM_INSTANCE": str(instance), "S3CHEM_MAIL_TLS": "maybe"}, "setup")
    said = "Error: S3CHEM_MAIL_TLS must be one of starttls, tls, none, not 'maybe'.\n"
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", said)
