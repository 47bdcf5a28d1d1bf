"""The catalogues: gather the words of the interface, and find what a catalogue lacks.

`make catalogues` brings every catalogue up to what the code says; `make lint` only looks.
"""

import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from s3chem_events.core.text import DEFAULT, LANGUAGES
from tests.support.source import PACKAGE, ROOT

TRANSLATIONS = PACKAGE / "translations"
TRANSLATED = tuple(sorted(set(LANGUAGES) - {DEFAULT}))
"""Each is whole: site, desk, e-mails and calendars. English is the source."""
KEYWORDS = DEFAULT_KEYWORDS | {"_l": None, "lazy_gettext": None}
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[a-zA-Z%]")
HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plural}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""

Words = str | tuple[str, ...]


@cache
def said() -> frozenset[Words]:
    """Every message of the code and the templates."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, methods, options, keywords=KEYWORDS, directory_filter=_ours)
    return frozenset(words for _name, _line, words, _comments, _context in found)


def read(language: str) -> Catalog:
    """Return the catalogue of a language; an empty one where there is none yet."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def path_of(language: str) -> Path:
    """Return where the catalogue of a language stands."""
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def languages() -> list[str]:
    """Return the languages that have a catalogue."""
    return sorted(path.parts[-3] for path in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"))


def compile_changed() -> None:
    """Compile the catalogues that changed, as `make translations` does, for whoever calls pytest alone."""
    for language in languages():
        source = path_of(language)
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            fresh = compiled.with_suffix(f".mo.{os.getpid()}")
            with fresh.open("wb") as file:
                write_mo(file, read(language))
            fresh.replace(compiled)


def written(catalogue: Catalog) -> bytes:
    """Return a catalogue as it stands in its file: sorted, without lines, dates and names that change by themselves."""
    fresh = Catalog(locale=catalogue.locale)
    for words in said():
        before = catalogue.get(words if isinstance(words, str) else words[0])
        fresh.add(words, before.string if before is not None and before.string and not before.fuzzy else None)
    out = BytesIO()
    write_po(out, fresh, width=None, no_location=True, omit_header=True, sort_output=True)
    head = HEADER.format(language=catalogue.locale, plural=catalogue.plural_forms)
    return head.encode() + out.getvalue()


def faults(language: str, catalogue: Catalog) -> Iterator[str]:
    """Say what a catalogue lacks of what the code says, and where its words break a placeholder."""
    for words in said():
        entry = catalogue.get(words if isinstance(words, str) else words[0])
        if entry is None:
            yield f"{language}: not in the catalogue, run make catalogues: {words!r}"
        elif not all(entry.string if isinstance(entry.string, tuple) else [entry.string]):
            yield f"{language}: no translation: {words!r}"
        else:
            yield from _flaws(language, entry, catalogue)
    known = {entry.id for entry in catalogue if entry.id}
    yield from (f"{language}: nobody says this any more, run make catalogues: {words!r}" for words in known - said())


def _flaws(language: str, entry: Message, catalogue: Catalog) -> Iterator[str]:
    if entry.fuzzy:
        yield f"{language}: fuzzy: {entry.id!r}"
    forms = entry.string if isinstance(entry.string, tuple) else (entry.string,)
    one, more = (entry.id, entry.id) if isinstance(entry.id, str) else (entry.id[0], entry.id[-1])
    sources = [one, *[more] * (len(forms) - 1)]  # of one thing the number may be a word
    if isinstance(entry.string, tuple) and len(forms) != catalogue.num_plurals:
        yield f"{language}: {len(forms)} plural forms, not {catalogue.num_plurals}: {entry.id!r}"
    if any(
        sorted(PLACEHOLDER.findall(form)) != sorted(PLACEHOLDER.findall(source))
        for form, source in zip(forms, sources, strict=True)
    ):
        yield f"{language}: other placeholders than the source: {entry.id!r}"


def _ours(folder: str | Path) -> bool:
    return not Path(folder).name.startswith((".", "_")) or Path(folder).name == "_macros"


def main() -> int:
    """Update the catalogues, or with --check say what is wrong with them."""
    if "--check" in sys.argv:
        found = [fault for language in TRANSLATED for fault in faults(language, read(language))]
        sys.stderr.writelines(f"{fault}\n" for fault in found)
        return 1 if found else 0
    for language in sorted({*TRANSLATED, *languages()}):
        path = path_of(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(read(language)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
