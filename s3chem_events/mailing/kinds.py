"""What an e-mail that comes to us can be; pure."""

from dataclasses import field

from s3chem_events.core.values import frozen


@frozen
class Bounce:
    """An e-mail of ours did not arrive. `status` is the enhanced code (RFC 3463), as far as one is given.

    `recipients` hold our tag, if any; `returned` is the Message-ID of what comes back. They say which e-mail it was.
    """

    addresses: tuple[str, ...]
    permanent: bool
    status: str
    reason: str
    recipients: tuple[str, ...] = field(default=(), compare=False)
    returned: str = field(default="", compare=False)
    kind = "bounce"


@frozen
class Delay:
    """A server goes on trying; nothing is lost yet."""

    addresses: tuple[str, ...]
    status: str
    reason: str
    recipients: tuple[str, ...] = field(default=(), compare=False)
    returned: str = field(default="", compare=False)
    kind = "delay"


@frozen
class CalendarReply:
    """A calendar answers an invitation; `calendar` is for calendar.itip to read. `recipients` hold our tag, if any.

    `automatic` says that a machine replied, and nobody pressed anything (RFC 3834).
    """

    sender: str
    recipients: tuple[str, ...]
    calendar: bytes
    charset: str
    automatic: bool = False
    kind = "calendar_reply"


@frozen
class Unsubscribe:
    """Somebody asks by e-mail to be left out from now on."""

    sender: str
    recipients: tuple[str, ...]
    kind = "unsubscribe"


@frozen
class Complaint:
    """A reader pressed "spam", and her provider tells us (RFC 5965); `recipients` hold our tag, if any."""

    sender: str
    recipients: tuple[str, ...] = field(default=(), compare=False)
    kind = "complaint"


@frozen
class AutoReply:
    """A machine wrote: out of office, a receipt, a list. `reason` says what gave it away."""

    sender: str
    reason: str
    kind = "auto_reply"


@frozen
class Human:
    """Everything else; `reason` says where it could not be read. `answers` are the Message-IDs that it answers to."""

    sender: str
    reason: str = ""
    answers: tuple[str, ...] = field(default=(), compare=False)
    kind = "human"


Arrived = Bounce | Delay | Complaint | CalendarReply | Unsubscribe | AutoReply | Human
