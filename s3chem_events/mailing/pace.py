"""How fast a mail server is fed, and when it is left alone; held in the database, so that all workers keep to it.

All functions work in the caller's writing transaction. A server's row is locked while it is decided about.
"""

from datetime import datetime, timedelta
from math import ceil
from typing import Any

from s3chem_events.core.clock import now
from s3chem_events.core.db import db, insert
from s3chem_events.core.values import frozen
from s3chem_events.mailing.models import MailServerState
from s3chem_events.mailing.results import rest_after

MINUTE = timedelta(minutes=1)
AHEAD = 2 * MINUTE
"""Nothing noted here lies further ahead: a rest takes a minute at most, and machines' clocks differ by less than that.

What does was noted by a clock that has been put back since.
"""
LONGEST_TURN = 5.0
"""Seconds. Whoever waits for longer than a run of the worker lasts is looked after by the next minute's sweep alone."""


@frozen
class Allowance:
    """How many e-mails a server may be given now, `to_many` of them written to many; and when to ask again, if none."""

    most: int
    to_many: int
    pause: float = 0.0


def allowance(server: str, *, rate: int | None, most: int) -> Allowance:
    """Return what may be given to a server now.

    `rate` is the most that it gets in any minute, a second's share at a time. What is written to many is spread over
    the minute, share after share: whatever concerns one person finds the next one free.
    """
    state = _state(server)
    moment = now()
    if state.rests_until and moment < state.rests_until <= moment + AHEAD:
        return Allowance(0, 0, (state.rests_until - moment).total_seconds())
    if not rate:
        return Allowance(most, most)
    minute, at, share = MINUTE.total_seconds(), moment.timestamp(), ceil(rate / 60)
    turn = min(share * minute / rate, LONGEST_TURN)
    recent = _recent(state, moment)
    latest = [grant for grant in recent if grant[0] > at - turn]
    free = max(min(rate - _sum(recent), share, most), 0)
    to_many = max(min(free, share - _sum(latest)), 0)
    pause = latest[0][0] + turn - at if free and not to_many else 0.0 if free else recent[0][0] + minute - at
    return Allowance(free, to_many, pause if to_many else max(pause, 0.05))


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


def _sum(grants: list[list[Any]]) -> int:
    return sum(count for _, count in grants)


def _state(server: str) -> MailServerState:
    found = db.session.get(MailServerState, server, with_for_update=True, populate_existing=True)
    if found is None:
        new = {"name": server, "troubles": 0, "trouble": "", "grants": []}
        # Two workers may meet a server for the first time together.
        db.session.execute(insert(MailServerState).values(new).on_conflict_do_nothing())
        found = db.session.get_one(MailServerState, server, with_for_update=True, populate_existing=True)
    return found
