"""The lists of participants as files: nothing is lost, nothing is calculated, nothing is kept in memory."""

import csv
import io
import json

import openpyxl
import pytest

from s3chem_events.attendance import exports
from s3chem_events.registration.participants import COLUMNS

ROW = (
    "S3C-7ZHHEAV",
    "confirmed",
    "day-2",
    "on_site",
    "Żaneta",
    "Źdźbło",
    "z.zdzblo@example.org",
    "Chemiepark „Nord“, Süd; GmbH",
    "sme",
    "PL",
    "Mazovia",
    "pl",
    "2027-01-10T08:00:00Z",
    "0048 600 700 800",
    "",
    "S3D-ABCDEF2",
    "yes",
)
NASTY = {
    '=HYPERLINK("http://evil.example")': '\'=HYPERLINK("http://evil.example")',
    "+49 391 1234": "'+49 391 1234",
    "-1": "'-1",
    "@SUM(A1)": "'@SUM(A1)",
    "\t=1": "'\t'=1",
    "\r=1": "'\r'=1",
    "＝1+1": "'＝1+1",
    "Nord;=1+1": "Nord;'=1+1",
    "Nord; - Süd": "Nord; - Süd",
    "Acme,=1+1,x": "Acme,'=1+1,x",
    'Nord, Süd,"=1+1"': 'Nord, Süd,"\'=1+1"',
    "a=b": "a=b",
    "": "",
    "محمد عبد الله": "محمد عبد الله",
}


def with_name(name: str) -> tuple[str, ...]:
    return (*ROW[:4], name, *ROW[5:])


def the_file(
    form: str, *batches: list[tuple[str, ...]], language: str | None = None, delimiter: str = "comma"
) -> bytes:
    return b"".join(exports.file(form, batches, language=language, delimiter=delimiter))


def test_csv_starts_with_a_byte_order_mark_and_holds_every_letter():
    data = the_file("csv", [ROW], [with_name("张伟")])
    assert data.startswith(b"\xef\xbb\xbfreference,state,part,")
    assert list(csv.reader(io.StringIO(data.decode("utf-8-sig")))) == [
        list(COLUMNS),
        list(ROW),
        list(with_name("张伟")),
    ]


def test_csv_with_semicolons_names_its_columns_in_the_language_of_the_reader():
    data = the_file("csv", [ROW], language="en", delimiter="semicolon")
    header, row = csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";")
    assert header == [
        "Reference",
        "Status",
        "Part",
        "Mode",
        "Given name",
        "Family name",
        "E-mail",
        "Organisation",
        "Type of organisation",
        "Country",
        "Region",
        "Language",
        "Registered at (UTC)",
        "Telephone",
        "Position in the waiting list",
        "Delegation",
        "Present",
    ]
    assert row == list(ROW)


@pytest.mark.parametrize("typed,written", NASTY.items())
def test_formulas_are_defused_and_stay_readable(typed, written):
    assert exports.defused(typed) == written
    data = the_file("csv", [with_name(typed)])
    assert list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))[1][4] == written


@pytest.mark.parametrize("read_only", [True, False])
def test_a_workbook_holds_texts_alone_as_they_were_typed(read_only):
    rows = [ROW, *(with_name(name) for name in NASTY if "\r" not in name), with_name("<b>&amp;\x00\x1f]]>")]
    data = the_file("xlsx", rows[:3], rows[3:], language="en")
    sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=read_only).active
    found = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert found[0] == list(exports.header(COLUMNS, "en"))
    wanted = [list(row) for row in rows]
    wanted[-1][4] = "<b>&amp;]]>"  # XML 1.0 cannot hold control characters
    assert [[value or "" for value in row] for row in found[1:]] == wanted
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)


def test_an_empty_list_is_a_whole_file_in_every_format():
    assert the_file("csv") == ("\ufeff" + ",".join(COLUMNS) + "\r\n").encode()
    assert json.loads(the_file("json")) == []
    sheet = openpyxl.load_workbook(io.BytesIO(the_file("xlsx"))).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [list(COLUMNS)]


def test_json_is_one_array_named_by_the_ids_in_any_language():
    data = the_file("json", [ROW], [ROW, ROW], language="en")
    assert json.loads(data) == [dict(zip(COLUMNS, ROW, strict=True))] * 3
    assert "Źdźbło".encode() in data


@pytest.mark.parametrize("form", exports.TYPES)
def test_the_first_bytes_leave_before_the_second_batch_is_asked_for(form):
    asked = []

    def batches():
        for number in range(3):
            asked.append(number)
            yield [ROW] * 500

    chunks = exports.file(form, batches())
    assert next(chunks)
    assert asked in ([], [0])
    assert len(list(chunks)) >= 2
    assert asked == [0, 1, 2]
