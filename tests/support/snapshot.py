"""All that the program knows, to be compared: whoever only looks leaves it as it was."""

from collections.abc import Iterable
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.db import db


def everything(app: Flask) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table."""
    with app.app_context():
        found = {
            table.name: sorted(tuple(map(repr, row)) for row in db.session.execute(db.select(table)))
            for table in db.metadata.sorted_tables
        }
        db.session.rollback()
    return found


def scanned(client: FlaskClient, addresses: Iterable[str], *, times: int = 3) -> list[tuple[str, int]]:
    """Open addresses as a mail scanner does, each again and again by GET and HEAD; returns what answered badly."""
    bad = []
    for _ in range(times):
        for address in addresses:
            for method in ("GET", "HEAD"):
                status = client.open(address, method=method).status_code
                if status >= 400:
                    bad.append((address, status))
    return bad
