"""Ids are ordered by time, within one moment too: the ledger and the chain rest on it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from outreach.runtime import TimeOrderedIds, time_ordered_id


def test_ids_of_one_moment_keep_the_order_they_were_made_in() -> None:
    still = TimeOrderedIds(lambda: 1_700_000_000_000)
    made = [still() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {UUID(each).version for each in made} == {7}


def test_a_clock_that_goes_back_makes_no_earlier_id() -> None:
    moments = iter([1_700_000_000_000, 1_699_999_999_000])
    ids = TimeOrderedIds(lambda: next(moments))
    assert ids() < ids()


def test_threads_never_get_the_same_id() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: time_ordered_id(), range(4000)))
    assert len(set(made)) == len(made)
