"""Tables that people bring along, as a file or pasted: CSV in any usual encoding, XLSX; bytes in, rows of texts out.

What is brought may be anything: its size, its rows and what it unpacks to are bounded before it is read.
"""

import csv
import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any
from xml.parsers.expat import ExpatError

from s3chem_events.core import workbooks
from s3chem_events.core.errors import Refused
from s3chem_events.core.values import frozen

MOST_BYTES = 1_000_000
MOST_UNPACKED = 20_000_000
"""What a workbook may unpack to; 10,000 people with 10 columns need a fifth of it."""
MOST_ENTRIES = 2_000
MOST_ROWS = 10_000
MOST_COLUMNS = 100
LONGEST_CELL = 2_000
MOST_SIGNS = 5_000_000
"""In all cells together: in a workbook one long text may stand in each of them, and takes no room in the file."""
LOOKED_AT = 20
"""Rows that tell how a text is divided."""
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
"""What a workbook begins with; and an old one (.xls), or one behind a password."""
DIVIDERS = ",;\t|"
SAYS_DIVIDER = re.compile(rf"sep=([{re.escape(DIVIDERS)}])\r?\n", re.IGNORECASE)
CENTRAL = re.compile(rb"[A-Za-z][\xa3\xa5\xaf\xb3\xb9\xbf]|[\xa3\xa5\xaf\xb3\xb9][a-z]")
"""Letters of Polish beside others: in Western Europe's encoding a pound, a yen or a small digit would stand there."""
BROKEN = (ArithmeticError, EOFError, LookupError, OSError, RuntimeError, StopIteration, ValueError)
"""What is raised over a workbook that is none, beside the errors of ZIP and XML."""


class Unreadable(Refused):
    """What was brought is no table that can be read; the code says why, `most` is a limit that was passed."""

    code = "table_broken"
    status = 422


class TooLarge(Unreadable):
    """The file is larger, or unpacks to more, than a list of people ever would."""

    code = "table_too_large"


class TooManyRows(Unreadable):
    """There are more rows than are taken at once."""

    code = "table_too_many_rows"


class NotATable(Unreadable):
    """It is a file of another kind: a picture, a PDF, an old or a locked workbook."""

    code = "table_of_another_kind"


@frozen
class Row:
    """One row with something in it: its number as a spreadsheet counts, from 1 on, and its cells up to the last filled.

    The cells are trimmed.
    """

    number: int
    cells: tuple[str, ...]

    def __getitem__(self, column: int) -> str:
        """Return what stands in a column, counted from 0; nothing stands beyond the last cell."""
        return self.cells[column] if column < len(self.cells) else ""


def rows_of(data: bytes) -> list[Row]:
    """Read a file; empty rows are left out, of a workbook it is the first visible sheet.

    Raises:
        TooLarge, TooManyRows, NotATable, Unreadable.

    """
    if len(data) > MOST_BYTES:
        raise TooLarge(most=MOST_BYTES)
    if data.startswith(ZIP):
        return _filled(_sheet(data))
    if data.startswith(OLE):
        raise NotATable
    return rows_of_text(_decoded(data))


def rows_of_text(text: str, *, divider: str = "") -> list[Row]:
    """Read what was pasted, or a text file; what divides its columns is found out where it is not known.

    Raises:
        TooLarge, TooManyRows, NotATable, Unreadable.

    """
    if len(text) > MOST_BYTES:
        raise TooLarge(most=MOST_BYTES)
    text = text.removeprefix("\ufeff")
    said = None if divider else SAYS_DIVIDER.match(text)
    if said:
        text = text[said.end() :]
    try:
        divider = divider or (said[1] if said else _divider(text))
        return _filled(enumerate(_divided(text, divider), start=2 if said else 1))
    except csv.Error as error:
        raise Unreadable from error


def _filled(lines: Iterable[tuple[int, Iterable[Any]]]) -> list[Row]:
    found, known, signs = list[Row](), dict[str, str](), 0
    for number, line in lines:
        cells = [known.setdefault(text, text) for text in map(_written, line)]
        signs += sum(map(len, cells))
        if signs > MOST_SIGNS:
            raise TooLarge(most=MOST_SIGNS)
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            if len(found) == MOST_ROWS:
                raise TooManyRows(most=MOST_ROWS)
            found.append(Row(number, tuple(cells)))
    return found


def _written(cell: Any) -> str:
    """Write a cell as it looks: a whole number without a point, a day without an hour."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell).strip()[:LONGEST_CELL].rstrip()


def _decoded(data: bytes) -> str:
    """Return the text: UTF-8 or UTF-16 where it fits, otherwise what Excel writes in the partners' regions."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in data:
        raise NotATable
    else:
        encodings = ["utf-8-sig", "cp1250" if CENTRAL.search(data) else "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not any(c < " " and c not in "\t\r\n\f\v" for c in text):
            return text
    raise NotATable


def _divider(text: str) -> str:
    """Return what divides most of the first rows into the same number of columns, more than one."""

    def likelihood(divider: str) -> tuple[int, int]:
        widths = Counter(len(row) for _, row in zip(range(LOOKED_AT), _divided(text, divider), strict=False) if row)
        return max(((often, width) for width, often in widths.items() if width > 1), default=(0, 0))

    return max(DIVIDERS, key=likelihood)


def _divided(text: str, divider: str) -> Iterator[list[str]]:
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=divider, skipinitialspace=True):
        yield row[:MOST_COLUMNS]


def _sheet(data: bytes) -> Iterator[tuple[int, list[Any]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_unpacked(archive)
            yield from workbooks.Workbook(archive).rows(most_columns=MOST_COLUMNS)
    except workbooks.TooMuch as error:
        raise TooLarge(most=MOST_UNPACKED) from error
    except (zipfile.BadZipFile, zlib.error, ExpatError, *BROKEN) as error:
        raise Unreadable from error


def _check_unpacked(archive: zipfile.ZipFile) -> None:
    """Refuse an archive that would unpack to more than it should: Python reads no more of a part than it declares."""
    parts = archive.infolist()
    if len(parts) > MOST_ENTRIES or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise TooLarge(most=MOST_UNPACKED)
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise NotATable
