"""Every file of the corpus is imported right or refused in plain words, and nothing of it is half written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import func, select

from outreach.domain.import_plan import Status
from outreach.domain.intake import read_intake
from outreach.domain.intake_record import FamilyRecord, record_from_json
from outreach.domain.recognition_table import FileProblem
from outreach.engine.import_families import Committed, Waiting, commit_plan, plan_import
from outreach.runtime import Runtime
from outreach.store.batches import BatchRow
from outreach.store.families import ChildRow, FamilyRow, ParentRow
from outreach.store.sealing import unseal
from tests.cast import ANA
from tests.domain.recognition_rows import AREAS, TODAY
from tests.files.hostile import CASES, Case

TABLE = Path(__file__).with_name("README.md")


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_hostile_file_is_imported_right_or_refused_in_plain_words(case: Case, runtime: Runtime) -> None:
    waiting = plan_import(runtime, ANA, data=case.make(), file_name="january")
    if isinstance(waiting, FileProblem):
        assert case.refused, waiting.said
        assert re.search(case.refused, waiting.said), waiting.said
        assert waiting.said.endswith(".")
        assert rows_of(runtime, BatchRow) == rows_of(runtime, FamilyRow) == 0
        return
    assert isinstance(waiting, Waiting)
    assert not case.refused, waiting.plan.problems
    said = {problem.row: "" for problem in waiting.plan.problems}
    for problem in waiting.plan.problems:
        said[problem.row] += f"{problem.problem} "
    assert said.keys() == case.rejected.keys(), said
    for row, words in case.rejected.items():
        assert words in said[row]
    for row, words in case.warned.items():
        warnings = " ".join(each.problem for each in waiting.plan.warnings if each.row == row)
        assert re.search(words, warnings), warnings
    assert rows_of(runtime, FamilyRow) == 0, "nothing is written before the plan is accepted"
    assert isinstance(commit_plan(runtime, ANA, batch_id=waiting.batch_id, late="next"), Committed)
    stored = records(runtime)
    assert stored.keys() == {family.ref for family in waiting.plan.with_status(Status.NEW)}
    assert stored.keys() >= {*case.carers, *case.phones, *case.born_on, *case.imprisoned_on}
    if case.carers:
        assert {ref: record.carer.name for ref, record in stored.items()} == case.carers
    for ref, phone in case.phones.items():
        assert "".join(stored[ref].carer.phones) == phone
    for ref, born_on in case.born_on.items():
        assert stored[ref].children[0].born_on == born_on
    for ref, day in case.imprisoned_on.items():
        assert stored[ref].imprisoned_on.isoformat() == day
    assert rows_of(runtime, ChildRow) == rows_of(runtime, ParentRow) == len(stored), "a family is whole or not there"


def test_the_table_says_what_only_each_file_catches() -> None:
    rows = "\n".join(f"| {case.name} | {outcome(case)} | {case.catches} |" for case in CASES)
    head = "| the file | what comes of it | what only this one catches |\n|---|---|---|"
    told = f"{head}\n{rows}\n"
    assert TABLE.read_text("utf-8").endswith(told), f"put this at the end of {TABLE.name}:\n{told}"
    assert len({case.name for case in CASES}) == len({case.catches for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_reading_a_hostile_file_twice_says_the_same(case: Case) -> None:
    data = case.make()
    first, again = (read_intake(data, today=TODAY, areas=AREAS, fictional_allowed=True) for _ in range(2))
    assert first == again


def outcome(case: Case) -> str:
    if case.refused:
        return "refused"
    rows = "row" if len(case.rejected) == 1 else "rows"
    return f"{rows} {', '.join(map(str, case.rejected))} rejected" if case.rejected else "imported"


def records(runtime: Runtime) -> dict[str, FamilyRecord]:
    with runtime.sessions.read() as session:
        found = {}
        for row in session.scalars(select(FamilyRow)):
            text = unseal(session, row.record, key_id=row.id, table="family", column="record", row_id=row.id)
            found[row.ref] = record_from_json(text or "")
        return found


def rows_of(runtime: Runtime, table: type) -> int:
    with runtime.sessions.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0
