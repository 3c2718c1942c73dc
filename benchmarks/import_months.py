"""Measures a first and a second month of imports, beside writing the very same rows with the bare driver.

    python benchmarks/import_months.py [ROWS]     default 20,000 rows on SQLite, in a temporary folder

Says for each month: seconds to plan, seconds to commit (that is how long SQLite's one write lock is held, to be
below the 15 seconds that other writers wait), and the peak memory of the process. The second month has 2 % of the
families changed. The bare driver writes what the first month stored (every row of every table) into an empty,
migrated database in one transaction: ``executemany``, no sealing, no checks.
"""

from __future__ import annotations

import csv
import io
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from outreach.bootstrap import runtime_from, set_up  # noqa: E402
from outreach.domain.access import Actor, Role  # noqa: E402
from outreach.domain.intake_columns import COLUMNS  # noqa: E402
from outreach.domain.recognition_table import FileProblem  # noqa: E402
from outreach.engine.import_families import Committed, Waiting, commit_plan, plan_import  # noqa: E402
from outreach.runtime import Runtime  # noqa: E402
from outreach.settings import Settings  # noqa: E402

AREAS = ("OXF", "MKC", "BUC", "WBK")
ACTOR = Actor("system", "benchmark", Role.COORDINATOR, "police", frozenset(AREAS))
OPEN_TO = ("none",) * 69 + ("early_help",) * 16 + ("child_in_need",) * 11 + ("child_protection",) * 4
T = TypeVar("T")


def rows(many: int, *, month: int) -> Iterator[dict[str, str]]:
    """About 1.73 children a family, 31 % of them open to a threshold; numbers are Ofcom's for drama, so shared."""
    family = 0
    for child in range(1, many + 1):
        if child % 19 % 11 not in (2, 4, 6, 8):
            family += 1
        moved = month == 2 and family % 50 == 0
        yield {
            "family_ref": f"F{family:06}", "area": AREAS[family % 4], "parent_ref": f"P{family:06}",
            "imprisoned_on": f"2025-12-{1 + family % 28:02}", "custody": "remand", "custody_as_of": f"2026-01-0{month}",
            "child_ref": f"K{child:06}", "child_first_name": f"Child{child}", "child_born_on": "2017-04-02",
            "open_to": OPEN_TO[child * 37 % 100], "social_worker": f"Jo Example <jo{family % 90}@council.example>",
            "carer_ref": f"C{family:06}", "carer_name": f"Carer Number{family}", "carer_relationship": "mother",
            "carer_phone": f"07700 900{family % 1000:03}", "postcode": "OX1 1AB" if moved else "OX1 1AA",
            "checks": "complete",
        }  # fmt: skip


def a_file(many: int, *, month: int) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, [column.name for column in COLUMNS], restval="")
    writer.writeheader()
    writer.writerows(rows(many, month=month))
    return out.getvalue().encode()


def timed(work: Callable[[], T]) -> tuple[float, float, T]:
    """Seconds on the wall, seconds of processor, and what came of it."""
    wall, cpu = time.perf_counter(), time.process_time()
    answer = work()
    return time.perf_counter() - wall, time.process_time() - cpu, answer


def a_month(runtime: Runtime, many: int, month: int) -> tuple[float, float]:
    data = a_file(many, month=month)
    wall, cpu, waiting = timed(lambda: plan_import(runtime, ACTOR, data=data, file_name=f"month-{month}.csv"))
    if isinstance(waiting, FileProblem):
        raise SystemExit(waiting.said)
    assert isinstance(waiting, Waiting)
    print(f"month {month}  plan    {wall:7.1f} s wall {cpu:7.1f} s processor   {waiting.plan.counts()}")
    c_wall, c_cpu, done = timed(lambda: commit_plan(runtime, ACTOR, batch_id=waiting.batch_id, late="next"))
    assert isinstance(done, Committed), done
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"month {month}  commit  {c_wall:7.1f} s wall {c_cpu:7.1f} s processor   peak {peak:.0f} MB")
    return cpu + c_cpu, c_wall


def bare(source: Path, empty: Path) -> float:
    """Seconds of processor to write every row of ``source`` into ``empty`` with the driver alone."""
    there = sqlite3.connect(source)
    names = [
        name
        for (name,) in there.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'alembic_version'"
        )
    ]
    everything = {name: there.execute(f"SELECT * FROM {name}").fetchall() for name in names}
    into = sqlite3.connect(empty)
    into.execute("PRAGMA journal_mode=WAL")

    def write() -> int:
        count = 0
        with into:
            for name, found in everything.items():
                if found:
                    marks = ",".join("?" * len(found[0]))
                    into.executemany(f"INSERT OR IGNORE INTO {name} VALUES ({marks})", found)
                count += len(found)
        return count

    wall, cpu, count = timed(write)
    print(f"bare driver     {wall:7.1f} s wall {cpu:7.1f} s processor   {count:,} rows")
    return cpu


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as folder:
        made = []
        for name in ("measured", "empty"):
            home = Path(folder) / name
            made.append(runtime_from(Settings(home=home, mode="demo", fictional_numbers="allow")))
            set_up(made[-1])
        print(f"{many:,} rows on SQLite")
        first, lock = a_month(made[0], many, 1)
        beside = bare(Path(folder) / "measured" / "outreach.sqlite", Path(folder) / "empty" / "outreach.sqlite")
        second, _ = a_month(made[0], many, 2)
        print(f"first month is {first / beside:.1f} times the bare driver; second is {second / first:.2f} of the first")
        print(f"the write lock was held for {lock:.1f} s (other writers wait for 15)")


if __name__ == "__main__":
    main()
