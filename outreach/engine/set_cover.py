"""Days on which the rota is not as the week says: somebody is away, somebody covers; and who answers out of hours.

Rules
* A cover is of single days, at most 31 at a time: who is away, who is there for them, or both. Without hours it is for
  the hours of whoever is away. A swap is two covers.
* Who covers works in the area, is not away that day, and is not on at those hours already.
* A day nobody covers stays a gap: no text goes then, and the rota shows it.
* Nothing that was is changed: a cover that is taken back keeps its row.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission, Role, require
from outreach.domain.quiet_hours import london
from outreach.domain.rota import Shift
from outreach.engine.set_rota import ON_DUTY, NotSet
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.alert_line import people_of
from outreach.store.areas import AreaRow
from outreach.store.staff import CoverRow, StaffAreaRow, StaffRow, shifts_of

MOST_DAYS = 31
ADD_A_PHONE = "Who runs the service adds one: outreach user phone ADDRESS NUMBER"


def set_cover(
    runtime: Runtime,
    actor: Actor,
    *,
    area: str,
    first: date | None,
    last: date | None,
    away: str | None,
    covers: str | None,
    starts: time | None = None,
    ends: time | None = None,
) -> NotSet | None:
    """``away`` and ``covers`` are ids of staff; ``last`` may be left out for one day."""
    require(actor, Permission.ROTA_EDIT, area=area)
    now = runtime.now()
    problems = _wrong_days(first, last, london(now).date())
    if not away and not covers:
        problems.append(("away", "Say who is away, or who is there"))
    if (starts is None) != (ends is None) or (starts is not None and ends is not None and starts >= ends):
        problems.append(("cover-starts", "Give both times, the later one last, or none for the hours of who is away"))
    if covers and not away and starts is None:
        problems.append(("cover-starts", "Give the hours: nobody's place is taken"))
    with runtime.sessions.begin() as session:
        for field, staff_id in (("away", away), ("covers", covers)):
            if staff_id and not _works_there(session, staff_id, area):
                problems.append((field, "Choose somebody who works in this area"))
        if away and away == covers:
            problems.append(("covers", "Choose somebody else: they are away"))
        if problems or first is None:
            return NotSet(tuple(problems))
        shifts = shifts_of(session, area)
        rows: list[CoverRow] = []
        for ahead in range(((last or first) - first).days + 1):
            rows += _of_day(
                runtime, shifts, first + timedelta(days=ahead), area=area, away=away, covers=covers,
                hours=(starts, ends), by=actor.id, now=now,
            )  # fmt: skip
        clash = next((row for row in rows if not row.away and _is_on(shifts, row)), None)
        if clash is not None:
            return NotSet((("covers", f"They are on already on {clash.day:%A} {clash.day.day} {clash.day:%B}"),))
        if not rows:
            return NotSet((("cover-first", "On these days nobody's hours would change"),))
        for row in rows:
            session.add(row)
            _note(session, runtime, "cover_set", row, by=actor.id, now=now)
    return None


def end_cover(runtime: Runtime, actor: Actor, *, cover_id: str) -> bool:
    """Take a cover, or a day away, back. False where it is over."""
    require(actor, Permission.ROTA_EDIT)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = session.get(CoverRow, cover_id)
        if row is None or row.ended_at is not None or row.day < london(now).date():
            return False
        require(actor, Permission.ROTA_EDIT, area=row.area_code)
        row.ended_at = now
        _note(session, runtime, "cover_ended", row, by=actor.id, now=now)
    return True


def set_out_of_hours(runtime: Runtime, actor: Actor, *, area: str, staff_id: str) -> NotSet | None:
    """Who is told of danger when nobody is on duty: somebody who works there, with a phone. Nothing for nobody."""
    require(actor, Permission.ROTA_EDIT, area=area)
    now, field = runtime.now(), f"out-of-hours-{area}"
    with runtime.sessions.begin() as session:
        named = next((each for each in people_of(session, area) if each.id == staff_id), None)
        if staff_id and named is None:
            return NotSet(((field, "Choose somebody who works in this area"),))
        if named is not None and named.phone is None:
            return NotSet(((field, f"{named.name} has no phone number here, so nothing would ring. {ADD_A_PHONE}"),))
        session.get_one(AreaRow, area).out_of_hours_by = staff_id or None
        events.note(
            session, "out_of_hours_set", id=runtime.new_id(), at=now, actor_id=actor.id,
            subjects=[staff_id] if staff_id else [], data={"area": area, "set": bool(staff_id)},
        )  # fmt: skip
    return None


def _of_day(
    runtime: Runtime, shifts: list[Shift], day: date, *, area: str, away: str | None, covers: str | None,
    hours: tuple[time | None, time | None], by: str, now: datetime,
) -> list[CoverRow]:  # fmt: skip
    theirs = [each for each in shifts if each.staff_id == away and each.on(day)]
    if away and not theirs:
        return []  # they would not have been there
    common = {"area_code": area, "day": day, "set_by": by, "set_at": now}
    rows = [CoverRow(id=runtime.new_id(), staff_id=away, away=True, **common)] if away else []
    if covers:
        spans = [hours] if hours[0] is not None else [(each.starts, each.ends) for each in theirs]
        rows += [
            CoverRow(
                id=runtime.new_id(), staff_id=covers, away=False, starts=starts, ends=ends, instead_of=away, **common
            )
            for starts, ends in spans
        ]  # fmt: skip
    return rows


def _is_on(shifts: list[Shift], row: CoverRow) -> bool:
    return any(
        each.staff_id == row.staff_id
        and each.on(row.day)
        and row.starts is not None
        and row.ends is not None
        and each.starts < row.ends
        and row.starts < each.ends
        for each in shifts
    )


def _works_there(session: Session, staff_id: str, area: str) -> bool:
    person = session.get(StaffRow, staff_id)
    if person is None or person.left_at is not None or Role(person.role) not in ON_DUTY:
        return False
    query = select(StaffAreaRow.staff_id).where(StaffAreaRow.staff_id == staff_id, StaffAreaRow.area_code == area)
    return session.scalars(query).first() is not None


def _wrong_days(first: date | None, last: date | None, today: date) -> list[tuple[str, str]]:
    if first is None or first < today:
        return [("cover-first", "Give a day that is not over, like 28 11 2026")]
    if last is not None and not 0 <= (last - first).days < MOST_DAYS:
        return [("cover-last", f"The last day comes after the first, at most {MOST_DAYS} days in all")]
    return []


def _note(session: Session, runtime: Runtime, name: str, row: CoverRow, *, by: str, now: datetime) -> None:
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id=by, subjects=[row.id, row.staff_id],
        data={"area": row.area_code, "away": row.away, "day": row.day.isoformat()},
    )  # fmt: skip
