"""Organisers' own words for the e-mails of the program: which passages, with which placeholders; pure.

What an e-mail must hold is no passage: its links, the note about the calendar, "this was not me", why it is sent, the
funding statement. So it cannot be lost, whatever an organiser writes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from s3chem_events.core import markdown, placeholders
from s3chem_events.core.errors import Invalid
from s3chem_events.core.values import frozen

PASSAGES = ("subject", "greeting", "opening", "closing")
LONGEST = {"subject": 150, "greeting": 300, "opening": 5_000, "closing": 5_000}
LONGEST_VALUE_IN_SUBJECT = 150
SPACES = re.compile("[ \u00a0\u202f]+")
SHORT = 5
"""The least letters of a subject or a greeting that says something."""
OF_AN_EVENT = {
    "event_title": "event.title",
    "event_dates": "event.days",
    "event_place": "event.place",
    "event_link": "event.url",
}
OF_A_PERSON = {"name": "name", "reference": "reference", "own_link": "own_page", **OF_AN_EVENT}
OF_A_GUEST = {"name": "name", "until": "until", **OF_AN_EVENT}
OF_ONE_TITLE = {"event_title": "title"}
LINKS = frozenset({"event_link", "own_link"})
"""Those whose value is an address of ours, which one may press."""

KINDS: dict[str, Mapping[str, str]] = {
    "registration.confirmed": OF_A_PERSON,
    "registration.pending": OF_A_PERSON,
    "registration.approved": OF_A_PERSON,
    "registration.rejected": OF_A_PERSON,
    "registration.withdrawn": OF_A_PERSON,
    "registration.part_given_up": OF_A_PERSON,
    "registration.restored": OF_A_PERSON,
    "registration.declined_by_calendar": OF_A_PERSON,
    "registration.link_requested": {},
    "registration.changed": OF_A_PERSON,
    "registration.mode_changed": OF_A_PERSON,
    "registration.address_corrected": OF_A_PERSON,
    "registration.address_changed": OF_A_PERSON,
    "registration.address_left": {"name": "name", "reference": "reference", **OF_AN_EVENT},
    "registration.code_requested": OF_A_PERSON,
    "registration.handed_over": {"name": "name", "successor": "successor", "reference": "reference", **OF_AN_EVENT},
    "registration.taken_over": OF_A_PERSON,
    "registration.waiting": OF_A_PERSON,
    "registration.place_offered": {**OF_A_PERSON, "until": "until"},
    "registration.promoted": OF_A_PERSON,
    "registration.left_waiting_list": OF_A_PERSON,
    "registration.offer_ended": {**OF_A_PERSON, "until": "ended"},
    "registration.confirmation_requested": OF_A_PERSON,
    "delegation.registered": {"name": "name", "reference": "reference", "own_link": "page", **OF_AN_EVENT},
    "event.changed": OF_A_PERSON,
    "event.reminded": OF_A_PERSON,
    "event.asked_again": OF_A_PERSON,
    "details.due": OF_A_PERSON,
    "letter.asked": OF_A_PERSON,
    "invitation.sent": OF_A_GUEST,
    "invitation.reminded": OF_A_GUEST,
    "follower.asked": OF_AN_EVENT,
    "follower.told": OF_AN_EVENT,
    "subscriber.asked": {},
    "subscriber.link_requested": {},
    "access.asked": {"name": "name", **OF_ONE_TITLE},
    "event.disowned": {"name": "name", "moment": "moment", **OF_ONE_TITLE},
    "arrival.came": {},
    "organiser.invited": {"name": "name", "inviter": "inviter"},
    "organiser.link_requested": {"name": "name"},
}
"""Every e-mail that may be reworded: the placeholders of each, and where their values stand in its draft."""
OF_THEIR_OWN = frozenset({"event.changed", "follower.told", "registration.link_requested", "arrival.came"})
"""Their subject says what has happened, or what is in them, each time anew; it is never an organiser's."""

Passages = Mapping[str, str]
Wordings = Mapping[tuple[str, str], Passages]
"""The words in force, by kind and language."""
ORIGINAL: Wordings = {}


@frozen
class Filled:
    """An organiser's passages for one reader: the subject, and the others for text and HTML apart."""

    subject: str = ""
    text: Mapping[str, str] = field(default_factory=dict)
    html: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The passages that there are words for, in their order."""
        return tuple(name for name in PASSAGES if name in self.text or (name == "subject" and self.subject))


def passages_of(kind: str) -> tuple[str, ...]:
    """Return which passages of an e-mail are an organiser's to write."""
    return PASSAGES[1:] if kind in OF_THEIR_OWN else PASSAGES


def alike(one: str, other: str) -> bool:
    """Whether two passages say the same; a typed line has plain spaces where French and German set narrow ones."""
    return SPACES.sub(" ", one) == SPACES.sub(" ", other)


def check(kind: str, passages: Passages) -> None:
    """Refuse what could not be sent as it is meant.

    Raises:
        Invalid: `path` names the passage; what is wrong is `long`, `short`, `line`, or with its name
            `placeholder: …`, `link: …` or `address: …`.

    """
    for passage, source in passages.items():
        for fault in _faults(kind, passage, source):
            raise Invalid(passage, fault)


def is_sound(kind: str, passages: Passages) -> bool:
    """Whether stored words still fit; a later version of the program may know other e-mails and placeholders."""
    if kind not in KINDS or not set(passages) <= set(passages_of(kind)):
        return False
    return not any(fault for passage, source in passages.items() for fault in _faults(kind, passage, source))


def filled(kind: str, passages: Passages, values: Mapping[str, Any]) -> Filled:
    """Fill an organiser's words for one reader; values are escaped for each part, and never read again.

    A passage that names what this e-mail does not have, a place that nobody knows yet, stays as it is in the original.
    """
    said = {name: _value(values, path) for name, path in KINDS[kind].items()}
    whole = {
        passage: source
        for passage, source in passages.items()
        if all(said[name] for name in placeholders.used(source) if name in said)
    }
    bodies = {passage: source for passage, source in whole.items() if passage != "subject"}
    short = {name: " ".join(value.split())[:LONGEST_VALUE_IN_SUBJECT] for name, value in said.items()}
    return Filled(
        subject=placeholders.in_text(whole.get("subject", ""), short),
        text={name: placeholders.in_text(markdown.letter(source), said) for name, source in bodies.items()},
        html={name: markdown.in_an_email(source, said, links=LINKS) for name, source in bodies.items()},
    )


def _faults(kind: str, passage: str, source: str) -> Iterator[str]:
    is_line = passage in {"subject", "greeting"}
    if len(source) > LONGEST[passage]:
        yield "long"
    if is_line and len(source.strip()) < SHORT:
        yield "short"
    if is_line and not source.isprintable():
        yield "line"
    if wrong := placeholders.unknown(source, KINDS[kind]):
        yield f"placeholder: {wrong[0]}"
    if passage == "subject" and (pressed := placeholders.in_a_subject(source, links=LINKS)):
        yield f"link: {pressed[0]}"
    if passage != "subject":
        yield from markdown.faults(source, links=LINKS)


def _value(values: Mapping[str, Any], path: str) -> str:
    found: Any = values
    for step in path.split("."):
        found = found.get(step, "") if isinstance(found, Mapping) else getattr(found, step, "")
    return str(found or "")
