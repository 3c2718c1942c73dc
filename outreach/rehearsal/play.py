"""Plays the days: workers that die, families that answer, people who work, files that come, a network that errs."""

from __future__ import annotations

import heapq
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from outreach.engine.tick import TIDYING, URGENT, run_parts
from outreach.rehearsal.caller import Caller
from outreach.rehearsal.diary import Diary
from outreach.rehearsal.house import ANSWER_WITHIN, House, Worker
from outreach.rehearsal.households import Town
from outreach.rehearsal.kind_days import DEFAULT_HOURS, EDITED_HOURS, LONDON, at, working
from outreach.rehearsal.mortal import Killed, Point
from outreach.rehearsal.team import Team
from outreach.rehearsal.wordings import kind_of
from outreach.rehearsal.words import AFTER_A_STOP, WORDS, Means
from outreach.runtime import Runtime
from outreach.simulator.faults import Fault, Kind

MONTH = 30.4
OUTAGE_DAYS = 8
FAULTS: tuple[tuple[Kind, int], ...] = (
    (Kind.ERROR_AFTER, 10), (Kind.TWICE, 10), (Kind.REORDERED, 10), (Kind.LOST, 6), (Kind.TOO_MANY, 8),
    (Kind.TWICE_INBOUND, 8), (Kind.LOST_INBOUND, 5), (Kind.CODE, 5), (Kind.SILENCE_AFTER, 1),
)  # fmt: skip
CODES = (30003, 30005, 30008, 30001)


@dataclass(order=True, slots=True)
class Turn:
    at: datetime
    n: int
    do: Callable[[], None] = field(compare=False)


@dataclass(slots=True)
class Counts:
    ticks: int = 0
    turns: int = 0
    replies: int = 0
    failed_parts: dict[str, int] = field(default_factory=dict)
    faults: int = 0


class Play:
    def __init__(
        self, house: House, town: Town, diary: Diary, *, begins: date, days: int, seed: int,
        turn: Callable[[Runtime, bool], dict[str, int]] | None = None,
    ) -> None:  # fmt: skip
        self._house, self._town, self._diary = house, town, diary
        self._begins, self._days = begins, days
        self._chance = random.Random(f"play {seed}")  # noqa: S311
        self._faults = random.Random(f"faults {seed}")  # noqa: S311
        self._turns: list[Turn] = []
        self._n = 0
        self._heard_of = 0
        self._one_turn = turn or one_turn
        self._at_phone: dict[str, list[str]] = {}
        self._stopped: set[str] = set()
        self._writes_again: dict[str, int] = {}
        self.means: dict[str, Means] = {}
        self.counts = Counts()
        self.team = Team(house.runtime, town, diary, seed=seed)
        self.caller = Caller(house, town, diary, seed=seed)
        self.outage = self._outage()

    def run(self, said: Callable[[str], None] = lambda _: None) -> None:
        imports = {self._import_day(month): month for month in range(self.months)}
        edits = {
            self._begins + timedelta(days=round(self._days * 0.4)): (EDITED_HOURS, 7),
            self._begins + timedelta(days=round(self._days * 0.7)): (DEFAULT_HOURS, 6),
        }
        for ahead in range(self._days):
            day = self._begins + timedelta(days=ahead)
            if day in imports:
                month = imports[day]
                self._turn(at(day, time(9, 12)), lambda month=month, day=day: self._import(month, day))  # type: ignore[misc]
                said(f"{day:%B %Y}: {len(self._diary.entries):,} lines in the network's journal")
            if day in edits:
                hours, fourth = edits[day]
                self._turn(at(day, time(9, 5)), lambda h=hours, f=fourth: self.team.edit_cadence(h, fourth=f))  # type: ignore[misc]
            self._plan(day)
            self._until(at(day + timedelta(days=1), time(0)))
        self._house.clock.turn_to(at(self._begins + timedelta(days=self._days), time(0, 30)))
        for _ in range(2):
            self._work(tidy=True, mortal=False)

    @property
    def months(self) -> int:
        return max(1, int(self._days / MONTH))

    def _import_day(self, month: int) -> date:
        day = self._begins + timedelta(days=round(month * MONTH))
        while not working(day):
            day += timedelta(days=1)
        return day

    def _outage(self) -> tuple[date, date]:
        if self._days < 100:
            return (date.min, date.min)
        first = self._import_day(2) + timedelta(days=9)
        return first, first + timedelta(days=OUTAGE_DAYS)

    def _turn(self, moment: datetime, do: Callable[[], None]) -> None:
        self._n += 1
        heapq.heappush(self._turns, Turn(moment, self._n, do))

    def _until(self, moment: datetime) -> None:
        while self._turns and self._turns[0].at < moment:
            turn = heapq.heappop(self._turns)
            self._house.clock.turn_to(turn.at)
            turn.do()

    def _plan(self, day: date) -> None:
        """A day's turns of the workers, at hours of chance, and of the people."""
        some = self._chance.randrange
        hours = [(some(0, 7) if some(2) else some(19, 24), some(60))]
        if working(day):
            hours += [(9, some(25, 60)), (some(11, 16), some(60))]
            for hour in range(10, 16):
                self._turn(at(day, time(hour, 0, 30)), lambda: self.caller.round(only_asked=True))
            morning = day.toordinal() % 2 or day.weekday() == 4
            self._turn(at(day, time(10, some(5, 30)) if morning else time(13, some(20, 50))), self._office)
        for index, (hour, minute) in enumerate(hours):
            self._turn(at(day, time(hour, minute, some(60))), lambda tidy=index < 2: self._work(tidy=tidy))  # type: ignore[misc]

    def _office(self) -> None:
        self.team.take_over_alerts()
        self.team.let_it_go_on()
        self.team.read_what_came(self.means)
        self.team.review_holds()
        self._work()
        self.caller.round(only_asked=False)
        self._heard()

    def _import(self, month: int, day: date) -> None:
        self.team.import_month(month, day)
        self._at_phone.clear()
        for one in self._town.households.values():
            if one.joins <= month:
                for phone, since in one.phones:
                    if since <= month:
                        self._at_phone.setdefault(phone, []).append(one.ref)

    # -- the workers ---------------------------------------------------------------------------------------

    def _work(self, *, tidy: bool = False, mortal: bool = True, racing: Callable[[], None] | None = None) -> None:
        today = self._house.clock().astimezone(LONDON).date()
        if self.outage[0] <= today < self.outage[1]:
            if racing is not None:
                racing()
                self._house.simulator.settle(20)
            return
        self._arm_a_fault()
        workers = self._house.workers
        if not (racing is not None or 9 <= self._house.clock().astimezone(LONDON).hour < 15):
            workers = [workers[self.counts.ticks % len(workers)]]  # nights are quiet: one of them is enough
        deaths = [self._death() if mortal else None for _ in workers]
        if racing is not None:
            racing()
        threads = [
            threading.Thread(target=self._one_worker, args=(worker, tidy, death))
            for worker, death in zip(workers, deaths, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.counts.turns += len(workers)
        self.counts.ticks += 1
        if not self._house.simulator.settle(30):
            raise RuntimeError("the simulated network did not come to rest")
        if tidy:
            self._diary.note("tidied")
        self._heard()

    def _one_worker(self, worker: Worker, tidy: bool, death: Point | None) -> None:
        worker.fate.arm(death)
        try:
            counted = self._one_turn(worker.runtime, tidy)
        except Killed:
            return
        finally:
            worker.fate.arm(None)
        for name, count in counted.items():
            if count < 0:
                self.counts.failed_parts[name] = self.counts.failed_parts.get(name, 0) + 1

    def _death(self) -> Point | None:
        return self._faults.choice(tuple(Point)) if self._faults.random() < 0.06 else None

    def _arm_a_fault(self) -> None:
        self._house.simulator.faults.clear()
        if self._faults.random() > 0.25:
            return
        kind = self._faults.choices([k for k, _ in FAULTS], [w for _, w in FAULTS])[0]
        self.counts.faults += 1
        self._house.simulator.add_fault(
            Fault(
                kind=kind,
                code=self._faults.choice(CODES) if kind is Kind.CODE else None,
                seconds=ANSWER_WITHIN + 0.5 if kind is Kind.SILENCE_AFTER else 1,
                times=1,
            )
        )

    # -- the families --------------------------------------------------------------------------------------

    def _heard(self) -> None:
        """Each family that got a text since the last time makes up its mind."""
        self._diary.catch_up()
        new, self._heard_of = self._diary.entries[self._heard_of :], len(self._diary.entries)
        for entry in new:
            if entry.what != "handed over" or entry.number not in self._at_phone:
                continue
            one = self._town.households[self._at_phone[entry.number][0]]
            kind = kind_of(entry.detail["body"])
            if kind == "conversation":
                if one.chance.random() < 0.8:
                    self._will_write(one.ref, entry.number, "1", Means.ACCEPT, minutes=one.chance.randrange(1, 40))
            elif kind == "offer" and one.manner is not Means.NOTHING and one.chance.random() < 0.75:
                words = one.chance.choice(WORDS[one.manner])
                self._will_write(one.ref, entry.number, words, one.manner, minutes=one.chance.randrange(1, 60 * 30))
            elif kind == "stop" and one.chance.random() < 0.4:
                words = one.chance.choice(AFTER_A_STOP)
                minutes = one.chance.randrange(60, 60 * 24 * 40)
                self._will_write(one.ref, entry.number, words, Means.LOOK, minutes=minutes)

    def _will_write(self, ref: str, number: str, words: str, means: Means, *, minutes: int) -> None:
        moment = self._house.clock() + timedelta(minutes=minutes, seconds=self._chance.randrange(60))
        self._turn(moment, lambda: self._writes(ref, number, words, means))

    def _writes(self, ref: str, number: str, words: str, means: Means) -> None:
        self.counts.replies += 1

        def write() -> None:
            sid = self._house.simulator.text_from(number, words)
            self.means[sid] = means
            self._diary.note("writes", ref, sid=sid, means=means, number=number)

        if self._chance.random() < 0.25:
            self._work(racing=write)  # at the very moment in which the workers work
        else:
            write()
            self._house.simulator.settle(20)
        soon = self._house.clock() + timedelta(minutes=self._chance.randrange(1, 8))
        self._turn(soon, lambda: self._work())


def one_turn(worker: Runtime, tidy: bool) -> dict[str, int]:
    """What a worker does every few seconds; ``tidy``: and what it does every half minute."""
    return run_parts(worker, URGENT | TIDYING if tidy else URGENT)
