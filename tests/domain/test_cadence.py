"""The arithmetic of the cadence and of kind hours, in Europe/London."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain import cadence
from outreach.domain.cadence import DEFAULT, After, Cadence, Step
from outreach.domain.quiet_hours import (
    Calendar,
    Hours,
    Window,
    at_london,
    bank_holidays,
    london,
    next_open,
    window_end,
)
from outreach.domain.rota import Shift, next_staffed, on_duty, staffed_for

moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
birthdays = st.frozensets(st.tuples(st.integers(1, 12), st.integers(1, 28)), max_size=3)


def plan(next_step: int = 0, **changes: object) -> cadence.Planned | None:
    facts: dict[str, object] = {
        "anchor": date(2026, 1, 5), "made": 0, "last_contact": None, "calendar": Calendar(),
        "now": datetime(2026, 1, 5, 9, 0, tzinfo=UTC), **changes,
    }  # fmt: skip
    return cadence.plan(DEFAULT, next_step=next_step, **facts)  # type: ignore[arg-type]


@given(moments, birthdays)
def test_the_next_open_moment_is_open_not_before_and_on_no_tender_date_or_bank_holiday(
    moment: datetime, days: frozenset[tuple[int, int]]
) -> None:
    calendar = Calendar(days=days)
    found = next_open(Hours(), calendar, moment)
    assert found is not None
    assert found >= moment
    assert window_end(Hours(), calendar, found) is not None
    local = london(found)
    assert local.weekday() < 5
    assert local.date() not in bank_holidays("ENG", local.year)
    assert (local.month, local.day) not in days
    assert not (local.month == 12 and local.day >= 20)
    assert not (local.month == 1 and local.day <= 2)


@given(moments)
def test_asking_again_at_the_answer_gives_the_answer(moment: datetime) -> None:
    found = next_open(Hours(), Calendar(), moment)
    assert found is not None
    assert next_open(Hours(), Calendar(), found) == found


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [(date(2026, 3, 27), 9), (date(2026, 3, 30), 8), (date(2026, 10, 23), 8), (date(2026, 10, 26), 9)],
)
def test_half_past_nine_stays_half_past_nine_when_the_clocks_change(day: date, utc_hour: int) -> None:
    found = next_open(Hours(), Calendar(), at_london(day, time(0)))
    assert found == datetime(day.year, day.month, day.day, utc_hour, 30, tzinfo=UTC)
    assert london(found).time() == time(9, 30)


def test_a_window_in_the_hour_that_does_not_exist_begins_when_it_is_over() -> None:
    night = Hours(((), (), (), (), (), (), (Window(time(1, 30), time(4)),)))
    found = next_open(night, None, at_london(date(2026, 3, 29), time(0)))
    assert found is not None
    assert london(found).hour == 2


def test_with_less_than_a_quarter_of_an_hour_left_the_next_window_is_meant() -> None:
    assert window_end(Hours(), None, at_london(date(2026, 1, 13), time(14, 46))) is None
    assert window_end(Hours(), None, at_london(date(2026, 1, 13), time(14, 44))) is not None


def test_bank_holidays_differ_by_nation() -> None:
    assert date(2026, 3, 17) in bank_holidays("NIR", 2026)
    assert date(2026, 3, 17) not in bank_holidays("ENG", 2026)
    assert date(2026, 11, 30) in bank_holidays("SCT", 2026)


def test_steps_fall_on_calendar_dates_at_the_first_kind_hour() -> None:
    days = [london(each.due_at).date() for each in cadence.preview(DEFAULT, imprisoned_on=date(2026, 1, 30))]
    # 30 January is the family's tender date, so the first offer is on the Monday after it, and so is the last
    assert days == [date(2026, 2, 2), date(2026, 3, 13), date(2026, 4, 30), date(2026, 7, 30), date(2027, 2, 1)]


def test_an_offer_whose_day_has_passed_is_due_at_the_next_kind_hour_and_not_skipped() -> None:
    planned = plan(1, now=datetime(2026, 12, 24, 11, 0, tzinfo=UTC))
    assert planned is not None
    assert (planned.step, planned.due_at) == (1, datetime(2027, 1, 4, 9, 30, tzinfo=UTC))


def test_the_gap_between_two_contacts_is_kept() -> None:
    planned = plan(1, now=datetime(2026, 2, 17, 10, tzinfo=UTC), last_contact=datetime(2026, 2, 16, 10, tzinfo=UTC))
    assert planned is not None
    assert london(planned.due_at).date() == date(2026, 2, 23)


def test_no_step_left_or_enough_offers_made_ends_the_cadence() -> None:
    assert plan(5) is None
    assert plan(1, made=5) is None


def test_late_found_is_whose_second_step_has_passed_and_joins_at_the_first_that_has_not() -> None:
    today = date(2026, 3, 1)
    assert not cadence.is_late(DEFAULT, date(2026, 1, 20), today)
    assert cadence.is_late(DEFAULT, date(2025, 11, 1), today)
    assert cadence.joins_at(DEFAULT, date(2025, 11, 1), today) == 3
    assert cadence.joins_at(DEFAULT, date(2024, 1, 1), today) == 5


@given(moments, moments)
def test_a_second_try_is_on_another_day_in_an_open_window(last: datetime, now: datetime) -> None:
    found = cadence.next_try(Hours(), Calendar(), last=last, now=max(last, now))
    assert found is not None
    assert london(found).date() > london(max(last, now)).date()
    assert window_end(Hours(), Calendar(), found) is not None


def test_a_second_try_is_in_the_other_part_of_the_day_where_there_is_one() -> None:
    morning = at_london(date(2026, 1, 13), time(10))
    found = cadence.next_try(Hours(), Calendar(), last=morning, now=morning)
    assert found == at_london(date(2026, 1, 14), time(12, 30))


@pytest.mark.parametrize(
    ("born", "day", "is_18"),
    [
        ("2008-05-04", date(2026, 5, 3), False),
        ("2008-05-04", date(2026, 5, 4), True),
        ("2008-05", date(2026, 5, 27), False),
        ("2008", date(2026, 12, 30), False),
        ("2008", date(2026, 12, 31), True),
    ],
)
def test_a_child_is_18_only_when_that_is_certain(born: str, day: date, is_18: bool) -> None:
    assert cadence.child_is_18(born, day) is is_18


def test_a_cadence_is_written_and_read_again() -> None:
    other = Cadence(steps=(Step(after=After(3, "weeks"), channel="text", script="offer_again"),), gap_days=3)
    for each in (DEFAULT, other):
        assert cadence.read_cadence(cadence.written(each)) == each


SHIFTS = (
    Shift(staff_id="b", weekday=1, starts=time(9), ends=time(13), valid_from=date(2026, 1, 1)),
    Shift(
        staff_id="a", weekday=1, starts=time(13), ends=time(17), valid_from=date(2026, 1, 1), valid_to=date(2026, 1, 20)
    ),
)


def test_shifts_that_touch_count_as_one_stretch() -> None:
    ten = at_london(date(2026, 1, 13), time(10))
    assert staffed_for(SHIFTS, ten, 4)
    assert not staffed_for(SHIFTS, ten, 8)
    assert not staffed_for(SHIFTS, ten + timedelta(days=14), 4)
    assert next_staffed(SHIFTS, ten + timedelta(days=1), hours=4) == at_london(date(2026, 1, 20), time(9))


def test_who_is_on_duty_is_said_by_name_and_ends_with_the_shift() -> None:
    assert on_duty(SHIFTS, at_london(date(2026, 1, 13), time(12, 59))) == ["b"]
    assert on_duty(SHIFTS, at_london(date(2026, 1, 13), time(13))) == ["a"]
    assert on_duty(SHIFTS, at_london(date(2026, 1, 13), time(17))) == []
