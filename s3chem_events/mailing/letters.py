"""What a room says to somebody: a Draft; written out it is a Letter, which is what the outbox keeps; pure."""

import unicodedata
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any

from s3chem_events.core.text import Text
from s3chem_events.core.values import frozen


class State(StrEnum):
    """Where an e-mail stands. `unknown`: the server fell silent after it had been given the text.

    `bounced`: it was sent, and came back.
    """

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    BOUNCED = "bounced"


class Flow(StrEnum):
    """Whether the e-mails of a stream leave: now, after somebody lets them go on, or never."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


WAITING = frozenset({State.QUEUED, State.DEFERRED, State.UNKNOWN})
"""An e-mail that will be tried without anybody doing anything."""
RETRIABLE = frozenset({State.DEFERRED, State.UNKNOWN, State.FAILED, State.CANCELLED, State.SUPPRESSED, State.BOUNCED})
"""An e-mail that an organiser may have tried at once."""


@frozen
class Letterhead:
    """Who writes: what stands on every e-mail, whatever it says. `sender` is the address in From and ORGANIZER.

    `tags` says that `sender` may be given a `+tag`: the server that takes its post puts it into the same mailbox.
    """

    organisation: str
    sender: str
    contact: str
    funding: Text
    base_url: str
    tags: bool = False


@frozen
class Draft:
    """An e-mail to one person before it is written out.

    `kind` is that of the fact, and names the folder of the templates. `values` are what they may mention. `calendars`
    are iCalendar files, all of the one `method`; mail programs show the first as an invitation, those of PUBLISH stay
    files. `unsubscribe` holds, with a space between, the address where one press or one POST of a mail program ends
    such e-mails (RFC 8058), and perhaps a mailto: (RFC 2369). `reply_to` gets the answers; where it is empty, the
    contact does. What is written to many names its `stream`, which is paused as one and lets all others go first
    (mailing.streams), and perhaps the `list_id` of its list (RFC 2919).
    """

    kind: str
    fact_id: int
    subject_id: int
    address: str
    name: str
    language: str
    values: Mapping[str, Any] = field(default_factory=dict)
    calendars: tuple[bytes, ...] = ()
    method: str = ""
    unsubscribe: str = ""
    reply_to: str = ""
    stream: str = ""
    list_id: str = ""


@frozen
class Letter:
    """An e-mail written out. Its bytes follow from these values alone, so that a second try sends the same again."""

    kind: str
    fact_id: int
    subject_id: int
    address: str
    name: str
    language: str
    subject: str
    text: str
    html: str
    calendars: tuple[bytes, ...]
    method: str
    sender: str
    sender_name: str
    reply_to: str
    message_id: str
    created_at: datetime
    unsubscribe: str = ""
    stream: str = ""
    list_id: str = ""


JOINTS = frozenset(".:/@。")
"""What holds an address together; other forms of them, `．` or `｡`, are these in NFKC."""
LONGEST_TYPED = 60
"""Of what a stranger may have typed (knowledge of mail bombing: a confirmation is nobody's advertisement)."""
ZERO_WIDTH_SPACE = "\u200b"
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


def defused(name: str, *, longest: int = LONGEST_TYPED) -> str:
    """Return a name that a stranger typed so that it can do no harm in an e-mail: one line, short, never a link.

    Mail programs turn `evil.example` into a link; an invisible space after the dot stops them.
    """
    line = " ".join((name if name.isprintable() else "".join(c if c.isprintable() else " " for c in name)).split())
    if len(line) > longest:
        line = line[: longest - 1].rstrip() + "…"
    if JOINTS.isdisjoint(unicodedata.normalize("NFKC", line)):
        return line
    return "".join(c + ZERO_WIDTH_SPACE if i and _joins(c, line[i + 1 : i + 3]) else c for i, c in enumerate(line))


def _joins(character: str, following: str) -> bool:
    """Whether a character and what follows it may be taken for a piece of an address: initials are not, `J.P.`."""
    plain = unicodedata.normalize("NFKC", following)
    is_piece = plain[:1].isdigit() or (len(plain) > 1 and plain[:2].isalnum())
    return is_piece and not JOINTS.isdisjoint(unicodedata.normalize("NFKC", character))


def isolated(text: str) -> str:
    """Return a text that, where it is written from right to left, does not pull its neighbours over."""
    if not text.isascii() and any(unicodedata.bidirectional(c) in {"R", "AL"} for c in text):
        return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"
    return text
