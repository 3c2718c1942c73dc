"""A recognition file as XLSX: the visible sheet whose first filled row holds the column names.

Rules
* Where a second visible sheet is a list too, nothing is read: half of the families would be missed in silence. One that
  has the column names alone is none; where it stands before the list, it is said which of them is read.
* Values are read as the sheet stores them, never formulas. Dates become ISO, whole numbers lose their ``.0``.
* A merged cell has its value in its first cell only: a row that holds another part of one is at fault, since nobody can
  tell whether it means that row too. It is shown with that value, so that the family and the hold it may name are
  known. Hidden rows count, hidden sheets do not.
* What the archive unpacks to is measured before it is read (``recognition_archive``).
* Rows are made as they are asked for.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from outreach.domain.column_map import Recall
from outreach.domain.recognition_archive import measured
from outreach.domain.recognition_table import FileProblem, StrangeHeader, Table, TableRow, header

MOST_SHEETS = 50
MERGED = "Cells of this row are merged with others ({}). Take the merge apart, and fill in each cell."

_BROKEN = FileProblem(("The Excel file is damaged and cannot be opened. Save it again, or save it as CSV UTF-8.",))
_NO_SHEET = FileProblem(
    ("No visible sheet of this Excel file has the column names in its first row. Compare it with the template.",)
)
_TOO_MANY_SHEETS = FileProblem((f"The Excel file has more than {MOST_SHEETS} sheets. Send the one with the list.",))

_TWO_LISTS = (
    "Two sheets of this Excel file hold a list: {} and {}. Put all rows into one sheet, or hide the sheet that does "
    "not belong to this month."
)
_WITHOUT_ROWS = "The list is read from the sheet {}. The sheet {} has the column names and no rows."

Value = int | float | str | bool | time | date | datetime | timedelta


def read_sheet(data: bytes, *, digest: str, recall: Recall) -> Table | FileProblem:
    refused = measured(data)
    if refused is not None:
        return refused
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = [sheet.name for sheet in book.sheets_metadata if sheet.visible is SheetVisibleEnum.Visible]
        if len(names) > MOST_SHEETS:
            return _TOO_MANY_SHEETS
        return _the_list([(name, *_table(book, name, digest=digest, recall=recall)) for name in names])
    except (CalamineError, ValueError, OverflowError, OSError):
        return _BROKEN
    except BaseException as error:
        # A panic of the Rust library is no Exception; anything else that is none (Ctrl-C) goes on its way.
        if type(error).__name__ != "PanicException":
            raise
        return _BROKEN


def _the_list(sheets: Sequence[tuple[str, Table | FileProblem, bool]]) -> Table | FileProblem:
    """Of the visible sheets, each with whether it has rows, the one that is the list."""
    headed = [each for each in sheets if isinstance(each[1], Table | StrangeHeader)]
    lists = [each for each in headed if each[2]]
    if len(lists) > 1:
        return FileProblem((_TWO_LISTS.format(lists[0][0], lists[1][0]),))
    if not lists:
        whole = (table for _, table, _ in headed if isinstance(table, Table))
        return next(whole, headed[0][1] if headed else sheets[0][1] if len(sheets) == 1 else _NO_SHEET)
    ((name, table, _),) = lists
    if isinstance(table, Table) and headed[0][0] != name:
        return replace(table, remark=_WITHOUT_ROWS.format(name, headed[0][0]))
    return table


def _table(book: CalamineWorkbook, name: str, *, digest: str, recall: Recall) -> tuple[Table | FileProblem, bool]:
    """A sheet, and whether there are rows below its column names."""
    sheet = book.get_sheet_by_name(name)
    filled = ((number, cells) for number, cells in _rows(sheet) if any(map(str.strip, cells)))
    heading, first = next(filled, (0, ()))
    columns = header(list(first), recall)
    if isinstance(columns, FileProblem):
        return (columns if heading else _NO_SHEET), next(filled, None) is not None
    merged = _merged(sheet, len(columns))

    def read() -> Iterator[TableRow]:
        firsts = _by_row({first for parts in merged.values() for first in parts.values()})
        said: dict[tuple[int, int], str] = {}
        for number, cells in _rows(sheet):
            for place in firsts.get(number, ()):
                said[number, place] = cells[place] if place < len(cells) else ""
            if number <= heading:
                continue
            if parts := merged.get(number):
                names = ", ".join(columns[place] or "no name" for place in sorted(parts))
                whole = [said[parts[place]] if place in parts else cell for place, cell in enumerate(cells)]
                yield TableRow(number, tuple(whole[: len(columns)]), MERGED.format(names))
            elif any(map(str.strip, cells)):
                yield TableRow(number, cells[: len(columns)])

    return Table(columns, first[: len(columns)], digest, read), next(read(), None) is not None


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Every row up to the last filled one, numbered as Excel numbers them."""
    return enumerate((tuple(map(_cell, row)) for row in sheet.iter_rows()), 1)


def _by_row(cells: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for row, place in cells:
        found.setdefault(row, []).append(place)
    return found


def _merged(sheet: CalamineSheet, width: int) -> dict[int, dict[int, tuple[int, int]]]:
    """Of each row, the places (from 0) that are part of a merged cell and not its first, with the row and the place of
    that first."""
    found: dict[int, dict[int, tuple[int, int]]] = {}
    lowest = sheet.total_height
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        for row in range(top, min(bottom, lowest) + 1):
            places = set(range(left, min(right + 1, width))) - ({left} if row == top else set())
            if places:
                found.setdefault(row + 1, {}).update(dict.fromkeys(places, (top + 1, left)))
    return found


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
