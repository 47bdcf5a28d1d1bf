"""What the program writes about itself: after a whole run no name, no address and no token stands in any log."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.mailing.models import OutgoingEmail
from tests.factories import FILLED, add_event, hidden, register
from tests.support import servers
from tests.support.patience import until
from tests.support.post_office import At, PostOffice
from tests.support.surfer import Surfer

pytestmark = [pytest.mark.slow, pytest.mark.one_database]
FORM = "/en/events/conference/register"
REFUSED = "refused@uczelnia.example"


def send(surfer: Surfer, path: str, **changes: str) -> str:
    """Fill the form of a page and press; returns the address that answers."""
    page = BeautifulSoup(surfer.get(path)[1], "html.parser")
    kept = {str(e["name"]): str(e.get("value", "")) for e in page.select("main form input[type=hidden]")}
    return surfer.post(path, {**kept, **changes})[0]


def written(instance: Path) -> Iterator[str]:
    """Return the text of each log file of the instance."""
    for path in instance.rglob("*"):
        if path.is_file() and path.suffix in {".log", ".txt", ".jsonl"}:
            yield path.read_text(errors="replace")


def settled(app: Flask) -> bool:
    with app.app_context():
        waiting = db.select(OutgoingEmail.id).where(OutgoingEmail.state.in_(["queued", "sending"]))
        facts = db.session.scalar(db.select(db.func.count()).select_from(OutgoingEmail)) or 0
        done = facts >= 3 and db.session.scalar(waiting) is None
        db.session.rollback()
    return done


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_log_tells_who_registered(
    app: Flask, environ: dict[str, str], instance: Path, smtp_server: PostOffice, form: str
) -> None:
    add_event(app)  # H8
    smtp_server.answer(At.RCPT, f"550 5.1.1 <{REFUSED}> is no mailbox of ours", to=REFUSED)
    mail = servers.mailing_to(smtp_server.port)
    logs = {"S3CHEM_LOG_FORMAT": form}
    with servers.started("serve", environ | mail | logs, "--workers", "1") as server:
        surfer = Surfer(server.url)
        own = send(surfer, FORM, **FILLED)
        token = own.rpartition("/")[2]
        assert len(token) > 20
        send(surfer, FORM, **{**FILLED, "email": REFUSED, "family_name": "Zażółć"})
        send(surfer, FORM, **{**FILLED, "email": "anna@firma"})
        send(surfer, "/en/registrations/lost-link", email=FILLED["email"])
        wish = {"email": "reader@uczelnia.example", "language": "en", "topics": "project"}
        send(surfer, "/en/newsletter", **wish)
        send(surfer, "/en/newsletter", **{**wish, "email": "reader@firma"})
        for path in (
            "/en/newsletter/preferences/guessed-token",
            f"{own}x",
            f"/en/registrations/{token[:-3]}",
            "/desk/sign-in/guessed-token",
            f"{own}/nothing",
        ):
            surfer.get(path)
        send(surfer, "/desk/sign-in", email="guess@uczelnia.example", password="Tr0mbone-and-tea")
        send(surfer, f"{own}/withdrawal")
        until(lambda: settled(app))
        surfer.get(f"{own}")
        said = server.stop()
    assert len(smtp_server.to(FILLED["email"])) >= 2  # there was something to tell
    assert REFUSED in _texts(app)  # the desk may know what the server said: that is where an organiser looks

    written_down = "\n".join([said, *written(instance)])
    assert "runs on" in written_down
    assert ('"route": "/en/registrations/<token>/withdrawal"' in written_down) == (form == "json")
    secrets = {*(FILLED[n] for n in ("given_name", "family_name", "email", "organisation")), REFUSED, "Zażółć"}
    secrets |= {
        token,
        token[:-3],
        "anna@firma",
        "reader@firma",
        "guess@uczelnia.example",
        "Tr0mbone-and-tea",
        "guessed-token",
    }
    assert {secret for secret in secrets if secret in written_down} == set()
    assert re.findall(r"[\w.+-]+@[\w-]+\.example", written_down) == []


def test_the_journal_outlives_erasure_because_it_names_nobody(app: Flask, client: FlaskClient) -> None:
    add_event(app)
    own = register(client).headers["Location"]
    client.post(f"{own}/withdrawal", data=hidden(client, f"{own}/withdrawal"))
    with app.app_context():
        told = [str(fact.data) for fact in db.session.scalars(db.select(Fact))]
    assert len(told) >= 3
    named = [FILLED[n] for n in ("given_name", "family_name", "email", "organisation")]
    assert [(word, text) for text in told for word in named if word in text] == []


def _texts(app: Flask) -> str:
    with app.app_context():
        return " ".join(db.session.scalars(db.select(OutgoingEmail.last_text)))
