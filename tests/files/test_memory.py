"""However a file is made, reading it stays within its memory: each file is read in a process of its own, and measured.

``BASE`` is what the process needs before it reads anything; each file may take so many megabytes more, its own bytes
among them. A limit of the operating system ends whatever would take the machine with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from outreach.bootstrap import ROOT

READ = """
import json, resource, sys
from datetime import date
resource.setrlimit(resource.RLIMIT_AS, (3_000_000_000, 3_000_000_000))
sys.path.insert(0, {root!r})
from outreach.domain.intake import read_intake
from outreach.domain.recognition_table import FileProblem
from tests.domain.recognition_rows import AREAS, TODAY
from tests.files import large
data = large.{make}()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
read = read_intake(data, today=TODAY, areas=AREAS, fictional_allowed=True)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
said = read.said if isinstance(read, FileProblem) else ""
rows = [] if said else [read.rows_read, read.rows_rejected]
print(json.dumps({{"megabytes": (peak - before) / 1024, "said": said, "rows": rows}}))
"""


def measured(make: str) -> dict[str, Any]:
    answer = subprocess.run(
        [sys.executable, "-c", READ.format(root=str(ROOT), make=make)],
        capture_output=True, text=True, timeout=240, cwd=Path(ROOT), check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr[-2000:]
    told: dict[str, Any] = json.loads(answer.stdout)
    return told


@pytest.mark.parametrize(
    ("make", "megabytes", "says"),
    [
        ("a_line_without_an_end", 60, "none of the column names"),
        ("a_header_without_an_end", 60, "none of the column names"),
        ("blank_lines", 30, "more than 1,000,000 rows"),
        ("quotation_marks_over_many_lines", 60, "never closed"),
        ("rows_that_are_all_wrong", 400, "More than 50,000 rows cannot be read"),
        ("a_zip_bomb", 30, "unpacks to more"),
        ("a_far_off_row", 30, "unpacks to more"),
        ("one_long_text_in_every_cell", 60, "unpacks to more"),
        ("cells_without_an_end", 60, "unpacks to more"),
        ("json_without_an_end", 60, "none of the column names"),
    ],
)
def test_a_file_made_to_fill_the_memory_is_refused_within_it(make: str, megabytes: int, says: str) -> None:
    told = measured(make)
    assert says in told["said"], told
    assert told["megabytes"] < megabytes


@pytest.mark.parametrize(
    ("make", "megabytes", "rows"),
    [
        ("rows_of_a_million_cells", 60, [22, 20]),
        ("a_workbook_of_20_000_rows", 250, [20_000, 0]),
        ("a_file_of_20_000_rows_all_wrong", 250, [20_000, 20_000]),
    ],
)
def test_a_large_file_that_can_be_read_is_read_within_its_memory(make: str, megabytes: int, rows: list[int]) -> None:
    told = measured(make)
    assert told["rows"] == rows, told
    assert told["megabytes"] < megabytes
