"""Who may not see a family because they know it: for the coordinator who keeps the list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission
from outreach.store.areas import AreaRow
from outreach.store.conflicts import conflicts_of
from outreach.store.families import FamilyRow
from outreach.store.sealing import unseal
from outreach.store.staff import StaffAreaRow, StaffRow


@dataclass(frozen=True, slots=True)
class Conflict:
    staff_id: str
    name: str
    kind: str
    """A key of the command's ``KNOWS``."""
    why: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ConflictList:
    """``others``: the colleagues and the partner's people who could be put on it."""

    conflicts: tuple[Conflict, ...]
    others: tuple[tuple[str, str], ...]


def conflict_list(session: Session, actor: Actor, family: FamilyRow) -> ConflictList | None:
    """``None`` for who does not keep it: to them it does not exist."""
    if not actor.may(Permission.FAMILY_ASSIGN):
        return None
    kept = conflicts_of(session, family.id)
    partner_id = session.get_one(AreaRow, family.area_code).partner_id
    here = select(StaffAreaRow.staff_id).where(StaffAreaRow.area_code == family.area_code)
    people = session.scalars(
        select(StaffRow)
        .where(or_(StaffRow.id.in_(here), StaffRow.organisation_id == partner_id), StaffRow.left_at.is_(None))
        .order_by(StaffRow.name)
    )
    on_it = {staff.id for _, staff in kept}
    return ConflictList(
        conflicts=tuple(
            Conflict(
                row.staff_id, staff.name, row.kind,
                unseal(session, row.why, key_id=family.id, table="conflict", column="why", row_id=row.staff_id) or "",
                row.set_at,
            )
            for row, staff in kept
        ),
        others=tuple((one.id, one.name) for one in people if one.id not in on_it),
    )  # fmt: skip
