"""Column names that are not ours: a person is asked once, and next month's file is read by the answer."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from outreach.domain.access import NotAllowed
from outreach.domain.column_map import guessed, is_strange, meaning_of, signature, wrong_with
from outreach.domain.intake_columns import BY_NAME, REQUIRED
from outreach.domain.recognition_table import FileProblem
from outreach.engine.import_families import Committed, Gone, Waiting, cancel_plan, commit_plan, plan_import
from outreach.engine.map_columns import (
    Asked,
    NotMeant,
    expire_files,
    explain_again,
    explain_columns,
    forget_file,
    upload_file,
)
from outreach.runtime import Runtime
from outreach.store.batches import BatchPartRow
from outreach.store.column_maps import ColumnMapRow, WaitingFileRow
from outreach.views.columns_asked import columns_asked, columns_of_plan
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


def accepted(runtime: Runtime, waiting: object) -> None:
    assert isinstance(waiting, Waiting), waiting
    done = commit_plan(runtime, ANA, batch_id=waiting.batch_id, late="next")
    assert isinstance(done, Committed), done


def stored(runtime: Runtime, table: type) -> int:
    with runtime.sessions.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_person_is_asked_and_the_file_is_read_by_the_answer(runtime: Runtime) -> None:
    file_id = asked(runtime, renamed(a_row(carer_name="Amina Rivera")))
    page = columns_asked(runtime, ANA, file_id)
    assert page is not None
    assert {name.name: name.examples for name in page.names if not name.ours} == {
        "Guardian": ("Amina Rivera",), "DOB": ("2017-04-02",), "Date of reception": ("2025-12-29",),
    }  # fmt: skip
    assert {name.name: name.chosen for name in page.names}["DOB"] == "child_born_on"
    assert {name.name: name.chosen for name in page.names}["area"] == "area"
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
    accepted(runtime, explain_columns(runtime, ANA, file_id=asked(runtime, renamed(a_row())), meanings=MEANINGS))
    february = upload_file(runtime, ANA, data=renamed(a_row("F002"), a_row("F003"), order=-1), file_name="february.csv")
    assert isinstance(february, Waiting)
    assert february.plan.counts()["new"] == 2


def test_another_source_is_asked_anew(runtime: Runtime) -> None:
    accepted(runtime, explain_columns(runtime, ANA, file_id=asked(runtime, renamed(a_row())), meanings=MEANINGS))
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


PHONES = {"carer_phone": "Phone A", "parent_phone": "Phone B"}
HERS, HIS = "+447700900001", "+447700900777"


def both_phones() -> bytes:
    return renamed(a_row(carer_phone="07700 900001", parent_phone="07700 900777"), names=PHONES)


def the_phones(waiting: object) -> tuple[set[str], set[str]]:
    assert isinstance(waiting, Waiting), waiting
    (family,) = waiting.plan.families
    assert family.record is not None
    return set(family.record.carer.phones), set(family.record.parent_phones)


def test_a_wrong_answer_is_put_right_from_the_plan_and_only_the_accepted_one_is_remembered(runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        session.add(ColumnMapRow(signature="x" * 64, meanings={}, made_by=ANA.id, made_at=runtime.now()))
    file_id = asked(runtime, renamed(a_row(), names=PHONES | OWN))
    wrong = explain_columns(
        runtime, ANA, file_id=file_id,
        meanings=MEANINGS | {"Phone A": "parent_phone", "Phone B": "carer_phone"},
    )  # fmt: skip
    assert isinstance(wrong, Waiting)
    assert stored(runtime, ColumnMapRow) == 1, "nothing is remembered before it is accepted"
    page = columns_of_plan(runtime, ANA, wrong.batch_id)
    assert page is not None
    assert {name.name: name.chosen for name in page.names if name.name.startswith("Phone")} == {
        "Phone A": "parent_phone", "Phone B": "carer_phone",
    }  # fmt: skip
    right = explain_again(
        runtime, ANA, batch_id=wrong.batch_id,
        meanings=MEANINGS | {"Phone A": "carer_phone", "Phone B": "parent_phone"},
    )  # fmt: skip
    assert the_phones(right) == ({HERS}, set())
    assert isinstance(commit_plan(runtime, ANA, batch_id=wrong.batch_id, late="next"), Gone), (
        "nobody accepts the old one"
    )
    accepted(runtime, right)
    assert stored(runtime, ColumnMapRow) == 2
    assert isinstance(
        upload_file(runtime, ANA, data=renamed(a_row("F002"), names=PHONES | OWN), file_name="b"), Waiting
    )


def test_an_answer_of_a_cancelled_plan_is_forgotten(runtime: Runtime) -> None:
    waiting = explain_columns(runtime, ANA, file_id=asked(runtime, renamed(a_row())), meanings=MEANINGS)
    assert isinstance(waiting, Waiting)
    cancel_plan(runtime, ANA, batch_id=waiting.batch_id)
    assert stored(runtime, ColumnMapRow) == 0
    asked(runtime, renamed(a_row()))


def test_a_remembered_answer_that_was_wrong_is_put_right_from_the_plan_of_any_later_file(runtime: Runtime) -> None:
    first = upload_file(runtime, ANA, data=both_phones(), file_name="january.csv")
    assert isinstance(first, Asked)
    swapped = {"Phone A": "parent_phone", "Phone B": "carer_phone"}
    accepted(runtime, explain_columns(runtime, ANA, file_id=first.file_id, meanings=swapped))
    february = upload_file(runtime, ANA, data=both_phones() + b"\r\n", file_name="february.csv")
    assert isinstance(february, Waiting)
    page = columns_of_plan(runtime, ANA, february.batch_id)
    assert page is not None
    assert {name.chosen for name in page.names if not name.ours} == {"carer_phone", "parent_phone"}
    right = explain_again(
        runtime, ANA, batch_id=february.batch_id, meanings={"Phone A": "carer_phone", "Phone B": "parent_phone"}
    )
    assert the_phones(right) == ({HERS}, {HIS})
    accepted(runtime, right)
    march = upload_file(runtime, ANA, data=both_phones() + b"\r\n\r\n", file_name="march.csv")
    assert isinstance(march, Waiting)
    assert march.plan.counts()["unchanged"] == 1


def test_a_name_of_ours_that_holds_something_else_is_given_another_meaning_from_the_plan(runtime: Runtime) -> None:
    row = a_row(carer_phone="07700 900777", parent_phone="07700 900001")
    waiting = upload_file(runtime, ANA, data=a_file(row), file_name="january.csv")
    assert isinstance(waiting, Waiting)
    turned = {"carer_phone": "parent_phone", "parent_phone": "carer_phone"}
    right = explain_again(runtime, ANA, batch_id=waiting.batch_id, meanings=turned)
    assert the_phones(right) == ({HERS}, {HIS})
    accepted(runtime, right)
    later = upload_file(runtime, ANA, data=a_file(row) + b"\r\n", file_name="february.csv")
    assert isinstance(later, Waiting)
    assert later.plan.counts()["unchanged"] == 1
    assert {each.column for each in later.plan.warnings if each.row == 1} == {"carer_phone", "parent_phone"}


def test_the_answer_waits_with_a_plan_that_is_made_anew(runtime: Runtime) -> None:
    waiting = explain_columns(runtime, ANA, file_id=asked(runtime, renamed(a_row())), meanings=MEANINGS)
    assert isinstance(waiting, Waiting)
    other = plan_import(runtime, ANA, data=a_file(a_row()), file_name="other.csv")
    accepted(runtime, other)
    anew = commit_plan(runtime, ANA, batch_id=waiting.batch_id, late="next")
    assert isinstance(anew, Waiting)
    assert anew.plan.counts()["unchanged"] == 1
    accepted(runtime, anew)
    assert stored(runtime, ColumnMapRow) == 1


def test_the_answer_waits_sealed(runtime: Runtime) -> None:
    explain_columns(runtime, ANA, file_id=asked(runtime, renamed(a_row())), meanings=MEANINGS)
    with runtime.sessions.read() as session:
        parts = session.scalars(select(BatchPartRow).where(BatchPartRow.label == "columns")).all()
    assert [b"uardian" in part.data for part in parts] == [False]


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
