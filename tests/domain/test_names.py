"""How somebody is called."""

from __future__ import annotations

import pytest

from outreach.domain.names import given_name


@pytest.mark.parametrize(
    ("full", "said"),
    [
        ("Amina Rivera", "Amina"), ("ELAINE MARCHANT", "Elaine"), ("zoë adeyinka", "Zoë"),
        ("ANNE-MARIE DOE", "Anne-Marie"), ("McKenzie Doe", "McKenzie"), ("J Doe", "J"), ("", ""),
    ],
)  # fmt: skip
def test_a_name_is_written_as_names_are(full: str, said: str) -> None:
    assert given_name(full) == said
