"""A recognition file as XLSX: the first visible sheet whose first filled row holds the column names.

Rules
* Values are read as the sheet stores them, never formulas. Dates become ISO, whole numbers lose their ``.0``.
* Merged cells hold their value in the first cell only; the others are blank, and said to be.
* What the archive unpacks to is measured before it is read: nothing is believed of what it says of itself, and
  a far-off cell does not make a sheet of thousand million cells.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from outreach.domain.recognition_table import MOST_COLUMNS, FileProblem, Table, TableRow, header

MOST_UNPACKED = 600_000_000
MOST_CELLS = 60_000_000
_CHUNK = 1 << 20
_CELL = re.compile(rb'\br="([A-Z]{1,4})([0-9]{1,8})"')

_BROKEN = FileProblem(("The Excel file is damaged and cannot be opened. Save it again, or save it as CSV UTF-8.",))
_NOT_EXCEL = FileProblem(("This is an archive, not a table. Unpack it and send the CSV or XLSX in it.",))
_TOO_LARGE = FileProblem(
    ("The Excel file unpacks to more than any recognition file has. Save it as CSV UTF-8 and send that.",)
)
_NO_SHEET = FileProblem(
    ("No visible sheet of this Excel file has the column names in its first row. Compare it with the template.",)
)

Value = int | float | str | bool | time | date | datetime | timedelta


def read_sheet(data: bytes, *, digest: str) -> Table | FileProblem:
    refused = _measure(data)
    if refused is not None:
        return refused
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = [sheet.name for sheet in book.sheets_metadata if sheet.visible is SheetVisibleEnum.Visible]
        problem: FileProblem = _NO_SHEET
        for name in names:
            table = _table(book, name, digest=digest)
            if isinstance(table, Table):
                return table
            if len(names) == 1:
                problem = table
    except (CalamineError, ValueError, OverflowError, OSError):
        return _BROKEN
    except BaseException as error:
        # A panic of the Rust library is no Exception; anything else that is none (Ctrl-C) goes on its way.
        if type(error).__name__ != "PanicException":
            raise
        return _BROKEN
    return problem


def _table(book: CalamineWorkbook, name: str, *, digest: str) -> Table | FileProblem:
    sheet = book.get_sheet_by_name(name)
    rows = [tuple(map(_cell, row)) for row in sheet.iter_rows()]
    filled = ((number, cells) for number, cells in enumerate(rows, 1) if any(map(str.strip, cells)))
    heading, first = next(filled, (0, ()))
    columns = header(list(first))
    if isinstance(columns, FileProblem):
        return columns if heading else _NO_SHEET

    def read() -> Iterator[TableRow]:
        for number, cells in enumerate(rows, 1):
            if number > heading and any(map(str.strip, cells)):
                yield TableRow(number, cells[: len(columns)])

    return Table(columns, digest, read)


def _cell(value: Value) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime():
            return value.date().isoformat() if value.time() == time(0) else value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)


def _measure(data: bytes) -> FileProblem | None:
    """Unpack in small pieces, keeping none, and count bytes and the extent of the cells."""
    unpacked = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                return _NOT_EXCEL
            for entry in archive.infolist():
                widest = lowest = 0
                tail = b""
                with archive.open(entry) as part:
                    while chunk := part.read(_CHUNK):
                        unpacked += len(chunk)
                        if unpacked > MOST_UNPACKED:
                            return _TOO_LARGE
                        if not entry.filename.startswith("xl/worksheets/"):
                            continue
                        for found in _CELL.finditer(tail + chunk):
                            widest = max(widest, _column_number(found[1]))
                            lowest = max(lowest, int(found[2]))
                        tail = chunk[-32:]
                if widest * lowest > MOST_CELLS or widest > 10 * MOST_COLUMNS:
                    return _TOO_LARGE
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        OSError,
        EOFError,
        RuntimeError,
        ValueError,
        NotImplementedError,
        zlib.error,
    ):
        return _BROKEN
    return None


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
