"""Hostile posts: long, binary, nested, doubled, of the wrong type, with every control character; always the same ones.

`python -m tests.support.hostile 10000` sends so many to the public forms of an application of its own, and says what
came of it. The forms are found in the application: a new one is attacked without a line here.
"""

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from s3chem_events.campaigns import actions as following
from s3chem_events.campaigns import links as lists
from s3chem_events.campaigns.models import Follower
from s3chem_events.core import config
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import VISITOR
from s3chem_events.publishing import queries
from s3chem_events.registration import links
from s3chem_events.registration.invitation import address_of
from s3chem_events.registration.models import Delegation
from tests.factories import FILLED, add_event, add_guest, add_question, add_subscriber, soup
from tests.support import applications, databases
from tests.support.post import enrol, enrol_several

SEED = 20270618
OFTEN, RARELY, ANEW = 0.1, 0.3, 0.02
SEE_OTHER, FAULT = 303, 500
MARK = '"><zq9 onload=1>'
"""Whatever stands so in an answer was echoed without being escaped."""
CONTROLS = [chr(code) for code in (*range(32), *range(127, 160), 0x200B, 0x202E, 0x2028, 0x2066, 0xFEFF, 0xFFFE)]
NASTY = (
    *(MARK, "'" + MARK, "{{7*7}}", "{0.__class__}", "%s%n%(x)s", "../../etc/passwd", "\r\nBcc: x@y.example"),
    *("=HYPERLINK(1)", "-1", "9" * 400, "1e999", "NaN", "true", "null", "[]", "{}", "\u0663", "\u00b2"),
    *("\U0001f9ea" * 9, "a" + "\u0301" * 200, "\u0645\u062d\u0645\u062f", "x@y@z", "<" * 50, "javascript:alert(1)"),
    *("\ud800", "2027-02-30", "0000-00-00", "x@" + "y." * 120 + "example", "a.1 b.99999999999 c", "\u202eabc"),
)
NUMBERS = ("", "0", "1", "5", "20", "21", "99", "-1", "\u0661", "\u00b2", "9" * 5_000, MARK)
DIGITS = {ord("0") + digit: 0x0660 + digit for digit in range(10)}
"""Digits of another script, which Python takes for numbers."""
LONG = (("x", 2_000), ("x", 90_000), (MARK, 3_000), ("\u00e9", 20_000), (" ", 50_000), ("a@", 9_000))
JUNK = (b"\xff\xfe\x00", b"%", b"=&=&;", b"%zz=%00", b"\x00\x01\x02", b"a[b][c]=1&a[]=2", b"{" * 3_000)
FILES = (
    b"",
    b"%PDF-1.7\n",
    b"\x89PNG\r\n\x1a\n" + b"\0" * 300,
    b"PK\x03\x04",
    b"MZ" + b"\xff" * 9_000,
    b"<svg onload=1>",
)
TYPES = (
    *("application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-7", "text/plain"),
    *("multipart/form-data", "multipart/form-data; boundary=x", "application/json", "application/xml", "", "\u00e9"),
)
EXTRA = ("website", "attempt", "opened", "shown_in", "switch_language", "waiting", "parts", "questions_shown", "email")
DESK = ("/desk/sign-in", "/desk/sign-in/link")
VALUES = {"lang": "en", "slug": "conference", "key": "day-2", "step": "details", "said": "yes", "reference": "S3C-2222"}


@dataclass(frozen=True, slots=True)
class Sent:
    """One hostile post and what came back."""

    path: str
    said: str
    answers: tuple[TestResponse, ...]
    seconds: float

    @property
    def is_fault(self) -> bool:
        """Whether an answer is a fault of ours, or echoes what was sent as it is."""
        return any(answer.status_code >= FAULT or b"<zq9" in answer.data for answer in self.answers)


class Forms:
    """All public forms of an application, each with somebody of its own to lose."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        add_event(app)
        add_event(app, slug="later", opens=None)
        add_question(app, "lunch", required=True)
        add_question(app, "diet", kind="diet", label="Diet", readers="caterer")
        add_question(app, "slides", kind="file", label="Your slides")
        add_question(app, "passport", when="afterwards", label="Passport", readers="gate")
        self.made = 0

    def paths(self) -> list[str]:
        """Return the address of each form."""
        adapter, found = self.app.url_map.bind("localhost"), [*DESK]
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda rule: rule.rule):
            if "POST" not in (rule.methods or ()) or rule.rule.startswith("/desk"):
                continue
            values = {name: value for name, value in VALUES.items() if name in rule.arguments}
            if rule.rule.endswith("/updates"):
                values["slug"] = "later"
            if "/consents/" in rule.rule:
                values["key"] = "diet"
            if "token" in rule.arguments:
                values["token"] = self._token(rule.rule)
            found.append(adapter.build(rule.endpoint, values | dict(rule.defaults or {})))
        return found

    def _token(self, rule: str) -> str:
        self.made += 1
        address = f"own{self.made}@x.example"
        with self.app.test_request_context():
            room = rule.split("/")[2]
            if room == "newsletter":
                number = add_subscriber(self.app, address, confirmed="confirmation" not in rule)
                by = {"confirmation": lists.confirm_subscription, "leave": lists.leave_newsletter}
                return by.get(rule.split("/")[3], lists.preferences)(number, language="en").split("/")[-1]
            if room == "invitations":
                return address_of(add_guest(self.app, email=address), language="en").split("/")[-1]
            if room == "updates":
                follower = self._follower(address)
                link = lists.leave if rule.endswith("leave") else lists.confirm
                return link(follower, language="en").split("/")[3]
            if room == "delegations":
                reference = enrol_several(self.app, "Ada", "Bo", email=address)
                with self.app.app_context():
                    number = db.session.scalar(db.select(Delegation.id).filter_by(reference=reference)) or 0
                return links.delegation(number, 1, language="en").split("/")[3]
            (registration_id,) = enrol(self.app, email=address)
            return links.token(registration_id, 1)

    def _follower(self, address: str) -> int:
        with self.app.app_context(), transaction() as session:
            event = queries.event_by_slug("later", lock=True)
            assert event is not None
            following.ask(event, email=address, language="en", text_version="1", text_language="en", by=VISITOR)
            return session.scalar(db.select(db.func.max(Follower.id))) or 0


def send(app: Flask, number: int) -> Iterator[Sent]:
    """Send so many posts, one form after the other, and look where a press that counts leads."""
    chance, paths = random.Random(SEED), Forms(app).paths()
    opened: dict[str, tuple[FlaskClient, dict[str, str], list[str]]] = {}
    for n in range(number):
        path = paths[n % len(paths)]
        if path not in opened or chance.random() < ANEW:
            client = app.test_client()
            page = client.get(path)
            opened[path] = client, _typed(page), [str(one["name"]) for one in soup(page).select("form button[name]")]
        client, typed, presses = opened[path]
        post = _post(typed, presses, chance)
        began = time.process_time()
        answer = client.post(path, **post)
        seconds = time.process_time() - began
        after = [client.get(answer.location)] if answer.status_code == SEE_OTHER else []
        yield Sent(path, repr(post["data"])[:300], (answer, *after), seconds)


def _typed(page: TestResponse) -> dict[str, str]:
    """Return all fields of a page's form, filled as well as the tests know how."""
    found: dict[str, str] = {}
    for field in soup(page).select("main form :is(input, select, textarea)[name]"):
        chosen = field.select_one("option[selected]") or field.select_one("option[value]:not([value=''])") or field
        found.setdefault(str(field["name"]), str(chosen.get("value", "")))
    return found | {name: value for name, value in FILLED.items() if name in found and name != "csrf_token"}


def _post(typed: dict[str, str], presses: list[str], chance: random.Random) -> dict[str, Any]:
    """Return what one hostile post sends."""
    if presses and chance.random() < RARELY:
        return {"data": _pressed(typed, chance.choice(presses), chance), "content_type": TYPES[0]}
    if chance.random() < OFTEN:
        return {
            "data": chance.choice(JUNK) * chance.randint(1, 40),
            "content_type": chance.choice(TYPES),
        }
    pairs, names = list(typed.items()), [*typed, *EXTRA]
    for _ in range(chance.randint(1, 4)):
        name = chance.choice(names)
        pairs = [pair for pair in pairs if pair[0] != name or chance.random() < RARELY]
        times = chance.choice((1, 1, 1, 2, 30))
        pairs += [(chance.choice((name, name, name, f"{name}[]", f"{name}[a][b]", MARK)), _value(chance))] * times
    chance.shuffle(pairs)
    if chance.random() < OFTEN:
        return _with_a_file(pairs, names, chance)
    body = urlencode(pairs, errors="surrogatepass").encode()
    if chance.random() < OFTEN:
        body += b"&email=" + quote(bytes(chance.randrange(256) for _ in range(60))).encode()
    return {"data": body, "content_type": TYPES[0] if chance.random() > OFTEN else chance.choice(TYPES)}


def _pressed(typed: dict[str, str], press: str, chance: random.Random) -> bytes:
    """Press a button with little or nothing beside it, or with fields that have other digits in their names."""
    pairs = [(name.translate(DIGITS), value) for name, value in typed.items() if chance.random() < RARELY]
    return urlencode([*pairs * chance.randint(0, 1), (press, chance.choice(NUMBERS))], errors="surrogatepass").encode()


def _with_a_file(pairs: list[tuple[str, str]], names: list[str], chance: random.Random) -> dict[str, Any]:
    """Send words as a browser sends them beside a file, and a file where none may be asked for."""
    parts: dict[str, Any] = {name: value.encode("utf-8", "replace") for name, value in pairs}
    file = BytesIO(chance.choice(FILES)), chance.choice(("a.pdf", "../../x.svg", "\u202efdp.exe", "", MARK))
    chosen = chance.choice([*names, *[name for name in names if "slides" in name] * 9])
    return {"data": parts | {chosen: file}, "content_type": "multipart/form-data"}


def _value(chance: random.Random) -> str:
    if chance.random() < OFTEN:
        text, times = chance.choice(LONG)
        return text * times
    words = [chance.choice(NASTY), chance.choice(CONTROLS), chance.choice(("", "Anna", "a@b.example"))]
    chance.shuffle(words)
    return "".join(words[: chance.randint(1, 3)])


def main(number: int) -> int:
    """Send as many as asked for, and say what came of it."""
    codes, slowest, wrong = Counter[int](), (0.0, ""), 0
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder) / "instance"
        instance.mkdir()
        url = f"sqlite:///{instance / 's3chem.sqlite'}"
        databases.make_tables(instance, url)
        environ = {"INSTANCE": str(instance), "DATABASE_URL": url, "LIMITS": "off", "BASE_URL": "http://localhost"}
        with applications.own(config.load({f"S3CHEM_{name}": value for name, value in environ.items()})) as app:
            for sent in send(app, number):
                codes[sent.answers[0].status_code] += 1
                slowest = max(slowest, (sent.seconds, sent.path))
                if sent.is_fault:
                    wrong += 1
                    sys.stdout.write(f"{sent.path} {[one.status_code for one in sent.answers]} {sent.said}\n")
    sys.stdout.write(
        f"{number} posts: {dict(sorted(codes.items()))}, {wrong} faulty, slowest {slowest} (seconds of CPU)\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
