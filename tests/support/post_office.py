"""A real SMTP server for tests: it keeps what it accepts, and misbehaves on order as real servers do."""

import asyncio
import email.policy
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from enum import StrEnum
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class At(StrEnum):
    """The moments of a delivery at which the server can misbehave."""

    EHLO = "ehlo"  # or HELO; a text alone
    MAIL = "mail"
    RCPT = "rcpt"
    IN_DATA = "in-data"  # after 354, before the text has come
    AFTER_DATA = "after-data"  # the text has come, the answer has not gone out


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the connection without a word."""

    keeping: bool = False  # AFTER_DATA only: the mail counts as accepted, though the sender never hears so


@dataclass(frozen=True, slots=True)
class Stall:
    """Say nothing for so many seconds, then go on."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Trickle:
    """Go on with the answer for so many seconds, a line at a time, then end it."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Mail:
    """One accepted e-mail, as it came over the wire."""

    sender: str
    recipients: list[str]
    data: bytes

    @property
    def message(self) -> EmailMessage:
        return BytesParser(EmailMessage, policy=email.policy.default).parsebytes(self.data)


@dataclass(slots=True)
class Order:
    at: At
    answer: str | Drop | Stall | Trickle
    times: int | None
    to: str | None


@dataclass(slots=True)
class PostOffice:
    """The server, its post and its orders."""

    host: str = "127.0.0.1"
    port: int = 0
    pipelining: bool = True  # offered (RFC 2920), as by the servers that are used most
    hasty: bool = False  # says 354 to DATA though nobody is to get it
    mails: list[Mail] = field(default_factory=list)
    connections: int = 0
    open_now: int = 0
    most_at_once: int = 0
    orders: list[Order] = field(default_factory=list)
    _controller: Controller | None = None

    def start(self) -> None:
        """Open at a free port, or at the one that was set before."""
        if not self.port:
            with socket.socket() as probe:
                probe.bind((self.host, 0))
                self.port = probe.getsockname()[1]
        self._controller = _Controller(self)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()

    def answer(
        self, at: At, answer: str | Drop | Stall | Trickle, *, times: int | None = None, to: str | None = None
    ) -> None:
        """Give this answer at this moment, so many times (None: always), for one recipient (None: for all).

        A text is the server's reply: "451 4.7.1 Greylisted, come again", "550 5.1.1 No such mailbox".
        """
        self.orders.append(Order(at, answer, times, to))

    def to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if address in mail.recipients]

    def order_for(self, at: At, recipients: list[str]) -> str | Drop | Stall | Trickle | None:
        for order in self.orders:
            if order.at is at and order.times != 0 and (order.to is None or order.to in recipients):
                if order.times is not None:
                    order.times -= 1
                return order.answer
        return None


class _Server(SMTP):
    def __init__(self, office: PostOffice, *args: Any, **kwargs: Any) -> None:
        self.office = office
        super().__init__(*args, **kwargs)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.office.open_now += 1
        self.office.most_at_once = max(self.office.most_at_once, self.office.open_now)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.office.open_now -= 1

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  aiosmtpd finds commands by name
        recipients = self.envelope.rcpt_tos if self.envelope else []
        order = self.office.order_for(At.IN_DATA, recipients) if recipients else None
        if self.office.hasty and not recipients:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            assert await self._reader.readline() == b".\r\n"
            await self.push("554 5.5.1 No valid recipients")
            return
        if isinstance(order, Drop):
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            await asyncio.sleep(0.05)
            _hang_up(self)
            return
        if isinstance(order, Stall):
            await asyncio.sleep(order.seconds)
        elif isinstance(order, str):
            await self.push(order)
            return
        await super().smtp_DATA(arg)


class _Handler:
    def __init__(self, office: PostOffice) -> None:
        self.office = office

    async def handle_EHLO(  # noqa: N802  aiosmtpd's names
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.office.connections += 1
        session.host_name = hostname
        if isinstance(refusal := self.office.order_for(At.EHLO, []), str):
            return [refusal]
        return [*responses[:1], *["250-PIPELINING"] * self.office.pipelining, *responses[1:]]

    async def handle_HELO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str) -> str:  # noqa: N802
        session.host_name = hostname
        refusal = self.office.order_for(At.EHLO, [])
        return refusal if isinstance(refusal, str) else f"250 {server.hostname}"

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = await self._follow(server, At.MAIL, [])
        if reply.startswith("2"):
            envelope.mail_from = address
        return reply

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = await self._follow(server, At.RCPT, [address])
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        mail = Mail(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.content)
        reply = await self._follow(server, At.AFTER_DATA, mail.recipients, kept=lambda: self.office.mails.append(mail))
        if reply.startswith("2"):
            self.office.mails.append(mail)
        return reply

    async def _follow(
        self, server: SMTP, at: At, recipients: list[str], *, kept: Callable[[], None] | None = None
    ) -> str:
        order = self.office.order_for(at, recipients)
        if isinstance(order, Drop):
            if order.keeping and kept is not None:
                kept()
            _hang_up(server)
            return "421 gone"
        if isinstance(order, Stall):
            await asyncio.sleep(order.seconds)
            return "250 OK"
        if isinstance(order, Trickle):
            for _ in range(round(order.seconds * 10)):
                await server.push("250-wait")
                await asyncio.sleep(0.1)
            return "250 OK"
        return order or "250 OK"


def _hang_up(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()


class _Controller(Controller):
    def __init__(self, office: PostOffice) -> None:
        self.office = office
        super().__init__(_Handler(office), hostname=office.host, port=office.port, ready_timeout=10.0)

    def factory(self) -> SMTP:
        return _Server(self.office, self.handler, hostname="mail.example", enable_SMTPUTF8=True)
