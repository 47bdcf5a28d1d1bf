"""What is written to the people of an event, as its page shows it."""

from s3chem_events.campaigns import afterwards, progress
from s3chem_events.campaigns.subjects import subjects
from s3chem_events.core import i18n
from s3chem_events.desk import campaign_words
from s3chem_events.desk.frame import may
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import LISTED
from s3chem_events.publishing.models import Event


def shown(event: Event) -> dict[str, object]:
    """Return what the page of an event shows of what is written to its people."""
    if not may("participants.write") or event.state not in LISTED:
        return {"letters": None}
    letters, is_past = afterwards.about(event.id), publishing.is_past(event)
    return {
        "letters": letters,
        "letter_subjects": subjects(letters, i18n.language()),
        "progress": progress.progresses(letters),
        "letter_stages": campaign_words.stages(),
        "may_thank": is_past and not afterwards.is_thanked(letters),
        "may_announce_outcome": is_past and afterwards.has_outcome(event),
    }
