"""Ids are ordered by time, within one moment too: the ledger and the chain rest on it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import RFC_4122, UUID

from outreach.runtime import TimeOrderedIds, ids_by, in_batches, time_ordered_id


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


def test_ids_of_two_machines_are_in_the_order_of_the_clock_they_share() -> None:
    one = ids_by(lambda: datetime(2026, 1, 13, 10, 0, tzinfo=UTC))
    other = ids_by(lambda: datetime(2026, 1, 13, 10, 1, tzinfo=UTC))
    assert one() < other()


def test_threads_never_get_the_same_id() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: time_ordered_id(), range(4000)))
    assert len(set(made)) == len(made)


def test_ids_made_in_batches_keep_their_order_and_come_before_what_is_asked_for_later() -> None:
    ids = TimeOrderedIds(lambda: 1_700_000_000_000)
    batched = in_batches(ids, 10)
    made = [batched() for _ in range(35)] + [ids() for _ in range(5)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {(UUID(each).version, UUID(each).variant) for each in made} == {(7, RFC_4122)}


def test_a_maker_of_single_ids_goes_on_as_it_is() -> None:
    numbers = iter(range(3))
    assert in_batches(lambda: str(next(numbers)))() == "0"
