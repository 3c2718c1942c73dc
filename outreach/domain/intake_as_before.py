"""Whether a known family's cells stand as they stood when it was last imported: then it is not read again.

Rules
* Only what was read without a remark has a digest to be compared with.
* The cells that mean something else on another day, or to another person, are read all the same. Where anything of
  them is to be remarked today, or a child has come of age, the family is read anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import blake2b
from operator import itemgetter
from typing import NamedTuple

from outreach.domain.import_plan import KnownFamily
from outreach.domain.intake_cell import Around, age_of
from outreach.domain.intake_columns import COLUMNS
from outreach.domain.intake_row import MOST_REMEMBERED, OF_AGE, RowReader
from outreach.domain.recognition_table import TableRow

READS_LIKE = "2"
"""Raise it when the rules of reading a cell change: every family is then read anew once."""


class AsBefore:
    """For the rows of one file. ``places`` has the place of each column among the cells."""

    def __init__(self, places: Mapping[str, int], reader: RowReader, around: Around) -> None:
        self.digest = _AsFiled(places, fictional_allowed=around.fictional_allowed)
        another_day = [name for name in ("area", "custody", "custody_as_of") if name in places]
        self._pick_today = itemgetter(*(places[name] for name in another_day))
        self._of_today = _SaidToday(another_day, reader, around.today)
        self._birth = places["child_born_on"]
        self._under_age = _UnderAge(reader, around.today)

    def said_today(self, rows: Sequence[TableRow], known: KnownFamily) -> list[OfToday] | None:
        """What the rows of a family say today; None where they are to be read anew."""
        if not known.as_filed or self.digest(rows) != known.as_filed:
            return None
        said = []
        for row in rows:
            today = self._of_today[self._pick_today(row.cells)]
            if row.fault or not today.as_before or not self._under_age[row.cells[self._birth]]:
                return None
            said.append(today)
        return None if min(said).as_of < known.imprisoned_on else said


class OfToday(NamedTuple):
    """``as_before``: nothing about these cells is to be remarked today either. The least is of the oldest knowledge."""

    as_of: date
    area: str
    custody: str
    as_before: bool


class _SaidToday(dict[tuple[str, ...], OfToday]):
    """What the cells mean today that mean another thing on another day or to another person, and custody, which tells
    what kind of file it is: ``custody_as_of``, ``area`` and ``custody``, as far as they stand in the file."""

    def __init__(self, names: Sequence[str], reader: RowReader, today: date) -> None:
        super().__init__()
        self._names, self._reader, self._today = names, reader, today

    def __missing__(self, cells: tuple[str, ...]) -> OfToday:
        said = {name: self._reader.value(name, cell) for name, cell in zip(self._names, cells, strict=True)}
        day = said.get("custody_as_of")
        day = self._today if day is None else day
        area, custody = said["area"], said["custody"]
        read = isinstance(day, date) and isinstance(area, str) and isinstance(custody, str)
        said_today = OfToday(day, area, custody, True) if read else OfToday(date.min, "", "", False)
        if len(self) < MOST_REMEMBERED:
            self[cells] = said_today
        return said_today


class _UnderAge(dict[str, bool]):
    """Whether a child born then, as a cell says it, is still one today."""

    def __init__(self, reader: RowReader, today: date) -> None:
        super().__init__()
        self._reader, self._today = reader, today

    def __missing__(self, cell: str) -> bool:
        born_on = self._reader.value("child_born_on", cell)
        under_age = isinstance(born_on, str) and age_of(born_on, self._today) < OF_AGE
        if len(self) < MOST_REMEMBERED:
            self[cell] = under_age
        return under_age


class _AsFiled:
    """The digest of a family's cells, as they stand in the file; all but the date of knowledge."""

    def __init__(self, places: Mapping[str, int], *, fictional_allowed: bool) -> None:
        names = [each.name for each in COLUMNS if each.name in places and each.name != "custody_as_of"]
        self._pick = itemgetter(*(places[name] for name in names))
        self._seed = blake2b("\x1f".join([READS_LIKE, str(fictional_allowed), *names]).encode(), digest_size=16)

    def __call__(self, rows: Sequence[TableRow]) -> str:
        digest = self._seed.copy()
        for row in rows:
            digest.update(b"\x1e")
            digest.update("\x1f".join(self._pick(row.cells)).encode())
        return digest.hexdigest()
