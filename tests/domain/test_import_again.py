"""Imprisoned again, or another parent imprisoned: what was decided for the last time does not stand for this one."""

from __future__ import annotations

import pytest

from outreach.domain.hold import Kind
from tests.domain.recognition_rows import a_plan, a_row, known, of

JULY = {"imprisoned_on": "2025-07-01"}
SAID = a_row(open_to="child_protection", hold="witness_in_case;carer_is_victim", **JULY)
GIVES = {Kind.WITNESS_IN_CASE, Kind.CARER_IS_VICTIM, Kind.SOCIAL_WORKER_FIRST}


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([SAID | {"imprisoned_on": "2025-12-29"}], id="the same parent, after a release"),
        pytest.param([SAID | {"custody": "released"}, SAID | {"parent_ref": "P9", "imprisoned_on": "2025-12-29"}],
                     id="another parent"),
    ],
)  # fmt: skip
def test_every_hold_of_the_file_is_set_again_for_another_imprisonment(rows: list[dict[str, str]]) -> None:
    before = known(SAID | {"custody": "released"}, holds=())
    family = of(a_plan(*rows, known=before), "F001")
    assert set(family.set_holds) == GIVES
    assert family.held


def test_who_went_in_after_the_day_on_which_we_knew_them_inside_was_out_in_between() -> None:
    before = known(SAID | {"custody_as_of": "2025-11-01"}, holds=())
    assert set(of(a_plan(SAID | {"imprisoned_on": "2025-12-29"}, known=before), "F001").set_holds) == GIVES
    assert of(a_plan(SAID | {"imprisoned_on": "2025-10-29"}, known=before), "F001").set_holds == ()


def test_a_second_parent_while_the_first_is_inside_is_another_imprisonment() -> None:
    second = SAID | {"parent_ref": "P9", "imprisoned_on": "2025-12-29"}
    family = of(a_plan(SAID, second, known=known(SAID, holds=())), "F001")
    assert set(family.set_holds) == GIVES


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([SAID | {"imprisoned_on": "2025-07-02"}], id="a date put right"),
        pytest.param([SAID, SAID | {"parent_ref": "P9", "imprisoned_on": "2025-06-01"}], id="found late, and earlier"),
        pytest.param([SAID | {"carer_phone": "07700 900222"}], id="another phone"),
    ],
)
def test_what_was_decided_stands_for_the_same_imprisonment(rows: list[dict[str, str]]) -> None:
    assert of(a_plan(*rows, known=known(SAID, holds=())), "F001").set_holds == ()


def test_a_hold_that_stands_is_not_set_twice() -> None:
    before = known(SAID | {"custody": "released"}, holds=("released", "witness_in_case"))
    family = of(a_plan(SAID | {"imprisoned_on": "2025-12-29"}, known=before), "F001")
    assert set(family.set_holds) == GIVES - {Kind.WITNESS_IN_CASE}


def test_each_child_whose_social_worker_answers_first_holds_the_family() -> None:
    other = SAID | {"child_ref": "K9", "open_to": "none"}
    before = known(SAID, other, holds=())
    family = of(a_plan(SAID, other | {"open_to": "child_protection"}, known=before), "F001")
    assert family.set_holds == (Kind.SOCIAL_WORKER_FIRST,)
