"""On whose list a call stands: once, fairly, with whom the family knows, and with who is there."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.dealing import Caller, DueCall, deal
from outreach.domain.quiet_hours import at_london

DAY = date(2026, 1, 13)
NINE = at_london(DAY, datetime(2026, 1, 13, 9).time())
ALL_DAY = ((NINE, NINE + timedelta(hours=8)),)
MORNING = ((NINE, NINE + timedelta(hours=3)),)
PEOPLE = (Caller(id="a", on=ALL_DAY), Caller(id="b", on=ALL_DAY), Caller(id="c", on=MORNING))
AT_WORK = frozenset("abcd")


def dealt(*calls: DueCall, covers: dict[str, str] | None = None, day: date = DAY) -> dict[str, str | None]:
    return deal(calls, PEOPLE, day=day, covers=covers or {}, at_work=AT_WORK)


def call(name: str, **facts: object) -> DueCall:
    return DueCall(id=name, due_at=NINE, **facts)  # type: ignore[arg-type]


calls = st.lists(
    st.builds(
        DueCall,
        id=st.uuids().map(str),
        due_at=st.integers(0, 8).map(lambda hour: NINE + timedelta(hours=hour)),
        promised=st.booleans(),
        careful=st.booleans(),
        knows=st.sampled_from([None, None, "a", "b", "c", "d", "gone"]),
        on_list_of=st.sampled_from([None, "a", "b", "d"]),
        passed_by=st.sampled_from([None, "a"]),
        barred=st.frozensets(st.sampled_from(["a", "b", "d"]), max_size=2),
    ),
    max_size=40,
)


@given(calls)
def test_each_call_is_on_one_list_or_none_and_never_with_who_knows_the_family(due: list[DueCall]) -> None:
    found = deal(due, PEOPLE, day=DAY, covers={"d": "a"}, at_work=AT_WORK)
    assert found.keys() == {each.id for each in due}
    for each in due:
        whose = found[each.id]
        assert whose not in each.barred
        assert whose is None or whose in AT_WORK
        assert not each.careful or whose in (None, each.knows)


def test_what_was_handed_back_by_whom_the_family_knows_stays_where_it_went() -> None:
    others = [call(f"call-{n}", on_list_of="c") for n in range(3)]
    for facts in ({"passed_by": "a"}, {"barred": frozenset("a")}):
        back = call("back", knows="a", on_list_of="c", **facts)
        assert dealt(*others, back)["back"] == "c"


@given(calls)
def test_dealing_again_moves_nothing(due: list[DueCall]) -> None:
    first = deal(due, PEOPLE, day=DAY, covers={}, at_work=AT_WORK)
    again = [
        DueCall(
            id=each.id, due_at=each.due_at, promised=each.promised, careful=each.careful, knows=each.knows,
            on_list_of=first[each.id], passed_by=each.passed_by, barred=each.barred,
        )
        for each in due
    ]  # fmt: skip
    second = deal(again, PEOPLE, day=DAY, covers={}, at_work=AT_WORK)
    here = {each.id for each in PEOPLE}
    assert {name: whose for name, whose in second.items() if first[name] in here} == {
        name: whose for name, whose in first.items() if whose in here
    }


def test_what_nobody_knows_is_shared_fairly_and_turns_are_taken_by_the_day() -> None:
    names = [f"call-{n}" for n in range(10)]
    shares = Counter(dealt(*(call(name) for name in names)).values())
    assert sorted(shares.values()) == [3, 3, 4]
    firsts = {dealt(call("one"), day=DAY + timedelta(days=ahead))["one"] for ahead in range(3)}
    assert firsts == {"a", "b", "c"}


def test_a_family_stays_with_whom_it_knows_on_their_day_off_with_the_cover_and_a_promise_with_who_is_there() -> None:
    assert dealt(call("x", knows="b"))["x"] == "b"
    assert dealt(call("x", knows="d"))["x"] == "d", "they wait for their own"
    assert dealt(call("x", knows="d"), covers={"d": "c"})["x"] == "c"
    assert dealt(call("x", knows="d", promised=True))["x"] in ("a", "b", "c")
    assert dealt(call("x", knows="gone"))["x"] in ("a", "b", "c")


def test_a_promise_goes_to_somebody_who_is_on_duty_then() -> None:
    late = DueCall(id="x", due_at=NINE + timedelta(hours=5), promised=True)
    for ahead in range(3):
        assert deal([late], PEOPLE, day=DAY + timedelta(days=ahead), covers={}, at_work=AT_WORK)["x"] in ("a", "b")


def test_who_handed_it_back_does_not_get_it_again() -> None:
    alone = (PEOPLE[0],)
    assert deal([call("x", passed_by="a")], alone, day=DAY, covers={}, at_work=AT_WORK) == {"x": None}
