"""The shapes that values have in an event's file; each reader takes a value and its path, and refuses with it; pure."""

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, TypeVar

from s3chem_events.core.errors import Invalid
from s3chem_events.core.text import LANGUAGES, UNWRITABLE, Text

LONGEST_LINE = 500
CONTROLS = re.compile(r"[\x7f-\x84\x86-\x9f]")
"""What a calendar cannot hold besides (RFC 5545 3.1)."""
BREAKS = re.compile(r"[\t\n\r\x85\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What breaks a line, or turns the words around it about."""
MOST_MINUTES = 120
Enumerated = TypeVar("Enumerated", bound=StrEnum)


class Object:
    """A JSON object whose keys are known, read key by key."""

    def __init__(self, data: Any, path: str, required: AbstractSet[str], optional: AbstractSet[str]) -> None:
        self.path = path
        if not isinstance(data, dict):
            raise Invalid(path or "$", "an object is expected")
        for key in data:
            if key not in required | optional:
                raise Invalid(self._at(key), "unknown key")
        for key in sorted(required):
            if data.get(key) is None:
                raise Invalid(self._at(key), "missing")
        self.data = data

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def get(self, key: str, reader: Callable[[Any, str], Any], default: Any = None) -> Any:
        value = self.data.get(key)
        return default if value is None else reader(value, self._at(key))


def list_of(data: Any, path: str, reader: Callable[[Any, str], Any]) -> list[Any]:
    if not isinstance(data, list):
        raise Invalid(path, "a list is expected")
    return [reader(value, f"{path}[{index}]") for index, value in enumerate(data)]


def string(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise Invalid(path, "a text is expected")
    if "\0" in value:
        raise Invalid(path, "a zero byte, which PostgreSQL cannot hold")
    if UNWRITABLE.search(value) or CONTROLS.search(value):
        raise Invalid(path, "a control character, or one that is none")
    return value.strip()


def line(value: Any, path: str) -> str:
    line = string(value, path)
    if len(line) > LONGEST_LINE or not line.isprintable():
        raise Invalid(path, f"one line of at most {LONGEST_LINE} characters is expected")
    return line


def link(value: Any, path: str) -> str:
    link = line(value, path)
    if not link.startswith(("https://", "http://")):
        raise Invalid(path, "an address that starts with https:// is expected")
    return link


def boolean(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise Invalid(path, "true or false is expected")
    return value


def text(value: Any, path: str) -> Text:
    if not isinstance(value, dict):
        raise Invalid(path, "an object of languages is expected")
    for language in value:
        if language not in LANGUAGES:
            raise Invalid(f"{path}.{language}", f"unknown language; one of {', '.join(LANGUAGES)}")
    return Text({language: string(words, f"{path}.{language}") for language, words in value.items()})


def title(value: Any, path: str) -> Text:
    """Read a text that stands in one line everywhere: the subject of an e-mail, the name of an entry."""
    words = text(value, path)
    for language, line in words.items():
        if len(line) > LONGEST_LINE or BREAKS.search(line):
            raise Invalid(f"{path}.{language}", f"one line of at most {LONGEST_LINE} characters is expected")
    return words


def choice(enum: type[Enumerated]) -> Callable[[Any, str], Enumerated]:
    def reader(value: Any, path: str) -> Enumerated:
        try:
            return enum(value)
        except ValueError:
            raise Invalid(path, f"unknown value {value!r}; one of {', '.join(enum)}") from None

    return reader


def places(value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000_000:  # noqa: PLR2004
        raise Invalid(path, "a number of places, zero or more, or null for no limit")
    return value


def minutes(value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_MINUTES:
        raise Invalid(path, f"a number of minutes, {MOST_MINUTES} at most")
    return value


def when(value: Any, path: str) -> date:
    return day(value, path) if len(line(value, path)) == len("2027-06-18") else hours(value, path)


def day(value: Any, path: str) -> date:
    try:
        return date.fromisoformat(line(value, path))
    except ValueError:
        raise Invalid(path, "a date like 2027-06-18 is expected") from None


def hours(value: Any, path: str) -> datetime:
    try:
        parsed = datetime.strptime(line(value, path)[:16], "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - local to the event's zone
    except ValueError:
        raise Invalid(path, "a local time like 2027-06-18T09:30 is expected") from None
    if len(value.strip()) not in {16, 19}:
        raise Invalid(path, "a local time like 2027-06-18T09:30 is expected, without a zone")
    return parsed


def clock(value: Any, path: str) -> time:
    try:
        return time.fromisoformat(line(value, path))
    except ValueError:
        raise Invalid(path, "a time like 09:30 is expected") from None
