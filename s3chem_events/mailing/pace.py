"""How fast a mail server is fed, and when it is left alone; held in the database, so that all workers keep to it.

All functions work in the caller's writing transaction. A server's row is locked while it is decided about.
"""

from datetime import datetime, timedelta
from math import ceil
from typing import Any

from s3chem_events.core.clock import now
from s3chem_events.core.db import db, insert
from s3chem_events.mailing.models import MailServerState
from s3chem_events.mailing.results import rest_after

MINUTE = timedelta(minutes=1)
AHEAD = 2 * MINUTE
"""Nothing noted here lies further ahead: a rest takes a minute at most, and machines' clocks differ by less than that.

What does was noted by a clock that has been put back since.
"""


def allowance(server: str, *, rate: int | None, most: int) -> tuple[int, float]:
    """Return how many e-mails may be given to a server now, and in how many seconds to ask again if none.

    `rate` is the most that the server gets in any minute; it is fed a second's share at a time.
    """
    state = _state(server)
    moment = now()
    if state.rests_until and moment < state.rests_until <= moment + AHEAD:
        return 0, (state.rests_until - moment).total_seconds()
    if not rate:
        return most, 0.0
    recent = _recent(state, moment)
    free = min(rate - sum(count for _, count in recent), ceil(rate / 60), most)
    if free <= 0:
        return 0, max(recent[0][0] + MINUTE.total_seconds() - moment.timestamp(), 0.05)
    return free, 0.0


def granted(server: str, count: int) -> None:
    """Note that so many e-mails are going to a server."""
    state = _state(server)
    moment = now()
    state.grants = [*_recent(state, moment), [moment.timestamp(), count]]


def trouble(server: str, text: str) -> float:
    """Note that a server is in trouble; returns for how many seconds it is left alone."""
    state = _state(server)
    moment = now()
    state.troubles += 1
    state.trouble = text[:500]
    state.troubled_since = state.troubled_since or moment
    rest = rest_after(state.troubles)
    state.rests_until = moment + rest
    return rest.total_seconds()


def well(server: str) -> None:
    """Note that a server works again."""
    state = _state(server)
    if state.troubles:
        state.troubles, state.trouble, state.troubled_since, state.rests_until = 0, "", None, None


def wake() -> None:
    """Let every server be asked at once, whatever rest it was given: somebody wants to know now."""
    db.session.execute(db.update(MailServerState).values(rests_until=None))


def _recent(state: MailServerState, moment: datetime) -> list[list[Any]]:
    first, last = (moment - MINUTE).timestamp(), (moment + AHEAD).timestamp()
    return [grant for grant in state.grants if first < grant[0] <= last]


def _state(server: str) -> MailServerState:
    found = db.session.get(MailServerState, server, with_for_update=True, populate_existing=True)
    if found is None:
        new = {"name": server, "troubles": 0, "trouble": "", "grants": []}
        # Two workers may meet a server for the first time together.
        db.session.execute(insert(MailServerState).values(new).on_conflict_do_nothing())
        found = db.session.get_one(MailServerState, server, with_for_update=True, populate_existing=True)
    return found
