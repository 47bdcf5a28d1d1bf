"""S3Chem Events: create_app() is the only place that knows every door."""

import gc
import os
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from sqlalchemy import URL
from werkzeug.middleware.proxy_fix import ProxyFix

COLLECTING = gc.isenabled()
gc.disable()  # what is loaded here stays: to look for garbage in it again and again takes a fifth of a start

from s3chem_events import desk, site  # noqa: E402
from s3chem_events.core import config, db, guard, i18n, limits, logs, metrics, tasks  # noqa: E402
from s3chem_events.core.application import Application  # noqa: E402
from s3chem_events.core.config import Settings  # noqa: E402
from s3chem_events.core.static_files import StaticFiles  # noqa: E402

if COLLECTING:
    gc.freeze()  # nor ever again: the first search would go through all of it
    gc.enable()

HERE = Path(__file__).parent
FORM_OPEN_SECONDS = 4 * 3600
LARGEST_REQUEST = 1_000_000
VENDOR = "vendor/"


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application; without settings they are read from the environment.

    Raises:
        WrongSetting: one sentence that names the setting.

    """
    os.umask(0o077)  # whatever we write names people: readable by its owner alone, WAL and queue files included
    settings = settings or config.load(default_instance=_default_instance())
    app = Application(
        __name__,
        instance_path=str(settings.instance),
        template_folder=_folder("templates"),
        static_folder=_folder("static"),
    )
    app.extensions["s3chem"] = settings
    app.config.update(_flask_settings(settings))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.url_defaults(_fingerprinted)
    db.db.init_app(app)
    with app.app_context():
        db.listen(db.db.engine)
    tasks.bind(settings.queue_url)
    i18n.bind(app)
    limits.bind(app, settings)
    guard.bind(app, settings)
    _open_doors(app, settings)
    app.extensions["static"] = static = StaticFiles(Path(_folder("static")), guard.headers(secure=settings.secure))
    app.wsgi_app = static.before(app.wsgi_app)  # type: ignore[method-assign]
    notices = [
        *([logs.access] if settings.log_format == "json" else []),
        *([metrics.count] if settings.metrics else []),
    ]
    if notices:
        logs.seen(app, *notices)
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=0)  # type: ignore[method-assign]
    return app


def _flask_settings(settings: Settings) -> dict[str, Any]:
    """Return what Flask and its extensions are told."""
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": _database(settings),
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_pre_ping": not settings.embedded,
            "pool_size": 10,
            "max_overflow": 40 if settings.embedded else 10,  # PostgreSQL counts connections, SQLite does not
            "hide_parameters": True,  # an error that is logged must not name people
        },
        "WTF_CSRF_TIME_LIMIT": FORM_OPEN_SECONDS,
        "MAX_CONTENT_LENGTH": LARGEST_REQUEST,
        "MAX_FORM_MEMORY_SIZE": LARGEST_REQUEST,
        "SESSION_COOKIE_NAME": "__Host-session" if settings.secure else "session",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "TEMPLATES_AUTO_RELOAD": False,
    }


def _database(settings: Settings) -> URL | str:
    """Name the database; a file as what it is, since `?` in a path would end it in an address."""
    return URL.create("sqlite", database=str(settings.database_file)) if settings.embedded else settings.database_url


def _open_doors(app: Flask, settings: Settings) -> None:
    site.open_door(app, settings)
    desk.open_door(app, settings)


def _fingerprinted(endpoint: str, values: dict[str, Any]) -> None:
    """Give each static file's address its content's digest, so that it may be kept for long and is never stale.

    Fonts keep the address that the style sheet knows them by: under two they would be loaded twice.
    """
    if endpoint == "static" and "v" not in values and not values["filename"].startswith(VENDOR):
        values["v"] = current_app.extensions["static"].digest(values["filename"])


def _folder(name: str) -> str:
    """Find a folder inside the installed package, else beside it in the source tree."""
    packaged = HERE / name
    return str(packaged if packaged.is_dir() else HERE.parent / name)


def _default_instance() -> Path:
    """The source tree's instance folder; for an installed package that of the current directory."""
    tree = HERE.parent
    return (tree if (tree / "pyproject.toml").is_file() else Path.cwd()) / "instance"
