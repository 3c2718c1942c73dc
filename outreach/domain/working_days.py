"""Working days: Monday to Friday, but for the bank holidays of a nation of the United Kingdom."""

from __future__ import annotations

from datetime import date, timedelta

from outreach.domain.quiet_hours import bank_holidays

SATURDAY = 5


def is_working_day(day: date, *, nation: str = "ENG") -> bool:
    return day.weekday() < SATURDAY and day not in bank_holidays(nation, day.year)


def working_days_before(day: date, count: int, *, nation: str = "ENG") -> date:
    """The day that lies so many working days before ``day``."""
    return _moved(day, count, by=timedelta(days=-1), nation=nation)


def working_days_after(day: date, count: int, *, nation: str = "ENG") -> date:
    """The day that lies so many working days after ``day``."""
    return _moved(day, count, by=timedelta(days=1), nation=nation)


def _moved(day: date, count: int, *, by: timedelta, nation: str) -> date:
    while count > 0:
        day += by
        count -= is_working_day(day, nation=nation)
    return day
