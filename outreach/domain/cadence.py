"""The cadence: when a family is offered support again.

Rules
* Steps count from an anchor (the imprisonment, or the day a late-found family joined) in calendar months, weeks
  and days, in Europe/London. A step is never due before its date, nor outside the hours, nor on a tender date.
* At most ``most_offers`` offers are made; between two contacts lie at least ``gap_days``.
* A call has so many attempts, on different days and in different parts of the day. A text waits
  ``patience_days`` for an answer, then its offer ends as *no_reply* and the next step follows.
* *Late-found* is a family whose second step's date has passed when it is imported. It is offered now and the
  rest is shifted, or it joins at the next step: chosen, never skipped in silence.
* A *no* by text ends texting; at most one later call follows after six months. A second no ends the cadence.
* No seed gives an interval: the default is an assumption, and every screen that shows it says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from outreach.domain.quiet_hours import Calendar, Hours, Window, at_london, london, next_open

CHANNELS = ("text", "call", "visit", "letter")
UNITS = ("days", "weeks", "months")
CALL_AFTER_NO = relativedelta(months=6)


@dataclass(frozen=True, slots=True)
class After:
    """How long after the anchor: a whole number of calendar ``unit``."""

    count: int
    unit: str

    def from_day(self, anchor: date) -> date:
        return anchor + relativedelta(**{self.unit: self.count})  # type: ignore[arg-type]

    def said(self) -> str:
        if self.count == 0:
            return "at once"
        return f"after {self.count} {self.unit if self.count != 1 else self.unit[:-1]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    after: After
    channel: str
    script: str
    attempts: int = 1
    patience_days: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    steps: tuple[Step, ...]
    hours: Hours = field(default_factory=Hours)
    gap_days: int = 7
    most_offers: int = 5
    winter_rest: bool = True
    later_default_weeks: int = 6
    """After *later* without a date."""

    def step_day(self, index: int, anchor: date) -> date:
        return self.steps[index].after.from_day(anchor)


DEFAULT = Cadence(
    steps=(
        Step(after=After(0, "days"), channel="call", script="first_call", attempts=3),
        Step(after=After(6, "weeks"), channel="text", script="offer_again"),
        Step(after=After(3, "months"), channel="call", script="reoffer_call", attempts=3),
        Step(after=After(6, "months"), channel="text", script="offer_again"),
        Step(after=After(12, "months"), channel="call", script="reoffer_call", attempts=3),
    )
)


@dataclass(frozen=True, slots=True)
class Planned:
    step: int
    due_at: datetime


def is_late(cadence: Cadence, anchor: date, today: date) -> bool:
    """Whether a family imprisoned on ``anchor`` and imported ``today`` is late-found."""
    return len(cadence.steps) > 1 and cadence.step_day(1, anchor) < today


def joins_at(cadence: Cadence, anchor: date, today: date) -> int:
    """The first step whose date has not passed; the number of steps where all have."""
    for index in range(len(cadence.steps)):
        if cadence.step_day(index, anchor) >= today:
            return index
    return len(cadence.steps)


def plan(
    cadence: Cadence,
    *,
    next_step: int,
    anchor: date,
    made: int,
    last_contact: datetime | None,
    calendar: Calendar,
    now: datetime,
) -> Planned | None:
    """The next offer, or ``None`` when the cadence is over (no step left, or enough offers made).

    An offer whose day has passed (an outage, a hold) is due at the next kind hour, not skipped.
    """
    if next_step >= len(cadence.steps) or made >= cadence.most_offers:
        return None
    day = cadence.step_day(next_step, anchor)
    earliest = max(at_london(day, time(0)), now)
    if last_contact is not None:
        earliest = max(earliest, at_london(london(last_contact).date() + timedelta(days=cadence.gap_days), time(0)))
    due = next_open(cadence.hours, calendar, earliest)
    return None if due is None else Planned(next_step, due)


def calendar_for(cadence: Cadence, *, nation: str, born_on: tuple[str, ...], imprisoned_on: date) -> Calendar:
    """The days a family is left alone. ``born_on``: as the file had them; only whole dates count."""
    birthdays = {(int(d[5:7]), int(d[8:10])) for d in born_on if len(d) == 10}
    days = frozenset(birthdays | {(imprisoned_on.month, imprisoned_on.day)})
    return Calendar(nation=nation, days=days, winter=cadence.winter_rest)


def next_try(hours: Hours, calendar: Calendar, *, last: datetime, now: datetime) -> datetime | None:
    """When to ring again after nobody answered: another day, and the other part of the day."""
    was_morning = london(last).hour < 12
    day = london(max(last, now)).date() + timedelta(days=1)
    other = time(12, 30) if was_morning else time(9, 30)
    found = next_open(hours, calendar, at_london(day, other))
    if found is not None and (london(found).hour < 12) != was_morning:
        return found
    return next_open(hours, calendar, at_london(day, time(0)))


def child_is_18(born_on: str, today: date) -> bool:
    """Whether a child born then (as precisely as known) is certainly 18."""
    year, month, day = (born_on + "-12-31")[:10].split("-") if len(born_on) == 4 else (born_on + "-28")[:10].split("-")
    return date(int(year), int(month), int(day)) + relativedelta(years=18) <= today


def part_of_day(moment: datetime) -> str:
    hour = london(moment).hour
    return "morning" if hour < 11 else "midday" if hour < 14 else "afternoon" if hour < 17 else "evening"


def read_cadence(body: Mapping[str, Any]) -> Cadence:
    """A cadence from the JSON that a version stores."""
    week = tuple(
        tuple(Window(time.fromisoformat(start), time.fromisoformat(end)) for start, end in day) for day in body["week"]
    )
    steps = tuple(
        Step(
            after=After(each["after"], each["unit"]),
            channel=each["channel"],
            script=each["script"],
            attempts=each["attempts"],
            patience_days=each["patience_days"],
        )
        for each in body["steps"]
    )
    return Cadence(
        steps=steps,
        hours=Hours(week),
        gap_days=body["gap_days"],
        most_offers=body["most_offers"],
        winter_rest=body["winter_rest"],
        later_default_weeks=body["later_default_weeks"],
    )


def written(cadence: Cadence) -> dict[str, Any]:
    """The JSON of a cadence; ``read_cadence`` gives it back."""
    return {
        "steps": [
            {
                "after": step.after.count,
                "unit": step.after.unit,
                "channel": step.channel,
                "script": step.script,
                "attempts": step.attempts,
                "patience_days": step.patience_days,
            }
            for step in cadence.steps
        ],
        "week": [
            [[w.starts.isoformat("minutes"), w.ends.isoformat("minutes")] for w in day] for day in cadence.hours.week
        ],
        "gap_days": cadence.gap_days,
        "most_offers": cadence.most_offers,
        "winter_rest": cadence.winter_rest,
        "later_default_weeks": cadence.later_default_weeks,
    }


def preview(cadence: Cadence, *, imprisoned_on: date, nation: str = "ENG") -> list[Planned]:
    """What a family imprisoned on a date would get, and when, if nobody ever answered."""
    calendar = calendar_for(cadence, nation=nation, born_on=(), imprisoned_on=imprisoned_on)
    planned: list[Planned] = []
    now, last = at_london(imprisoned_on, time(0)).astimezone(UTC), None
    for index in range(len(cadence.steps)):
        found = plan(
            cadence,
            next_step=index,
            anchor=imprisoned_on,
            made=len(planned),
            last_contact=last,
            calendar=calendar,
            now=now,
        )
        if found is None:
            break
        planned.append(found)
        now = last = found.due_at
    return planned
