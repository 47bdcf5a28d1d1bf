"""A Draft -> a Letter: subject, text and HTML in the reader's language, in one frame, outside of any request."""

import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import current_app
from jinja2 import Environment, Template
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from s3chem_events.core import i18n
from s3chem_events.core.text import DEFAULT
from s3chem_events.mailing.letters import Draft, Letter, Letterhead, defused, isolated
from s3chem_events.mailing.mime import EMBLEM

PARTS = ("subject.txt", "body.txt", "body.html")
WIDTH = 72
LONGEST_IN_SUBJECT = 60
BLANKS = re.compile(r"[ \t\r\n]+")  # not \s: French sets a narrow no-break space before a colon
CALL = ("name", "lparen", "string", "rparen")
INDENT = re.compile(r" *(?:[-–*] +)?")


def written(draft: Draft, letterhead: Letterhead, *, at: datetime) -> Letter:
    """Write a draft out. Every value is escaped for the part that it stands in; Message-ID and Date are made here."""
    language = spoken(draft.language)
    subject, text, html = _templates(current_app.jinja_env, f"mail/{draft.kind.replace('.', '/')}", language)
    values = _values(draft, letterhead, language)
    subject_values = values | {"name": isolated(defused(draft.name, longest=LONGEST_IN_SUBJECT))}
    line = BLANKS.sub(" ", subject.render(subject_values)).strip()
    if values.get("handed_on") and subject_values["name"] not in line:
        line = f"{line} ({subject_values['name']})"  # one mailbox hears of several people
    return Letter(
        kind=draft.kind,
        fact_id=draft.fact_id,
        subject_id=draft.subject_id,
        address=draft.address,
        name=defused(draft.name),
        language=language,
        subject=line,
        text=laid_out(text.render(values)),
        html=html.render(values),
        calendars=draft.calendars,
        method=draft.method,
        sender=letterhead.sender,
        sender_name=letterhead.organisation,
        reply_to=draft.reply_to or letterhead.contact,
        message_id=f"<{secrets.token_hex(16)}@{letterhead.sender.rpartition('@')[2]}>",
        created_at=at,
        unsubscribe=draft.unsubscribe,
        stream=draft.stream,
        list_id=draft.list_id,
    )


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


@lru_cache(maxsize=256)
def _templates(environment: Environment, folder: str, language: str) -> tuple[Template, Template, Template]:
    """Return the templates of a subject, a text and an HTML part; a worker looks for them once."""
    speaking = _speaking(environment, language)
    subject, text, html = map(speaking.get_template, (f"{folder}/{name}" for name in PARTS))
    return subject, text, html


@lru_cache(maxsize=16)
def _speaking(environment: Environment, language: str) -> Environment:
    """Return an environment whose templates know one language's words when they are compiled, not at each e-mail."""
    # Compiled templates hold the words of one language: a shared cache of them would hand them to another.
    speaking = environment.overlay(extensions=[_Words], bytecode_cache=None)
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
