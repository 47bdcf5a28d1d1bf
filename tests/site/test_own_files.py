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
from s3chem_events.registration.models import Answer, Change, Question
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


def test_a_file_for_a_letter_is_named_to_its_owner_replaced_and_removed_alone(app: Flask, client: FlaskClient) -> None:
    letter = {"when": "letter", "readers": "letter", "keep_days": 3}
    add_question(app, "pass", kind="file", label="Copy of your passport", required=True, **letter)
    add_question(app, "number", label="Passport number", required=True, **letter)
    own = str(send(client, FORM, {**FILLED, **hidden(client, FORM)}, slides=PDF).location)
    client.post(f"{own}/letter/request", data=hidden(client, f"{own}/letter/request"))
    page = f"{own}/letter"
    assert send(client, page, hidden(client, page) | {"question-number": "AB 1"}).status_code == 422  # it is required
    assert "Copy of your passport" not in words(client.get(own))
    assert send(client, page, hidden(client, page) | {"question-number": "AB 1"}, **{"pass": PDF}).status_code == 303

    named = "Copy of your passport Kept, but not shown here: others may have this link."
    assert named in words(client.get(own))
    shown = client.get(page)
    assert "Your file is kept, but not shown here. Choose another one only to replace it." in words(shown)
    assert ("AB 1" in shown.text, "PDF, 1 kB" in words(shown)) == (False, False)
    assert send(client, page, hidden(client, page) | {"question-number": "AB 2"}).status_code == 303
    assert files(app) == {"slides": "pdf", "pass": "pdf"}  # it stays where no other one comes
    assert send(client, page, hidden(client, page) | {"question-number": "AB 2"}, **{"pass": jpeg()}).status_code == 303
    assert files(app) == {"slides": "pdf", "pass": "jpeg"}
    unlock(app, client, own)
    assert "Copy of your passport JPEG, 1 kB" in words(client.get(own))
    assert "Your file is kept: JPEG, 1 kB. Choose another one only to replace it." in words(client.get(page))
    assert client.get(f"{own}/files/pass").status_code == 404  # named, and never given back

    (remove,) = (str(a["href"]) for a in soup(client.get(page)).select("main a") if "Remove the file" in a.text)
    assert [client.get(f"{page}/erasure/{key}").status_code for key in ("number", "slides", "none")] == [404] * 3
    question = words(client.get(remove))
    assert "Remove this file? Final conference" in question
    assert "Copy of your passport It is then gone for good. What else you told stays" in question
    token = hidden(client, remove)
    done = [client.post(remove, data=token) for _twice in "12"]
    assert [(one.status_code, one.location) for one in done] == [(303, page)] * 2
    assert files(app) == {"slides": "pdf"}
    assert "For your letter of invitation we need what stands in your passport." in words(client.get(own))
    with app.app_context():
        told = db.session.scalars(db.select(Answer.value).join(Question).filter_by(key="number")).all()
    assert told == ["AB 2"]
    assert "Copy of your passport" not in words(client.get(own))
