"""A file once sent: opened by its owner after the code, replaced by another one, and never lost by leaving it out."""

import re
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from s3chem_events.core.db import db
from s3chem_events.registration.models import Change, Question
from s3chem_events.registration.uploads import Upload
from tests.conftest import Clock
from tests.factories import FILLED, add_event, add_question, count, hidden, soup, words
from tests.support.desk import filled
from tests.support.pictures import PDF, jpeg
from tests.support.post import kept, work

FORM = "/en/events/conference/register"


@pytest.fixture(autouse=True)
def event(app: Flask, clock: Clock) -> None:
    add_event(app)
    add_question(app, "slides", kind="file", label="Your slides", required=True)
    add_question(app, "poster", kind="file", label="Your poster")
    add_question(app, "secret", kind="file", label="Your certificate", readers="accessibility")


def send(client: FlaskClient, path: str, fields: dict[str, Any], **files: bytes) -> TestResponse:
    data = fields | {f"question-{key}": FileStorage(BytesIO(content), f"{key}.pdf") for key, content in files.items()}
    boundary, body = encode_multipart({name: value for name, value in data.items() if value != ""})
    return client.post(path, data=body, content_type=f'multipart/form-data; boundary="{boundary}"')


def unlock(app: Flask, client: FlaskClient, own: str) -> None:
    path = f"{own}/code"
    client.post(path, data=hidden(client, path) | {"press": "send"})
    work(app)
    code = re.search(r"^\d{4} \d{4}$", kept(app)[-1].text, re.MULTILINE)
    assert code is not None
    client.post(path, data=hidden(client, path) | {"press": "enter", "code": code.group()})


def files(app: Flask) -> dict[str, str]:
    """Return which types of files are kept, by question."""
    with app.app_context():
        query = db.select(Question.key, Upload.type).join(Question, Question.id == Upload.question_id)
        rows = db.session.execute(query.where(Upload.answer_id.is_not(None)).order_by(Question.position))
        return {key: str(type_) for key, type_ in rows}


def test_a_file_stays_until_another_one_comes_and_is_opened_by_its_owner_alone(app: Flask, client: FlaskClient) -> None:
    own = str(send(client, FORM, {**FILLED, **hidden(client, FORM)}, slides=PDF, secret=PDF).location)
    work(app)
    assert "Your slides PDF, 1 kB" in words(client.get(own))
    assert soup(client.get(own)).select("a[href*='/files/']") == []
    for key in ("slides", "secret", "poster", "nothing"):
        locked = client.get(f"{own}/files/{key}")
        assert (locked.status_code, locked.location) == (303, f"{own}/code")
    change = f"{own}/change"
    page = client.get(change)
    assert "Your file is kept: PDF, 1 kB. Choose another one only to replace it." in words(page)
    assert [one["name"] for one in soup(page).select("[type=file]")] == ["question-slides", "question-poster"]
    # Nothing chosen: nothing is different; something else changed: the files stay.
    assert "Nothing is different" in words(send(client, change, filled(page)))
    assert send(client, change, filled(page) | {"organisation": "Another"}).status_code == 303
    assert files(app) == {"slides": "pdf", "secret": "pdf"}

    wrong = send(client, change, filled(client.get(change)), slides=b"no such type")
    assert (wrong.status_code, "This file is not taken." in words(wrong), files(app)) == (
        422,
        True,
        {"slides": "pdf", "secret": "pdf"},
    )
    # A file need not be chosen again after an error elsewhere.
    aside = send(client, change, filled(client.get(change)) | {"given_name": "", "family_name": ""}, slides=jpeg())
    assert (aside.status_code, "Your file is kept: JPEG, 1 kB." in words(aside)) == (422, True)
    replaced = send(client, change, filled(aside) | {"given_name": "Żaneta"}, poster=PDF)
    assert (replaced.status_code, files(app)) == (303, {"slides": "jpeg", "poster": "pdf", "secret": "pdf"})
    work(app)
    assert ("Your slides" in kept(app)[-1].text, "JPEG" in kept(app)[-1].text) == (True, False)

    unlock(app, client, own)
    links = [str(one["href"]) for one in soup(client.get(own)).select("a[href*='/files/']")]
    assert links == [f"{own}/files/{key}" for key in ("slides", "poster", "secret")]
    assert [str(one["href"]) for one in soup(client.get(change)).select("a[href*='/files/']")] == links
    file = client.get(links[1])
    assert (file.status_code, file.data, file.content_type) == (200, PDF, "application/pdf")
    assert file.headers["Content-Disposition"].startswith('attachment; filename="conference-S3C-')
    assert (file.headers["Content-Security-Policy"], file.headers["Cache-Control"]) == (
        "default-src 'none'; sandbox",
        "no-store",
    )
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"{own}/files/nothing").status_code == 404
    assert app.test_client().get(links[1]).status_code == 303
    assert count(app, Change, field="question-slides") == 1
