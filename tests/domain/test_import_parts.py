"""A part of a month, and a file that lacks columns, take nothing back that they do not say."""

from __future__ import annotations

from typing import Any

import pytest

from outreach.domain.hold import Kind
from outreach.domain.import_plan import Plan, Status
from outreach.domain.intake_columns import REQUIRED
from outreach.domain.intake_record import FamilyRecord
from tests.domain.recognition_rows import HEADER, Remembered, a_file, a_row, known, known_after, of, plan_of

JO = "Jo Example <jo@council.example>"
WHOLE = a_row(
    carer_relationship="foster_carer", carer_phone="07700 900001", carer_phone_2="07700 900002",
    parent_phone="07700 900003", carer_language="pl", interpreter="yes", supported_before="school",
    postcode="OX1 1AA", open_to="child_protection", social_worker=JO, child_sex="F", parent_sex="M",
    hold="officer_safety;carer_is_victim", deceased="parent",
)  # fmt: skip


def the_plan(*rows: dict[str, str], before: list[Remembered], header: list[str] | None = None) -> Plan:
    return plan_of(a_file(*rows, header=header), known=before)


def record_of(plan: Plan, before: list[Remembered]) -> FamilyRecord:
    return next(each.record for each in known_after(plan, before) if each.family.ref == "F001")


def changed_fields(plan: Plan) -> set[str]:
    return {change.field for change in of(plan, "F001").changes}


def test_a_file_of_releases_with_the_required_columns_alone_changes_the_custody_and_nothing_else() -> None:
    row = WHOLE | {"carer_relationship": "mother"}
    before = known(row)
    released = the_plan(row | {"custody": "released"}, before=before, header=list(REQUIRED))
    assert changed_fields(released) == {"parent P001: custody"}


def test_a_mended_row_with_blank_cells_takes_nothing_back() -> None:
    blank = {name: "" for name in HEADER if name not in REQUIRED}
    before = known(WHOLE)
    mended = WHOLE | blank | {"child_ref": "K002", "carer_relationship": "unknown", "what_is_wrong": "x"}
    plan = the_plan(mended, before=before, header=["what_is_wrong", *HEADER])
    assert changed_fields(plan) == {"child K002"}
    assert of(plan, "F001").excluded == "deceased"


@pytest.mark.parametrize(
    ("cells", "field", "after"),
    [
        ({"carer_language": "ur"}, "carer's language", "Urdu"),
        ({"carer_phone": "07700 900009"}, "carer's phone", "07700 900009, 07700 900002"),
        ({"open_to": "child_we_care_for"}, "child K001: help that is open", "child we care for"),
        ({"hold": "witness_in_case"}, "hold", "officer safety, witness in case, carer is victim"),
        ({"supported_before": "no"}, "support before", "no"),
    ],
)
def test_what_a_part_says_counts(cells: dict[str, str], field: str, after: str) -> None:
    blank = {name: "" for name in HEADER if name not in REQUIRED}
    plan = the_plan(
        WHOLE | blank | cells | {"what_is_wrong": "x"}, before=known(WHOLE), header=["what_is_wrong", *HEADER]
    )
    assert [(change.field, change.after) for change in of(plan, "F001").changes] == [(field, after)]


def test_a_part_makes_no_help_less() -> None:
    less = WHOLE | {"open_to": "none", "what_is_wrong": "x"}
    plan = the_plan(less, before=known(WHOLE), header=["what_is_wrong", *HEADER])
    assert of(plan, "F001").changes == ()


def test_another_carer_in_a_part_has_nothing_of_the_last_one() -> None:
    other = a_row(carer_ref="C009", carer_name="Wanda Rivera", carer_phone="", custody="released")
    carer = record_of(the_plan(other, before=known(WHOLE)), known(WHOLE)).carer
    assert (carer.phones, carer.language, carer.interpreter, carer.postcode) == ((), "en", False, "")


@pytest.mark.parametrize("column", [name for name in HEADER if name not in REQUIRED and name != "custody_as_of"])
def test_of_a_whole_month_an_absent_column_says_nothing(column: str) -> None:
    before = known(WHOLE, a_row("F002"))
    header = [name for name in HEADER if name != column]
    plan = the_plan(WHOLE, a_row("F002"), before=before, header=header)
    assert of(plan, "F001").status is Status.UNCHANGED
    again = plan_of(a_file(WHOLE, a_row("F002"), header=header), known=known_after(plan, before))
    assert all(family.record is None and not family.as_filed for family in again.families), "its cells are known now"


@pytest.mark.parametrize(
    ("column", "field"),
    [("carer_phone", "carer's phone"), ("interpreter", "interpreter"), ("supported_before", "support before")],
)
def test_of_a_whole_month_a_blank_cell_says_no_longer(column: str, field: str) -> None:
    assert changed_fields(the_plan(WHOLE | {column: ""}, before=known(WHOLE))) == {field}


def test_a_number_in_an_absent_column_still_meets_other_families() -> None:
    theirs = a_row("F002", carer_phone="07700 900001")
    header = [name for name in HEADER if name not in ("carer_phone", "carer_phone_2")]
    full = the_plan(a_row(), before=known(a_row(), theirs), header=header)
    assert of(full, "F001").shared_numbers == ("+447700900001",)


BAD = {"child_born_on": "?"}


def mended(*rows: dict[str, str], before: list[Remembered]) -> Plan:
    return the_plan(*rows, before=before, header=["what_is_wrong", *HEADER])


def two_to_mend(**cells: Any) -> list[Remembered]:
    second = a_row(child_ref="K002", **BAD)
    third = a_row(child_ref="K003", **BAD) | cells
    return known_after(the_plan(a_row(), second, third, before=[]))


def test_a_family_is_held_until_every_row_that_failed_has_come() -> None:
    before = two_to_mend()
    first = mended(a_row(child_ref="K002"), before=before)
    assert of(first, "F001").lift_holds == ()
    assert of(first, "F001").held
    second = mended(a_row(child_ref="K003"), before=known_after(first, before))
    assert (of(second, "F001").lift_holds, of(second, "F001").held) == ((Kind.ROW_TO_MEND,), False)


def test_a_row_that_comes_and_fails_again_is_still_to_mend() -> None:
    before = two_to_mend()
    again = mended(a_row(child_ref="K002"), a_row(child_ref="K003", **BAD), before=before)
    assert of(again, "F001").held
    assert record_of(again, before).to_mend == ("K003 / P001",)


def test_a_row_whose_child_could_not_be_read_is_one_that_nothing_else_explains() -> None:
    before = two_to_mend(child_ref="")
    first = mended(a_row(child_ref="K002"), before=before)
    assert of(first, "F001").held
    known_row = mended(a_row(child_ref="K001"), before=known_after(first, before))
    assert of(known_row, "F001").held
    second = mended(a_row(child_ref="K003"), before=known_after(first, before))
    assert of(second, "F001").lift_holds == (Kind.ROW_TO_MEND,)


def test_a_whole_month_without_a_bad_row_is_whole_again() -> None:
    plan = the_plan(a_row(), a_row(child_ref="K002"), before=two_to_mend())
    assert of(plan, "F001").lift_holds == (Kind.ROW_TO_MEND,)


def test_a_file_of_releases_mends_no_row() -> None:
    plan = the_plan(a_row(custody="released"), before=two_to_mend())
    assert of(plan, "F001").lift_holds == ()
