"""Dates in words, in each language, with the year and without abbreviations."""

from datetime import UTC, date, datetime

import pytest

from s3chem_events.core import i18n

pytestmark = pytest.mark.one_database

THURSDAY, FRIDAY, JULY, NEXT_YEAR = date(2027, 6, 17), date(2027, 6, 18), date(2027, 7, 2), date(2028, 1, 3)


@pytest.mark.parametrize(
    "language, sentence",
    [
        ("en", "Thursday, 17 – Friday, 18 June 2027"),
        ("de", "Donnerstag, 17. – Freitag, 18. Juni 2027"),
        ("fr", "jeudi 17 – vendredi 18 juin 2027"),
        ("nl", "donderdag 17 – vrijdag 18 juni 2027"),
        ("it", "giovedì 17 – venerdì 18 giugno 2027"),
        ("ca", "dijous, 17 – divendres, 18 de juny del 2027"),
        ("es", "jueves, 17 – viernes, 18 de junio de 2027"),
        ("pl", "czwartek, 17 – piątek, 18 czerwca 2027"),
    ],
)
def test_two_days_in_full_say_month_and_year_once(language: str, sentence: str):
    assert i18n.long_date(THURSDAY, FRIDAY, language).replace("\N{NO-BREAK SPACE}", " ") == sentence


def test_ranges_say_what_differs():
    assert i18n.long_date(FRIDAY, FRIDAY, "en") == "Friday, 18 June 2027"
    assert i18n.long_date(THURSDAY, JULY, "en") == "Thursday, 17 June – Friday, 2 July 2027"
    assert i18n.short_range(THURSDAY, FRIDAY, "en") == "17–18 June 2027"
    assert i18n.short_range(THURSDAY, FRIDAY, "de") == "17.–18. Juni 2027"
    assert i18n.short_range(THURSDAY, JULY, "fr") == "17 juin – 2 juillet 2027"
    assert i18n.short_range(THURSDAY, NEXT_YEAR, "en") == "17 June 2027 – 3 January 2028"
    assert i18n.short_range(FRIDAY, FRIDAY, "pl") == "18 czerwca 2027"


def test_french_says_the_first_of_a_month_and_german_its_own_hours():
    first, at_noon = date(2027, 6, 1), datetime(2027, 6, 1, 10, tzinfo=UTC)
    assert i18n.short_range(first, first, "fr") == "1er juin 2027"
    assert i18n.short_range(date(2027, 6, 11), date(2027, 6, 11), "fr") == "11 juin 2027"
    assert i18n.stamp(at_noon, "Europe/Amsterdam", "fr") == "1er juin 2027, 12:00 CEST"
    assert i18n.stamp(at_noon, "Europe/Amsterdam", "de") == "1. Juni 2027, 12:00 MESZ"
    assert i18n.stamp(at_noon, "Europe/London", "de") == "1. Juni 2027, 11:00 BST"
    assert i18n.stamp(at_noon, "Europe/Amsterdam", "en") == "1 June 2027, 12:00 CEST"


def test_figures_stand_as_the_language_writes_days():
    assert i18n.figures_of([(THURSDAY, FRIDAY)], "en") == ("17–18", "June 2027")
    assert i18n.figures_of([(THURSDAY, FRIDAY)], "de") == ("17.–18.", "Juni 2027")
    assert i18n.figures_of([(FRIDAY, FRIDAY)], "es") == ("18", "de\N{NO-BREAK SPACE}junio de\N{NO-BREAK SPACE}2027")


@pytest.mark.parametrize(
    "language, written",
    [
        ("en", "28 March, 09:30 – 29 March, 16:00 CEST"),
        ("de", "28. März, 09:30 – 29. März, 16:00 MESZ"),
        ("fr", "28 mars, 09:30 – 29 mars, 16:00 CEST"),
    ],
)
def test_hours_over_midnight_stand_with_their_days(language: str, written: str) -> None:
    starts, ends = datetime(2027, 3, 28, 7, 30, tzinfo=UTC), datetime(2027, 3, 29, 14, tzinfo=UTC)
    assert i18n.hours(starts, ends, "Europe/Warsaw", language) == written


def test_where_the_clocks_change_in_between_each_end_has_the_name_of_its_own_hours() -> None:
    night = datetime(2027, 10, 30, 22, 30, tzinfo=UTC), datetime(2027, 10, 31, 7, 30, tzinfo=UTC)
    assert i18n.hours(*night, "Europe/Amsterdam", "en") == "00:30 CEST – 08:30 CET"
    evening = datetime(2027, 10, 30, 20, tzinfo=UTC), night[1]
    assert i18n.hours(*evening, "Europe/Warsaw", "de") == "30. Oktober, 22:00 MESZ – 31. Oktober, 08:30 MEZ"
    assert i18n.span(*evening, "Europe/Warsaw", "en") == "30 October 2027, 22:00 CEST – 31 October 2027, 08:30 CET"
    assert i18n.through(*evening, "Europe/Warsaw", "en") == "22:00 CEST – Sunday, 31 October 2027, 08:30 CET"
