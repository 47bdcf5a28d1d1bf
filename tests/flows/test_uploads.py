"""Files in answer to questions: kept through errors, given to few as attachments, gone with their answer."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from errno import ENOSPC
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from s3chem_events import schedule
from s3chem_events.accounts.models import AuditEntry
from s3chem_events.accounts.roles import Role
from s3chem_events.core import backups
from s3chem_events.core.config import SQLITE
from s3chem_events.core.db import db, transaction
from s3chem_events.core.guard import settings
from s3chem_events.core.journal import PARTICIPANT
from s3chem_events.registration import details, queries, uploads
from s3chem_events.registration.models import Answer, Registration
from s3chem_events.registration.questions import When
from s3chem_events.registration.uploads import Upload
from tests.conftest import Clock
from tests.factories import FILLED, add_event, add_question, count, hidden, not_me, soup, words
from tests.support.desk import signed_in
from tests.support.pictures import EXIF, PDF, jpeg, png

FORM = "/en/events/conference/register"
DESK = "/desk/events/conference"
NAME = "../../../Żaneta's passport <script>.pdf"


@pytest.fixture(autouse=True)
def event(app: Flask, clock: Clock) -> None:
    for path in stored(app):
        path.unlink()
    add_event(app)
    add_question(app, "slides", kind="file", label="Your slides", required=True, keep_days=3, most_mb=1)


def stored(app: Flask) -> list[Path]:
    with app.app_context():
        folder = settings().instance / "uploads"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def send(client: FlaskClient, content: bytes | None = PDF, *, name: str = NAME, **changes: Any) -> TestResponse:
    data: dict[str, Any] = {**FILLED, **hidden(client, FORM), **changes}
    if content is not None:
        data["question-slides"] = FileStorage(BytesIO(content), name)
    boundary, body = encode_multipart(data)
    return client.post(FORM, data=body, content_type=f'multipart/form-data; boundary="{boundary}"')


def test_a_file_is_kept_with_its_answer_and_given_as_an_attachment_to_those_who_may(
    app: Flask, client: FlaskClient, clock: Clock, tmp_path: Path
) -> None:
    page = soup(client.get(FORM))
    form = page.select_one("form#registration")
    assert (form["enctype"], page.select_one("#question-slides")["accept"]) == (  # type: ignore[index]
        "multipart/form-data",
        "application/pdf,image/png,image/jpeg",
    )
    assert "PDF, PNG, JPEG, at most 1 MB." in page.select_one("#question-slides-hint").text
    answer = send(client, jpeg(), name="a.exe")
    assert answer.status_code == 303
    assert "JPEG, 1 kB" in words(client.get(answer.headers["Location"]))
    (path,) = stored(app)
    assert (len(path.name), path.stat().st_mode & 0o777, EXIF in path.read_bytes()) == (32, 0o600, False)

    desk = signed_in(app)
    with app.app_context():
        reference, number = db.session.execute(
            db.select(Registration.reference, Answer.id).join(Answer.registration)
        ).one()
    link = soup(desk.get(f"{DESK}/participants/{reference}")).find("a", string="JPEG, 1 kB")
    assert link is not None
    file = desk.get(str(link["href"]))
    assert file.data == path.read_bytes()
    assert {name: file.headers[name] for name in ("Content-Type", "Content-Disposition", "X-Content-Type-Options")} == {
        "Content-Type": "image/jpeg",
        "Content-Disposition": f'attachment; filename="conference-{reference}-slides.jpeg"',
        "X-Content-Type-Options": "nosniff",
    }
    assert (file.headers["Content-Security-Policy"], file.headers["Cache-Control"]) == (
        "default-src 'none'; sandbox",
        "no-store",
    )
    assert desk.head(str(link["href"])).status_code == 200  # which takes nothing away
    assert count(app, AuditEntry, kind="file.downloaded") == 1
    helper = signed_in(app, Role.DESK_HELPER, events=("conference",))
    assert helper.get(f"{DESK}/answers/{number}/file").status_code == 403
    add_event(app, slug="other")
    assert desk.get(f"/desk/events/other/answers/{number}/file").status_code == 404

    clock.set(datetime(2027, 6, 21, 1, tzinfo=UTC))
    with app.app_context():
        schedule.tick()
    assert (count(app, Answer), count(app, Upload), stored(app)) == (0, 0, [])


def test_a_file_need_not_be_chosen_again_after_an_error_elsewhere(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    refused = send(client, PDF, email="anna@firma")
    page = soup(refused)
    assert refused.status_code == 422
    assert "Your file is kept: PDF, 1 kB." in words(refused)
    handle = str(page.select_one("#question-slides-kept")["value"])  # type: ignore[index]
    assert send(client, None, **{"question-slides-kept": handle[:-2] + "xx"}).status_code == 422
    add_question(app, "other", kind="file", label="Another file")
    stolen = send(client, PDF, **{"question-other-kept": handle})
    assert (stolen.status_code, count(app, Upload)) == (303, 2)
    again = send(client, None, given_name="Bert", email="bert@park.example", **{"question-slides-kept": handle})
    assert again.status_code == 303
    with app.app_context():
        assert db.session.scalars(db.select(Upload.pending_until)).all() == [None, None]
    # A handle is good for one answer.
    third = send(client, None, given_name="Carl", email="carl@park.example", **{"question-slides-kept": handle})
    assert (third.status_code, "Please answer: Your slides" in words(third)) == (422, True)


def test_a_chosen_file_survives_a_switch_of_the_language(app: Flask, client: FlaskClient, clock: Clock) -> None:
    assert "Your file is kept" not in words(send(client, b"no such type", switch_language="en"))
    assert count(app, Upload) == 0
    page = soup(send(client, PDF, switch_language="en"))
    kept = page.select_one("#question-slides-kept")
    assert (kept is not None, page.find(role="alert")) == (True, None)
    assert "Your file is kept: PDF, 1 kB." in page.text
    twice = soup(send(client, None, switch_language="en", **{"question-slides-kept": str(kept["value"])}))  # type: ignore[index]
    assert "Your file is kept: PDF, 1 kB." in twice.text
    assert send(client, None, **{"question-slides-kept": str(kept["value"])}).status_code == 303  # type: ignore[index]
    with app.app_context():
        assert db.session.scalars(db.select(Upload.pending_until)).all() == [None]


def test_what_waits_is_removed_after_an_hour_and_what_is_withdrawn_with_its_answer(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    assert send(client, PDF, email="anna@firma").status_code == 422
    assert len(stored(app)) == 1
    clock.advance(minutes=59)
    with app.app_context():
        schedule.tick()
    assert len(stored(app)) == 1
    clock.advance(minutes=1)
    with app.app_context():
        schedule.tick()
    assert (count(app, Upload), stored(app)) == (0, [])
    own = send(client, PDF).headers["Location"]
    client.post(not_me(app, own), data=hidden(client, not_me(app, own)))
    with app.app_context():
        schedule.tick()
    assert (count(app, Answer), count(app, Upload), stored(app)) == (0, 0, [])


def test_what_is_no_such_file_is_refused_at_its_field_and_stored_nowhere(app: Flask, client: FlaskClient) -> None:
    for content, sentence in (
        (b"<svg><script>alert(1)</script></svg>", "This file is not taken."),
        (png(10_000, 10_000, lines=b"\0"), "This picture has too many points."),
        (png()[:-5], "This file is damaged."),
        (PDF + b" " * 1_000_001, "This file is too large. It may have at most 1 MB."),
        (b"", "Please answer: Your slides"),
    ):
        answer = send(client, content)
        assert answer.status_code == 422
        assert sentence in soup(answer).select_one("#question-slides-error").text
        assert "script&gt;" not in answer.text
    assert (count(app, Upload), stored(app)) == (0, [])
    answer = send(client, b"\0" * 17_000_000)
    assert (answer.status_code, "That was too large" in answer.text) == (413, True)
    own = client.post("/en/registrations/lost-link", data={"email": (BytesIO(PDF), "a.pdf")})
    assert own.status_code == 400  # no other form takes files


@pytest.mark.one_database
def test_a_backup_carries_the_files(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    assert send(client, PDF).status_code == 303
    (path,) = stored(app)
    with app.app_context():
        there = settings()
        backups.back_up(there, tmp_path / "backup.tar.gz")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    moved = replace(there, instance=elsewhere, database_url=f"{SQLITE}{elsewhere}/s3chem.sqlite")
    backups.restore(moved, tmp_path / "backup.tar.gz")
    assert (elsewhere / "uploads" / path.name).read_bytes() == PDF


def erase_in_vain(own: str) -> None:
    with transaction():
        registration = queries.registration_by_token(own.rpartition("/")[2], lock=True)
        assert registration is not None
        assert details.erase(registration, when=When.LETTER, by=PARTICIPANT)
        raise LookupError


@pytest.mark.settings(LIMITS="on")
def test_a_file_sent_again_by_the_own_link_takes_the_place_of_the_first_and_no_more_than_a_network_may(
    app: Flask, client: FlaskClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = send(client, PDF).headers["Location"]
    add_question(app, "pass", kind="file", label="Your pass", when="letter", readers="letter", keep_days=3)
    assert client.post(f"{own}/letter/request", data=hidden(client, f"{own}/letter/request")).status_code == 303
    monkeypatch.setattr(uploads, "MOST_ASIDE", 10)  # what is answered takes nothing of the room for halves
    page, kept = f"{own}/letter", stored(app)
    told = []
    for content in [PDF, png(), *[jpeg()] * 29]:
        data = {**hidden(client, page), "question-pass": (BytesIO(content), "a.pdf")}
        told.append(client.post(page, data=data, content_type="multipart/form-data"))
        assert (len(stored(app)), count(app, Upload)) == (2, 2)
    assert [answer.status_code for answer in told] == [303] * 30 + [429]
    assert "Too many requests came from your network." in words(told[-1])
    assert set(kept) < set(stored(app))
    with app.app_context():
        with pytest.raises(LookupError):
            erase_in_vain(own)
        db.session.commit()
    assert (len(stored(app)), count(app, Upload)) == (2, 2)  # what is not committed is not removed
    erasure = f"{page}/erasure"
    assert client.post(erasure, data=hidden(client, erasure)).status_code == 303
    assert (stored(app), count(app, Upload)) == (kept, 1)


def test_what_a_full_disk_or_a_killed_process_left_half_written_is_gone_after_a_day_at_the_latest(
    app: Flask, client: FlaskClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: int) -> None:
        raise OSError(ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            send(client)
    assert (stored(app), count(app, Registration)) == ([], 0)
    assert send(client).status_code == 303
    (whole,) = stored(app)
    half = whole.with_name(f"{'a' * 32}.part")
    half.write_bytes(PDF)
    for path in (whole, half):
        os.utime(path, (0, 0))
    with app.app_context():
        schedule.tick()
    assert stored(app) == [whole]
