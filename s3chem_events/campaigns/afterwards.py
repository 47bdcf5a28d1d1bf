"""After an event: thanks to those who came, other words to those who did not, and later, once, what is new to read.

What is prepared here are drafts: organisers read them, change them and release them as any other campaign.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import select

from s3chem_events.campaigns import releases
from s3chem_events.campaigns.models import Campaign
from s3chem_events.campaigns.releases import Content
from s3chem_events.campaigns.stages import Audience, Kind, Stage
from s3chem_events.core import i18n
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.core.text import LANGUAGES, Text
from s3chem_events.publishing.models import Event

CAME, STAYED_AWAY = Audience(presence="yes"), Audience(presence="no")
WORDS_OF_ABSENCE = frozenset({"absent", "no", "silent"})
Said = Callable[[str], str]


class AlreadyThanked(Refused):
    """Thanks are prepared or sent already; nobody is thanked twice."""

    code = "already_thanked"
    status = 409


class NothingToRead(Refused):
    """The event has neither a report nor material."""

    code = "nothing_to_read"
    status = 409


def about(event_id: int) -> list[Campaign]:
    """Return what is, or was, written to the people of an event, newest first."""
    kinds = (Kind.MESSAGE, Kind.ANNOUNCEMENT)
    query = select(Campaign).where(Campaign.event_id == event_id, Campaign.kind.in_(kinds))
    return list(db.session.scalars(query.order_by(Campaign.id.desc())))


def is_thanked(campaigns: Sequence[Campaign]) -> bool:
    """Whether thanks are among these: with them goes the letter to those who were not there."""
    return any(
        one.kind is Kind.ANNOUNCEMENT
        and one.stage is not Stage.CANCELLED
        and Audience.read(one.audience).presence in WORDS_OF_ABSENCE
        for one in campaigns
    )


def has_outcome(event: Event) -> bool:
    """Whether there is something to read: a report, or material."""
    return bool(event.report or event.materials)


def thank(event: Event, *, by: Actor) -> tuple[Campaign, Campaign]:
    """Prepare thanks to those who came, and another letter to those who did not, of a locked event.

    Raises:
        AlreadyThanked.

    """
    if is_thanked(about(event.id)):
        raise AlreadyThanked
    came = _prepare(event, CAME, _thanks, _thanks_text, by=by)
    away = _prepare(event, STAYED_AWAY, _missed, _missed_text, by=by)
    return came, away


def announce_outcome(event: Event, *, by: Actor) -> Campaign:
    """Prepare the news that report or material are there, for those who came; it thanks nobody again.

    Raises:
        NothingToRead.

    """
    if not has_outcome(event):
        raise NothingToRead
    return _prepare(event, CAME, _outcome, _outcome_text, by=by)


def _prepare(
    event: Event, audience: Audience, subject: Callable[[Said], str], text: Callable[[Said], str], *, by: Actor
) -> Campaign:
    """Write a draft in every language of the site."""
    more = has_outcome(event) and text is not _outcome_text

    def intro(_: Said) -> str:
        read = _("Report and material are here: {{report_link}}")
        return "\n\n".join([_("Dear {{name}},"), text(_), *([read] if more else [])])

    campaign = releases.create(Kind.ANNOUNCEMENT, event=event, audience=audience, by=by)
    content = Content(
        subject=Text({language: subject(i18n.words(language)) for language in LANGUAGES}),
        intro=Text({language: intro(i18n.words(language)) for language in LANGUAGES}),
        closing=Text(),
        blocks=(),
        audience=audience,
    )
    releases.save(campaign, content, version=campaign.version, by=by)
    return campaign


def _thanks(_: Said) -> str:
    return _("Thank you for taking part: {{event_title}}")


def _thanks_text(_: Said) -> str:
    return _("Thank you for being with us at “{{event_title}}” ({{event_dates}}).")


def _missed(_: Said) -> str:
    return _("We missed you: {{event_title}}")


def _missed_text(_: Said) -> str:
    return _("You were registered for “{{event_title}}” ({{event_dates}}). We are sorry that you could not be there.")


def _outcome(_: Said) -> str:
    return _("Now online: report and material of {{event_title}}")


def _outcome_text(_: Said) -> str:
    return _("Report and material of “{{event_title}}” are online now: {{report_link}}")
