"""Digests: that somebody was told by e-mail, once a day at most, that families are new on their list."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from outreach.store.base import Base


class DigestRow(Base):
    """Committed before the mail server is asked: no digest is sent twice."""

    __tablename__ = "digest"

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    at: Mapped[datetime]
    result: Mapped[str | None] = mapped_column(String(80))
    """Why it did not go; empty: it went."""
