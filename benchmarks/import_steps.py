"""The steps that ``import_months.py`` measures, each in a process of its own.

    python benchmarks/import_steps.py STEP URL HOME FILE

Prints what the step took, as JSON. ``URL`` is the database, ``HOME`` the folder of the service, ``FILE`` what the step
reads.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.month_file import AREAS, TODAY  # noqa: E402 - the project is found from here
from benchmarks.taken import Taken, peak, timed  # noqa: E402


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


def main() -> int:
    name, url, home, file = sys.argv[1:]
    print(json.dumps(STEPS[name](url, Path(home), Path(file))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
