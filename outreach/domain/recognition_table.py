"""A recognition file as a table: its columns, its rows as the spreadsheet numbers them, or why there is none.

Rules
* A ``FileProblem`` is what is wrong with the file as a whole, every bit of it at once: nothing of it is read.
  What is wrong with one row is a ``fault`` of that row, and never stops the others.
* Column names are matched without capitals, with spaces or hyphens for underscores. A column we do not know
  keeps its own name and is left alone.
* Rows are read as they are asked for, so that a large file is held once and not twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from outreach.domain.intake_columns import BY_NAME, REQUIRED

MOST_COLUMNS = 100
TOO_WIDE = (
    "The first row has {} columns; a recognition file has at most {}. Delete the columns that do not belong to it."
)
NO_NAMES = (
    "This is not a recognition file: its first row has none of the column names. "
    "The first row must hold them, beginning with family_ref. Compare it with the template."
)


@dataclass(frozen=True, slots=True)
class FileProblem:
    """Why the file as a whole cannot be read: sentences that say what to do."""

    problems: tuple[str, ...]

    @property
    def said(self) -> str:
        return " ".join(self.problems)


@dataclass(frozen=True, slots=True)
class TableRow:
    """``cells`` stand in the order of the table's columns, and none is missing. ``fault``: why the row as such
    cannot be taken; its cells are then what can be shown of it."""

    number: int
    cells: tuple[str, ...]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    digest: str
    """SHA-256 of the bytes, in hex: the same bytes are the same file, whatever its name."""
    read: Callable[[], Iterator[TableRow]]

    def rows(self) -> Iterator[TableRow]:
        """Every row that is not wholly blank."""
        return self.read()


def header(names: list[str]) -> tuple[str, ...] | FileProblem:
    """The columns of a first row, or all that is wrong with them."""
    while names and not names[-1].strip():
        names = names[:-1]
    if len(names) > MOST_COLUMNS:
        return FileProblem((TOO_WIDE.format(len(names), MOST_COLUMNS),))
    columns = tuple(canonical(name) for name in names)
    known = [column for column in columns if column in BY_NAME]
    if not known:
        return FileProblem((NO_NAMES,))
    twice = sorted({column for column in known if known.count(column) > 1})
    missing = [name for name in REQUIRED if name not in known]
    problems = []
    if twice:
        problems.append(f"These columns stand twice: {', '.join(twice)}. Keep the right one, delete the other.")
    if missing:
        problems.append(f"These columns are missing: {', '.join(missing)}. Add them, or export the file again.")
    return FileProblem(tuple(problems)) if problems else columns


def canonical(name: str) -> str:
    """A column's name as the table of columns has it, or as the file wrote it where we do not know it."""
    known = re.sub(r"[\s\-_]+", "_", name.strip().strip("\ufeff").lower()).strip("_")
    return known if known in BY_NAME else name.strip()[:100]
