"""When we ring: a time that somebody asked for, or the next kind hour at which somebody is on duty.

Rules
* A time is promised only where somebody is on the rota then; else it is a wish, and the call stands on the list of
  that day without a promise.
* A day alone is a promise of the day: its first kind hour with somebody on duty.
* A call takes a slot: an hour, and an hour and a half with an interpreter, since everything is said twice. A time is
  promised only where somebody is on duty for the whole of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from outreach.domain import rota
from outreach.domain.cadence import Cadence
from outreach.domain.quiet_hours import Hours, at_london, end_of_day, london, next_open
from outreach.domain.reply_values import ProposedTime
from outreach.engine.situation import pattern_of
from outreach.runtime import Runtime
from outreach.store.families import FamilyRow
from outreach.store.staff import shifts_of

SLOT = timedelta(hours=1)
WITH_AN_INTERPRETER = timedelta(minutes=90)
FURTHEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Booked:
    """``until`` is there where an hour was promised; ``promised`` where they named a time we can keep."""

    due_at: datetime
    until: datetime | None
    promised: bool

    def said(self, now: datetime) -> str:
        """For somebody who reads it now: *today, 2 to 3* or *on Thursday 15 January*."""
        day, today = london(self.due_at).date(), london(now).date()
        words = {today: "today", today + timedelta(days=1): "tomorrow"}.get(day)
        return f"{words}{self._hours()}" if words else self.dated()

    @property
    def over(self) -> datetime:
        """When nobody rings any more as it was said: the end of the hour, else of the day."""
        return self.until or end_of_day(self.due_at)

    def dated(self) -> str:
        """For a text, which may have to wait for a kind hour: *on Thursday 15 January, 2 to 3*."""
        day = london(self.due_at).date()
        return f"on {day:%A} {day.day} {day:%B}{self._hours()}"

    def _hours(self) -> str:
        return "" if self.until is None else f", {_hour(self.due_at)} to {_hour(self.until)}"


def slot_of(family: FamilyRow) -> timedelta:
    """How long a promised call to this family may take."""
    return WITH_AN_INTERPRETER if family.interpreter else SLOT


def book(
    session: Session,
    runtime: Runtime,
    *,
    family: FamilyRow,
    wish: ProposedTime | None,
    now: datetime,
    pattern: Cadence | None = None,
) -> Booked:
    """When to ring a family that asked for it. ``pattern``: of its cadence, where the caller knows it."""
    shifts = shifts_of(session, family.area_code)
    hours = (pattern or pattern_of(session, family.id)).hours
    if wish is not None and wish.at is not None:
        hour, _, minute = wish.at.partition(":")
        moment = at_london(wish.on, time(int(hour), int(minute or 0)))
        if moment > now and staffed_through(shifts, moment, slot_of(family)):
            return Booked(moment, moment + slot_of(family), promised=True)
    if wish is not None and at_london(wish.on, time(9, 30)) > now:
        found = _kind_and_staffed(family, hours, shifts, at_london(wish.on, time(0)), days=0)
        if found is not None:
            return Booked(found, None, promised=True)
        return Booked(at_london(wish.on, time(9, 30)), None, promised=False)
    found = _kind_and_staffed(family, hours, shifts, now, days=30)
    return Booked(found or now, None, promised=False)


def not_to_be_booked(on: date | None, at: time | None, now: datetime) -> str | None:
    """Why no call is booked then, as a sentence for the person who asked; None where it may be."""
    if on is None:
        return "Say on which day, like 28 11 2026."
    if on < london(now).date() or (at is not None and at_london(on, at) <= now):
        return "That time is over. Choose one that is still to come."
    if at_london(on, time(12)) - now > FURTHEST:
        return "That is more than a year from now. Choose a day that is nearer."
    return None


def staffed_through(shifts: list[rota.Shift], moment: datetime, slot: timedelta) -> bool:
    """Whether somebody is on duty from ``moment`` until the slot is over."""
    return any(begin <= moment and moment + slot <= end for begin, end in rota.stretches(shifts, london(moment).date()))


def _kind_and_staffed(
    family: FamilyRow, hours: Hours, shifts: list[rota.Shift], after: datetime, *, days: int
) -> datetime | None:
    last = london(after).date() + timedelta(days=days)
    moment: datetime | None = after
    while moment is not None and london(moment).date() <= last:
        moment = next_open(hours, None, moment)
        if moment is None or london(moment).date() > last:
            return None
        if staffed_through(shifts, moment, slot_of(family)) or not shifts:
            return moment
        following = rota.next_staffed(shifts, moment, hours=0, days=days + 1)
        if following is None or following <= moment:
            return None
        moment = following
    return None


def _hour(moment: datetime) -> str:
    at = london(moment)
    hour = at.hour % 12 or 12
    return f"{hour}" if at.minute == 0 else f"{hour}.{at.minute:02d}"
