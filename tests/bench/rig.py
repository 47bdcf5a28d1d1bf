"""A site to measure: real processes on a fresh database, limits off, and visitors who register as a browser would."""

import http.client
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.support.servers import Server, environment

LANGUAGES = ("en", "fr", "de")
PLACES = 50
EVENT: dict[str, Any] = {
    "slug": "congress",
    "kind": "conference",
    "state": "announced",
    "title": {language: f"Congress of the regions ({language})" for language in LANGUAGES},
    "summary": dict.fromkeys(LANGUAGES, "Two days on chemistry with less of everything else."),
    "zone": "Europe/Amsterdam",
    "region": "Limburg",
    "venue": {"name": "Hall", "address": "Market 1", "city": "Maastricht", "country": "NL"},
    "parts": [
        {
            "key": "day",
            "title": dict.fromkeys(LANGUAGES, "Public day"),
            "starts": "2030-06-18T09:30",
            "ends": "2030-06-18T16:00",
            "visibility": "public",
            "capacity": {"on_site": None},
        },
    ],
}
FORM = f"/en/events/{EVENT['slug']}/register"


@contextmanager
def prepared(*, places: int | None = None, **settings: str) -> Iterator[dict[str, str]]:
    """Make an instance with the sample content and one open event; yields its settings."""
    with tempfile.TemporaryDirectory(prefix="s3chem-bench-") as folder:
        given = {"S3CHEM_INSTANCE": folder, "S3CHEM_LIMITS": "off"}
        given |= {f"S3CHEM_{name}": value for name, value in settings.items()}
        event = EVENT | {"parts": [EVENT["parts"][0] | {"capacity": {"on_site": places}}]}
        command(given, "setup")
        command(given, "demo")
        command(given, "event", "add", "-", given=json.dumps(event))
        yield given


def command(settings: Mapping[str, str], *words: str, given: str = "") -> str:
    """Run one of the operator's commands; returns what it printed."""
    run = subprocess.run(
        [sys.executable, "-m", "s3chem_events.cli", *words],
        cwd=settings["S3CHEM_INSTANCE"],
        env=compiled(environment(settings)),
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise RuntimeError(f"{' '.join(words)}: {run.stdout}{run.stderr}")
    return run.stdout


def cpu_seconds(server: Server) -> dict[str, float]:
    """Return the processor's time that web and worker have used so far, with all their processes."""
    spent = {}
    for name, top in zip(("web", "worker"), server.children(), strict=True):
        times = [process.cpu_times() for process in (top, *top.children(recursive=True))]
        spent[name] = sum(time.user + time.system for time in times)
    return spent


def compiled(environ: Mapping[str, str]) -> dict[str, str]:
    """Let Python keep what it compiles, as it does for everybody who did not forbid it."""
    return {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def participations(settings: Mapping[str, str]) -> list[dict[str, str]]:
    """Read the list of those who are registered, as the operator gets it."""
    rows: list[dict[str, str]] = json.loads(command(settings, "export", EVENT["slug"], "--format", "json"))
    return rows


class Visitor:
    """A browser with one kept connection and one cookie jar; knows one form."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        self.cookie = ""
        self.hidden: dict[str, str] = {}

    def open_form(self) -> None:
        self.open(FORM)

    def open(self, path: str) -> None:
        status, page = self.ask("GET", path)
        assert status == 200, page
        fields = re.findall(r'<input[^>]*type="hidden"[^>]*>', page)
        self.hidden = {_attribute(field, "name"): _attribute(field, "value") for field in fields}

    def register(self, number: int) -> int:
        """Send the form; returns the status: 303 is a registration, 409 a refusal for want of places."""
        filled = {
            "given_name": f"Ana {number}",
            "family_name": "Núñez-Żak",
            "email": f"p{number}@uni.example",
            "organisation": "Universitat",
            "organisation_type": "higher_education_research",
            "country": "ES",
            "region": "Catalonia",
            "language": ("en", "fr", "de")[number % 3],
            "parts": "day",
            "privacy": "y",
        }
        body = urlencode(self.hidden | filled)
        return self.ask("POST", FORM, body, {"Content-Type": "application/x-www-form-urlencoded"})[0]

    def close(self) -> None:
        self.connection.close()

    def ask(
        self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        cookie = {"Cookie": self.cookie} if self.cookie else {}
        self.connection.request(method, path, body, {**(headers or {}), **cookie})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if "Set-Cookie" in answer.headers:
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return answer.status, text


def _attribute(field: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', field)
    return unescape(found[1]) if found else ""
