"""The applications that tests share: making one anew, with all its routes and templates, costs more than most tests.

Each test has an empty database and an empty instance folder; the application is the one that served the test before,
as a running site serves one visitor after another. Nothing that it remembers may reach the next test: what it kept is
dropped here, and a test that leaves the application itself changed fails.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from s3chem_events import create_app
from s3chem_events.core import tasks
from s3chem_events.core.config import Settings
from s3chem_events.core.db import db
from s3chem_events.site.kept import UNKNOWN


class Compiled(BytecodeCache):
    """Templates, compiled once in a run of the tests."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


compiled = Compiled()


@dataclass(frozen=True, slots=True)
class Shared:
    """An application and what it was like when it was new."""

    app: Flask
    config: dict[str, Any]
    shape: tuple[int, ...]


class Applications:
    """The applications of this process, one for each database and each choice of settings."""

    def __init__(self) -> None:
        self._shared: dict[Settings, Shared] = {}
        self._bell: object = None

    @contextmanager
    def lend(self, settings: Settings) -> Iterator[Flask]:
        """Give an application like new for one test."""
        if tasks._Bell.huey is not self._bell:  # another application was made: what all share in a process is its own
            self._shared.clear()
        key = replace(settings, mail=None)  # the mail server is looked up for each mail; all else is built in
        found = self._shared.get(key)
        if found is None:
            found = self._shared[key] = _made(settings)
        app = found.app
        app.extensions["s3chem"] = settings
        _forget(app)
        self._bell = tasks.bind(settings.queue_url)
        yield app
        _close(app)
        if _shape(app) != found.shape:
            self._shared.clear()
            raise AssertionError("the test changed the application that all share: give it @pytest.mark.own_app")
        app.config.clear()
        app.config.update(found.config)


@contextmanager
def own(settings: Settings) -> Iterator[Flask]:
    """Make an application for one test alone."""
    app = _made(settings).app
    yield app
    _close(app)


def _made(settings: Settings) -> Shared:
    app = create_app(settings)
    app.jinja_env.bytecode_cache = compiled
    app.testing = True
    return Shared(app, dict(app.config), _shape(app))


def _shape(app: Flask) -> tuple[int, ...]:
    """What a test could leave behind: routes, what runs around each request, words of the templates."""
    hooks = (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs)
    with app.app_context():
        listening = sum(len(getattr(db.engine.dispatch, name)) for name in ("begin", "before_cursor_execute"))
    environment = app.jinja_env
    return (
        len(app.view_functions),
        *(sum(map(len, each.values())) for each in hooks),
        len(environment.globals),
        len(environment.filters),
        listening,
    )


def _forget(app: Flask) -> None:
    """Drop what the application keeps by the revision of its content: the next test's database is another one."""
    for keeper in app.extensions.values():
        if hasattr(keeper, "held"):
            keeper.held = (UNKNOWN, {})
    app.extensions["kept"].dates.clear()
    watch = app.extensions["kept"].watch
    if hasattr(watch, "local"):
        watch.local = threading.local()
    else:
        watch.at = 0.0


def _close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
