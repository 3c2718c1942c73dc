"""The time machine: what every live family would get as it is, and by a cadence that is not saved yet.

Rules
* Both are worked out by the rules that plan offers (``domain/cadence.py``), as if nobody ever answered.
* An offer that was tried, promised or asked for goes on as it is, and so does one that the new cadence would plan in
  the same way; any other is planned anew by the new one. Saving does exactly that.
* Families that stand alike get alike: each distinct standing is worked out once. The children's birthdays are looked
  at afterwards; where one of them is hit, that family is worked out by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import NamedTuple

from outreach.domain.cadence import (
    AS_THE_CADENCE_SAYS,
    Cadence,
    Own,
    Planned,
    Standing,
    carried,
    not_before,
    plan,
    timeline,
)
from outreach.domain.quiet_hours import Calendar, Hours, at_london, every_year, london, next_open

MOST_AHEAD = 40
TenderDays = frozenset[tuple[int, int]]


class OpenOffer(NamedTuple):
    """``stays``: tried, promised, asked for, or its text may have gone."""

    id: str
    step: int
    channel: str
    due_at: datetime
    stays: bool


class Alike(NamedTuple):
    """What families have in common that get the same. ``old`` and ``new`` are ids of versions."""

    old: str
    new: str
    nation: str
    imprisoned: tuple[int, int]
    """The anniversary: month and day."""
    anchor: date
    behind: tuple[int, ...]
    made: int
    last_contact: date | None
    own: Own
    rests_until: date | None
    step: int | None
    channel: str
    due_at: datetime | None
    stays: bool


class Contact(NamedTuple):
    channel: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Future:
    """``before``, ``after``: contacts in order. ``anew``: the open offer is superseded and planned by the new one."""

    before: tuple[Contact, ...]
    after: tuple[Contact, ...]
    behind: tuple[int, ...]
    """What lies behind the family once the new one is saved."""
    anew: bool
    days: TenderDays
    """The days of the year that were looked at: a tender date among them would change something."""

    last_day: date
    """The last of the days that were looked at."""

    @property
    def changed(self) -> bool:
        return self.before != self.after


class TimeMachine:
    """Works out futures at one moment. ``versions``: every version that is met, by id."""

    def __init__(self, versions: Mapping[str, Cadence], *, now: datetime) -> None:
        self._versions, self._now, self._today = versions, now, london(now).date()
        self._known: dict[Alike, Future] = {}
        self._moved: dict[tuple[str, str, tuple[int, ...]], tuple[int, ...]] = {}
        self._opens: dict[tuple[int, Calendar, datetime], datetime | None] = {}
        self._counted_from_contact = {
            each for each, one in versions.items() if any(step.after.since == "last_contact" for step in one.steps)
        }

    @property
    def distinct(self) -> int:
        return len(self._known)

    def alike(
        self, *, old: str, new: str, nation: str, imprisoned: tuple[int, int], anchor: date,
        behind: tuple[int, ...], made: int, last_contact: date | None, own: Own = AS_THE_CADENCE_SAYS,
        rests_until: date | None = None, offer: OpenOffer | None = None,
    ) -> Alike:  # fmt: skip
        """The standing as it counts: a contact that holds nothing up is none, and a rest that is over is none."""
        if last_contact is not None and not {old, new} & self._counted_from_contact:
            had = behind if offer is None else tuple(each for each in behind if each != offer.step)
            places = ((old, had), (new, self._carried(old, new, had)))
            if not any(self._holds_up(each, anchor, had, last_contact) for each, had in places):
                last_contact = None
        if rests_until is not None and rests_until <= self._today:
            rests_until = None
        _, step, channel, due_at, stays = offer if offer is not None else (None, None, "", None, False)
        return Alike(
            old,
            new,
            nation,
            imprisoned,
            anchor,
            behind,
            made,
            last_contact,
            own,
            rests_until,
            step,
            channel,
            due_at,
            stays,
        )

    def _holds_up(self, version: str, anchor: date, behind: tuple[int, ...], last_contact: date) -> bool:
        """Whether what comes next would come sooner without the last contact."""
        pattern = self._versions[version]
        step = pattern.next_step(behind)
        if step is None:
            return False
        day = step.after.from_day(anchor)
        earliest = not_before(pattern, step, day, last_contact)
        return earliest > self._today and earliest > day

    def future(self, alike: Alike, tender: TenderDays, grown_on: date | None = None) -> Future:
        """``tender``: the children's birthdays, as ``cadence.calendar_for`` has them; ``grown_on`` as in a standing."""
        found = self._known.get(alike)
        if found is None:
            found = self._known[alike] = self._work_out(alike, frozenset(), None)
        grown = grown_on is not None and grown_on <= found.last_day
        return found if not grown and found.days.isdisjoint(tender) else self._work_out(alike, tender, grown_on)

    def carried(self, alike: Alike) -> tuple[int, ...]:
        """What lies behind a family for which nothing is planned, once the new one is saved."""
        return self._carried(alike.old, alike.new, alike.behind)

    def _carried(self, old: str, new: str, behind: tuple[int, ...]) -> tuple[int, ...]:
        key = (old, new, behind)
        if key not in self._moved:
            self._moved[key] = carried(self._versions[old], self._versions[new], behind)
        return self._moved[key]

    def _moves(self, alike: Alike, standing: Standing) -> Standing:
        return replace(standing, behind=self._carried(alike.old, alike.new, standing.behind))

    def _work_out(self, alike: Alike, tender: TenderDays, grown_on: date | None) -> Future:
        old, new = self._versions[alike.old], self._versions[alike.new]
        days = tender | every_year((alike.imprisoned,))
        calendars = (
            Calendar(alike.nation, days, winter=old.winter_rest),
            Calendar(alike.nation, days, winter=new.winter_rest),
        )
        now = max(self._now, at_london(alike.rests_until, time(0))) if alike.rests_until else self._now
        standing = Standing(alike.anchor, alike.behind, alike.made, alike.last_contact, alike.own, grown_on)
        if alike.due_at is None or alike.step is None:
            return self._future(
                self._coming(old, standing, calendars[0], now),
                self._coming(new, self._moves(alike, standing), calendars[1], now),
                self._carried(alike.old, alike.new, standing.behind),
            )
        open_now = Contact(alike.channel, alike.due_at)
        done = max(london(alike.due_at).date(), self._today)
        then = replace(standing, made=alike.made + (not alike.stays and alike.step >= 0), last_contact=done)
        later = max(alike.due_at, now)
        goes_on = self._future(
            (open_now, *self._coming(old, then, calendars[0], later)),
            (open_now, *self._coming(new, self._moves(alike, then), calendars[1], later)),
            self._carried(alike.old, alike.new, alike.behind),
        )
        if alike.stays:
            return goes_on
        again = replace(standing, behind=tuple(each for each in alike.behind if each != alike.step))
        will_stand = self._moves(alike, again)
        was = plan(old, again, calendar=calendars[0], now=now, opens=self._open)
        will = plan(new, will_stand, calendar=calendars[1], now=now, opens=self._open)
        looked_at = _days(tuple(Contact(each.channel, each.due_at) for each in (was, will) if each is not None))
        if _same(was, will):
            return replace(goes_on, days=goes_on.days | looked_at)
        found = self._future(
            goes_on.before, self._coming(new, will_stand, calendars[1], now), will_stand.behind, anew=True
        )
        return replace(found, days=found.days | looked_at)

    def _coming(self, pattern: Cadence, standing: Standing, calendar: Calendar, now: datetime) -> tuple[Contact, ...]:
        found = []
        for planned in timeline(pattern, standing, calendar=calendar, now=now, opens=self._open):
            found.append(Contact(planned.channel, planned.due_at))
            if len(found) == MOST_AHEAD:
                break
        return tuple(found)

    def _future(
        self, before: tuple[Contact, ...], after: tuple[Contact, ...], behind: tuple[int, ...], *, anew: bool = False
    ) -> Future:
        last = max((each.due_at for each in (*before, *after)), default=self._now)
        return Future(before, after, behind, anew, _days(before) | _days(after), london(last).date())

    def _open(self, hours: Hours, calendar: Calendar, moment: datetime) -> datetime | None:
        key = (id(hours), calendar, moment)
        if key not in self._opens:
            self._opens[key] = next_open(hours, calendar, moment)
        return self._opens[key]


def _same(was: Planned | None, will: Planned | None) -> bool:
    if was is None or will is None:
        return was is will
    return (was.step.id, was.channel, was.due_at) == (will.step.id, will.channel, will.due_at)


def _days(contacts: tuple[Contact, ...]) -> TenderDays:
    return frozenset((day.month, day.day) for day in (london(each.due_at).date() for each in contacts))
