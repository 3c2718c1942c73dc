"""Any file gives a plan or a plain refusal, never an exception: bytes, texts, and tables of wild cells."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain import recognition_csv, recognition_lines
from outreach.domain.import_plan import Intake
from outreach.domain.intake import read_intake
from outreach.domain.intake_columns import COLUMNS, Holds
from outreach.domain.intake_export import failed_rows_csv, template_csv
from outreach.domain.recognition_file import read_table
from outreach.domain.recognition_table import FileProblem, TableRow
from tests.domain.recognition_rows import AREAS, HEADER, TODAY, a_file, a_plan, a_row
from tests.files.workbooks import a_sheet, as_xml, by_hand

NUMBERED = st.integers(0, 40).map(lambda number: f"F{number:03}")
ODD_TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
ODD = st.one_of(
    ODD_TEXT,
    st.sampled_from(["", "=1+1", "'=x", "07700 900123", "29/02/2024", "1900-01-01", "2100-12-31"]),
    st.sampled_from(["\x00", "\u202e", "Ж", "🙂"]),
    st.dates().map(str),
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(str),
)  # fmt: skip
GOOD: dict[str, Any] = {
    column.name: st.sampled_from([value for value in column.values if value] or [column.example or "x"])
    for column in COLUMNS
    if column.holds in (Holds.CHOICE, Holds.YES_NO)
}


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, str]]:
    """Rows that are mostly good, with wild cells here and there."""
    found = []
    for ref in draw(st.lists(NUMBERED, max_size=8)):
        row = a_row(ref) | draw(st.fixed_dictionaries({}, optional=GOOD))
        wild = draw(st.dictionaries(st.sampled_from(HEADER), ODD, max_size=3))
        found.append(row | wild)
    return found


def read(data: bytes) -> Intake | FileProblem:
    return read_intake(data, today=TODAY, areas=AREAS, fictional_allowed=True)


def is_whole(intake: Intake) -> bool:
    """Every row is accepted or in the problems, and every problem says what and where."""
    said = {problem.row for problem in intake.problems}
    return (
        {row.number for row in intake.failed} == said
        and intake.rows_accepted + len(intake.failed) == intake.rows_read
        and all(problem.problem.endswith(".") for problem in (*intake.problems, *intake.warnings))
    )


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=4000), st.binary(max_size=500).map(lambda more: a_file(a_row()) + more)))
def test_any_bytes_give_an_intake_or_a_plain_refusal(data: bytes) -> None:
    answer = read(data)
    assert answer.said.endswith(".") if isinstance(answer, FileProblem) else is_whole(answer)


@settings(max_examples=200)
@given(rows(), st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "utf-8-sig"]))
def test_any_table_gives_a_plan_or_a_plain_refusal(table: list[dict[str, str]], delimiter: str, encoding: str) -> None:
    answer = read(a_file(*table, delimiter=delimiter).decode().encode(encoding))
    if isinstance(answer, FileProblem):
        assert answer.said.endswith(".")
        return
    assert is_whole(answer)
    again = read(failed_rows_csv(answer))
    assert isinstance(again, FileProblem) or again.rows_accepted == 0, "a failed row is no better for being downloaded"


@settings(max_examples=100)
@given(rows())
def test_any_table_can_be_planned_and_planned_again(table: list[dict[str, str]]) -> None:
    if isinstance(read(a_file(*table)), FileProblem):
        return
    first = a_plan(*table)
    assert first == a_plan(*table)
    assert sum(first.counts()[status] for status in ("new", "changed", "released", "unchanged")) == len(first.families)


@settings(max_examples=60)
@given(
    st.lists(st.lists(ODD_TEXT.filter(str.isprintable), max_size=30), max_size=6),
    st.binary(max_size=60),
    st.integers(0, 999),
)
def test_any_workbook_gives_an_intake_or_a_plain_refusal(table: list[list[str]], noise: bytes, place: int) -> None:
    escaped = [[cell.replace("&", "&amp;").replace("<", "&lt;") for cell in line] for line in table]
    whole = by_hand(as_xml([HEADER, *escaped], numbered=False))
    answer = read(whole)
    assert answer.said.endswith(".") if isinstance(answer, FileProblem) else is_whole(answer)
    at = len(whole) * place // 1000  # not drawn by length: a workbook's length changes with the time it is made at
    read(whole[:at] + noise + whole[at + len(noise) :])


@settings(max_examples=100)
@given(rows(), st.recursive(st.none() | st.booleans() | st.floats() | ODD_TEXT, st.lists, max_leaves=8))
def test_any_json_lines_give_an_intake_or_a_plain_refusal(table: list[dict[str, str]], value: object) -> None:
    lines = [json.dumps(row) for row in table] + [json.dumps({"area": value}), json.dumps(value)]
    answer = read("\n".join(lines).encode())
    assert answer.said.endswith(".") if isinstance(answer, FileProblem) else is_whole(answer)


@settings(max_examples=60)
@given(st.lists(st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=60)))
def test_a_name_comes_back_from_the_download_as_it_was(names: list[str]) -> None:
    table = [a_row(f"F{number:03}", carer_name=name, custody="gone") for number, name in enumerate(names)]
    first = read(a_file(*table))
    if isinstance(first, FileProblem):
        return
    again = read(failed_rows_csv(first))
    assert isinstance(again, Intake)
    place, back = first.columns.index("carer_name"), again.columns.index("carer_name")
    unguarded = [row.cells[back].removeprefix("'") for row in again.failed]
    assert unguarded == [row.cells[place].removeprefix("'") for row in first.failed]


def test_the_template_goes_out_and_comes_back_as_one_good_family() -> None:
    answer = read(template_csv())
    assert isinstance(answer, Intake)
    assert (answer.rows_read, answer.rows_rejected, list(answer.problems)) == (1, 0, [])
    example = {column.name: column.example for column in COLUMNS}
    sheet = read(a_sheet(example))
    assert isinstance(sheet, Intake)
    assert sheet.families == answer.families


LINES = st.lists(st.text(st.sampled_from('F1,;\t" \r\nü\x0b\x85'), max_size=12)).map("\n".join)


def rows_of(data: bytes) -> list[TableRow] | FileProblem:
    table = read_table(data)
    return table if isinstance(table, FileProblem) else list(table.rows())


@given(LINES)
def test_a_large_file_says_what_a_small_one_of_the_same_bytes_says(lines: str) -> None:
    data = f"{','.join(HEADER)}\n{lines}".encode()
    small = rows_of(data)
    with patch.object(recognition_csv, "SMALL", 0), patch.object(recognition_lines, "SMALL", 0):
        assert rows_of(data) == small
