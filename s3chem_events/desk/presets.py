"""Questions that many events ask, ready in all languages; organisers change them as they like."""

from collections.abc import Callable

from s3chem_events.core.i18n import words
from s3chem_events.core.text import LANGUAGES, Text
from s3chem_events.registration import questions
from s3chem_events.registration.questions import NEED_READERS, Kind, QuestionFacts, Readers, When

PHOTO, LIST = "photo", "list"
"""Presets that are no kinds of their own."""


def preset(name: str, when: When = When.REGISTERING) -> QuestionFacts:
    """Return a question to begin with: one that is ready, or an empty one of a kind, asked at some time."""
    kind = Kind(name) if name in set(Kind) else Kind.CONSENT
    if name not in {PHOTO, LIST, *NEED_READERS}:
        readers, days = questions.told_to(kind, when) or Readers.ORGANISERS, 30 if when is When.REGISTERING else 3
        return QuestionFacts(key="", kind=kind, label=Text(), readers=readers, when=when, keep_days=days)
    label, purpose = (Text({lang: say(words(lang))[name][n] for lang in LANGUAGES}) for n in (0, 1))
    readers = NEED_READERS.get(kind, Readers.ORGANISERS)
    return QuestionFacts(key=name, kind=kind, label=label, purpose=purpose, readers=readers, keep_days=3)


def say(_: Callable[..., str]) -> dict[str, tuple[str, str]]:
    """Return the label and the purpose of what is ready, in one language."""
    return {
        Kind.DIET: (_("Dietary needs or allergies"), _("So that there is something for you to eat.")),
        Kind.ACCESS: (
            _("What do you need to take part, for example step-free access or sign language?"),
            _("So that you can take part like everybody else; the organisers will answer you."),
        ),
        PHOTO: (
            _("I agree that photographs in which I can be recognised are published."),
            _("For reports of the event. You may refuse, and you may change your mind at any time."),
        ),
        LIST: (
            _("I agree that my name and organisation stand in the list of participants."),
            _("The list is given to those who take part."),
        ),
    }
