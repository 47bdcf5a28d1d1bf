"""The worker's work on what is written to many: one short step at a time, between those that concern one person.

Nothing but the order of things stands here; what a step is, campaigns.sending says.
"""

from collections.abc import Mapping

from s3chem_events.campaigns import sending
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.guard import settings
from s3chem_events.mailing import outbox, relaying, render, streams
from s3chem_events.mailing.letters import Letter
from s3chem_events.publishing.letterhead import letterhead_of


def carry_on(forgetting: Mapping[str, str]) -> bool:
    """Take the next step of the oldest campaign that has one; returns whether there was any.

    `forgetting` says which facts erase their subject (dispatch.FORGET): nobody is written to who was erased meanwhile.
    """
    campaign_id = sending.due()
    if campaign_id is None:
        db.session.rollback()
        return False
    with transaction():
        taken = sending.carry_on(campaign_id)
    if taken is not None:
        _write(taken, forgetting)
    return True


def look_after() -> None:
    """Hold campaigns whose events have changed, take their unsent e-mails back, and strike those that were stopped."""
    for campaign_id in sending.watched():
        with transaction():
            sending.watch(campaign_id)
    for campaign_id in sending.stale():
        while _taken_back(campaign_id):
            pass
    while _struck():
        pass


def _write(taken: sending.Slice, forgetting: Mapping[str, str]) -> None:
    letterhead, moment = letterhead_of(settings()), now()
    letters, left_out = list[Letter](), dict[int, str]()
    for row, draft in sending.drafts(taken, letterhead):
        if draft is None:
            left_out[row] = sending.GONE
        else:
            letters.append(render.written(draft, letterhead, at=moment))
    with transaction():
        if sending.may_go_on(taken):
            outbox.post(relaying.still_wanted(letters, forgetting))
            sending.written(taken, left_out=left_out)


def _taken_back(campaign_id: int) -> int:
    with transaction():
        return sending.take_back_stale(campaign_id)


def _struck() -> int:
    with transaction():
        return streams.strike()
