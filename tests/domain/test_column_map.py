"""Column names that are not ours: what makes a header strange, and what is proposed."""

from __future__ import annotations

import json

import pytest

from outreach.domain.column_map import guessed, is_strange, meaning_of, plain
from outreach.domain.recognition_file import read_table
from outreach.domain.recognition_table import StrangeHeader, Table
from tests.domain.recognition_rows import HEADER, a_file, a_row

UNDER_ANOTHER_NAME = [
    ("Hold reason", "hold"),
    ("HoldReason", "hold"),
    ("Reason for hold", "hold"),
    ("No contact order", "hold"),
    ("Safeguarding flag", "hold"),
    ("Open to social care", "open_to"),
    ("Child protection plan", "open_to"),
    ("Deceased persons", "deceased"),
    ("Has anybody died?", "deceased"),
    ("Previously supported", "supported_before"),
    ("Prisoner mobile", "parent_phone"),
    ("Mobile", "carer_phone"),
]


def called(name: str, column: str, **cells: str) -> bytes:
    """A file in which one of our columns has another name."""
    header = [name if each == column else each for each in HEADER]
    return a_file({**a_row(**cells), name: cells.get(column, "")}, header=header)


@pytest.mark.parametrize(("name", "column"), UNDER_ANOTHER_NAME)
def test_a_column_that_need_not_be_there_is_asked_for_under_another_name(name: str, column: str) -> None:
    read = read_table(called(name, column))
    assert isinstance(read, StrangeHeader)
    assert guessed(read.names) == {plain(name): column}
    assert f"The column {name} may be our {column} under another name." in read.said


@pytest.mark.parametrize(("name", "column"), UNDER_ANOTHER_NAME)
def test_what_a_person_said_of_it_is_not_asked_again(name: str, column: str) -> None:
    for meaning in (column, ""):
        read = read_table(called(name, column), {plain(name): meaning})
        assert isinstance(read, Table)
        assert (column in read.columns) == bool(meaning)


@pytest.mark.parametrize("name", ["Notes", "Prison number", "Old phone", "Household size", "OIC", "Cpr"])
def test_a_column_that_tells_of_nothing_we_lack_is_left_alone(name: str) -> None:
    assert not is_strange([*HEADER, name])
    assert not is_strange([*(each for each in HEADER if each not in ("parent_phone", "open_to")), name])


def test_nobody_is_asked_about_a_name_like_one_of_ours_that_is_there_too() -> None:
    assert not is_strange([*HEADER, "Hold reason", "Mobile"])


def test_nobody_is_asked_about_rows_that_were_given_back_to_be_mended() -> None:
    header = ["what_is_wrong", *(each for each in HEADER if each != "hold"), "Hold reason"]
    assert isinstance(read_table(a_file(a_row(), header=header)), Table)


def test_json_lines_are_asked_about_and_answered_for_likewise() -> None:
    data = json.dumps(a_row() | {"Hold reason": "officer_safety"}).encode()
    assert isinstance(read_table(data), StrangeHeader)
    assert isinstance(read_table(data, {"hold_reason": ""}), Table)
    read = read_table(data, {"hold_reason": "hold"})
    assert isinstance(read, Table)
    assert [dict(zip(read.columns, each.cells, strict=True))["hold"] for each in read.rows()] == ["officer_safety"]


def test_a_name_of_ours_can_be_left_alone() -> None:
    data = called("Hold", "hold", hold="anything")
    read = read_table(data, {"hold": ""})
    assert isinstance(read, Table)
    assert "hold" not in read.columns
    assert meaning_of("Hold", {"hold": ""}) == "hold (left alone)"
    assert isinstance(read_table(json.dumps(a_row(hold="x")).encode(), {"hold": ""}), Table)


@pytest.mark.parametrize("unseen", ["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u202a"])
def test_a_letter_that_cannot_be_seen_is_no_part_of_a_name(unseen: str) -> None:
    assert plain(f"{unseen}carer{unseen}\u00a0name{unseen}") == "carer_name"
