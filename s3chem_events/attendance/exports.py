"""Lists of participants as files: CSV, XLSX and JSON, each made while it is being sent, never whole in memory."""

import csv
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

from s3chem_events.core.i18n import words
from s3chem_events.core.later import Later
from s3chem_events.core.text import UNWRITABLE
from s3chem_events.registration import participants
from s3chem_events.registration.participants import COLUMNS, Wanted

if TYPE_CHECKING:
    import xlsxwriter
    import xlsxwriter.utility
    from msoffcrypto.format import ooxml
else:
    ooxml = Later("msoffcrypto.format.ooxml")
    xlsxwriter = Later("xlsxwriter")

Rows = Iterable[Sequence[tuple[Any, ...]]]
"""Batches of rows, of texts; a workbook may hold numbers (Decimal) and days (date) besides."""
DELIMITERS = {"comma": ",", "semicolon": ";"}
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
BOM = "\ufeff"
# What a spreadsheet takes for a formula (OWASP, "CSV Injection"), also in the fullwidth forms, and also behind a comma,
# a semicolon or a tab: a file opened where another sign divides is split there, whatever its quotes say.
SIGNS = frozenset("=+-@\t\r\n＝＋－＠")
FORMULA = re.compile(rf"(^|[,;\t\r\n]\"*)(?=[{re.escape(''.join(SIGNS))}])")
DAY_STYLE = re.compile(rb'<col [^>]*style="([0-9]+)"')
FIRST_DAY = date(1899, 12, 30)
"""Day 0 of spreadsheets, for all days from March 1900 on."""
DIMENSION = re.compile(rb"<dimension [^>]*/>")
SHEET = "xl/worksheets/sheet1.xml"
WIDTHS = {"reference": 13, "email": 32, "organisation": 40, "organisation_type": 24, "days": 28, "registered_at": 22}
USUAL_WIDTH = 16


def header(columns: Sequence[str], language: str, more: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the names of the columns as an organiser reads them; `more` are those of the organisers' own questions."""
    _ = words(language)
    labels = {
        "reference": _("Reference"),
        "state": _("Status"),
        "part": _("Part"),
        "mode": _("Mode"),
        "given_name": _("Given name"),
        "family_name": _("Family name"),
        "email": _("E-mail"),
        "organisation": _("Organisation"),
        "organisation_type": _("Type of organisation"),
        "country": _("Country"),
        "days": _("Days on site"),
        "region": _("Region"),
        "language": _("Language"),
        "registered_at": _("Registered at (UTC)"),
        "phone": _("Telephone"),
        "waiting_position": _("Position in the waiting list"),
        "delegation": _("Delegation"),
        "present": _("Present"),
    }
    return _numbered([labels.get(column) or (more or {}).get(column, column) for column in columns])


def _numbered(names: Sequence[str]) -> tuple[str, ...]:
    """Tell equal names apart: by them a spreadsheet finds its columns."""
    seen = Counter[str]()
    found = []
    for name in names:
        seen[name] += 1
        found.append(f"{name} ({seen[name]})" if seen[name] > 1 else name)
    return tuple(found)


def taken(event_id: int, wanted: Wanted, *, form: str, more: Sequence[str] = ()) -> dict[str, Any]:
    """Return what is noted of a list that leaves: its columns, how many rows; not what was searched for, a name."""
    return {
        "event": event_id,
        "format": form,
        "rows": participants.participation_count(event_id, wanted),
        "columns": [*COLUMNS, *more],
        "filtered": wanted.filtered,
    }


def file(
    form: str,
    batches: Rows,
    *,
    language: str | None = None,
    delimiter: str = "comma",
    more: Mapping[str, str] | None = None,
) -> Iterator[bytes]:
    """Yield a file of one of the TYPES; `more` names the columns at the end, of the organisers' own questions.

    Without a language, and in JSON always, the columns are named by their ids.
    """
    columns = (*COLUMNS, *(more or ()))
    names = header(columns, language, more) if language else columns
    return table(form, batches, names=names, columns=columns, delimiter=delimiter)


def table(
    form: str, batches: Rows, *, names: Sequence[str], columns: Sequence[str], delimiter: str = "comma"
) -> Iterator[bytes]:
    """Yield any table as a file of one of the TYPES: columns named for people, in JSON by their ids."""
    if form == "json":
        return json_file(batches, names=columns)
    if form == "xlsx":
        return xlsx_file(batches, names=names, columns=columns)
    return csv_file(batches, names=names, delimiter=DELIMITERS[delimiter])


def csv_file(batches: Rows, *, names: Sequence[str], delimiter: str = ",") -> Iterator[bytes]:
    """Yield a CSV file: UTF-8 with a byte order mark, as spreadsheets want it, formulas defused."""
    buffer = io.StringIO()
    buffer.write(BOM)
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow(names)
    for batch in batches:
        writer.writerows([defused(value) for value in row] for row in batch)
        yield _drain(buffer)
    if rest := _drain(buffer):
        yield rest


def json_file(batches: Rows, *, names: Sequence[str]) -> Iterator[bytes]:
    """Yield a JSON array with one object a row."""
    before = "[\n"
    for batch in batches:
        objects = (json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in batch)
        yield (before + ",\n".join(objects)).encode()
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"


def xlsx_file(batches: Rows, *, names: Sequence[str], columns: Sequence[str]) -> Iterator[bytes]:
    """Yield a workbook of texts, and of numbers and days where rows hold such: nothing in it is ever calculated.

    XlsxWriter makes the workbook with its heading; the rows are put into its one sheet on the way out, because the
    library itself can hand over nothing before the last row is known (docs/decisions/0005).
    """
    sink = _Sink()
    with (
        zipfile.ZipFile(io.BytesIO(_template(names, columns))) as template,
        zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as out,
    ):
        for name in template.namelist():
            if name != SHEET:
                out.writestr(name, template.read(name))
        # The template's own size would hide the rows from readers that believe it; it may be left out.
        before, end, after = DIMENSION.sub(b"", template.read(SHEET)).partition(b"</sheetData>")
        day = next(iter(DAY_STYLE.findall(before)), b"0").decode()
        letters = [xlsxwriter.utility.xl_col_to_name(index) for index in range(len(names))]
        number = 1
        with out.open(SHEET, "w") as sheet:
            sheet.write(before)
            yield sink.take()
            for batch in batches:
                sheet.write("".join(_row(letters, n, row, day) for n, row in enumerate(batch, number + 1)).encode())
                number += len(batch)
                if sent := sink.take():
                    yield sent
            sheet.write(end + after)
    yield sink.take()


def locked(workbook: bytes, passphrase: str) -> bytes:
    """Return a workbook that asks for its passphrase: AES-256, as spreadsheets lock theirs (MS-OFFCRYPTO 2.3.4.10)."""
    sealed = io.BytesIO()
    ooxml.OOXMLFile(io.BytesIO(workbook)).encrypt(passphrase, sealed)
    return sealed.getvalue()


def defused(value: str) -> str:
    """Return a value that no spreadsheet calculates; `+49 391 1234` stays readable behind its apostrophe."""
    # Four looks that nearly every value passes: the pattern alone would take most of the time of a file.
    if value[:1] not in SIGNS and ";" not in value and "," not in value and value.isprintable():
        return value
    return FORMULA.sub(r"\1'", value)


def _drain(buffer: io.StringIO) -> bytes:
    written = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return written.encode()


def _row(letters: list[str], number: int, values: tuple[Any, ...], day: str) -> str:
    cells = "".join(
        f'<c r="{letter}{number}" t="inlineStr"><is><t xml:space="preserve">{_escaped(value)}</t></is></c>'
        if isinstance(value, str)
        else _typed(f"{letter}{number}", value, day)
        for letter, value in zip(letters, values, strict=True)
    )
    return f'<row r="{number}">{cells}</row>'


def _typed(place: str, value: Decimal | date, day: str) -> str:
    """Write a number, or a day as the number by which spreadsheets know it (ECMA-376, part 1, 18.17.4.1)."""
    if isinstance(value, Decimal):
        return f'<c r="{place}"><v>{value:f}</v></c>'
    return f'<c r="{place}" s="{day}"><v>{(value - FIRST_DAY).days}</v></c>'


def _escaped(value: str) -> str:
    return escape(UNWRITABLE.sub("", value), quote=False)


def _template(names: Sequence[str], columns: Sequence[str]) -> bytes:
    """Make the workbook without rows: its heading bold and held in place, each column with a fitting width."""
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        bold = workbook.add_format({"bold": True})
        sheet.set_column(len(names), len(names), None, workbook.add_format({"num_format": "yyyy-mm-dd"}))  # to name it
        for index, (name, column) in enumerate(zip(names, columns, strict=True)):
            sheet.set_column(index, index, WIDTHS.get(column, USUAL_WIDTH))
            sheet.write_string(0, index, name, bold)
        sheet.freeze_panes(1, 0)
    return kept.getvalue()


class _Sink(io.RawIOBase):
    """Takes what the archive writes and gives it away at once; it cannot be rewound, and zipfile knows how."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, chunk: bytes) -> int:  # type: ignore[override] # zipfile writes bytes
        self.chunks.append(bytes(chunk))
        return len(chunk)

    def take(self) -> bytes:
        taken = b"".join(self.chunks)
        self.chunks.clear()
        return taken
