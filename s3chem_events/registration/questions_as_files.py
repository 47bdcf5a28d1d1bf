"""An event's own questions as part of its JSON file, read and written; pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from s3chem_events.core.errors import Invalid
from s3chem_events.core.text import Text
from s3chem_events.publishing import shapes, times
from s3chem_events.registration.file_types import MOST_MB, FileType
from s3chem_events.registration.questions import Kind, Option, QuestionFacts, Readers, When, told_to

REQUIRED = frozenset(["key", "kind", "label", "purpose"])
OPTIONAL = frozenset(
    ["help", "options", "required", "readers", "keep_days", "part", "only_if", "only_is", "when", "types", "most_mb"]
)


QUESTIONS, UNTIL = KEYS = ("questions", "details_until")
"""What of an event's file belongs to the registration."""


def read(data: Any) -> list[QuestionFacts]:
    """Read the questions; an unknown key or value is refused with the path to it."""
    return [_read(one, f"questions[{number}]") for number, one in enumerate(shapes.list_of(data, "questions", _any))]


def write(questions: Iterable[QuestionFacts]) -> list[dict[str, Any]]:
    """Write questions; `read(write(questions)) == questions`."""
    return [_write(question) for question in questions]


def write_all(questions: Iterable[QuestionFacts], *, until: datetime | None, zone: str) -> dict[str, Any]:
    """Write what an event asks, and until when its entrance wants it where that is not the usual hour."""
    written: dict[str, Any] = {QUESTIONS: write(questions)}
    if until is not None:
        written[UNTIL] = until.astimezone(times.zone_info(zone)).strftime("%Y-%m-%dT%H:%M")
    return {key: value for key, value in written.items() if value}


def read_until(value: Any, zone: str) -> datetime | None:
    """Read until when the entrance wants its data, local to the zone; null is the usual hour."""
    if value is None:
        return None
    try:
        local = datetime.strptime(value, "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - local to the event's zone
    except (TypeError, ValueError):
        raise Invalid(UNTIL, "a local time such as 2027-06-16T14:00") from None
    return times.moment(local, zone, UNTIL)


def _read(data: Any, path: str) -> QuestionFacts:
    o = shapes.Object(data, path, REQUIRED, OPTIONAL)
    kind = o.get("kind", shapes.choice(Kind))
    when = o.get("when", shapes.choice(When), When.REGISTERING)
    return QuestionFacts(
        key=o.get("key", shapes.line),
        kind=kind,
        label=o.get("label", shapes.text),
        help=o.get("help", shapes.text, Text()),
        options=tuple(o.get("options", lambda value, where: shapes.list_of(value, where, _option), [])),
        required=o.get("required", shapes.boolean, False),
        purpose=o.get("purpose", shapes.text),
        readers=o.get("readers", shapes.choice(Readers), told_to(kind, when) or Readers.ORGANISERS),
        keep_days=o.get("keep_days", _days, 30),
        part=o.get("part", shapes.line, ""),
        only_if=o.get("only_if", shapes.line, ""),
        only_is=o.get("only_is", shapes.line, ""),
        when=when,
        types=tuple(o.get("types", lambda value, where: shapes.list_of(value, where, shapes.choice(FileType)), [])),
        most_mb=o.get("most_mb", _whole, MOST_MB),
    )


def _write(question: QuestionFacts) -> dict[str, Any]:
    written = {
        "key": question.key,
        "kind": question.kind,
        "label": dict(question.label),
        "help": dict(question.help),
        "options": [{"key": option.key, "label": dict(option.label)} for option in question.options],
        "required": question.required or None,
        "purpose": dict(question.purpose),
        "readers": question.readers,
        "keep_days": question.keep_days,
        "part": question.part,
        "only_if": question.only_if,
        "only_is": question.only_is,
        "when": question.when if question.when is not When.REGISTERING else None,
        "types": [one.value for one in question.types],
        "most_mb": question.most_mb if question.most_mb != MOST_MB else None,
    }
    return {name: value for name, value in written.items() if value not in (None, "", {}, [])}


def _option(data: Any, path: str) -> Option:
    o = shapes.Object(data, path, {"key", "label"}, set())
    return Option(o.get("key", shapes.line), o.get("label", shapes.text))


def _days(value: Any, path: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Invalid(path, "a number of days")


def _whole(value: Any, path: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Invalid(path, "a whole number")


def _any(value: Any, _path: str) -> Any:
    return value
