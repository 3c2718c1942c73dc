"""How somebody is called."""

from __future__ import annotations

import pytest

from outreach.domain.names import caller_name, given_name


@pytest.mark.parametrize(
    ("full", "said"),
    [
        ("Amina Rivera", "Amina"), ("ELAINE MARCHANT", "Elaine"), ("zoë adeyinka", "Zoë"),
        ("ANNE-MARIE DOE", "Anne-Marie"), ("McKenzie Doe", "McKenzie"), ("J Doe", "J"), ("", ""),
        ("Mrs Amina Rivera", "Amina"), ("MISS AMINA RIVERA", "Amina"), ("Mrs Rivera", "Mrs Rivera"), ("Mrs.", "Mrs."),
    ],
)  # fmt: skip
def test_a_name_is_written_as_names_are(full: str, said: str) -> None:
    assert given_name(full) == said


@pytest.mark.parametrize(
    ("full", "said"),
    [
        ("PC Ben Ash", "Ben"), ("pc 4312 BEN ASH", "Ben"), ("T/Sgt. Ben Ash", "Ben"), ("Det. Insp. Ben Ash", "Ben"),
        ("Detective Constable Ben Ash", "Ben"), ("Ms Ben Ash", "Ben"), ("PCSO Ash", "Ash"), ("Di Ash", "Di"),
        ("Ben", "Ben"), ("Sgt", "a colleague"), ("", "a colleague"),
    ],
)  # fmt: skip
def test_no_rank_is_said_of_whoever_rings(full: str, said: str) -> None:
    assert caller_name(full) == said
