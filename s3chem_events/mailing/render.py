"""A Draft -> a Letter: subject, text and HTML in the reader's language, in one frame, outside of any request."""

import logging
import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import current_app
from jinja2 import ChoiceLoader, Environment, FunctionLoader, Template
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from s3chem_events.core import i18n
from s3chem_events.core.text import DEFAULT, shortened
from s3chem_events.mailing import wording
from s3chem_events.mailing.letters import Draft, Letter, Letterhead, defused, isolated
from s3chem_events.mailing.mime import EMBLEM
from s3chem_events.mailing.wording import ORIGINAL, Filled, Wordings

log = logging.getLogger(__name__)
PARTS = ("subject.txt", "body.txt", "body.html")
WIDTH = 72
LONGEST_SUBJECT, LONGEST_SENDER = 300, 200
"""Programs show some eighty characters; what people typed, or an organiser's words with it, must fit the outbox."""
BLANKS = re.compile(r"[ \t\r\n]+")  # not \s: French sets a narrow no-break space before a colon
CALL = ("name", "lparen", "string", "rparen")
INDENT = re.compile(r" *(?:[-–*] +)?")
VARIANT = re.compile(r"(reworded|marked)/([a-z+]+)/(.+\.(txt|html))")
"""A template with some of its passages replaced by an organiser's, or between marks: `reworded/opening+closing/…`."""
MARKED = re.compile("\x02([a-z]+)\x03(.*?)\x04", re.DOTALL)
VARIANTS = {
    ("reworded", "txt"): "{%% block %(name)s %%}\n{{ own.text.%(name)s }}\n\n{%% endblock %%}",
    ("reworded", "html"): "{%% block %(name)s %%}{{ own.html.%(name)s }}{%% endblock %%}",
    ("subject", "html"): (
        '{%% block heading %%}{%% from "mail/_macros.html" import heading %%}{{ heading(own.subject) }}{%% endblock %%}'
    ),
    ("subject", "txt"): "",
    ("marked", "txt"): "{%% block %(name)s %%}\x02%(name)s\x03{{ super() }}\x04{%% endblock %%}",
}


def written(draft: Draft, letterhead: Letterhead, *, at: datetime, wordings: Wordings = ORIGINAL) -> Letter:
    """Write a draft out, in organisers' own words where they have some for it.

    Every value is escaped for the part that it stands in; Message-ID and Date are made here.
    """
    language = spoken(draft.language)
    subject, text, html = _parts(draft, _values(draft, letterhead, language), language, wordings)
    line = BLANKS.sub(" ", subject).strip()
    name = _short(draft.name)
    if draft.values.get("handed_on") and name not in line:
        line = f"{line} ({name})"  # one mailbox hears of several people
    return Letter(
        kind=draft.kind,
        fact_id=draft.fact_id,
        subject_id=draft.subject_id,
        address=draft.address,
        name=defused(draft.name),
        language=language,
        subject=shortened(line, LONGEST_SUBJECT),
        text=laid_out(text),
        html=html,
        calendars=draft.calendars,
        method=draft.method,
        sender=letterhead.sender,
        sender_name=shortened(letterhead.organisation, LONGEST_SENDER),
        reply_to=draft.reply_to or letterhead.contact,
        message_id=f"<{secrets.token_hex(16)}@{letterhead.sender.rpartition('@')[2]}>",
        created_at=at,
        unsubscribe=draft.unsubscribe,
        stream=draft.stream,
        list_id=draft.list_id,
    )


def original(draft: Draft, letterhead: Letterhead) -> dict[str, str]:
    """Return the passages of an e-mail as the program words them; one that it has no words for is empty."""
    language = spoken(draft.language)
    values = _values(draft, letterhead, language)
    names = "+".join(wording.PASSAGES[1:])
    subject, _text, _html = _templates(current_app.jinja_env, _folder(draft), language, ())
    speaking = _speaking(current_app.jinja_env, language)
    marked = speaking.get_template(f"marked/{names}/{_folder(draft)}/body.txt").render(values)
    found = {"subject": BLANKS.sub(" ", subject.render(values)).strip()}
    found |= {
        match[1]: "\n".join(line.strip() for line in match[2].strip().split("\n")) for match in MARKED.finditer(marked)
    }
    return {name: found.get(name, "") for name in wording.passages_of(draft.kind)}


def laid_out(text: str) -> str:
    """Return a text in lines of 72 characters; a link is never cut, and no two empty lines stand together."""
    lines = "\n".join(_wrapped(line.rstrip()) for line in text.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines) + "\n"


@lru_cache(maxsize=16)
def spoken(language: str) -> str:
    """Return the language that an e-mail is written in: the reader's where there is a catalogue, else English."""
    has_words = bool(getattr(i18n.catalogue(language), "_catalog", None))
    return language if has_words else DEFAULT


def emblem() -> bytes:
    """Return the picture of the emblem, which each e-mail carries with it: mail programs fetch nothing."""
    return (Path(str(current_app.static_folder)) / "img" / "eu-emblem.png").read_bytes()


def _values(draft: Draft, letterhead: Letterhead, language: str) -> dict[str, Any]:
    return {
        **draft.values,
        "_": i18n.words(language),
        "lang": language,
        "name": isolated(defused(draft.name)),
        "address": draft.address,
        "letterhead": letterhead,
        "funding": letterhead.funding.within(language),
        "emblem": f"cid:{EMBLEM}",
    }


def _parts(draft: Draft, values: dict[str, Any], language: str, wordings: Wordings) -> tuple[str, str, str]:
    """Return subject, text and HTML; where an organiser's words cannot be used, those of the original."""
    passages = wordings.get((draft.kind, language))
    if passages:
        try:
            return _rendered(draft, values, language, wording.filled(draft.kind, passages, values))
        except Exception as error:  # noqa: BLE001 - an organiser's words never hold up an e-mail
            said = "the wording of %s in %s cannot be used, the original is sent: %s"
            log.error(said, draft.kind, language, type(error).__name__)  # noqa: TRY400 - a trace may hold values
    return _rendered(draft, values, language, Filled())


def _rendered(draft: Draft, values: dict[str, Any], language: str, own: Filled) -> tuple[str, str, str]:
    subject, text, html = _templates(current_app.jinja_env, _folder(draft), language, own.names)
    values = values | {"own": own}
    short = values | {"name": _short(draft.name)}
    return own.subject or subject.render(short), text.render(values), html.render(values)


def _short(name: str) -> str:
    return isolated(defused(name))


def _folder(draft: Draft) -> str:
    return f"mail/{draft.kind.replace('.', '/')}"


@lru_cache(maxsize=512)
def _templates(
    environment: Environment, folder: str, language: str, reworded: tuple[str, ...]
) -> tuple[Template, Template, Template]:
    """Return the templates of a subject, a text and an HTML part; a worker looks for them once."""
    speaking = _speaking(environment, language)
    names = "+".join(reworded)
    bodies = f"reworded/{names}/{folder}" if names else folder
    subject, text, html = map(speaking.get_template, (f"{folder}/{PARTS[0]}", *(f"{bodies}/{p}" for p in PARTS[1:])))
    return subject, text, html


def _variant(path: str) -> str | None:
    """Return the source of a template with other passages: text of ours, in which organisers' words are values."""
    match = VARIANT.fullmatch(path)
    if match is None:
        return None
    how = {"subject": "subject"}  # it stands above the text, too, as its heading
    blocks = "".join(VARIANTS[how.get(name, match[1]), match[4]] % {"name": name} for name in match[2].split("+"))
    return f'{{% extends "{match[3]}" %}}{blocks}'


@lru_cache(maxsize=16)
def _speaking(environment: Environment, language: str) -> Environment:
    """Return an environment whose templates know one language's words when they are compiled, not at each e-mail."""
    # Compiled templates hold the words of one language: a shared cache of them would hand them to another.
    loader = ChoiceLoader([FunctionLoader(_variant), environment.loader])  # type: ignore[list-item]
    speaking = environment.overlay(extensions=[_Words], bytecode_cache=None, loader=loader)
    speaking.extend(words=i18n.words(language))
    return speaking


class _Words(Extension):
    """Turns `_("words")` into the words themselves; what has placeholders stays as it is."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Replace four tokens by one: the name, the two brackets, and the string between them."""
        tokens = list(stream)
        place = 0
        while place < len(tokens):
            token, call = tokens[place], tokens[place : place + len(CALL)]
            if token.value == "_" and tuple(piece.type for piece in call) == CALL:
                said = self.environment.words(call[2].value)  # type: ignore[attr-defined]
                yield Token(token.lineno, "string", said)
                place += len(CALL)
            else:
                yield token
                place += 1


@lru_cache(maxsize=4096)
def _wrapped(line: str) -> str:
    """Break one line at spaces; a list's lines go on under its text."""
    if len(line) <= WIDTH:
        return line
    match = INDENT.match(line)
    first = match.group() if match else ""
    rows, row = [], first
    for word in line[len(first) :].split(" "):
        if row.strip(" -–*") and len(row) + len(word) > WIDTH:
            rows.append(row.rstrip())
            row = " " * len(first)
        row += word + " "
    return "\n".join([*rows, row.rstrip()])
