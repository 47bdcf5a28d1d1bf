"""The catalogues: every word of the interface in all eight languages, each set with the marks of its own."""

import re

import pytest
from babel.messages.catalog import Catalog

from s3chem_events.core.text import LANGUAGES
from tests.support import catalogues
from tests.support.catalogues import TRANSLATED, faults, languages, read, said, written

pytestmark = [pytest.mark.one_database, pytest.mark.counted_elsewhere]

MISPRINTS = {
    "fr": re.compile(r"['\"“”]|\.\.\.|[^\u202f\d)][;!?](?!//)|[^\u00a0\w/)*]:|\w:(?!//)|«(?!\u00a0)|(?<!\u00a0)»"),
    "de": re.compile(r"['\"”«»]|\.\.\.| [;:!?]"),
    "nl": re.compile(r"['\"„«»]|\.\.\.| [;:!?]"),
    "it": re.compile(r"['\"„“”]|\.\.\.| [;:!?»]|« "),
    "ca": re.compile(r"['\"„“”]|\.\.\.| [;:!?»]|« |l\.l"),
    "es": re.compile(r"['\"„“”]|\.\.\.| [;:!?»]|« |^[^¿]*\?"),
    "pl": re.compile(r"['\"“«»]|\.\.\.| [;:!?]|\b[aiouwzAIOUWZ] "),
    "en": re.compile(r"['\"]|\.\.\."),
}
"""What no text of the language holds: typewriter quotes and dots, and in French a plain space where none may break."""

BEFORE_A_DATE = re.compile(
    r"\b(il|al|dal|del|nel|sul|fino a|el|pel) %\((moment|date|dates|day|first|last|until|when)\)s", re.IGNORECASE
)
"""An article, which Italian and Catalan would have to shorten before 1, 8 and 11: l’8 giugno, l’11 de juny."""


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_word_of_the_interface_is_translated(language):
    assert list(faults(language, read(language))) == []


def test_all_eight_languages_have_words():
    assert languages() == sorted(TRANSLATED) == sorted(set(LANGUAGES) - {"en"})
    assert len(TRANSLATED) == 7


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_count_has_as_many_forms_as_the_language(language):
    assert read(language).num_plurals == (3 if language == "pl" else 2)


def test_make_catalogues_would_change_nothing():
    stale = [
        language for language in languages() if written(read(language)) != catalogues.path_of(language).read_bytes()
    ]
    assert stale == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translation_is_set_as_its_language_is_printed(language):
    printed = [form for entry in read(language) if entry.id for form in _forms(entry.string)]
    assert [text for text in printed if MISPRINTS[language].search(text)] == []


@pytest.mark.parametrize("language", ["it", "ca"])
def test_no_article_stands_before_a_date_that_might_shorten_it(language):
    assert BEFORE_A_DATE.search("Iscrizioni chiuse il %(moment)s.")
    printed = [form for entry in read(language) if entry.id for form in _forms(entry.string)]
    assert [text for text in printed if BEFORE_A_DATE.search(text)] == []


def test_every_source_is_set_as_english_is_printed():
    printed = [form for words in said() for form in _forms(words)]
    assert [text for text in printed if MISPRINTS["en"].search(text)] == []


def test_the_check_finds_a_missing_a_fuzzy_a_broken_and_a_stale_entry():
    catalogue = Catalog(locale="fr")
    catalogue.add("Country", "Pays", flags=["fuzzy"])
    catalogue.add("Page %(page)s of %(pages)s", "Page %(page)s sur %(page)s", flags=["python-format"])
    catalogue.add(("%(num)s e-mail", "%(num)s e-mails"), ("%(num)s courriel",), flags=["python-format"])
    catalogue.add("Region")
    catalogue.add("Nobody says this", "Personne ne le dit")
    found = set(faults("fr", catalogue))
    assert {
        "fr: fuzzy: 'Country'",
        "fr: other placeholders than the source: 'Page %(page)s of %(pages)s'",
        "fr: 1 plural forms, not 2: ('%(num)s e-mail', '%(num)s e-mails')",
        "fr: no translation: 'Region'",
        "fr: not in the catalogue, run make catalogues: 'Family name'",
        "fr: nobody says this any more, run make catalogues: 'Nobody says this'",
    } <= found
    assert len(found) == len(said()) + 1


def _forms(words: str | tuple[str, ...]) -> tuple[str, ...]:
    return words if isinstance(words, tuple) else (words,)
