"""A recognition file as a table: its columns, its rows as the spreadsheet numbers them, or why there is none.

Rules
* A ``FileProblem`` is what is wrong with the file as a whole, every bit of it at once: nothing of it is read.
  What is wrong with one row is a ``fault`` of that row, and never stops the others.
* Column names are matched without capitals, with spaces or hyphens for underscores; others by what a person said
  they mean (``column_map``). A column we do not know keeps its own name and is left alone.
* Rows are read as they are asked for, so that a large file is held once and not twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from outreach.domain.column_map import Meanings, Recall, guessed, is_strange, meaning_of, plain
from outreach.domain.intake_columns import BY_NAME, REQUIRED, WHY_COLUMN

MOST_COLUMNS = 100
TOO_WIDE = (
    "The first row has {} columns; a recognition file has at most {}. Delete the columns that do not belong to it."
)
TWICE = "These columns stand twice: {}. Keep the right one, delete the other."
MISSING = "These columns are missing: {}. Add them, or export the file again."
MAY_BE = "The column {} may be our {} under another name. Say what it holds, or that it is to be left alone."
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
class StrangeHeader(FileProblem):
    """Columns are there whose names we do not know, in the stead of required ones or of others that are missing: a
    person may say what they mean. ``names`` is the file's own first row."""

    names: tuple[str, ...] = ()


class TableRow(NamedTuple):
    """``cells`` stand in the order of the table's columns, and none is missing. ``fault``: why the row as such
    cannot be taken; its cells are then what can be told of it, and ``as_written`` the row itself where that is more."""

    number: int
    cells: tuple[str, ...]
    fault: str = ""
    as_written: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    names: tuple[str, ...]
    """The first row as the file wrote it."""
    digest: str
    """SHA-256 of the bytes, in hex: the same bytes are the same file, whatever its name."""
    read: Callable[[], Iterator[TableRow]]
    remark: str = ""
    """What is to be said of the file as a whole."""

    def rows(self) -> Iterator[TableRow]:
        """Every row that is not wholly blank."""
        return self.read()


def header(names: list[str], recall: Recall) -> tuple[str, ...] | FileProblem:
    """The columns of a first row, or all that is wrong with them. ``recall``: what a person said that names mean."""
    while names and not names[-1].strip():
        names = names[:-1]
    meanings = recall(names)
    if len(names) > MOST_COLUMNS:
        return FileProblem((TOO_WIDE.format(len(names), MOST_COLUMNS),))
    columns = tuple(meaning_of(name, meanings) for name in names)
    known = [column for column in columns if column in BY_NAME]
    twice = sorted({column for column in known if known.count(column) > 1})
    if twice:
        return FileProblem((TWICE.format(", ".join(twice)), *_missing(known)))
    if is_strange(columns, _settled(names, columns, meanings)):
        return StrangeHeader(_missing(known) or _may_be(columns), tuple(names))
    if not known:
        return FileProblem((NO_NAMES,))
    return FileProblem(_missing(known)) if _missing(known) else columns


def _settled(names: Sequence[str], columns: Sequence[str], meanings: Meanings) -> Collection[str]:
    """Names that are not asked about: those a person explained, and all of the rows that we gave back to be mended."""
    both = zip(names, columns, strict=True)
    return {plain(column) for name, column in both if WHY_COLUMN in columns or plain(name) in meanings}


def _may_be(columns: Sequence[str]) -> tuple[str, ...]:
    called = {plain(name): name for name in columns}
    return tuple(MAY_BE.format(called[name], column) for name, column in guessed(columns).items())


def _missing(known: Sequence[str]) -> tuple[str, ...]:
    missing = [name for name in REQUIRED if name not in known]
    return (MISSING.format(", ".join(missing)),) if missing else ()
