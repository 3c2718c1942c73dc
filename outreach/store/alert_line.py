"""Who is told of danger in an area, in order, and whether somebody of them can be rung at all."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain import rota
from outreach.store.areas import AreaRow
from outreach.store.staff import StaffAreaRow, StaffRow, shifts_of

MAY_BE_TOLD = ("practitioner", "coordinator", "supervisor")


def people_of(session: Session, area_code: str) -> list[StaffRow]:
    """Who works in the area and may see its families: by name."""
    query = (
        select(StaffRow)
        .join(StaffAreaRow, StaffAreaRow.staff_id == StaffRow.id)
        .where(
            StaffAreaRow.area_code == area_code, StaffRow.left_at.is_(None), StaffRow.role.in_(MAY_BE_TOLD)
        )
        .order_by(StaffRow.name, StaffRow.id)
    )  # fmt: skip
    return list(session.scalars(query))


def alert_line(session: Session, area_code: str, now: datetime, *, without: Collection[str] = ()) -> list[StaffRow]:
    """Who is told, first to last; nobody twice. ``without``: who may not know (they know the family)."""
    people = {each.id: each for each in people_of(session, area_code) if each.id not in without}
    order = rota.told_in_order(
        {each.id: each.role for each in people.values()},
        on_duty=[each for each in rota.on_duty(shifts_of(session, area_code), now) if each in people],
        named=session.get_one(AreaRow, area_code).out_of_hours_by,
    )
    return [people[each] for each in order]


def can_be_rung(line: Collection[StaffRow]) -> bool:
    """Whether danger reaches a phone."""
    return any(each.phone is not None for each in line)


def named_answer(session: Session, area: AreaRow) -> StaffRow | None:
    """Who is named for out of hours, while they still work there."""
    return next((each for each in people_of(session, area.code) if each.id == area.out_of_hours_by), None)
