"""When a family may be contacted, worked out a second time: the proof must not lean on the code that it proves.

Rules
* Sending hours by weekday, London's wall clock: Monday to Thursday 9.30 to 15.00, Friday to 12.00, unless edited.
* Bank holidays of England and Wales: New Year's Day, Good Friday, Easter Monday, the first and the last Monday of
  May, the last Monday of August, Christmas Day and Boxing Day; what falls on a weekend moves to the next weekday.
* Tender: 20 December to 2 January, a child's birthday, the anniversary of the imprisonment.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.easter import easter

LONDON = ZoneInfo("Europe/London")
Hours = tuple[tuple[time, time] | None, ...]
DEFAULT_HOURS: Hours = (
    *(((time(9, 30), time(15)),) * 4),
    (time(9, 30), time(12)),
    None,
    None,
)
EDITED_HOURS: Hours = (*(((time(10), time(14, 30)),) * 4), (time(9, 30), time(12)), None, None)


@lru_cache
def bank_holidays(year: int) -> frozenset[date]:
    sunday = easter(year)
    found = {sunday - timedelta(days=2), sunday + timedelta(days=1)}
    found |= {_monday(date(year, 5, 1)), _monday(date(year, 5, 25)), _monday(date(year, 8, 25))}
    for fixed in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        day = fixed
        while day.weekday() >= 5 or day in found:
            day += timedelta(days=1)
        found |= {fixed, day}
    return frozenset(found)


def _monday(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def is_closed(day: date) -> bool:
    return day in bank_holidays(day.year)


def is_winter(day: date) -> bool:
    return (day.month, day.day) >= (12, 20) or (day.month, day.day) <= (1, 2)


def is_tender(day: date, birthdays: Collection[tuple[int, int]]) -> bool:
    return is_winter(day) or (day.month, day.day) in birthdays


def is_open(moment: datetime, hours: Hours) -> bool:
    here = moment.astimezone(LONDON)
    window = hours[here.weekday()]
    return window is not None and window[0] <= here.time() <= window[1]


def at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, LONDON)


def working(day: date) -> bool:
    return day.weekday() < 5 and not is_closed(day)
