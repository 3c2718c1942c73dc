"""What a proposed cadence would do: how far the work is, then a calendar, counts by week, and the families one by one.

Rules
* Only who asked for it sees it. Families outside their areas, and hidden ones, are counted and not named.
* Days before today count as today. Counts are exact: this is a list of work, not a report.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from outreach.domain import cadence
from outreach.domain.access import Actor, Permission, require
from outreach.domain.cadence import Planned
from outreach.domain.cadence_proposal import Proposal, proposal_from_json, warnings_about, whom_said
from outreach.domain.cadence_said import said_steps
from outreach.domain.quiet_hours import bank_holidays, london
from outreach.runtime import Runtime
from outreach.store.areas import areas
from outreach.store.cadences import in_use
from outreach.store.trials import PAGE, TrialRow, page_of
from outreach.views.family_line import FamilyLine, family_lines

MOST_WEEKS = 120
MOST_SAID = 4


@dataclass(frozen=True, slots=True)
class DayCount:
    """Calls (and visits) and texts of one day, as it is and by the new one. ``shut``: a bank holiday or the winter."""

    day: date
    calls_before: int
    texts_before: int
    calls_after: int
    texts_after: int
    shut: bool = False

    @property
    def before(self) -> int:
        return self.calls_before + self.texts_before

    @property
    def after(self) -> int:
        return self.calls_after + self.texts_after


@dataclass(frozen=True, slots=True)
class MonthGrid:
    """Weeks of seven days; ``None`` outside the month."""

    first: date
    weeks: tuple[tuple[DayCount | None, ...], ...]
    earlier: str
    later: str
    """The months before and after, as ``2026-03``; empty where nothing is planned there."""


@dataclass(frozen=True, slots=True)
class FamilyChange:
    """``before``, ``after``: the contacts to come, as (channel, day), the first few; ``more``: how many follow."""

    family: FamilyLine
    before: tuple[tuple[str, date], ...]
    more_before: int
    after: tuple[tuple[str, date], ...]
    more_after: int


@dataclass(frozen=True, slots=True)
class TrialPage:
    id: str
    state: str
    done: int
    total: int
    shown_again: bool
    digest: str
    saved_number: int | None
    proposal: Proposal
    whom: str
    steps: tuple[str, ...]
    warnings: tuple[str, ...]
    preview: tuple[Planned, ...]
    next_number: int
    counts: dict[str, int]
    month: MonthGrid | None
    weeks: tuple[DayCount, ...]
    """By the Monday of each week."""
    families: tuple[FamilyChange, ...]
    page: int
    pages: int
    now: datetime

    @property
    def ready(self) -> bool:
        return self.state == "ready"

    @property
    def per_cent(self) -> int:
        return min(99, self.done * 100 // self.total) if self.total else 0


def trial_page(
    runtime: Runtime, actor: Actor, trial_id: str, *, month: str | None = None, page: int = 1
) -> TrialPage | None:
    """``None`` where there is no such trial of theirs."""
    require(actor, Permission.CADENCE_EDIT)
    now = runtime.now()
    with runtime.sessions.read(actor.hides) as session:
        row = session.get(TrialRow, trial_id)
        if row is None or row.made_by != actor.id:
            return None
        proposal, known = proposal_from_json(row.proposal), in_use(session)
        others = [(each.name, each.whom) for each in known.values() if each.id != proposal.cadence_id]
        names = {code: area.name for code, area in areas(session).items()}
        days = _days(row)
        pages = max(1, -(-row.counts.get("listed", 0) // PAGE))
        page = min(max(page, 1), pages)
        lines = page_of(session, trial_id, page - 1) if row.state == "ready" else []
    with runtime.sessions.read(actor.hides) as session:
        families = family_lines(session, [line.split("|")[0] for line in lines], now=now)
    return TrialPage(
        id=row.id,
        state=row.state,
        done=row.done,
        total=row.total,
        shown_again=row.shown_again,
        digest=row.digest or "",
        saved_number=row.saved_number,
        proposal=proposal,
        whom=whom_said(proposal.whom, names),
        steps=said_steps(proposal.cadence),
        warnings=warnings_about(proposal, others),
        preview=tuple(cadence.preview(proposal.cadence, imprisoned_on=london(now).date())),
        next_number=known[proposal.cadence_id].number + 1 if proposal.cadence_id in known else 1,
        counts=dict(row.counts),
        month=_month(days, month),
        weeks=_weeks(days),
        families=tuple(_change(line, families) for line in lines if line.split("|")[0] in families),
        page=page,
        pages=pages,
        now=now,
    )


def trial_progress(runtime: Runtime, actor: Actor, trial_id: str) -> tuple[str, int, int] | None:
    """State, how many families are done, and of how many."""
    require(actor, Permission.CADENCE_EDIT)
    with runtime.sessions.read(actor.hides) as session:
        row = session.get(TrialRow, trial_id)
        return None if row is None or row.made_by != actor.id else (row.state, row.done, row.total)


def _days(row: TrialRow) -> dict[date, DayCount]:
    found: dict[str, Any] = row.days if row.state == "ready" else {}
    return {
        date.fromisoformat(day): DayCount(date.fromisoformat(day), counts[0], counts[1], counts[2], counts[3])
        for day, counts in found.items()
    }


def _month(days: dict[date, DayCount], asked: str | None) -> MonthGrid | None:
    if not days:
        return None
    months = sorted({day.replace(day=1) for day in days})
    chosen = next((each for each in months if f"{each:%Y-%m}" == asked), months[0])
    place = months.index(chosen)
    start = chosen - timedelta(days=chosen.weekday())
    weeks = []
    while start < chosen or (start.year, start.month) == (chosen.year, chosen.month):
        row = tuple(start + timedelta(days=ahead) for ahead in range(7))
        weeks.append(tuple(_day(days, day) if day.month == chosen.month else None for day in row))
        start += timedelta(days=7)
    return MonthGrid(
        first=chosen,
        weeks=tuple(weeks),
        earlier=f"{months[place - 1]:%Y-%m}" if place else "",
        later=f"{months[place + 1]:%Y-%m}" if place + 1 < len(months) else "",
    )


def _day(days: dict[date, DayCount], day: date) -> DayCount:
    return days.get(day) or DayCount(day, 0, 0, 0, 0, shut=day in bank_holidays("ENG", day.year))


def _weeks(days: dict[date, DayCount]) -> tuple[DayCount, ...]:
    found: dict[date, list[int]] = {}
    for day, each in days.items():
        counts = found.setdefault(day - timedelta(days=day.weekday()), [0, 0, 0, 0])
        for place, value in enumerate((each.calls_before, each.texts_before, each.calls_after, each.texts_after)):
            counts[place] += value
    return tuple(
        DayCount(monday, counts[0], counts[1], counts[2], counts[3]) for monday, counts in sorted(found.items())
    )[:MOST_WEEKS]


def _change(line: str, families: dict[str, FamilyLine]) -> FamilyChange:
    family_id, before, after = line.split("|")
    was, will = _contacts(before), _contacts(after)
    return FamilyChange(
        family=families[family_id],
        before=was[:MOST_SAID],
        more_before=max(0, len(was) - MOST_SAID),
        after=will[:MOST_SAID],
        more_after=max(0, len(will) - MOST_SAID),
    )


def _contacts(words: str) -> tuple[tuple[str, date], ...]:
    parts = [each.partition(":") for each in words.split()]
    return tuple((channel, date.fromisoformat(day)) for channel, _, day in parts)
