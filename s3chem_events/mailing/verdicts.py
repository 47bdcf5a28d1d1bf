"""What became of an e-mail that came to us; pure."""

from enum import StrEnum
from typing import Any, Protocol

from s3chem_events.core.values import frozen


class Fate(StrEnum):
    """Where an arrival stands."""

    READING = "reading"
    DONE = "done"
    FOR_A_PERSON = "for_a_person"
    IGNORED = "ignored"


@frozen
class Verdict:
    """What was decided, and a word for why; the desk says it in sentences."""

    fate: Fate
    reason: str

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody has to look at it."""
        return self.fate is Fate.FOR_A_PERSON


class Handler(Protocol):
    """Does what an e-mail of its kind asks for, in the caller's transaction."""

    def __call__(self, arrived: Any, *, proven: bool) -> Verdict:
        """Decide; `proven` says that the sender's domain stands for the e-mail."""


def done(reason: str) -> Verdict:
    """Say that what was asked for has been done."""
    return Verdict(Fate.DONE, str(reason))


def for_a_person(reason: str) -> Verdict:
    """Say that somebody has to look at it."""
    return Verdict(Fate.FOR_A_PERSON, reason)


def ignored(reason: str) -> Verdict:
    """Say that there is nothing to do."""
    return Verdict(Fate.IGNORED, reason)


def leave(reason: str) -> Handler:
    """Return what leaves every e-mail of a kind to a person."""
    return lambda arrived, *, proven: for_a_person(reason)  # noqa: ARG005 - all handlers are called alike


def pass_over(reason: str) -> Handler:
    """Return what does nothing about every e-mail of a kind."""
    return lambda arrived, *, proven: ignored(reason)  # noqa: ARG005
