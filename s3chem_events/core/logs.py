"""What the program writes about itself: lines for people, or JSON for machines; never a person, an address or a token.

Accesses are written as JSON only: people read them in the log of the server before us.
"""

import json
import logging
import re
import time
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from flask import Flask, request

log = logging.getLogger("s3chem_events.access")
ROUTE = "s3chem.route"
SHOWN = frozenset({"lang", "slug", "form", "filename"})
"""Values in an address that name nobody and open nothing. All others are shown by their name alone."""
PLACE = re.compile(r"<(?:[^<>]*:)?(\w+)>")
TEXT = "%(levelname)s %(name)s: %(message)s"
BUILT_IN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Json(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record with what was given as `extra`."""
        said = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        said |= {name: value for name, value in vars(record).items() if name not in BUILT_IN}
        if record.exc_info:
            said["fault"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False, default=str)


def configure(log_format: str) -> None:
    """Say how this process writes, on standard error; for processes that serve or work."""
    handler = logging.StreamHandler()
    handler.setFormatter(Json() if log_format == "json" else logging.Formatter(TEXT))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("s3chem_events").setLevel(logging.INFO if log_format == "json" else logging.WARNING)
    logging.captureWarnings(True)  # noqa: FBT003 - the library's own signature


def note_route() -> None:
    """Leave beside the request how it is written down, before anything can refuse it."""
    request.environ[ROUTE] = route()


def route() -> str:
    """Return the address of this request as it may be written: a token's place instead of the token, no query."""
    if request.url_rule is None:
        return "no route"
    values = request.view_args or {}

    def shown(place: re.Match[str]) -> str:
        name = place[1]
        return str(values[name]) if name in SHOWN and name in values else f"<{name}>"

    return PLACE.sub(shown, str(request.url_rule))


def seen(app: Flask, *notices: Callable[[str, str, int, float], None]) -> None:
    """Tell of each request when its answer begins: method, route, status and seconds.

    What Flask never saw was answered from the public pages and files that are kept: their address may be written.
    """
    app.before_request_funcs.setdefault(None, []).insert(0, note_route)
    inner = app.wsgi_app

    def middleware(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        began = time.perf_counter()

        def hear(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            took = time.perf_counter() - began
            for notice in notices:
                notice(environ["REQUEST_METHOD"], environ.get(ROUTE) or environ["PATH_INFO"], int(status[:3]), took)
            return start_response(status, headers, *more)

        return inner(environ, hear)

    app.wsgi_app = middleware  # type: ignore[method-assign]


def access(method: str, route: str, status: int, seconds: float) -> None:
    """Write one access."""
    said = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
    log.info("access", extra=said)


def where(error: Exception) -> str:
    """Name an error and its place, without its message, which may hold what people typed."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in " + " < ".join(f"{f.name}:{f.lineno}" for f in reversed(frames[-4:]))
