"""The arithmetic of the cadence and of kind hours, in Europe/London."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain import cadence
from outreach.domain.cadence import DEFAULT, After, Cadence, Own, Planned, Standing, Step, carried
from outreach.domain.cadence_proposal import without_the_school_run
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


JANUARY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def plan(place: int = 0, *, now: datetime = JANUARY, calendar: Calendar = Calendar(), **facts: Any) -> Planned | None:  # noqa: B008
    standing = Standing(anchor=facts.pop("anchor", date(2026, 1, 5)), behind=tuple(range(place)), **facts)
    return cadence.plan(DEFAULT, standing, calendar=calendar, now=now)


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
    assert (planned.step.id, planned.due_at) == (1, datetime(2027, 1, 4, 9, 30, tzinfo=UTC))


def test_the_gap_between_two_contacts_is_kept() -> None:
    planned = plan(1, now=datetime(2026, 2, 17, 10, tzinfo=UTC), last_contact=date(2026, 2, 16))
    assert planned is not None
    assert london(planned.due_at).date() == date(2026, 2, 23)


def test_who_is_behind_is_not_pressed_to_catch_up() -> None:
    back = {"now": datetime(2026, 10, 2, 10, tzinfo=UTC), "last_contact": date(2026, 10, 1)}
    found = [london(each.due_at).date() for each in (plan(place, **back) for place in (1, 2, 3, 4)) if each]
    # half of the six weeks, of the seven weeks that follow, and of three months; the last step's own day is to come
    assert found == [date(2026, 10, 22), date(2026, 10, 26), date(2026, 11, 16), date(2027, 1, 5)]


def test_who_is_not_behind_gets_each_step_on_its_day() -> None:
    planned = plan(1, now=datetime(2026, 2, 10, 10, tzinfo=UTC), last_contact=date(2026, 2, 9))
    assert planned is not None
    assert london(planned.due_at).date() == date(2026, 2, 16)


@pytest.mark.parametrize(
    ("day", "closed"),
    [
        (date(2027, 2, 26), False), (date(2028, 2, 29), True), (date(2028, 2, 28), True), (date(2029, 2, 28), True),
        (date(2029, 3, 1), True), (date(2029, 3, 2), False),
    ],
)  # fmt: skip
def test_29_february_is_tender_in_every_year(day: date, closed: bool) -> None:
    for born, imprisoned in (("2016-02-29", date(2026, 1, 5)), ("2016-05-04", date(2024, 2, 29))):
        calendar = cadence.calendar_for(DEFAULT, nation="ENG", born_on=(born,), imprisoned_on=imprisoned)
        assert calendar.tender(day) is closed


def test_no_step_left_or_enough_offers_made_ends_the_cadence() -> None:
    assert plan(5) is None
    assert plan(1, made=5) is None


def test_late_found_is_whose_second_step_has_passed_and_joins_at_the_first_that_has_not() -> None:
    today = date(2026, 3, 1)
    assert not cadence.is_late(DEFAULT, date(2026, 1, 20), today)
    assert cadence.is_late(DEFAULT, date(2025, 11, 1), today)
    assert cadence.passed_over(DEFAULT, date(2025, 11, 1), today) == (0, 1, 2)
    assert cadence.passed_over(DEFAULT, date(2024, 1, 1), today) == (0, 1, 2, 3)  # the last offer is made now


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
        ("2008-05", date(2026, 5, 30), False),
        ("2008-05", date(2026, 5, 31), True),
        ("2008-04", date(2026, 4, 30), False),
        ("2008-04", date(2026, 5, 1), True),
        ("2008-02-29", date(2026, 2, 28), False),
        ("2008-02-29", date(2026, 3, 1), True),
        ("2008", date(2026, 12, 30), False),
        ("2008", date(2026, 12, 31), True),
    ],
)
def test_a_child_is_18_only_when_that_is_certain(born: str, day: date, is_18: bool) -> None:
    grown = cadence.grown_on(["2001-01-01", born])
    assert grown is not None
    assert (grown <= day) is is_18


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


# -- the lasting numbers of steps


def test_a_removed_step_is_followed_by_the_next_one_and_a_moved_one_is_not_lost() -> None:
    without = replace(DEFAULT, steps=(DEFAULT.steps[0], DEFAULT.steps[3], DEFAULT.steps[4]))
    behind = carried(DEFAULT, without, (0, 1))
    assert without.next_step(behind) == DEFAULT.steps[3]
    earlier = replace(DEFAULT.steps[4], after=After(1, "weeks"))
    moved = replace(DEFAULT, steps=(DEFAULT.steps[0], earlier, *DEFAULT.steps[1:4]))
    assert moved.next_step(carried(DEFAULT, moved, (0, 1, 2))) == earlier


def test_an_added_step_is_not_made_up_for_by_families_that_are_past_it() -> None:
    added = replace(DEFAULT.steps[1], after=After(3, "weeks"), id=5)
    new = replace(DEFAULT, steps=(DEFAULT.steps[0], added, *DEFAULT.steps[1:]))
    assert new.next_step(carried(DEFAULT, new, (0, 1))) == DEFAULT.steps[2]
    assert new.next_step(carried(DEFAULT, new, (0,))) == added
    assert new.next_step(carried(DEFAULT, new, ())) == DEFAULT.steps[0]


def test_a_step_put_back_is_not_had_twice() -> None:
    without = replace(DEFAULT, steps=DEFAULT.steps[1:])
    behind = carried(without, DEFAULT, carried(DEFAULT, without, (0, 1)))
    assert DEFAULT.next_step(behind) == DEFAULT.steps[2]


def test_new_steps_get_numbers_that_were_never_given() -> None:
    new = replace(DEFAULT, steps=(*DEFAULT.steps[:2], replace(DEFAULT.steps[2], id=cadence.NEW)))
    assert [step.id for step in new.named(above=9).steps] == [0, 1, 10]


@st.composite
def edits(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """What a coordinator does, step after step: (what, at which place, how many weeks)."""
    return draw(
        st.lists(
            st.tuples(
                st.sampled_from(["go on", "go on", "remove", "add", "move"]), st.integers(0, 11), st.integers(0, 100)
            ),
            max_size=30,
        )
    )


@given(edits())
def test_whatever_is_edited_no_family_gets_a_step_twice_or_loses_one_that_remains(
    history: list[tuple[str, int, int]],
) -> None:
    pattern, had, highest = replace(DEFAULT, most_offers=12), list[int](), 4
    behind: tuple[int, ...] = ()
    owed = {step.id for step in DEFAULT.steps}
    for what, place, weeks in history:
        steps = list(pattern.steps)
        if what == "go on":
            step = pattern.next_step(behind)
            if step is not None:
                had.append(step.id)
                behind = (*behind, step.id)
            continue
        if what == "remove" and len(steps) > 1:
            owed.discard(steps.pop(place % len(steps)).id)
        elif what == "move":
            at = place % len(steps)
            steps[at] = replace(steps[at], after=After(weeks, "weeks"))
        elif what == "add" and len(steps) < 12:
            highest += 1
            steps.append(Step(id=highest, after=After(weeks, "weeks"), channel="text", script="offer_again"))
        new = replace(pattern, steps=tuple(sorted(steps, key=lambda step: step.after.about_days)))
        behind = carried(pattern, new, behind)
        owed |= {step.id for step in new.steps if step.id not in behind}
        pattern = new
    while (step := pattern.next_step(behind)) is not None:
        had.append(step.id)
        behind = (*behind, step.id)
    assert len(had) == len(set(had))
    assert owed <= set(had)


# -- what one family asked for itself


def test_their_own_day_is_kept_even_where_it_is_tender_and_is_used_once() -> None:
    christmas = Own(on=date(2026, 12, 21))
    planned = plan(1, own=christmas)
    assert planned is not None
    assert (planned.theirs, london(planned.due_at).date()) == (True, date(2026, 12, 21))
    first, second = list(
        cadence.timeline(
            DEFAULT, Standing(date(2026, 1, 5), (0, 1, 2), own=christmas), calendar=Calendar(), now=JANUARY
        )
    )[:2]
    assert (first.theirs, second.theirs) == (True, False)


def test_their_own_channel_goes_for_every_step_and_a_pause_moves_what_falls_in_it() -> None:
    planned = plan(1, own=Own(channel="call", paused_until=date(2026, 4, 1)))
    assert planned is not None
    assert (planned.channel, london(planned.due_at).date()) == ("call", date(2026, 4, 1))


def test_a_step_may_count_from_the_last_contact() -> None:
    after = Step(id=1, after=After(6, "weeks", "last_contact"), channel="text", script="offer_again")
    pattern = Cadence(steps=(DEFAULT.steps[0], after))
    standing = Standing(date(2026, 1, 5), (0,), made=1, last_contact=date(2026, 2, 3))
    planned = cadence.plan(pattern, standing, calendar=Calendar(), now=JANUARY)
    assert planned is not None
    assert london(planned.due_at).date() == date(2026, 3, 17)


def test_the_school_run_can_be_taken_out_of_the_hours() -> None:
    week = ((Window(time(8), time(17)),), (), (), (), (), (Window(time(10), time(16)),), ())
    left = without_the_school_run(week)
    assert left[0] == (Window(time(9, 15), time(14, 45)), Window(time(16), time(17)))
    assert left[5] == (Window(time(10), time(16)),)
