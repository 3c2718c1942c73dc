"""The duty rota of this week, per area: who is on, when texts may go, and where nobody would be there for a reply.

* A text may go at a moment inside the sending hours from which so many hours (four, by default) are staffed without
  a gap. What is left of the sending hours is a *gap*: no text goes then, and it is shown in amber.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain import rota
from outreach.domain.access import Actor, Permission, require
from outreach.domain.cadence import DEFAULT, Cadence
from outreach.domain.cadence_choice import Facts, choose
from outreach.domain.quiet_hours import Calendar, bank_holidays, london, openings
from outreach.runtime import Runtime
from outreach.store.alert_line import named_answer, people_of
from outreach.store.areas import AreaRow
from outreach.store.cadences import in_use
from outreach.store.staff import CoverRow, StaffRow, shifts_of

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class ShiftLine:
    """``instead_of``: a cover of this day, for whom; ``cover``: it is of this day alone."""

    id: str
    who: str
    starts: time
    ends: time
    cover: bool = False
    instead_of: str = ""


@dataclass(frozen=True, slots=True)
class DayRota:
    day: date
    today: bool
    bank_holiday: bool
    shifts: tuple[ShiftLine, ...]
    away: tuple[tuple[str, str], ...]
    """Who is away that day: the cover's id, and the name."""
    sends: tuple[Span, ...]
    gaps: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class AreaRota:
    code: str
    name: str
    staffed_hours: int
    on_now: tuple[str, ...]
    days: tuple[DayRota, ...]
    people: tuple[tuple[str, str], ...]
    """Who can be put on: id and name."""
    out_of_hours: str
    """The id of who is told of danger when nobody is on duty; empty where nobody is named."""
    out_of_hours_name: str
    out_of_hours_rings: bool
    """They have a phone number here."""

    @property
    def has_gaps(self) -> bool:
        return any(day.gaps for day in self.days)


@dataclass(frozen=True, slots=True)
class RotaPage:
    now: datetime
    monday: date
    areas: tuple[AreaRota, ...]

    @property
    def week_before(self) -> date:
        return self.monday - timedelta(days=7)

    @property
    def week_after(self) -> date:
        return self.monday + timedelta(days=7)

    @property
    def area_choices(self) -> list[tuple[str, str]]:
        return [(area.code, area.name) for area in self.areas]

    @property
    def people(self) -> list[tuple[str, str]]:
        """Who can be put on anywhere here, by name."""
        return sorted({person for area in self.areas for person in area.people}, key=lambda each: each[1])


def rota_page(runtime: Runtime, actor: Actor, *, week: date | None = None) -> RotaPage:
    """``week``: any day of the week that is looked at; this one where none is named."""
    require(actor, Permission.ROTA_READ)
    now = runtime.now()
    with runtime.sessions.read(actor.hides) as session:
        rows = session.scalars(select(AreaRow).where(AreaRow.code.in_(actor.areas)).order_by(AreaRow.name)).all()
        day = week or london(now).date()
        monday = day - timedelta(days=day.weekday())
        return RotaPage(now=now, monday=monday, areas=tuple(_area(session, row, monday, now) for row in rows))


def _area(session: Session, area: AreaRow, monday: date, now: datetime) -> AreaRota:
    names = {row.id: row.name for row in session.scalars(select(StaffRow))}
    named = named_answer(session, area)
    shifts = shifts_of(session, area.code)
    pattern = _pattern(session, area)
    today = london(now).date()
    week = [monday + timedelta(days=ahead) for ahead in range(7)]
    return AreaRota(
        code=area.code,
        name=area.name,
        staffed_hours=area.staffed_hours_after_text,
        on_now=tuple(names[each] for each in rota.on_duty(shifts, now)),
        days=tuple(
            _day(day, today, shifts, names, pattern, area, _away(session, area.code, day, names)) for day in week
        ),
        people=tuple((each.id, each.name) for each in people_of(session, area.code)),
        out_of_hours=named.id if named else "",
        out_of_hours_name=named.name if named else "",
        out_of_hours_rings=named is not None and named.phone is not None,
    )


def _day(
    day: date,
    today: date,
    shifts: list[rota.Shift],
    names: dict[str, str],
    pattern: Cadence,
    area: AreaRow,
    away: tuple[tuple[str, str], ...],
) -> DayRota:
    here = sorted((each for each in shifts if each.on(day)), key=lambda each: (each.starts, names[each.staff_id]))
    calendar = Calendar(nation=area.nation, winter=pattern.winter_rest)
    sends, gaps = [], []
    for opens, closes in openings(pattern.hours, calendar, day):
        going = [
            (max(start, opens), min(end - timedelta(hours=area.staffed_hours_after_text), closes))
            for start, end in rota.stretches(shifts, day)
        ]
        going = [span for span in going if span[0] < span[1]]
        sends += going
        gaps += _left_over((opens, closes), going)
    return DayRota(
        day=day,
        today=day == today,
        bank_holiday=day in bank_holidays(area.nation, day.year),
        shifts=tuple(_line(each, names) for each in here),
        away=away,
        sends=tuple(sends),
        gaps=tuple(gaps),
    )


def _away(session: Session, area: str, day: date, names: dict[str, str]) -> tuple[tuple[str, str], ...]:
    query = select(CoverRow).where(
        CoverRow.area_code == area, CoverRow.day == day, CoverRow.away.is_(True), CoverRow.ended_at.is_(None)
    )
    return tuple((row.id, names[row.staff_id]) for row in session.scalars(query.order_by(CoverRow.id)))


def _line(shift: rota.Shift, names: dict[str, str]) -> ShiftLine:
    return ShiftLine(
        id=shift.id,
        who=names[shift.staff_id],
        starts=shift.starts,
        ends=shift.ends,
        cover=shift.valid_from == shift.valid_to,
        instead_of=names.get(shift.instead_of or "", ""),
    )


def _left_over(whole: Span, taken: list[Span]) -> list[Span]:
    """What of ``whole`` none of ``taken`` (in order, apart) covers."""
    left, start = [], whole[0]
    for begins, ends in taken:
        if begins > start:
            left.append((start, begins))
        start = max(start, ends)
    return [*left, (start, whole[1])] if start < whole[1] else left


def _pattern(session: Session, area: AreaRow) -> Cadence:
    """The cadence of a family of the area of which nothing else is known."""
    known = in_use(session)
    chosen = choose(((each.id, each.whom) for each in known.values()), Facts(area.code, "en"))
    return known[chosen.id].cadence if chosen else DEFAULT
