"""The organisers' door: signed in, with a role, for this event."""

from flask import Flask

from s3chem_events.accounts import security
from s3chem_events.core.config import Settings
from s3chem_events.desk import (  # importing them is what hangs them into the blueprint
    account,
    addresses,
    approving,
    arrivals,
    audit,
    blocks,
    calling,
    campaign_content,
    campaign_preview,
    campaign_texts,
    campaigns,
    coming,
    confirming,
    copying,
    correcting_details,
    editing,
    entering,
    events,
    files,
    frame,
    gate,
    gate_links,
    guests,
    holding,
    home,
    invitations,
    lists,
    mail_log,
    mailbox,
    needs,
    news,
    one_part,
    organisers,
    outbox,
    participants,
    presence,
    programme,
    question_editor,
    questions,
    queue,
    refusals,
    second_step,
    signing_in,
    site_texts,
    steps,
    subscriber_imports,
    subscribers,
    texts,
    withdrawing,
    wordings,
    writing_to,
)
from s3chem_events.desk.frame import allowed

__all__ = ["allowed", "open_door"]


def open_door(app: Flask, settings: Settings) -> None:
    """Hang the desk in, behind its guard."""
    security.bind(app, settings)
    signing_in.tame(app)
    app.before_request(frame.guard_desk)
    app.after_request(frame.seal)
    app.context_processor(frame.frame)
    app.register_blueprint(frame.desk)
