from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.delivery import CallState, SentText, TextState, advance, advance_call, find_sent

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
texts = st.sampled_from(TextState)


@given(st.lists(texts, min_size=1).flatmap(lambda seen: st.tuples(st.just(seen), st.permutations(seen))))
def test_the_order_in_which_receipts_arrive_changes_nothing(orders: tuple[list[TextState], list[TextState]]) -> None:
    one, other = orders
    assert reduce(advance, one, None) == reduce(advance, other, None)


@given(st.lists(texts, min_size=2))
def test_a_state_never_goes_back_and_the_same_receipt_twice_changes_nothing(seen: list[TextState]) -> None:
    ranks = list(TextState)
    states = [reduce(advance, seen[: count + 1], None) for count in range(len(seen))]
    assert all(ranks.index(before) <= ranks.index(after) for before, after in pairwise(states))
    assert advance(states[-1], seen[-1]) == states[-1]


@given(st.lists(st.sampled_from(CallState), min_size=1))
def test_a_call_that_has_ended_stays_ended(seen: list[CallState]) -> None:
    last = reduce(advance_call, seen, None)
    assert last.is_final == any(state.is_final for state in seen)


def test_a_receipt_of_delivery_outweighs_one_of_failure() -> None:
    assert advance(TextState.UNDELIVERED, TextState.DELIVERED) is TextState.DELIVERED
    assert advance(TextState.DELIVERED, TextState.UNDELIVERED) is TextState.DELIVERED


def a_text(sid: str, *, body: str = "Hello", minutes: float = 0) -> SentText:
    return SentText(
        sid=sid,
        to="+447700900101",
        body=body,
        state=TextState.SENT,
        code=None,
        created_at=NOON + timedelta(minutes=minutes),
    )


def test_an_unknown_outcome_is_settled_by_the_same_words_since_then() -> None:
    listed = [a_text("SM3", minutes=1), a_text("SM2", body="Other", minutes=1), a_text("SM1", minutes=-30)]
    found = find_sent(listed, body="Hello", since=NOON)
    assert found is not None
    assert found.sid == "SM3"


def test_a_text_that_belongs_to_another_attempt_settles_nothing() -> None:
    assert find_sent([a_text("SM3", minutes=1)], body="Hello", since=NOON, claimed={"SM3"}) is None


def test_a_provider_whose_clock_is_a_little_behind_is_still_believed() -> None:
    assert find_sent([a_text("SM3", minutes=-1)], body="Hello", since=NOON) is not None
