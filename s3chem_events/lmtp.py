"""A server for LMTP (RFC 2033): the mail server delivers, and hears whether the e-mail is safely kept."""

import asyncio
import logging
import signal
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from s3chem_events import intake

log = logging.getLogger(__name__)
LARGEST = 64 * 1024 * 1024
"""Larger than any mail server lets through; what is read of it is less (mailing.reading)."""
TAKEN = "250 2.0.0 taken"
LATER = "451 4.3.0 it could not be kept, bring it again"


class Handler:
    """Takes in one e-mail after the other; the database work is done beside the conversation."""

    def __init__(self, app: Flask) -> None:
        """Keep the application whose database it goes to."""
        self.app = app

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Answer once for each recipient (RFC 2033 4.2)."""
        recipients = tuple(envelope.rcpt_tos)
        content = envelope.original_content or b""
        answer = await asyncio.to_thread(self._taken, content, recipients)
        return "\r\n".join([answer] * max(len(recipients), 1))

    def _taken(self, content: bytes, recipients: tuple[str, ...]) -> str:
        try:
            with self.app.app_context():
                intake.receive(content, recipients=recipients)
        except (SQLAlchemyError, OSError) as error:
            log.warning("an e-mail could not be kept (%s)", type(error).__name__)
            return LATER
        return TAKEN


def serve(app: Flask, host: str, port: int) -> None:
    """Serve until TERM or INT; raises OSError where the address is taken."""
    asyncio.run(_serve(app, host, port))


async def _serve(app: Flask, host: str, port: int) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    handler = Handler(app)
    name = "s3chem-events"
    listening = await loop.create_server(
        lambda: LMTP(handler, data_size_limit=LARGEST, enable_SMTPUTF8=True, hostname=name, loop=loop), host, port
    )
    async with listening:
        await stop.wait()
