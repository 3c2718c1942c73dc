"""A recognition file as CSV, parted by commas, semicolons or tabs.

Rules
* Rows are counted as the spreadsheet counts them: the header is 1, empty lines count, a line break inside
  quotation marks does not.
* A quotation mark that is never closed would swallow the rows after it: the file is refused, with the row.
* A row cut short may have lost its hold: it is a fault, never read as if the rest were blank.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator

from outreach.domain.intake_columns import BY_NAME
from outreach.domain.recognition_table import FileProblem, Table, TableRow, canonical, header

DELIMITERS = ",;\t"

_END = "\x00"
"""A line that no text can hold (NULs are refused before): read back alone, no quotation mark was left open."""


def read_csv(text: str, *, digest: str) -> Table | FileProblem:
    if named := re.match(r"sep=(.)\r?\n", text):
        text, delimiter = text[named.end() :], named[1]
        if delimiter not in DELIMITERS:
            return FileProblem(("Part the cells by commas, semicolons or tabs.",))
    else:
        delimiter = _delimiter(text)
    heading, columns = _heading(text, delimiter)
    if isinstance(columns, FileProblem):
        return columns
    number, last = 0, [_END]
    try:
        for number, last in enumerate(_records(text, delimiter, end=_END), 1):  # noqa: B007
            pass
    except csv.Error:
        return _unclosed(number + 1)
    if last != [_END]:
        return _unclosed(number)

    def rows() -> Iterator[TableRow]:
        for number, cells in enumerate(_records(text, delimiter), 1):
            if number > heading and any(cell.strip() for cell in cells):
                yield _row(number, cells, columns)

    return Table(columns, digest, rows)


def _heading(text: str, delimiter: str) -> tuple[int, tuple[str, ...] | FileProblem]:
    """The row of the column names, and the columns: the first row that is not blank."""
    try:
        for number, cells in enumerate(_records(text, delimiter), 1):
            if any(cell.strip() for cell in cells):
                return number, header(cells)
    except csv.Error:
        return 0, _unclosed(1)
    return 0, header([])


def _delimiter(text: str) -> str:
    """The one under which most of the first row's cells are columns that we know."""

    def known(delimiter: str) -> int:
        try:
            first = next((cells for cells in _records(text, delimiter) if any(map(str.strip, cells))), [])
        except csv.Error:
            return 0
        return sum(canonical(cell) in BY_NAME for cell in first)

    return max(DELIMITERS, key=known)


def _records(text: str, delimiter: str, *, end: str = "") -> Iterator[list[str]]:
    lines: Iterator[str] = io.StringIO(text, newline="")
    return csv.reader(itertools.chain(lines, [end] if end else []), delimiter=delimiter)


def _row(number: int, cells: list[str], columns: tuple[str, ...]) -> TableRow:
    width = len(columns)
    if len(cells) < width:
        fault = (
            f"The row ends after {len(cells)} of {width} cells, before {columns[len(cells)]}. "
            "Complete it, with empty cells where there is nothing."
        )
        return TableRow(number, (*cells, *[""] * (width - len(cells))), fault)
    if any(cell.strip() for cell in cells[width:]):
        fault = (
            "The row has more cells than the header. A comma, semicolon or tab inside a value needs "
            "quotation marks around the value."
        )
        return TableRow(number, tuple(cells), fault)
    return TableRow(number, tuple(cells[:width]))


def _unclosed(number: int) -> FileProblem:
    return FileProblem(
        (f"A quotation mark is opened in row {number} and never closed, so the rows after it cannot be told "
         "apart. Close or delete it.",)
    )  # fmt: skip
