"""What the clock causes. It calls actions and rings the bell; it sends nothing."""

import logging
from collections.abc import Callable
from functools import wraps

from s3chem_events.attendance import gate_links
from s3chem_events.campaigns import actions as campaigns
from s3chem_events.campaigns import importing, subscribing
from s3chem_events.core import clock, tasks
from s3chem_events.core.db import transaction
from s3chem_events.core.journal import CLOCK, Actor
from s3chem_events.mailing import bounces, confirming, outbox, received
from s3chem_events.registration import codes, erasing, forgetting, gate_hours, inviting, offers, reminding, uploads

log = logging.getLogger(__name__)

DUTIES: tuple[Callable[..., object], ...] = (
    outbox.hurry,
    reminding.remind,
    gate_hours.remind,
    campaigns.erase_outlived,
    subscribing.erase_outlived,
    importing.erase_outlived,
    forgetting.erase_outlived,
    inviting.erase_outlived,
    codes.erase_outlived,
    erasing.erase_outlived,
    erasing.erase_names,
    uploads.sweep,
    gate_links.erase_outlived,
    received.erase_outlived,
    bounces.erase_outlived,
    confirming.erase_outlived,
)
"""What is looked after each minute, each in a transaction of its own; an action is told `by` whom: the clock."""
EACH: tuple[tuple[Callable[[], list[int]], Callable[..., object]], ...] = ((offers.with_a_line, offers.look_after),)
"""What is looked after event by event, so that none is kept locked for the sake of another: which ones, and how."""


def tick() -> None:
    """Called each minute: the duties; what was put off is looked at again; an unheard bell rings once more."""
    for duty in DUTIES:
        _do(duty, by=CLOCK)
    for which, duty in EACH:
        for event_id in _found(which):
            _do(duty, event_id, by=CLOCK)
    tasks.note_tick(clock.now())
    tasks.ring()


def _found(which: Callable[[], list[int]]) -> list[int]:
    found: list[int] = []

    @wraps(which)
    def look(**_by: Actor) -> None:
        found.extend(which())

    _do(look, by=CLOCK)
    return found


def _do(duty: Callable[..., object], *given: int, by: Actor) -> None:
    try:
        with transaction():
            duty(*given, by=by)
    except Exception as error:  # noqa: BLE001 - the worker's edge: one duty must not keep the others, or the bell, from theirs
        log.error("the clock's duty %s failed (%s); it is tried again in a minute", duty.__name__, type(error).__name__)  # noqa: TRY400 - the message may hold an address
