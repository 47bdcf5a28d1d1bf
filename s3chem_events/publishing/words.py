"""What the public and the organisers alike call kinds of events and ways to take part."""

from s3chem_events.core import i18n
from s3chem_events.publishing.lifecycle import Kind, Mode


def kinds(language: str) -> dict[Kind, str]:
    """Return the names of the kinds of events."""
    _ = i18n.words(language)
    return {
        Kind.CONFERENCE: _("Conference"),
        Kind.WORKING_GROUP_MEETING: _("Working-group meeting"),
        Kind.WORKSHOP: _("Workshop"),
        Kind.WEBINAR: _("Webinar"),
    }


def modes(language: str) -> dict[Mode, str]:
    """Return the ways to take part."""
    _ = i18n.words(language)
    return {Mode.ON_SITE: _("On site"), Mode.ONLINE: _("Online")}
