"""Bytes become a table with the spreadsheet's row numbers, or a clear word about the file as a whole."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain.import_plan import Intake
from outreach.domain.intake import read_intake
from outreach.domain.intake_columns import COLUMNS, table_schema
from outreach.domain.recognition_file import read_table
from outreach.domain.recognition_table import FileProblem, StrangeHeader, Table
from tests.domain.recognition_rows import AREAS, HEADER, TODAY, a_file, a_row

ROOT = Path(__file__).resolve().parents[2]


def table(data: bytes) -> Table:
    read = read_table(data)
    assert isinstance(read, Table), read
    return read


def problem(data: bytes) -> str:
    read = read_table(data)
    assert isinstance(read, FileProblem), "a table was read"
    return read.said


def cells(data: bytes, column: str) -> list[str]:
    read = table(data)
    place = read.columns.index(column)
    return [row.cells[place] for row in read.rows()]


def a_sheet(*rows: list[Any], hidden_first: bool = False) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    if hidden_first:
        sheet.append(["family_ref", "area"])
        sheet.sheet_state = "hidden"
        sheet = book.create_sheet("January")
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


NAMED = a_row(carer_name="Zoë Müller–O’Dowd")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_a_name_is_the_same_in_every_encoding_and_delimiter(delimiter: str, encoding: str, ending: str) -> None:
    text = a_file(NAMED, delimiter=delimiter).decode().replace("\r\n", ending)
    assert cells(text.encode(encoding), "carer_name") == ["Zoë Müller–O’Dowd"]


def test_rows_are_numbered_as_the_spreadsheet_numbers_them() -> None:
    header, one, two = a_file(a_row("F001", carer_name='"A\nB"'), a_row("F002")).decode().split("\r\n", 2)
    read = table(f"{header}\r\n\r\n{one}\r\n{two}".encode())
    assert [row.number for row in read.rows()] == [3, 4]


def test_excels_own_first_line_names_the_delimiter() -> None:
    assert cells(b"sep=;\r\n" + a_file(a_row(), delimiter=";"), "family_ref") == ["F001"]


def test_column_names_are_matched_without_capitals_and_with_spaces() -> None:
    data = a_file(a_row()).replace(b"family_ref", b"Family Ref", 1).replace(b"carer_name", b" Carer-Name ", 1)
    assert table(data).columns == tuple(HEADER)


def test_a_row_cut_short_is_a_fault_because_its_hold_may_be_lost() -> None:
    whole = a_file(a_row("F001"), a_row("F002")).decode()
    rows = list(table(whole[: whole.rindex(",")].encode()).rows())
    assert [bool(row.fault) for row in rows] == [False, True]
    assert "before supported_before" in rows[1].fault


def test_a_row_with_more_cells_than_the_header_is_a_fault_and_trailing_blanks_are_not() -> None:
    data = a_file(a_row("F001"), a_row("F002")).decode().rstrip()
    assert [row.fault for row in table(f"{data},,".encode()).rows()] == ["", ""]
    assert "more cells" in list(table(f"{data},Smith".encode()).rows())[1].fault


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n\r\n", "empty"),
        (b"\x00\x00\x00", "empty"),
        (b"Dear all, please find attached", "not a recognition file"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"<html><body>Sign in</body></html>", "web page"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old or a locked Excel"),
        (b'[{"family_ref": "F001"}]', "not JSON Lines"),
        (b"PK\x03\x04 cut off", "damaged"),
        (b"family_ref\x00,area", "no CSV has"),
        (a_file(a_row()).decode().encode("utf-16"), "UTF-16"),
        (a_file(a_row(carer_name="Łukasz")).decode().encode("iso8859-2") + b"\x81", "neither UTF-8"),
        (a_file(NAMED)[:-30] + b"\xe9", "cut off or put together"),
        (b"family_ref,area,family_ref\r\nF001,OXF,F002", "stand twice: family_ref"),
        (b"family_ref,area\r\nF001,OXF", "missing: parent_ref, imprisoned_on"),
        (b",".join(b"c%d" % i for i in range(200)), "200 columns"),
        (a_file(a_row(carer_name="Quine")).replace(b"Quine", b'"Quine'), "opened in row 2 and never closed"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_what_to_do(data: bytes, says: str) -> None:
    assert says in problem(data)


def test_everything_wrong_with_the_header_is_said_at_once() -> None:
    said = problem(b"family_ref,family_ref,area\r\n")
    assert "stand twice" in said
    assert "missing" in said


def test_the_same_bytes_have_the_same_digest_and_other_bytes_another() -> None:
    assert table(a_file(a_row())).digest == table(a_file(a_row())).digest != table(a_file(a_row("F002"))).digest


def test_a_sheet_gives_what_the_csv_gives() -> None:
    row = a_row()
    values: list[Any] = [row.get(name, "") for name in HEADER]
    values[HEADER.index("imprisoned_on")] = date(2025, 12, 29)
    values[HEADER.index("carer_phone")] = 7700900123
    values[HEADER.index("interpreter")] = False
    data = a_sheet(HEADER, values, hidden_first=True)
    assert cells(data, "imprisoned_on") == ["2025-12-29"]
    assert cells(data, "carer_phone") == ["7700900123"]
    assert cells(data, "interpreter") == ["no"]
    assert [each.number for each in table(data).rows()] == [2]


def two_sheets(second: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "Oxford"
    row = [a_row().get(name, "") for name in HEADER]
    for each in (HEADER, row):
        book.active.append(each)
    other = book.create_sheet("Milton Keynes")
    for each in second:
        other.append(each)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_second_visible_list_is_refused_and_named() -> None:
    row = [a_row("F002").get(name, "") for name in HEADER]
    own = ["Guardian" if name == "carer_name" else name for name in HEADER]
    for second in ([HEADER, row], [own, row]):
        said = problem(two_sheets(second))
        assert said.startswith("Two sheets of this Excel file hold a list: Oxford and Milton Keynes.")
        assert "hide the sheet" in said


@pytest.mark.parametrize(
    "second",
    [
        [],
        [HEADER],
        [["Guardian" if each == "carer_name" else each for each in HEADER]],
        [["area", "families"], ["OXF", 3]],
    ],
)
def test_a_second_sheet_that_is_no_list_or_has_no_rows_is_left_alone(second: list[list[Any]]) -> None:
    assert cells(two_sheets(second), "family_ref") == ["F001"]


def named_sheets(**sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


A_LIST = [HEADER, [a_row().get(name, "") for name in HEADER]]
UNDER_OTHER_NAMES = [[{"carer_name": "Guardian"}.get(name, name) for name in row] for row in A_LIST]


def test_an_empty_list_before_a_full_one_is_passed_by_and_it_is_said_which_is_read() -> None:
    read = table(named_sheets(January=[HEADER], February=A_LIST))
    assert [row.cells[0] for row in read.rows()] == ["F001"]
    assert read.remark == (
        "The list is read from the sheet February. The sheet January has the column names and no rows."
    )
    assert table(named_sheets(February=A_LIST, March=[HEADER])).remark == ""
    assert table(named_sheets(Blank=[], February=A_LIST)).remark == ""


def test_the_plan_says_which_sheet_is_read() -> None:
    data = named_sheets(January=[HEADER], February=A_LIST)
    intake = read_intake(data, today=TODAY, areas=AREAS, fictional_allowed=True)
    assert isinstance(intake, Intake)
    assert [(each.row, each.problem) for each in intake.warnings] == [
        (1, "The list is read from the sheet February. The sheet January has the column names and no rows.")
    ]


def test_an_empty_list_before_one_under_other_names_is_passed_by() -> None:
    assert isinstance(read_table(named_sheets(January=[HEADER], February=UNDER_OTHER_NAMES)), StrangeHeader)


def test_two_lists_are_two_whichever_of_them_has_other_names() -> None:
    assert "January and February" in problem(named_sheets(January=UNDER_OTHER_NAMES, February=A_LIST))


def test_of_empty_lists_alone_the_first_is_read() -> None:
    assert list(table(named_sheets(January=[HEADER], February=[HEADER])).rows()) == []


def test_a_sheet_without_the_columns_says_so() -> None:
    assert "missing" in problem(a_sheet(["family_ref", "area"], ["F001", "OXF"]))
    assert "No visible sheet" in problem(a_sheet())


def test_a_zip_bomb_and_a_far_off_cell_are_refused_before_they_are_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(601):
                part.write(b"0" * 1_000_000)
    assert "unpacks to more" in problem(out.getvalue())
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["XFD1048576"] = "far"
    far = io.BytesIO()
    book.save(far)
    assert "unpacks to more" in problem(far.getvalue())


def test_an_archive_that_is_no_spreadsheet_is_named() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("january.csv", "family_ref")
    assert "archive" in problem(out.getvalue())


def test_json_lines_are_rows_and_a_bad_line_is_a_fault_of_that_line() -> None:
    good = json.dumps(a_row() | {"hold": ["officer_safety", "carer_is_victim"], "interpreter": True, "postcode": None})
    data = f'{good}\n{{"family_ref": \n\n{{"area": "a", "area": "b"}}\n{{"area": {{}}}}\n'.encode()
    rows = list(table(data).rows())
    assert [(row.number, bool(row.fault)) for row in rows] == [(1, False), (2, True), (4, True), (5, True)]
    assert cells(data, "hold")[0] == "officer_safety;carer_is_victim"
    assert cells(data, "interpreter")[0] == "yes"


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda line: line[:-1],
        lambda line: line[:-1] + ', "notes": {"a": "b"}}',
        lambda line: line[:-1] + ', "hold": ""}',
        lambda line: line[:-1] + ', "Family Ref": "F001"}',
        lambda line: line.replace('"no_contact_order"', '["no_contact_order"], "hold": "officer_safety"'),
        lambda line: line[:-1] + "," + " " * 1_000_000 + "}",
    ],
    ids=["cut off", "nested", "a key twice", "a key twice otherwise", "two lists", "endless"],
)
def test_of_a_bad_line_in_json_is_told_whose_it_is_and_what_holds_them(spoilt: Callable[[str], str]) -> None:
    bad = spoilt(json.dumps({"family_ref": "F001", "carer_ref": 17, "hold": "no_contact_order", "note": "x"}))
    read = table(f"{json.dumps(a_row())}\n{bad}\n".encode())
    _, row = read.rows()
    told = dict(zip(read.columns, row.cells, strict=True))
    assert row.fault
    assert (told["family_ref"], told["carer_ref"], told["child_ref"]) == ("F001", "17", "")
    assert "no_contact_order" in told["hold"].split(";")
    assert bad.startswith(row.as_written)


def test_half_a_letter_in_json_is_readable_afterwards() -> None:
    good = json.dumps(a_row() | {"carer_name": "\ud800x", "\udc00": "y"})
    (row,) = table(good.encode()).rows()
    assert "".join((*row.cells, *table(good.encode()).columns)).encode()


def test_endless_nesting_and_endless_numbers_in_json_are_faults_of_their_line() -> None:
    data = json.dumps(a_row()) + "\n" + '{"area":' * 100_000 + "\n" + '{"area": ' + "1" * 100_000 + "}\n"
    assert [bool(row.fault) for row in table(data.encode()).rows()] == [False, True, True]


def test_a_million_cells_in_one_row_are_a_fault_of_that_row() -> None:
    rows = list(table(a_file(a_row()) + b"x," * 1_000_000 + b"\r\n" + a_file(a_row("F002")).splitlines()[1]).rows())
    assert [bool(row.fault) for row in rows] == [False, True, False]


def test_an_xml_bomb_in_a_sheet_is_refused_or_read_without_blowing_up() -> None:
    whole = a_sheet(HEADER, [a_row().get(name, "") for name in HEADER])
    bomb = '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY a{n} "{"&a;" if n == 0 else f"&a{n - 1};" * 10}">' for n in range(12)
    )
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename.startswith("xl/worksheets/"):
                content = content.replace(b"<worksheet", f"{bomb}]><worksheet".encode(), 1).replace(
                    b"<t>F001</t>", b"<t>&a11;</t>"
                )
            new.writestr(entry, content)
    read = read_table(out.getvalue())
    assert isinstance(read, FileProblem) or all(len(cell) < 1000 for row in read.rows() for cell in row.cells)


def test_a_row_with_part_of_a_merged_cell_is_a_fault_that_shows_its_value_and_hidden_rows_count() -> None:
    row = [a_row().get(name, "") for name in HEADER]
    book = openpyxl.Workbook()
    assert book.active is not None
    for each in (HEADER, row, row):
        book.active.append(each)
    book.active.merge_cells("A2:A3")
    book.active.row_dimensions[2].hidden = True
    out = io.BytesIO()
    book.save(out)
    assert cells(out.getvalue(), "family_ref") == ["F001", "F001"]
    assert [bool(each.fault) for each in table(out.getvalue()).rows()] == [False, True]


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(), st.text().map(str.encode)))
def test_any_bytes_give_a_table_or_a_problem(data: bytes) -> None:
    read = read_table(data)
    assert isinstance(read, FileProblem) or all(row.number for row in read.rows())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 600), st.integers(0, 50))
def test_a_good_file_damaged_anywhere_gives_a_table_or_a_problem(noise: bytes, at: int, gone: int) -> None:
    for whole in (a_file(NAMED, a_row("F002")), a_sheet(HEADER)):
        read = read_table(whole[:at] + noise + whole[at + gone :])
        assert isinstance(read, FileProblem) or list(read.rows()) is not None


def test_the_published_schema_is_the_table_of_columns() -> None:
    published = json.loads((ROOT / "docs" / "recognition-file.schema.json").read_text())
    assert published == table_schema()


def test_the_template_has_every_column_and_reads_as_a_good_file() -> None:
    data = (ROOT / "docs" / "recognition-file-template.csv").read_bytes()
    assert table(data).columns == tuple(HEADER)
    assert len(list(table(data).rows())) == 1


def test_the_page_on_the_columns_names_every_column_and_value() -> None:
    page = (ROOT / "docs" / "recognition-file.md").read_text()
    missing = [word for column in COLUMNS for word in (column.name, *column.values) if f"`{word}`" not in page]
    assert missing == []
