"""The cadence: when a family is offered support again.

Rules
* A step counts from the family's anchor (the imprisonment, or the day a late-found family joined) or from the last
  contact, in calendar months, weeks and days, in Europe/London. A step is never due before its date, nor outside the
  hours, nor on a tender date.
* Each step has a number that lasts: an edit keeps it, a new step gets a new one, none is used again. What lies behind
  a family is said by these numbers, never by places; what comes next is the first step that is not behind it.
* At most ``most_offers`` offers are made; between two contacts lie at least ``gap_days``.
* A family that is behind (after a rest, a hold, an outage) is not pressed to catch up: where the day of a step had
  passed before the last contact, at least half the time that the cadence puts before that step lies between the two.
* A call has so many attempts, on different days and in different parts of the day. A text waits
  ``patience_days`` for an answer; then its offer ends as *no_reply* and the next step follows, or it becomes a call.
* *Late-found* is a family whose second step's date has passed when it is imported. It is offered now and the
  rest is shifted, or it joins at the next step, at the last one where all have passed: never skipped in silence.
* A *no* by text ends texting; at most one later call follows after six months. A second no ends the cadence.
* What a family asked for itself goes before: its own day (which no tender date moves), its own channel, and no
  contact before the day until which it is paused.
* No seed gives an interval: the default is an assumption, and every screen that shows it says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from dateutil.relativedelta import relativedelta

from outreach.domain.quiet_hours import Calendar, Hours, Window, at_london, every_year, london, next_open

CHANNELS = ("text", "call", "visit", "letter")
UNITS = ("days", "weeks", "months")
SINCE = ("anchor", "last_contact")
SILENCE = ("next", "call")
CALL_AFTER_NO = relativedelta(months=6)
NEW = -1
"""The number of a step that has none yet; saving gives it one."""
ASKED = -1
"""In an offer, in the place of a step: a contact outside the steps, which the family asked for."""
_DAYS = {"days": 1.0, "weeks": 7.0, "months": 30.5}

Opens = Callable[[Hours, Calendar, datetime], datetime | None]


@dataclass(frozen=True, slots=True)
class After:
    """How long after the anchor, or the last contact: a whole number of calendar ``unit``."""

    count: int
    unit: str
    since: str = "anchor"

    def from_day(self, day: date) -> date:
        return _later(day, self.count, self.unit)

    @property
    def about_days(self) -> float:
        return self.count * _DAYS.get(self.unit, 1.0)

    def said(self) -> str:
        if self.count == 0 and self.since == "anchor":
            return "at once"
        span = f"{self.count} {self.unit if self.count != 1 else self.unit[:-1]}"
        return f"{span} after the last contact" if self.since == "last_contact" else f"after {span}"


@lru_cache(maxsize=65_536)
def _later(day: date, count: int, unit: str) -> date:
    return day + relativedelta(**{unit: count})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """``silence``: what follows a text that nobody answered, the ``next`` step or a ``call`` at once."""

    after: After
    channel: str
    script: str
    attempts: int = 1
    patience_days: int = 14
    silence: str = "next"
    id: int = NEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    steps: tuple[Step, ...]
    hours: Hours = field(default_factory=Hours)
    gap_days: int = 7
    most_offers: int = 5
    winter_rest: bool = True
    later_default_weeks: int = 6
    """After *later* without a date."""

    def step(self, number: int) -> Step | None:
        return next((step for step in self.steps if step.id == number), None)

    def next_step(self, behind: tuple[int, ...]) -> Step | None:
        return next((step for step in self.steps if step.id not in behind), None)

    def room_before(self, number: int) -> int:
        """How many days are to lie, at least, between the last contact and this step, in a family that is behind."""
        for place, step in enumerate(self.steps):
            if step.id == number and place and step.after.since == "anchor":
                before = self.steps[place - 1].after
                apart = step.after.about_days - before.about_days if before.since == "anchor" else 0.0
                return max(self.gap_days, int(apart / 2))
        return self.gap_days

    def named(self, *, above: int = NEW) -> Cadence:
        """The same, its new steps with numbers above every number that was ever given."""
        highest = max([above, *(step.id for step in self.steps)])
        steps = []
        for step in self.steps:
            highest += step.id == NEW
            steps.append(replace(step, id=highest) if step.id == NEW else step)
        return replace(self, steps=tuple(steps))

    def nominal_days(self) -> dict[int, float]:
        """About how many days after the anchor each step comes, by its number."""
        days: dict[int, float] = {}
        before = 0.0
        for step in self.steps:
            span = step.after.about_days
            before = before + span if step.after.since == "last_contact" else span
            days[step.id] = before
        return days


DEFAULT = Cadence(
    steps=(
        Step(id=0, after=After(0, "days"), channel="call", script="first_call", attempts=3),
        Step(id=1, after=After(6, "weeks"), channel="text", script="offer_again"),
        Step(id=2, after=After(3, "months"), channel="call", script="reoffer_call", attempts=3),
        Step(id=3, after=After(6, "months"), channel="text", script="offer_again"),
        Step(id=4, after=After(12, "months"), channel="call", script="reoffer_call", attempts=3),
    )
)


@dataclass(frozen=True, slots=True)
class Own:
    """What one family asked for itself. ``paused_until``: the first day on which it may be contacted again."""

    on: date | None = None
    channel: str | None = None
    paused_until: date | None = None


AS_THE_CADENCE_SAYS = Own()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a family stands. ``behind``: the steps it had, or passed over when it joined; ``made``: offers tried."""

    anchor: date
    behind: tuple[int, ...] = ()
    made: int = 0
    last_contact: date | None = None
    """London's day of the last try, by any channel."""
    own: Own = AS_THE_CADENCE_SAYS
    grown_on: date | None = None
    """The day on which the youngest child is certainly 18: nothing is offered from then on."""

    def after(self, planned: Planned) -> Standing:
        """Where it stands when ``planned`` was done and nobody answered."""
        return Standing(
            self.anchor, (*self.behind, planned.step.id), self.made + 1, london(planned.due_at).date(),
            replace(self.own, on=None) if planned.theirs else self.own, self.grown_on,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planned:
    """The next offer. ``theirs``: on the day that the family named."""

    step: Step
    due_at: datetime
    channel: str
    theirs: bool = False


def is_late(cadence: Cadence, anchor: date, today: date) -> bool:
    """Whether a family imprisoned on ``anchor`` and imported ``today`` is late-found."""
    return len(cadence.steps) > 1 and _first_day(cadence.steps[1], anchor) < today


def passed_over(cadence: Cadence, anchor: date, today: date) -> tuple[int, ...]:
    """The steps whose date has passed: they lie behind a family that joins at the next one. Where all have passed, the
    last one is still to come: nobody is found and offered nothing."""
    ahead = [place for place, step in enumerate(cadence.steps) if _first_day(step, anchor) >= today]
    return tuple(step.id for step in cadence.steps[: ahead[0] if ahead else -1])


def _first_day(step: Step, anchor: date) -> date:
    return step.after.from_day(anchor)


def carried(old: Cadence, new: Cadence, behind: tuple[int, ...]) -> tuple[int, ...]:
    """What lies behind a family that goes from one version to the next, or from one cadence to another.

    * What it had stays behind it, also where the step is gone: put back one day, it is not had twice.
    * A step of both that it has not had is still to come, wherever it stands now.
    * A step that was added is still to come too, unless one that the family had comes at the same time or later.
    """
    if not behind:
        return ()
    was, will = old.nominal_days(), new.nominal_days()
    reached = max((will.get(each, was.get(each, NEW)) for each in behind), default=NEW)
    missed = {step.id for step in new.steps if step.id not in was and will[step.id] <= reached}
    return tuple(sorted({*behind, *missed}))


def plan(
    cadence: Cadence, standing: Standing, *, calendar: Calendar, now: datetime, opens: Opens = next_open
) -> Planned | None:
    """The next offer, or ``None`` when the cadence is over (no step left, enough offers made, or the children grown).

    An offer whose day has passed (an outage, a hold) is due at the next kind hour, not skipped.
    """
    step, own = cadence.next_step(standing.behind), standing.own
    if step is None or standing.made >= cadence.most_offers:
        return None
    today = london(now).date()
    begins = own.paused_until if own.paused_until is not None and own.paused_until > today else today
    if own.on is not None:
        no_tender_date = replace(calendar, days=frozenset(), winter=False)
        due = opens(cadence.hours, no_tender_date, _from(max(own.on, begins), now))
        return _planned(step, due, standing, theirs=True)
    since = standing.last_contact if step.after.since == "last_contact" else None
    day = step.after.from_day(since or standing.anchor)
    if standing.last_contact is not None:
        day = max(day, not_before(cadence, step, day, standing.last_contact))
    day = max(day, begins)
    due = opens(cadence.hours, calendar, _from(day, now))
    return _planned(step, due, standing)


def not_before(cadence: Cadence, step: Step, day: date, last_contact: date) -> date:
    """The first day on which a step that is due on ``day`` leaves the room that is to be after the last contact."""
    room = cadence.room_before(step.id) if day < last_contact else cadence.gap_days
    return last_contact + timedelta(days=room)


def _planned(step: Step, due: datetime | None, standing: Standing, *, theirs: bool = False) -> Planned | None:
    if due is None or (standing.grown_on is not None and london(due).date() >= standing.grown_on):
        return None
    return Planned(step, due, standing.own.channel or step.channel, theirs)


def _from(day: date, now: datetime) -> datetime:
    return max(at_london(day, time(0)), now)


def timeline(
    cadence: Cadence, standing: Standing, *, calendar: Calendar, now: datetime, opens: Opens = next_open
) -> Iterator[Planned]:
    """Everything that is still to come if nobody ever answers, in order."""
    while (planned := plan(cadence, standing, calendar=calendar, now=now, opens=opens)) is not None:
        yield planned
        standing, now = standing.after(planned), planned.due_at


def calendar_for(cadence: Cadence, *, nation: str, born_on: tuple[str, ...], imprisoned_on: date) -> Calendar:
    """The days a family is left alone. ``born_on``: as the file had them; only whole dates count."""
    birthdays = {(int(d[5:7]), int(d[8:10])) for d in born_on if len(d) == 10}
    days = every_year(birthdays | {(imprisoned_on.month, imprisoned_on.day)})
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


def grown_on(born_on: Iterable[str]) -> date | None:
    """The day on which the youngest of the children, born then (as precisely as known), is certainly 18.

    ``None`` where no child is known.
    """
    return max((_is_18_on(each) for each in born_on), default=None)


def _is_18_on(born_on: str) -> date:
    year, month, day = (
        int(each) for each in (born_on + "-12-31" if len(born_on) == 4 else born_on + "-31")[:10].split("-")
    )
    try:
        return date(year + 18, month, day)
    except ValueError:  # a month of fewer days, or 29 February
        return date(year + 18, month + 1, 1)


def part_of_day(moment: datetime) -> str:
    hour = london(moment).hour
    return "morning" if hour < 11 else "midday" if hour < 14 else "afternoon" if hour < 17 else "evening"


def read_cadence(body: Mapping[str, Any]) -> Cadence:
    """A cadence from the JSON that a version stores. Steps without a number are numbered by their place."""
    week = tuple(
        tuple(Window(time.fromisoformat(start), time.fromisoformat(end)) for start, end in day) for day in body["week"]
    )
    steps = tuple(
        Step(
            id=each.get("id", place),
            after=After(each["after"], each["unit"], each.get("since", "anchor")),
            channel=each["channel"],
            script=each["script"],
            attempts=each["attempts"],
            patience_days=each["patience_days"],
            silence=each.get("silence", "next"),
        )
        for place, each in enumerate(body["steps"])
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
                "id": step.id,
                "after": step.after.count,
                "unit": step.after.unit,
                "since": step.after.since,
                "channel": step.channel,
                "script": step.script,
                "attempts": step.attempts,
                "patience_days": step.patience_days,
                "silence": step.silence,
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
    now = at_london(imprisoned_on, time(0)).astimezone(UTC)
    return list(timeline(cadence.named(), Standing(imprisoned_on), calendar=calendar, now=now))
