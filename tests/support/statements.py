"""What the database is asked while something happens."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from s3chem_events.core.db import db


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Note each statement of the block."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@contextmanager
def rows_handled(app: Flask, *models: type) -> Iterator[Counter[str]]:
    """Count what Python itself handles during the block: rows made into objects of these models, and rows written."""
    seen = Counter[str]()

    def load(*_given: Any) -> None:
        seen["loaded"] += 1

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.startswith(("INSERT", "UPDATE")):
            seen["written"] += len(parameters) if many else 1

    with app.app_context():
        engine = db.engine
    heard = [(engine, "before_cursor_execute", note), *((model, "load", load) for model in models)]
    for one in heard:
        event.listen(*one)
    yield seen
    for one in heard:
        event.remove(*one)
