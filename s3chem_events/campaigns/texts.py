"""What a campaign says: which names may stand in it, in which language who gets it, what is wrong with it; pure."""

from collections.abc import Iterator, Mapping, Sequence
from unicodedata import category

from s3chem_events.campaigns.stages import TO_SUBSCRIBERS, Kind
from s3chem_events.core import markdown, placeholders
from s3chem_events.core.errors import Invalid
from s3chem_events.core.text import DEFAULT, LANGUAGES
from s3chem_events.core.values import frozen

LONGEST_SUBJECT = 150
BREAKS = frozenset({"Cc", "Zl", "Zp"})
"""What a subject must not hold: signs that control, and those that end a line; a space that never breaks is welcome."""
LONGEST_TEXT = 20_000
MOST_BLOCKS = 20
OF_THE_EVENT = ("event_title", "event_dates", "event_place", "event_link", "report_link")
OF_A_PERSON = ("given_name", "family_name", "name", "organisation", "own_link")
OF_A_SUBSCRIBER = ("preferences_link", "leave_link", "web_version")
LINKS = frozenset({"event_link", "report_link", "own_link", "preferences_link", "leave_link", "web_version"})
"""Those whose value is an address of ours, which one may press."""


@frozen
class Passage:
    """One text of a campaign in one language, for what is said about it."""

    field: str
    language: str
    source: str


def names(kind: Kind, *, with_event: bool) -> tuple[str, ...]:
    """Return the placeholders that a campaign of a kind may use."""
    own = OF_A_SUBSCRIBER if kind in TO_SUBSCRIBERS else OF_A_PERSON
    return (*own, *OF_THE_EVENT) if with_event else own


def check(kind: Kind, *, with_event: bool, passages: Sequence[Passage]) -> None:
    """Refuse what could not be sent as it is meant.

    Raises:
        Invalid: `path` is `field.language`, and what is wrong with it as `faults` says.

    """
    allowed = names(kind, with_event=with_event)
    for passage in passages:
        for fault in faults(passage, allowed):
            raise Invalid(f"{passage.field}.{passage.language}", fault)


def faults(passage: Passage, allowed: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with a text: `long`, `line`, `placeholder: …`, `link: …`, `address: …` or `image: …`."""
    is_line = passage.field == "subject"
    if len(passage.source) > (LONGEST_SUBJECT if is_line else LONGEST_TEXT):
        yield "long"
    if is_line and any(category(sign) in BREAKS for sign in passage.source):
        yield "line"
    if wrong := placeholders.unknown(passage.source, allowed):
        yield f"placeholder: {wrong[0]}"
    if is_line and (pressed := placeholders.in_a_subject(passage.source, links=LINKS)):
        yield f"link: {pressed[0]}"
    if not is_line:
        yield from markdown.faults(passage.source, links=LINKS)


def language_for(reader: str, written: Sequence[str]) -> str:
    """Return the language that a reader gets a campaign in: her own, else English, else the first it is written in."""
    return next((one for one in (reader, DEFAULT, *written) if one in written), DEFAULT)


def fall_backs(counts: Mapping[str, int], written: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return who reads in which other language for want of her own: `{"en": {"pl": 30, "nl": 20}}`."""
    out: dict[str, dict[str, int]] = {}
    for language, number in counts.items():
        told = language_for(language, written)
        if told != language:
            out.setdefault(told, {})[language] = number
    return {language: out[language] for language in LANGUAGES if language in out}
