"""Who has practised with which practice family. Nothing of what was said or chosen is kept, nor how it went."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.store.base import Base


class PractisedRow(Base):
    """A practice call that came to its end, the first time. ``family`` is an id of ``practice.yaml``."""

    __tablename__ = "practised"

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    family: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]


def practised(session: Session, staff_id: str) -> dict[str, datetime]:
    """The practice families somebody has been through, and when."""
    rows = session.scalars(select(PractisedRow).where(PractisedRow.staff_id == staff_id))
    return {row.family: row.at for row in rows}
