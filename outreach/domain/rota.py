"""The duty rota: is somebody there, and will somebody be there long enough for a reply?

Rules
* A shift is somebody, on one weekday, from one wall-clock time to another (London), between two dates. On a day on
  which they are away it does not count; a cover is a shift of one day.
* A text may go when the hours after it (four, by default) are staffed without a gap (DESIGN 4.6 rule 5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from outreach.domain.quiet_hours import at_london, london


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    staff_id: str
    weekday: int
    starts: time
    ends: time
    valid_from: date
    valid_to: date | None = None
    away_on: frozenset[date] = frozenset()
    instead_of: str | None = None
    """Whose place is taken: who covers them has their calls too."""
    id: str = ""

    def on(self, day: date) -> bool:
        if day.weekday() != self.weekday or day < self.valid_from or day in self.away_on:
            return False
        return self.valid_to is None or day <= self.valid_to


def stretches(shifts: Sequence[Shift], day: date) -> list[tuple[datetime, datetime]]:
    """The staffed stretches of one London day, joined where shifts touch or overlap."""
    spans = sorted((at_london(day, each.starts), at_london(day, each.ends)) for each in shifts if each.on(day))
    joined: list[tuple[datetime, datetime]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def on_duty(shifts: Sequence[Shift], moment: datetime) -> list[str]:
    """Who is on duty at ``moment``, in the order of their ids."""
    day = london(moment).date()
    here = (s.staff_id for s in shifts if s.on(day) and at_london(day, s.starts) <= moment < at_london(day, s.ends))
    return sorted(set(here))


def staffed_for(shifts: Sequence[Shift], moment: datetime, hours: int) -> bool:
    """Whether somebody is there from ``moment`` for ``hours`` without a gap."""
    needed = moment + timedelta(hours=hours)
    return any(start <= moment and needed <= end for start, end in stretches(shifts, london(moment).date()))


def next_staffed(shifts: Sequence[Shift], moment: datetime, *, hours: int, days: int = 60) -> datetime | None:
    """The first moment at or after ``moment`` from which ``hours`` are staffed; ``None`` within ``days``."""
    first = london(moment).date()
    for ahead in range(days + 1):
        for start, end in stretches(shifts, first + timedelta(days=ahead)):
            begin = max(start, moment)
            if begin + timedelta(hours=hours) <= end:
                return begin
    return None


def told_in_order(roles: Mapping[str, str], *, on_duty: Sequence[str], named: str | None) -> list[str]:
    """Who is told of danger, in order: on duty, the named answer where nobody is, supervisors, coordinators; the named
    answer last where somebody is on duty. ``roles``: of the people who may be told at all, by their ids."""

    def rank(staff_id: str) -> int:
        if staff_id in on_duty:
            return 0
        if staff_id == named and not on_duty:
            return 1
        return {"supervisor": 2, "coordinator": 3}.get(roles[staff_id], 4 if staff_id == named else 5)

    return [each for each in sorted(roles, key=lambda each: (rank(each), each)) if rank(each) < 5]


def on_day(shifts: Sequence[Shift], day: date) -> list[str]:
    """Who is there at some time of a day, in the order of their ids."""
    return sorted({each.staff_id for each in shifts if each.on(day)})


def covering(shifts: Sequence[Shift], day: date) -> dict[str, str]:
    """Who takes whose place on a day: who is away -> who is there for them."""
    return {each.instead_of: each.staff_id for each in shifts if each.instead_of is not None and each.on(day)}
