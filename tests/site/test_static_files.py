"""Style sheets, pictures and fonts: as safe as any page, kept for as long as they are what their address says."""

import gzip
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.source import ROOT

pytestmark = pytest.mark.one_database
SHEET = "/static/css/site.css"


def test_each_file_says_its_type_and_the_strict_headers(client: FlaskClient) -> None:
    page = client.get("/en/").headers
    wanted = ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options")
    files = [path for path in (ROOT / "static").rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        answer = client.get(f"/static/{path.relative_to(ROOT / 'static')}")
        assert (answer.status_code, answer.data) == (200, path.read_bytes())
        assert [answer.headers[name] for name in wanted] == [page[name] for name in wanted]
        assert "Set-Cookie" not in answer.headers
    kinds = [client.get(f"/static/{name}").content_type for name in ("css/site.css", "js/site.js", "img/favicon.svg")]
    assert kinds == [f"{kind}; charset=utf-8" for kind in ("text/css", "text/javascript", "image/svg+xml")]


def test_a_page_names_its_sheets_so_that_they_are_kept_for_a_year(client: FlaskClient) -> None:
    (address,) = re.findall(r"/static/css/site\.css\?v=\w{10}", client.get("/en/").text)
    assert client.get(address).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for other in (SHEET, f"{SHEET}?v=0123456789"):
        assert client.get(other).headers["Cache-Control"] == "public, max-age=86400"


def test_what_a_browser_has_is_not_sent_again_and_the_rest_gzipped(client: FlaskClient) -> None:
    plain = client.get(SHEET)
    packed = client.get(SHEET, headers={"Accept-Encoding": "gzip, br"})
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2
    assert packed.headers["ETag"] != plain.headers["ETag"]
    again = client.get(SHEET, headers={"Accept-Encoding": "gzip, br", "If-None-Match": packed.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", packed.headers["ETag"])
    head = client.head(SHEET)
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", str(len(plain.data)))


def test_nothing_else_of_the_disk_is_a_static_file(app: Flask, client: FlaskClient) -> None:
    for path in ("/static/../app.py", "/static/css", "/static/", "/static/css/../../app.py"):
        assert client.get(path).status_code == 404, path
    assert client.post(SHEET).status_code == 405
