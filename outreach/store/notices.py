"""Notices to social workers: drafted by an import, approved by a person, sent, answered."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, Boolean, Date, ForeignKey, Index, Integer, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.store.base import Base, Id


class NoticeRow(Base):
    """One notice about some of a family's children. What is said is sealed under the family's key.

    ``state``: ``drafted``, ``approved``, ``sending``, ``sent``, ``answered`` or ``dropped``. ``approved`` with
    ``not_sent_why``: it did not go. ``sending`` for long: nobody knows whether it went.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_family_id", "family_id"),
        Index("ix_notice_area_code_state", "area_code", "state"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"))
    area_code: Mapped[str] = mapped_column(String(12))
    imprisoned_on: Mapped[date] = mapped_column(Date)
    """The imprisonment it is about: a child is told of once for each."""
    children: Mapped[list[str]] = mapped_column(JSON, default=list)
    """The core's keys."""
    why: Mapped[str] = mapped_column(String(24))
    """A key of ``notice.WHY_SAID``."""
    waits: Mapped[bool] = mapped_column(Boolean, default=False)
    """The family waits for the answer."""
    front_door: Mapped[bool] = mapped_column(Boolean, default=False)
    recipient: Mapped[bytes | None] = mapped_column(LargeBinary)
    address: Mapped[bytes | None] = mapped_column(LargeBinary)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(10), default="drafted")
    batch_id: Mapped[str | None] = mapped_column(Id)
    made_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(Id)
    approved_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    sent_how: Mapped[str | None] = mapped_column(String(10))
    """``mail``, ``bare`` (by mail without personal data) or ``by_hand``."""
    not_sent_why: Mapped[str | None] = mapped_column(String(120))
    chased: Mapped[int] = mapped_column(Integer, default=0)
    chase_on: Mapped[date | None] = mapped_column(Date)
    answer: Mapped[str | None] = mapped_column(String(12))
    """``go_ahead``, ``wait`` or ``no_contact``."""
    answer_words: Mapped[bytes | None] = mapped_column(LargeBinary)
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(Id)
    """The colleague who wrote the answer down."""
    dropped_why: Mapped[bytes | None] = mapped_column(LargeBinary)


def notices_of(session: Session, family_id: str) -> list[NoticeRow]:
    query = select(NoticeRow).where(NoticeRow.family_id == family_id)
    return list(session.scalars(query.order_by(NoticeRow.made_at, NoticeRow.id)))
