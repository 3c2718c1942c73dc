"""The duty rota: puts somebody on, takes somebody off, from today on. What was is kept.

Rules
* A shift is one person, one area, one weekday, from one time to another; the person works in the area.
* Two shifts of one person on one day do not overlap. All problems are said at once.
* Taking off ends a shift yesterday; one that had not begun yet is removed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import time, timedelta

from sqlalchemy import or_, select

from outreach.domain.access import Actor, Permission, Role, require
from outreach.domain.quiet_hours import london
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.staff import ShiftRow, StaffAreaRow, StaffRow

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ON_DUTY = frozenset({Role.PRACTITIONER, Role.COORDINATOR, Role.SUPERVISOR})


@dataclass(frozen=True, slots=True)
class NotSet:
    """``problems``: the field, and what to do."""

    problems: tuple[tuple[str, str], ...]


def put_on(
    runtime: Runtime,
    actor: Actor,
    *,
    area: str,
    staff_id: str,
    weekdays: Collection[int],
    starts: time | None,
    ends: time | None,
) -> NotSet | None:
    """Put one person on, each of ``weekdays`` (0 is Monday), from today on."""
    require(actor, Permission.ROTA_EDIT, area=area)
    now = runtime.now()
    today = london(now).date()
    problems: list[tuple[str, str]] = []
    if not weekdays or not set(weekdays) <= set(range(7)):
        problems.append(("weekdays", "Choose at least one day"))
    if starts is None or ends is None:
        problems.append(("starts", "Give both times, like 9:00 and 17:00"))
    elif starts >= ends:
        problems.append(("ends", "The shift must end after it begins"))
    with runtime.sessions.begin() as session:
        person = session.get(StaffRow, staff_id)
        works_there = session.get(StaffAreaRow, (staff_id, area)) is not None
        if person is None or person.left_at is not None or not works_there or Role(person.role) not in ON_DUTY:
            problems.append(("staff", "Choose somebody who works in this area"))
        if problems or starts is None or ends is None:
            return NotSet(tuple(problems))
        standing = select(ShiftRow).where(
            ShiftRow.staff_id == staff_id,
            ShiftRow.weekday.in_(weekdays),
            or_(ShiftRow.valid_to.is_(None), ShiftRow.valid_to >= today),
        )
        for row in session.scalars(standing.order_by(ShiftRow.weekday)):
            if row.starts < ends and starts < row.ends:
                on = f"{row.starts:%H:%M} to {row.ends:%H:%M}"
                problems.append(("weekdays", f"{WEEKDAYS[row.weekday]}: they are on already, {on}"))
        if problems:
            return NotSet(tuple(problems))
        for weekday in sorted(weekdays):
            shift = ShiftRow(
                id=runtime.new_id(), area_code=area, staff_id=staff_id, weekday=weekday, starts=starts, ends=ends,
                valid_from=today,
            )  # fmt: skip
            session.add(shift)
            events.note(
                session, "shift_added", id=runtime.new_id(), at=now, actor_id=actor.id, subjects=[shift.id, staff_id],
                data={"area": area, "weekday": weekday},
            )  # fmt: skip
    return None


def take_off(runtime: Runtime, actor: Actor, *, shift_id: str) -> bool:
    """End a shift. False where it has ended already."""
    require(actor, Permission.ROTA_EDIT)
    now = runtime.now()
    today = london(now).date()
    with runtime.sessions.begin() as session:
        row = session.get(ShiftRow, shift_id)
        if row is None:
            return False
        require(actor, Permission.ROTA_EDIT, area=row.area_code)
        if row.valid_to is not None and row.valid_to < today:
            return False
        if row.valid_from >= today:
            session.delete(row)
        else:
            row.valid_to = today - timedelta(days=1)
        events.note(
            session, "shift_ended", id=runtime.new_id(), at=now, actor_id=actor.id, subjects=[row.id, row.staff_id],
            data={"area": row.area_code, "weekday": row.weekday},
        )  # fmt: skip
    return True
