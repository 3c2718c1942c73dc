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
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.month_file import AREAS, TODAY, a_file  # noqa: E402 - the project is found from here

MOST_TIMES, MOST_OF_FIRST, MOST_SECONDS, MOST_MB = 4.0, 1 / 3, 180.0, 500.0


# What a process of its own does


@dataclass
class Taken:
    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def timed(taken: Taken, url: str = "") -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time() + server_seconds(url)
    yield
    taken.wall, taken.cpu = time.perf_counter() - wall, time.process_time() + server_seconds(url) - cpu


def server_seconds(url: str) -> float:
    """Seconds of processor that the PostgreSQL of this machine has used so far; 0 without one."""
    if not url.startswith("postgresql"):
        return 0.0
    import psycopg

    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)").fetchone()
    parent = str(found[0]) if found else ""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] == parent:
            ticks += int(fields[11]) + int(fields[12])
        elif stat.parent.name == parent:
            ticks += sum(map(int, fields[11:15]))  # and its children that have ended
    return ticks / os.sysconf("SC_CLK_TCK")


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def a_runtime(url: str, home: Path) -> Any:
    from outreach.bootstrap import runtime_from
    from outreach.settings import Settings

    return runtime_from(Settings(home=home, database_url=url, mode="demo", fictional_numbers="allow"))


def set_up(url: str, home: Path, file: Path) -> dict[str, Any]:
    from outreach import bootstrap

    bootstrap.set_up(a_runtime(url, home))
    return {}


def month(url: str, home: Path, file: Path) -> dict[str, Any]:
    """Plan and commit a file."""
    from outreach.domain.access import Actor, Role
    from outreach.engine.import_families import Committed, Waiting, commit_plan, plan_import
    from outreach.store.base import Sessions

    runtime = a_runtime(url, home)
    actor = Actor("system", "benchmark", Role.COORDINATOR, "police", frozenset(AREAS))
    plan, commit, lock = Taken(), Taken(), Taken()
    begin = Sessions.begin

    @contextmanager
    def watched(self: Sessions) -> Iterator[Any]:
        with begin(self) as session:
            session.connection()  # SQLite takes its lock here
            with timed(lock):
                yield session

    with timed(plan, url):
        waiting = plan_import(runtime, actor, data=file.read_bytes(), file_name=file.name)
    assert isinstance(waiting, Waiting), waiting
    counts, batch_id = waiting.plan.counts(), waiting.batch_id
    del waiting
    planned_peak = peak()
    Sessions.begin = watched  # type: ignore[method-assign]
    with timed(commit, url):
        done = commit_plan(runtime, actor, batch_id=batch_id, late="next")
    assert isinstance(done, Committed), done
    return {
        "plan": plan.wall, "commit": commit.wall, "lock": lock.wall, "wall": plan.wall + commit.wall,
        "cpu": plan.cpu + commit.cpu, "peak": peak(), "peak_plan": planned_peak,
        "families": {key: count for key, count in counts.items() if count},
    }  # fmt: skip


def stored(url: str) -> dict[str, list[Any]]:
    """Every table and its rows, in the order in which they can be written."""
    from outreach.store import tables
    from outreach.store.base import open_database

    found = {}
    with open_database(url).connect() as connection:
        driver: Any = connection.connection.driver_connection
        for table in tables.METADATA.sorted_tables:
            query = f'SELECT {named(table)} FROM "{table.name}"'
            found[table.name] = as_sent(table, driver.execute(query).fetchall())
    return found


def named(table: Any) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


def bare(url: str, home: Path, file: Path, *, copy: bool) -> dict[str, Any]:
    """Write into ``url`` what stands in the database that ``file`` names and not in it."""
    from outreach.store import tables

    before = {name: {str(row) for row in rows} for name, rows in stored(url).items()}
    new = {
        name: [row for row in rows if not before[name] or str(row) not in before[name]]
        for name, rows in stored(file.read_text()).items()
        if name not in ("batch", "batch_part")
    }
    everything = [(tables.METADATA.tables[name], rows) for name, rows in new.items() if rows]
    taken = Taken()
    if url.startswith("sqlite"):
        lite = sqlite3.connect(url.removeprefix("sqlite:///"))
        lite.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON")
        with timed(taken), lite:
            for table, rows in everything:
                marks = ",".join("?" * len(table.columns))
                lite.executemany(f'INSERT INTO "{table.name}" ({named(table)}) VALUES ({marks})', rows)
    else:
        import psycopg

        with timed(taken, url), psycopg.connect(url) as connection, connection.cursor() as cursor:
            for table, rows in everything:
                (copied if copy else inserted)(cursor, table, rows)
    return {"wall": taken.wall, "cpu": taken.cpu, "rows": sum(len(rows) for _, rows in everything)}


def copied(cursor: Any, table: Any, rows: list[Any]) -> None:
    from outreach.store.bulk import type_on_postgresql

    with cursor.copy(f'COPY "{table.name}" ({named(table)}) FROM STDIN (FORMAT BINARY)') as copy:
        copy.set_types([type_on_postgresql(column) for column in table.columns])
        for row in rows:
            copy.write_row(row)


def inserted(cursor: Any, table: Any, rows: list[Any]) -> None:
    marks = ",".join(["%s"] * len(table.columns))
    cursor.executemany(f'INSERT INTO "{table.name}" ({named(table)}) VALUES ({marks})', rows)


def as_sent(table: Any, found: list[Any]) -> list[Any]:
    """JSON as its text again, where the driver read it as a value."""
    from sqlalchemy import JSON

    places = {place for place, column in enumerate(table.columns) if isinstance(column.type, JSON)}
    if not places or (found and isinstance(found[0][min(places)], str)):
        return found
    return [[json.dumps(value) if place in places else value for place, value in enumerate(row)] for row in found]


def with_pandas(url: str, home: Path, file: Path) -> dict[str, Any]:
    """The same checks of each cell, row by row of a data frame, and the rows of a family put together."""
    import pandas

    from outreach.domain.import_plan import AreaFacts
    from outreach.domain.intake_cell import Around, Warned, value_of
    from outreach.domain.intake_columns import COLUMNS
    from outreach.domain.intake_dates import Unreadable
    from outreach.domain.intake_family import make_record
    from outreach.domain.intake_row import IntakeRow, _second_looks

    around = Around(date.fromisoformat(TODAY), {code: AreaFacts(code, code, date(2022, 1, 1)) for code in AREAS})
    taken, problems = Taken(), 0
    with timed(taken):
        frame = pandas.read_csv(file, dtype=str, keep_default_na=False)
        families: dict[str, list[IntakeRow]] = {}
        for number, row in frame.iterrows():
            said: dict[str, Any] = {}
            for column in COLUMNS:
                value = value_of(row[column.name], column, around)
                if isinstance(value, Unreadable):
                    problems += 1
                    continue
                said[column.name] = value.value if isinstance(value, Warned) else value
            taken_row = IntakeRow(number=int(number) + 2, **said)  # type: ignore[call-overload]
            _second_looks(taken_row, around)
            families.setdefault(taken_row.family_ref, []).append(taken_row)
        records = [make_record(of_family, today=around.today) for of_family in families.values()]
    assert not problems
    return {"wall": taken.wall, "cpu": taken.cpu, "peak": peak(), "families": len(records)}


def reading(url: str, home: Path, file: Path) -> dict[str, Any]:
    """What pandas is compared with: the product's own reading, without comparing, planning or writing."""
    from outreach.domain.import_plan import AreaFacts, Intake
    from outreach.domain.intake import read_intake

    areas = {code: AreaFacts(code, code, date(2022, 1, 1)) for code in AREAS}
    taken = Taken()
    with timed(taken):
        intake = read_intake(file.read_bytes(), today=date.fromisoformat(TODAY), areas=areas)
    assert isinstance(intake, Intake)
    return {"wall": taken.wall, "cpu": taken.cpu, "peak": peak(), "families": len(intake.families)}


STEPS: dict[str, Callable[[str, Path, Path], dict[str, Any]]] = {
    "set_up": set_up,
    "month": month,
    "bare": lambda url, home, file: bare(url, home, file, copy=False),
    "bare_copy": lambda url, home, file: bare(url, home, file, copy=True),
    "pandas": with_pandas,
    "reading": reading,
}


def step(name: str, url: str, home: Path, file: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--step", name, "--url", url, "--home", str(home), "--file", str(file)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


# Runs and medians


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
    for name in ("step", "url", "home", "file"):
        asked.add_argument(f"--{name}", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.step:
        print(json.dumps(STEPS[given.step](given.url, Path(given.home), Path(given.file))))
        return 0
    both = [("sqlite", given.rows or 20_000), ("postgresql", given.rows or 312_000)]
    chosen = [(on, many) for on, many in both if given.database in (None, on)]
    reached = [compare(on, many, given.runs, with_pandas=not given.no_pandas) for on, many in chosen]
    return 0 if all(reached) else 1


if __name__ == "__main__":
    raise SystemExit(main())
