"""Kind hours: when a family may be contacted, in Europe/London, whatever the season.

Rules
* Each weekday has windows; outside them nothing is sent and no call is planned. Default: Monday to Thursday
  9.30 to 15.00, Friday to 12.00 (DESIGN 4.6 rule 5).
* Closed all day: bank holidays of the area's nation, and the tender dates (a child's birthday, 20 December to
  2 January, the anniversary of the imprisonment; of 29 February, in any year, the days beside it too). A time the
  family asked for is not bound by them.
* Moments are aware UTC. Windows are wall-clock times, so they stay the same when the clocks change; a window
  that begins in the hour that does not exist begins when that hour is over.
* With less than 15 minutes left in a window, the next one is meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

LONDON = ZoneInfo("Europe/London")
LEAST_LEFT = timedelta(minutes=15)
NATIONS = ("ENG", "WLS", "SCT", "NIR")


@dataclass(frozen=True, slots=True, order=True)
class Window:
    starts: time
    ends: time


SCHOOL_RUN = (Window(time(8, 0), time(9, 15)), Window(time(14, 45), time(16, 0)))
"""When children are taken to school and fetched: an editor may leave these out of the hours (DOMAIN 5)."""


def _default_week() -> tuple[tuple[Window, ...], ...]:
    long, short = Window(time(9, 30), time(15, 0)), Window(time(9, 30), time(12, 0))
    return ((long,), (long,), (long,), (long,), (short,), (), ())


@dataclass(frozen=True, slots=True)
class Hours:
    """The windows of Monday (0) to Sunday (6), each in order and apart."""

    week: tuple[tuple[Window, ...], ...] = field(default_factory=_default_week)


def every_year(days: Iterable[tuple[int, int]]) -> frozenset[tuple[int, int]]:
    """Days as ``(month, day)``, so that each comes every year: 29 February brings the day before and the day after."""
    found = frozenset(days)
    return found | {(2, 28), (3, 1)} if (2, 29) in found else found


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days on which a family is left alone. ``days`` are ``(month, day)``: birthdays, the anniversary."""

    nation: str = "ENG"
    days: frozenset[tuple[int, int]] = frozenset()
    winter: bool = True
    """Whether 20 December to 2 January is tender."""

    def closed(self, day: date) -> bool:
        return self.tender(day) or day in bank_holidays(self.nation, day.year)

    def tender(self, day: date) -> bool:
        if (day.month, day.day) in self.days:
            return True
        return self.winter and ((day.month == 12 and day.day >= 20) or (day.month == 1 and day.day <= 2))


@lru_cache(maxsize=256)
def bank_holidays(nation: str, year: int) -> frozenset[date]:
    """Bank holidays of a nation of the United Kingdom in one year."""
    return frozenset(holidays.country_holidays("GB", subdiv=nation, years=year))


def london(moment: datetime) -> datetime:
    return moment.astimezone(LONDON)


def at_london(day: date, clock: time) -> datetime:
    """The UTC moment of a wall-clock time in London: the first of two where the hour comes twice, an hour later
    on the clock where it is left out."""
    return datetime.combine(day, clock, LONDON).astimezone(UTC)


def end_of_day(moment: datetime) -> datetime:
    """The midnight in London that ends the day of ``moment``."""
    return at_london(london(moment).date() + timedelta(days=1), time(0))


def openings(hours: Hours, calendar: Calendar | None, day: date) -> Iterator[tuple[datetime, datetime]]:
    """The open stretches of one London day, as UTC moments."""
    if calendar is not None and calendar.closed(day):
        return
    for window in hours.week[day.weekday()]:
        yield at_london(day, window.starts), at_london(day, window.ends)


def window_end(hours: Hours, calendar: Calendar | None, moment: datetime) -> datetime | None:
    """The end of the window ``moment`` stands in; ``None`` when it stands in none, or too close to its end."""
    for start, end in openings(hours, calendar, london(moment).date()):
        if start <= moment and moment + LEAST_LEFT <= end:
            return end
    return None


def next_open(hours: Hours, calendar: Calendar | None, moment: datetime, *, days: int = 400) -> datetime | None:
    """The first open moment at or after ``moment``; ``None`` when there is none within ``days``."""
    first = london(moment).date()
    for ahead in range(days + 1):
        for start, end in openings(hours, calendar, first + timedelta(days=ahead)):
            if moment + LEAST_LEFT <= end:
                return max(start, moment)
    return None
