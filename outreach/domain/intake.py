"""A recognition file as families: every row accepted or in the problems, none dropped in silence.

Rules
* Bad rows never stop good rows. A family with a rejected row is taken with its other rows and is held until the
  row is mended or a person lifts the hold.
* Only a file of which nothing can be read is a ``FileProblem``; so is one with more than ``MOST_FAILED`` bad rows,
  which nobody mends one by one, and one that comes before the day it tells of.
* What a rejected row says of safety (``hold``, ``deceased``, pending checks) counts for its family all the same. One
  that does not say whose it is counts for every family with its child or its carer, of the file or known in the areas
  of the import; and it is said which these are, or that there is none.
* Whether a file is one of releases only, the custody of every row that says it decides, rejected rows too.
* The file is read row by row: a family is made as soon as its last row has come, and packed away.
* A known family whose cells stand as they stood when it was last imported, and were read then without a remark, is
  not read again: only the cells that mean something else on another day, or to another person, are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter
from typing import Any

from outreach.domain.column_map import Meanings, Recall, plain
from outreach.domain.import_matches import Matches, keys_of
from outreach.domain.import_meetings import MOST_NAMED
from outreach.domain.import_plan import (
    AreaFacts,
    FailedRow,
    FiledFamily,
    Intake,
    KnownFamily,
    MentionedFamily,
    Problem,
)
from outreach.domain.intake_as_before import AsBefore
from outreach.domain.intake_cell import NOT_YET, SHOWN, Around
from outreach.domain.intake_columns import BY_NAME, KEEP_SAFE, WHY_COLUMN
from outreach.domain.intake_dates import Unreadable, read_date
from outreach.domain.intake_family import make_record
from outreach.domain.intake_row import IntakeRow, ReadRow, RowReader
from outreach.domain.packed import Packing, packed
from outreach.domain.recognition_file import read_table
from outreach.domain.recognition_table import FileProblem, Table, TableRow

MOST_FAILED = 50_000
TOO_MANY_FAILED = (
    f"More than {MOST_FAILED:,} rows cannot be read, so nothing of the file was taken. Most of them because: {{}}"
)
NO_ROWS = "The file has column names and no rows. Export it again from the matching core."
TOO_EARLY = (
    "The file says what was known on {}, which has not come yet, so nothing of it was taken. Import it on that day "
    "or later, or put the date right in the column custody_as_of."
)
NO_COLUMN = (
    "The file has no column {}: for a new family that says that {}. If the core knows of any, export the file again "
    "with that column."
)
READ_AS = "This column is read as {}, as a colleague said its name means."
NOT_OURS = "This column is not one of a recognition file, and is left alone."
HELD_FOR_IT = "Until then {} held: the child or the carer of this row is theirs."
HOLDS_NOBODY = (
    "Until then this row holds nobody, and no family is made of it: no other row, and no family that we know in your "
    "areas, has its child or its carer."
)
Progress = Callable[[int, int], None]
"""Told of the rows done and of the rows there are."""
TELL_EVERY = 1_000


def read_intake(
    data: bytes,
    *,
    today: date,
    areas: Mapping[str, AreaFacts],
    fictional_allowed: bool = False,
    known: Mapping[str, KnownFamily] | None = None,
    matches: Matches | None = None,
    progress: Progress | None = None,
    meanings: Meanings | Recall | None = None,
) -> Intake | FileProblem:
    """All that the bytes of a file say, on the day of the import in London. Never raises.

    ``meanings``: what a person said the file's own column names mean, or who knows it. ``known`` are the families that
    were imported before; ``matches`` has them too, and gets what the file says.
    """
    table = read_table(data, meanings)
    if isinstance(table, FileProblem):
        return table
    around = Around(today=today, areas=areas, fictional_allowed=fictional_allowed)
    return intake_of(table, around, known=known or {}, matches=matches or Matches(), progress=progress)


def intake_of(
    table: Table,
    around: Around,
    *,
    known: Mapping[str, KnownFamily],
    matches: Matches,
    progress: Progress | None = None,
) -> Intake | FileProblem:
    reading = _Reading(table.columns, around, known, matches)
    for ref, rows in _families(table, reading.refs_of(table), progress):
        reading.take(ref, rows)
        if reading.failed_rows > MOST_FAILED:
            return FileProblem((TOO_MANY_FAILED.format(_most_common(reading.problems)),))
    if not reading.rows_read:
        return FileProblem((NO_ROWS,))
    if early := _not_before(reading):
        return FileProblem((TOO_EARLY.format(f"{early.day} {early:%B %Y}"),))
    by_row = attrgetter("row")  # what stands in one row stays in its order
    releases_only = reading.custodies - {""} == {"released"}
    return Intake(
        file_digest=table.digest,
        today=around.today,
        columns=table.columns,
        rows_read=reading.rows_read,
        rows_accepted=reading.rows_read - reading.failed_rows,
        families=reading.filed.packed(),
        mentioned=tuple(reading.mentioned[ref] for ref in sorted(reading.mentioned)),
        areas=tuple(sorted(reading.areas - {""})),
        releases_only=releases_only,
        mended=WHY_COLUMN in table.columns,
        newest=reading.newest,
        problems=packed(Problem, sorted(reading.problems, key=by_row)),
        warnings=packed(
            Problem, [*_of_columns(table, releases_only=releases_only), *sorted(reading.warnings, key=by_row)]
        ),
        failed=reading.failed.packed(),
    )


def _families(
    table: Table, refs: Sequence[str | None], progress: Progress | None
) -> Iterator[tuple[str | None, list[TableRow]]]:
    """The rows of each family together, as soon as the last of them has come; a row of nobody's alone."""
    left, waiting = Counter(refs), dict[str, list[TableRow]]()
    in_all = len(refs)
    for done, (ref, row) in enumerate(zip(refs, table.rows(), strict=True), 1):
        if ref is None or (left[ref] == 1 and ref not in waiting):
            yield ref, [row]
        else:
            waiting.setdefault(ref, []).append(row)
            left[ref] -= 1
            if not left[ref]:
                yield ref, waiting.pop(ref)
        if progress is not None and (done % TELL_EVERY == 0 or done == in_all):
            progress(done, in_all)


class _Reading:
    """What the rows so far have said."""

    def __init__(
        self, columns: tuple[str, ...], around: Around, known: Mapping[str, KnownFamily], matches: Matches
    ) -> None:
        places = {name: place for place, name in enumerate(columns) if name in BY_NAME}
        self._around, self._known, self._matches = around, known, matches
        self._reader = RowReader(places, around)
        self._cells = _Cells(places, self._reader)
        self._before = AsBefore(places, self._reader, around)
        self._ref = places["family_ref"]
        self.rows_read = self.failed_rows = 0
        self.filed = Packing(FiledFamily, as_it_is=True)
        self.failed = Packing(FailedRow)
        self.mentioned: dict[str, MentionedFamily] = {}
        self._held_for: dict[int, list[str]] = {}
        """Of each row of nobody's, whom it holds."""
        self.areas: set[str] = set()
        self.custodies: set[str] = set()
        self.newest: date | None = None
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def refs_of(self, table: Table) -> list[str | None]:
        """Whose each row is, as it says itself. What the others say is noted of those it is likely of."""
        one: dict[str, str] = {}  # equal references are kept once
        said = self._reader.meanings_of("family_ref")
        read = (said[row.cells[self._ref]] for row in table.rows())
        refs = [None if isinstance(ref, Unreadable) else one.setdefault(ref, ref) for ref in read]
        if 0 < refs.count(None) <= MOST_FAILED:
            self._attribute(table, refs)
        return refs

    def _attribute(self, table: Table, refs: Sequence[str | None]) -> None:
        """Note what rows of nobody's say, of those whose child or carer they name."""
        nobodys = [row for ref, row in zip(refs, table.rows(), strict=True) if ref is None]
        homes = {key: set[str]() for row in nobodys for key in self._people(row)}
        for ref, row in zip(refs, table.rows(), strict=True):
            if ref is not None:
                for key in self._people(row):
                    if key in homes:
                        homes[key].add(ref)
        for key, known in self._matches.having(homes).items():
            homes[key] |= {ref for ref in known if ref in self._known and self._known[ref].area in self._around.areas}
        for row in nobodys:
            said = self._reader.read(row).said
            held = sorted({ref for key in self._people(row) for ref in homes[key]})
            self._held_for[row.number] = held
            for ref in held:
                self._mention(ref, said)

    def _people(self, row: TableRow) -> list[tuple[str, str]]:
        """The child and the carer of a row, as far as they can be read."""
        said = [(name, self._cells.value(row, name)) for name in ("child_ref", "carer_ref")]
        return [(name, ref) for name, ref in said if isinstance(ref, str) and ref]

    def take(self, ref: str | None, rows: list[TableRow]) -> None:
        """The rows of one family, or one of which nobody can tell whose it is."""
        self.rows_read += len(rows)
        known = self._known.get(ref) if ref is not None else None
        if known is None or ref in self.mentioned or not self._as_before(rows, known):
            self._read(rows)

    def _as_before(self, rows: list[TableRow], known: KnownFamily) -> bool:
        said = self._before.said_today(rows, known)
        if said is None:
            return False
        for today in said:
            self.areas.add(today.area)
            self.custodies.add(today.custody)
            self._tells_of(today.as_of)
        self.filed.add(FiledFamily(known.ref, tuple([row.number for row in rows]), custody_as_of=min(said).as_of))
        return True

    def _tells_of(self, day: date) -> None:
        if self.newest is None or day > self.newest:
            self.newest = day

    def _read(self, rows: list[TableRow]) -> None:
        remarks = len(self.warnings)
        taken: list[IntakeRow] = []
        for row in rows:
            read = self._reader.read(row)
            self._note(row, read)
            if read.row is not None:
                taken.append(read.row)
        if not taken:
            return
        ref = taken[0].family_ref
        record, warnings = make_record(taken, today=self._around.today, mentioned=self.mentioned.get(ref))
        self.warnings += warnings
        if len(taken) > 1:
            self.warnings += _twice(taken)
        quiet = len(self.warnings) == remarks and ref not in self.mentioned
        keys = keys_of(record, self._matches.blind)
        self._matches.add(ref, keys)
        self.filed.add(
            FiledFamily(
                ref,
                tuple(row.number for row in taken),
                record,
                custody_as_of=record.custody_as_of,
                as_filed=self._before.digest(rows) if quiet else "",
                keys=keys,
            )
        )

    def _note(self, row: TableRow, read: ReadRow) -> None:
        self.problems += self._with_whose(row, read) if row.number in self._held_for else read.problems
        self.warnings += read.warnings
        if read.row is not None:
            self.areas.add(read.row.area)
            self.custodies.add(read.row.custody)
            self._tells_of(read.row.custody_as_of or self._around.today)
            return
        self.areas.add(read.said.get("area", ""))
        self.custodies.add(read.said.get("custody", ""))
        self.failed_rows += 1
        self.failed.add(FailedRow(row.number, _as_it_stood(row)))
        if ref := read.said.get("family_ref"):
            self._mention(ref, read.said)

    def _with_whose(self, row: TableRow, read: ReadRow) -> list[Problem]:
        """What is wrong with a row of nobody's, and whom it holds until that is mended."""
        held = self._held_for[row.number]
        then = HELD_FOR_IT.format(_families_are(held)) if held else HOLDS_NOBODY
        place = next(place for place, each in enumerate(read.problems) if each.column in ("", "family_ref"))
        whose = read.problems[place]
        said = replace(whose, problem=f"{whose.problem} {then}")
        return [*read.problems[:place], said, *read.problems[place + 1 :]]

    def _mention(self, ref: str, said: Mapping[str, Any]) -> None:
        """A rejected row: what it says of safety counts for its family all the same."""
        before = self.mentioned.get(ref, MentionedFamily(ref))
        self.mentioned[ref] = MentionedFamily(
            ref,
            holds=tuple(dict.fromkeys((*before.holds, *said.get("hold", ())))),
            deceased=tuple(dict.fromkeys((*before.deceased, *said.get("deceased", ())))),
            pending=before.pending or said.get("checks") == "pending",
            rows=(*before.rows, f"{said.get('child_ref', '')} / {said.get('parent_ref', '')}"),
        )


def _families_are(refs: Sequence[str]) -> str:
    named = ", ".join(refs[:MOST_NAMED]) + (" and others" if len(refs) > MOST_NAMED else "")
    return f"family {named} is" if len(refs) == 1 else f"the families {named} are"


def _as_it_stood(row: TableRow) -> tuple[str, ...]:
    return (row.as_written, *[""] * (len(row.cells) - 1)) if row.as_written else row.cells


@dataclass(frozen=True, slots=True)
class _Cells:
    """Single cells of a row, read."""

    places: Mapping[str, int]
    reader: RowReader

    def value(self, row: TableRow, name: str) -> Any:
        place = self.places.get(name)
        return self.reader.value(name, row.cells[place] if place is not None else "")


def _most_common(problems: Iterable[Problem]) -> str:
    (column, problem), _ = Counter((each.column, each.problem) for each in problems).most_common(1)[0]
    return f"{column}: {problem}" if column else problem


def _not_before(reading: _Reading) -> date | None:
    """The day the file tells of, where none of its rows can be taken because that day has not come."""
    early = [each for each in reading.problems if each.column == "custody_as_of" and each.problem == NOT_YET]
    if len(early) < reading.rows_read:
        return None
    days = [day for each in early if isinstance(day := read_date(each.value), date)]
    return max(days, default=None)


def _of_columns(table: Table, *, releases_only: bool) -> list[Problem]:
    """What is to be said of the file and its columns, the gravest first."""
    columns, renamed = table.columns, zip(table.names, table.columns, strict=False)
    warnings = [Problem(1, "", "", table.remark)] if table.remark else []
    warnings += [
        Problem(1, column, "", NO_COLUMN.format(column, says))
        for column, says in KEEP_SAFE.items()
        if column not in columns and not releases_only
    ]
    warnings += [Problem(1, name[:SHOWN], name[:SHOWN], NOT_OURS) for name in columns if name and name not in _OURS]
    return warnings + [
        Problem(1, column, name[:SHOWN], READ_AS.format(column))
        for name, column in renamed
        if column in BY_NAME and plain(name) != column
    ]


_OURS = BY_NAME.keys() | {WHY_COLUMN}


def _twice(rows: Sequence[IntakeRow]) -> list[Problem]:
    """Rows that repeat a child and parent of their family."""
    warnings = []
    first_row: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (row.child_ref, row.parent_ref)
        if key in first_row:
            warnings.append(
                Problem(row.number, "child_ref", row.child_ref,
                        f"This child and parent of family {row.family_ref} stand in row {first_row[key]} already. "
                        "Nothing is counted twice; delete the row that is wrong.")
            )  # fmt: skip
        first_row.setdefault(key, row.number)
    return warnings
