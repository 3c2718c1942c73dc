"""A packed list reads like the list it was made of."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.packed import MOST_AS_IT_IS, VALUES_A_PART, Packing, packed


@dataclass(frozen=True, slots=True)
class Thing:
    name: str


MANY = [Thing(f"Zoë {number}") for number in range(2 * VALUES_A_PART + 3)]


@given(st.slices(len(MANY)))
def test_it_reads_like_a_tuple(some: slice) -> None:
    many = packed(Thing, MANY)
    if (some.step or 1) > 0:
        assert many[some] == tuple(MANY[some])


def test_it_is_kept_in_parts_and_has_a_length_an_end_and_equals() -> None:
    many = packed(Thing, MANY)
    assert [part.count for part in many.parts] == [VALUES_A_PART, VALUES_A_PART, 3]
    assert (len(many), many[-1], many == MANY, many == MANY[1:]) == (len(MANY), MANY[-1], True, False)
    with pytest.raises(IndexError):
        many[len(MANY)]


def test_values_of_a_label_stand_together_in_the_order_that_was_asked_for() -> None:
    packing = Packing(Thing, ["old|0", "old|1", "new|0"])
    for name, label in (("a", "new|0"), ("b", "old|1"), ("c", "old|0"), ("d", "new|0")):
        packing.add(Thing(name), label)
    done = packing.packed()
    assert [thing.name for thing in done] == ["c", "b", "a", "d"]
    assert [thing.name for thing in done.labelled("new")] == ["a", "d"]


@pytest.mark.parametrize("many", [0, 3, MOST_AS_IT_IS, MOST_AS_IT_IS + 1])
def test_what_is_only_passed_on_is_packed_as_soon_as_it_is_many(many: int) -> None:
    things = [Thing(str(number)) for number in range(many)]
    packing = Packing(Thing, as_it_is=True)
    for each in things:
        packing.add(each)
    done = packing.packed()
    assert done == things
    assert all(bool(part.data) == (many > MOST_AS_IT_IS) for part in done.parts)
