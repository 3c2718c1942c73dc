"""A recognition file as JSON Lines: one object a line, its keys the column names. A row is its line.

Rules
* Text, numbers, booleans and lists of them become what a cell would hold; an absent key is an empty cell.
* A line that is no such object is a fault of that line only. What can be told of it all the same (whose it is, and what
  holds them) is told: the names and values that stand whole in it, a name that stands twice with the values of both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from outreach.domain.column_map import Meanings, Recall, meaning_of, plain
from outreach.domain.intake_columns import BY_NAME, COLUMNS, Holds
from outreach.domain.recognition_lines import LONGEST_LINE, MOST_ROWS, TOO_MANY_ROWS, lines_of
from outreach.domain.recognition_table import MOST_COLUMNS, FileProblem, Table, TableRow, header

_NOT_AN_OBJECT = "This line is not a JSON object of column names and values. Write one whole object on one line."
TOO_LONG = "This line is longer than a million letters. Look whether line breaks are missing."
SHOWN = 10_000
"""Letters of a line that is no object which are looked at, and kept to be shown."""
TELLING = ("family_ref", "area", "parent_ref", "custody", "deceased", "child_ref", "carer_ref", "checks", "hold")
"""Columns by which a line that is no object still counts for somebody."""
_KEY_TWICE = "A column name stands twice in this line. Keep the right one."


def read_json_lines(data: bytes, *, encoding: str, digest: str, recall: Recall) -> Table | FileProblem:
    names = _names(data, encoding, {})
    if isinstance(names, FileProblem):
        return names
    meanings = recall(names)
    found = _names(data, encoding, meanings) if meanings else names
    if isinstance(found, FileProblem):
        return found
    columns = header(found, lambda _: _left_alone(meanings))
    if isinstance(columns, FileProblem):
        return columns
    called = {meaning_of(name, meanings): name for name in names}

    def rows() -> Iterator[TableRow]:
        for number, line in _lines(data, encoding, meanings):
            if isinstance(line, _Fault):
                told = tuple(line.told.get(column, "") for column in columns)
                yield TableRow(number, told, line.why, line.line)
            else:
                yield TableRow(number, tuple(line.get(column, "") for column in columns))

    return Table(columns, tuple(called.get(column, column) for column in columns), digest, rows)


def _names(data: bytes, encoding: str, meanings: Meanings) -> list[str] | FileProblem:
    """Every name of the file, ours in their order first."""
    found: set[str] = set()
    for number, line in _lines(data, encoding, meanings):
        if number > MOST_ROWS:
            return TOO_MANY_ROWS
        if len(found) <= 10 * MOST_COLUMNS:
            found.update(line.told if isinstance(line, _Fault) else line)
    order = [column.name for column in COLUMNS if column.name in found]
    return [*order, *sorted(found - set(order))]


def _left_alone(meanings: Meanings) -> Meanings:
    """The names as they are read by now, of which a person said that they are left alone."""
    return {plain(meaning_of(name, meanings)): "" for name, column in meanings.items() if not column}


def _lines(data: bytes, encoding: str, meanings: Meanings) -> Iterator[tuple[int, dict[str, str] | _Fault]]:
    for number, line in enumerate(lines_of(data, encoding), 1):
        if len(line) >= LONGEST_LINE:
            yield number, _fault(line, TOO_LONG, meanings)
        elif line.strip():
            yield number, _object(line.strip(), meanings)


def _object(line: str, meanings: Meanings) -> dict[str, str] | _Fault:
    try:
        pairs = json.loads(line, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return _fault(line, _NOT_AN_OBJECT, meanings)
    if not isinstance(pairs, _Pairs):
        return _fault(line, _NOT_AN_OBJECT, meanings)
    cells: dict[str, str] = {}
    for name, value in pairs.items:
        cell = _cell(value)
        if cell is None:
            return _fault(line, _NOT_AN_OBJECT, meanings)
        column = meaning_of(_readable(name), meanings)
        if column in cells:
            return _fault(line, _KEY_TWICE, meanings)
        cells[column] = cell
    return cells


@dataclass(frozen=True, slots=True)
class _Fault:
    """``told``: what can be told of the line all the same, by our columns."""

    line: str
    why: str
    told: Mapping[str, str]


_TEXT = r'"(?:[^"\\]|\\.)*"'
_NAME_AND_VALUE = re.compile(rf"({_TEXT})\s*:\s*({_TEXT}|\[(?:[^\[\]{{}}\"]|{_TEXT})*\]|[0-9]+)")


def _fault(line: str, why: str, meanings: Meanings) -> _Fault:
    told: dict[str, str] = {}
    for name, value in _NAME_AND_VALUE.findall(line[:SHOWN]):
        try:
            column, cell = meaning_of(_readable(json.loads(name)), meanings), _cell(json.loads(value))
        except (ValueError, RecursionError):
            continue
        if cell and column in TELLING:
            both = told.get(column, cell) != cell and BY_NAME[column].holds is Holds.CHOICES
            told[column] = f"{told[column]};{cell}" if both else told.get(column, cell)
    return _Fault(line[:SHOWN], why, told)


class _Pairs:
    """An object of the line as it was written, so that a key that stands twice is seen."""

    def __init__(self, items: list[tuple[str, Any]]) -> None:
        self.items = items


def _cell(value: Any) -> str | None:
    match value:
        case None:
            return ""
        case str():
            return _readable(value)
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return str(value)
        case list():
            cells = [_cell(each) for each in value]
            if any(cell is None for cell in cells):
                return None
            return ";".join(cell for cell in cells if cell)
        case _:
            return None


def _readable(text: str) -> str:
    """JSON can write halves of a letter (lone surrogates), which nothing else can."""
    return text.encode("utf-8", "replace").decode()
