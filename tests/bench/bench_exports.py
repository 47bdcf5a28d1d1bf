"""How long a list of 20,000 participants takes, beside bare loops over the same rows in the same run.

One real web process answers over HTTP; the first byte, the whole file and its growth are measured from outside.
"""

import csv
import http.client
import io
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psutil
import xlsxwriter
from bs4 import BeautifulSoup

from s3chem_events import create_app
from s3chem_events.accounts import actions as accounts
from s3chem_events.accounts.roles import Role
from s3chem_events.core import config
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.publishing import queries
from s3chem_events.registration import names, participants
from s3chem_events.registration.models import Participation, Registration
from tests import factories
from tests.bench.figures import Figure
from tests.support import databases, servers

PEOPLE = 20_000
PATH = "/desk/events/conference/participants"
GIVEN = ["Żaneta", "Łukasz", "Marta", "José", "Anna", "张伟", "O’Neill", "Jürgen"]
FAMILY = ["Źdźbło", "Núñez i Puigdemont", "de la Cruz y Ñáñez", "Kowalski", "Ćwik", "Müller"]
GOALS = {"csv": 1.5, "xlsx": 4.0, "json": 1.5}
FIRST_BYTE = 200  # ms
GROWTH = 50  # MB


@dataclass(frozen=True, slots=True)
class Taken:
    """One download, as its receiver saw it. Seconds and bytes."""

    first: float
    whole: float
    size: int
    growth: float


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="s3chem-bench-") as folder:
        link = _fill(Path(folder))
        rows = _rows(Path(folder))
        bare = {"csv": _timed(lambda: _bare_csv(rows)), "xlsx": _timed(lambda: _bare_xlsx(rows))}
        with servers.started("web", _environ(Path(folder)), "--workers", "1") as server:
            cookie = _sign_in(server.url, link)
            for warm in ("", ".csv?q=nobody"):
                _download(server, PATH + warm, cookie)
            figures = [figure for form in GOALS for figure in _file(server, form, cookie, bare.get(form))]
            page = _download(server, f"{PATH}?q=zaneta&sort=organisation", cookie)
    found = Figure(work="participants' list, searched", measured=page.whole * 1000, unit="ms", goal=300)
    return [*figures, found]


def _file(server: servers.Server, form: str, cookie: str, bare: float | None) -> list[Figure]:
    taken = _download(server, f"{PATH}.{form}", cookie)
    work, beside = f"{form.upper()} of {PEOPLE:,}", f"{taken.whole / bare:.2f} of a bare loop" if bare else ""
    return [
        Figure(work=work, measured=taken.whole, unit="s", goal=GOALS[form], note=beside),
        Figure(work=f"{work}: first byte", measured=taken.first * 1000, unit="ms", goal=FIRST_BYTE),
        Figure(work=f"{work}: memory", measured=taken.growth / 1e6, unit="MB", goal=GROWTH),
    ]


def _environ(folder: Path) -> dict[str, str]:
    return {"S3CHEM_INSTANCE": str(folder), "S3CHEM_LIMITS": "off"}


def _fill(folder: Path) -> str:
    """Put the people in, straight into the tables; return the path of a sign-in link."""
    url = f"sqlite:///{folder / 's3chem.sqlite'}"
    databases.make_tables(folder, url)
    app = create_app(config.load(_environ(folder)))
    factories.add_event(app)
    with app.app_context(), transaction() as session:
        event = queries.event_by_slug("conference")
        assert event is not None
        people = [_person(event.id, number) for number in range(PEOPLE)]
        session.execute(db.insert(Registration), people)
        places = [
            {
                "registration_id": number + 1,
                "part_id": event.parts[1].id,
                "mode": "online",
                "standing": "confirmed",
                "decided_at": now(),
            }
            for number in range(PEOPLE)
        ]
        session.execute(db.insert(Participation), places)
        organiser = accounts.add("bench@s3chem.example", role=Role.COORDINATOR, by=OPERATOR)
        return accounts.sign_in_url(organiser, base_url="")


def _person(event_id: int, number: int) -> dict[str, object]:
    given, family = GIVEN[number % len(GIVEN)], f"{FAMILY[number % len(FAMILY)]} {number}"
    organisation, email = f"Politechnika Chemii {number % 500}", f"person{number}@uczelnia.example"
    return {
        "event_id": event_id,
        "reference": f"S3C-{number:07}",
        "given_name": given,
        "family_name": family,
        "sort_name": names.fold(f"{family} {given}"),
        "search": names.fold(f"{given} {family} {organisation} {email} S3C-{number:07}"),
        "email": email,
        "address_digest": f"{number:064}",
        "organisation": organisation,
        "organisation_type": "higher_education_research",
        "country": "PL",
        "region": "Mazovia",
        "language": "pl",
        "registered_at": now(),
        "changed_at": now(),
    }


def _rows(folder: Path) -> list[tuple[str, ...]]:
    app = create_app(config.load(_environ(folder)))
    with app.app_context():
        event = queries.event_by_slug("conference")
        assert event is not None
        batches = participants.participations(event.id, participants.Wanted())
        return [row for batch in batches for row in batch]


def _bare_csv(rows: list[tuple[str, ...]]) -> None:
    csv.writer(io.StringIO()).writerows(rows)


def _bare_xlsx(rows: list[tuple[str, ...]]) -> None:
    with xlsxwriter.Workbook(io.BytesIO(), {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write_string(number, column, value)


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _sign_in(url: str, link: str) -> str:
    """Follow the sign-in link; return the cookie."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    jar = SimpleCookie()
    connection.request("GET", link)
    answer = connection.getresponse()
    fields = BeautifulSoup(answer.read(), "html.parser").select("main form input[type=hidden]")
    jar.load(answer.headers["Set-Cookie"])
    body = urlencode({str(field["name"]): str(field["value"]) for field in fields})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": _header(jar), "Referer": url + link}
    connection.request("POST", link, body, headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status in {302, 303}, answer.status
    jar.load(answer.headers["Set-Cookie"])
    return _header(jar)


def _header(jar: SimpleCookie) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())


def _download(server: servers.Server, path: str, cookie: str) -> Taken:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
    with _growth(server) as growth:
        start = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        size = len(answer.read(1))
        first = time.perf_counter() - start
        while chunk := answer.read(65536):
            size += len(chunk)
        whole = time.perf_counter() - start
    assert answer.status == 200, (answer.status, path)
    return Taken(first, whole, size, growth[0])


@contextmanager
def _growth(server: servers.Server) -> Iterator[list[float]]:
    """Watch how much the server's processes grow together while the block runs."""
    processes = [*server.descendants(), psutil.Process(server.process.pid)]
    before = sum(process.memory_info().rss for process in processes)
    seen, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            seen[0] = max(seen[0], sum(process.memory_info().rss for process in processes) - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield seen
    done.set()
    watcher.join()
