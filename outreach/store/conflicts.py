"""Who may not see a family because they know it: kept by a coordinator, with a reason."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.store.base import Base, Id
from outreach.store.families import FamilyRow
from outreach.store.staff import StaffRow


class ConflictRow(Base):
    """This colleague knows this family, and sees nothing of it (``store/hiding.py``)."""

    __tablename__ = "conflict"

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(String(12))
    """``relative``, ``friend``, ``neighbour``, ``work`` or ``other``."""
    why: Mapped[bytes | None] = mapped_column(LargeBinary)
    """More words, sealed under the family's key (table ``conflict``, column ``why``, row: the colleague's id)."""
    set_by: Mapped[str] = mapped_column(Id)
    set_at: Mapped[datetime]


HIDDEN_FROM_STAFF = (
    select(func.aggregate_strings(ConflictRow.family_id, ","))
    .where(ConflictRow.staff_id == StaffRow.id)
    .correlate(StaffRow)
    .scalar_subquery()
)
"""The families hidden from a member of staff in one column, for a query that asks for the person too."""


def conflicts_of(session: Session, family_id: str) -> list[tuple[ConflictRow, StaffRow]]:
    """Who may not see the family."""
    query = (
        select(ConflictRow, StaffRow)
        .join(StaffRow, StaffRow.id == ConflictRow.staff_id)
        .where(ConflictRow.family_id == family_id)
        .order_by(StaffRow.name)
    )
    return [(row, staff) for row, staff in session.execute(query)]


def hidden_from(session: Session, staff_id: str) -> frozenset[str]:
    return frozenset(session.scalars(select(ConflictRow.family_id).where(ConflictRow.staff_id == staff_id)))


def refs_of(session: Session, hides: frozenset[str]) -> frozenset[str]:
    """The references of hidden families, for what names families by reference; asked past the hiding."""
    family = FamilyRow.__table__.c
    return frozenset(session.scalars(select(family.ref).where(family.id.in_(hides))))
