"""Column names that are not ours: a person is asked once, and next month's file is read by the answer."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from outreach.domain.access import NotAllowed
from outreach.domain.column_map import guessed, is_strange, meaning_of, signature, wrong_with
from outreach.domain.intake_columns import BY_NAME, REQUIRED
from outreach.domain.recognition_table import FileProblem
from outreach.engine.import_families import Waiting, plan_import
from outreach.engine.map_columns import Asked, NotMeant, expire_files, explain_columns, forget_file, upload_file
from outreach.runtime import Runtime
from outreach.store.column_maps import ColumnMapRow, WaitingFileRow
from outreach.views.columns_asked import columns_asked
from tests.cast import ANA, BEN
from tests.domain.recognition_rows import HEADER, a_file, a_row
from tests.fakes import Clock

OWN = {"carer_name": "Guardian", "child_born_on": "DOB", "imprisoned_on": "Date of reception"}
MEANINGS = {"Guardian": "carer_name", "DOB": "child_born_on", "Date of reception": "imprisoned_on"}


def renamed(*rows: dict[str, str], names: dict[str, str] | None = None, order: int = 1) -> bytes:
    """A file whose header names some columns in its own way."""
    header = HEADER[::order]
    first, rest = a_file(*rows, header=header).decode().split("\r\n", 1)
    called = [(OWN if names is None else names).get(name, name) for name in first.split(",")]
    return f"{','.join(called)}\r\n{rest}".encode()


def asked(runtime: Runtime, data: bytes) -> str:
    answer = upload_file(runtime, ANA, data=data, file_name="C:\\lists\\january.csv")
    assert isinstance(answer, Asked), answer
    return answer.file_id


def stored(runtime: Runtime, table: type) -> int:
    with runtime.sessions.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_person_is_asked_and_the_file_is_read_by_the_answer(runtime: Runtime) -> None:
    file_id = asked(runtime, renamed(a_row(carer_name="Amina Rivera")))
    page = columns_asked(runtime, ANA, file_id)
    assert page is not None
    assert {name.name: name.examples for name in page.names} == {
        "Guardian": ("Amina Rivera",), "DOB": ("2017-04-02",), "Date of reception": ("2025-12-29",),
    }  # fmt: skip
    assert {name.name: name.proposed for name in page.names}["DOB"] == "child_born_on"
    assert page.file_name == "january.csv"
    waiting = explain_columns(runtime, ANA, file_id=file_id, meanings=MEANINGS)
    assert isinstance(waiting, Waiting)
    assert waiting.plan.counts()["new"] == 1
    told = {problem.column: (problem.value, problem.problem) for problem in waiting.plan.warnings if problem.row == 1}
    assert told["carer_name"] == (
        "Guardian", "This column is read as carer_name, as a colleague said its name means."
    )  # fmt: skip
    assert stored(runtime, WaitingFileRow) == 0, "the file itself is gone"


def test_the_next_month_with_the_same_names_is_read_by_itself_in_whatever_order(runtime: Runtime) -> None:
    explain_columns(runtime, ANA, file_id=asked(runtime, renamed(a_row())), meanings=MEANINGS)
    february = upload_file(runtime, ANA, data=renamed(a_row("F002"), a_row("F003"), order=-1), file_name="february.csv")
    assert isinstance(february, Waiting)
    assert february.plan.counts()["new"] == 2


def test_another_source_is_asked_anew(runtime: Runtime) -> None:
    explain_columns(runtime, ANA, file_id=asked(runtime, renamed(a_row())), meanings=MEANINGS)
    assert isinstance(
        upload_file(runtime, ANA, data=renamed(a_row(), names={"carer_name": "Guardian"}), file_name="other.csv"), Asked
    )


def test_two_columns_that_were_swapped_in_name_are_swapped_back_by_the_answer(runtime: Runtime) -> None:
    swapped = {"carer_name": "Name", "child_first_name": "carer_name", "carer_phone": "mob", "child_born_on": "born"}
    data = renamed(a_row(carer_name="Amina", child_first_name="Robin"), names=swapped)
    meanings = {"carer_name": "child_first_name", "Name": "carer_name", "mob": "carer_phone", "born": "child_born_on"}
    waiting = explain_columns(runtime, ANA, file_id=asked(runtime, data), meanings=meanings)
    assert isinstance(waiting, Waiting)
    (family,) = waiting.plan.families
    assert family.record is not None
    assert (family.record.carer.name, family.record.children[0].first_name) == ("Amina", "Robin")


@pytest.mark.parametrize(
    ("meanings", "says"),
    [
        ({}, "No column is said to be imprisoned_on, child_born_on, carer_name."),
        (MEANINGS | {"DOB": "carer_name"}, "Two columns are said to be carer_name."),
        (MEANINGS | {"DOB": "born"}, "There is no column born."),
    ],
)
def test_an_answer_that_is_not_whole_is_not_remembered(runtime: Runtime, meanings: dict[str, str], says: str) -> None:
    answer = explain_columns(runtime, ANA, file_id=asked(runtime, renamed(a_row())), meanings=meanings)
    assert isinstance(answer, NotMeant)
    assert says in " ".join(answer.problems)
    assert stored(runtime, ColumnMapRow) == 0


def test_a_waiting_file_is_sealed_its_owners_and_gone_after_a_day(runtime: Runtime, clock: Clock) -> None:
    file_id = asked(runtime, renamed(a_row(carer_name="Amina Rivera")))
    with runtime.sessions.read() as session:
        assert b"Amina" not in session.get_one(WaitingFileRow, file_id).data
    with pytest.raises(NotAllowed):
        columns_asked(runtime, BEN, file_id)
    clock.move(hours=24)
    assert columns_asked(runtime, ANA, file_id) is None
    assert isinstance(explain_columns(runtime, ANA, file_id=file_id, meanings=MEANINGS), NotMeant)
    assert expire_files(runtime) == 1
    assert stored(runtime, WaitingFileRow) == 0


def test_a_cancelled_file_leaves_nothing(runtime: Runtime) -> None:
    forget_file(runtime, ANA, file_id=asked(runtime, renamed(a_row())))
    assert stored(runtime, WaitingFileRow) == stored(runtime, ColumnMapRow) == 0


def test_nobody_is_asked_about_a_file_that_is_none_of_ours(runtime: Runtime) -> None:
    for data in (
        b"Name,Telephone\r\nAmina,07700900001",
        b"a,b,c,d,e,f,g,h,i,j,k,l\r\n",
        a_file(a_row(), header=HEADER[:4]),
    ):
        assert isinstance(plan_import(runtime, ANA, data=data, file_name="x.csv"), FileProblem)
        assert not isinstance(upload_file(runtime, ANA, data=data, file_name="x.csv"), Asked)


def test_what_is_proposed_is_a_guess_by_name_alone() -> None:
    names = [
        {"carer_name": "Full name", "carer_phone": "Mobile", "checks": "chekcs"}.get(name, name) for name in HEADER
    ]
    assert guessed(names) == {"full_name": "carer_name", "mobile": "carer_phone", "chekcs": "checks"}
    assert is_strange(names)
    assert not is_strange(HEADER)
    assert signature(names) == signature(names[::-1]) != signature(HEADER)
    assert meaning_of("Full name", {}) == "Full name"
    assert wrong_with({}, HEADER) == ()
    assert set(REQUIRED) < BY_NAME.keys()
