"""The public door: no account, signed links."""

from flask import Flask

from s3chem_events.core.config import Settings
from s3chem_events.site import (
    blanks,
    calendars,
    consents,
    delegating,
    delegation,
    delegation_return,
    details,
    entrance,
    faults,
    following,
    frame,
    handing_over,
    invited,
    issues,
    kept,
    machines,
    mailboxes,
    metrics,
    newsletter,
    not_me,
    own,
    own_again,
    own_changes,
    own_details,
    own_files,
    own_parts,
    pages,
    previewing,
    registering,
    restoring,
    unlocking,
    waiting_list,
)

__all__ = [
    "consents",
    "delegating",
    "delegation",
    "delegation_return",
    "details",
    "handing_over",
    "mailboxes",
    "not_me",
    "open_door",
    "own_again",
    "own_changes",
    "own_details",
    "own_files",
    "own_parts",
    "previewing",
    "restoring",
    "unlocking",
    "waiting_list",
]


def open_door(app: Flask, settings: Settings) -> None:
    """Hang the public pages in, and the kept ones in front of them."""
    app.before_request(frame.check_language)
    for blueprint in (
        pages.pages,
        registering.registering,
        own.own,
        following.following,
        newsletter.newsletter,
        issues.issues,
        invited.invited,
        entrance.entrance,
        calendars.calendars,
        machines.machines,
    ):
        app.register_blueprint(blueprint)
    if settings.metrics:
        app.register_blueprint(metrics.watched)
    faults.bind(app)
    kept.bind(app, settings)
    app.extensions["blanks"] = blanks.Blanks(app.extensions["kept"])
