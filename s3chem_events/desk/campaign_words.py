"""What the desk calls campaigns, where they stand, and what is asked of those who write them."""

from s3chem_events.campaigns.audience import ADDRESS_DEAD, OBJECTING
from s3chem_events.campaigns.progress import LEFT_OUT, UNWRITTEN
from s3chem_events.campaigns.readers import NO_ADDRESS
from s3chem_events.campaigns.stages import Kind, Stage, Why
from s3chem_events.campaigns.writing import GONE, UNWRITABLE
from s3chem_events.core.i18n import gettext as _
from s3chem_events.desk import outbox
from s3chem_events.mailing.letters import State
from s3chem_events.mailing.results import Outcome


def kinds() -> dict[Kind, str]:
    """Return the kinds of campaigns, and so whom they go to."""
    return {
        Kind.NEWSLETTER: _("Newsletter"),
        Kind.INVITATION: _("Invitation to an event"),
        Kind.MESSAGE: _("Message to participants"),
        Kind.ANNOUNCEMENT: _("After the event"),
    }


def explained() -> dict[Kind, str]:
    """Return whom each kind goes to, in a sentence."""
    return {
        Kind.NEWSLETTER: _("News and events for the subscribers of some topics."),
        Kind.INVITATION: _("One event, for the subscribers of its region and kind."),
        Kind.MESSAGE: _("For people registered for one event, chosen by part, by way to take part or by answer."),
        Kind.ANNOUNCEMENT: _("Thanks, slides and a report, in other words to those who came and to those who did not."),
    }


def stages() -> dict[Stage, tuple[str, str]]:
    """Return the name of each stage and the chip that carries it."""
    return {
        Stage.DRAFT: (_("Draft"), ""),
        Stage.IN_REVIEW: (_("Second look wanted"), "chip-moved"),
        Stage.RELEASED: (_("Released"), "chip-save"),
        Stage.SENDING: (_("Being sent"), "chip-save"),
        Stage.PAUSED: (_("Paused"), "chip-moved"),
        Stage.CANCELLED: (_("Stopped"), "chip-cancelled"),
    }


def whys() -> dict[Why, str]:
    """Return why a campaign is paused, and what to do about it."""
    return {
        Why.WISH: _("Someone paused it. What has not left waits."),
        Why.EVENT_CHANGED: _(
            "An event or a piece of news in it has changed since you looked at it. Nothing more has left. "
            "Look at the preview: it shows all as it is now. Then let it go on, or change the text."
        ),
        Why.LATE: _("Its hour passed more than an hour ago without anything being sent. Is it still wanted?"),
        Why.GROWN: _(
            "Its readers have become so many since its release that a second organiser has to look. Nothing has left: "
            "a colleague lets it go on."
        ),
    }


def reader_states() -> dict[str, tuple[str, str]]:
    """Return the two states of readers who have no e-mail."""
    return {UNWRITTEN: (_("To be written"), ""), LEFT_OUT: (_("Not written to"), "")}


def whys_not() -> dict[str, str]:
    """Return why a reader gets nothing, where the program itself decides it: by the state, or by what is kept."""
    return {
        State.SUPPRESSED: outbox.outcomes()[Outcome.SUPPRESSED],
        NO_ADDRESS: _("no e-mail address"),
        ADDRESS_DEAD: outbox.outcomes()[Outcome.SUPPRESSED],
        OBJECTING: _("wants no newsletter"),
        GONE: _("has left since, or is no longer registered"),
        UNWRITABLE: _("the e-mail cannot be written or stored: the program’s log says why"),
    }


def pauses() -> dict[Why, str]:
    """Return why the clock stopped a campaign, for its history."""
    return {
        Why.EVENT_CHANGED: _("paused: an event or a piece of news in it had changed"),
        Why.LATE: _("paused: its hour had passed"),
        Why.GROWN: _("paused: so many readers want a second organiser’s eyes"),
    }


def steps() -> dict[str, str]:
    """Return what happened to a campaign, for its history."""
    return {
        "campaign.created": _("begun"),
        "campaign.revised": _("changed"),
        "campaign.look_asked": _("second look asked for"),
        "campaign.released": _("released"),
        "campaign.taken_back": _("taken back"),
        "campaign.begun": _("the first e-mails left"),
        "campaign.paused": _("paused"),
        "campaign.resumed": _("let go on"),
        "campaign.cancelled": _("stopped"),
        "campaign.tried_again": _("failed e-mails tried again"),
        "campaign.tested": _("test sent"),
    }


def faults() -> dict[str, str]:
    """Return what can be wrong with a text, in words."""
    return {
        "long": _("This is too long: a subject may have 150 characters, a text 20,000."),
        "line": _("A subject is one line."),
        "placeholder": _("“%(name)s” is no placeholder that can be used here. These can: %(names)s."),
        "link": _("“%(name)s” is an address. Nobody can press it in a subject: put it into the text."),
        "address": _("A placeholder cannot be a piece of an address. Use one that is an address by itself."),
        "image": _("An e-mail holds no images, only the words that describe them. Write those, or a link."),
    }
