"""A date that was given is kept, or its own call stands on a list in the end; another call of theirs is no excuse."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from outreach.rehearsal.dates_given import unkept
from outreach.rehearsal.family_known import EVERYTHING, Ban, Family, Promise
from outreach.rehearsal.kind_days import at

THE_DAY = date(2026, 10, 14)
MADE, ENDS = at(date(2026, 10, 1), time(11)), at(date(2027, 9, 7), time(0))


def promised(*, rang: tuple[datetime, ...] = ()) -> Family:
    family = Family("R00001", rang=list(rang))
    family.promises.append(Promise(MADE, THE_DAY, at(THE_DAY, time(11)), at(THE_DAY, time(12)), "on a call"))
    return family


def broken(family: Family, **listed: datetime) -> list[str]:
    return [one.ref for one in unkept([family], listed=listed, ends=ENDS)]


@pytest.mark.parametrize(
    ("rang", "kept"),
    [(at(THE_DAY, time(10, 45)), True), (at(THE_DAY, time(12, 20)), True), (at(THE_DAY, time(9, 30)), False),
     (at(THE_DAY + timedelta(days=6), time(11)), False)],
)  # fmt: skip
def test_an_hour_that_was_given_on_a_call_is_kept_within_half_an_hour(rang: datetime, kept: bool) -> None:
    assert broken(promised(rang=(rang,))) == ([] if kept else ["R00001"])


def test_the_call_itself_on_a_list_in_the_end_is_late_and_not_forgotten() -> None:
    assert broken(promised(), R00001=at(THE_DAY, time(11))) == []


def test_another_call_on_a_list_in_the_end_is_no_excuse() -> None:
    assert broken(promised(), R00001=at(date(2027, 9, 1), time(9, 30))) == ["R00001"]


def test_another_date_replaces_the_first_and_a_ban_stands_above_it() -> None:
    replaced = promised()
    later = THE_DAY + timedelta(days=30)
    replaced.promises.append(Promise(MADE + timedelta(days=1), later, None, None, "on a call"))
    replaced.rang.append(at(later, time(10)))
    assert broken(replaced) == []
    stopped = promised()
    stopped.bans["a stop"] = Ban(EVERYTHING, MADE + timedelta(days=1))
    assert broken(stopped) == []
