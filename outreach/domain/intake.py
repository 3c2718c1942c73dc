"""A recognition file as families: every row accepted or in the problems, none dropped in silence.

Rules
* Bad rows never stop good rows. A family with a rejected row is taken with its other rows and is held until the
  row is mended or a person lifts the hold.
* Only a file of which nothing can be read is a ``FileProblem``.
* What a rejected row says of safety (``hold``, ``deceased``, pending checks) counts for its family all the same.
* Whether a file is one of releases only, the custody of every row that says it decides, rejected rows too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from outreach.domain.import_plan import AreaFacts, FailedRow, FiledFamily, Intake, MentionedFamily, Problem
from outreach.domain.intake_columns import BY_NAME
from outreach.domain.intake_family import make_record
from outreach.domain.intake_row import SHOWN, Around, IntakeRow, read_row
from outreach.domain.recognition_file import read_table
from outreach.domain.recognition_table import FileProblem, Table

NO_ROWS = "The file has column names and no rows. Export it again from the matching core."
NO_HOLD_COLUMN = (
    "The file has no column hold: where the checks are complete, that says that no family has one. "
    "If the core knows of holds, export the file again."
)
NOT_OURS = "This column is not one of a recognition file, and is left alone."


def read_intake(
    data: bytes, *, today: date, areas: Mapping[str, AreaFacts], fictional_allowed: bool = False
) -> Intake | FileProblem:
    """All that the bytes of a file say, on the day of the import in London. Never raises."""
    table = read_table(data)
    if isinstance(table, FileProblem):
        return table
    return intake_of(table, Around(today=today, areas=areas, fictional_allowed=fictional_allowed))


def intake_of(table: Table, around: Around) -> Intake | FileProblem:
    places = {name: place for place, name in enumerate(table.columns) if name in BY_NAME}
    seen = _Seen()
    for row in table.rows():
        read = read_row(row, places, around)
        seen.read += 1
        seen.problems.extend(read.problems)
        seen.warnings.extend(read.warnings)
        seen.areas.add(read.said.get("area", ""))
        seen.custodies.add(read.said.get("custody", ""))
        if read.row is not None:
            seen.families.setdefault(read.row.family_ref, []).append(read.row)
        else:
            seen.failed.append(FailedRow(row.number, row.cells))
            seen.mention(read.said)
    if not seen.read:
        return FileProblem((NO_ROWS,))
    families = []
    for ref, rows in seen.families.items():
        record, warnings = make_record(rows, today=around.today, mentioned=seen.mentioned.get(ref))
        families.append(FiledFamily(record, tuple(row.number for row in rows)))
        seen.warnings.extend(warnings)
    seen.warnings.extend(_twice(row for rows in seen.families.values() for row in rows))
    first = [*_of_columns(table.columns), *sorted(seen.warnings, key=lambda each: each.row)]
    return Intake(
        file_digest=table.digest,
        today=around.today,
        columns=table.columns,
        rows_read=seen.read,
        rows_accepted=seen.read - len(seen.failed),
        families=tuple(families),
        mentioned=tuple(seen.mentioned[ref] for ref in sorted(seen.mentioned)),
        areas=tuple(sorted(seen.areas - {""})),
        releases_only=seen.custodies - {""} == {"released"},
        mended=WHY_COLUMN in table.columns,
        problems=tuple(seen.problems),
        warnings=tuple(first),
        failed=tuple(seen.failed),
    )


@dataclass(slots=True)
class _Seen:
    """What the rows so far have said."""

    read: int = 0
    families: dict[str, list[IntakeRow]] = field(default_factory=dict)
    mentioned: dict[str, MentionedFamily] = field(default_factory=dict)
    areas: set[str] = field(default_factory=set)
    custodies: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    failed: list[FailedRow] = field(default_factory=list)

    def mention(self, said: Mapping[str, Any]) -> None:
        """A rejected row: what it says of safety counts for its family all the same."""
        ref = said.get("family_ref")
        if ref:
            before = self.mentioned.get(ref, MentionedFamily(ref))
            self.mentioned[ref] = MentionedFamily(
                ref,
                holds=tuple(dict.fromkeys((*before.holds, *said.get("hold", ())))),
                deceased=tuple(dict.fromkeys((*before.deceased, *said.get("deceased", ())))),
                pending=before.pending or said.get("checks") == "pending",
            )


def _of_columns(columns: tuple[str, ...]) -> list[Problem]:
    warnings = [Problem(1, name[:SHOWN], name[:SHOWN], NOT_OURS) for name in columns if name and name not in _OURS]
    if "hold" not in columns:
        warnings.append(Problem(1, "hold", "", NO_HOLD_COLUMN))
    return warnings


WHY_COLUMN = "what_is_wrong"
"""The column that a download of failed rows begins with."""
_OURS = BY_NAME.keys() | {WHY_COLUMN}


def _twice(rows: Iterable[IntakeRow]) -> list[Problem]:
    """Rows that repeat a child and parent of their family, and children that stand in two families."""
    warnings = []
    first_row: dict[tuple[str, str, str], int] = {}
    family_of: dict[str, str] = {}
    for row in rows:
        key = (row.family_ref, row.child_ref, row.parent_ref)
        if key in first_row:
            warnings.append(
                Problem(row.number, "child_ref", row.child_ref,
                        f"This child and parent of family {row.family_ref} stand in row {first_row[key]} already. "
                        "Nothing is counted twice; delete the row that is wrong.")
            )  # fmt: skip
        first_row.setdefault(key, row.number)
        if family_of.setdefault(row.child_ref, row.family_ref) != row.family_ref:
            warnings.append(
                Problem(row.number, "child_ref", row.child_ref,
                        f"This child also stands in family {family_of[row.child_ref]}. Both are taken, and neither "
                        "is told of the other. Look whether one of them is wrong.")
            )  # fmt: skip
    return warnings
