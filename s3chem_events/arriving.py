"""The operator's commands for what arrives: `arrival` at the end of a mail server's pipe, `lmtp` to be delivered to."""

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from s3chem_events import create_app
from s3chem_events.calendar import itip
from s3chem_events.core.environment import WrongSetting
from s3chem_events.core.later import Later
from s3chem_events.mailing import kinds

if TYPE_CHECKING:
    from s3chem_events import intake
    from s3chem_events import lmtp as server
    from s3chem_events.mailing import arrivals, reading
else:
    arrivals = Later("s3chem_events.mailing.arrivals")
    intake = Later("s3chem_events.intake")
    reading = Later("s3chem_events.mailing.reading")
    server = Later("s3chem_events.lmtp")

TRY_AGAIN = 75
"""EX_TEMPFAIL of sysexits.h: the mail server keeps the e-mail and brings it again."""
ENVELOPE = ("ORIGINAL_RECIPIENT", "RECIPIENT")
"""Where Postfix and Exim tell a command whom an e-mail was sent to."""


@click.command("arrival")
@click.option("--explain", is_flag=True, help="Say as JSON what the e-mail is, and do nothing.")
def arrival(*, explain: bool) -> None:
    """Take in one raw e-mail from standard input, as a mail server's pipe delivers it.

    Ends with 75 where it could not be kept, so that the mail server brings it again.
    """
    raw = _read()
    if explain:
        click.echo(json.dumps(_explained(raw), ensure_ascii=False))
        return
    recipients = tuple(filter(None, map(os.environ.get, ENVELOPE)))
    try:
        with create_app().app_context():
            intake.receive(raw, recipients=recipients)
    except (SQLAlchemyError, WrongSetting, OSError) as error:
        reason = str(error) if isinstance(error, WrongSetting) else type(error).__name__
        click.echo(f"The e-mail could not be kept, bring it again: {reason}", err=True)
        sys.exit(TRY_AGAIN)


@click.command("lmtp")
@click.option("--listen", default="127.0.0.1:8024", show_default=True, metavar="HOST:PORT")
def lmtp(listen: str) -> None:
    """Take in what a mail server delivers by LMTP (RFC 2033), until Ctrl-C."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal():
        raise click.BadParameter("give a host and a port, as 127.0.0.1:8024", param_hint="--listen")
    app: Flask = create_app()
    click.echo(f"LMTP on {host}:{port} - Ctrl-C stops it.")
    try:
        server.serve(app, host.strip("[]"), int(port))
    except OSError as error:
        raise click.ClickException(f"Cannot listen on {listen}: {error.strerror or error}.") from error


def _read() -> bytes:
    """Read standard input to its end: a pipe that is closed before would fail the mail server."""
    source = sys.stdin.buffer
    raw = source.read(reading.LARGEST)
    while source.read(1 << 20):
        pass
    return raw


def _explained(raw: bytes) -> dict[str, Any]:
    arrived = arrivals.read(raw)
    told = arrivals.explained(arrived)
    if isinstance(arrived, kinds.CalendarReply):
        try:
            answer = itip.answers(arrived.calendar, charset=arrived.charset)[0]
        except itip.NotAnAnswer as refusal:
            return told | {"reason": str(refusal)}
        return told | {"addresses": [answer.attendee or arrived.sender], "reason": str(answer.says)}
    return told
