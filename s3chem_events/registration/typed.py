"""What people type for an answer, kind by kind: taken, or refused with a code; pure."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from s3chem_events.core import i18n
from s3chem_events.core.errors import Invalid
from s3chem_events.registration import names
from s3chem_events.registration.questions import FREE, LONGEST, Kind, QuestionFacts, choices, field_name

NUMBER = re.compile(r"-?[0-9]{1,12}([.,][0-9]{1,4})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{3,30}")
YEARS = range(1900, 2101)


def checked(question: QuestionFacts, raw: Sequence[str]) -> Any:
    """Return the answer that was typed; None for none.

    Raises:
        Invalid: it does not fit; the detail is a code: `missing`, `long`, `choice`, or the kind’s name.

    """
    value = _CHECKS[question.kind](question, list(raw))
    if value is None and question.required and question.kind not in FREE:
        raise _fault(question, "missing")
    return value


def _line(question: QuestionFacts, raw: list[str]) -> str | None:
    return _fitting(question, names.clean_line(raw[0]) if raw else "")


def _lines(question: QuestionFacts, raw: list[str]) -> str | None:
    return _fitting(question, names.clean_lines(raw[0] if raw else ""))


def _fitting(question: QuestionFacts, text: str) -> str | None:
    if len(text) > LONGEST[question.kind]:
        raise _fault(question, "long")
    return text or None


def _number(question: QuestionFacts, raw: list[str]) -> str | None:
    text = names.clean_line(raw[0]).replace(" ", "") if raw else ""
    if text and not NUMBER.fullmatch(text):
        raise _fault(question, "number")
    return text.replace(",", ".") or None


def _one(question: QuestionFacts, raw: list[str]) -> str | None:
    if not raw or not raw[0]:
        return None
    if raw[0] not in choices(question, "en"):
        raise _fault(question, "choice")
    return raw[0]


def _several(question: QuestionFacts, raw: list[str]) -> list[str] | None:
    chosen = {one for one in raw if one}
    keys = [option.key for option in question.options]
    if not chosen <= set(keys):
        raise _fault(question, "choice")
    return [key for key in keys if key in chosen] or None


def _day(question: QuestionFacts, raw: list[str]) -> str | None:
    text = raw[0].strip() if raw else ""
    if not text:
        return None
    try:
        if DAY.fullmatch(text) and date.fromisoformat(text).year in YEARS:
            return text
    except ValueError:
        pass
    raise _fault(question, "date")


def _country(question: QuestionFacts, raw: list[str]) -> str | None:
    if not raw or not raw[0]:
        return None
    if raw[0] not in i18n.countries("en"):
        raise _fault(question, "country")
    return raw[0]


def _phone(question: QuestionFacts, raw: list[str]) -> str | None:
    text = names.clean_line(raw[0]) if raw else ""
    if text and not PHONE.fullmatch(text):
        raise _fault(question, "phone")
    return text or None


def _agreed(_question: QuestionFacts, raw: list[str]) -> bool | None:
    return True if raw and raw[0] not in {"", "false"} else None


def _fault(question: QuestionFacts, code: str) -> Invalid:
    return Invalid(field_name(question.key), code)


_CHECKS: dict[Kind, Any] = {
    Kind.TEXT: _line,
    Kind.LONG_TEXT: _lines,
    Kind.NUMBER: _number,
    Kind.YES_NO: _one,
    Kind.ONE_OF: _one,
    Kind.SEVERAL_OF: _several,
    Kind.DATE: _day,
    Kind.COUNTRY: _country,
    Kind.PHONE: _phone,
    Kind.CONSENT: _agreed,
    Kind.DIET: _line,
    Kind.ACCESS: _lines,
    Kind.FILE: lambda _question, _raw: None,
}
