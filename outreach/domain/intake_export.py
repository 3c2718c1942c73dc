"""Files that go back out: the rows that failed, with why, and the empty template.

Rules
* The rows that failed come in the shape they had, behind a first column ``what_is_wrong``. Mended, that file can be
  imported as it is: by the column it is known as a part of a month, and nobody is missed in it.
* No cell can run as a formula where the file is opened: what begins like one gets an apostrophe in front, which the
  reader takes off again.
* UTF-8 with a byte order mark and commas, so that a spreadsheet opens it with its letters whole.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable

from outreach.domain.import_plan import Intake
from outreach.domain.intake_columns import COLUMNS, WHY_COLUMN

_RUNS = ("=", "+", "-", "@", "\t", "\r")


def failed_rows_csv(intake: Intake) -> bytes:
    why: dict[int, list[str]] = defaultdict(list)
    for problem in intake.problems:
        why[problem.row].append(f"{problem.column}: {problem.problem}" if problem.column else problem.problem)
    rows = ((f"Row {row.number}. " + " ".join(why[row.number]), *row.cells) for row in intake.failed)
    return _csv((WHY_COLUMN, *intake.columns), rows)


def template_csv() -> bytes:
    return _csv((column.name for column in COLUMNS), [[column.example for column in COLUMNS]])


def guarded(cell: str) -> str:
    """``cell`` as no spreadsheet will run it."""
    return f"'{cell}" if cell.startswith(_RUNS) else cell


def _csv(header: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(guarded(cell) for cell in header)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")
