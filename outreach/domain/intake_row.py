"""One row of a recognition file: its values, or every problem it has.

Rules
* All the problems of a row are found at once, one a cell, each saying what to do; any of them rejects the row.
* What is odd about a row that can be taken, and the lack of a social worker, only warn.
* Most cells of a file say what a cell of that column said before (an area, a date, a code): each is read once. Most
  references and names say themselves. A row of such cells only is read at once, and cell by cell where it is not.
* Brothers and sisters mostly differ in the cells that are about the child: of the second, only those are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import getitem, itemgetter
from typing import Any, NamedTuple

from outreach.domain.import_plan import Problem
from outreach.domain.intake_cell import SHOWN, Around, Warned, age_of, value_of
from outreach.domain.intake_columns import COLUMNS, Column, Holds
from outreach.domain.intake_dates import Unreadable, earliest_day
from outreach.domain.recognition_table import TableRow

OF_AGE = 18
OF_A_CHILD = frozenset({"child_ref", "child_first_name", "child_born_on", "child_sex", "open_to", "social_worker"})
"""Columns that are about the child; in the others, brothers and sisters mostly say the same."""
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
        self._meanings = {each.name: _Meanings(each, around) for each in COLUMNS}
        self._lacks = any(isinstance(value, _REMARKS) for value in self._absent.values())
        here = [each for each in COLUMNS if each.name in columns]
        self._shared = _Part([each for each in here if each.name not in OF_A_CHILD], columns, self._meanings)
        self._own = _Part([each for each in here if each.name in OF_A_CHILD], columns, self._meanings)
        names = ["number", *self._shared.names, *self._own.names, *self._absent]
        self._in_order = itemgetter(*(names.index(name) for name in IntakeRow._fields))
        self._before: tuple[tuple[str, ...], tuple[Any, ...]] = (), ()
        """The cells that the row before may share with its brothers' and sisters' rows, and what they say."""

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
        return self._meanings[name][cell]

    def meanings_of(self, name: str) -> Mapping[str, Any]:
        """The same, by the cell."""
        return self._meanings[name]

    def _at_once(self, row: TableRow) -> IntakeRow | None:
        """A row of which nothing is to be remarked, and whose references and names are plain; None for any other."""
        cells = self._shared.pick(row.cells)
        if cells != self._before[0]:
            said = self._shared.read(cells)
            if said is None:
                return None
            self._before = cells, said
        own = self._own.read(self._own.pick(row.cells))
        if own is None:
            return None
        return IntakeRow._make(self._in_order((row.number, *self._before[1], *own, *self._absent.values())))

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


class _Meanings(dict[str, Any]):
    """What the cells of a column say: a value, ``Unreadable`` or ``Warned``; of most columns, each is read once."""

    def __init__(self, column: Column, around: Around) -> None:
        super().__init__()
        self._column, self._around = column, around
        self._most = 0 if column.holds in _DIFFERENT else MOST_REMEMBERED

    def __missing__(self, cell: str) -> Any:
        if not self._most and _is_plain(cell) and len(cell) <= SHOWN:
            return cell
        value = value_of(cell, self._column, self._around)
        if len(self) < self._most:
            self[cell] = value
        return value


class _Unremarked(dict[str, Any]):
    """The same, but raises ``_Remark`` where there is one."""

    def __init__(self, meanings: _Meanings) -> None:
        super().__init__()
        self._meanings = meanings

    def __missing__(self, cell: str) -> Any:
        value = self._meanings[cell]
        if isinstance(value, _REMARKS):
            raise _Remark
        if len(self) < MOST_REMEMBERED:
            self[cell] = value
        return value


class _Remark(Exception):  # noqa: N818 - named for what it says
    """A cell of which something is to be said."""


class _Part:
    """Some cells of a row, read together. ``names``: the columns of what is read, in its order."""

    def __init__(self, here: Sequence[Column], columns: Mapping[str, int], meanings: Mapping[str, _Meanings]) -> None:
        own = [each for each in here if each.holds in _DIFFERENT]
        codes = [each for each in here if each.holds not in _DIFFERENT]
        self.names = [each.name for each in (*own, *codes)]
        self.pick = _picker([columns[name] for name in self.names])
        self._parted = len(own)
        self._is_plain = re.compile("\n".join(_PLAIN if each.required else f"(?:{_PLAIN})?" for each in own)).fullmatch
        self._meanings = [_Unremarked(meanings[each.name]) for each in codes]

    def read(self, cells: tuple[str, ...]) -> tuple[Any, ...] | None:
        """``cells`` as ``pick`` gives them. None where a reference or name is not plain, or anything to be remarked."""
        own = cells[: self._parted]
        text = "\n".join(own)
        if not self._is_plain(text) or (len(text) > SHOWN and max(map(len, own)) > SHOWN):
            return None
        try:
            return (*own, *map(getitem, self._meanings, cells[self._parted :]))
        except _Remark:
            return None


def _picker(places: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """The cells in these places, as a tuple however many they are."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda cells: tuple(cells[place] for place in places)


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
    if _born_long_after(row.child_born_on, row.imprisoned_on):
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


def _born_long_after(born_on: str, imprisoned_on: date) -> bool:
    if born_on[:10] <= imprisoned_on.isoformat():
        return False  # almost always; texts of days stand in the order of days
    return earliest_day(born_on) > imprisoned_on + timedelta(days=300)
