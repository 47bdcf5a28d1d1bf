"""Days and runs of days by the patterns of a language, with nothing said twice; pure."""

import re
from collections.abc import Sequence
from datetime import date

from babel import Locale, dates, lists

YEAR_AT_THE_END = re.compile(r"(\s*'\w+')?\s*y+$")
MONTH_AT_THE_END = re.compile(r"(\s*'\w+')?\s*M+$")
DAY_AT_THE_START = re.compile(r"^d+\.?\s*")
FIRST_OF_MONTH = re.compile(r"\b1\b")


def listed(runs: Sequence[tuple[date, date]], here: Locale, pattern: str, dash: str) -> str:
    """Write runs of days, each without the year, and the month, that it shares with the last day of all."""
    end, said = runs[-1][1], list[str]()
    for first, last in runs[:-1]:
        own = pattern
        if first.year == end.year:
            own = YEAR_AT_THE_END.sub("", own)
        if (first.year, first.month) == (end.year, end.month):
            own = MONTH_AT_THE_END.sub("", own)
        said.append(within(first, last, here, own, dash))
    return lists.format_list([*said, within(*runs[-1], here, pattern, dash)], locale=here)


def within(first: date, last: date, here: Locale, pattern: str, dash: str) -> str:
    """Write a range by the language's own pattern, month and year once where they are the same.

    Babel's intervals know only the patterns of CLDR, and shorten month and weekday where the full one is not among them
    (German: `Do., 17. – Fr., 18. Juni`).
    """
    ends = spelled(last, pattern, here)
    if first == last:
        return ends
    if first.year == last.year:
        pattern = YEAR_AT_THE_END.sub("", pattern)
    if (first.year, first.month) == (last.year, last.month):
        pattern = MONTH_AT_THE_END.sub("", pattern)
    else:
        dash = " – "
    return f"{spelled(first, pattern, here)}{dash}{ends}"


def spelled(day: date, pattern: str, here: Locale) -> str:
    """Write a date, or what is said of its day; CLDR lets French say `1 juin`, which is `1er juin` on paper."""
    spelled = str(dates.format_date(day, pattern, here))
    return FIRST_OF_MONTH.sub("1er", spelled, count=1) if here.language == "fr" and day.day == 1 else spelled
