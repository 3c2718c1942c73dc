"""Measures a first and a second month of imports, beside the bare driver writing the very same rows, and beside pandas.

    python benchmarks/import_months.py [--rows N] [--database sqlite|postgresql] [--runs N]

Without arguments: 20,000 rows on SQLite, then 312,000 (180,000 families) on PostgreSQL, three runs of each; the medians
are compared. Every step runs in a process of its own, so that its peak memory is its own.

* plan: the bytes of a file until its plan is stored. commit: the plan accepted, one transaction; on SQLite also how
  long of it the one write lock is held.
* second month: 2 % of the families changed (postcode, phone, a release, another child), the others with a new date of
  knowledge.
* bare driver: every row that the first month stored, in every table, into an empty, migrated database, in one
  transaction, by ``executemany``; beside it, on PostgreSQL, by COPY. Nothing is checked, compared, sealed or made; the
  rows are in memory before the clock starts.
* processor: of the importing process and, on PostgreSQL, of the server too: what a busy machine distorts least.
* pandas: ``read_csv``, then the same checks of each cell row by row, and the rows of a family put together.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.month_file import a_file  # noqa: E402 - the project is found from here

STEPS = Path(__file__).with_name("import_steps.py")
MOST_TIMES, MOST_OF_FIRST, MOST_SECONDS, MOST_MB = 4.0, 1 / 3, 180.0, 500.0


def step(name: str, url: str, home: Path, file: Path) -> dict[str, Any]:
    """What a step took, done in a process of its own."""
    command = [sys.executable, str(STEPS), name, url, str(home), str(file)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def one_run(folder: Path, on: str, files: dict[int, Path]) -> dict[str, dict[str, Any]]:
    measured, *empty = databases(folder, on)
    source = folder / "source"
    source.write_text(measured)
    found = {"first": step("month", measured, folder, files[1])}
    found["bare"] = step("bare", empty[0], folder, source)
    if on != "sqlite":
        found["copy"] = step("bare_copy", empty[1], folder, source)
    found["second"] = step("month", measured, folder, files[2])
    return found


def databases(folder: Path, on: str) -> list[str]:
    """Three migrated databases that are the same."""
    if on == "sqlite":
        step("set_up", f"sqlite:///{folder}/0.sqlite", folder, folder)
        return [f"sqlite:///{shutil.copy(folder / '0.sqlite', folder / f'{each}.sqlite')}" for each in (1, 2, 3)]
    from sqlalchemy import create_engine, make_url, text

    from tests.postgres import fresh_database, server

    first = fresh_database()
    step("set_up", first, folder, folder)
    url = make_url(server()).set(drivername="postgresql+psycopg")
    name, urls = make_url(first).database, [first]
    with create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
        for each in (2, 3):
            connection.execute(text(f'CREATE DATABASE "{name}_{each}" TEMPLATE "{name}"'))
            urls.append(url.set(drivername="postgresql", database=f"{name}_{each}").render_as_string(False))
    return urls


def compare(on: str, many: int, runs: int, *, with_pandas: bool) -> bool:
    with tempfile.TemporaryDirectory() as temporary:
        files = {}
        for number in (1, 2):
            files[number] = Path(temporary) / f"month-{number}.csv"
            files[number].write_bytes(a_file(many, month=number))
        size = files[1].stat().st_size / 1e6
        print(f"\n{many:,} rows ({size:.0f} MB) on {on}, {runs} runs; medians, and each run behind", flush=True)
        found = []
        for run in range(runs):
            folder = Path(temporary) / str(run)
            folder.mkdir()
            found.append(one_run(folder, on, files))
        names = ("reading", "pandas") if with_pandas else ()
        beside = {name: step(name, "", Path(temporary), files[1]) for name in names}
    return tell(on, found, beside)


def tell(on: str, found: list[dict[str, dict[str, Any]]], beside: dict[str, dict[str, Any]]) -> bool:
    def line(said: str, name: str, key: str, unit: str = "s") -> float:
        each = [float(run[name][key]) for run in found]
        middle = statistics.median(each)
        print(f"  {said:<44} {middle:8.1f} {unit:<2}   {'  '.join(f'{one:.1f}' for one in each)}")
        return middle

    def times(one: str, other: str, key: str) -> float:
        return statistics.median(float(run[one][key]) / float(run[other][key]) for run in found)

    print(f"  first month: {found[0]['first']['families']}")
    print(f"  second month: {found[0]['second']['families']}")
    for name in ("first", "second"):
        for key, said in (("plan", "plan"), ("commit", "commit"), ("lock", "of it, in the writing transaction")):
            line(f"{name} month, {said}", name, key)
        line(f"{name} month, processor", name, "cpu")
        line(f"{name} month, peak memory", name, "peak", "MB")
    line(f"bare driver, executemany, {found[0]['bare']['rows']:,} rows", "bare", "wall")
    line("bare driver, processor", "bare", "cpu")
    if on != "sqlite":
        line("beside it, COPY of the same rows", "copy", "wall")
        line("COPY, processor", "copy", "cpu")
        print(f"  first month: {times('first', 'copy', 'wall'):.1f} times COPY on the wall,"
              f" {times('first', 'copy', 'cpu'):.1f} of processor")  # fmt: skip
    said_of = {"reading": "reading and checking alone", "pandas": "pandas, the same checks"}
    for name, taken in beside.items():
        said = said_of[name]
        print(f"  {said:<44} {taken['wall']:8.1f} s    processor {taken['cpu']:.1f} s, peak {taken['peak']:.0f} MB")
    seconds = statistics.median(run["first"]["wall"] for run in found)
    peak_mb = max(run[name]["peak"] for run in found for name in ("first", "second"))
    goals = []
    for key, said in (("wall", "on the wall"), ("cpu", "of processor")):
        bare, part = times("first", "bare", key), times("second", "first", key)
        goals += [
            (f"first month is {bare:.1f} times the bare driver {said}", bare <= MOST_TIMES, "at most 4"),
            (f"second month is {part:.2f} of the first {said}", part < MOST_OF_FIRST, "under a third"),
        ]
        if beside:
            faster = beside["pandas"][key] / beside["reading"][key]
            goals.append((f"reading is {faster:.1f} times as fast as pandas {said}", faster > 1, "faster"))
    goals += [
        (f"first month takes {seconds:.0f} s", seconds < MOST_SECONDS, "under 180"),
        (f"peak memory is {peak_mb:.0f} MB", peak_mb < MOST_MB, "under 500"),
    ]
    for said, reached, aim in goals:
        print(f"  {'reached' if reached else 'MISSED ':7}  {said} (aim: {aim})")
    return all(reached for _, reached, _ in goals)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--rows", type=int)
    asked.add_argument("--database", choices=("sqlite", "postgresql"))
    asked.add_argument("--runs", type=int, default=3)
    asked.add_argument("--no-pandas", action="store_true")
    given = asked.parse_args()
    both = [("sqlite", given.rows or 20_000), ("postgresql", given.rows or 312_000)]
    chosen = [(on, many) for on, many in both if given.database in (None, on)]
    reached = [compare(on, many, given.runs, with_pandas=not given.no_pandas) for on, many in chosen]
    return 0 if all(reached) else 1


if __name__ == "__main__":
    raise SystemExit(main())
