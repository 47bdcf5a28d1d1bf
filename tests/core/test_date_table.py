"""Days, hours, months and numbers as each of the eight languages writes them: one table, read across."""

import re
from datetime import UTC, date, datetime

import pytest

from s3chem_events.core import i18n
from s3chem_events.core.text import LANGUAGES

pytestmark = pytest.mark.one_database

RANGES = {
    "en": ("1–2 August 2027", "30 April – 1 May 2027", "31 December 2027 – 1 January 2028"),
    "de": ("1.–2. August 2027", "30. April – 1. Mai 2027", "31. Dezember 2027 – 1. Januar 2028"),
    "fr": ("1er–2 août 2027", "30 avril – 1er mai 2027", "31 décembre 2027 – 1er janvier 2028"),
    "nl": ("1–2 augustus 2027", "30 april – 1 mei 2027", "31 december 2027 – 1 januari 2028"),
    "it": ("1–2 agosto 2027", "30 aprile – 1 maggio 2027", "31 dicembre 2027 – 1 gennaio 2028"),
    "ca": ("1–2 d’agost del 2027", "30 d’abril – 1 de maig del 2027", "31 de desembre del 2027 – 1 de gener del 2028"),
    "es": ("1–2 de agosto de 2027", "30 de abril – 1 de mayo de 2027", "31 de diciembre de 2027 – 1 de enero de 2028"),
    "pl": ("1–2 sierpnia 2027", "30 kwietnia – 1 maja 2027", "31 grudnia 2027 – 1 stycznia 2028"),
}
IN_FULL = {
    "en": ("Sunday, 1 – Monday, 2 August 2027", "Friday, 30 April – Saturday, 1 May 2027"),
    "de": ("Sonntag, 1. – Montag, 2. August 2027", "Freitag, 30. April – Samstag, 1. Mai 2027"),
    "fr": ("dimanche 1er – lundi 2 août 2027", "vendredi 30 avril – samedi 1er mai 2027"),
    "nl": ("zondag 1 – maandag 2 augustus 2027", "vrijdag 30 april – zaterdag 1 mei 2027"),
    "it": ("domenica 1 – lunedì 2 agosto 2027", "venerdì 30 aprile – sabato 1 maggio 2027"),
    "ca": ("diumenge, 1 – dilluns, 2 d’agost del 2027", "divendres, 30 d’abril – dissabte, 1 de maig del 2027"),
    "es": ("domingo, 1 – lunes, 2 de agosto de 2027", "viernes, 30 de abril – sábado, 1 de mayo de 2027"),
    "pl": ("niedziela, 1 – poniedziałek, 2 sierpnia 2027", "piątek, 30 kwietnia – sobota, 1 maja 2027"),
}
BLOCKS = {
    "en": [("1–2", "August 2027"), ("30 Apr – 1 May", "2027"), ("31 Dec – 1 Jan", "2027–2028")],
    "de": [("1.–2.", "August 2027"), ("30. Apr. – 1. Mai", "2027"), ("31. Dez. – 1. Jan.", "2027–2028")],
    "fr": [("1er–2", "août 2027"), ("30 avr. – 1er mai", "2027"), ("31 déc. – 1er janv.", "2027–2028")],
    "nl": [("1–2", "augustus 2027"), ("30 apr – 1 mei", "2027"), ("31 dec – 1 jan", "2027–2028")],
    "it": [("1–2", "agosto 2027"), ("30 apr – 1 mag", "2027"), ("31 dic – 1 gen", "2027–2028")],
    "ca": [("1–2", "d’agost del 2027"), ("30 d’abr. – 1 de maig", "2027"), ("31 de des. – 1 de gen.", "2027–2028")],
    "es": [("1–2", "de agosto de 2027"), ("30 abr – 1 may", "2027"), ("31 dic – 1 ene", "2027–2028")],
    "pl": [("1–2", "sierpnia 2027"), ("30 kwi – 1 maj", "2027"), ("31 gru – 1 sty", "2027–2028")],
}
MOMENTS = {
    "en": ("1 October 2027, 12:00 CEST", "1 Oct 2027, 12:00", "30 October, 09:30 CEST – 31 October, 15:00 CET"),
    "de": ("1. Oktober 2027, 12:00 MESZ", "01.10.2027, 12:00", "30. Oktober, 09:30 MESZ – 31. Oktober, 15:00 MEZ"),
    "fr": ("1er octobre 2027, 12:00 CEST", "1er oct. 2027, 12:00", "30 octobre, 09:30 CEST – 31 octobre, 15:00 CET"),
    "nl": ("1 oktober 2027, 12:00 CEST", "1 okt 2027, 12:00", "30 oktober, 09:30 CEST – 31 oktober, 15:00 CET"),
    "it": ("1 ottobre 2027, 12:00 CEST", "1 ott 2027, 12:00", "30 ottobre, 09:30 CEST – 31 ottobre, 15:00 CET"),
    "ca": (
        "1 d’octubre del 2027, 12:00 CEST",
        "1 d’oct. 2027, 12:00",
        "30 d’octubre, 09:30 CEST – 31 d’octubre, 15:00 CET",
    ),
    "es": (
        "1 de octubre de 2027, 12:00 CEST",
        "1 oct 2027, 12:00",
        "30 de octubre, 09:30 CEST – 31 de octubre, 15:00 CET",
    ),
    "pl": (
        "1 października 2027, 12:00 CEST",
        "1 paź 2027, 12:00",
        "30 października, 09:30 CEST – 31 października, 15:00 CET",
    ),
}
MONTHS = {
    "ca": "de gener|de febrer|de març|d’abril|de maig|de juny|de juliol|d’agost|de setembre|d’octubre|de novembre|de desembre",  # noqa: E501
    "pl": "stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia",
}
PEOPLE = {
    "en": {1: "1 person", 0: "0 people", 2: "2 people", 12: "12 people", 22: "22 people"},
    "de": {1: "1 Person", 0: "0 Personen", 2: "2 Personen", 12: "12 Personen", 22: "22 Personen"},
    "fr": {1: "1 personne", 0: "0 personne", 2: "2 personnes", 12: "12 personnes", 22: "22 personnes"},
    "nl": {1: "1 persoon", 0: "0 personen", 2: "2 personen", 12: "12 personen", 22: "22 personen"},
    "it": {1: "1 persona", 0: "0 persone", 2: "2 persone", 12: "12 persone", 22: "22 persone"},
    "ca": {1: "1 persona", 0: "0 persones", 2: "2 persones", 12: "12 persones", 22: "22 persones"},
    "es": {1: "1 persona", 0: "0 personas", 2: "2 personas", 12: "12 personas", 22: "22 personas"},
    "pl": {1: "1 osoba", 0: "0 osób", 2: "2 osoby", 5: "5 osób", 12: "12 osób", 22: "22 osoby", 25: "25 osób"},
}
SUMMER = date(2027, 8, 1), date(2027, 8, 2)
SPRING = date(2027, 4, 30), date(2027, 5, 1)
WINTER = date(2027, 12, 31), date(2028, 1, 1)
EVERY = pytest.mark.parametrize("language", LANGUAGES)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_table_knows_every_language():
    for table in (RANGES, IN_FULL, BLOCKS, MOMENTS, PEOPLE):
        assert set(table) == set(LANGUAGES)


APART = {
    "en": ("17–18 Jun, 3 Jul, 21 Oct", "2027", "17–18 June, 3 July and 21 October 2027"),
    "de": ("17.–18. Juni, 3. Juli, 21. Okt.", "2027", "17.–18. Juni, 3. Juli und 21. Oktober 2027"),
    "fr": ("17–18 juin, 3 juil., 21 oct.", "2027", "17–18 juin, 3 juillet et 21 octobre 2027"),
    "nl": ("17–18 jun, 3 jul, 21 okt", "2027", "17–18 juni, 3 juli en 21 oktober 2027"),
    "it": ("17–18 giu, 3 lug, 21 ott", "2027", "17–18 giugno, 3 luglio e 21 ottobre 2027"),
    "ca": ("17–18 de juny, 3 de jul., 21 d’oct.", "2027", "17–18 de juny, 3 de juliol i 21 d’octubre del 2027"),
    "es": ("17–18 jun, 3 jul, 21 oct", "2027", "17–18 de junio, 3 de julio y 21 de octubre de 2027"),
    "pl": ("17–18 cze, 3 lip, 21 paź", "2027", "17–18 czerwca, 3 lipca i 21 października 2027"),
}


@EVERY
def test_days_of_one_month_of_two_and_of_two_years(language: str):
    assert tuple(plain(i18n.short_range(*days, language)) for days in (SUMMER, SPRING, WINTER)) == RANGES[language]


@EVERY
def test_days_with_their_weekdays(language: str):
    assert tuple(plain(i18n.long_date(*days, language)) for days in (SUMMER, SPRING)) == IN_FULL[language]


@EVERY
def test_the_date_block_reads_on_from_figures_to_month(language: str):
    blocks = [i18n.figures_of([days], language) for days in (SUMMER, SPRING, WINTER)]
    assert [tuple(map(plain, block)) for block in blocks] == BLOCKS[language]


@EVERY
def test_runs_of_days_over_months_stand_each_by_itself(language: str):
    days = (date(2027, 6, 17), date(2027, 6, 18)), (date(2027, 7, 3),) * 2, (date(2027, 10, 21),) * 2
    block = i18n.figures_of(days, language)
    assert (*map(plain, block), plain(i18n.short_days(days, language))) == APART[language]


@EVERY
def test_moments_in_full_in_a_column_and_over_the_night_that_ends_summer_time(language: str):
    noon = datetime(2027, 10, 1, 10, tzinfo=UTC)
    night = datetime(2027, 10, 30, 7, 30, tzinfo=UTC), datetime(2027, 10, 31, 14, tzinfo=UTC)
    assert (
        plain(i18n.stamp(noon, "Europe/Warsaw", language)),
        plain(i18n.short_stamp(noon, "Europe/Warsaw", language)),
        plain(i18n.hours(*night, "Europe/Warsaw", language)),
    ) == MOMENTS[language]


@pytest.mark.parametrize("language", MONTHS)
def test_months_are_declined_after_their_day(language: str):
    days = [date(2027, month, 2) for month in range(1, 13)]
    assert [plain(i18n.day_and_month(day, language)) for day in days] == [f"2 {m}" for m in MONTHS[language].split("|")]


@EVERY
def test_the_first_is_an_ordinal_in_french_alone_and_no_other_day_is(language: str):
    starts = [re.match(r"\w+", i18n.day_and_month(date(2027, 1, day), language)) for day in range(1, 32)]
    first = "1er" if language == "fr" else "1"
    assert [found and found[0] for found in starts] == [first, *map(str, range(2, 32))]


@EVERY
def test_numbers_take_the_plural_of_the_language(language: str):
    said = {
        number: i18n.catalogue(language).ungettext("%(num)s person", "%(num)s people", number) % {"num": number}
        for number in PEOPLE[language]
    }
    assert {number: plain(text) for number, text in said.items()} == PEOPLE[language]
