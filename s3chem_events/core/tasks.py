"""The doorbell and the clock (docs/decisions/0003). A task carries no mail: it only says "look at the tables".

What huey loses when a worker dies costs nothing, since every minute the clock rings again.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from s3chem_events.core.later import spared

# 9 MB that huey's storage for PostgreSQL alone makes use of, and what only a worker does
with spared({"psycopg": (), "huey.consumer": ("Consumer",)}):
    from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey, crontab
    from huey.storage import BaseStorage

TICK = "s3chem.tick"
log = logging.getLogger(__name__)


class _Bell:
    """The queue of this process, once it is bound, and what is called when it rings."""

    huey: Huey | None = None
    answer: Callable[[], Any] | None = None
    drain: Callable[[], Any] | None = None


def bind(queue_url: str) -> Huey:
    """Make the queue of this process: SQLite, PostgreSQL or Redis, told by the address."""
    huey = _make(queue_url)

    _Bell.huey, _Bell.drain = huey, huey.task(name="drain")(_drain)
    return huey


def _drain() -> None:
    if _Bell.answer is not None:
        _Bell.answer()


def answer(each_ring: Callable[[], Any], *, each_minute: Callable[[], Any]) -> Huey:
    """Say what the worker does when the bell rings and when a minute has passed; returns the queue to consume."""
    if _Bell.huey is None:
        msg = "bind() comes first"
        raise RuntimeError(msg)
    _Bell.answer = each_ring
    _Bell.huey.periodic_task(crontab(minute="*"), name="tick")(each_minute)
    return _Bell.huey


def ring() -> None:
    """Wake the worker. A queue that does not answer delays an e-mail by a minute; it never fails the request."""
    if _Bell.drain is None or _Bell.huey is None:
        return
    try:
        if _Bell.huey.pending_count() == 0:  # a bell that rings already need not ring twice
            _Bell.drain()
    except Exception:  # noqa: BLE001 - the tables are the truth; the minute's sweep makes up for it
        log.warning("the queue did not answer; the sweep will find the work")


def ready() -> bool:
    """Whether the queue answers."""
    try:
        return _Bell.huey is not None and _Bell.huey.pending_count() >= 0
    except Exception:  # noqa: BLE001 - any failure means: not ready
        return False


def pending() -> int:
    """Return how many rings nobody has heard yet."""
    return int(_Bell.huey.pending_count()) if _Bell.huey is not None else 0


def note_tick(at: datetime) -> None:
    """Leave in the queue when the worker last looked at the clock, for those who watch over it."""
    try:
        if _Bell.huey is not None:
            _Bell.huey.storage.put_data(TICK, at.isoformat().encode())
    except Exception:  # noqa: BLE001 - that the queue is gone must not stop the work
        log.warning("the queue did not answer; nobody sees that the worker runs")


def last_tick() -> datetime | None:
    """Return when a worker last looked at the clock; None where none ever did."""
    found = _Bell.huey.storage.peek_data(TICK) if _Bell.huey is not None else None
    return datetime.fromisoformat(bytes(found).decode()) if isinstance(found, (bytes, memoryview)) else None


def _make(queue_url: str) -> Huey:
    scheme, _, rest = queue_url.partition("://")
    if scheme.startswith("sqlite"):
        return SqliteHuey("s3chem", filename=rest.removeprefix("/"), results=False, timeout=10)
    if scheme.startswith("postgres"):
        dsn = f"postgresql://{rest}"
        try:
            return PostgresHuey("s3chem", dsn=dsn, results=False)
        except Exception:  # noqa: BLE001 - pages go on without the bell, as when it falls silent later
            log.warning("the queue does not answer; the sweep will find the work")
            return PostgresHuey("s3chem", dsn=dsn, results=False, create_tables=False)
    return RedisHuey("s3chem", url=queue_url, results=False)


__all__ = ["BaseStorage", "answer", "bind", "crontab", "last_tick", "note_tick", "pending", "ready", "ring"]
