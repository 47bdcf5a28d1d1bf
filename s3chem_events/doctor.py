"""What `doctor` looks at: configuration, database, queue, mail server, and our standing; each finding in words."""

import os
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError

from s3chem_events import schema, standing
from s3chem_events.core import clock, limits, tasks
from s3chem_events.core.config import Settings
from s3chem_events.core.db import db
from s3chem_events.mailing import inbox, sender
from s3chem_events.standing import Finding

OTHERS = 0o077
LATE = timedelta(minutes=5)


def findings(settings: Settings) -> Iterator[Finding]:
    """Look at everything in turn; each finding comes as soon as it is made."""
    yield _address(settings)
    yield _instance(settings)
    yield _database()
    yield (True, "The queue answers.") if tasks.ready() else (False, "The queue does not answer: see S3CHEM_QUEUE_URL.")
    yield _worker()
    yield _limits(settings)
    yield _mail(settings)
    yield _inbox(settings)
    yield from standing.findings(settings, standing.Names())


def _address(settings: Settings) -> Finding:
    parts = urlsplit(settings.base_url)
    local = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if local and not _listens(str(parts.hostname), parts.port or (443 if settings.secure else 80)):
        return False, f"Nobody listens at {settings.base_url}: start the site, or say in S3CHEM_BASE_URL where it is."
    if settings.secure or local:
        return True, f"The site answers to {settings.base_url}."
    return False, f"S3CHEM_BASE_URL is {settings.base_url}: put TLS before the site and write https://."


def _instance(settings: Settings) -> Finding:
    if not os.access(settings.instance, os.W_OK):
        return False, f"Nothing can be written in {settings.instance}: see S3CHEM_INSTANCE."
    if shared := _shared(settings.instance):
        return False, (
            f"Others on this machine can read {', '.join(shared)} in {settings.instance}: "
            f"run `chmod -R go= {settings.instance}`."
        )
    return True, f"The instance folder is {settings.instance}."


def _shared(instance: Path) -> list[str]:
    """Return what in the instance folder others than its owner may look into."""
    if not instance.stat().st_mode & OTHERS:
        return []
    return sorted(path.name for path in instance.iterdir() if path.name != ".gitkeep" and path.stat().st_mode & OTHERS)


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True


def _database() -> Finding:
    try:
        newest = schema.is_newest()
    except SQLAlchemyError as error:
        return False, f"The database does not answer ({type(error).__name__}): see S3CHEM_DATABASE_URL."
    if not newest:
        return False, "The database has an older schema, or none: run `s3chem-events setup`."
    return True, f"The database ({db.engine.dialect.name}) answers and has the newest schema."


def _worker() -> Finding:
    tick = tasks.last_tick() if tasks.ready() else None
    if tick is None:
        return True, "No worker has run yet: `s3chem-events serve` starts one."
    if clock.now() - tick > LATE:
        said = f"{tick:%Y-%m-%d %H:%M} UTC"
        return (
            False,
            f"The worker last looked at the clock at {said}: no e-mail leaves until `s3chem-events serve` runs.",
        )
    return True, "The worker runs."


def _limits(settings: Settings) -> Finding:
    if not settings.limits:
        return False, "S3CHEM_LIMITS is off: nobody who guesses or floods is slowed."
    if settings.limits_url.startswith("memory"):
        return True, (
            "Tries are counted in the memory of each web process: with two, up to twice as many may pass. "
            "S3CHEM_LIMITS_URL=redis://… counts them together."
        )
    if limits.counted():
        return True, "The counts of tries are kept where S3CHEM_LIMITS_URL says."
    return False, "The counts of tries are not kept, and nobody is slowed: see S3CHEM_LIMITS_URL."


def _inbox(settings: Settings) -> Finding:
    tagged = settings.mail_sender.replace("@", "+test@")
    if settings.inbox_pushed:
        tried = f" Write to {tagged} to see that it does." if settings.inbox_tags else ""
        return True, f"The mail server brings what arrives (S3CHEM_INBOX=push).{tried}"
    if settings.inbox_url is None:
        lost = f" What comes back to {settings.mail_sender} is not seen here." if settings.mail else ""
        return True, (
            f"No mailbox is read.{lost} "
            "See S3CHEM_INBOX_URL and S3CHEM_INBOX for answers of calendars and undeliverable e-mails."
        )
    if fault := inbox.fault(settings.inbox_url):
        return False, f"The mailbox of S3CHEM_INBOX_URL cannot be read: {fault}."
    if settings.inbox_tags:
        return True, f"The mailbox can be read. Write to {tagged} to see that what has a tag arrives in it, too."
    return True, "The mailbox of S3CHEM_INBOX_URL can be read."


def _mail(settings: Settings) -> Finding:
    if settings.mail is None:
        return True, f"No mail server is set: e-mails are kept in {settings.mailbox} and shown at the desk."
    fault = sender.fault(settings)
    where = f"{settings.mail.host}:{settings.mail.port}"
    if fault:
        return False, f"The mail server {where} does not take us: {fault} See S3CHEM_MAIL_SERVER and its neighbours."
    return True, f"The mail server {where} answers and takes us."
