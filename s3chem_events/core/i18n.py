"""Words in a named language, outside of any request: for e-mails, calendars and the worker.

Inside a request the templates use Flask-Babel, with the same catalogues.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from babel import Locale, dates, lists, localedata, numbers
from babel.core import get_global
from babel.support import NullTranslations, Translations
from flask import Flask, g, request
from flask_babel import Babel, Domain, get_locale
from flask_babel import gettext as flask_gettext
from werkzeug.datastructures import LanguageAccept

from s3chem_events.core import day_ranges
from s3chem_events.core.text import DEFAULT, LANGUAGES

WITHIN_A_DAY = re.compile(r"(?<!–) (?!–)")
LITTLE_WORD = re.compile(r"\b(del?) ")
NAMES_ITS_HOURS = {"de"}
"""Languages with names of their own for the hours of Europe (MEZ, MESZ); CLDR gives French bare offsets."""
COUNTRY = re.compile("[A-Z]{2}")
NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "ZZ", "XA", "XB", "AC", "CP", "DG", "EA", "IC", "TA"})
"""Codes that Babel lists beside ISO 3166-1: groupings, islands without a code of their own, pseudo-locales."""
UNSAID = (
    *("currency_names", "currency_names_plural", "compact_currency_formats", "compact_decimal_formats", "scripts"),
    *("unit_display_names", "compound_unit_patterns", "interval_formats", "variants"),
)
UNASKED = ("likely_subtags", "territory_languages", "territory_currencies", "windows_zone_mapping", "all_currencies")
"""What Babel knows of units, currencies and the world's languages, and no page says: 3 MB with all eight languages."""
CATALOGUES = Path(__file__).parents[1] / "translations"


@lru_cache(maxsize=16)
def catalogue(language: str) -> NullTranslations:
    """Return the catalogue of a language; English is the source."""
    return Translations.load(CATALOGUES, [language])


def words(language: str) -> Callable[..., str]:
    """Return `_` for a language: `_("Cancelled: %(title)s", title=…)`."""
    gettext = catalogue(language).ugettext

    def _(message: str, /, **values: object) -> str:
        return gettext(message) % values if values else gettext(message)

    return _


def file_words(kind: str, size: int, language: str) -> str:
    """Say what a file is and how large: `PDF, 312 kB`."""
    number = numbers.format_decimal(max(1, round(size / 1000)), locale=locale(language))
    return f"{kind.upper()}, {number} kB"


@lru_cache(maxsize=16)
def locale(language: str) -> Locale:
    """Return Babel's locale; dates in English are written the British way, as in the Union's texts."""
    found = Locale.parse("en_GB" if language == "en" else language)
    _lighten(found)
    return found


def _lighten(found: Locale) -> None:
    """Let go of what no page says."""
    for name in ("root", found.language, str(found)):
        said = localedata.load(name)
        for words_of in UNSAID:
            said.pop(words_of, None)
        units = said.get("unit_patterns", {})
        for unit in [unit for unit in units if not unit.startswith("duration-")]:  # time limits are said in words
            del units[unit]
    for table in UNASKED:
        cast("Any", get_global)(table).clear()


def long_date(first: date, last: date, language: str) -> str:
    """Write a day or days in full, with weekdays and the year: `Thursday, 17 – Friday, 18 June 2027`."""
    here = locale(language)
    return day_ranges.within(first, last, here, here.date_formats["full"].pattern, " – ")


def short_range(first: date, last: date, language: str) -> str:
    """Write a day or days without weekdays: `17–18 June 2027`."""
    here = locale(language)
    return day_ranges.within(first, last, here, here.date_formats["long"].pattern, "–")


def listed(words: Sequence[str], language: str) -> str:
    """Put words into a list: `Płock, Łódź and online`."""
    return lists.format_list(words, locale=locale(language))


def long_days(runs: Sequence[tuple[date, date]], language: str) -> str:
    """Write runs of days in full, as `long_date` does: `Thursday, 17 June and Friday, 22 October 2027`."""
    here = locale(language)
    return day_ranges.listed(runs, here, here.date_formats["full"].pattern, " – ")


def short_days(runs: Sequence[tuple[date, date]], language: str) -> str:
    """Write runs of days without weekdays, as `short_range` does: `20 and 22 October 2027`."""
    here = locale(language)
    return day_ranges.listed(runs, here, here.date_formats["long"].pattern, "–")


def day_and_month(day: date, language: str) -> str:
    """Write a day without its year: `18 June`."""
    return days_and_months(day, day, language)


def days_and_months(first: date, last: date, language: str) -> str:
    """Write a day or days of one year without it: `17–18 June`; those of two years as `short_range` does."""
    if first.year != last.year:
        return short_range(first, last, language)
    here = locale(language)
    return day_ranges.within(
        first, last, here, day_ranges.YEAR_AT_THE_END.sub("", here.date_formats["long"].pattern), "–"
    )


def figures_of(runs: Sequence[tuple[date, date]], language: str) -> tuple[str, str]:
    """Return figures and month of runs of days for the date block: `("17–18", "June 2027")`, `("20, 22", …)`.

    The month stands as it does after its day, for both are read as one: `czerwca 2027`, `de juny del 2027`. Over
    several months each run has its own: `("17–18 Jun, 3 Jul", "2027")`.
    """
    here = locale(language)
    first, last = runs[0][0], runs[-1][1]
    if (first.year, first.month) == (last.year, last.month):
        whole = here.date_formats["long"].pattern
        alone = day_ranges.MONTH_AT_THE_END.sub("", day_ranges.YEAR_AT_THE_END.sub("", whole))
        figures = ", ".join("–".join(day_ranges.spelled(day, alone, here) for day in sorted({*run})) for run in runs)
        month = str(dates.format_date(first, day_ranges.DAY_AT_THE_START.sub("", whole), here))
        return figures, LITTLE_WORD.sub("\\1\N{NO-BREAK SPACE}", month)
    short = here.datetime_skeletons["MMMd"].pattern
    whole = (WITHIN_A_DAY.sub("\N{NO-BREAK SPACE}", day_ranges.within(*run, here, short, "–")) for run in runs)
    return ", ".join(whole), str(last.year) if first.year == last.year else f"{first.year}–{last.year}"


def clock(moment: datetime, zone: str, language: str) -> str:
    """Write the local time of a moment: `09:30`."""
    return str(dates.format_time(moment.astimezone(ZoneInfo(zone)), "HH:mm", locale=locale(language)))


def clock_there(moment: datetime, zone: str, language: str) -> str:
    """Write the local time of a moment for readers elsewhere, with the short name of the zone: `09:30 CEST`."""
    return f"{clock(moment, zone, language)} {_hours_of(moment, zone, language)}"


def hours(starts: datetime, ends: datetime, zone: str, language: str) -> str:
    """Write the hours in the event's zone, with its short name: `09:30–16:00 CEST`.

    Over midnight each stands with its day, else they read as the hours of every day:
    `29 March, 09:30 – 30 March, 16:00 CEST`.
    """
    from_, to = (moment.astimezone(ZoneInfo(zone)) for moment in (starts, ends))
    first, until = _start(starts, ends, zone, language), clock_there(ends, zone, language)
    if from_.date() == to.date():
        return f"{first}–{until}" if first == clock(starts, zone, language) else f"{first} – {until}"
    days = [day_and_month(moment.date(), language) for moment in (from_, to)]
    return f"{days[0]}, {first} – {days[1]}, {until}"


def through(starts: datetime, ends: datetime, zone: str, language: str) -> str:
    """Write what goes on behind a first day: `09:30 – Tuesday, 30 March 2027, 16:00 CEST`."""
    last = ends.astimezone(ZoneInfo(zone)).date()
    until = f"{long_date(last, last, language)}, {clock_there(ends, zone, language)}"
    return f"{_start(starts, ends, zone, language)} – {until}"


def stamp(moment: datetime, zone: str, language: str) -> str:
    """Write a moment in full: `1 June 2027, 12:00 CEST`."""
    day = moment.astimezone(ZoneInfo(zone)).date()
    return f"{short_range(day, day, language)}, {clock_there(moment, zone, language)}"


def span(starts: datetime, ends: datetime, zone: str, language: str) -> str:
    """Write from when to when in one line, each day once: `17 June 2027, 09:30 – 18 June 2027, 16:00 CEST`."""
    from_, to = (moment.astimezone(ZoneInfo(zone)).date() for moment in (starts, ends))
    if from_ == to:
        return f"{short_range(from_, to, language)}, {hours(starts, ends, zone, language)}"
    first = f"{short_range(from_, from_, language)}, {_start(starts, ends, zone, language)}"
    return f"{first} – {stamp(ends, zone, language)}"


def _start(starts: datetime, ends: datetime, zone: str, language: str) -> str:
    """Write the hour at which something starts, with its zone's name where clocks change before it ends."""
    named = [_hours_of(moment, zone, language) for moment in (starts, ends)]
    first = clock(starts, zone, language)
    return first if named[0] == named[1] else f"{first} {named[0]}"


def _hours_of(moment: datetime, zone: str, language: str) -> str:
    """Name the hours of a zone at a moment, short: `CEST`."""
    local = moment.astimezone(ZoneInfo(zone))
    name = str(dates.get_timezone_name(local, "short", locale=locale(language)))
    return name if language in NAMES_ITS_HOURS and name.isalpha() else local.strftime("%Z")


def short_stamp(moment: datetime, zone: str, language: str) -> str:
    """Write a moment for a column of a table: `1 Jun 2027, 12:00`."""
    here = locale(language)
    day = day_ranges.spelled(moment.astimezone(ZoneInfo(zone)), here.date_formats["medium"].pattern, here)
    return f"{day}, {clock(moment, zone, language)}"


@lru_cache(maxsize=16)
def countries(language: str) -> dict[str, str]:
    """Return the countries of ISO 3166-1 by their codes, each with its name."""
    territories = {str(code): str(name) for code, name in locale(language).territories.items()}
    return {code: name for code, name in territories.items() if COUNTRY.fullmatch(code) and code not in NO_COUNTRIES}


def country_name(code: str, language: str) -> str:
    """Return the name of a country by its ISO 3166-1 code; the code itself where it has no name."""
    return str(locale(language).territories.get(code, code))


def language_name(code: str, language: str) -> str:
    """Return the name of a language as another one calls it: in French, German is `allemand`."""
    return str(locale(language).languages.get(code, code))


def joined(first: str, second: str) -> str:
    """Put a dash between two titles, which may hold colons of their own; one that comes twice stands once."""
    return first if first == second else f"{first} – {second}"


class OneCatalogue(Domain):  # type: ignore[misc] # Flask-Babel has no types
    """What Flask-Babel says out of the catalogues that are loaded anyway; a second copy takes 0.6 MB a language."""

    def get_translations(self) -> NullTranslations:
        """Return the words in the language of the request."""
        return catalogue(str(get_locale() or DEFAULT))


babel = Babel()
babel.domain_instance = OneCatalogue()


def gettext(message: str, /, **values: object) -> str:
    """Return a message in the language of the running request."""
    return str(flask_gettext(message, **values))


def bind(app: Flask) -> None:
    """Let templates speak the language of the address, `/<lang>/…`; at the desk that of the organiser."""
    app.config.update(BABEL_DEFAULT_LOCALE="en", BABEL_TRANSLATION_DIRECTORIES=str(CATALOGUES))
    babel.init_app(app, locale_selector=language)


def language() -> str:
    """Return the language of the running request: of its address, else the one set on it, else the browser's.

    The address counts even where it leads nowhere: who mistypes a French page is told so in French.
    """
    chosen = (request.view_args or {}).get("lang") or g.get("language") or request.path.split("/")[1]
    if chosen in LANGUAGES:
        return str(chosen)
    return preferred(request.accept_languages)


def preferred(header: LanguageAccept) -> str:
    """Return the visitor's language out of an Accept-Language header."""
    return header.best_match(list(LANGUAGES)) or DEFAULT
