"""Alerts (a person, now) and tasks (a person, in their own time)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.store.base import Base, Id


class AlertRow(Base):
    """Danger to a person. It names nobody: who and what are behind the ids, for those who may see them."""

    __tablename__ = "alert"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    area_code: Mapped[str] = mapped_column(ForeignKey("area.code"), index=True)
    family_id: Mapped[str | None] = mapped_column(ForeignKey("family.id"), index=True)
    number_id: Mapped[str | None] = mapped_column(Id)
    text_id: Mapped[str | None] = mapped_column(Id, unique=True)
    conversation_id: Mapped[str | None] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(20))
    """A signal (``self_harm``, ``violence``, ``watched`` …), ``help``, or a concern of a call."""
    raised_at: Mapped[datetime]
    taken_by: Mapped[str | None] = mapped_column(Id)
    taken_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(Id)
    settled_at: Mapped[datetime | None]
    nobody_to_tell_at: Mapped[datetime | None]
    """When it was found that nobody in line has a phone here; the overview says so, and the log."""
    paused_area: Mapped[bool] = mapped_column(Boolean, default=False)


class AlertToldRow(Base):
    """Who was told of an alert, how and when. The next in line is told until somebody says *I have it*."""

    __tablename__ = "alert_told"
    __table_args__ = (UniqueConstraint("alert_id", "staff_id", "channel", "round"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id"))
    staff_id: Mapped[str] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(String(8))
    round: Mapped[int] = mapped_column(Integer, default=1)
    """1 the first time this person is told; when everybody was, it begins again."""
    at: Mapped[datetime]
    result: Mapped[str | None] = mapped_column(String(20))


class TaskRow(Base):
    """Something a person must look at, other than a call. At most one open task of a kind per subject.

    ``kind``: ``release_review``, ``find_number``, ``mend_row``, ``no_longer_listed``, ``settle_unknown``,
    ``which_family``, ``custody_old``, ``finish_consent``, ``duplicate``, ``decide_number``, ``not_picked_up``.
    """

    __tablename__ = "task"
    __table_args__ = (
        Index(
            "uq_task_open",
            "kind",
            "subject_id",
            unique=True,
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[str] = mapped_column(Id)
    """The family's id, or that of the text, number or row the task is about."""
    family_id: Mapped[str | None] = mapped_column(ForeignKey("family.id"), index=True)
    area_code: Mapped[str | None] = mapped_column(String(12), index=True)
    for_role: Mapped[str] = mapped_column(String(20), default="coordinator")
    due_at: Mapped[datetime]
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Codes and ids only."""
    made_at: Mapped[datetime]
    done_by: Mapped[str | None] = mapped_column(Id)
    done_at: Mapped[datetime | None]
