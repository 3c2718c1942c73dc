"""One row of a recognition file: its values, or every problem it has.

Rules
* All the problems of a row are found at once, one a cell, each saying what to do; any of them rejects the row.
* What is odd about a row that can be taken, and the lack of a social worker, only warn.
* Most cells of a file say what a cell of that column said before (an area, a date, a code): each is read once. Most
  references and names say themselves. A row of such cells only is read at once, and cell by cell where it is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple

from outreach.domain.import_plan import Problem
from outreach.domain.intake_cell import SHOWN, Around, Warned, age_of, value_of
from outreach.domain.intake_columns import BY_NAME, COLUMNS, Holds
from outreach.domain.intake_dates import Unreadable, earliest_day
from outreach.domain.recognition_table import TableRow

OF_AGE = 18
_HELPED = frozenset({"early_help", "child_in_need", "child_protection", "child_we_care_for"})


class IntakeRow(NamedTuple):
    """The values of a row that can be taken. An empty text, tuple or None: the file did not say."""

    number: int
    family_ref: str
    area: str
    parent_ref: str
    parent_sex: str
    imprisoned_on: date
    custody: str
    custody_as_of: date | None
    deceased: tuple[str, ...]
    parent_phone: str
    child_ref: str
    child_first_name: str
    child_born_on: str
    child_sex: str
    open_to: str
    social_worker: tuple[str, str]
    carer_ref: str
    carer_name: str
    carer_relationship: str
    carer_phone: str
    carer_phone_2: str
    carer_language: str
    interpreter: bool | None
    postcode: str
    checks: str
    hold: tuple[str, ...]
    supported_before: str


@dataclass(slots=True)
class ReadRow:
    """``row`` is None where there are ``problems``. ``said`` has what could be read of a rejected row."""

    row: IntakeRow | None = None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)


_REMARKS = (Unreadable, Warned)
_NEW = object()
MOST_REMEMBERED = 10_000
"""Different cells of a column whose meaning is kept: more than there are dates, codes and phones of a month."""
_DIFFERENT = frozenset({Holds.REFERENCE, Holds.NAME})
"""Columns whose cells are mostly different ones."""
_PLAIN = r"[A-Za-z0-9][A-Za-z0-9_.\-]*(?: [A-Za-z0-9_.\-]+)*"
"""A reference or name that says itself: nothing in it is to be taken out, guarded or put right."""
_is_plain = re.compile(_PLAIN).fullmatch


class RowReader:
    """Reads the rows of one file. ``columns`` has the place of each column among the cells; an absent column is an
    empty cell."""

    def __init__(self, columns: Mapping[str, int], around: Around) -> None:
        self._around = around
        self._absent = {each.name: value_of("", each, around) for each in COLUMNS if each.name not in columns}
        self._present = tuple((each.name, columns[each.name]) for each in COLUMNS if each.name in columns)
        self._read_before: dict[str, dict[str, Any]] = {each.name: {} for each in COLUMNS}

        self._lacks = any(isinstance(value, _REMARKS) for value in self._absent.values())
        here = [each for each in COLUMNS if each.name in columns]
        own = [each for each in here if each.holds in _DIFFERENT]
        self._codes = [each.name for each in here if each.holds not in _DIFFERENT]
        self._pick_own = itemgetter(*(columns[each.name] for each in own))
        self._own_is_plain = re.compile(
            "\n".join(_PLAIN if each.required else f"(?:{_PLAIN})?" for each in own)
        ).fullmatch
        self._pick_codes = itemgetter(*(columns[name] for name in self._codes))
        self._codes_before = [self._read_before[name] for name in self._codes]
        names = [*(each.name for each in own), *self._codes, *self._absent]
        self._in_order = itemgetter(*(names.index(name) for name in IntakeRow._fields[1:]))

    def read(self, row: TableRow) -> ReadRow:
        taken = None if row.fault or self._lacks else self._at_once(row)
        if taken is not None:
            return ReadRow(taken, [], _second_looks(taken, self._around))
        read = ReadRow()
        if row.fault:
            read.problems.append(Problem(row.number, "", (row.as_written or row.cells[0])[:SHOWN], row.fault))
        for name, value in self._absent.items():
            self._take(read, row, name, "", value)
        for name, place in self._present:
            self._take(read, row, name, row.cells[place], self.value(name, row.cells[place]))
        if not read.problems:
            read.row = IntakeRow(number=row.number, **read.said)
            read.warnings.extend(_second_looks(read.row, self._around))
        return read

    def value(self, name: str, cell: str) -> Any:
        """What a cell of this column says: a value, ``Unreadable``, or a value with a warning."""
        value = self._read_before[name].get(cell, _NEW)
        return self._value(name, cell) if value is _NEW else value

    def _at_once(self, row: TableRow) -> IntakeRow | None:
        """A row of which nothing is to be remarked, and whose references and names are plain; None for any other."""
        own = self._pick_own(row.cells)
        if not self._own_is_plain("\n".join(own)) or max(map(len, own)) > SHOWN:
            return None
        cells = self._pick_codes(row.cells)
        codes = list(map(dict.get, self._codes_before, cells, repeat(_NEW)))
        for place, value in enumerate(codes):
            if value is _NEW:
                value = codes[place] = self._value(self._codes[place], cells[place])
            if isinstance(value, _REMARKS):
                return None
        return IntakeRow._make((row.number, *self._in_order((*own, *codes, *self._absent.values()))))

    def _value(self, name: str, cell: str) -> Any:
        column = BY_NAME[name]
        if column.holds in _DIFFERENT:
            return cell if _is_plain(cell) and len(cell) <= SHOWN else value_of(cell, column, self._around)
        value = value_of(cell, column, self._around)
        before = self._read_before[name]
        if len(before) < MOST_REMEMBERED:
            before[cell] = value
        return value

    def _take(self, read: ReadRow, row: TableRow, name: str, cell: str, value: Any) -> None:
        if isinstance(value, _REMARKS):
            problem = Problem(row.number, name, cell.strip()[:SHOWN], value.problem)
            if isinstance(value, Unreadable):
                if not row.fault:
                    read.problems.append(problem)
                return
            read.warnings.append(problem)
            value = value.value
        read.said[name] = value


def _second_looks(row: IntakeRow, around: Around) -> list[Problem]:
    """What is odd about a row that can be taken."""
    warnings = []
    if row.open_to in _HELPED and row.social_worker == ("", ""):
        warnings.append(
            Problem(row.number, "social_worker", "",
                    "The child is open to help and no social worker is named: a notice would go to the area's "
                    "front door. Add the name and address if you know them.")
        )  # fmt: skip
    if row.custody_as_of and row.custody_as_of < row.imprisoned_on:
        warnings.append(
            Problem(row.number, "custody_as_of", row.custody_as_of.isoformat(),
                    "This is before the imprisonment. Look at both dates.")
        )  # fmt: skip
    if earliest_day(row.child_born_on) > row.imprisoned_on + timedelta(days=300):
        warnings.append(
            Problem(row.number, "child_born_on", row.child_born_on,
                    f"The child was born long after the imprisonment ({row.imprisoned_on.isoformat()}). "
                    "Look whether the two dates are swapped.")
        )  # fmt: skip
    age = age_of(row.child_born_on, around.today)
    if age >= OF_AGE:
        warnings.append(
            Problem(row.number, "child_born_on", row.child_born_on,
                    f"This child is {age}. Look at the date; offers are for families with a child under 18.")
        )  # fmt: skip
    return warnings
