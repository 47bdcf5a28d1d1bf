"""Files in the form: the field, what comes with it, and what was put aside at an earlier try."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from s3chem_events.core import i18n
from s3chem_events.core.errors import Invalid
from s3chem_events.registration import file_types, questions, uploads
from s3chem_events.registration.file_types import MEGABYTE, MIME
from s3chem_events.registration.questions import Asked, Given, Kind, field_name
from s3chem_events.registration.uploads import Aside, Sent


def handle_name(question: Asked) -> str:
    """Return the name of the hidden field that names a file put aside."""
    return f"{field_name(question.key)}-kept"


def checked(form: Any, question: Asked) -> Sent | Aside | None:
    """Return the file that was sent now, else the one put aside before; None for none.

    Raises:
        Invalid: with a code: `missing`, `size`, `type`, `broken`, `picture`.

    """
    content = _content(form, question)
    if content is None:
        there = uploads.aside(question.id, str(form[handle_name(question)].data or ""))
        if there is None:
            form[handle_name(question)].data = ""
            if question.required:
                raise Invalid("file", "missing")
        return there
    form[handle_name(question)].data = ""
    if len(content) > question.most_mb * MEGABYTE:
        raise Invalid("file", "size")
    kind, clean = file_types.cleaned(content)
    if kind not in questions.types_of(question):
        raise Invalid("file", "type")
    return Sent(kind, clean)


def put_aside(form: Any, given: Iterable[Given]) -> None:
    """Keep the files of a form that is not whole yet, so that nobody has to choose them again."""
    for one in given:
        if one.question.kind is Kind.FILE and isinstance(one.value, Sent):
            form[handle_name(one.question)].data = uploads.put_aside(one.question.id, one.value) or ""


def chosen(form: Any, asked: Iterable[Asked]) -> tuple[Given, ...]:
    """Return the files that came with a form that nobody judges yet; what is not taken is left out without a word."""
    found = []
    for question in asked:
        if question.kind is Kind.FILE:
            with suppress(Invalid):
                found.append(Given(question, checked(form, question)))
    return tuple(found)


def has_new(given: Iterable[Given]) -> bool:
    """Whether files came that would be lost with this try of the form."""
    return any(isinstance(one.value, Sent) for one in given)


def kept(form: Any, question: Asked, lang: str) -> str:
    """Say which file was put aside; nothing where none was."""
    there = uploads.aside(question.id, str(form[handle_name(question)].data or ""))
    return kept_words(i18n.file_words(there.type, there.size, lang), lang) if there is not None else ""


def kept_words(file: str, lang: str) -> str:
    """Say that a file is there, and stays where no other one comes."""
    _ = i18n.words(lang)
    return _("Your file is kept: %(file)s. Choose another one only to replace it.", file=file)


def taken(question: Asked, lang: str) -> str:
    """Say which files a question takes."""
    _ = i18n.words(lang)
    types = ", ".join(one.value.upper() for one in questions.types_of(question))
    return _("%(types)s, at most %(number)s MB.", types=types, number=question.most_mb)


def accepted(question: Asked) -> str:
    """Return the types for the file dialogue of a browser."""
    return ",".join(MIME[one] for one in questions.types_of(question))


def sentences(question: Asked, lang: str) -> dict[str, str]:
    """Return what is said of a file that is not taken."""
    _ = i18n.words(lang)
    return {
        "size": _("This file is too large. It may have at most %(number)s MB.", number=question.most_mb),
        "type": _("This file is not taken. Choose another one of these types: %(types)s", types=taken(question, lang)),
        "broken": _("This file is damaged. Please open it, save it anew, and choose it again."),
        "picture": _("This picture has too many points. Please make it smaller."),
    }


def _content(form: Any, question: Asked) -> bytes | None:
    """Return what was sent, read no further than one byte more than it may have; None where nothing was chosen."""
    sent: Sequence[Any] = [one for one in form[field_name(question.key)].raw_data or [] if hasattr(one, "stream")]
    content = sent[0].stream.read(question.most_mb * MEGABYTE + 1) if sent and sent[0].filename else b""
    return content or None
