"""The mailbox that keeps e-mails where no mail server is set: a Maildir, written by the worker, read at the desk."""

import os
import re
from datetime import datetime
from email import message_from_binary_file, message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import Path
from typing import cast

from s3chem_events.core.text import DEFAULT
from s3chem_events.core.values import frozen
from s3chem_events.mailing.mime import EMBLEM

KEY = re.compile(r"[0-9]{1,12}\.[0-9]{1,12}\.s3chem")


@frozen
class Envelope:
    """A kept e-mail in a list."""

    key: str
    to: str
    subject: str
    sent_at: datetime | None


@frozen
class Attachment:
    """A file that came with an e-mail."""

    name: str
    content_type: str
    content: bytes


@frozen
class KeptMail:
    """A kept e-mail as a person reads it; `html` shows the emblem without asking any other address."""

    envelope: Envelope
    headers: tuple[tuple[str, str], ...]
    language: str
    text: str
    html: str
    calendar: str
    method: str
    attachments: tuple[Attachment, ...]


def deliver(folder: Path, email_id: int, created_at: datetime, content: bytes) -> None:
    """Put an e-mail into the mailbox. Its name follows from the e-mail: a second try replaces the first."""
    for name in ("tmp", "new", "cur"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    name = f"{int(created_at.timestamp())}.{email_id}.s3chem"
    hidden = folder / "tmp" / f"{name}.{os.getpid()}"
    hidden.write_bytes(content.replace(b"\r\n", b"\n"))
    hidden.rename(folder / "new" / name)


def count(folder: Path) -> int:
    """Return how many e-mails are kept."""
    return len(_keys(folder))


def newest(folder: Path, *, first: int = 0, most: int = 50) -> list[Envelope]:
    """Return kept e-mails, newest first."""
    envelopes = []
    for key, path in _keys(folder)[first : first + most]:
        with path.open("rb") as file:
            envelopes.append(_envelope(key, message_from_binary_file(file, policy=policy.default)))
    return envelopes


def opened(folder: Path, key: str) -> KeptMail | None:
    """Return one kept e-mail; None where there is none of that name."""
    path = folder / "new" / key
    if not KEY.fullmatch(key) or not path.is_file():
        return None
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    calendar = next((p for p in mail.walk() if p.get_content_type() == "text/calendar"), None)
    return KeptMail(
        envelope=_envelope(key, mail),
        headers=tuple((name, header(mail, name)) for name in mail),
        language=str(mail["Content-Language"] or DEFAULT),
        text=_content(mail, "plain"),
        html=_with_emblem(_content(mail, "html"), mail),
        calendar=calendar.get_content() if calendar else "",
        method=str(calendar.get_param("method") or "") if calendar else "",
        attachments=tuple(
            Attachment(part.get_filename() or "", part.get_content_type(), cast("bytes", part.get_payload(decode=True)))
            for part in mail.iter_attachments()
            if part.get_content_disposition() == "attachment"
        ),
    )


def header(mail: EmailMessage, name: str) -> str:
    """Return a header in words. The email package of 3.11 puts a space between two encoded words of a name."""
    raw = next((str(value) for key, value in mail.raw_items() if key == name), "")
    lines = raw.encode("ascii", "surrogateescape").decode("utf-8", "replace").splitlines()
    return str(make_header(decode_header("".join(lines))))


def _keys(folder: Path) -> list[tuple[str, Path]]:
    paths = [path for path in (folder / "new").glob("*.s3chem") if KEY.fullmatch(path.name)]
    return [(p.name, p) for p in sorted(paths, key=lambda p: [int(n) for n in p.name.split(".")[:2]], reverse=True)]


def _envelope(key: str, mail: EmailMessage) -> Envelope:
    date = mail["Date"]
    return Envelope(key, header(mail, "To"), header(mail, "Subject"), date.datetime if date else None)


def _content(mail: EmailMessage, subtype: str) -> str:
    body = mail.get_body((subtype,)) if subtype == "plain" else _html(mail)
    return str(body.get_content()) if body else ""


def _html(mail: EmailMessage) -> EmailMessage | None:
    return next((part for part in mail.walk() if part.get_content_type() == "text/html"), None)


def _with_emblem(html: str, mail: EmailMessage) -> str:
    image = next((part for part in mail.walk() if part["Content-ID"] == f"<{EMBLEM}>"), None)
    if image is None:
        return html
    data = "".join(str(image.get_payload()).split())
    return html.replace(f"cid:{EMBLEM}", f"data:image/png;base64,{data}")
