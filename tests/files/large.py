"""Files that are large or would become so, made by code."""

from __future__ import annotations

import io
import zipfile

from tests.domain.recognition_rows import HEADER, a_file, a_row
from tests.files.hostile import zip_bomb
from tests.files.workbooks import as_xml, by_hand, cells_of

MILLION = 1_000_000


def a_line_without_an_end() -> bytes:
    return b"x" * 150 * MILLION


def json_without_an_end() -> bytes:
    return b'{"area": "' + b"x" * 150 * MILLION


def a_header_without_an_end() -> bytes:
    return b"family_ref," * 5 * MILLION


def blank_lines() -> bytes:
    return a_file(a_row()) + b"\n" * 100 * MILLION


def quotation_marks_over_many_lines() -> bytes:
    return a_file(a_row()) + b'"\n",' * 20 * MILLION


def rows_that_are_all_wrong() -> bytes:
    return a_file() + b"".join(b"F%d,OXF\r\n" % number for number in range(900_000))


def a_file_of_20_000_rows_all_wrong() -> bytes:
    return a_file(*(a_row(f"F{number:05}", custody="gone", child_born_on="never") for number in range(20_000)))


def rows_of_a_million_cells() -> bytes:
    good = a_file(a_row("F002")).splitlines(keepends=True)[1]
    return a_file(a_row()) + b"".join(b"F%d" % row + b",x" * MILLION + b"\r\n" for row in range(20)) + good


def a_zip_bomb() -> bytes:
    return zip_bomb()


def a_far_off_row() -> bytes:
    return by_hand("<row r='4294967295'><c><v>1</v></c></row>")


def one_long_text_in_every_cell() -> bytes:
    rows = "".join(f"<row r='{row}'>" + "<c t='s'><v>0</v></c>" * 20 + "</row>" for row in range(1, 10_001))
    return by_hand(rows, shared=f"<si><t>{'y' * MILLION}</t></si>")


def cells_without_an_end() -> bytes:
    """A million rows of cells that are not there, in a few kilobytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(1_000):
                part.write(b"<row>" * 999 + b"<row>" + b"<c/>" * 90)
    return out.getvalue()


def a_workbook_of_20_000_rows() -> bytes:
    rows = (a_row(f"F{number:05}") for number in range(20_000))
    return by_hand(as_xml([list(HEADER), *([str(cell) for cell in cells_of(row)] for row in rows)]))
