"""The limit that pages are measured against: a Flask view that hands out the same bytes, with nothing around it."""

import os
from pathlib import Path

from flask import Flask, Response, request

ETAG = '"bare"'


def application() -> Flask:
    app = Flask(__name__)
    folder = Path(os.environ["BARE_FOLDER"])
    bodies = {path.name: path.read_bytes() for path in folder.iterdir()}

    @app.route("/<name>")
    def page(name: str) -> Response:
        if request.headers.get("If-None-Match") == ETAG:
            return Response(status=304, headers={"ETag": ETAG})
        return Response(bodies[name], content_type="text/html; charset=utf-8", headers={"ETag": ETAG})

    return app
