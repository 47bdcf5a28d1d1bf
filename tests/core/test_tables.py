"""Tables that people bring: whatever program wrote them, the same rows; whatever else is brought, a refusal."""

import io
import random
import zipfile
from datetime import date, datetime, timedelta

import openpyxl
import pytest
import xlsxwriter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from s3chem_events.core.tables import (
    LONGEST_CELL,
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_ROWS,
    NotATable,
    Row,
    TooLarge,
    TooManyRows,
    Unreadable,
    rows_of,
    rows_of_text,
)

PEOPLE = [
    ("Name", "E-mail", "Organisation"),
    ("Żaneta Źdźbło", "zaneta@uw.example", "Uniwersytet Warszawski, Chemia"),
    ("Łukasz", "lukasz@uw.example", "Zakłady „Azoty”"),
]
WESTERN = [("Name", "E-mail"), ("Jürgen Müßig", "j@ovgu.example"), ("Núñez i Àvila", "n@upc.example")]


def written(people, divider: str = ",", end: str = "\r\n") -> str:
    return "".join(divider.join(f'"{cell}"' if divider in cell else cell for cell in row) + end for row in people)


def workbook(*rows, **sheets) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for name, state in sheets.items():
        book.create_sheet(name, 0).sheet_state = state
        book[name].append(["not to be read"])
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


@pytest.mark.parametrize("divider", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1250"])
def test_a_text_is_read_whatever_its_encoding_and_what_divides_it(divider: str, encoding: str):
    rows = rows_of(written(PEOPLE, divider).encode(encoding))
    assert rows == [Row(number, cells) for number, cells in enumerate(PEOPLE, 1)]


def test_western_letters_of_an_old_excel_are_not_taken_for_polish_ones():
    assert [row.cells for row in rows_of(written(WESTERN, ";").encode("cp1252"))] == WESTERN


def test_empty_rows_are_left_out_and_the_others_keep_their_numbers():
    text = "sep=;\r\nName;E-mail\r\n\r\n ; \r\n  Anna ;anna@ovgu.example\r\n"
    assert rows_of(text.encode()) == [Row(2, ("Name", "E-mail")), Row(5, ("Anna", "anna@ovgu.example"))]
    pasted = "Name\tE-mail\nAnna, Dr.\tanna@ovgu.example\n"
    assert [row.cells for row in rows_of_text(pasted)] == [("Name", "E-mail"), ("Anna, Dr.", "anna@ovgu.example")]
    assert (rows_of_text(pasted)[1][1], rows_of_text(pasted)[1][2]) == ("anna@ovgu.example", "")
    assert rows_of(b"") == rows_of(b"\r\n,,\r\n") == []
    assert [row.cells for row in rows_of(b"anna@ovgu.example\njan@um.example")] == [
        ("anna@ovgu.example",),
        ("jan@um.example",),
    ]


def test_a_workbook_gives_its_first_visible_sheet_as_texts():
    """As in D9: days and numbers come as texts."""
    data = workbook(
        ("Name", "E-mail", "Since", "Seats", "Share", "At", "Yes"),
        (),
        ("Anna", " anna@ovgu.example ", date(2020, 2, 12), 40.0, 0.5, datetime(2020, 2, 12, 10, 30), "12.02.2020"),  # noqa: DTZ001
        (None, "=1+1", None, 7, None, None, None),
        secret="hidden",
    )
    assert rows_of(data) == [
        Row(1, ("Name", "E-mail", "Since", "Seats", "Share", "At", "Yes")),
        Row(3, ("Anna", "anna@ovgu.example", "2020-02-12", "40", "0.5", "2020-02-12 10:30:00", "12.02.2020")),
        Row(4, ("", "", "", "7")),  # what a formula came to is not known: nobody has calculated it
    ]


def test_what_is_too_much_is_refused_before_it_is_read():
    with pytest.raises(TooLarge):
        rows_of(b"a" * (MOST_BYTES + 1))
    with pytest.raises(TooManyRows):
        rows_of(b"a@b.example\n" * (MOST_ROWS + 1))
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 60_000_000)
    assert len(bomb.getvalue()) < 100_000
    with pytest.raises(TooLarge):
        rows_of(bomb.getvalue())
    farthest = rows_of(replaced(workbook(("here",)), b'<row r="1"', b'<row r="999999999999"', b'r="A1"', b""))
    assert farthest == []


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
)


def sheet(rows: str) -> bytes:
    return with_part(workbook(("here",)), "xl/worksheets/sheet1.xml", (SHEET % rows).encode())


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1">' + "<c><v>1</v></c>" * 1_200_000 + "</row>",
        "<row><c/></row>" * 400_000,
        "<row/>" * 1_000_000,
        "</sheetData>" + "<x/>" * 1_000_000 + "<sheetData>",
        '<row r="1"><c t="n"><v>1</v>' + " " * 600_000 + "</c></row>",
        "<row " + " ".join(f'a{number}=""' for number in range(70_000)) + "/>",
    ],
)
def test_a_small_workbook_of_many_tags_or_long_ones_is_refused_before_it_is_taken_apart(rows: str):
    bomb = sheet(rows)
    assert len(bomb) < MOST_BYTES
    with pytest.raises(Unreadable):
        rows_of(bomb)


def test_what_stands_far_down_or_far_right_costs_no_more_than_what_stands_at_the_top():
    one = '<row r="%s"><c r="B%s"><v>7</v></c><c r="XFD%s"><v>8</v></c></row>'
    assert rows_of(sheet(one % (1, 1, 1) + one % ((100_000,) * 3))) == [Row(1, ("", "7")), Row(100_000, ("", "7"))]
    for nowhere in ("99999999999999999999", "100001", "0", "-5"):
        assert rows_of(sheet(one % ((nowhere,) * 3))) == []
    blank = '<row><c r="CV1" t="inlineStr"><is><t> </t></is></c></row>' * 50_000
    assert rows_of(sheet(blank + '<row><c t="str"><v>here</v></c></row>')) == [Row(50_001, ("here",))]


def test_cells_are_read_as_any_program_writes_them():
    cells = (
        '<c t="inlineStr"><is><r><t>Żaneta </t></r><r><t>Źdźbło</t></r></is></c><c/><c t="b"><v>1</v></c>'
        '<c t="e"><v>#N/A</v></c><c t="str"><f>A1</f><v>made</v></c><c><v>-3</v></c><c><v>1E3</v></c>'
        '<c t="d"><v>2027-06-18T10:00:00</v></c>'
    )
    assert [row.cells for row in rows_of(sheet(f"<row>{cells}</row>"))] == [
        ("Żaneta Źdźbło", "", "True", "#N/A", "made", "-3", "1000", "2027-06-18 10:00:00")
    ]
    old = openpyxl.Workbook()
    old.epoch = CALENDAR_MAC_1904
    old.active.append([date(2027, 6, 18), timedelta(hours=30)])
    old.active["B1"].number_format = "[h]:mm"
    kept = io.BytesIO()
    old.save(kept)
    assert [row.cells for row in rows_of(kept.getvalue())] == [("2027-06-18", "1 day, 6:00:00")]


def test_one_long_text_in_each_cell_of_a_small_workbook_does_not_fill_the_memory():
    book, wanted = io.BytesIO(), ["é" * LONGEST_CELL] * MOST_COLUMNS
    with xlsxwriter.Workbook(book, {"in_memory": True}) as written_book:
        sheet = written_book.add_worksheet()
        for number in range(26):
            sheet.write_row(number, 0, wanted)
    assert len(book.getvalue()) < 20_000
    with pytest.raises(TooLarge):
        rows_of(book.getvalue())
    rows = rows_of(workbook(("the same",) * 3, ("the same",) * 3))
    assert len({id(cell) for row in rows for cell in row.cells}) == 1


@pytest.mark.parametrize("said", ['"', "\r", "\0", " ", "x"])
def test_a_first_line_that_names_no_divider_is_a_row_like_others(said: str):
    rows = rows_of_text(f"sep={said}\r\nAnna,anna@ovgu.example\r\n")
    assert rows[-1].cells == ("Anna", "anna@ovgu.example")


@pytest.mark.parametrize(
    "data",
    [b"\x89PNG\r\n\x1a\n\x00\x00", b"%PDF-1.7\n\x00\x01", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"a,b\x00c", b"a\x07,b"],
)
def test_another_kind_of_file_is_named_as_such(data: bytes):
    with pytest.raises(NotATable):
        rows_of(data)


def test_an_archive_that_is_no_workbook_is_named_as_such():
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    with pytest.raises(NotATable):
        rows_of(other.getvalue())


def test_entities_are_not_expanded():
    lol = (
        b"<!DOCTYPE x [" + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12)) + b"]>"
    )
    data = replaced(workbook(("here",)), b"<worksheet", lol + b"<worksheet", b'<row r="1"', b'<row t="&a11;" r="1"')
    with pytest.raises(Unreadable):
        rows_of(data)


def test_a_damaged_workbook_is_refused_and_never_a_fault():
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept) as book:  # it keeps its texts in a table of their own, as Excel does
        sheet = book.add_worksheet()
        for number, row in enumerate(PEOPLE):
            sheet.write_row(number, 0, row)
    whole = kept.getvalue()
    assert [row.cells for row in rows_of(whole)] == PEOPLE
    chance = random.Random(1)
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 12)):
            data[chance.randrange(4, len(data))] = chance.randrange(256)
        try:
            rows_of(bytes(data[: chance.choice([len(data), chance.randrange(5, len(data))])]))
        except Unreadable:
            continue
    parts = ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/sharedStrings.xml")
    for name in parts:
        xml = zipfile.ZipFile(io.BytesIO(whole)).read(name)
        for _ in range(60):
            start = chance.randrange(len(xml))
            torn = xml[:start] + xml[start + chance.randrange(1, 9) :]
            try:
                rows_of(with_part(whole, name, torn))
            except Unreadable:
                continue


def replaced(book: bytes, *pairs: bytes) -> bytes:
    name = "xl/worksheets/sheet1.xml"
    xml = zipfile.ZipFile(io.BytesIO(book)).read(name)
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in xml
        xml = xml.replace(old, new)
    return with_part(book, name, xml)


def with_part(book: bytes, changed: str, content: bytes) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as before, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, content if name == changed else before.read(name))
    return kept.getvalue()
