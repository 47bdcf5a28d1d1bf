"""The first visible sheet of a workbook (XLSX; ECMA-376, part 1, 18), row by row, with each of its tags counted.

openpyxl builds an object of whatever a file holds, and a whole row before it looks at one cell of it: a file of 39 kB
with a million cells in one row cost 19 seconds and half a gigabyte. Here nothing is kept but what the cells say.
"""

import posixpath
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from xml.parsers import expat
from zipfile import ZipFile

from s3chem_events.core.later import Later

if TYPE_CHECKING:
    import openpyxl.styles.numbers
    import openpyxl.utils.datetime
else:
    openpyxl = Later("openpyxl")

MOST_TAGS = 700_000
"""Opened and closed in all parts that are read: 10,000 people with 10 columns, of which six differ from row to row."""
PIECE = 262_144
"""Bytes that are parsed at a time. No tag, and no text of a cell, is as long (32,767 signs at most, says Excel)."""
LAST_ROW = 100_000
"""What says it stands further down is not read."""
LONGEST_FORMAT = 255

Tag = tuple[str, dict[str, str] | None, str]
"""A name, with its attributes where it opens; with None and the text before it where it closes."""


class TooMuch(ValueError):
    """There is more in the file than in any list of people."""


class Workbook:
    """What an open archive holds; `left` is how many tags it may have still."""

    def __init__(self, archive: ZipFile) -> None:
        """Read what tells which part is the sheet, and how its cells are to be understood."""
        self.archive, self.left = archive, MOST_TAGS
        parts = {one["Id"]: one for one in self._opening("xl/_rels/workbook.xml.rels", "Relationship")}
        kinds = {one["Type"].rpartition("/")[2]: one["Target"] for one in parts.values()}
        self.starts_1904 = any(
            one.get("date1904") in {"1", "true"} for one in self._opening("xl/workbook.xml", "workbookPr")
        )
        ids = [_id_of(one) for one in self._opening("xl/workbook.xml", "sheet") if not _is_hidden(one)]
        self.sheet = next(parts[one]["Target"] for one in ids if parts[one]["Type"].endswith("/worksheet"))
        self.texts = list(self._texts(_path(kinds["sharedStrings"]))) if "sharedStrings" in kinds else []
        self.formats = list(self._formats(_path(kinds["styles"]))) if "styles" in kinds else []

    def rows(self, *, most_columns: int) -> Iterator[tuple[int, list[Any]]]:
        """Yield the number and the values of each row with something in it, up to its last filled cell."""
        number, column, kind, style, text = 0, 0, "", 0, ""
        row: dict[int, Any] = {}
        for tag, opened, said in self._tags(_path(self.sheet)):
            if opened is not None:
                if tag == "c":
                    column = _column(opened["r"]) if "r" in opened else column + 1
                    kind, style, text = opened.get("t", "n"), int(opened.get("s", 0)), ""
                elif tag == "row":
                    number, column, row = int(opened.get("r", number + 1)), 0, {}
            elif tag == "v" or (tag == "t" and kind == "inlineStr"):
                text += said
            elif tag == "c" and column <= most_columns and text.strip():
                value = self._value(kind, style, text)
                if not isinstance(value, str) or value.strip():
                    row[column] = value
            elif tag == "row" and row and 0 < number <= LAST_ROW:
                yield number, [row.get(place) for place in range(1, max(row) + 1)]

    def _value(self, kind: str, style: int, text: str) -> Any:
        if kind == "s":
            return self.texts[int(text)]
        if kind == "b":
            return bool(int(text))
        if kind == "d":
            return openpyxl.utils.datetime.from_ISO8601(text)
        if kind != "n":
            return text
        number = int(text) if text.isdecimal() else float(text)
        is_date, is_span = _meaning(self.formats[style]) if style < len(self.formats) else (False, False)
        return self._moment(number, is_span=is_span) if is_date else number

    def _moment(self, number: float, *, is_span: bool) -> Any:
        dates = openpyxl.utils.datetime
        epoch: datetime = dates.MAC_EPOCH if self.starts_1904 else dates.WINDOWS_EPOCH
        try:
            return dates.from_excel(number, epoch, timedelta=is_span)
        except (OverflowError, ValueError):  # no day of any calendar
            return "#VALUE!"

    def _texts(self, part: str) -> Iterator[str]:
        """Yield the texts that cells name by their numbers, without how they are pronounced."""
        text, is_sound = "", False
        for tag, opened, said in self._tags(part):
            if tag == "rPh":
                is_sound = opened is not None
            elif tag == "t" and not is_sound:
                text += said
            elif tag == "si" and opened is None:
                yield text
                text = ""

    def _formats(self, part: str) -> Iterator[str]:
        """Yield how numbers are written in each style that cells name by its number."""
        own: dict[int, str] = {}
        is_named = False
        for tag, opened, _said in self._tags(part):
            if tag == "cellXfs":
                is_named = opened is not None
            elif tag == "numFmt" and opened is not None:
                own[int(opened["numFmtId"])] = opened["formatCode"][:LONGEST_FORMAT]
            elif tag == "xf" and opened is not None and is_named:
                number = int(opened.get("numFmtId", 0))
                yield own.get(number) or openpyxl.styles.numbers.BUILTIN_FORMATS.get(number, "General")

    def _opening(self, part: str, wanted: str) -> Iterator[dict[str, str]]:
        return (opened for tag, opened, _said in self._tags(part) if tag == wanted and opened is not None)

    def _tags(self, part: str) -> Iterator[Tag]:
        """Yield the tags of a part as they come.

        Raises:
            TooMuch, ValueError, expat.ExpatError.

        """
        tags, said = list[Tag](), list[str]()
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.CharacterDataHandler = said.append
        parser.StartDoctypeDeclHandler = _refuse

        known = _Names()

        def open_(name: str, attributes: dict[str, str]) -> None:
            said.clear()
            tags.append((known[name], attributes, ""))

        def close(name: str) -> None:
            tags.append((known[name], None, "".join(said)))
            said.clear()

        parser.StartElementHandler, parser.EndElementHandler = open_, close
        whole = self.archive.read(part)
        self.left -= whole.count(b"<") + whole.count(b"/>")
        if self.left < 0:
            raise TooMuch
        for start in range(0, len(whole), PIECE):
            piece = whole[start : start + PIECE]
            if len(piece) == PIECE and b">" not in piece:
                raise ValueError(part)
            parser.Parse(piece)
            yield from tags
            tags.clear()
        parser.Parse(b"", True)  # noqa: FBT003 - expat's own signature
        yield from tags


class _Names(dict[str, str]):
    """The names of tags without their namespaces, each looked at once."""

    def __missing__(self, name: str) -> str:
        """Keep what stands behind the namespace."""
        self[name] = name.rpartition(" ")[2]
        return self[name]


def _refuse(*_doctype: object) -> None:
    """A document type can define entities that grow without end; no workbook has one."""
    raise ValueError


@lru_cache(maxsize=1_000)
def _meaning(code: str) -> tuple[bool, bool]:
    """Say whether a format shows a number as a moment, and whether as a span of time."""
    numbers = openpyxl.styles.numbers
    return bool(numbers.is_date_format(code)), bool(numbers.is_timedelta_format(code))


def _column(place: str) -> int:
    """Return the number of a cell's column: 28 for AB12."""
    number = 0
    for letter in place.rstrip("0123456789"):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def column_name(number: int) -> str:
    """Return how a spreadsheet calls a column: AB for 28."""
    name = ""
    while number:
        number, letter = divmod(number - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def _is_hidden(sheet: dict[str, str]) -> bool:
    return sheet.get("state", "visible") != "visible"


def _id_of(sheet: dict[str, str]) -> str:
    """Return the id by which a sheet names its part; its attribute has one of two namespaces."""
    return next(value for name, value in sheet.items() if name.endswith(" id"))


def _path(target: str) -> str:
    """Return the name of a part in the archive; the workbook names it from its own folder, or from the top."""
    return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
