"""The work on what concerns many: one short step at a time, between those that concern one person.

Nothing but the order of things stands here; what a step is, campaigns.sending and campaigns.importing say.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from datetime import datetime

from s3chem_events.campaigns import importing, sending
from s3chem_events.campaigns.writing import GONE, UNWRITABLE
from s3chem_events.core import logs
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.guard import settings
from s3chem_events.core.journal import CLOCK, Actor
from s3chem_events.mailing import outbox, relaying, render, streams
from s3chem_events.mailing.letters import Letter, Letterhead
from s3chem_events.publishing.letterhead import letterhead_of

log = logging.getLogger(__name__)
BREATH = 0.025
"""Seconds that others have between two writing steps: SQLite wakes nobody, who waits looks again every 25 ms or sooner.

With less, somebody may find it locked time after time."""


def carry_on(forgetting: Mapping[str, tuple[str, ...]]) -> bool:
    """Take the next step of the oldest campaign that has one; returns whether there was any.

    `forgetting` says which facts erase their subject (dispatch.FORGET): nobody is written to who was erased meanwhile.
    """
    campaign_id = sending.due()
    if campaign_id is None:
        db.session.rollback()
        return False
    sending.look_ahead(campaign_id)
    with transaction():
        taken = sending.carry_on(campaign_id)
    if taken is not None:
        _write(taken, forgetting)
    else:
        time.sleep(BREATH)  # it has begun, or written readers down: nothing else would stand between two of these steps
    return True


def subscribe(import_id: int, *, by: Actor) -> int:
    """Subscribe whom a list names, some at a time, so that nobody waits for all of it; returns how many were new.

    Raises:
        AlreadyMade.

    """
    with transaction():
        importing.press(import_id, by=by)
    return _subscribe(import_id, by=by)


def look_after() -> None:
    """Hold campaigns whose events have changed, take their unsent e-mails back, and strike those that were stopped.

    And finish what was begun with a list and cut off.
    """
    for import_id in importing.left_over():
        _subscribe(import_id, by=CLOCK)
    for campaign_id in sending.watched():
        with transaction():
            sending.watch(campaign_id)
    for campaign_id in sending.held():
        take_back_stale(campaign_id)
    while _struck():
        time.sleep(BREATH)


def take_back_stale(campaign_id: int) -> None:
    """Take what was written before an event changed out of the outbox, some at a time, so that nobody waits for it."""
    while _taken_back(campaign_id):
        time.sleep(BREATH)


def _subscribe(import_id: int, *, by: Actor) -> int:
    for lines in importing.slices(import_id):
        with transaction():
            importing.add(import_id, lines)
        time.sleep(BREATH)
    with transaction():
        return importing.finish(import_id, by=by)


def _write(taken: sending.Slice, forgetting: Mapping[str, tuple[str, ...]]) -> None:
    letters, left_out, subjects = list[Letter](), dict[int, str](), dict[int, int]()
    for row, letter in _letters(taken, letterhead_of(settings()), now()):
        if isinstance(letter, str):
            left_out[row] = letter
        else:
            letters.append(letter)
            subjects[row] = letter.subject_id
    with transaction():
        if sending.may_go_on(taken):
            lost = {one.subject_id for one in outbox.post(relaying.still_wanted(letters, forgetting))}
            left_out |= {row: UNWRITABLE for row, subject in subjects.items() if subject in lost}
            sending.written(taken, left_out=left_out)


def _letters(taken: sending.Slice, letterhead: Letterhead, moment: datetime) -> Iterator[tuple[int, Letter | str]]:
    """Yield each reader's e-mail, or why there is none; one that cannot be written holds up nobody else's."""
    for row, draft in sending.drafts(taken, letterhead):
        try:
            yield row, render.written(draft, letterhead, at=moment) if draft is not None else GONE
        except Exception as error:  # noqa: BLE001 - the worker's edge: its reader is marked
            log.error("campaign %d gives reader %d no e-mail: %s", taken.campaign_id, row, logs.where(error))  # noqa: TRY400
            yield row, UNWRITABLE


def _taken_back(campaign_id: int) -> int:
    with transaction():
        return sending.take_back_stale(campaign_id)


def _struck() -> int:
    with transaction():
        return streams.strike()
