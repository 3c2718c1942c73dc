"""A recognition file as CSV, parted by commas, semicolons or tabs.

Rules
* Rows are counted as the spreadsheet counts them: the header is 1, empty lines count, a line break inside
  quotation marks does not.
* A quotation mark that is never closed would swallow the rows after it: the file is refused, with the row.
* A row cut short may have lost its hold: it is a fault, never read as if the rest were blank.
* A line without an end is a fault of its row; of what it says, the beginning counts. It is never held whole.
* A file is read through before the first of its rows is given, unless nothing can be wrong with it as a whole: without
  quotation marks every line is a row. It is read again each time its rows are asked for; a small one is held instead.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from outreach.domain.column_map import Recall, plain
from outreach.domain.intake_columns import BY_NAME
from outreach.domain.recognition_lines import LONGEST_LINE, MOST_ROWS, SMALL, TOO_MANY_ROWS, lines_of
from outreach.domain.recognition_table import MOST_COLUMNS, FileProblem, Table, TableRow, header

csv.field_size_limit(LONGEST_LINE)
DELIMITERS = ",;\t"
TOO_LONG = "The row is longer than a million letters. Look whether line breaks or quotation marks are missing."

_END = "\x00"
"""A line that no text can hold (NULs are refused before): read back alone, no quotation mark was left open."""
_CUT = "\x00\x00"
"""Likewise, in the place of a line that is too long."""
_SHOWN_OF_CUT = 20_000


def read_csv(data: bytes, *, encoding: str, digest: str, recall: Recall) -> Table | FileProblem:
    skipped, delimiter = 0, ""
    if named := re.match(rb"(?:\xef\xbb\xbf)?sep=([^\r\n])\r?\n", data):
        skipped, delimiter = named.end(), named[1].decode("latin-1")
        if delimiter not in DELIMITERS:
            return FileProblem(("Part the cells by commas, semicolons or tabs.",))
    text = _Text(data, encoding, skipped)
    delimiter = delimiter or _delimiter(text)
    heading, names, columns = _heading(text, delimiter, recall)
    if isinstance(columns, FileProblem):
        return columns

    def rows(records: Iterable[list[str]]) -> Iterator[TableRow]:
        cut = 0
        for number, cells in enumerate(records, 1):
            if number <= heading or not any(map(str.strip, cells)):
                continue
            if cells == [_CUT]:
                yield text.cut_row(cut, number, delimiter, columns)
                cut += 1
            else:
                yield _row(number, cells, columns)

    if len(data) > SMALL and b'"' not in data and data.count(b"\n") + data.count(b"\r") < MOST_ROWS:
        return Table(columns, names, digest, lambda: rows(text.records(delimiter)))
    held: list[list[str]] = []
    number, last = 0, [_END]
    try:
        for number, last in enumerate(text.records(delimiter, end=_END), 1):
            if number > MOST_ROWS:
                return TOO_MANY_ROWS
            if len(data) <= SMALL:
                held.append(last)
    except csv.Error:
        return _unclosed(number + 1)
    if last != [_END]:
        return _unclosed(number)

    if held:
        whole = list(rows(held[:-1]))
        return Table(columns, names, digest, lambda: iter(whole))
    return Table(columns, names, digest, lambda: rows(text.records(delimiter)))


@dataclass(slots=True)
class _Text:
    """The file's lines, and its records. ``long`` has the beginnings of the lines that were cut so far."""

    data: bytes
    encoding: str
    skipped: int
    long: list[str] = field(default_factory=list)

    def records(self, delimiter: str, *, end: str = "") -> Iterator[list[str]]:
        """Every record; ``csv.Error`` where one goes on for longer than a line may."""
        since = 0
        self.long.clear()

        def lines() -> Iterator[str]:
            nonlocal since
            for line in lines_of(self.data, self.encoding, skipped=self.skipped):
                since += len(line)
                if len(line) >= LONGEST_LINE:
                    self.long.append(line[:_SHOWN_OF_CUT])
                    yield f"{_CUT}\n"
                elif since > LONGEST_LINE:
                    raise csv.Error("one record over many lines")
                else:
                    yield line
            if end:
                yield end

        for cells in csv.reader(lines(), delimiter=delimiter):
            since = 0
            yield cells

    def cut_row(self, cut: int, number: int, delimiter: str, columns: tuple[str, ...]) -> TableRow:
        """What can be shown of the line that was cut as the ``cut``th: its first cells, the last of which may be
        broken off."""
        try:
            cells = next(csv.reader([self.long[cut]], delimiter=delimiter))[:-1]
        except csv.Error:
            cells = []
        cells = [*cells[: len(columns)], *[""] * (len(columns) - len(cells))]
        return TableRow(number, tuple(cells), TOO_LONG)


def _heading(text: _Text, delimiter: str, recall: Recall) -> tuple[int, tuple[str, ...], tuple[str, ...] | FileProblem]:
    """The row of the column names, the names and the columns: the first row that is not blank."""
    try:
        for number, cells in enumerate(text.records(delimiter), 1):
            if any(cell.strip() for cell in cells):
                columns = header(cells, recall)
                return number, tuple(cells[:MOST_COLUMNS]), columns
    except csv.Error:
        return 0, (), _unclosed(1)
    return 0, (), header([], recall)


def _delimiter(text: _Text) -> str:
    """The one under which most of the first row's cells are columns that we know; else under which it has most."""

    def known(delimiter: str) -> tuple[int, int]:
        try:
            first = next((cells for cells in text.records(delimiter) if any(map(str.strip, cells))), [])
        except csv.Error:
            return 0, 0
        return sum(plain(cell) in BY_NAME for cell in first), len(first)

    return max(DELIMITERS, key=known)


def _row(number: int, cells: list[str], columns: tuple[str, ...]) -> TableRow:
    width = len(columns)
    if len(cells) < width:
        fault = (
            f"The row ends after {len(cells)} of {width} cells, before {columns[len(cells)]}. "
            "Complete it, with empty cells where there is nothing."
        )
        return TableRow(number, (*cells, *[""] * (width - len(cells))), fault)
    if len(cells) > width and any(map(str.strip, cells[width:])):
        fault = (
            "The row has more cells than the header. A comma, semicolon or tab inside a value needs "
            "quotation marks around the value."
        )
        return TableRow(number, tuple(cells[:MOST_COLUMNS]), fault)
    return TableRow(number, tuple(cells[:width]))


def _unclosed(number: int) -> FileProblem:
    return FileProblem(
        (f"A quotation mark is opened in row {number} and never closed, so the rows after it cannot be told "
         "apart. Close or delete it.",)
    )  # fmt: skip
