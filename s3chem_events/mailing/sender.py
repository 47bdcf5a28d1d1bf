"""Hands e-mails over: to a server by SMTP, through Flask-Mail with its traps closed, or to the mailbox.

Flask-Mail 0.10 has no time-outs, gives STARTTLS no context (so certificates go unchecked), opens a connection for each
e-mail, tells nothing of a refused recipient, and lets line breaks into headers. Here its Connection is kept for a run,
made with time-outs and a verifying context, and given bytes that mailing.mime has made, for one recipient.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit

from flask_mail import Connection, Mail

from s3chem_events.core.config import MailServer, Settings
from s3chem_events.core.errors import Invalid
from s3chem_events.mailing import addresses, maildir, mime, replies, returning, sealing
from s3chem_events.mailing.connecting import Host, Patience, TLSHost
from s3chem_events.mailing.letters import Letter
from s3chem_events.mailing.outbox import Claimed
from s3chem_events.mailing.results import Outcome, Result

MOST_ON_ONE_CONNECTION = 500
"""Unless the settings say less."""
MAILBOX = "mailbox"
YES, GO_ON, PERMANENT = 2, 3, 500
"""The first digit of an answer decides, whatever follows it (RFC 5321 4.2.1 and 4.3.2)."""
ASKED_GREETING = 60
"""Seconds: somebody looks on while the doctor asks."""
TOO_LARGE = 552


class Transport(Protocol):
    """A way out."""

    name: str

    def send(self, claimed: Claimed) -> Result:
        """Try one e-mail."""

    def close(self) -> None:
        """End the run."""


def transport(settings: Settings, *, emblem: bytes, patience: Patience | None = None) -> Transport:
    """Return the way out that the settings name."""
    if settings.mail is None:
        return _Mailbox(settings, emblem)
    return _Server(settings, emblem, _Kept(settings.mail, patience or Patience(), _own_name(settings)))


def fault(settings: Settings) -> str:
    """Connect to the mail server that is set, sign in and leave; returns why that fails, or nothing."""
    if settings.mail is None:
        return ""
    patience = Patience(greeting=ASKED_GREETING)
    connection = _Kept(settings.mail, patience, _own_name(settings))
    try:
        host = connection.configure_host()
    except Exception as error:  # noqa: BLE001 - as in _Server.send
        return replies.reason(error)
    with suppress(OSError, smtplib.SMTPException):
        host.quit()
    return ""


class _Mailbox:
    """Keeps e-mails in the instance folder."""

    name = MAILBOX

    def __init__(self, settings: Settings, emblem: bytes) -> None:
        self.folder, self.emblem = settings.mailbox, emblem

    def send(self, claimed: Claimed) -> Result:
        content = mime.message(claimed.letter, emblem=self.emblem)
        maildir.deliver(self.folder, claimed.id, claimed.letter.created_at, content)
        return Result(Outcome.SENT, text="kept in the mailbox")

    def close(self) -> None:
        """Nothing is open."""


class _Kept(Connection):
    """Flask-Mail's connection, with time-outs and verified TLS."""

    def __init__(self, server: MailServer, patience: Patience, own_name: str) -> None:
        super().__init__(Mail())
        self.server, self.patience, self.own_name = server, patience, own_name

    def configure_host(self) -> smtplib.SMTP:
        """Connect as the settings say; raises what smtplib raises."""
        server, patience = self.server, self.patience
        # Reading the machine's certificates takes 26 ms: only where they are needed.
        context = None if server.tls == "none" else ssl.create_default_context()
        if server.tls == "tls":
            host: smtplib.SMTP = TLSHost(server.host, server.port, self.own_name, patience, context=context)
        else:
            host = Host(server.host, server.port, self.own_name, patience)
        try:
            self.wait(host, self.patience.answer)
            if server.tls == "starttls":
                host.starttls(context=context)
            host.ehlo_or_helo_if_needed()
            if server.username and server.password:
                host.login(server.username, server.password)
        except BaseException:
            host.close()
            raise
        return host

    @staticmethod
    def wait(host: smtplib.SMTP, seconds: float) -> None:
        """Set for how long the next answers are waited for."""
        if host.sock:
            host.sock.settimeout(seconds)


class _Server:
    """One mail server, its connection kept from one e-mail to the next."""

    def __init__(self, settings: Settings, emblem: bytes, connection: _Kept) -> None:
        self.name = settings.way_out
        self.emblem, self.connection = emblem, connection
        self.tags, self.signing = settings.inbox_tags, settings.signing
        self.most = settings.mail_per_connection or MOST_ON_ONE_CONNECTION
        self.used = 0

    def send(self, claimed: Claimed) -> Result:
        letter = claimed.letter
        content = self._written(letter)
        sender = returning.path(letter.sender, claimed.id) if self.tags else letter.sender
        sender, recipient = addresses.mailable(sender), addresses.mailable(letter.address)
        try:
            host = self._open()
        except Exception as error:  # noqa: BLE001 - smtplib lets through what base64, IDNA and ASCII raise
            self._drop()
            return replies.no_connection(error)
        if not recipient.isascii() and not host.has_extn("smtputf8"):
            reason = "the mail server does not take addresses with letters beyond ASCII before the @ (SMTPUTF8)"
            return Result(Outcome.NEVER, text=reason)
        result = self._converse(host, sender, recipient, content)
        self._tidy(host, result)
        return result

    def close(self) -> None:
        host, self.connection.host = self.connection.host, None
        if host is not None:
            with suppress(OSError, smtplib.SMTPException):
                host.quit()

    def _written(self, letter: Letter) -> bytes:
        content = mime.message(letter, emblem=self.emblem)
        if self.signing is None:
            return content
        domain = addresses.mailable(letter.sender).rpartition("@")[2].lower()
        return sealing.signed(content, self.signing, domain=domain, at=letter.created_at)

    def _open(self) -> smtplib.SMTP:
        if self.used >= self.most:
            self.close()
        if self.connection.host is None:
            self.connection.host = self.connection.configure_host()
            self.used = 0
        self.used += 1
        return self.connection.host

    def _converse(self, host: smtplib.SMTP, sender: str, recipient: str, content: bytes) -> Result:
        """Speak the three commands of one e-mail, and sort the answer by the stage at which it came."""
        given = False
        try:
            if refusal := self._offer(host, sender, recipient, len(content)):
                return refusal
            given = True
            self.connection.wait(host, self.connection.patience.final)
            host.send(_dotted(content) + b".\r\n")
            code, text = host.getreply()
            self.connection.wait(host, self.connection.patience.answer)
            if code // 100 != YES:
                return replies.refused(code, text, fatal=code >= PERMANENT)
            return Result(Outcome.SENT, code, replies.said(text))
        except Exception as error:  # noqa: BLE001 - nothing that is said to a server is the fault of one e-mail
            return replies.broken(error, given=given)
        finally:
            host.command_encoding = "ascii"

    @staticmethod
    def _offer(host: smtplib.SMTP, sender: str, recipient: str, size: int) -> Result | None:
        """Name sender and recipient and ask to give the text; returns the refusal where there is one.

        A server that offers PIPELINING (RFC 2920) is told all three at once: one way to it and back, and not three.
        """
        options = "" if recipient.isascii() else " SMTPUTF8"
        if options:
            host.command_encoding = "utf-8"
        if host.has_extn("size"):
            options += f" SIZE={size}"
        commands = [f"MAIL FROM:<{sender}>{options}", f"RCPT TO:<{recipient}>", "DATA"]
        if host.has_extn("pipelining"):
            host.send("\r\n".join([*commands, ""]))
            answers = (host.getreply() for _ in commands)
        else:
            answers = (host.docmd(command) for command in commands)
        code, text = next(answers)
        if code // 100 != YES:
            # A sender refused for good is ours to mend, and no fault of this e-mail; its size is.
            refusal = replies.refused(code, text, fatal=code == TOO_LARGE, trouble=code != TOO_LARGE)
        elif (answer := next(answers))[0] // 100 != YES:
            refusal = replies.refused(*answer, fatal=answer[0] >= PERMANENT)
        else:
            code, text = next(answers)
            return None if code // 100 == GO_ON else replies.refused(code, text, fatal=code >= PERMANENT)
        if host.has_extn("pipelining"):
            _hear_out(host, answers)
        return refusal

    def _tidy(self, host: smtplib.SMTP, result: Result) -> None:
        """Leave the connection ready for the next e-mail, or give it up."""
        if result.outcome is Outcome.SENT:
            return
        if result.code is None or result.code == replies.SHUTTING_DOWN:
            self._drop()
            return
        try:
            if host.rset()[0] // 100 != YES:
                self._drop()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _drop(self) -> None:
        host, self.connection.host = self.connection.host, None
        if host is not None:
            host.close()


def check(claimed: Claimed) -> Result | None:
    """Return why an e-mail can never leave, whatever the server says; None where nothing speaks against it."""
    try:
        addresses.mailable(claimed.letter.address)
    except Invalid as error:
        return Result(Outcome.NEVER, text=error.detail)
    return None


def _hear_out(host: smtplib.SMTP, answers: Iterator[tuple[int, bytes]]) -> None:
    """Read what a server says to commands that were on their way when it refused the first of them."""
    with suppress(OSError, smtplib.SMTPException):  # it may have hung up: the refusal is what counts
        for code, _text in answers:
            if code // 100 == GO_ON:  # RFC 2920 3.1: then an empty text ends it, which goes to nobody
                host.send(".\r\n")
                host.getreply()


def _own_name(settings: Settings) -> str:
    """Return the name that we greet with. smtplib would ask the name service for it, at each connection."""
    name = urlsplit(settings.base_url).hostname or "localhost"
    try:
        return f"[{ip_address(name)}]"  # RFC 5321 4.1.3
    except ValueError:
        return name


def _dotted(content: bytes) -> bytes:
    """Double a dot at the beginning of a line (RFC 5321 4.5.2)."""
    if content.startswith(b"."):
        content = b"." + content
    return content.replace(b"\r\n.", b"\r\n..")
