"""Text: one value in many languages, its column and its fall-back, which is always visible."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Dialect, TypeDecorator

from s3chem_events.core.later import Later
from s3chem_events.core.values import frozen

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql
else:
    postgresql = Later("sqlalchemy.dialects.postgresql")

LANGUAGES: dict[str, str] = {
    "en": "English",
    "de": "Deutsch",
    "fr": "français",
    "nl": "Nederlands",
    "it": "italiano",
    "ca": "català",
    "es": "español",
    "pl": "polski",
}
DEFAULT = "en"
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 cannot hold; half of a pair is no character at all."""
CHARACTER = re.compile(
    "(?:[\U0001f1e6-\U0001f1ff]{2}|.)(?:[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u0652\u0900-\u0903\u093a-\u094f"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]|\u200d.)*",
    re.DOTALL,
)
"""What a reader sees as one character: a letter with its marks, a flag, a family."""


def shortened(text: str, longest: int) -> str:
    """Return a text cut so that it has at most so many code points; an ellipsis says so, no character is cut apart."""
    if len(text) <= longest:
        return text
    end = 0
    for match in CHARACTER.finditer(text):
        if match.end() >= longest:
            break
        end = match.end()
    return f"{text[:end].rstrip()}…"


@frozen
class Said:
    """A text as it is shown: the words and the language that they are in, which may not be the one asked for."""

    text: str
    lang: str

    def __bool__(self) -> bool:
        """Whether there are words at all."""
        return bool(self.text)

    def __str__(self) -> str:
        """The words alone."""
        return self.text


class Text(Mapping[str, str]):
    """One value in many languages; immutable. Empty translations do not count."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str] | None = None, /, **languages: str) -> None:
        """Take `{"en": "…"}` or `en="…"`; an unknown language is a ValueError."""
        given = {**(values or {}), **languages}
        for language in given:
            if language not in LANGUAGES:
                msg = f"unknown language {language!r}"
                raise ValueError(msg)
        self._values = {lang: given[lang] for lang in LANGUAGES if given.get(lang)}

    def __getitem__(self, language: str) -> str:
        """The words in exactly this language."""
        return self._values[language]

    def __iter__(self) -> Iterator[str]:
        """The languages that have words, in the product's order."""
        return iter(self._values)

    def __len__(self) -> int:
        """How many languages have words."""
        return len(self._values)

    def __hash__(self) -> int:
        """Equal texts have equal hashes."""
        return hash(tuple(self._values.items()))

    def __repr__(self) -> str:
        """For the debugger."""
        return f"Text({self._values!r})"

    def said(self, language: str) -> Said:
        """The words in this language, else in English, else in the first language there is."""
        for lang in (language, DEFAULT, *self._values):
            if lang in self._values:
                return Said(self._values[lang], lang)
        return Said("", language)

    def within(self, language: str) -> str:
        """The words alone, with the same fall-back."""
        return self.said(language).text

    def missing(self) -> list[str]:
        """The languages that still lack words."""
        return [lang for lang in LANGUAGES if lang not in self._values]


class TextColumn(TypeDecorator[Text]):
    """A Text in one column: JSON, on PostgreSQL JSONB."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Use the better type where there is one."""
        return dialect.type_descriptor(postgresql.JSONB() if dialect.name == "postgresql" else JSON())

    def process_bind_param(self, value: Mapping[str, str] | None, dialect: Dialect) -> dict[str, str] | None:  # noqa: ARG002
        """Write a plain object."""
        return None if value is None else dict(value)

    def process_result_value(self, value: dict[str, str] | None, dialect: Dialect) -> Text | None:  # noqa: ARG002
        """Read a Text."""
        return None if value is None else Text(value)

    def coerce_compared_value(self, op: Any, value: Any) -> Any:  # noqa: ARG002 - SQLAlchemy's own signature
        """Compare as this type."""
        return self
